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
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// WatchOptions say from where on to watch, and what becomes of what is not fetched in time. The zero value begins with what
// there is now.
type WatchOptions struct {
	// Start resumes: the first epoch that is of interest, one more than the last WatchEvent.Epoch. 0 is the newest. Maps that
	// come whole have no history: a later Start only skips what was seen already. It means nothing for config.
	Start uint64
	// Base resumes a watch of the osdmap, and only that, from a map that the caller still has, so that no whole map is sent again:
	// Start is 0 or the epoch after it. It is not changed, and shared with the maps that follow.
	Base *cephmap.OSDMap
	// All has every event wait until it is fetched. Otherwise the newest takes the place of those that wait, of maps and of
	// config, and changes of keys are put together. It means nothing for log, of which all wait anyway.
	All bool
	// MaxEvents and MaxBytes bound what waits, 0: 1024 events and 64 MiB. Beyond either the oldest are dropped, or put together
	// where they are changes of keys. Those of an osdmap are not: what comes beyond is asked for again when there is room.
	MaxEvents, MaxBytes int
}

// WatchEvent is one map, or one change, as a value.
type WatchEvent[T any] struct {
	// Epoch is the map's epoch, or the version of the keys or the log; 0 for config. Watching goes on behind it when Start is
	// one more. An entry of the log that came together with others has the version before those, but for the last of them:
	// resuming behind it loses nothing, and repeats those that came with it.
	Epoch uint64
	// Value is shared by all who watch: do not change it. It marshals to what Ceph prints of it as JSON, where Ceph does.
	Value T
	// Raw is the encoded map, nil for config, keys and log, and of an osdmap that is not Full the change that has made it. It is
	// shared, too.
	Raw []byte
	// Full: it is all that there is, and not what has changed.
	Full bool
	// Synced: it is at least the newest that the monitors had when they sent it. What comes before it is a history.
	Synced bool
	// Missed is how many events before this one were not fetched in time: this one has replaced them, or has them in it, or,
	// of a log, or with All, they are lost. Of an osdmap it is how many epochs were passed over; with All only those that the
	// monitors do not have any more.
	Missed int
}

// MapError is a map that cannot be read. It does not end the watch: the next one may be readable. Its event has the Epoch
// and the Raw map.
type MapError struct {
	What  string
	Epoch uint64
	Err   error
}

func (e *MapError) Error() string { return fmt.Sprintf("monclient: %s %d: %v", e.What, e.Epoch, e.Err) }

// Unwrap returns what is wrong with the map.
func (e *MapError) Unwrap() error { return e.Err }

// Watch follows a map as values. Next is for one goroutine at a time; Close is safe for any.
type Watch[T any] struct {
	sub    *Subscription
	read   reader[T]
	newest bool            // what is ready is replaced by what waits
	ready  []WatchEvent[T] // what was read of an event and is not fetched
	missed int             // before them
	bad    *badEvent[T]    // after them
}

// badEvent is one that cannot be read.
type badEvent[T any] struct {
	event WatchEvent[T]
	err   error
}

// reader makes events of what a subscription brings: none where it has no news. Readers that compare are called for one
// event after the other.
type reader[T any] func(MapEvent) ([]WatchEvent[T], error)

// Next returns the next event and waits for it. A *MapError is not the end; ErrUnsubscribed after Close is, ErrClosed
// when the client was closed, and the error of ctx ends the waiting alone.
func (w *Watch[T]) Next(ctx context.Context) (WatchEvent[T], error) {
	for {
		if len(w.ready) > 0 && (w.bad != nil || !w.newest || !w.sub.waiting()) {
			e := w.ready[0]
			w.ready = w.ready[1:]
			e.Missed, w.missed = e.Missed+w.missed, 0
			return e, nil
		}
		if bad := w.bad; bad != nil {
			w.bad = nil
			return bad.event, bad.err
		}
		m, err := w.sub.Next(ctx)
		if err != nil {
			return WatchEvent[T]{}, err
		}
		w.take(m)
	}
}

// take reads an event.
func (w *Watch[T]) take(m MapEvent) {
	w.missed += m.Missed
	events, err := w.read(m)
	if len(events) > 0 {
		for _, e := range w.ready { // which are replaced
			w.missed += e.Missed + 1
		}
		w.ready = events
	}
	if err != nil {
		w.bad = &badEvent[T]{WatchEvent[T]{Epoch: m.Epoch, Raw: m.Data, Full: m.Full, Synced: m.Synced}, err}
		if len(w.ready) == 0 {
			w.bad.event.Missed, w.missed = w.missed, 0
		}
	}
}

// All returns an iterator over the events. It goes on after a *MapError and ends with any other error, as the last pair.
func (w *Watch[T]) All(ctx context.Context) iter.Seq2[WatchEvent[T], error] {
	return func(yield func(WatchEvent[T], error) bool) {
		for {
			e, err := w.Next(ctx)
			if !yield(e, err) || err != nil && !isMapError(err) {
				return
			}
		}
	}
}

