//go:build cgo

package main

// #include "front.h"
import "C"

import "unsafe"

// complete ends the wait for an operation: with the error, or else with what fill puts into it. It is called once, on the
// client's goroutine, and somebody waits for it, so it must not panic half-way.
func complete(w *C.struct_capi_wait, err error, fill func() error) {
	defer C.capi_wait_wake(w)
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
		if err != nil {
			w.status = C.int(statusOf(err))
			_ = newText(textOf(err), &w.error) // no memory: no text
		}
	}()
	if err == nil {
		err = fill()
	}
}

// valueOf is where a block of some type goes.
func valueOf[T any](w *C.struct_capi_wait) **T { return (**T)(unsafe.Pointer(&w.value)) }
