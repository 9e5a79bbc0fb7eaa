package monclient

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// LogLevel is the level of an entry of the cluster log (clog_type in src/common/LogEntry.h). They are in the order in which
// monitors have them: who asks for one gets those above it, too.
type LogLevel uint16

// The levels.
const (
	LogDebug LogLevel = iota
	LogInfo
	LogSec
	LogWarn
	LogError
)

// logLevels are the names of the levels, first the one that String returns and subscriptions have, then Ceph's other
// spellings (LogEntry::str_to_level and string_to_clog_type in src/common/LogEntry.cc).
var logLevels = [...][]string{
	LogDebug: {"debug", "dbg"},
	LogInfo:  {"info", "inf"},
	LogSec:   {"sec", "security"},
	LogWarn:  {"warn", "warning", "wrn"},
	LogError: {"error", "err"},
}

// String returns the level's name, such as info.
func (l LogLevel) String() string {
	if l.valid() {
		return logLevels[l][0]
	}
	return fmt.Sprintf("LogLevel(%d)", uint16(l))
}

func (l LogLevel) valid() bool { return int(l) < len(logLevels) }

// ParseLogLevel reads the name of a level in any of Ceph's spellings: debug or dbg, info or inf, sec or security, warn,
// warning or wrn, error or err, in small letters or capitals.
func ParseLogLevel(s string) (LogLevel, error) {
	for l, names := range logLevels {
		for _, name := range names {
			if strings.EqualFold(s, name) {
				return LogLevel(l), nil
			}
		}
	}
	return 0, fmt.Errorf("monclient: log level %q is none of debug, info, sec, warn, error: %w", s, cephconf.ErrInvalidValue)
}

// LogEntry is an entry of the cluster log (src/common/LogEntry.h).
type LogEntry struct {
	Time    time.Time       // the sender's
	Name    denc.EntityName // who has sent it
	Rank    denc.PeerName   // the same as a number: a monitor's rank, a client's global id
	Addrs   denc.EntityAddrVec
	Seq     uint64 // counted by the sender
	Level   LogLevel
	Channel string // cluster or audit, most of the time
	Text    string
}

// logStamp is the form of times in Ceph's logs.
const logStamp = "2006-01-02T15:04:05.000000-0700"

// String returns the entry as the cluster log has it, with the time in its own zone.
func (e LogEntry) String() string {
	return fmt.Sprintf("%s %v (%v) %d : %s %s %s", e.Time.Format(logStamp), e.Name, e.Rank, e.Seq, e.Channel, monmsg.LogPriority(e.Level), e.Text)
}

// Line returns the entry as "ceph -w" prints it (RadosClient::handle_log in src/librados/RadosClient.cc).
func (e LogEntry) Line() string {
	return fmt.Sprintf("%s %v %s %s", e.Time.Format(logStamp), e.Name, monmsg.LogPriority(e.Level), e.Text)
}

// MarshalJSON writes the entry as "ceph log last -f json" does (LogEntry::dump).
func (e LogEntry) MarshalJSON() ([]byte, error) {
	type addr struct {
		Type  string `json:"type"`
		Addr  string `json:"addr"`
		Nonce uint32 `json:"nonce"`
	}
	entry := struct {
		Name  string `json:"name"`
		Rank  string `json:"rank"`
		Addrs struct {
			Vec []addr `json:"addrvec"`
		} `json:"addrs"`
		Stamp    string `json:"stamp"`
		Seq      uint64 `json:"seq"`
		Channel  string `json:"channel"`
		Priority string `json:"priority"`
		Message  string `json:"message"`
	}{
		Name: e.Name.String(), Rank: e.Rank.String(), Stamp: denc.FromTime(e.Time).String(), Seq: e.Seq, Channel: e.Channel,
		Priority: monmsg.LogPriority(e.Level).String(), Message: e.Text,
	}
	entry.Addrs.Vec = make([]addr, len(e.Addrs)) // not null
	for i, a := range e.Addrs {
		entry.Addrs.Vec[i] = addr{Type: a.Type.String(), Addr: "(unrecognized address family 0)", Nonce: a.Nonce}
		if !a.IsBlank() {
			entry.Addrs.Vec[i].Addr = a.AddrPort().String()
		}
	}
	return json.Marshal(entry)
}

