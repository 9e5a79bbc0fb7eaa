package montest

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// mgrCommands are what managers answer by themselves, by prefix (src/mgr/MgrCommands.h and the modules' tables); mgrTellCommands
// are those of their admin sockets.
var (
	mgrCommands = commandTable((*commandContext).answerMgr, []aboutCommand{
		{"get_command_descriptions", "list all commands and what they take", describeMgr},
	}, []ownCommand{
		{signature: "pg stat", help: "summarize the placement groups", module: "pg", perm: "r", run: cmdPGStat},
		{signature: "service dump", help: "show the service map", module: "service", perm: "r", run: cmdServiceDump},
		{signature: "balancer status", help: "show the balancer", module: "mgr", perm: "r", run: cmdBalancerStatus},
		{signature: "balancer on", help: "have the balancer work", module: "mgr", perm: "rw", run: func(c *commandContext) Result { return c.setBalancer(true) }},
		{signature: "balancer off", help: "have the balancer rest", module: "mgr", perm: "rw", run: func(c *commandContext) Result { return c.setBalancer(false) }},
	})
	mgrTellCommands = commandTable((*commandContext).answerMgr, []aboutCommand{
		{"get_command_descriptions", "list all commands and what they take", describeTell},
		{"help", "list all commands", tellHelp},
	}, []ownCommand{
		{signature: "version", help: "show the version", perm: "rwx", run: tellVersion},
		{signature: "git_version", help: "show the commit of the version", perm: "rwx", run: tellGitVersion},
		{signature: "config show", help: "show the configuration that counts", perm: "rwx", run: tellMgrConfigShow},
		{signature: "mgr_status", help: "show the manager's own view", perm: "rwx", run: tellMgrStatus},
		{signature: "perf dump name=logger,type=CephString,req=false name=counter,type=CephString,req=false", help: "show counters", perm: "rwx", run: tellNothing},
	})
)

// mgrDenied is what a manager says to a client without the capabilities for a command.
const mgrDenied = "access denied: does your client key have mgr caps? See http://docs.ceph.com/en/latest/mgr/administrator/#client-authentication"

// run finds who answers a command.
func (s *mgrSession) run(cmd []string, input []byte, tell bool) Result {
	st := &s.mgr.cluster.state
	text := strings.Join(cmd, "")
	command := Command{Input: input, Client: s.client, Mgr: s.mgr.name, Tell: tell}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&command.Args); err != nil || command.Args == nil {
		return Fail(denc.EINVAL, "unparseable JSON %s", text)
	}
	command.Prefix, _ = command.Args["prefix"].(string)
	command.Format, _ = command.Args["format"].(string)
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.runMgr(command, s.grants)
}

// runMgr runs a command for the manager. The caller holds the state's mutex, which a user's handler is called without.
func (st *state) runMgr(cmd Command, grants []grant) Result {
	if u, ok := st.mgrs.handlers[cmd.Prefix]; ok {
		if !allows(grants, "r") {
			return Fail(denc.EACCES, mgrDenied)
		}
		st.mu.Unlock()
		defer st.mu.Lock()
		return u.handler(cmd)
	}
	table := mgrCommands
	if cmd.Tell {
		table = mgrTellCommands
	}
	own, ok := table[cmd.Prefix]
	c := &commandContext{state: st, Command: cmd, mgrGrants: grants}
	switch {
	case cmd.Tell && !allows(grants, "rwx"):
		return Fail(denc.EACCES, mgrDenied)
	case !ok && cmd.Tell:
		return Fail(denc.EINVAL, "unknown command prefix %s", cmd.Prefix)
	case !ok:
		return Fail(denc.EINVAL, "No handler found for '%s'", cmd.Prefix)
	}
	return own.run(c)
}

// answerMgr runs a command of a manager for a client that may do so.
func (c *commandContext) answerMgr(row ownCommand) Result {
	if !allows(c.mgrGrants, row.perm) {
		return Fail(denc.EACCES, mgrDenied)
	}
	if field := c.mistyped(row.signature); field != "" {
		return Fail(denc.EINVAL, "bad or missing field '%s'", field)
	}
	return row.run(c)
}

