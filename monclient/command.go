package monclient

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Command is a command for the monitors, for one of them, or for a manager: raw JSON, or a prefix with arguments.
type Command struct {
	// Target is who is to execute the command:
	//
	//	""          the monitors, together: whichever this client has a session with passes it on
	//	mon.NAME    that monitor alone, with its admin socket's commands ("ceph tell"), quorum or not
	//	mon.RANK    the monitor of that rank; digits are a rank, as Ceph has it, whatever monitors are called
	//	mgr         the active manager's own commands, as of its modules
	//	mgr.NAME    that manager's admin socket's commands; it must be the active one
	//	mgr.*       those of whichever is active
	//
	// One monitor is asked on a connection of its own, which is tried twice (ErrMonUnavailable, ENXIO; ErrUnknownMon, ENOENT).
	// Once it has the command it may take as long as it likes, as long as it answers keepalives: Ceph's clients send the
	// command again after 3 seconds, and give up after 6. If the connection breaks, Resend says whether it is sent again.
	// TellEach asks every monitor.
	Target string

	// JSON is sent as it is when set, as librados takes it: one JSON object, possibly in pieces. Nothing checks it but
	// the monitors.
	JSON []string

	// Prefix selects the command, such as "osd tree"; Args are its other arguments by name; Format, when set, is that
	// of the output: json, json-pretty, plain and others.
	Prefix string
	Args   map[string]any
	Format string

	// Input goes along with the command (what the ceph tool reads with -i). It is not copied: leave it alone until the
	// command was answered or, where it ended otherwise, until the client is closed.
	Input []byte

	// Resend is what becomes of the command when its session is lost before the answer came.
	Resend Resend

	// Barrier is the name of a map that the command changes: monmap, osdmap, mgrmap, fsmap, mdsmap, servicemap, config or
	// kv:PREFIX. A reply without an error is then given when everything of this client that follows the map has got it as new as
	// the command made it, and where nothing does, when the client has got it itself, but for config and kv. A
	// BarrierError has the reply where that failed. It takes monitors that answer when the change is made: they do, but for most of
	// what changes the monmap, which is made a moment after the answer (MonmapMonitor::prepare_command in
	// src/mon/MonmapMonitor.cc), and for what managers do.
	Barrier string
}

// Raw returns the command of a JSON text.
func Raw(text string) Command { return Command{JSON: []string{text}} }

// text returns what is sent.
func (cmd Command) text() ([]string, error) {
	if cmd.JSON != nil {
		return cmd.JSON, nil
	}
	object := make(map[string]any, len(cmd.Args)+2)
	for name, v := range cmd.Args {
		object[name] = argument(v)
	}
	object["prefix"] = cmd.Prefix
	if cmd.Format != "" {
		object["format"] = cmd.Format
	}
	b, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("monclient: command %q: arguments: %w", cmd.Prefix, err)
	}
	return []string{string(b)}, nil
}

// argument keeps floating-point numbers what they are: monitors tell 3600.0 from 3600 and refuse the wrong one
// (cmd_getval in src/common/cmdparse.cc), while package json would write both alike.
func argument(v any) any {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case float32:
		f = float64(v)
	default:
		return v
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return json.Number(text) // which package json refuses for NaN and the infinities
}

// String names the command in errors, without its arguments, which may be secret.
func (cmd Command) String() string {
	if cmd.JSON == nil {
		return "command " + cmd.Prefix
	}
	var object struct {
		Prefix string `json:"prefix"`
	}
	var whole string
	for _, s := range cmd.JSON {
		whole += s
	}
	if json.Unmarshal([]byte(whole), &object) != nil || object.Prefix == "" {
		return "command"
	}
	return "command " + object.Prefix
}

// Reply is the monitors' answer to a command.
type Reply struct {
	// Retval is 0 for success or a negative errno in Linux's numbering; a few commands succeed with a positive value.
	Retval int32
	// Status is a text for people, with the reason when Retval is negative.
	Status string
	// Output is what the command printed. It belongs to the caller.
	Output []byte
	// Mon is the name of the monitor that the answer came from, empty where a manager has answered.
	Mon string
	// From is who has answered: "mon.a", "mgr.x".
	From string
	// Resent says that the command was sent more than once, because sessions were lost or for HedgeDelay, so that the
	// monitors may have executed it more than once. They may do so without that, too: see ResendNever.
	Resent bool

	command Command // without its input
}

