//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
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
	mc     io.Closer
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
	values := flags&C.MONCLIENT_SUBSCRIBE_VALUES != 0
	osdmaps := values && name == "osdmap"
	if flags&C.MONCLIENT_SUBSCRIBE_LATEST != 0 {
		limit = latestLimit
	}
	if limit == latestLimit && !osdmaps {
		err = (monclient.SubscribeOptions{What: name, Latest: true}).Check()
	}
	if err == nil && values && onetime {
		err = failure(C.MONCLIENT_EINVAL, "flags: MONCLIENT_SUBSCRIBE_ONETIME does not go with MONCLIENT_SUBSCRIBE_VALUES")
	}
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	reg, err := c.register(sink, limit)
	if err != nil {
		return fail(err)
	}
	reg.what = name
	if osdmaps {
		reg.followMaps()
	}
	s := &subscription{client: c, reg: reg}
	// The handle is known before the first event is, and means something only when there is something to end.
	reserved := subs.Reserve()
	reg.handle = uint64(reserved)
	ready := make(chan struct{})
	if values {
		what, channel, _ := strings.Cut(name, ":")
		if !strings.HasPrefix(name, "log-") {
			what, channel = name, ""
		}
		spec := monclient.WatchSpec{What: what, Channel: channel, WatchOptions: monclient.WatchOptions{Start: uint64(start), All: true}}
		s.mc, err = c.mc.WatchFunc(spec, func(e monclient.WatchEvent[any], err error) {
			<-ready // which does not wait for anything
			s.deliverValue(e, err)
		})
	} else {
		s.mc, err = c.mc.SubscribeFunc(name, uint64(start), onetime, func(e monclient.MapEvent, err error) {
			<-ready // as above
			s.deliver(e, err)
		})
	}
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

// end delivers the last event. It runs on the client's goroutine.
func (s *subscription) end(e event, err error) {
	e.flags = C.MONCLIENT_EVENT_LAST
	if !errors.Is(err, io.EOF) {
		e.err = err
	}
	if _, over := s.reg.source.PushLast(e, 0); over {
		s.client.over(s.reg)
	}
}

// deliverValue runs on the client's goroutine, or of osdmaps on that of the watch.
func (s *subscription) deliverValue(v monclient.WatchEvent[any], err error) {
	e := event{kind: C.MONCLIENT_EVENT_MAP, reg: s.reg, client: uint64(s.client.handle)}
	if v.Missed > 0 {
		s.reg.source.Miss(uint32(v.Missed)) //nolint:gosec // epochs have 32 bits
	}
	var unreadable *monclient.MapError
	switch {
	case errors.As(err, &unreadable): // one map; others will come
		e.err, e.epoch = err, v.Epoch
		s.reg.source.Push(e, 0)
		return
	case err != nil:
		s.end(e, err)
		return
	}
	size := len(v.Raw)
	if m, ok := v.Value.(*cephmap.OSDMap); ok {
		e.osdmap = m // which is described when the event is taken
		size += mapCost * len(m.OSDs)
	} else if e.data, err = json.Marshal(valueOfWatch(v.Value)); err != nil {
		e.err, e.epoch = err, v.Epoch
		s.reg.source.Push(e, 0)
		return
	} else {
		size = len(e.data)
	}
	e.epoch, e.flags = v.Epoch, C.MONCLIENT_EVENT_JSON
	if v.Full {
		e.flags |= C.MONCLIENT_EVENT_FULL
	}
	if v.Synced {
		e.flags |= C.MONCLIENT_EVENT_SYNCED
	}
	s.reg.source.Push(e, size)
}

// logValue is the JSON of an entry of the log: whole, where Ceph's own has no nanoseconds.
type logValue struct {
	Time    string `json:"time"` // UTC
	Name    string `json:"name"`
	Rank    string `json:"rank"`
	Addrs   string `json:"addrs"`
	Channel string `json:"channel"`
	Level   string `json:"level"`
	Seq     uint64 `json:"seq"`
	Text    string `json:"text"`
}

// valueOfWatch returns what the user gets as JSON.
func valueOfWatch(v any) any {
	e, ok := v.(monclient.LogEntry)
	if !ok {
		return v
	}
	return logValue{
		Time: e.Time.UTC().Format("2006-01-02T15:04:05.000000000Z"), Name: e.Name.String(), Rank: e.Rank.String(), Addrs: e.Addrs.String(),
		Channel: e.Channel, Level: e.Level.String(), Seq: e.Seq, Text: e.Text,
	}
}

// deliver runs on the client's goroutine.
func (s *subscription) deliver(m monclient.MapEvent, err error) {
	e := event{kind: C.MONCLIENT_EVENT_MAP, reg: s.reg, client: uint64(s.client.handle)}
	if err != nil {
		s.end(e, err)
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
