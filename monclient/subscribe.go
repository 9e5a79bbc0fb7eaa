package monclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Bounds of what waits for a subscriber that is slow, unless SubscribeOptions has others.
const (
	maxQueuedEvents = 1024
	maxQueuedBytes  = 64 << 20
)

// SubscribeOptions say what to follow, and what becomes of events that are not fetched in time: a slow subscriber holds
// nobody up, and takes a bounded amount of memory.
type SubscribeOptions struct {
	What    string
	Start   uint64
	Onetime bool // it ends with the first answer

	// Latest has the newest map alone wait: it takes the place of the one before. It is for what comes whole: every map
	// but the OSDMap, and config.
	Latest bool
	// MaxEvents and MaxBytes bound what waits, 0: 1024 events and 64 MiB of maps. Beyond either the oldest are dropped. One
	// event may always wait, whatever its size.
	MaxEvents, MaxBytes int
}

// latestMaps are the names that Latest is for.
var latestMaps = []string{"monmap", "mgrmap", "fsmap", "fsmap.user", "servicemap", "config"}

// Check refuses what makes no sense, as SubscribeWith does: for those who queue what SubscribeFunc brings themselves.
func (o SubscribeOptions) Check() error {
	if err := checkSubscribable(o.What); err != nil {
		return err
	}
	if o.Latest {
		if err := oneOf(o.What, latestMaps); err != nil {
			return fmt.Errorf("monclient: subscribe to %s: Latest is for maps that come whole: %w: %w", o.What, ErrUnknownMap, err)
		}
	}
	for name, n := range map[string]int{"MaxEvents": o.MaxEvents, "MaxBytes": o.MaxBytes} {
		if n < 0 {
			return fmt.Errorf("monclient: subscribe to %s: SubscribeOptions.%s is negative: %d: %w", o.What, name, n, cephconf.ErrInvalidValue)
		}
	}
	return nil
}

// subscribable are the names that Subscribe takes, besides kv:PREFIX (Monitor::handle_subscribe in src/mon/Monitor.cc).
// Monitors ignore other names without a word.
var subscribable = []string{
	"monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap", "config",
	"log-debug", "log-info", "log-sec", "log-warn", "log-error",
}

// Prefixes of names.
const (
	kvPrefix  = "kv:"  // keys of the config-key store
	logPrefix = "log-" // one level of the cluster log
)

// checkSubscribable refuses names that no monitor would ever answer.
func checkSubscribable(what string) error {
	if prefix, ok := strings.CutPrefix(what, kvPrefix); ok && prefix != "" {
		return nil
	}
	if err := oneOf(what, subscribable); err != nil {
		return fmt.Errorf("monclient: %w: %w, nor kv:PREFIX", ErrUnknownMap, err)
	}
	return nil
}

// MapEvent is one map, or one change, that a subscription brings.
type MapEvent struct {
	What string
	// Epoch is the map's epoch, or the version of a log or of the key-value store; 0 for config, which has none.
	Epoch uint64
	// Full: Data is the whole map. Otherwise it is an incremental of an OSDMap, or a change of keys.
	Full bool
	// Data is the encoded map: a MonMap, an OSDMap or its incremental, a MgrMap, an FSMap, a ServiceMap. It is shared by
	// all subscribers: do not change it. It is nil for config, kv and log, whose content is in Message.
	Data []byte
	// Message is the message that brought the map.
	Message monmsg.Message
	// Missed is how many events before this one were dropped because they were not fetched in time: a gap, or, with
	// SubscribeOptions.Latest, maps that this one has replaced.
	Missed int
}

// errNotQueued refuses to fetch what SubscribeFunc's function has been given.
var errNotQueued = errors.New("a subscription of SubscribeFunc has no events to fetch")

// Subscription follows one map. Next is for one goroutine at a time; everything else is safe for any.
type Subscription struct {
	core    *core
	what    string
	onetime bool
	latest  bool
	events  int                   // at most, in queue
	size    int                   // of them together, at most
	f       func(MapEvent, error) // gets the events as they come; nil: they are queued for Next

	// Owned by the client's goroutine.
	next  uint64 // the first epoch that is of interest
	ended bool   // it is out of the table, and f was told

	mu     sync.Mutex
	queue  []MapEvent
	bytes  int
	missed int
	err    error         // set when nothing more comes; the queue is still to be fetched
	wake   chan struct{} // capacity 1
}

// Subscribe follows a map: monmap, osdmap, mgrmap, fsmap, fsmap.user, servicemap, config, kv:PREFIX, or one level of the
// cluster log, log-info for example, which is that level and those above; a second level at the same time is an
// ErrLogLevel from Next. It starts at an epoch: 0 is the newest map in full; for osdmap a later one
// gets the incrementals from there on, or full maps where the monitors have trimmed them. With onetime the subscription
// ends with the first answer; an osdmap then gets as many as there are. Of OSD maps that the present session has brought
// already, to another subscriber, a monitor sends only the newest again, in full. What a subscription has seen it
// does not see again after a change of session. Maps that the client's capabilities do not allow never come.
// Implements: MonClient::sub_want.
func (c *Client) Subscribe(what string, start uint64, onetime bool) (*Subscription, error) {
	return c.SubscribeWith(SubscribeOptions{What: what, Start: start, Onetime: onetime})
}

