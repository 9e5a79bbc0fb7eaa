package montest

import (
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// maxLogEntries is how many entries of the cluster log are kept.
const maxLogEntries = 10_000

// clusterLog is the cluster log. Each entry has a version.
type clusterLog struct {
	version uint64
	seq     uint64 // of the monitors' own entries
	entries []logged
}

type logged struct {
	version uint64
	monmsg.LogEntry
}

// logLevels are the names of log subscriptions, by the least level that they bring.
var logLevels = map[string]monmsg.LogPriority{
	"log-debug": monmsg.LogDebug, "log-info": monmsg.LogInfo, "log-sec": monmsg.LogSec, "log-warn": monmsg.LogWarn, "log-error": monmsg.LogError,
}

// maxLogKeys is how many entries monitors know again, at least (mon_log_max_summary).
const maxLogKeys = 50

// known reports whether the log has an entry among its newest ones (LogSummary::contains in src/common/LogEntry.h).
func (l *clusterLog) known(e *monmsg.LogEntry) bool {
	recent := l.entries[max(len(l.entries)-maxLogKeys, 0):]
	return slices.ContainsFunc(recent, func(x logged) bool { return x.Rank == e.Rank && x.Stamp == e.Stamp && x.Seq == e.Seq })
}

// mayWriteLog reports whether a client may write into the log.
func (st *state) mayWriteLog(name denc.EntityName) bool {
	if st.opts.NoAuth {
		return true
	}
	e, _ := st.auth.lookup(name)
	return slices.ContainsFunc(parseCaps(e.caps["mon"]), func(g grant) bool {
		return g.all || (g.service == "" || g.service == "log") && strings.Contains(g.perm, "w")
	})
}

// appendLog adds entries and publishes them. The caller holds mu.
func (st *state) appendLog(entries ...monmsg.LogEntry) {
	for _, e := range entries {
		st.log.version++
		st.log.entries = append(st.log.entries, logged{st.log.version, e})
	}
	if n := len(st.log.entries) - maxLogEntries; n > 0 {
		st.log.entries = slices.Delete(st.log.entries, 0, n)
	}
	st.publish(logPrefix)
}

// publishLog sends the entries of a level that a client has not seen, for start 0 from the newest version on
// (LogMonitor::check_sub in src/mon/LogMonitor.cc).
func (st *state) publishLog(s *session, what string, sub *subscription) {
	if sub.start == 0 {
		sub.start = max(st.log.version, 1)
	}
	least, known := logLevels[what]
	if !known || sub.start > st.log.version {
		return
	}
	m := &monmsg.MLog{FSID: st.monmap.FSID}
	m.Version = st.log.version
	for _, e := range st.log.entries {
		if e.version >= sub.start && e.Priority >= least {
			m.Entries = append(m.Entries, e.LogEntry)
		}
	}
	if len(m.Entries) > 0 {
		s.send(m, 0)
	}
	s.got(what, st.log.version)
}
