//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"errors"
	"io"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/monclient"
)

// mapLimit bounds what waits of a subscription, latestLimit of one that wants the newest map only.
var (
	mapLimit    = eventq.Limit{Events: 1024, Bytes: 64 << 20}
	latestLimit = eventq.Limit{Events: 1}
)

// subscription is what a monclient_sub_t means.
type subscription struct {
	client *client
	reg    *registration
	mc     *monclient.Subscription
}

//export goSubscribe
func goSubscribe(h C.monclient_t, what *C.char, n C.size_t, start C.uint64_t, flags C.uint32_t, sink *C.struct_capi_sink, out *C.monclient_sub_t) (rc C.int) {
	defer guard(&rc)
	c, name, err := clientAndText(h, what, n)
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	onetime, limit := flags&C.MONCLIENT_SUBSCRIBE_ONETIME != 0, mapLimit
	if flags&C.MONCLIENT_SUBSCRIBE_LATEST != 0 {
		limit = latestLimit
		if err := (monclient.SubscribeOptions{What: name, Latest: true}).Check(); err != nil {
			C.capi_sink_release(sink)
			return fail(err)
		}
	}
	reg, err := c.register(sink, limit)
	if err != nil {
		return fail(err)
	}
	reg.what = name
	s := &subscription{client: c, reg: reg}
	// The handle is known before the first event is, and means something only when there is something to end.
	reserved := subs.Reserve()
	reg.handle = uint64(reserved)
	ready := make(chan struct{})
	s.mc, err = c.mc.SubscribeFunc(name, uint64(start), onetime, func(e monclient.MapEvent, err error) {
		<-ready // which does not wait for anything
		s.deliver(e, err)
	})
	if err == nil {
		subs.Put(reserved, s)
		*out = C.monclient_sub_t(reserved)
	}
	close(ready)
	if err != nil {
		if reg.source.End() {
			reg.release()
		}
		return fail(err)
	}
	return C.MONCLIENT_OK
}

// deliver runs on the client's goroutine.
func (s *subscription) deliver(m monclient.MapEvent, err error) {
	e := event{kind: C.MONCLIENT_EVENT_MAP, reg: s.reg, client: uint64(s.client.handle)}
	if err != nil {
		e.flags = C.MONCLIENT_EVENT_LAST
		if !errors.Is(err, io.EOF) {
			e.err = err
		}
		if _, over := s.reg.source.PushLast(e, 0); over {
			s.client.over(s.reg)
		}
		return
	}
	e.epoch, e.data = m.Epoch, m.Data
	if m.Full {
		e.flags |= C.MONCLIENT_EVENT_FULL
	}
	content, err := m.Content()
	switch {
	case err != nil:
		s.client.log.report(err)
		return
	case content != nil:
		e.data = content
		e.flags |= C.MONCLIENT_EVENT_JSON
	}
	s.reg.source.Push(e, len(e.data))
}

//export goUnsubscribe
func goUnsubscribe(h C.monclient_sub_t, callbackOf C.uint64_t) (rc C.int) {
	defer guard(&rc)
	s, ok := subs.Take(handle.Handle(h))
	if !ok {
		return fail(badHandle(h, "subscription"))
	}
	// On the client's own callback thread there is either nothing to wait for, or the caller itself. The source ends
	// first, so that it does not tell of its end.
	over := s.reg.source.Drop(handle.Handle(callbackOf) != s.client.handle)
	s.mc.Close()
	if over {
		s.reg.release()
	}
	return C.MONCLIENT_OK
}
