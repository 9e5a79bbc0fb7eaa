package cmdtable

import (
	"iter"
	"slices"
	"strings"
)

// Table is the monitors' table of commands: those of the monitors, and of the active manager and its modules. It does
// not change once it is parsed, and may be used by any number of goroutines. A nil *Table is an empty one.
type Table struct {
	commands []*Command
	readOnly map[string]bool // of every prefix in the table, obsolete ones too
}

// Command is one command: the words that it begins with, and its arguments. It belongs to its table and must not be
// changed.
type Command struct {
	Words  []string // the leading literal words of its signature
	Args   []*Arg
	Help   string
	Module string // the service whose capability is needed: mon, osd, mgr, …
	Perm   string // the capability that is needed: r, rw, rx, …
	Avail  string // cli, rest or both; Pacific and later do not say
	Flags  Flags
}

// Flags of a command (MonCommand in src/mon/MonCommand.h).
type Flags uint64

// The flags that are known.
const (
	FlagNoForward  Flags = 1 << 0 // the monitor that is asked answers by itself
	FlagObsolete   Flags = 1 << 1 // refused
	FlagDeprecated Flags = 1 << 2
	FlagMgr        Flags = 1 << 3 // the monitors hand it on to the active manager
	FlagPoll       Flags = 1 << 4 // meant to be sent again and again
	FlagHidden     Flags = 1 << 5 // not for lists of commands
)

// Has reports whether all of the given flags are set.
func (f Flags) Has(flags Flags) bool { return f&flags == flags }

// Arg describes one argument (dump_cmd_to_json in src/common/cmdparse.cc).
type Arg struct {
	Name       string
	Type       string   // CephInt, CephString, …
	List       bool     // one value or more (n=N)
	Required   bool     // it must be there
	Positional bool     // it may be given without its name
	Choices    []string // of CephChoices
	Range      []string // of CephInt and CephFloat: the least, and the greatest if there is one
	Goodchars  string   // of CephString: a set of characters, as in regular expressions
}

// Len returns how many commands there are, without obsolete ones.
func (t *Table) Len() int {
	if t == nil {
		return 0
	}
	return len(t.commands)
}

// Commands returns the commands that are not obsolete, in the table's order.
func (t *Table) Commands() iter.Seq[*Command] {
	if t == nil {
		return slices.Values[[]*Command](nil)
	}
	return slices.Values(t.commands)
}

// Prefix returns what selects the command in JSON: its words, with blanks between them. Monitors compare the words up to
// the first argument (cmddesc_get_prefix in src/common/cmdparse.cc), so a word after an argument could not be a part of
// it; Parse takes no such signature.
func (c *Command) Prefix() string { return strings.Join(c.Words, " ") }

// String returns the command's line of usage.
func (c *Command) String() string { return c.usage(false) }

// Short returns the command's line of usage with long lists of choices left out.
func (c *Command) Short() string { return c.usage(true) }

func (c *Command) usage(short bool) string {
	words := slices.Clone(c.Words)
	for _, a := range c.Args {
		words = append(words, a.usage(short))
	}
	return strings.Join(words, " ")
}

// required returns how many arguments are.
func (c *Command) required() int {
	n := 0
	for _, a := range c.Args {
		if a.Required {
			n++
		}
	}
	return n
}

// String returns the argument's place in a line of usage.
func (a *Arg) String() string { return a.usage(false) }

// longChoices is how long a list of choices may be in a short line of usage.
const longChoices = 30

func (a *Arg) usage(short bool) string {
	var text string
	value := a.value()
	if short && a.Type == "CephChoices" && len(value) > longChoices {
		value = ""
		if !a.Positional {
			value = a.Name
		}
	}
	switch {
	case a.Type == "CephBool":
		text = "--" + strings.ReplaceAll(a.Name, "_", "-")
	case a.Type == "CephChoices" && len(a.Choices) == 1 && a.Positional:
		text = a.Choices[0]
	case a.Positional:
		text = "<" + a.Name + value + ">"
	default:
		text = "--" + strings.ReplaceAll(a.Name, "_", "-") + " <" + strings.TrimPrefix(value, ":") + ">"
	}
	if a.List {
		text += "..."
	}
	if !a.Required {
		text = "[" + text + "]"
	}
	return text
}

// value says what values look like.
func (a *Arg) value() string {
	switch a.Type {
	case "CephInt", "CephFloat":
		kind := map[string]string{"CephInt": ":int", "CephFloat": ":float"}[a.Type]
		switch len(a.Range) {
		case 1:
			return kind + "[" + a.Range[0] + "-]"
		case 2:
			return kind + "[" + a.Range[0] + "-" + a.Range[1] + "]"
		}
		return kind
	case "CephChoices":
		return ":" + strings.Join(a.Choices, "|")
	case "CephOsdName":
		return ":id|osd.id"
	case "CephName":
		return ":type.id"
	case "CephPgid":
		return ":pool.hex"
	case "CephUUID":
		return ":uuid"
	case "CephIPAddr", "CephEntityAddr":
		return ":addr"
	}
	if a.Positional {
		return ""
	}
	return ":" + a.Name
}
