package cephx

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/libmonclient/libmonclient/denc"
)

// keyringParser reads the grammar of Ceph's configuration files (src/common/ConfUtils.cc) as far as keyrings go.
type keyringParser struct {
	file   string
	text   string
	pos    int
	line   int    // of pos, from 1
	entity string // the section that pos is in
	ring   *Keyring

	index map[denc.EntityName]int // into ring.Entries
	keys  []keyText               // the last key of each entry
}

// keyText is a key that has not been parsed: the last one of several counts, and only that must be right.
type keyText struct {
	text string
	line int
}

// ParseKeyring parses a keyring file. Sections with the same name merge, later items win, a section [global] is
// passed over, and so is auid. Errors are a *KeyringError that names file and line.
func ParseKeyring(file string, data []byte) (*Keyring, error) {
	p := &keyringParser{file: file, text: string(data), line: 1, ring: &Keyring{File: file}, index: map[denc.EntityName]int{}}
	if i := invalidUTF8(p.text); i >= 0 {
		p.skip(i)
		return nil, p.errorf("not valid UTF-8")
	}
	for p.pos < len(p.text) {
		if err := p.parseLine(); err != nil {
			return nil, err
		}
	}
	for i, k := range p.keys {
		if k.line == 0 {
			continue
		}
		key, err := ParseKey(k.text)
		if err != nil && !errors.Is(err, errKeyNone) { // which ceph-authtool writes for an entity without a key
			return nil, &KeyringError{File: file, Line: k.line, Entity: p.ring.Entries[i].Name.String(), Err: fmt.Errorf("key: %w", err)}
		}
		p.ring.Entries[i].Key = key
	}
	return p.ring, nil
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(s string) int {
	for i, c := range s {
		if c == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

// parseLine parses one line, and what it continues into.
func (p *keyringParser) parseLine() error {
	start := p.pos
	p.blanks()
	switch c := p.peek(); {
	case p.pos == len(p.text):
		return nil
	case isEOL(c), isComment(c):
		return p.endOfLine()
	case c == '[' && p.pos > start:
		return p.errorf("blank before a section header")
	case c == '[':
		return p.section()
	}
	return p.item()
}

// section parses [NAME].
func (p *keyringParser) section() error {
	line := p.line
	p.skip(1)
	name, err := p.textUntil(func(c byte) bool { return c == ']' }, true)
	if err != nil {
		return err
	}
	if p.peek() != ']' {
		return p.errorAt(line, "section header without ]")
	}
	p.skip(1)
	p.entity = name
	if name != "global" {
		parsed, err := denc.ParseEntityName(name)
		if err != nil {
			return p.errorAt(line, "section is not named after an entity, such as client.admin, nor global")
		}
		if _, ok := p.index[parsed]; !ok {
			p.index[parsed] = len(p.ring.Entries)
			p.ring.Entries = append(p.ring.Entries, Entry{Name: parsed})
			p.keys = append(p.keys, keyText{})
		}
	}
	p.blanks()
	return p.endOfLine()
}

// item parses NAME = VALUE.
func (p *keyringParser) item() error {
	line := p.line
	begin := p.pos
	for p.pos < len(p.text) && !isEOL(p.peek()) && !isComment(p.peek()) && !strings.ContainsRune(`=[\`, rune(p.peek())) {
		p.skip(1)
	}
	raw := p.text[begin:p.pos]
	if p.peek() != '=' {
		return p.errorAt(line, "neither a section header nor NAME = VALUE")
	}
	p.skip(1)
	value, err := p.value()
	if err != nil {
		return err
	}
	if p.entity == "" {
		return p.errorAt(line, "item outside of a section")
	}
	if p.entity == "global" {
		return nil
	}
	return p.set(line, strings.Join(strings.Fields(strings.ReplaceAll(raw, "_", " ")), " "), value)
}

// set puts an item into the present section's entry.
func (p *keyringParser) set(line int, name, value string) error {
	parsed, err := denc.ParseEntityName(p.entity)
	if err != nil {
		return err
	}
	i := p.index[parsed]
	daemon, isCaps := strings.CutPrefix(name, "caps ")
	switch {
	case name == "key":
		p.keys[i] = keyText{value, line}
	case name == "auid": // no longer used by any release
	case isCaps && validDaemon(daemon):
		e := &p.ring.Entries[i]
		if e.Caps == nil {
			e.Caps = map[string]string{}
		}
		e.Caps[daemon] = value
	case len(name) <= 24 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz ") == "":
		return p.errorAt(line, "unknown item %q, want key or caps DAEMON", name)
	default:
		return p.errorAt(line, "unknown item, want key or caps DAEMON") // it may be a key in the wrong place
	}
	return nil
}

// value parses what follows the = up to the end of the line.
func (p *keyringParser) value() (string, error) {
	line := p.line
	p.blanks()
	quote := p.peek()
	if quote != '"' && quote != '\'' {
		value, err := p.textUntil(func(byte) bool { return false }, true)
		if err != nil {
			return "", err
		}
		return trim(value), p.endOfLine()
	}
	p.skip(1)
	value, err := p.textUntil(func(c byte) bool { return c == quote }, false)
	if err != nil {
		return "", err
	}
	switch c := p.peek(); {
	case isComment(c):
		return "", p.errorAt(line, "comment begins inside quotes: write a backslash before # and ;")
	case c != quote || p.pos == len(p.text):
		return "", p.errorAt(line, "quoted value does not end on its line")
	}
	p.skip(1)
	p.blanks()
	return trim(value), p.endOfLine()
}

// textUntil reads text with its escapes resolved, up to a byte that stop names, a comment, or the end of the line or
// the file. A backslash before the end of the line continues the text on the next line, where that is allowed.
func (p *keyringParser) textUntil(stop func(byte) bool, continues bool) (string, error) {
	var b strings.Builder
	for p.pos < len(p.text) {
		c := p.peek()
		if isEOL(c) || isComment(c) || stop(c) {
			break
		}
		p.skip(1)
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		switch {
		case p.pos == len(p.text):
			return "", p.errorf("backslash at the end of the file")
		case !isEOL(p.peek()):
			b.WriteByte(p.peek())
			p.skip(1)
		case continues:
			p.newline()
		default:
			return "", p.errorf("quoted value does not end on its line")
		}
	}
	return b.String(), nil
}

// endOfLine skips a comment, and the end of the line, which only a comment may do without.
func (p *keyringParser) endOfLine() error {
	switch c := p.peek(); {
	case p.pos == len(p.text):
		return p.errorf("no newline at the end of the file")
	case isComment(c):
		for p.pos < len(p.text) && !isEOL(p.peek()) {
			p.skip(1)
		}
	case !isEOL(c):
		return p.errorf("unexpected text at the end of the line")
	}
	p.newline()
	return nil
}

// newline skips one end of line, if there is one: LF, CRLF or CR.
func (p *keyringParser) newline() {
	rest := p.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		p.pos += 2
	case rest != "" && isEOL(rest[0]):
		p.pos++
	default:
		return
	}
	p.line++
}

// skip moves over n bytes, counting lines.
func (p *keyringParser) skip(n int) {
	for range n {
		if c := p.text[p.pos]; c == '\n' || c == '\r' && !strings.HasPrefix(p.text[p.pos:], "\r\n") {
			p.line++
		}
		p.pos++
	}
}

func (p *keyringParser) blanks() {
	for c := p.peek(); c == ' ' || c == '\t'; c = p.peek() {
		p.pos++
	}
}

// peek returns the next byte, 0 at the end.
func (p *keyringParser) peek() byte {
	if p.pos >= len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

func (p *keyringParser) errorf(format string, args ...any) error {
	return p.errorAt(p.line, format, args...)
}

func (p *keyringParser) errorAt(line int, format string, args ...any) error {
	return &KeyringError{File: p.file, Line: line, Entity: p.entity, Err: fmt.Errorf(format, args...)}
}

func isEOL(c byte) bool     { return c == '\n' || c == '\r' }
func isComment(c byte) bool { return c == '#' || c == ';' }
