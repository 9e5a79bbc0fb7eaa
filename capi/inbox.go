//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"os"

	"github.com/libmonclient/libmonclient/monclient"
)

//export goInboxOpen
func goInboxOpen(fd C.int) { go serveInbox(os.NewFile(uintptr(fd), "inbox")) }

// serveInbox does what threads want that wait. It goes on for as long as the process.
func serveInbox(file *os.File) {
	conn, err := file.SyscallConn()
	if err == nil {
		// Each write wakes it, however much there is to read already, because the runtime polls for edges. So nothing is read.
		_ = conn.Read(func(uintptr) bool {
			goInboxTake()
			return false
		})
	}
	C.capi_inbox_fail() // the runtime cannot poll it
	goInboxTake()
}

//export goInboxTake
func goInboxTake() {
	for r := C.capi_inbox_take(); r != nil; {
		next := r.next // the request is gone when it is done
		goRequest(r)
		r = next
	}
}

// goRequest begins what a thread waits for, or tells it why not.
//
//export goRequest
func goRequest(r *C.struct_capi_request) {
	if _, err := guarded(func() (*monclient.Call, error) { return begun(r) }); err != nil {
		if r.what == C.CAPI_COMMAND {
			r.wait.outcome = C.int(notBegun(err))
		}
		complete(&r.wait, err, nil)
	}
}

// begun begins a request. The wait for it is over some time after that, unless there is an error.
func begun(r *C.struct_capi_request) (*monclient.Call, error) {
	c, err := get(clients, r.client, "client")
	if err != nil {
		return nil, err
	}
	switch r.what {
	case C.CAPI_COMMAND:
		return c.command(r)
	case C.CAPI_VERSION:
		return c.version(r)
	}
	return c.waitForMap(r)
}