func isMapError(err error) bool {
	var bad *MapError
	return errors.As(err, &bad)
}

// Close ends the watch, as Subscription.Close does.
func (w *Watch[T]) Close() error { return w.sub.Close() }

// WatchMonMap follows the map of the monitors.
func (c *Client) WatchMonMap(o WatchOptions) (*Watch[*cephmap.MonMap], error) {
	return watch(c, "monmap", o, mapReader(cephmap.DecodeMonMap))
}

// WatchMgrMap follows the map of the managers.
func (c *Client) WatchMgrMap(o WatchOptions) (*Watch[*cephmap.MgrMap], error) {
	return watch(c, "mgrmap", o, mapReader(cephmap.DecodeMgrMap))
}

// WatchFSMap follows the map of the file systems.
func (c *Client) WatchFSMap(o WatchOptions) (*Watch[*cephmap.FSMap], error) {
	return watch(c, "fsmap", o, mapReader(cephmap.DecodeFSMap))
}

// WatchServiceMap follows the map of the services that are known to the manager.
func (c *Client) WatchServiceMap(o WatchOptions) (*Watch[*cephmap.ServiceMap], error) {
	return watch(c, "servicemap", o, mapReader(cephmap.DecodeServiceMap))
}

// watch starts a watch.
func watch[T any](c *Client, what string, o WatchOptions, read reader[T]) (*Watch[T], error) {
	s, err := o.subscription(what)
	if err != nil {
		return nil, err
	}
	if s, err = c.core.subscribe(s); err != nil {
		return nil, err
	}
	return &Watch[T]{sub: s, read: read, newest: s.feed != nil && !o.All}, nil
}

// subscription returns what a watch reads, checked.
func (o WatchOptions) subscription(what string) (*Subscription, error) {
	if err := checkSubscribable(what); err != nil {
		return nil, err
	}
	for name, n := range map[string]int{"MaxEvents": o.MaxEvents, "MaxBytes": o.MaxBytes} {
		if n < 0 {
			return nil, fmt.Errorf("monclient: watch %s: WatchOptions.%s is negative: %d: %w", what, name, n, cephconf.ErrInvalidValue)
		}
	}
	orDefault(&o.MaxEvents, maxQueuedEvents)
	orDefault(&o.MaxBytes, maxQueuedBytes)
	if o.Base != nil && what != "osdmap" {
		return nil, fmt.Errorf("monclient: watch %s: WatchOptions.Base is for osdmap: %w", what, cephconf.ErrInvalidValue)
	}
	s := &Subscription{what: what, next: o.Start, events: o.MaxEvents, size: o.MaxBytes, wake: make(chan struct{}, 1)}
	switch {
	case what == "osdmap":
		return s, o.osdmapFeed(s)
	case what == "config":
		s.next = 0
		s.latest = !o.All
	case strings.HasPrefix(what, kvPrefix):
		s.latest, s.merge = !o.All, mergeKeys
	default:
		s.latest = !o.All && oneOf(what, latestMaps) == nil
	}
	return s, nil
}

// value is a map, decoded when somebody first wants it, and once. Of a change of the osdmap that is the change, and made is the map
// that the first watch has made with it.
type value struct {
	once sync.Once
	v    any
	err  error

	mu   sync.Mutex
	made *cephmap.OSDMap
}

// mapReader returns the reader of maps that come whole.
func mapReader[T any](decode func([]byte) (T, error)) reader[T] {
	return valueReader(func(m MapEvent) (T, error) { return decode(m.Data) })
}

// valueReader returns the reader of encoded maps.
func valueReader[T any](decode func(MapEvent) (T, error)) reader[T] {
	return func(m MapEvent) ([]WatchEvent[T], error) {
		m.value.once.Do(func() { m.value.v, m.value.err = decode(m) })
		v, ok := m.value.v.(T)
		if err := m.value.err; err != nil || !ok {
			return nil, &MapError{m.What, m.Epoch, err}
		}
		return []WatchEvent[T]{{Epoch: m.Epoch, Value: v, Raw: m.Data, Full: m.Full, Synced: m.Synced}}, nil
	}
}

// WatchSpec says what to watch by its name: what WatchMonMap and the others do, for those who have no types.
type WatchSpec struct {
	// What is monmap, osdmap, mgrmap, fsmap, servicemap, config, kv:PREFIX, or a level of the log such as log-info.
	What string
	// Channel is that of the log to watch, "": all.
	Channel string
	WatchOptions
}

// WatchAny follows what has a name. The values are those of WatchMonMap, WatchConfig and the others.
func (c *Client) WatchAny(spec WatchSpec) (*Watch[any], error) {
	read, err := spec.reader(c.core)
	if err != nil {
		return nil, err
	}
	return watch(c, spec.What, spec.WatchOptions, read)
}

