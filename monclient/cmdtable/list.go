package cmdtable

import (
	"cmp"
	"slices"
	"strings"
)

// listed reports whether a command is for lists: the ceph tool leaves out those that nobody should begin to use, and
// those that their authors say nothing about.
func (c *Command) listed() bool {
	return c.Flags&(FlagDeprecated|FlagHidden) == 0 && c.Help != ""
}

// Find returns the commands that begin with the given words, of which the last may be cut short, in the order of their
// lines of usage. Deprecated and hidden commands, and those without help, are not among them.
func (t *Table) Find(words []string) []*Command {
	return t.pick(func(c *Command) bool { return c.listed() && begins(c.Words, words) })
}

// begins reports whether all begins with words, of which the last may be cut short.
func begins(all, words []string) bool {
	n := len(words) - 1
	return n < 0 || (n < len(all) && slices.Equal(all[:n], words[:n]) && strings.HasPrefix(all[n], words[n]))
}

// Named returns the commands that have just these words before their arguments. There may be several, and any may be
// deprecated or hidden.
func (t *Table) Named(words []string) []*Command {
	return t.pick(func(c *Command) bool { return slices.Equal(c.Words, words) })
}

// Mentioning returns the commands that have all the given words in their line of usage or their help, in any case of
// letters. Deprecated and hidden commands are not among them.
func (t *Table) Mentioning(words []string) []*Command {
	if len(words) == 0 {
		return nil
	}
	return t.pick(func(c *Command) bool {
		text := strings.ToLower(c.String() + "\n" + c.Help)
		return c.listed() && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, strings.ToLower(w)) })
	})
}

func (t *Table) pick(want func(*Command) bool) []*Command {
	var list []*Command
	for c := range t.Commands() {
		if want(c) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *Command) int { return cmp.Compare(a.String(), b.String()) })
	return list
}
