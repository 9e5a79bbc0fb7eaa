package cmdtable

import (
	"fmt"
	"slices"
	"strings"
)

// confirmations are words that older releases declare as text, and which stand for themselves.
var confirmations = []string{
	"--yes-i-really-mean-it", "--yes-i-really-really-mean-it", "--yes-i-really-really-mean-it-not-faking", "--force",
}

// Bind gives the words after the prefix to the arguments: --name value, --name=value and, for booleans, --name wherever
// they stand, the others in the order of the signature. An optional argument that a word does not fit is passed over.
// The values, by the arguments' names, are what package json writes as the monitors want it: text, true and false,
// numbers (json.Number, or uint64 for an OSD's), and []any of these.
func (c *Command) Bind(words []string) (map[string]any, error) {
	values := make(map[string]any)
	var passed error // why an optional argument was passed over, which is likely why a word is left
	next := 0        // the argument that the next word may be for
	for i := 0; i < len(words); i++ {
		word := words[i]
		arg, text, hasText := c.keyword(word)
		if arg != nil {
			switch {
			case hasText:
			case arg.Type == "CephBool":
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
		for ; next < len(c.Args) && !taken; next++ {
			arg := c.Args[next]
			if _, set := values[arg.Name]; !arg.Positional || (set && !arg.List) {
				continue
			}
			if strings.HasPrefix(word, "--") && arg.Type != "CephChoices" && !slices.Contains(confirmations, word) {
				continue
			}
			err := arg.store(values, word, false)
			if err == nil {
				taken = true
				if arg.List {
					next-- // the next word may be for it, too
				}
				continue
			}
			if _, set := values[arg.Name]; arg.Required && !set {
				return nil, err
			}
			passed = err
		}
		if !taken {
			return nil, c.left(word, passed)
		}
	}
	for _, arg := range c.Args {
		if _, set := values[arg.Name]; arg.Required && !set {
			return nil, fmt.Errorf("missing %s", arg)
		}
	}
	return values, nil
}

// keyword returns the argument that a word names as --name or --name=value. Dashes and underscores are the same.
func (c *Command) keyword(word string) (arg *Arg, text string, hasText bool) {
	name, ok := strings.CutPrefix(word, "--")
	if !ok {
		return nil, "", false
	}
	name, text, hasText = strings.Cut(name, "=")
	name = strings.ReplaceAll(name, "-", "_")
	for _, a := range c.Args {
		if strings.ReplaceAll(a.Name, "-", "_") == name {
			return a, text, hasText
		}
	}
	return nil, "", false
}

// left says that no argument takes a word.
func (c *Command) left(word string, passed error) error {
	if !strings.HasPrefix(word, "--") {
		if passed != nil {
			return passed
		}
		return fmt.Errorf("unexpected argument %q", word)
	}
	names := make([]string, len(c.Args))
	for i, a := range c.Args {
		names[i] = strings.ReplaceAll(a.Name, "_", "-")
	}
	name, _, _ := strings.Cut(word[2:], "=")
	if near := Nearest(name, names, 1); len(near) > 0 {
		return fmt.Errorf("unexpected argument %q; did you mean --%s?", word, near[0])
	}
	return fmt.Errorf("unexpected argument %q", word)
}

// store parses a word and adds it to the values. A list takes several values with commas between them, except for text
// that is not given by name.
func (a *Arg) store(values map[string]any, word string, byName bool) error {
	if !a.List {
		v, err := a.parse(word)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		values[a.Name] = v
		return nil
	}
	parts := []string{word}
	if byName || a.Type != "CephString" {
		parts = strings.Split(word, ",")
	}
	list, _ := values[a.Name].([]any)
	for _, p := range parts {
		v, err := a.parse(p)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		list = append(list, v)
	}
	values[a.Name] = list
	return nil
}
