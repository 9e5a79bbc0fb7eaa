package monclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
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

// logLevelOf returns the level of a name such as log-info.
func logLevelOf(what string) LogLevel {
	level, err := ParseLogLevel(strings.TrimPrefix(what, logPrefix))
	if err != nil {
		return 0 // it is no log
	}
	return level
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
	// Synced: this is at least the newest that the monitors had when they sent it. What comes before it is a history.
	Synced bool
	// Missed is how many events before this one were dropped because they were not fetched in time: a gap, or, with
	// SubscribeOptions.Latest, maps that this one has replaced.
	Missed int

	size  int    // of what it brings
	from  uint64 // of a log: the first version of which there may be entries
	value *value // of Data, decoded: shared by all watches

	// Of what a watch of the osdmap gets: where it comes from, why there is no map, and that it is only what the first one
	// follows from.
	feed *osdmapFeed
	err  error
	base bool
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
	// merge makes one event of two, instead of the first being dropped; missed says that there is more to the first than
	// to nothing.
	merge func(first, second MapEvent) (both MapEvent, missed bool)
	level LogLevel // of a log
	// follows says whether an event is wanted now, nil: every one from next on.
	follows func(MapEvent) bool
	feed    *osdmapFeed // of a watch of the osdmap: it decides what is queued

	// Owned by the client's goroutine.
	next  uint64           // the first epoch that is of interest
	ended bool             // it is out of the table, and f was told
	told  *monmsg.LogEntry // of a log: the newest entry that it has got

	mu     sync.Mutex
	queue  []MapEvent
	bytes  int
	missed int
	err    error         // set when nothing more comes; the queue is still to be fetched
	wake   chan struct{} // capacity 1
}

// Subscribe follows a map: monmap, osdmap, mgrmap, fsmap, fsmap.user, servicemap, config, kv:PREFIX, or a level of the
// cluster log, log-info for example, which is that level and those above. It starts at an epoch: 0 is the newest map in
// full; for osdmap a later one gets the incrementals from there on, or full maps where the monitors have trimmed them; for
// the log a later one gets the history, and 0 what is new. With onetime the subscription ends with the first answer; an
// osdmap then gets as many as there are. What a subscription has seen it does not see again, after a change of session or
// because others want it. Maps that the client's capabilities do not allow never come.
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
// are no more, which is what Next would return: io.EOF, ErrUnsubscribed, ErrClosed. It comes exactly once, but
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
	s.core, s.level = c, logLevelOf(s.what)
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
			s.bytes -= e.size
			s.core.stats.queued.Add(-1)
			e.Missed, s.missed = s.missed, 0
			if s.feed != nil {
				s.feed.fetched()
			}
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
		s.drop()
	}
	s.signal()
	return s.err
}

// drop empties the queue. The caller holds mu.
func (s *Subscription) drop() {
	s.core.stats.queued.Add(-int64(len(s.queue)))
	s.queue, s.bytes = nil, 0
}

// waiting reports whether there is an event that Next would not wait for.
func (s *Subscription) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) > 0
}

// over reports whether nothing more is to come.
func (s *Subscription) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// unsubscribed reports whether it was closed, so that nothing is to be heard of what has come.
func (s *Subscription) unsubscribed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Is(s.err, ErrUnsubscribed)
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
	before := s.missed
	if s.err == nil && s.f == nil {
		s.enqueue(e)
	}
	call := s.err == nil && s.f != nil
	dropped := s.missed - before
	s.mu.Unlock()
	s.core.dropped(s, dropped, before == 0)
	if call { // without the lock: f may close the subscription
		s.f(e, nil)
	}
}

// enqueue queues an event and drops the oldest ones, or merges them, when there are too many. The caller holds mu.
func (s *Subscription) enqueue(e MapEvent) {
	s.queue = append(s.queue, e)
	s.core.stats.queued.Add(1)
	s.bytes += e.size
	most := s.events
	if s.latest {
		most = 1
	}
	for len(s.queue) > most || (s.bytes > s.size && len(s.queue) > 1) {
		missed := true
		if s.merge != nil {
			before := s.queue[1].size
			s.queue[1], missed = s.merge(s.queue[0], s.queue[1])
			s.bytes += s.queue[1].size - before
		}
		s.bytes -= s.queue[0].size
		s.queue[0] = MapEvent{}
		s.queue = s.queue[1:]
		s.core.stats.queued.Add(-1)
		if missed {
			s.missed++
		}
	}
	s.signal()
}
