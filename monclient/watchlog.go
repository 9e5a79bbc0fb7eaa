package monclient

import (
	"fmt"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// LogOptions say which entries of the cluster log to watch.
type LogOptions struct {
	Level   LogLevel // that and those above it; the zero value is debug, which is all
	Channel string   // "cluster", "audit", …; "": all
	// Start is a version of the log: 1 has all that the monitors have kept, which is some hundred versions, and an entry of
	// their own says that there were more; one more than the last WatchEvent.Epoch goes on from there. 0 begins with the
	// newest version, whose entries may come first.
	WatchOptions
}

// WatchLog follows the cluster log. Nothing is lost or repeated when the session changes. Any number of watches may be of
// different levels.
func (c *Client) WatchLog(o LogOptions) (*Watch[LogEntry], error) {
	if !o.Level.valid() {
		return nil, fmt.Errorf("monclient: watch log: LogOptions.Level is %v: %w", o.Level, cephconf.ErrInvalidValue)
	}
	return watch(c, logPrefix+o.Level.String(), o.WatchOptions, logReader(o.Channel))
}

// logReader returns the reader of the entries of a channel.
func logReader(channel string) reader[LogEntry] {
	return func(m MapEvent) ([]WatchEvent[LogEntry], error) {
		message, ok := m.Message.(*monmsg.MLog)
		if !ok {
			return nil, nil
		}
		events := make([]WatchEvent[LogEntry], 0, len(message.Entries))
		for _, e := range message.Entries {
			if channel == "" || e.Channel == channel {
				events = append(events, WatchEvent[LogEntry]{Epoch: max(m.from, 1) - 1, Value: logEntryOf(e)})
			}
		}
		if n := len(events); n > 0 {
			events[n-1].Epoch, events[n-1].Synced = m.Epoch, m.Synced
		}
		return events, nil
	}
}
