package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxSuggested is how many commands a message about an unknown one names.
const maxSuggested = 8

// match finds the command that words stand for, and its arguments by name. Of several commands that words begin with,
// the one with the longest prefix that takes the rest is meant; when none does, the error is about the longest.
func (t *commandTable) match(words []string) (prefix string, args map[string]any, err error) {
	if words[0] == "tell" || words[0] == "daemon" || words[0] == "ping" {
		return "", nil, &failure{
			err: errInvalidCommand, code: exitInvalidCommand,
			text: fmt.Sprintf("%q goes to one daemon; monc talks to the quorum of monitors", words[0]),
			try:  "ceph " + strings.Join(words, " "),
		}
	}
	var candidates []*signature
	for _, s := range t.signatures {
		if len(s.prefix) <= len(words) && slices.Equal(s.prefix, words[:len(s.prefix)]) {
			candidates = append(candidates, s)
		}
	}
	if len(candidates) == 0 {
		return "", nil, t.unknown(words)
	}
	slices.SortStableFunc(candidates, func(a, b *signature) int {
		return cmp.Or(cmp.Compare(len(b.prefix), len(a.prefix)), cmp.Compare(a.countRequired(), b.countRequired()))
	})
	var first error
	for _, s := range candidates {
		args, err := s.bind(words[len(s.prefix):])
		if err == nil {
			return strings.Join(s.prefix, " "), args, nil
		}
		if first == nil {
			first = s.misused(err)
		}
	}
	return "", nil, first
}

func (s *signature) countRequired() int {
	n := 0
	for _, a := range s.args {
		if a.required {
			n++
		}
	}
	return n
}

// misused says what is wrong about the arguments of a command.
func (s *signature) misused(err error) error {
	f := &failure{err: errInvalidCommand, text: fmt.Sprintf("%s: %v", strings.Join(s.prefix, " "), err), code: exitInvalidCommand}
	f.more = []string{wrap("usage: "+s.String(), 78, "    ")}
	if s.help != "" {
		f.more = append(f.more, wrap(s.help, 78, "  "))
	}
	return f
}

// unknown says that there is no such command, and which ones are like it.
func (t *commandTable) unknown(words []string) error {
	f := &failure{err: errInvalidCommand, text: fmt.Sprintf("the monitors have no command %q", strings.Join(words, " ")), code: exitInvalidCommand}
	near := t.similar(words)
	if len(near) == 0 {
		f.try = "ceph help lists the commands"
		return f
	}
	f.more = append(f.more, "the nearest commands:")
	for _, s := range near {
		f.more = append(f.more, "  "+wrap(s.String(), 76, "      "))
	}
	f.try = "monc command " + strings.Join(near[0].prefix, " ")
	return f
}

// similar returns the commands whose words are most like the given ones, the most likely first.
func (t *commandTable) similar(words []string) []*signature {
	type near struct {
		sig  *signature
		same int // words at the beginning that are the same
		far  int // of the words after them
	}
	var found []near
	for _, s := range t.signatures {
		if s.flags&(flagDeprecated|flagHidden) != 0 {
			continue
		}
		n := near{sig: s}
		for n.same < min(len(words), len(s.prefix)) && words[n.same] == s.prefix[n.same] {
			n.same++
		}
		for i := n.same; i < min(len(words), len(s.prefix)); i++ {
			n.far += distance(words[i], s.prefix[i])
		}
		n.far += 2 * max(len(s.prefix)-len(words), 0)
		whole := distance(strings.Join(words, " "), strings.Join(s.prefix, " "))
		if n.same > 0 || whole <= 2 || (len(words) > 0 && distance(words[0], s.prefix[0]) <= 1+len(words[0])/4) {
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Or(cmp.Compare(b.same, a.same), cmp.Compare(a.far, b.far)) })
	list := make([]*signature, 0, maxSuggested)
	for _, n := range found[:min(len(found), maxSuggested)] {
		if best := found[0]; best.far <= 2 && (n.same < best.same || n.far > best.far+1) {
			break // the best are so good that the others are none
		}
		list = append(list, n.sig)
	}
	return list
}