// logEntryOf makes the entry of what a message has.
func logEntryOf(e monmsg.LogEntry) LogEntry {
	return LogEntry{
		Time: e.Stamp.Time(), Name: e.Name, Rank: e.Rank, Addrs: e.Addrs, Seq: e.Seq, Level: LogLevel(e.Priority), Channel: e.Channel,
		Text: e.Message,
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *LogEntry) UnmarshalJSON(b []byte) error {
	var in struct {
		Name, Rank, Stamp, Channel, Priority, Message string
		Addrs                                         struct {
			Vec []struct {
				Type, Addr string
				Nonce      uint32
			} `json:"addrvec"`
		}
		Seq uint64
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return fmt.Errorf("monclient: log entry: %w", err)
	}
	out := LogEntry{Seq: in.Seq, Channel: in.Channel, Text: in.Message}
	var err error
	if out.Name, err = denc.ParseEntityName(in.Name); err != nil {
		return fmt.Errorf("monclient: log entry: name: %w", err)
	}
	kind, num, _ := strings.Cut(in.Rank, ".")
	if out.Rank.Type, err = denc.ParseEntityType(kind); err != nil {
		return fmt.Errorf("monclient: log entry: rank: %w", err)
	}
	if out.Rank.Num, err = strconv.ParseInt(num, 10, 64); err != nil {
		out.Rank.Num = -1 // mon.?
	}
	if out.Time, err = time.Parse(logStamp, in.Stamp); err != nil && in.Stamp != "0.000000" {
		return fmt.Errorf("monclient: log entry: stamp: %w", err)
	}
	if out.Level, err = ParseLogLevel(strings.Trim(in.Priority, "[]")); err != nil {
		return fmt.Errorf("monclient: log entry: priority %q is none that is known: %w", in.Priority, denc.ErrMalformed)
	}
	for _, a := range in.Addrs.Vec {
		addr, err := denc.ParseEntityAddr(fmt.Sprintf("%s:%s/%d", a.Type, a.Addr, a.Nonce), denc.AddrAny)
		if err != nil && a.Type != denc.AddrNone.String() {
			return fmt.Errorf("monclient: log entry: addrs: %w", err)
		}
		out.Addrs = append(out.Addrs, addr)
	}
	*e = out
	return nil
}

// AnyLogChannel stands for all channels.
const AnyLogChannel = "*"

// LastLog returns the newest entries of the cluster log, at most n of them, oldest first: those of a channel, DefaultLogChannel
// when it is empty, or of AnyLogChannel, from a level on. From Quincy on monitors take the newest n of the channel, and of those
// the ones of the level. Implements: the command log last.
func (c *Client) LastLog(ctx context.Context, n int, level LogLevel, channel string) ([]LogEntry, error) {
	if n < 1 || !level.valid() {
		return nil, fmt.Errorf("monclient: last log entries: %w: n is %d, level %v", cephconf.ErrInvalidValue, n, level)
	}
	if channel == "" {
		channel = DefaultLogChannel
	}
	reply, err := c.Command(ctx, Command{Prefix: "log last", Args: map[string]any{"num": n, "level": level.String(), "channel": channel}, Format: "json"})
	if err != nil {
		return nil, err
	}
	if err := reply.Err(); err != nil {
		return nil, err
	}
	var entries []LogEntry
	if err := json.Unmarshal(reply.Output, &entries); err != nil {
		return nil, fmt.Errorf("monclient: last log entries: %w", err)
	}
	return entries, nil
}
