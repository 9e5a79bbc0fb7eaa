package montest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Command is a command that a client has sent.
type Command struct {
	// Prefix is what selects the command, Args are all its arguments, prefix and format included.
	Prefix string
	Args   map[string]any
	// Format is json, json-pretty, plain or another; empty if the client did not say.
	Format string
	// Input came along with it.
	Input []byte
	// Client is who sent it, Mon the monitor that got it.
	Client denc.EntityName
	Mon    string
	// Mgr is the manager that got it, where it was for one; then there is no Mon.
	Mgr string
	// Tell: it was meant for this monitor ("ceph tell").
	Tell bool
}

// String returns an argument as text, empty if there is none.
func (c Command) String(name string) string {
	switch v := c.Args[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = fmt.Sprint(w)
		}
		return strings.Join(words, " ")
	default:
		return fmt.Sprint(v)
	}
}

// JSON reports whether the client wants JSON.
func (c Command) JSON() bool { return strings.HasPrefix(c.Format, "json") }

// Result is the answer to a command.
type Result struct {
	Retval int32  // 0, or a negative errno of Linux
	Status string // the text for people
	Output []byte
}

// Fail returns the negative answer of a command.
func Fail(errno denc.Errno, format string, args ...any) Result {
	return Result{Retval: -int32(errno), Status: fmt.Sprintf(format, args...)}
}

// Handler answers a command. It runs on the goroutine of the client's connection and may call the Cluster.
type Handler func(Command) Result

// HandleCommand has commands of a prefix answered by h, before the monitors' own commands; nil takes it back. The prefix may
// be followed by arguments in the form of src/mon/MonCommands.h, "deploy name=image,type=CephString", so that
// get_command_descriptions has them and the ceph tool, or monc, takes the command in words.
func (c *Cluster) HandleCommand(signature string, h Handler) {
	prefix := signatureOf(signature).prefix
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	if h == nil {
		delete(c.state.handlers, prefix)
		return
	}
	c.state.handlers[prefix] = userCommand{signature, h}
}

// userCommand is a command that the user of the package answers.
type userCommand struct {
	signature string
	handler   Handler
}

// parseCommand parses the JSON of a command; the monitors' own words if it is none.
func parseCommand(cmd []string) (Command, *Result) {
	if len(cmd) == 0 {
		r := Fail(denc.EINVAL, "no command specified")
		return Command{}, &r
	}
	text := strings.Join(cmd, "")
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	c := Command{}
	if err := d.Decode(&c.Args); err != nil || c.Args == nil {
		r := Fail(denc.EINVAL, "unparseable JSON %s", text)
		return Command{}, &r
	}
	prefix, ok := c.Args["prefix"].(string)
	if !ok {
		r := Fail(denc.EINVAL, "command prefix not found")
		return Command{}, &r
	}
	c.Prefix = prefix
	c.Format, _ = c.Args["format"].(string)
	return c, nil
}

// command answers an MMonCommand. The caller holds the state's mutex.
func (s *session) command(m *monmsg.MMonCommand, tid uint64) {
	st := &s.mon.cluster.state
	var r Result
	if m.FSID != st.monmap.FSID {
		r = Fail(denc.EPERM, "wrong fsid")
	} else if cmd, bad := parseCommand(m.Cmd); bad != nil {
		r = *bad
	} else {
		cmd.Input = m.Input
		r = s.run(cmd)
	}
	s.send(&monmsg.MMonCommandAck{Retval: r.Retval, Status: r.Status, Cmd: m.Cmd, Output: r.Output}, tid)
}

// tell answers an MCommand, which is for this monitor alone and needs no quorum.
func (s *session) tell(m *monmsg.MCommand, tid uint64) {
	st := &s.mon.cluster.state
	var r Result
	if m.FSID != st.monmap.FSID {
		r = Fail(denc.EACCES, "wrong fsid")
	} else if cmd, bad := parseCommand(m.Cmd); bad != nil {
		r = *bad
	} else {
		cmd.Input, cmd.Tell = m.Input, true
		r = s.run(cmd)
	}
	s.send(&monmsg.MCommandReply{Retval: r.Retval, Status: r.Status, Output: r.Output}, tid)
}

// run finds who answers a command. The caller holds the state's mutex, which a user's handler is called without.
func (s *session) run(cmd Command) Result {
	st := &s.mon.cluster.state
	cmd.Client, cmd.Mon = s.auth.name, s.mon.name
	if u, ok := st.handlers[cmd.Prefix]; ok {
		st.mu.Unlock()
		defer st.mu.Lock()
		return u.handler(cmd)
	}
	commands := monCommands
	if cmd.Tell {
		commands = tellCommands
	}
	own, ok := commands[cmd.Prefix]
	ctx := &commandContext{state: st, session: s, Command: cmd}
	if !cmd.Tell && ctx.ofMgr(cmd.Prefix) {
		return ctx.proxy()
	}
	switch {
	case !ok && cmd.Tell:
		return Fail(denc.EINVAL, "unknown command prefix %s", cmd.Prefix)
	case !ok:
		return Fail(denc.EINVAL, "command not known")
	}
	return own.run(ctx)
}

// commandContext is what the monitors' own commands work with. The state's mutex is held.
type commandContext struct {
	*state
	session *session
	Command
	mgrGrants []grant // of a client of the manager
}

// ownCommand is one of the monitors' own commands. signature is what get_command_descriptions says of it.
type ownCommand struct {
	signature string // "osd tree name=epoch,type=CephInt,range=0,req=false", as src/mon/MonCommands.h has it
	help      string
	module    string
	perm      string          // r, rw, rwx
	since     cephmap.Release // that knows it, 0: all do
	run       func(*commandContext) Result
}
