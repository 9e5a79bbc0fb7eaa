package cephconf

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFileSize is the largest configuration file that Ceph reads (MAX_CONFIG_FILE_SZ in src/common/ConfUtils.cc).
const maxFileSize = 1 << 30

// file is a parsed configuration file. Values are as written, after escapes and continuations, before metavariables.
type file struct {
	path     string
	sections map[string]map[string]entry
}

type entry struct {
	value string
	line  int
}

// lookup returns the entry of key, which is normalised, in the first of sections that has it.
func (f *file) lookup(key string, sections ...string) (e entry, section string, ok bool) {
	for _, section = range sections {
		if e, ok = f.sections[section][key]; ok {
			return e, section, true
		}
	}
	return entry{}, "", false
}

func (f *file) sectionNames() []string { return slices.Sorted(maps.Keys(f.sections)) }

func (f *file) set(section, key string, e entry) {
	if f.sections[section] == nil {
		f.sections[section] = make(map[string]entry)
	}
	if key != "" {
		f.sections[section][key] = e
	}
}

// parse reads a configuration file by the grammar of IniGrammer in src/common/ConfUtils.cc:
//
//	file     = pair | { eol } { section }
//	section  = "[" name "]" blanks { pair } { eol }
//	pair     = blanks key blanks "=" blanks value blanks
//	blanks   = blank lines too, where a line may end: at least one end of line follows a name and a value
//
// A backslash before an end of line, and a comment with the blanks before it, vanish between any two tokens and also
// between the characters of names, keys and unquoted values. A file of one pair and nothing else belongs to [global].
// Errors are *SyntaxError.
func parse(path string, data []byte) (*file, error) {
	p := parser{s: string(data), f: &file{path: path, sections: make(map[string]map[string]entry)}, line: 1}
	if !utf8.ValidString(p.s) {
		for rest := p.s; ; {
			r, size := utf8.DecodeRuneInString(rest)
			if r == utf8.RuneError && size <= 1 {
				p.pos = len(p.s) - len(rest)
				p.fail("not valid UTF-8")
				return nil, p.err
			}
			rest = rest[size:]
		}
	}
	p.parseFile()
	if p.err != nil {
		return nil, p.err
	}
	return p.f, nil
}

// parser is at a byte of s. The first error sticks.
type parser struct {
	f   *file
	s   string
	pos int
	err *SyntaxError

	// [plain, plainEnd) is a run of blanks known not to lead to a comment; without it every blank of a long run would
	// search the rest of the run again.
	plain, plainEnd int

	linePos, line int // the line number at a position, so that lines are counted once
}

func (p *parser) fail(msg string) {
	if p.err == nil {
		p.err = &SyntaxError{Path: p.f.path, Line: p.lineAt(p.pos), Msg: msg}
	}
}

func (p *parser) lineAt(pos int) int {
	if pos < p.linePos {
		p.linePos, p.line = 0, 1
	}
	for p.linePos < pos {
		if n := eolLen(p.s, p.linePos); n > 0 && p.linePos+n <= pos {
			p.linePos += n
			p.line++
		} else {
			p.linePos++
		}
	}
	return p.line
}

// eolLen returns the length of the end of line at s[i], 0 if there is none.
func eolLen(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '\n':
		return 1
	case s[i] != '\r':
		return 0
	case i+1 < len(s) && s[i+1] == '\n':
		return 2
	}
	return 1
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isComment(c byte) bool { return c == '#' || c == ';' }

// peek returns the next byte, 0 at the end of the file and of a line. A NUL of the file shows as
// 1, which is as little special and no end.
func (p *parser) peek() byte {
	switch {
	case p.pos >= len(p.s) || eolLen(p.s, p.pos) > 0:
		return 0
	case p.s[p.pos] == 0:
		return 1
	}
	return p.s[p.pos]
}

// skip passes over continuations and comments.
func (p *parser) skip() {
	for p.pos < len(p.s) {
		if p.s[p.pos] == '\\' {
			n := eolLen(p.s, p.pos+1)
			if n == 0 {
				return
			}
			p.pos += 1 + n
			continue
		}
		if p.plain <= p.pos && p.pos < p.plainEnd {
			return
		}
		i := p.pos
		for i < len(p.s) && isBlank(p.s[i]) {
			i++
		}
		if i == len(p.s) || !isComment(p.s[i]) {
			p.plain, p.plainEnd = p.pos, i
			return
		}
		for i < len(p.s) && eolLen(p.s, i) == 0 {
			i++
		}
		p.pos = i
	}
}

func (p *parser) blanks() {
	p.skip()
	for isBlank(p.peek()) {
		p.pos++
	}
}

// next returns the next character and passes over it: the one behind a backslash as it is.
func (p *parser) next() byte {
	if p.s[p.pos] == '\\' && p.pos+1 < len(p.s) && eolLen(p.s, p.pos+1) == 0 {
		p.pos++
	}
	p.pos++
	return p.s[p.pos-1]
}

