//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"sync"
	"unsafe"

	"github.com/mattn/go-pointer"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/denc"
)

// thread runs the callbacks of one client: a thread of C, started when the first callback is registered, which takes event
// after event from its queue. Sinks of which nothing more comes are let go on it as well, when that cannot be done where
// it is found out.
type thread struct {
	client handle.Handle
	level  level
	events *eventq.Queue[event]

	mu      sync.Mutex
	started bool
	stopped bool
	id      C.pthread_t

	// busy is the registration whose event is with the user, owned by the thread.
	busy *registration
	// releases is where registrations come from that are to be let go.
	releases *eventq.Source[event]
}

// init prepares the thread. stop undoes it.
func (t *thread) init(client handle.Handle) error {
	t.client = client
	if t.level = newLevel(); t.level.c == nil {
		return errNoMemory
	}
	t.events = eventq.New[event](t.level)
	t.releases = t.events.NewSource(eventq.Limit{})
	return nil
}

// start starts the thread unless it runs, and returns its queue.
func (t *thread) start() (*eventq.Queue[event], error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.stopped:
		return nil, errClosed
	case t.started:
		return t.events, nil
	}
	context := pointer.Save(t)
	if errno := C.capi_thread_start(&t.id, context); errno != 0 {
		pointer.Unref(context)
		return nil, failure(-int32(errno), "a thread for callbacks: %v", denc.Errno(errno))
	}
	t.started = true
	return t.events, nil
}

// release lets go of a registration on the thread, or here when there is none any more.
func (t *thread) release(r *registration) {
	if _, err := t.start(); err != nil || !t.releases.Push(event{kind: releaseOnly, reg: r}, 0) {
		r.release()
	}
}

// releaseOnly is the kind of an event that lets go of its registration and is none for the user.
const releaseOnly = 0

// stop returns when the thread has delivered what waits and has ended.
func (t *thread) stop() {
	t.mu.Lock()
	t.stopped = true
	started := t.started
	t.mu.Unlock()
	t.events.Finish()
	if started {
		C.capi_thread_join(t.id)
	}
	t.events.Close()
	C.capi_level_release(t.level.c)
}

//export goThreadBegin
func goThreadBegin(context unsafe.Pointer) *C.struct_capi_level {
	t := pointer.Restore(context).(*thread) //nolint:errcheck // nothing else is saved
	C.capi_set_callback_client(C.uint64_t(t.client))
	return t.level.c
}

// goThreadNext brings the next event and the sink whose callback gets it. Without an event the thread is to wait. It
// returns false when the thread is to end.
//
//export goThreadNext
func goThreadNext(context unsafe.Pointer, sink **C.struct_capi_sink, event **C.monclient_event_t) C.bool {
	t := pointer.Restore(context).(*thread) //nolint:errcheck // as above
	for {
		*event = nil
		more, wait := t.next(sink, event)
		if !more || wait || *event != nil {
			return C.bool(more)
		}
	}
}

// next takes one event, which may be none for the user. wait: there is none; more is false when the thread is to end.
func (t *thread) next(sink **C.struct_capi_sink, out **C.monclient_event_t) (more, wait bool) {
	defer func() {
		if v := recover(); v != nil {
			_ = panicked(v) // which is in the log; the thread goes on
			more, wait = true, false
		}
	}()
	if r := t.busy; r != nil {
		t.busy = nil
		if r.source.Settle() {
			r.release() // now that its callback has returned
		}
		r.source.Done()
	}
	item, ok, err := t.events.TakeBusy()
	switch {
	case err != nil:
		return false, false
	case !ok:
		return true, true
	}
	r := item.Value.reg
	if item.Value.kind == releaseOnly {
		item.Source.Settle()
		item.Source.Done()
		r.release()
		return true, false
	}
	t.busy = r
	*out, *sink = build(&item), r.sink
	return true, false
}

//export goThreadEnd
func goThreadEnd(context unsafe.Pointer) { pointer.Unref(context) }
