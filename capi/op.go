//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"sync"
	"sync/atomic"

	"github.com/libmonclient/libmonclient/capi/handle"
)

// running counts the operations that have not completed.
var running atomic.Int64

// op is an operation that has not completed.
type op struct {
	handle handle.Handle
	once   sync.Once

	mu       sync.Mutex
	cancel   func() // nil until there is something to cancel
	canceled bool
}

// newOp returns an operation that cancel, if it is known already, ends.
func newOp(cancel func()) *op {
	running.Add(1)
	return &op{cancel: cancel}
}

// expose gives the operation a handle if the user wants one, before anything can complete it.
func (o *op) expose(out *C.monclient_op_t) uint64 {
	if out != nil {
		o.handle = ops.Add(o)
		*out = C.monclient_op_t(o.handle)
	}
	return uint64(o.handle)
}

// cancelWith says how to cancel the operation, which may have been wanted already.
func (o *op) cancelWith(cancel func()) {
	o.mu.Lock()
	o.cancel = cancel
	canceled := o.canceled
	o.mu.Unlock()
	if canceled {
		cancel()
	}
}

// done says that the operation has completed. It may be said more than once.
func (o *op) done() {
	o.once.Do(func() {
		ops.Take(o.handle)
		running.Add(-1)
	})
}

//export goCancel
func goCancel(h C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	o, err := get(ops, h, "operation")
	if err != nil {
		return fail(err)
	}
	o.mu.Lock()
	o.canceled = true
	cancel := o.cancel
	o.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	return C.MONCLIENT_OK
}
