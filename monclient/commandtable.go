package monclient

import (
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// commands is what the client knows of the cluster's commands. It is owned by the client's goroutine.
type commands struct {
	wanted  bool // by some command; configuration may want it as well
	asked   bool
	table   *cmdtable.Table // nil: not known
	release cephmap.Release // the oldest of the monitors when the table was asked for
}

// coming reports whether the table is not known yet, and is about to be.
func (t *commands) coming() bool { return t.table == nil && t.asked }

// learnCommands asks the monitors for their table of commands, if it is of use and not known, or of another release.
func (c *core) learnCommands() {
	t := &c.commands
	useful := t.wanted || c.cfg.Resend == ResendReadOnly || c.cfg.ReadBalance || c.cfg.HedgeDelay > 0
	if !useful || t.asked || !c.ready() || (t.table != nil && t.release == c.monmap.MinMonRelease) {
		return
	}
	t.asked, t.release = true, c.monmap.MinMonRelease
	text := []string{`{"prefix":"get_command_descriptions"}`}
	c.start(&Call{
		core: c, command: true, text: text, resend: ResendAlways,
		message: func(c *core, _ uint64) monmsg.Message {
			return &monmsg.MMonCommand{FSID: c.monmap.FSID, Cmd: text}
		},
		done: c.learned,
	})
}

// learned takes the table.
func (c *core) learned(o outcome) {
	ack, ok := o.reply.(*monmsg.MMonCommandAck)
	if o.err != nil || !ok || ack.Retval < 0 {
		c.commands.asked = false // the next session is asked
		if o.err == nil {        // otherwise all calls have ended
			c.decide()
		}
		return
	}
	c.others.Go(func() { // it is large
		var table *cmdtable.Table
		var err error
		if caught := c.survive(func() { table, err = cmdtable.Parse(ack.Output) }); caught != nil {
			err = caught
		}
		_ = c.post(func() { // or it is closing
			c.commands.asked = false
			if err != nil {
				c.note(logCommandsUnreadable, "error", err)
			} else {
				c.commands.table = table
			}
			c.decide()
		})
	})
}

// reads reports whether a call only reads, as far as is known.
func (c *core) reads(call *Call) bool {
	if !call.command {
		return call.message != nil
	}
	if c.commands.table == nil {
		return false
	}
	prefix, ok := cmdtable.PrefixOf(call.text)
	return ok && c.commands.table.ReadOnly(prefix)
}
