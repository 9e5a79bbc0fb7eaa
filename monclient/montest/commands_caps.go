package montest

import (
	"slices"
	"strings"
)

// grant is one of the grants that capabilities consist of (MonCapGrant in src/mon/MonCap.h): the forms that people
// write, without conditions on a command's arguments, on networks and in profiles.
type grant struct {
	all              bool   // allow *
	perm             string // r, rw, rwx
	service, command string // what perm, or the grant, is limited to
	profile          string
}

// parseCaps parses capabilities; grants that it does not know allow nothing.
func parseCaps(text string) []grant {
	var grants []grant
	for _, words := range capWords(text) {
		switch {
		case slices.Equal(words, []string{"allow", "*"}), slices.Equal(words, []string{"allow", "all"}):
			grants = append(grants, grant{all: true})
		case len(words) == 2 && words[0] == "allow":
			grants = append(grants, grant{perm: words[1]})
		case len(words) == 4 && words[0] == "allow" && words[1] == "service":
			grants = append(grants, grant{service: words[2], perm: words[3]})
		case len(words) == 3 && words[0] == "allow" && words[1] == "command":
			grants = append(grants, grant{command: words[2]})
		case len(words) >= 2 && words[len(words)-2] == "profile":
			grants = append(grants, grant{profile: words[len(words)-1]})
		}
	}
	return grants
}

// capWords splits capabilities into grants and those into words, of which some are in quotes.
func capWords(text string) [][]string {
	var grants [][]string
	var words []string
	endGrant := func() {
		if len(words) > 0 {
			grants = append(grants, words)
		}
		words = nil
	}
	for text != "" {
		switch c := text[0]; {
		case c == ',' || c == ';':
			endGrant()
			text = text[1:]
		case c == ' ' || c == '\t' || c == '=':
			text = text[1:]
		case c == '"' || c == '\'':
			word, rest, _ := strings.Cut(text[1:], string(c))
			words, text = append(words, word), rest
		default:
			end := strings.IndexAny(text, " \t,;=\"'")
			if end < 0 {
				end = len(text)
			}
			words, text = append(words, text[:end]), text[end:]
		}
	}
	endGrant()
	return grants
}

// grants returns what the client may do with the monitors.
func (c *commandContext) grants() []grant {
	if c.opts.NoAuth {
		return []grant{{all: true}}
	}
	e, _ := c.auth.lookup(c.Client)
	return parseCaps(e.caps["mon"])
}

// may reports whether the client may run a command. The config-key store is for those who may do everything, or have
// been granted it by name; profiles read.
func (c *commandContext) may(row ownCommand) bool {
	var perm string
	for _, g := range c.grants() {
		switch {
		case g.all || g.command != "" && g.command == c.Prefix:
			return true
		case g.service != "" && g.service == row.module, g.service == "" && row.module != "config-key":
			perm += g.perm
			if g.profile != "" {
				perm += "r"
			}
		}
	}
	for _, p := range row.perm {
		if !strings.ContainsRune(perm, p) {
			return false
		}
	}
	return true
}

// mayTell reports whether the client may use tell: those may who may do everything.
func (c *commandContext) mayTell() bool {
	var perm string
	for _, g := range c.grants() {
		switch {
		case g.all:
			return true
		case g.service == "":
			perm += g.perm
		}
	}
	return strings.Contains(perm, "r") && strings.Contains(perm, "w") && strings.Contains(perm, "x")
}
