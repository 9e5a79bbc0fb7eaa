package monclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// OSDMap returns the newest osdmap that the monitors have when they are asked. It is shared: do not change it. The client keeps
// the last one that it has needed, so that it is mostly told what has changed since, if anything has. Monitors do not send it to a
// client whose key does not allow it to read "osd", as "allow r" does; then only the deadline ends the call.
func (c *Client) OSDMap(ctx context.Context) (*cephmap.OSDMap, error) { return c.osdmap().wait(ctx) }

// StartOSDMap does what OSDMap does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartOSDMap(timeout time.Duration, done func(*cephmap.OSDMap, error)) (*Call, error) {
	return c.osdmap().start(timeout, done)
}

func (c *Client) osdmap() *errand[*cephmap.OSDMap] {
	e := newErrand[*cephmap.OSDMap](c, "osdmap")
	e.osdmap(func(m *cephmap.OSDMap) { e.end(m, nil) })
	return e
}

// osdmap goes on with the newest OSDMap there is.
func (e *errand[T]) osdmap(then func(*cephmap.OSDMap)) {
	e.step(func(call *Call) {
		call.name = "osdmap"
		call.message = func(_ *core, id uint64) monmsg.Message { return &monmsg.MMonGetVersion{Handle: id, What: "osdmap"} }
	}, func(o outcome) {
		if m, ok := o.reply.(*monmsg.MMonGetVersionReply); ok {
			e.osdmapFrom(m.Version, then)
			return
		}
		e.unexpected(o.reply)
	})
}

// osdmapFrom goes on with an OSDMap that has at least an epoch; there is no subscription that lasts.
func (e *errand[T]) osdmapFrom(epoch uint64, then func(*cephmap.OSDMap)) {
	c := e.core
	if m := c.osdmaps.kept; m != nil && uint64(m.Epoch) >= epoch {
		then(m)
		return
	}
	e.step(func(call *Call) {
		call.name = "osdmap"
		var next uint64
		if m := c.osdmaps.kept; m != nil {
			next = uint64(m.Epoch) + 1
		}
		var events []MapEvent
		enough := false
		sub := &Subscription{core: c, what: "osdmap", onetime: true, next: next, f: func(event MapEvent, err error) {
			if err == nil {
				events = append(events, event)
			}
			if !enough && (event.Epoch >= epoch || errors.Is(err, io.EOF)) {
				enough = true
				c.osdmaps.keep(c, call, events)
			}
		}}
		// What others follow may bring newer ones before the answer.
		sub.follows = func(e MapEvent) bool { return e.Full || (next > 0 && e.Epoch == sub.next) }
		call.sub = sub
	}, func(outcome) { e.osdmapFrom(epoch, then) })
}

// keptOSDMap is the newest OSDMap that anybody has needed here. It is owned by the client's goroutine, which does not read
// whole maps itself, because large ones take it milliseconds.
type keptOSDMap struct {
	kept    *cephmap.OSDMap // nil: none yet
	reading bool            // one is being read
	waiting []func()        // until it was read
}

// keep brings what is kept up to date with what a subscription has brought, and completes the call that it was for. Changes
// that do not follow from it are of no use: then there is none, and the next one to ask gets it in full.
func (k *keptOSDMap) keep(c *core, call *Call, events []MapEvent) {
	id := call.id
	end := func(err error) {
		if c.pending[id] == call {
			c.finish(call, outcome{err: err})
		}
	}
	have, whole := k.kept, slices.ContainsFunc(events, func(e MapEvent) bool { return e.Full })
	switch {
	case len(events) == 0, have != nil && uint64(have.Epoch) >= events[len(events)-1].Epoch:
		end(nil)
	case k.reading:
		k.waiting = append(k.waiting, func() { k.keep(c, call, events) })
	case !whole:
		var err error
		k.kept, err = follow(have, events, &c.stats)
		end(err)
	default:
		k.reading = true
		c.others.Go(func() {
			var m *cephmap.OSDMap
			var err error
			if caught := c.survive(func() { m, err = follow(have, events, &c.stats) }); caught != nil {
				err = caught
			}
			_ = c.post(func() { k.read(m, func() { end(err) }) }) // a closed client has completed the call, or is about to
		})
	}
}

// read takes what was read, or nil.
func (k *keptOSDMap) read(m *cephmap.OSDMap, end func()) {
	k.reading = false
	k.kept = m
	end()
	waiting := k.waiting
	k.waiting = nil
	for _, f := range waiting {
		f()
	}
}

// follow returns the map that events make of another one, in the order of their epochs. It is nil where a change cannot be
// read, or does not follow.
func follow(m *cephmap.OSDMap, events []MapEvent, stats *meter) (*cephmap.OSDMap, error) {
	for i := range events {
		e := &events[i]
		switch {
		case m != nil && uint64(m.Epoch) >= e.Epoch: // it was seen
		case e.Full:
			var err error
			if m, err = e.osdmap(stats); err != nil {
				return nil, err
			}
		case m == nil:
			return nil, nil
		default:
			change, err := e.osdmapChange()
			if err == nil {
				m, err = m.Apply(change)
			}
			if err != nil {
				stats.osdmaps.repaired.Add(1)
				return nil, nil //nolint:nilerr // it is asked for in full
			}
			stats.osdmaps.applied.Add(1)
		}
	}
	return m, nil
}

// osdmap returns the whole map that an event brings, read once for all who follow it.
func (e *MapEvent) osdmap(stats *meter) (*cephmap.OSDMap, error) {
	v := e.value
	v.once.Do(func() {
		m, err := cephmap.DecodeOSDMap(e.Data)
		if err == nil && uint64(m.Epoch) != e.Epoch {
			err = fmt.Errorf("%w: it says that it is of epoch %d", denc.ErrMalformed, m.Epoch)
		}
		if v.err = err; err == nil {
			v.v = m
		}
		stats.osdmaps.full.Add(1)
	})
	m, _ := v.v.(*cephmap.OSDMap) // nil with an error
	return m, v.err
}

// osdmapChange returns the incremental that an event brings, read once as well.
func (e *MapEvent) osdmapChange() (*cephmap.OSDMapIncremental, error) {
	v := e.value
	v.once.Do(func() { v.v, v.err = cephmap.DecodeOSDMapIncremental(e.Data) })
	change, _ := v.v.(*cephmap.OSDMapIncremental) // nil with an error
	return change, v.err
}
