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
	b := newBinding(c)
	for len(words) > 0 {
		taken, err := b.take(words)
		if err != nil {
			return nil, err
		}
		words = words[taken:]
	}
	for _, arg := range c.Args {
		if arg.Required && b.how[arg] == 0 {
			return nil, fmt.Errorf("missing %s", arg)
		}
	}
	return b.values, nil
}

// way is how an argument has got its value.
type way int

const (
	byPlace way = iota + 1
	byName
	implied // by the name of a boolean alone
)

// binding is the words of a command on their way to its arguments.
type binding struct {
	cmd    *Command
	values map[string]any
	how    map[*Arg]way
	next   int   // the argument that the next word may be for
	passed error // why an optional argument was passed over, which is likely why a word is left
}

func newBinding(c *Command) *binding {
	return &binding{cmd: c, values: make(map[string]any), how: make(map[*Arg]way, len(c.Args))}
}

// take gives the first of the words to an argument, or the first two. It returns how many.
func (b *binding) take(words []string) (int, error) {
	word := words[0]
	arg, text, hasText := b.cmd.keyword(word)
	taken, how := 1, byName
	switch {
	case arg == nil || (!hasText && arg.isConfirmation(word, len(words) == 1)):
		return 1, b.place(word)
	case hasText:
	case arg.Type == "CephBool":
		text, how = "true", implied
	case len(words) == 1:
		return 0, fmt.Errorf("%s needs a value: %s", word, arg.Expects())
	default:
		text, taken = words[1], 2
	}
	if b.how[arg] == byPlace && !arg.List {
		return 0, fmt.Errorf("%s is given twice: as %v, and as %s", arg.Name, b.values[arg.Name], word)
	}
	b.how[arg] = how
	return taken, arg.store(b.values, text, true)
}

// place gives a word to the next argument that it fits.
func (b *binding) place(word string) error {
	for ; b.next < len(b.cmd.Args); b.next++ {
		arg := b.cmd.Args[b.next]
		how := b.how[arg]
		if !arg.Positional || (how == byPlace && !arg.List) || (how == byName && !arg.List) {
			continue
		}
		if strings.HasPrefix(word, "--") && arg.Type != "CephChoices" && !slices.Contains(confirmations, word) && b.cmd.Words[0] != "injectargs" {
			continue
		}
		err := arg.store(b.values, word, false)
		if err == nil {
			b.how[arg] = byPlace
			if !arg.List { // else the next word may be for it, too
				b.next++
			}
			return nil
		}
		if arg.Required && how == 0 {
			return err
		}
		if how == 0 {
			b.passed = err
		}
	}
	return b.cmd.left(word, b.passed)
}

// isConfirmation reports whether a word that is --name of an argument stands for itself: older releases declare such
// words as text or as a choice.
func (a *Arg) isConfirmation(word string, last bool) bool {
	if a.Type == "CephChoices" {
		return slices.Contains(a.Choices, word)
	}
	return last && a.Type == "CephString" && slices.Contains(confirmations, word)
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
