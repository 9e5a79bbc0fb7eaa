//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// event is a monclient_event_t that has not been taken: what the library needs to make one.
type event struct {
	kind  uint32 // MONCLIENT_EVENT_...
	flags uint32
	reg   *registration
	err   error // why there is no result

	client uint64
	reply  *monclient.Reply
	epoch  uint64
	oldest uint64
	data   []byte
	osdmap *cephmap.OSDMap
	before *cephmap.OSDMap // that of the event of the same subscription that was taken before

	session  *monclient.SessionEvent
	change   uint32 // MONCLIENT_SESSION_...
	logLevel uint32
	text     string

	// connected is the client that the event hands to the user.
	connected *client
}

// registration is a sink that was given to some call, and where its events come from. The source has one reference on the
// sink; whoever is told that the source is over lets it go.
type registration struct {
	sink   *C.struct_capi_sink
	source *eventq.Source[event]
	handle uint64 // of the operation or subscription
	what   string

	osdmaps bool                           // a subscription to osdmaps as values
	last    atomic.Pointer[cephmap.OSDMap] // that of the event that was taken last
}

// release ends the registration, of which nothing more comes: the handle, if it is a subscription's, and the sink. That may
// call the user: no lock is held, and it is no goroutine that others wait for.
func (r *registration) release() {
	if h := handle.Handle(r.handle); h.Kind() == C.MONCLIENT_KIND_SUB {
		subs.Take(h)
	}
	C.capi_sink_release(r.sink)
}

// errText returns the error's text of an event.
func (e *event) errText() string {
	switch {
	case e.err != nil:
		return textOf(e.err)
	case e.session == nil:
		return ""
	case e.session.Kind == monclient.SessionAttempt:
		return textOf(e.session.Attempt.Err)
	case e.session.Err != nil:
		return textOf(e.session.Err)
	}
	return ""
}

// hasData reports whether the event brings a map, or another answer.
func (e *event) hasData() bool {
	switch e.kind {
	case C.MONCLIENT_EVENT_MAP:
		return e.flags&C.MONCLIENT_EVENT_LAST == 0 && e.err == nil
	case C.MONCLIENT_EVENT_RESULT:
		return e.flags&C.MONCLIENT_EVENT_JSON != 0
	}
	return false
}

// build makes the memory that the user gets; nil when there is none.
func build(item *eventq.Item[event]) *C.monclient_event_t {
	e := &item.Value
	e.describe()
	errText := e.errText()
	var mon, addr string
	if e.session != nil {
		mon, addr = e.session.Mon, e.session.Addr.String()
		switch e.session.Kind {
		case monclient.SessionHunting:
			mon, addr = strings.Join(e.session.Mons, ","), ""
		case monclient.SessionCredential:
			addr = "" // it is about none
		}
	}
	const eventSize = C.sizeof_monclient_event_t
	more := 0
	for _, s := range [...]string{errText, e.reg.what, mon, addr, e.text} {
		if s != "" {
			more += textSize(s)
		}
	}
	json := e.flags&C.MONCLIENT_EVENT_JSON != 0
	first := eventSize
	switch {
	case e.reply != nil:
		first += C.sizeof_monclient_reply_t
		more += replySize(e.reply)
	case e.hasData():
		more += dataSize(e.data, json)
	}
	b := newBlock(first, more)
	if b.start == nil {
		return nil
	}
	text := func(s string) *C.char {
		if s == "" {
			return nil
		}
		return b.text(s)
	}
	out := (*C.monclient_event_t)(b.start)
	out._type = C.uint32_t(e.kind)
	out.flags = C.uint32_t(e.flags)
	out.status = C.int32_t(statusOf(e.err))
	if e.kind == C.MONCLIENT_EVENT_COMMAND && e.err != nil {
		out.outcome = C.uint32_t(outcomeOf(e.err))
	}
	out.missed = C.uint32_t(item.Missed)
	out.source = C.uint64_t(e.reg.handle)
	out.client = C.uint64_t(e.client)
	out.error = text(errText)
	out.what = text(e.reg.what)
	out.epoch = C.uint64_t(e.epoch)
	out.oldest = C.uint64_t(e.oldest)
	out.mon = text(mon)
	out.addr = text(addr)
	out.text = text(e.text)
	out.session_change = C.uint32_t(e.change)
	out.log_level = C.uint32_t(e.logLevel)
	if e.session != nil {
		elapsed := e.session.Elapsed
		if e.session.Kind == monclient.SessionAttempt {
			elapsed = e.session.Attempt.Elapsed
		}
		out.elapsed_ns = C.uint64_t(elapsed.Nanoseconds())
	}
	switch {
	case e.reply != nil:
		reply := (*C.monclient_reply_t)(unsafe.Add(b.start, eventSize))
		fillReply(&b, reply, e.reply)
		out.reply = reply
	case e.hasData():
		out.data_len = C.uint64_t(len(e.data))
		out.data = b.data(e.data, json)
	}
	b.done(e.reg.sink)
	if e.osdmap != nil {
		C.capi_block_attach_map(b.start, C.uint64_t(eventMaps.Add(e.osdmap)))
	}
	return out
}

// replySize is what a reply needs besides its structure.
func replySize(r *monclient.Reply) int {
	return textSize(r.Status) + textSize(r.Mon) + textSize(r.From) + dataSize(r.Output, true)
}

// fillReply fills a reply that lies in a block.
func fillReply(b *block, out *C.monclient_reply_t, r *monclient.Reply) {
	out.retval = C.int32_t(r.Retval)
	if r.Resent {
		out.resent = 1
	}
	out.status = b.text(r.Status)
	out.mon = b.text(r.Mon)
	out.sender = b.text(r.From)
	out.output_len = C.uint64_t(len(r.Output))
	out.output = b.data(r.Output, true)
}

// newReply hands a reply to the user, who releases it with monclient_reply_free.
func newReply(r *monclient.Reply, to **C.monclient_reply_t) error {
	b := newBlock(C.sizeof_monclient_reply_t, replySize(r))
	if b.start == nil {
		return errNoMemory
	}
	out := (*C.monclient_reply_t)(b.start)
	fillReply(&b, out, r)
	b.done(nil)
	*to = out
	return nil
}
