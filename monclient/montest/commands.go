package montest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// monCommands are what monitors answer by themselves, by prefix (src/mon/MonCommands.h); tellCommands are those for one
// monitor (src/common/admin_socket.cc and Monitor::do_admin_command in src/mon/Monitor.cc).
var (
	monCommands = commandTable((*commandContext).answer,
		[]aboutCommand{{"get_command_descriptions", "list all commands and what they take", describeMon}},
		statusCommands, monMapCommands, configCommands, configKeyCommands, authCommands, rotateCommands, osdCommands, poolCommands,
		blocklistCommands, daemonCommands, logCommands)
	tellCommands = commandTable((*commandContext).answerTell, []aboutCommand{
		{"get_command_descriptions", "list all commands and what they take", describeTell},
		{"help", "list all commands", tellHelp},
	}, adminCommands)
)

// aboutCommand is a command about the table that it is in. Everybody may run it who may tell, or does not.
type aboutCommand struct {
	prefix, help string
	run          func(c *commandContext, table map[string]ownCommand) Result
}

// commandTable makes a table from rows, which are run by run, and adds the commands about the table itself.
func commandTable(run func(*commandContext, ownCommand) Result, about []aboutCommand, topics ...[]ownCommand) map[string]ownCommand {
	table := make(map[string]ownCommand)
	for _, row := range slices.Concat(topics...) {
		checked := row
		checked.run = func(c *commandContext) Result { return run(c, row) }
		table[signatureOf(row.signature).prefix] = checked
	}
	for _, a := range about {
		table[a.prefix] = ownCommand{
			signature: a.prefix, help: a.help, module: "mon", perm: "r",
			run: func(c *commandContext) Result {
				if c.Tell && !c.mayTell() {
					return Fail(denc.EACCES, "insufficient caps")
				}
				return a.run(c, table)
			},
		}
	}
	return table
}

// answer runs a command for a client that may do so, and writes both into the audit log (Monitor::handle_command in
// src/mon/Monitor.cc).
func (c *commandContext) answer(row ownCommand) Result {
	if c.release() < row.since {
		return Fail(denc.EINVAL, "command not known")
	}
	if !c.may(row) {
		c.audit(monmsg.LogInfo, "access denied")
		return Fail(denc.EACCES, "access denied")
	}
	priority := monmsg.LogDebug
	changes := strings.Contains(row.perm, "w")
	if changes {
		priority = monmsg.LogInfo
	}
	c.audit(priority, "dispatch")
	if field := c.mistyped(row.signature); field != "" {
		return Fail(denc.EINVAL, "bad or missing field '%s'", field)
	}
	r := row.run(c)
	if changes && r.Retval >= 0 {
		c.audit(monmsg.LogInfo, "finished")
	}
	return r
}

// answerTell runs a command of the admin socket.
func (c *commandContext) answerTell(row ownCommand) Result {
	if !c.mayTell() {
		return Fail(denc.EACCES, "insufficient caps")
	}
	if field := c.mistyped(row.signature); field != "" {
		return Fail(denc.EINVAL, "bad or missing field '%s'", field)
	}
	return row.run(c)
}

// auditSilent are arguments whose values may be secrets, by command.
var auditSilent = map[string]string{"config set": "value", "config-key set": "val", "config-key put": "val"}