// WatchFunc does what WatchAny does and hands f the events as they come, on the client's goroutine, instead of queueing them:
// none is ever replaced or dropped, whatever the WatchOptions say. The values are decoded there, too. An error that is a *MapError
// comes with an event; any other is the last call, and says why, as for SubscribeFunc. Client says what f may do.
//
// An osdmap, which may be large, is read on a goroutine of the watch's own, and f is called there: every epoch as with
// WatchOptions.All, none of them replaced. A slow f holds up nobody else, and a Command.Barrier does not wait for it.
func (c *Client) WatchFunc(spec WatchSpec, f func(WatchEvent[any], error)) (io.Closer, error) {
	if f == nil {
		return nil, fmt.Errorf("monclient: watch %s: %w", spec.What, errNoFunction)
	}
	read, err := spec.reader(c.core)
	if err != nil {
		return nil, err
	}
	s, err := spec.subscription(spec.What)
	if err != nil {
		return nil, err
	}
	if s.feed != nil {
		return c.core.pump(s, read, f)
	}
	s.f = func(m MapEvent, err error) {
		if err != nil {
			f(WatchEvent[any]{}, err)
			return
		}
		events, err := read(m)
		if err != nil {
			f(WatchEvent[any]{Epoch: m.Epoch, Raw: m.Data, Full: m.Full, Synced: m.Synced}, err)
		}
		for _, e := range events {
			if s.over() {
				return
			}
			f(e, nil)
		}
	}
	return c.core.subscribe(s)
}

// pump hands the events of a subscription to f, on a goroutine that ends with it.
func (c *core) pump(s *Subscription, read reader[any], f func(WatchEvent[any], error)) (io.Closer, error) {
	w := &Watch[any]{sub: s, read: read}
	s.core = c
	if err := c.post(func() {
		c.subs.add(s)
		c.pumps.Go(func() {
			if caught := c.survive(func() { w.each(f) }); caught != nil {
				c.intake.close(caught)
				_ = w.Close()
				_ = c.survive(func() { f(WatchEvent[any]{}, caught) })
			}
		})
	}); err != nil {
		return nil, fmt.Errorf("monclient: watch %s: %w", s.what, err)
	}
	return w, nil
}

// each calls f for every event, and a last time with the reason why there are no more.
func (w *Watch[T]) each(f func(WatchEvent[T], error)) {
	for {
		e, err := w.Next(context.Background())
		last := err != nil && !isMapError(err)
		if !last && w.sub.unsubscribed() {
			continue
		}
		if f(e, err); last {
			return
		}
	}
}

// reader returns the reader of what is to be watched.
func (spec WatchSpec) reader(c *core) (reader[any], error) {
	isLog := strings.HasPrefix(spec.What, logPrefix)
	if spec.Channel != "" && !isLog {
		return nil, fmt.Errorf("monclient: watch %s: WatchSpec.Channel is for logs: %w", spec.What, cephconf.ErrInvalidValue)
	}
	switch {
	case isLog:
		return untyped(logReader(spec.Channel)), nil
	case strings.HasPrefix(spec.What, kvPrefix):
		return untyped(keyReader(strings.TrimPrefix(spec.What, kvPrefix))), nil
	}
	switch spec.What {
	case "monmap":
		return untyped(mapReader(cephmap.DecodeMonMap)), nil
	case "mgrmap":
		return untyped(mapReader(cephmap.DecodeMgrMap)), nil
	case "fsmap":
		return untyped(mapReader(cephmap.DecodeFSMap)), nil
	case "servicemap":
		return untyped(mapReader(cephmap.DecodeServiceMap)), nil
	case "osdmap":
		return untyped(osdmapReader(c, spec.WatchOptions)), nil
	case "config":
		return untyped(configReader()), nil
	}
	return nil, fmt.Errorf("monclient: watch: %w: %w, nor kv:PREFIX", ErrUnknownMap, oneOf(spec.What, watchable))
}

// watchable are the names that WatchAny takes, besides kv:PREFIX.
var watchable = []string{
	"monmap", "osdmap", "mgrmap", "fsmap", "servicemap", "config", "log-debug", "log-info", "log-sec", "log-warn", "log-error",
}

// untyped returns a reader whose values are of any type.
func untyped[T any](read reader[T]) reader[any] {
	return func(m MapEvent) ([]WatchEvent[any], error) {
		events, err := read(m)
		list := make([]WatchEvent[any], len(events))
		for i, e := range events {
			list[i] = WatchEvent[any]{Epoch: e.Epoch, Value: e.Value, Raw: e.Raw, Full: e.Full, Synced: e.Synced, Missed: e.Missed}
		}
		return list, err
	}
}