// eol passes over one blank or commented rest of a line, and returns false without moving when there is more on it.
func (p *parser) eol() bool {
	start := p.pos
	p.blanks()
	n := eolLen(p.s, p.pos)
	if n == 0 {
		p.pos = start
		return false
	}
	p.pos += n
	return true
}

// lineEnd passes over the end of the line that after is on, and blank lines.
func (p *parser) lineEnd(after string) {
	if p.eol() {
		for p.eol() {
		}
		return
	}
	if p.blanks(); p.pos == len(p.s) {
		p.fail("the file does not end with a newline")
	} else {
		p.fail("unexpected text after " + after)
	}
}

func (p *parser) parseFile() {
	if p.pair("global") || p.err != nil {
		if p.skip(); p.err == nil && p.pos < len(p.s) {
			p.pos = 0
			p.fail("a key before the first [section]")
		}
		return
	}
	// Unlike behind a pair, lines up to the first section may be commented but not blank with spaces.
	p.pos = 0
	p.emptyLines()
	sections := 0
	for p.err == nil && p.section() {
		sections++
		p.emptyLines()
	}
	if p.skip(); p.err == nil && p.pos < len(p.s) {
		p.explain(sections > 0)
	}
}

func (p *parser) emptyLines() {
	for p.skip(); ; p.skip() {
		n := eolLen(p.s, p.pos)
		if n == 0 {
			return
		}
		p.pos += n
	}
}

// explain fails at the line that is neither a section nor a pair.
func (p *parser) explain(inSection bool) {
	start := p.pos
	p.blanks()
	switch c := p.peek(); {
	case p.pos == len(p.s):
		p.fail("the file does not end with a newline")
	case c == '[' && p.pos > start:
		p.fail("blanks before a [section]")
	case c == 0:
		p.fail("blanks on a line before the first [section]")
	case c == '=':
		p.fail("no key before =")
	case !inSection && p.pair("global"):
		p.pos = start
		p.fail("a key before the first [section]")
	default:
		p.fail("neither a [section] nor key = value")
	}
}

// section reads a header and the pairs below it.
func (p *parser) section() bool {
	p.skip()
	if p.peek() != '[' {
		return false
	}
	p.pos++
	var name strings.Builder
	for p.skip(); p.peek() != 0 && p.peek() != ']'; p.skip() {
		name.WriteByte(p.next())
	}
	switch {
	case p.peek() != ']':
		p.fail("the closing ] of a section name is missing")
		return false
	case name.Len() == 0:
		p.fail("a section without a name")
		return false
	}
	p.pos++
	p.lineEnd("the section name")
	p.f.set(name.String(), "", entry{})
	for p.err == nil {
		if p.skip(); p.peek() == '[' || !p.pair(name.String()) {
			break
		}
	}
	return p.err == nil
}

// pair reads key = value. It returns false without moving when there is no such thing.
func (p *parser) pair(section string) bool {
	start := p.pos
	p.blanks()
	p.skip()
	keyPos := p.pos
	if !p.word() {
		p.pos = start
		return false
	}
	for {
		end := p.pos
		if p.separator(); !p.word() {
			p.pos = end
			break
		}
	}
	key := NormalizeKey(p.s[keyPos:p.pos])
	p.blanks()
	if p.skip(); p.peek() != '=' {
		p.pos = start
		return false
	}
	line := p.lineAt(keyPos)
	p.pos++
	p.blanks()
	value := p.value()
	p.f.set(section, key, entry{value: strings.TrimFunc(value, isSpace), line: line})
	return p.err == nil
}

// word passes over a run of the characters of a key other than spaces. Escapes stay in a key.
func (p *parser) word() bool {
	for n := 0; ; n++ {
		start := p.pos
		p.skip()
		switch p.peek() {
		case 0, '=', '[', ' ':
			p.pos = start
			return n > 0
		}
		p.next()
	}
}

// separator passes over the blanks between two words of a key.
func (p *parser) separator() {
	for p.skip(); isBlank(p.peek()); p.skip() {
		p.pos++
	}
}

func (p *parser) value() string {
	var b strings.Builder
	p.skip()
	if q := p.peek(); q == '"' || q == '\'' {
		p.pos++
		for c := p.peek(); c != q; c = p.peek() {
			switch {
			case c == 0:
				p.fail("the closing quote of a value is missing")
				return ""
			case isComment(c):
				p.fail("a " + string(c) + " inside quotes starts a comment unless a backslash precedes it")
				return ""
			}
			b.WriteByte(p.next())
		}
		p.pos++
		p.lineEnd("the closing quote of a value")
		return b.String()
	}
	for p.skip(); p.peek() != 0; p.skip() {
		b.WriteByte(p.next())
	}
	p.lineEnd("a value")
	return b.String()
}
