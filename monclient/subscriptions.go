package monclient

import (
	"io"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// subscriptions are what the client wants of the monitors (MonSub in src/mon/MonSub.h): one entry for each name, which
// any number of subscribers share. It is owned by the client's goroutine.
type subscriptions struct {
	core    *core
	entries map[string]*subEntry
	unsent  bool // of some entry
	// config is what the session's monitor has sent: it sends nothing before that has changed, whatever is subscribed to
	// (ConfigMonitor::maybe_send_config in src/mon/ConfigMonitor.cc).
	config *monmsg.MConfig
}

type subEntry struct {
	subscribers []*Subscription
	unsent      bool
}

// logEntries is the entry of all levels of the log: monitors keep one level for a session, so the lowest is subscribed to.
const logEntries = "log"

// entryOf returns the name of the entry that a subscription belongs to.
func entryOf(what string) string {
	if strings.HasPrefix(what, logPrefix) {
		return logEntries
	}
	return what
}

func (t *subscriptions) init(c *core) {
	t.core = c
	t.entries = map[string]*subEntry{"monmap": {unsent: true}} // which the client itself follows
	t.unsent = true
}

// want has flush send an entry.
func (t *subscriptions) want(e *subEntry) { e.unsent, t.unsent = true, true }

func (t *subscriptions) add(s *Subscription) {
	name := entryOf(s.what)
	e := t.entries[name]
	if e == nil {
		e = new(subEntry)
		t.entries[name] = e
	}
	e.subscribers = append(e.subscribers, s)
	t.core.stats.subscribed(t)
	if s.feed != nil {
		s.feed.begin()
	}
	if s.what == "config" && t.config != nil {
		if s.push(configEvent(t.config)); s.onetime {
			t.end(s, io.EOF)
		}
		return
	}
	t.want(e)
}

// end ends a subscription and takes it out of the table. The first reason stays.
func (t *subscriptions) end(s *Subscription, err error) {
	if s.ended {
		return
	}
	s.ended = true
	err = s.end(err)
	name := entryOf(s.what)
	if e := t.entries[name]; e != nil {
		if i := slices.Index(e.subscribers, s); i >= 0 {
			e.subscribers = slices.Delete(e.subscribers, i, i+1)
		}
		if len(e.subscribers) == 0 && name != "monmap" {
			delete(t.entries, name)
		}
		t.core.stats.subscribed(t)
	}
	if s.feed != nil {
		s.feed.end(err)
	}
	if s.f != nil {
		s.f(MapEvent{}, err)
	}
}

// resubscribe has everything sent again, on a new session.
func (t *subscriptions) resubscribe() {
	t.config = nil
	for _, e := range t.entries {
		t.want(e)
	}
}

// flush sends what has not been sent, in one message. The monitor keeps what it was told before.
func (t *subscriptions) flush() {
	c := t.core
	if !t.unsent || !c.ready() {
		return
	}
	t.unsent = false
	var what map[string]monmsg.Subscription
	for entry, e := range t.entries {
		if !e.unsent {
			continue
		}
		e.unsent = false
		if what == nil {
			what = make(map[string]monmsg.Subscription)
		}
		if name, w, wanted := t.wanted(entry, e); wanted {
			what[name] = w
		}
	}
	if len(what) > 0 {
		c.session.send(&monmsg.MMonSubscribe{What: what, Hostname: c.cfg.Hostname}, 0)
	}
}

// wanted returns what to ask for, if anything: the earliest epoch that any subscriber wants. Those who have seen it skip it.
func (t *subscriptions) wanted(name string, e *subEntry) (string, monmsg.Subscription, bool) {
	w := monmsg.Subscription{Flags: monmsg.SubscribeOnetime}
	first := true
	if name == "monmap" {
		w, first = monmsg.Subscription{Start: uint64(t.core.monmap.Epoch) + 1}, false
	}
	for _, s := range e.subscribers {
		if s.feed != nil && s.feed.deaf() {
			continue
		}
		start := s.next
		if s.feed != nil && s.feed.whole {
			start = 0
		}
		switch {
		case first, start < w.Start && (name != logEntries || start > 0):
			w.Start = start
		case name == logEntries && w.Start == 0: // what is new; others may have missed what is older
			w.Start = start
		}
		if !s.onetime {
			w.Flags = 0
		}
		first = false
	}
	if first {
		return "", w, false
	}
	switch name {
	case "osdmap":
		for _, s := range e.subscribers {
			if s.feed != nil {
				s.feed.asks(w.Start)
			}
		}
		w.Start = t.core.session.osdmapStart(w.Start)
	case logEntries:
		name = logPrefix + lowestLevel(e.subscribers).String()
	}
	return name, w, true
}

// lowestLevel returns the level that has the entries for all.
func lowestLevel(all []*Subscription) LogLevel {
	lowest := LogError
	for _, s := range all {
		lowest = min(lowest, s.level)
	}
	return lowest
}

// endAll ends all subscriptions.
func (t *subscriptions) endAll(err error) {
	for _, s := range t.all() {
		t.end(s, err)
	}
}

// all returns all subscribers.
func (t *subscriptions) all() []*Subscription {
	var all []*Subscription
	for _, e := range t.entries {
		all = append(all, e.subscribers...)
	}
	return all
}

// deliver hands a message to those who wait for what is in it.
func (t *subscriptions) deliver(m monmsg.Message) {
	one := func(what string, epoch uint64, data []byte) {
		e := MapEvent{What: what, Epoch: epoch, Full: true, Data: data, Message: m, Synced: true, size: len(data), value: new(value)}
		t.publish(what, []MapEvent{e}, true)
	}
	switch m := m.(type) {
	case *monmsg.MMonMap:
		one("monmap", uint64(t.core.monmap.Epoch), m.Map)
	case *monmsg.MOSDMap:
		t.deliverOSDMaps(m)
	case *monmsg.MMgrMap:
		one("mgrmap", uint64(m.Epoch()), m.Map)
	case *monmsg.MFSMap:
		one("fsmap", uint64(m.Epoch), m.Map)
	case *monmsg.MFSMapUser:
		one("fsmap.user", uint64(m.Epoch), m.Map)
	case *monmsg.MServiceMap:
		one("servicemap", uint64(m.Epoch()), m.Map)
	case *monmsg.MConfig:
		t.config = m
		t.publish("config", []MapEvent{configEvent(m)}, true)
	case *monmsg.MKVData:
		t.publish(kvPrefix+m.Prefix, []MapEvent{kvEvent(m)}, true)
	case *monmsg.MLog:
		t.deliverLog(m)
	default:
		t.core.note(logMessageIgnored, "type", monmsg.TypeName(m.MsgType()))
	}
}

// configEvent returns the event that brings a configuration.
func configEvent(m *monmsg.MConfig) MapEvent {
	e := MapEvent{What: "config", Full: true, Message: m, Synced: true}
	for name, v := range m.Options {
		e.size += len(name) + len(v)
	}
	return e
}

// kvEvent returns the event that brings keys. A monitor puts everything that has changed into one message.
func kvEvent(m *monmsg.MKVData) MapEvent {
	e := MapEvent{What: kvPrefix + m.Prefix, Epoch: m.Version, Full: !m.Incremental, Message: m, Synced: true}
	for key, v := range m.Values {
		e.size += len(key) + len(v)
	}
	return e
}

// deliverLog hands entries of the log to the subscribers, to each what is of its level and new to it.
func (t *subscriptions) deliverLog(m *monmsg.MLog) {
	e := t.entries[logEntries]
	if e == nil || m.FSID != t.core.fsid {
		return
	}
	for _, s := range slices.Clone(e.subscribers) {
		if m.Version < s.next {
			continue
		}
		entries := s.newEntries(m.Entries)
		from := s.next
		s.next = m.Version + 1
		if len(entries) == 0 {
			continue
		}
		s.told = &entries[len(entries)-1]
		event := MapEvent{What: s.what, Epoch: m.Version, Synced: true, from: from, Message: &monmsg.MLog{Paxos: m.Paxos, FSID: m.FSID, Entries: entries}}
		for i := range entries {
			event.size += len(entries[i].Message) + logEntrySize
		}
		if s.push(event); s.onetime {
			t.end(s, io.EOF)
		}
	}
}

// logEntrySize is about what an entry takes besides its text.
const logEntrySize = 200

// newEntries returns the entries of a subscriber's level that it has not got. Where the monitor was asked for what another
// subscriber has missed, a message has what this one has got as well: entries carry no version of their own.
func (s *Subscription) newEntries(all []monmsg.LogEntry) []monmsg.LogEntry {
	for i := len(all) - 1; i >= 0 && s.told != nil; i-- {
		if sameEntry(&all[i], s.told) {
			all = all[i+1:]
			break
		}
	}
	var entries []monmsg.LogEntry
	for _, e := range all {
		if LogLevel(e.Priority) >= s.level {
			entries = append(entries, e)
		}
	}
	return entries
}

// sameEntry reports whether two entries are one, as monitors tell them apart (LogEntryKey in src/common/LogEntry.h). What
// the log command writes has no number, so the text counts as well.
func sameEntry(a, b *monmsg.LogEntry) bool {
	return a.Seq == b.Seq && a.Stamp == b.Stamp && a.Rank == b.Rank && a.Message == b.Message
}

// deliverOSDMaps brings the maps of one message into the order of their epochs. Of a full map and an incremental of the
// same epoch only the full map counts.
func (t *subscriptions) deliverOSDMaps(m *monmsg.MOSDMap) {
	if m.FSID != t.core.fsid {
		t.core.note(logOSDMapForeign, "fsid", m.FSID)
		return
	}
	events := make([]MapEvent, 0, len(m.Incrementals)+len(m.Full))
	one := func(e monmsg.EpochMap, full bool) {
		epoch := uint64(e.Epoch)
		events = append(events, MapEvent{
			What: "osdmap", Epoch: epoch, Full: full, Data: e.Map, Message: m, Synced: epoch >= uint64(m.Newest), size: len(e.Map), value: new(value),
		})
	}
	for _, e := range m.Full {
		one(e, true)
	}
	for _, e := range m.Incrementals {
		if !slices.ContainsFunc(m.Full, func(f monmsg.EpochMap) bool { return f.Epoch == e.Epoch }) {
			one(e, false)
		}
	}
	slices.SortFunc(events, func(a, b MapEvent) int { return int(int64(a.Epoch) - int64(b.Epoch)) })
	whole := len(events) == 0 || events[len(events)-1].Epoch >= uint64(m.Newest)
	t.publish("osdmap", events, whole)
}

// publish hands events to the subscribers of a name, each from the epoch on that it wants. whole says that there is
// nothing more for now, which ends onetime subscriptions; otherwise they go on from where the message ended.
func (t *subscriptions) publish(what string, events []MapEvent, whole bool) {
	e := t.entries[what]
	if e == nil {
		return // nobody wants it any more
	}
	t.core.stats.delivered(what, events)
	for _, s := range slices.Clone(e.subscribers) {
		if s.feed != nil {
			s.feed.take(events)
			continue
		}
		got := false
		for _, event := range events {
			if event.Epoch != 0 && event.Epoch < s.next || s.follows != nil && !s.follows(event) {
				continue
			}
			s.push(event)
			got = true
			if event.Epoch != 0 {
				s.next = event.Epoch + 1
			}
		}
		if s.onetime && got {
			if whole {
				t.end(s, io.EOF)
			} else if !s.ended {
				t.want(e) // the monitor has forgotten it after the first 40 maps
			}
		}
	}
}
