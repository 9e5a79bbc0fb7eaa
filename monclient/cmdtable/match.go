package cmdtable

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// UnknownError says that the table has no command that begins with some words.
type UnknownError struct {
	Words []string
	Near  []*Command // those that are like it, the nearest first
}

// Error implements error.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("the monitors have no command %q", strings.Join(e.Words, " "))
}

// UsageError says what is wrong about the arguments of a command.
type UsageError struct {
	Command *Command
	Err     error
}

// Error implements error.
func (e *UsageError) Error() string { return e.Command.Prefix() + ": " + e.Err.Error() }

// Unwrap returns what is wrong, without the command.
func (e *UsageError) Unwrap() error { return e.Err }

// Match finds the command that words stand for, and its arguments by name, as Bind does. Of several commands that the
// words begin with, the one is meant that most of the words are needed for, those before the arguments and required
// arguments, as the ceph tool has it (validate_command in src/pybind/ceph_argparse.py): words that lack an argument of one
// command are not taken for another's, and neither is a command whose last word is cut short. An error is an *UnknownError or a *UsageError.
func (t *Table) Match(words []string) (*Command, map[string]any, error) {
	var candidates []*Command
	most := 0
	for c := range t.Commands() {
		if len(c.Words) > len(words) || !slices.Equal(c.Words, words[:len(c.Words)]) {
			continue
		}
		n := c.uses(words[len(c.Words):])
		if n > most {
			most, candidates = n, nil
		}
		if n == most {
			candidates = append(candidates, c)
		}
	}
	if len(candidates) == 0 || (len(words) > most && t.cutShort(words)) {
		return nil, nil, &UnknownError{Words: slices.Clone(words), Near: t.Similar(words)}
	}
	// Those that need the fewest come first: an argument more that is optional is better than one that is missing.
	slices.SortStableFunc(candidates, func(a, b *Command) int {
		return cmp.Compare(len(a.Words)+a.required(), len(b.Words)+b.required())
	})
	var first error
	for _, c := range candidates {
		args, err := c.Bind(words[len(c.Words):])
		if err == nil {
			return c, args, nil
		}
		if first == nil {
			first = &UsageError{Command: c, Err: err}
		}
	}
	return nil, nil, first
}

// cutShort reports whether words are those that a command begins with, but for the end of the last.
func (t *Table) cutShort(words []string) bool {
	for c := range t.Commands() {
		if begins(c.Words, words) && c.Words[len(words)-1] != words[len(words)-1] {
			return true
		}
	}
	return false
}

// uses returns how many of the command's words and required arguments there are in its words and these arguments. A list
// does not count: it would take anything.
func (c *Command) uses(args []string) int {
	b := newBinding(c)
	for len(args) > 0 {
		taken, err := b.take(args)
		if err != nil {
			break
		}
		args = args[taken:]
	}
	n := len(c.Words)
	for _, a := range c.Args {
		if a.Required && !a.List && b.how[a] != 0 {
			n++
		}
	}
	return n
}

// maxSimilar is how many commands Similar returns.
const maxSimilar = 8

// Similar returns the commands whose words are most like the given ones, at most eight, the most likely first.
// Deprecated and hidden commands are not among them.
func (t *Table) Similar(words []string) []*Command {
	type near struct {
		cmd  *Command
		same int // words at the beginning that are the same
		far  int // of the words after them
	}
	if len(words) == 0 {
		return nil
	}
	text := strings.Join(words, " ")
	var found []near
	for c := range t.Commands() {
		if c.Flags&(FlagDeprecated|FlagHidden) != 0 {
			continue
		}
		n := near{cmd: c}
		for n.same < min(len(words), len(c.Words)) && words[n.same] == c.Words[n.same] {
			n.same++
		}
		for i := n.same; i < min(len(words), len(c.Words)); i++ {
			n.far += distance(words[i], c.Words[i])
		}
		n.far += 2 * max(len(c.Words)-len(words), 0)
		whole := distance(text, c.Prefix())
		if n.same > 0 || whole <= 2 || distance(words[0], c.Words[0]) <= 1+len(words[0])/4 {
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Or(cmp.Compare(b.same, a.same), cmp.Compare(a.far, b.far)) })
	list := make([]*Command, 0, maxSimilar)
	for _, n := range found[:min(len(found), maxSimilar)] {
		if best := found[0]; best.far <= 2 && (n.same < best.same || n.far > best.far+1) {
			break // the best are so good that the others are none
		}
		list = append(list, n.cmd)
	}
	return list
}
