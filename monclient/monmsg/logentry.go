package monmsg

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// LogPriority is the level of a log entry (clog_type in src/common/LogEntry.h).
type LogPriority uint16

// The levels.
const (
	LogDebug LogPriority = iota
	LogInfo
	LogSec
	LogWarn
	LogError
)

// String returns the level as the cluster log prints it, such as [INF].
func (p LogPriority) String() string {
	names := [...]string{"[DBG]", "[INF]", "[SEC]", "[WRN]", "[ERR]"}
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("[priority %d]", uint16(p))
}

// LogEntry is a line of the cluster log (src/common/LogEntry.h).
type LogEntry struct {
	Name     denc.EntityName
	Rank     denc.PeerName
	Addrs    denc.EntityAddrVec
	Stamp    denc.UTime
	Seq      uint64 // counted by the sender
	Priority LogPriority
	Message  string
	Channel  string // cluster or audit, most of the time
}

// minLogEntry is the size of the shortest encoded entry.
const minLogEntry = frameHeader + 8 + 9 + 5 + 8 + 8 + 2 + 4 + 4

// AppendTo appends the encoding of e, version 5.
func (e *LogEntry) AppendTo(b []byte, features denc.Features) []byte {
	b, mark := denc.AppendStart(b, 5, 5)
	b = e.Name.AppendTo(b)
	b = e.Rank.AppendTo(b)
	b = e.Addrs.AppendTo(b, features)
	b = denc.AppendUTime(b, e.Stamp)
	b = denc.AppendUint64(b, e.Seq)
	b = denc.AppendUint16(b, uint16(e.Priority))
	b = denc.AppendString(b, e.Message)
	b = denc.AppendString(b, e.Channel)
	return denc.AppendFinish(b, mark)
}

// DecodeFrom reads e. Only releases before Nautilus write a version below 5, and those are refused.
func (e *LogEntry) DecodeFrom(r *denc.Reader) {
	*e = LogEntry{}
	s := r.Start("log_entry", 5)
	if r.Err() == nil && s.Version < 5 {
		r.Fail("struct_v", "%d is older than 5, the oldest supported", s.Version)
	}
	e.Name.DecodeFrom(r)
	e.Rank.DecodeFrom(r)
	e.Addrs.DecodeFrom(r)
	e.Stamp = r.UTime("stamp")
	e.Seq = r.Uint64("seq")
	e.Priority = LogPriority(r.Uint16("prio"))
	e.Message = r.String("msg")
	e.Channel = r.String("channel")
	r.Finish(s)
}