// allows reports whether the grants of a client's ticket, of the forms that people write, allow what a command needs.
func allows(grants []grant, perm string) bool {
	var have string
	for _, g := range grants {
		switch {
		case g.all:
			return true
		case g.service == "" && g.command == "":
			have += g.perm
			if g.profile != "" {
				have += "r"
			}
		}
	}
	for _, p := range perm {
		if !strings.ContainsRune(have, p) {
			return false
		}
	}
	return true
}

// describeMgr answers get_command_descriptions of a manager.
func describeMgr(c *commandContext, table map[string]ownCommand) Result {
	return c.json(describe(c, c.withMgrHandlers(table), func(w *jsonWriter, _ string, row ownCommand) {
		w.str("module", row.module)
		w.str("perm", row.perm)
		w.uint("flags", flagMgr)
		w.bool("poll", false)
	}))
}

// withMgrHandlers adds the commands of the package's user to a table.
func (c *commandContext) withMgrHandlers(table map[string]ownCommand) map[string]ownCommand {
	table = maps.Clone(table)
	for prefix, u := range c.mgrs.handlers {
		table[prefix] = ownCommand{signature: u.signature, help: "a command of this test", module: "mgr", perm: "rw"}
	}
	return table
}

// flagMgr marks the managers' commands in the monitors' table (MonCommand::FLAG_MGR in src/mon/MonCommand.h).
const flagMgr = 8

// ofMgr reports whether monitors leave a command to the manager, if there is one.
func (c *commandContext) ofMgr(prefix string) bool {
	if len(c.mgrs.list) == 0 || prefix == "get_command_descriptions" {
		return false
	}
	_, own := mgrCommands[prefix]
	_, users := c.mgrs.handlers[prefix]
	return own || users
}

func (c *commandContext) setBalancer(on bool) Result {
	c.mgrs.balance = on
	return Result{}
}

func cmdBalancerStatus(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		w.bool("active", c.mgrs.balance)
		w.str("mode", "upmap")
		w.empties("[]", "plans")
	})
}

func tellMgrConfigShow(c *commandContext) Result {
	name := denc.EntityName{Type: denc.EntityMgr, ID: c.Mgr}
	set := c.config.effective(name)
	return c.prettyObject(func(w *jsonWriter) {
		w.str("name", name.String())
		w.str("cluster", "ceph")
		w.str("fsid", c.monmap.FSID.String())
		for _, k := range sortedKeys(set) {
			w.str(k, set[k])
		}
	})
}

func tellMgrStatus(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		w.uint("mgrmap_epoch", uint64(c.mgrmap.Epoch))
		w.str("mgr", c.Mgr)
		w.str("fsid", c.monmap.FSID.String())
	})
}

// cmdMgrFail answers "mgr fail" (MgrMonitor::prepare_command in src/mon/MgrMonitor.cc).
func cmdMgrFail(c *commandContext) Result {
	who := c.String("who")
	for _, m := range c.mgrs.list {
		if m.up && (m.name == who || who == "" && c.mgrs.active == m) {
			c.failMgr(m)
			return Result{}
		}
	}
	if who == "" {
		return done("Currently no active mgr")
	}
	return done("Daemon not found '%s', already failed?", who)
}

// proxy has the manager answer what a monitor was asked, with the monitor's own capabilities (Monitor::handle_command in
// src/mon/Monitor.cc). Where real monitors keep the command until there is a manager, these do not have one at hand.
func (c *commandContext) proxy() Result {
	row, ok := mgrCommands[c.Prefix]
	if !ok {
		row.perm = "rw"
	}
	switch {
	case !c.may(row):
		return Fail(denc.EACCES, "access denied")
	case c.mgrs.active == nil:
		return Fail(denc.EAGAIN, "no active mgr")
	}
	cmd := c.Command
	cmd.Mgr, cmd.Mon = c.mgrs.active.name, ""
	return c.runMgr(cmd, []grant{{all: true}})
}