// confirmations are words that older releases declare as text, and which stand for themselves.
var confirmations = []string{
	"--yes-i-really-mean-it", "--yes-i-really-really-mean-it", "--yes-i-really-really-mean-it-not-faking", "--force",
}

// bind gives the words after the prefix to the arguments: --name value, --name=value and, for booleans, --name wherever
// they stand, the others in the order of the signature. An optional argument that a word does not fit is passed over.
func (s *signature) bind(words []string) (map[string]any, error) {
	values := make(map[string]any)
	var passed error // why an optional argument was passed over, which is likely why a word is left
	next := 0        // the argument that the next word may be for
	for i := 0; i < len(words); i++ {
		word := words[i]
		arg, text, hasText := s.keyword(word)
		if arg != nil {
			switch {
			case hasText:
			case arg.kind == "CephBool":
				text = "true"
			case i+1 == len(words):
				return nil, fmt.Errorf("%s needs a value", word)
			default:
				i++
				text = words[i]
			}
			if err := arg.store(values, text, true); err != nil {
				return nil, err
			}
			continue
		}
		taken := false
		for ; next < len(s.args) && !taken; next++ {
			arg := s.args[next]
			if _, set := values[arg.name]; !arg.positional || (set && !arg.list) {
				continue
			}
			if strings.HasPrefix(word, "--") && arg.kind != "CephChoices" && !slices.Contains(confirmations, word) {
				continue
			}
			err := arg.store(values, word, false)
			if err == nil {
				taken = true
				if arg.list {
					next-- // the next word may be for it, too
				}
				continue
			}
			if _, set := values[arg.name]; arg.required && !set {
				return nil, err
			}
			passed = err
		}
		if !taken {
			return nil, s.left(word, passed)
		}
	}
	for _, arg := range s.args {
		if _, set := values[arg.name]; arg.required && !set {
			return nil, fmt.Errorf("missing %s", arg)
		}
	}
	return values, nil
}

// keyword returns the argument that a word names as --name or --name=value. Dashes and underscores are the same.
func (s *signature) keyword(word string) (arg *argument, text string, hasText bool) {
	name, ok := strings.CutPrefix(word, "--")
	if !ok {
		return nil, "", false
	}
	name, text, hasText = strings.Cut(name, "=")
	name = strings.ReplaceAll(name, "-", "_")
	for _, a := range s.args {
		if strings.ReplaceAll(a.name, "-", "_") == name {
			return a, text, hasText
		}
	}
	return nil, "", false
}

// left says that no argument takes a word.
func (s *signature) left(word string, passed error) error {
	if !strings.HasPrefix(word, "--") {
		if passed != nil {
			return passed
		}
		return fmt.Errorf("unexpected argument %q", word)
	}
	names := make([]string, len(s.args))
	for i, a := range s.args {
		names[i] = strings.ReplaceAll(a.name, "_", "-")
	}
	name, _, _ := strings.Cut(word[2:], "=")
	if near := nearest(name, names, 1); len(near) > 0 {
		return fmt.Errorf("unexpected argument %q; did you mean --%s?", word, near[0])
	}
	return fmt.Errorf("unexpected argument %q", word)
}

// store parses a word and adds it to the values. A list takes several values with commas between them, except for text
// that is not given by name.
func (a *argument) store(values map[string]any, word string, byName bool) error {
	if !a.list {
		v, err := a.parse(word)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		values[a.name] = v
		return nil
	}
	parts := []string{word}
	if byName || a.kind != "CephString" {
		parts = strings.Split(word, ",")
	}
	list, _ := values[a.name].([]any)
	list = slices.Clip(list)
	for _, p := range parts {
		v, err := a.parse(p)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		list = append(list, v)
	}
	values[a.name] = list
	return nil
}
