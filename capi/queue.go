//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"errors"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
)

// queue is what a monclient_queue_t means.
type queue struct {
	events *eventq.Queue[event]
	level  level
}

// errClosed is what calls get whose client or queue goes while they run.
var errClosed = failure(C.MONCLIENT_ECLOSED, "closed")

// batch is how many events one turn of a poll takes, so that they fit on the stack.
const batch = 64

//export goQueueCreate
func goQueueCreate(h *C.monclient_queue_t) (rc C.int) {
	defer guard(&rc)
	l := newLevel()
	if l.c == nil {
		return fail(errNoMemory)
	}
	*h = C.monclient_queue_t(queues.Add(&queue{events: eventq.New[event](l), level: l}))
	C.capi_level_publish(l.c, *h)
	return C.MONCLIENT_OK
}

//export goQueueDestroy
func goQueueDestroy(h C.monclient_queue_t) (rc C.int) {
	defer guard(&rc)
	q, ok := queues.Take(handle.Handle(h))
	if !ok {
		return fail(badHandle(h, "queue"))
	}
	C.capi_level_close(q.level.c)
	dropped, over := q.events.Close()
	C.capi_level_release(q.level.c) // which those who wait hold, too
	for i := range dropped {
		e := &dropped[i]
		if e.connected != nil {
			go discard(e.connected) // closing waits for callbacks of the client, and this function does not
		}
	}
	released := make(map[*eventq.Source[event]]bool, len(over))
	for _, s := range over {
		released[s] = true
	}
	for i := range dropped {
		if r := dropped[i].reg; released[r.source] {
			delete(released, r.source)
			r.release()
		}
	}
	return C.MONCLIENT_OK
}

// goQueuePoll takes what is there. Waiting is C's. The program's array is written as numbers: before a pointer is overwritten
// the garbage collector looks at what was there, and in memory that nobody has initialized that may be anything.
//
//export goQueuePoll
func goQueuePoll(h C.monclient_queue_t, events *C.uintptr_t, room C.uint32_t, count *C.uint32_t) (rc C.int) {
	defer guard(&rc)
	q, err := get(queues, h, "queue")
	if err != nil {
		return fail(err)
	}
	var items [batch]eventq.Item[event]
	n, err := q.events.Take(items[:min(room, batch)])
	if err != nil {
		return fail(closed(err))
	}
	out := unsafe.Slice(events, n)
	lost := false
	for i := range n {
		e := build(&items[i])
		if items[i].Source.Settle() { // what was built holds the sink
			items[i].Value.reg.release()
		}
		if e == nil {
			lost = true
			continue
		}
		out[*count] = C.uintptr_t(uintptr(unsafe.Pointer(e)))
		*count++
	}
	if lost && *count == 0 {
		return fail(errNoMemory)
	}
	return C.MONCLIENT_OK
}

// closed translates the end of a queue.
func closed(err error) error {
	if errors.Is(err, eventq.ErrClosed) {
		return errClosed
	}
	return err
}

// goBadQueue says what is wrong with a handle that is no queue's.
//
//export goBadQueue
func goBadQueue(h C.monclient_queue_t) (rc C.int) {
	defer guard(&rc)
	return fail(badHandle(h, "queue"))
}
