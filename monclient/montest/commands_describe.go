package montest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// signature is what a command takes.
type signature struct {
	prefix string
	args   []argument
}

// argument is one argument: its attributes by name (src/common/cmdparse.h).
type argument map[string]string

// signatureOf parses a row's signature. Besides Ceph's attributes there are since=20 and until=17: the first and the
// last release that know the argument.
func signatureOf(text string) signature {
	var s signature
	var words []string
	for word := range strings.FieldsSeq(text) {
		if !strings.Contains(word, "=") {
			words = append(words, word)
			continue
		}
		a := make(argument)
		for attribute := range strings.SplitSeq(word, ",") {
			k, v, _ := strings.Cut(attribute, "=")
			a[k] = v
		}
		s.args = append(s.args, a)
	}
	s.prefix = strings.Join(words, " ")
	return s
}

// in reports whether monitors of a release know the argument.
func (a argument) in(release cephmap.Release) bool {
	since, err := strconv.Atoi(a["since"])
	if err == nil && int(release) < since {
		return false
	}
	until, err := strconv.Atoi(a["until"])
	return err != nil || int(release) <= until
}

// dump writes the argument as clients are told of it (dump_cmddesc_to_json in src/common/cmdparse.cc).
func (a argument) dump(w *jsonWriter) {
	w.object("", func() {
		for _, k := range slices.Sorted(maps.Keys(a)) {
			switch k {
			case "since", "until":
			case "req", "positional":
				w.bool(k, a[k] != "false")
			default:
				w.str(k, a[k])
			}
		}
	})
}

// commandFlags are the flags of commands that have some (Command::FLAG_… in src/mon/MonCommand.h).
var commandFlags = map[string]uint64{
	"version": flagNoForward | flagHidden, "mon_status": flagNoForward | flagHidden,
	"auth list": flagDeprecated, "auth del": flagDeprecated, "osd lspools": flagDeprecated,
	"osd pool delete": flagDeprecated, "config-key put": flagDeprecated, "config-key del": flagDeprecated,
	"osd blacklist": flagDeprecated, "osd blacklist ls": flagDeprecated, "osd blacklist clear": flagDeprecated,
	"mds stat": flagHidden,
}

const (
	flagNoForward  = 1
	flagDeprecated = 4
	flagHidden     = 32
)

// describe writes all commands of a table, in the order of their prefixes.
func describe(c *commandContext, table map[string]ownCommand, more func(w *jsonWriter, prefix string, row ownCommand)) []byte {
	return jsonObject(func(w *jsonWriter) {
		for i, prefix := range slices.Sorted(maps.Keys(table)) {
			row := table[prefix]
			w.object(fmt.Sprintf("cmd%03d", i), func() {
				w.list("sig", func() {
					for word := range strings.FieldsSeq(prefix) {
						w.str("", word)
					}
					for _, a := range signatureOf(row.signature).args {
						if a.in(c.release()) {
							a.dump(w)
						}
					}
				})
				w.str("help", row.help)
				more(w, prefix, row)
			})
		}
	})
}

// describeMon answers get_command_descriptions, with the commands of the package's user.
func describeMon(c *commandContext, table map[string]ownCommand) Result {
	table = maps.Clone(table)
	for prefix, u := range c.handlers {
		table[prefix] = ownCommand{signature: u.signature, help: "a command of this test", module: "mon", perm: "rw"}
	}
	if len(c.mgrs.list) > 0 {
		for prefix, row := range c.withMgrHandlers(mgrCommands) {
			if _, ok := table[prefix]; !ok {
				table[prefix] = row
			}
		}
	}
	maps.DeleteFunc(table, func(_ string, row ownCommand) bool { return c.release() < row.since })
	return c.json(describe(c, table, func(w *jsonWriter, prefix string, row ownCommand) {
		w.str("module", row.module)
		w.str("perm", row.perm)
		flags := commandFlags[prefix]
		if c.ofMgr(prefix) {
			flags |= flagMgr
		}
		w.uint("flags", flags)
	}))
}

// describeTell answers get_command_descriptions for one monitor, with the commands of the package's user, or for a manager.
func describeTell(c *commandContext, table map[string]ownCommand) Result {
	if c.Mgr == "" {
		table = maps.Clone(table)
		for prefix, u := range c.handlers {
			table[prefix] = ownCommand{signature: u.signature, help: "a command of this test"}
		}
	}
	return c.pretty(describe(c, table, func(*jsonWriter, string, ownCommand) {}))
}

// mistyped returns the name of an argument whose type is not what the signature says (bad_cmd_get in
// src/common/cmdparse.h).
func (c *commandContext) mistyped(text string) string {
	for _, a := range signatureOf(text).args {
		if v, ok := c.Args[a["name"]]; ok && a.in(c.release()) && !a.takes(v) {
			return a["name"]
		}
	}
	return ""
}

// takes reports whether v is of the argument's type. Numbers with a fraction need one even where it is 0.
func (a argument) takes(v any) bool {
	if a["n"] == "N" {
		_, ok := v.([]any)
		return ok
	}
	switch a["type"] {
	case "CephInt":
		n, ok := v.(json.Number)
		return ok && !strings.ContainsAny(n.String(), ".eE")
	case "CephFloat":
		n, ok := v.(json.Number)
		return ok && strings.ContainsAny(n.String(), ".eE")
	case "CephBool":
		if _, ok := v.(bool); ok {
			return true
		}
	}
	_, ok := v.(string)
	return ok
}