// Err returns nil for success and a *CommandError for a negative answer.
func (r *Reply) Err() error {
	if r.Retval >= 0 {
		return nil
	}
	return &CommandError{Command: r.command.String(), Retval: r.Retval, Status: r.Status}
}

// Command sends a command and waits for the answer, whatever it is: an error says that there was none, while a
// negative answer is in the Reply. Without a quorum the monitors answer nothing, so a context without a deadline may
// wait for ever, unless Config.OpTimeout is set. Implements: int rados_mon_command(...).
func (c *Client) Command(ctx context.Context, cmd Command) (*Reply, error) {
	call, err := cmd.call()
	if err != nil {
		return nil, err
	}
	if cmd.Barrier != "" {
		c.core.holdBack(call, cmd.Barrier)
	}
	return cmd.reply(c.core.wait(ctx, call, c.core.opTimeout(0)))
}

// StartCommand sends a command and returns; done is called with what Command would return. The command ends with
// ErrTimeout after timeout; 0 is Config.OpTimeout, a negative one means that nothing but Cancel and Close end it early.
// When StartCommand returns an error, because the command cannot be sent or the client is closed, done is never called;
// otherwise it is called exactly once, on the client's goroutine, perhaps before StartCommand has returned. Client says
// what it may do.
func (c *Client) StartCommand(cmd Command, timeout time.Duration, done func(*Reply, error)) (*Call, error) {
	if done == nil {
		return nil, fmt.Errorf("monclient: %v: %w", cmd, errNoFunction)
	}
	call, err := cmd.call()
	if err != nil {
		return nil, err
	}
	call.done = func(o outcome) { done(cmd.reply(o)) }
	if cmd.Barrier != "" {
		c.core.holdBack(call, cmd.Barrier)
	}
	if err := c.core.begin(call, c.core.opTimeout(timeout)); err != nil {
		return nil, cmd.failed(outcome{err: err}.ended())
	}
	return call, nil
}

// call returns the call of the command.
func (cmd Command) call() (*Call, error) {
	text, err := cmd.text()
	if err != nil {
		return nil, err
	}
	if cmd.Resend < ResendDefault || cmd.Resend > ResendReadOnly {
		return nil, fmt.Errorf("monclient: %v: Command.Resend is %v", cmd, cmd.Resend)
	}
	if err := checkBarrier(cmd.Barrier); err != nil {
		return nil, cmd.failed(err)
	}
	to, err := parseTarget(cmd.Target)
	if err != nil {
		return nil, cmd.failed(err)
	}
	call := &Call{command: true, text: text, name: cmd.prefix(), resend: cmd.Resend}
	input := cmd.Input
	if to.kind != toSession {
		call.directed = &directed{target: to, input: input}
		return call, nil
	}
	call.message = func(c *core, _ uint64) monmsg.Message {
		return &monmsg.MMonCommand{FSID: c.monmap.FSID, Cmd: text, Input: input}
	}
	return call, nil
}

// reply makes the reply of how the call has ended.
func (cmd Command) reply(o outcome) (*Reply, error) {
	if o.err != nil && o.reply != nil {
		why := o.err
		o.err = nil
		reply, err := cmd.reply(o)
		if err != nil {
			return nil, err
		}
		return nil, cmd.failed(&BarrierError{Reply: reply, Map: cmd.Barrier, Err: why})
	}
	if o.err != nil {
		return nil, cmd.failed(o.ended())
	}
	cmd.Input = nil
	reply := &Reply{Mon: o.mon, From: o.from, Resent: o.resent, command: cmd}
	if o.from == "" {
		reply.From = "mon." + o.mon
	}
	switch m := o.reply.(type) {
	case *monmsg.MMonCommandAck:
		reply.Retval, reply.Status, reply.Output = m.Retval, m.Status, m.Output
	case *monmsg.MCommandReply:
		reply.Retval, reply.Status, reply.Output = m.Retval, m.Status, m.Output
	case *monmsg.MMgrCommandReply:
		reply.Retval, reply.Status, reply.Output = m.Retval, m.Status, m.Output
	default:
		return nil, fmt.Errorf("monclient: %v: answered with %s", cmd, monmsg.TypeName(o.reply.MsgType()))
	}
	return reply, nil
}

// failed says which command has no answer.
func (cmd Command) failed(err error) error { return fmt.Errorf("monclient: %v: %w", cmd, err) }
