//go:build cgo

package main

// #cgo CFLAGS: -I${SRCDIR}/../include -std=c11 -fvisibility=hidden
// #include "front.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// The objects that handles mean.
var (
	configs = handle.NewTable[*config](C.MONCLIENT_KIND_CONFIG)
	clients = handle.NewTable[*client](C.MONCLIENT_KIND_CLIENT)
	ops     = handle.NewTable[*op](C.MONCLIENT_KIND_OP)
	subs    = handle.NewTable[*subscription](C.MONCLIENT_KIND_SUB)
	queues  = handle.NewTable[*queue](C.MONCLIENT_KIND_QUEUE)
	osdmaps = handle.NewTable[*cephmap.OSDMap](C.MONCLIENT_KIND_OSDMAP)
)

// statusError is an error that has a status of its own.
type statusError struct {
	status int32
	text   string
}

func (e *statusError) Error() string { return e.text }

func failure(status int32, format string, args ...any) error {
	return &statusError{status: status, text: fmt.Sprintf(format, args...)}
}

// statusOf returns the status that stands for an error.
func statusOf(err error) int32 {
	if err == nil {
		return C.MONCLIENT_OK
	}
	var own *statusError
	var bug *monclient.PanicError
	switch {
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &bug):
		return C.MONCLIENT_EINTERNAL
	}
	var sys syscall.Errno
	if number := monclient.Errno(err); number != denc.EIO || !errors.As(err, &sys) {
		return -int32(number)
	}
	return -int32(sys)
}

// outcomeOf returns what is known of a command that has ended with an error, here or in package monclient.
func outcomeOf(err error) uint32 {
	if errors.Is(err, monclient.ErrNotSent) {
		return C.MONCLIENT_OUTCOME_NOT_SENT
	}
	return C.MONCLIENT_OUTCOME_UNKNOWN
}

// notBegun returns what is known of a command that could not be begun. Of a bug nobody knows where it was.
func notBegun(err error) uint32 {
	if statusOf(err) == C.MONCLIENT_EINTERNAL {
		return C.MONCLIENT_OUTCOME_UNKNOWN
	}
	return C.MONCLIENT_OUTCOME_NOT_SENT
}

// textOf returns an error's text for people who have never heard of Go.
func textOf(err error) string {
	text := err.Error()
	for _, room := range []string{"monclient: ", "cephconf: ", "cephx: "} {
		text = strings.TrimPrefix(text, room)
	}
	var bug *monclient.PanicError
	if errors.As(err, &bug) {
		text += "\n" + string(bug.Stack)
	}
	return text
}

// fail makes err the thread's last error and returns its status.
func fail(err error) C.int {
	if err == nil {
		return C.MONCLIENT_OK
	}
	text := textOf(err)
	C.capi_set_error((*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text)))
	return C.int(statusOf(err))
}

// guard is deferred by every exported function. A panic becomes a status: the process is not ours.
func guard(rc *C.int) {
	if v := recover(); v != nil {
		*rc = fail(panicked(v))
	}
}

// panicked returns the error for a panic that was recovered just now, and tells the clients' logs.
func panicked(v any) error {
	err := &monclient.PanicError{Value: v, Stack: debug.Stack()}
	for _, c := range clients.All() {
		c.log.report(err)
	}
	return err
}

// get returns what a handle means.
func get[T any](t *handle.Table[T], h C.uint64_t, what string) (T, error) {
	v, ok := t.Get(handle.Handle(h))
	if !ok {
		return v, badHandle(h, what)
	}
	return v, nil
}

// kinds are the words for what handles mean.
var kinds = map[uint8]string{
	C.MONCLIENT_KIND_CONFIG: "config", C.MONCLIENT_KIND_CLIENT: "client", C.MONCLIENT_KIND_OP: "operation",
	C.MONCLIENT_KIND_SUB: "subscription", C.MONCLIENT_KIND_QUEUE: "queue",
	C.MONCLIENT_KIND_OSDMAP: "osdmap",
}

// badHandle says what is wrong with a handle that means nothing here.
func badHandle(h C.uint64_t, want string) error {
	kind, known := kinds[handle.Handle(h).Kind()]
	switch {
	case h == 0:
		return failure(C.MONCLIENT_EBADHANDLE, "%s: the handle is 0", want)
	case known && kind != want:
		return failure(C.MONCLIENT_EBADHANDLE, "%s: 0x%x is the handle of a %s", want, uint64(h), kind)
	}
	return failure(C.MONCLIENT_EBADHANDLE, "%s: there is no handle 0x%x, or not any more", want, uint64(h))
}

// goText copies a text, which has to be UTF-8.
func goText(s *C.char, n C.size_t, name string) (string, error) {
	text := C.GoStringN(s, C.int(n)) // at most MONCLIENT_MAX_INPUT, which is an int
	if !utf8.ValidString(text) {
		return "", failure(C.MONCLIENT_EILSEQ, "%s is not UTF-8", name)
	}
	return text, nil
}

// goBytes copies a buffer; nil when it is empty.
func goBytes(p unsafe.Pointer, n C.uint64_t) []byte {
	if n == 0 {
		return nil
	}
	return C.GoBytes(p, C.int(n)) // as above
}

// timeout translates milliseconds: 0 is the default, negative is none, as in package monclient.
func timeout(ms C.int32_t) time.Duration {
	if ms < 0 {
		return -1
	}
	return time.Duration(ms) * time.Millisecond
}

//export goCounters
func goCounters(c *C.monclient_counters_t) (rc C.int) {
	defer guard(&rc)
	c.configs = C.uint32_t(configs.Len())
	c.clients = C.uint32_t(clients.Len())
	c.operations = C.uint32_t(running.Load())
	c.subscriptions = C.uint32_t(subs.Len())
	c.queues = C.uint32_t(queues.Len())
	c.osdmaps = C.uint32_t(osdmaps.Len())
	return C.MONCLIENT_OK
}

// queueOf returns the queue that a sink names, nil for a callback.
func queueOf(sink *C.struct_capi_sink) (*eventq.Queue[event], error) {
	if sink.queue == 0 {
		return nil, nil
	}
	q, err := get(queues, sink.queue, "queue")
	if err != nil {
		return nil, err
	}
	return q.events, nil
}