// SubscribeWith is Subscribe with a say in what becomes of events that are not fetched in time.
func (c *Client) SubscribeWith(o SubscribeOptions) (*Subscription, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	orDefault(&o.MaxEvents, maxQueuedEvents)
	orDefault(&o.MaxBytes, maxQueuedBytes)
	return c.core.subscribe(&Subscription{
		what: o.What, onetime: o.Onetime, next: o.Start, latest: o.Latest, events: o.MaxEvents, size: o.MaxBytes, wake: make(chan struct{}, 1),
	})
}

// SubscribeFunc does what Subscribe does and hands f the events as they come, on the client's goroutine, instead of
// queueing them: no event is ever dropped, and Next is of no use. The last call of f has no event but the reason why there
// are no more, which is what Next would return: io.EOF, ErrUnsubscribed, ErrClosed, ErrLogLevel. It comes exactly once, but
// never when SubscribeFunc has returned an error. Client says what f may do.
func (c *Client) SubscribeFunc(what string, start uint64, onetime bool, f func(MapEvent, error)) (*Subscription, error) {
	if f == nil {
		return nil, fmt.Errorf("monclient: subscribe to %s: %w", what, errNoFunction)
	}
	return c.core.subscribe(&Subscription{what: what, onetime: onetime, next: start, f: f})
}

func (c *core) subscribe(s *Subscription) (*Subscription, error) {
	if err := checkSubscribable(s.what); err != nil {
		return nil, err
	}
	s.core = c
	if err := c.post(func() { c.subs.add(s) }); err != nil {
		return nil, fmt.Errorf("monclient: subscribe to %s: %w", s.what, err)
	}
	return s, nil
}

// Next returns the next event and waits for it. It returns io.EOF at the end of a onetime subscription,
// ErrUnsubscribed after Close, ErrClosed when the client was closed, or the error of ctx.
func (s *Subscription) Next(ctx context.Context) (MapEvent, error) {
	if s.f != nil {
		return MapEvent{}, fmt.Errorf("monclient: next %s: %w", s.what, errNotQueued)
	}
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			e := s.queue[0]
			s.queue[0] = MapEvent{}
			s.queue = s.queue[1:]
			s.bytes -= len(e.Data)
			e.Missed, s.missed = s.missed, 0
			s.mu.Unlock()
			return e, nil
		}
		err := s.err
		s.mu.Unlock()
		if err != nil {
			return MapEvent{}, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return MapEvent{}, context.Cause(ctx)
		}
	}
}