// audit notes a command in the audit log.
func (c *commandContext) audit(priority monmsg.LogPriority, outcome string) {
	args := maps.Clone(c.Args)
	if secret := auditSilent[c.Prefix]; args[secret] != nil {
		args[secret] = "..."
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(args); err != nil {
		return // arguments come from JSON, a user's own excepted
	}
	text := "[" + strings.TrimSuffix(b.String(), "\n") + "]"
	switch {
	case outcome == "finished":
		text = "'" + text + "'"
	case c.opts.Release >= cephmap.ReleaseTentacle:
		text = strings.Trim(text, "[]") + " "
	}
	c.logf("audit", priority, "from='client.? %s' entity='%s' cmd=%s: %s", legacyAddrText(c.from()), c.Client, text, outcome)
}

// from returns the address of the client, blank if it has none.
func (c *commandContext) from() denc.EntityAddr {
	if c.session == nil || c.session.conn == nil {
		return denc.EntityAddr{}
	}
	return legacyAddr(c.session.conn.Info().PeerAddrs)
}

// release returns the release of the monitors.
func (c *commandContext) release() cephmap.Release { return c.opts.Release }

// was returns a status that only monitors of Pacific still give.
func (c *commandContext) was(format string, args ...any) string {
	if c.release() >= cephmap.ReleaseReef {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// json answers JSON, pretty if the client wants it so.
func (c *commandContext) json(b []byte) Result {
	b = bytes.TrimSuffix(b, []byte("\n"))
	if c.Format == "json-pretty" {
		b = prettyJSON(b)
	}
	return Result{Output: b}
}

// jsonLine answers JSON with a line end.
func (c *commandContext) jsonLine(b []byte) Result {
	r := c.json(b)
	if !bytes.HasSuffix(r.Output, []byte("\n")) {
		r.Output = append(bytes.Clone(r.Output), '\n')
	}
	return r
}

// object answers a JSON object.
func (c *commandContext) object(body func(w *jsonWriter)) Result {
	return c.json(jsonObject(body))
}

// pretty answers JSON, which is pretty even in plain.
func (c *commandContext) pretty(b []byte) Result {
	if c.Format != "json" {
		return Result{Output: prettyJSON(b)}
	}
	return c.json(b)
}

// prettyObject answers a JSON object, which is pretty even in plain.
func (c *commandContext) prettyObject(body func(w *jsonWriter)) Result {
	return c.pretty(jsonObject(body))
}

// either answers JSON or plain text.
func (c *commandContext) either(jsonText, plain []byte) Result {
	if c.JSON() {
		return c.json(jsonText)
	}
	return Result{Output: plain}
}

// text returns a result of text.
func text(format string, args ...any) Result {
	return Result{Output: fmt.Appendf(nil, format, args...)}
}

// done returns a result that is a status only.
func done(format string, args ...any) Result { return Result{Status: fmt.Sprintf(format, args...)} }

// withStatus returns r with a status.
func (r Result) withStatus(format string, args ...any) Result {
	r.Status = fmt.Sprintf(format, args...)
	return r
}

func jsonObject(body func(w *jsonWriter)) []byte {
	var w jsonWriter
	w.object("", func() { body(&w) })
	return w.b
}

func jsonList(body func(w *jsonWriter)) []byte {
	var w jsonWriter
	w.list("", func() { body(&w) })
	return w.b
}

// raw writes a value that is JSON already.
func (w *jsonWriter) raw(key string, b []byte) {
	w.key(key)
	w.b = append(w.b, bytes.TrimSpace(b)...)
}

// ints writes a list of numbers.
func (w *jsonWriter) ints(key string, list []int) {
	w.list(key, func() {
		for _, n := range list {
			w.int("", int64(n))
		}
	})
}

// integer returns an argument that is a number, def if it is not there. Types are checked already.
func (c *commandContext) integer(name string, def int64) int64 {
	n, ok := c.Args[name].(json.Number)
	if !ok {
		return def
	}
	v, err := n.Int64()
	if err != nil {
		return def
	}
	return v
}

// flag reports whether an argument of yes or no is yes; old clients spell it as the option that it was.
func (c *commandContext) flag(name string) bool {
	switch v := c.Args[name].(type) {
	case bool:
		return v
	case string:
		return v == "true" || v == "--"+strings.ReplaceAll(name, "_", "-")
	}
	return false
}

// list returns an argument of several words.
func (c *commandContext) list(name string) []string {
	var words []string
	list, _ := c.Args[name].([]any)
	for _, v := range list {
		words = append(words, fmt.Sprint(v))
	}
	return words
}

// textTable prints rows under a header as TextTable does (src/common/TextTable.cc): columns as wide as their widest
// cell, two blanks between them. A column whose header begins with > is aligned to the right.
func textTable(header []string, rows [][]string) []byte {
	right := make([]bool, len(header))
	width := make([]int, len(header))
	head := slices.Clone(header)
	for i, h := range header {
		head[i], right[i] = strings.CutPrefix(h, ">")
		width[i] = len(head[i])
		for _, row := range rows {
			width[i] = max(width[i], len(row[i]))
		}
	}
	var b []byte
	for _, row := range slices.Concat([][]string{head}, rows) {
		for i, cell := range row {
			if i > 0 {
				b = append(b, "  "...)
			}
			if right[i] {
				b = fmt.Appendf(b, "%*s", width[i], cell)
			} else {
				b = fmt.Appendf(b, "%-*s", width[i], cell)
			}
		}
		b = append(b, '\n')
	}
	return b
}
