package cmdtable

import (
	"cmp"
	"slices"
	"strings"
)

// Candidate is a word that may stand next in a command.
type Candidate struct {
	Word string
	Help string // what it is for, in one line; may be empty
}

// Complete returns what may stand after the given words, if it begins with last, in alphabetical order: words of
// commands, choices of their arguments, and, where last begins with a dash, the arguments' names. It returns nothing
// where anything may stand, and where the words are no beginning of a command. Words lead to no
// command that is deprecated or hidden.
func (t *Table) Complete(words []string, last string) []Candidate {
	help := make(map[string]string)
	add := func(word, text string) {
		if !strings.HasPrefix(word, last) {
			return
		}
		text, _, _ = strings.Cut(text, "\n")
		if before, ok := help[word]; ok && before != text {
			text = "" // it stands for several
		}
		help[word] = text
	}
	for c := range t.Commands() {
		n := len(c.Words)
		switch {
		case len(words) >= n && slices.Equal(c.Words, words[:n]):
			c.complete(words[n:], last, add)
		case c.Flags&(FlagDeprecated|FlagHidden) != 0: // nobody is led to it
		case len(words) == n-1 && slices.Equal(c.Words[:n-1], words):
			add(c.Words[n-1], c.Help)
		case len(words) < n && slices.Equal(c.Words[:len(words)], words):
			add(c.Words[len(words)], "")
		}
	}
	list := make([]Candidate, 0, len(help))
	for word, text := range help {
		list = append(list, Candidate{word, text})
	}
	slices.SortFunc(list, func(a, b Candidate) int { return cmp.Compare(a.Word, b.Word) })
	return list
}

// complete adds what may stand after a command's words and the given arguments.
func (c *Command) complete(words []string, last string, add func(word, help string)) {
	b := newBinding(c)
	for len(words) > 0 {
		arg, _, hasText := c.keyword(words[0])
		if len(words) == 1 && arg != nil && !hasText && arg.Type != "CephBool" && !arg.isConfirmation(words[0], true) {
			arg.suggest("", add) // its value is what comes next
			return
		}
		taken, err := b.take(words)
		if err != nil {
			return
		}
		words = words[taken:]
	}
	if strings.HasPrefix(last, "-") {
		b.suggestNames(last, add)
	}
	for _, arg := range c.Args[min(b.next, len(c.Args)):] {
		if !arg.Positional || (b.how[arg] != 0 && !arg.List) {
			continue
		}
		if arg.Type != "CephBool" { // whose name says more
			arg.suggest("", add)
		}
		if arg.Required && b.how[arg] == 0 {
			break
		}
	}
}

// suggest adds what the argument may be, with something in front.
func (a *Arg) suggest(front string, add func(word, help string)) {
	choices := a.Choices
	if a.Type == "CephBool" {
		choices = []string{"true", "false"}
	}
	for _, choice := range choices {
		if choice != "" {
			add(front+choice, a.Name)
		}
	}
}

// suggestNames adds the names of the arguments that have no value yet, or the values of one that is named already.
func (b *binding) suggestNames(last string, add func(word, help string)) {
	if arg, _, hasText := b.cmd.keyword(last); arg != nil && hasText {
		front, _, _ := strings.Cut(last, "=")
		arg.suggest(front+"=", add)
		return
	}
	for _, arg := range b.cmd.Args {
		if b.how[arg] == 0 || (arg.List && b.how[arg] == byName) {
			add("--"+strings.ReplaceAll(arg.Name, "_", "-"), arg.Expects())
		}
	}
}
