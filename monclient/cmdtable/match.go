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
// words begin with, the one with the longest prefix that takes the rest is meant; when none does, the error is about
// the longest. An error is an *UnknownError or a *UsageError.
func (t *Table) Match(words []string) (*Command, map[string]any, error) {
	var candidates []*Command
	for c := range t.Commands() {
		if len(c.Words) <= len(words) && slices.Equal(c.Words, words[:len(c.Words)]) {
			candidates = append(candidates, c)
		}
	}
	if len(candidates) == 0 {
		return nil, nil, &UnknownError{Words: slices.Clone(words), Near: t.Similar(words)}
	}
	slices.SortStableFunc(candidates, func(a, b *Command) int {
		return cmp.Or(cmp.Compare(len(b.Words), len(a.Words)), cmp.Compare(a.required(), b.required()))
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