// All returns an iterator over the events. It ends with the subscription, or with an error as the last pair.
func (s *Subscription) All(ctx context.Context) iter.Seq2[MapEvent, error] {
	return func(yield func(MapEvent, error) bool) {
		for {
			e, err := s.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the subscription; Next returns ErrUnsubscribed, and SubscribeFunc's function is told so by its last call,
// which may come after Close has returned. It gets no event any more, unless it is being called right now. Monitors cannot
// be told: they send what changes until the session ends, and it is ignored.
func (s *Subscription) Close() error {
	_ = s.end(ErrUnsubscribed)
	_ = s.core.post(func() { s.core.subs.end(s, ErrUnsubscribed) }) // a closed client has no subscriptions
	return nil
}

// end says that nothing more comes, and returns why: the first reason stays.
func (s *Subscription) end(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	if errors.Is(s.err, ErrUnsubscribed) {
		s.queue, s.bytes = nil, 0
	}
	s.signal()
	return s.err
}

// signal wakes Next. The caller holds mu.
func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// push hands an event over, unless nothing more is to come.
func (s *Subscription) push(e MapEvent) {
	s.mu.Lock()
	if s.err == nil && s.f == nil {
		s.enqueue(e)
	}
	call := s.err == nil && s.f != nil
	s.mu.Unlock()
	if call { // without the lock: f may close the subscription
		s.f(e, nil)
	}
}

// enqueue queues an event and drops the oldest ones when there are too many. The caller holds mu.
func (s *Subscription) enqueue(e MapEvent) {
	s.queue = append(s.queue, e)
	s.bytes += len(e.Data)
	most := s.events
	if s.latest {
		most = 1
	}
	for len(s.queue) > most || (s.bytes > s.size && len(s.queue) > 1) {
		s.bytes -= len(s.queue[0].Data)
		s.queue[0] = MapEvent{}
		s.queue = s.queue[1:]
		s.missed++
	}
	s.signal()
}

// subscriptions are what the client wants of the monitors (MonSub in src/mon/MonSub.h): one entry for each name, which
// any number of subscribers share. It is owned by the client's goroutine.
type subscriptions struct {
	core    *core
	entries map[string]*subEntry
	unsent  bool // of some entry
}

type subEntry struct {
	subscribers []*Subscription
	unsent      bool
}

func (t *subscriptions) init(c *core) {
	t.core = c
	t.entries = map[string]*subEntry{"monmap": {unsent: true}} // which the client itself follows
	t.unsent = true
}

// want has flush send an entry.
func (t *subscriptions) want(e *subEntry) { e.unsent, t.unsent = true, true }

func (t *subscriptions) add(s *Subscription) {
	if strings.HasPrefix(s.what, logPrefix) {
		for name := range t.entries {
			if strings.HasPrefix(name, logPrefix) && name != s.what {
				t.end(s, fmt.Errorf("monclient: subscribe to %s: %w: %s", s.what, ErrLogLevel, name))
				return
			}
		}
	}
	e := t.entries[s.what]
	if e == nil {
		e = new(subEntry)
		t.entries[s.what] = e
	}
	e.subscribers = append(e.subscribers, s)
	t.want(e)
}

// end ends a subscription and takes it out of the table. The first reason stays.
func (t *subscriptions) end(s *Subscription, err error) {
	if s.ended {
		return
	}
	s.ended = true
	err = s.end(err)
	if e := t.entries[s.what]; e != nil {
		if i := slices.Index(e.subscribers, s); i >= 0 {
			e.subscribers = slices.Delete(e.subscribers, i, i+1)
		}
		if len(e.subscribers) == 0 && s.what != "monmap" {
			delete(t.entries, s.what)
		}
	}
	if s.f != nil {
		s.f(MapEvent{}, err)
	}
}

// resubscribe has everything sent again, on a new session.
func (t *subscriptions) resubscribe() {
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
	for name, e := range t.entries {
		if !e.unsent {
			continue
		}
		e.unsent = false
		if what == nil {
			what = make(map[string]monmsg.Subscription)
		}
		what[name] = t.wanted(name, e)
	}
	if what != nil {
		c.session.send(&monmsg.MMonSubscribe{What: what, Hostname: c.cfg.Hostname}, 0)
	}
}

// wanted returns what to ask for: the earliest epoch that any subscriber wants. Those who have seen it skip it.
func (t *subscriptions) wanted(name string, e *subEntry) monmsg.Subscription {
	w := monmsg.Subscription{Flags: monmsg.SubscribeOnetime}
	first := true
	if name == "monmap" {
		w, first = monmsg.Subscription{Start: uint64(t.core.monmap.Epoch) + 1}, false
	}
	for _, s := range e.subscribers {
		if first || s.next < w.Start {
			w.Start = s.next
		}
		if !s.onetime {
			w.Flags = 0
		}
		first = false
	}
	if s := t.core.session; name == "osdmap" && w.Start <= s.osdmapSent {
		w.Start = 0 // the newest one in full is all that it sends of those
	}
	return w
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
	one := func(what string, epoch uint64, full bool, data []byte) {
		t.publish(what, []MapEvent{{What: what, Epoch: epoch, Full: full, Data: data, Message: m}}, true)
	}
	switch m := m.(type) {
	case *monmsg.MMonMap:
		one("monmap", uint64(t.core.monmap.Epoch), true, m.Map)
	case *monmsg.MOSDMap:
		t.deliverOSDMaps(m)
	case *monmsg.MMgrMap:
		one("mgrmap", uint64(m.Epoch()), true, m.Map)
	case *monmsg.MFSMap:
		one("fsmap", uint64(m.Epoch), true, m.Map)
	case *monmsg.MFSMapUser:
		one("fsmap.user", uint64(m.Epoch), true, m.Map)
	case *monmsg.MServiceMap:
		one("servicemap", uint64(m.Epoch()), true, m.Map)
	case *monmsg.MConfig:
		one("config", 0, true, nil)
	case *monmsg.MKVData:
		one(kvPrefix+m.Prefix, m.Version, !m.Incremental, nil)
	case *monmsg.MLog:
		for name := range t.entries {
			if strings.HasPrefix(name, logPrefix) {
				one(name, m.Version, false, nil)
			}
		}
	default:
		t.core.cfg.Logger.Debug("message ignored", "type", monmsg.TypeName(m.MsgType()))
	}
}

// deliverOSDMaps brings the maps of one message into the order of their epochs. Of a full map and an incremental of the
// same epoch only the full map counts.
func (t *subscriptions) deliverOSDMaps(m *monmsg.MOSDMap) {
	if m.FSID != t.core.fsid {
		t.core.cfg.Logger.Warn("osdmap of another cluster ignored", "fsid", m.FSID)
		return
	}
	events := make([]MapEvent, 0, len(m.Incrementals)+len(m.Full))
	for _, e := range m.Full {
		events = append(events, MapEvent{What: "osdmap", Epoch: uint64(e.Epoch), Full: true, Data: e.Map, Message: m})
	}
	for _, e := range m.Incrementals {
		if !slices.ContainsFunc(m.Full, func(f monmsg.EpochMap) bool { return f.Epoch == e.Epoch }) {
			events = append(events, MapEvent{What: "osdmap", Epoch: uint64(e.Epoch), Data: e.Map, Message: m})
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
	for _, s := range slices.Clone(e.subscribers) {
		got := false
		for _, event := range events {
			if event.Epoch != 0 && event.Epoch < s.next {
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
