package montest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// logCommands are about the cluster log (src/mon/LogMonitor.cc).
var logCommands = []ownCommand{
	{signature: "log name=logtext,type=CephString,n=N", help: "write into the cluster log", module: "mon", perm: "rw", run: cmdLog},
	{signature: "log last name=num,type=CephInt,range=1,req=false name=level,type=CephChoices,strings=debug|info|sec|warn|error,req=false" +
		" name=channel,type=CephChoices,strings=*|cluster|audit|cephadm,req=false",
		help: "show the last entries of the cluster log", module: "mon", perm: "r", run: cmdLogLast},
}

// logLevel returns the priority of a level's name (LogEntry::str_to_level in src/common/LogEntry.cc).
func logLevel(name string) (monmsg.LogPriority, bool) {
	switch strings.ToLower(name) {
	case "debug", "[dbg]":
		return monmsg.LogDebug, true
	case "info", "[inf]":
		return monmsg.LogInfo, true
	case "sec", "security", "[sec]":
		return monmsg.LogSec, true
	case "warn", "warning", "[wrn]":
		return monmsg.LogWarn, true
	case "error", "err", "[err]":
		return monmsg.LogError, true
	}
	return 0, false
}

func cmdLog(c *commandContext) Result {
	priority, ok := logLevel(c.String("level"))
	if !ok {
		priority = monmsg.LogInfo
	}
	entry := monmsg.LogEntry{
		Name: c.Client, Rank: denc.PeerName{Type: c.Client.Type, Num: -1}, Stamp: now(), Priority: priority,
		Message: strings.Join(c.list("logtext"), " "), Channel: "cluster",
	}
	if from := c.from(); !from.IsBlank() {
		entry.Addrs = denc.EntityAddrVec{from}
	}
	c.appendLog(entry)
	return Result{}
}

// logLastDefault is how many entries log last shows.
const logLastDefault = 20

func cmdLogLast(c *commandContext) Result {
	least := monmsg.LogInfo
	if level := c.String("level"); level != "" {
		var ok bool
		if least, ok = logLevel(level); !ok {
			return Fail(denc.EINVAL, "Invalid severity '%s'", level)
		}
	}
	channel := c.String("channel")
	if channel == "" {
		channel = "cluster"
	}
	n := c.integer("num", logLastDefault)
	var found []monmsg.LogEntry
	for _, e := range slices.Backward(c.log.entries) {
		if int64(len(found)) >= n {
			break
		}
		if e.Priority >= least && (channel == "*" || e.Channel == channel) {
			found = append(found, e.LogEntry)
		}
	}
	slices.Reverse(found)
	if c.JSON() {
		return c.json(jsonList(func(w *jsonWriter) {
			for i := range found {
				dumpLogEntry(w, &found[i])
			}
		}))
	}
	var b []byte
	for i := range found {
		e := &found[i]
		b = fmt.Appendf(b, "%s %s (%s) %d : %s %s %s\n", timeText(e.Stamp), e.Name, e.Rank, e.Seq, e.Channel, e.Priority, e.Message)
	}
	return Result{Output: b}
}

// dumpLogEntry writes LogEntry::dump (src/common/LogEntry.cc).
func dumpLogEntry(w *jsonWriter, e *monmsg.LogEntry) {
	w.object("", func() {
		w.str("name", e.Name.String())
		w.str("rank", e.Rank.String())
		w.addrVec("addrs", e.Addrs)
		w.time("stamp", e.Stamp)
		w.uint("seq", e.Seq)
		w.str("channel", e.Channel)
		w.str("priority", e.Priority.String())
		w.str("message", e.Message)
	})
}
