//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/mattn/go-pointer"
)

// pinFrom is the size from which a buffer is handed over where it is, pinned, instead of copied. Pinning, and the call that
// ends it, cost about as much as copying so many bytes.
const pinFrom = 16 << 10

// block builds one piece of memory for the user: a structure, and behind it the texts and buffers that it points to.
// Every size is known before it is made, so that there is one allocation.
type block struct {
	start unsafe.Pointer
	rest  []byte // what has not been given out
	pin   unsafe.Pointer
}

// newBlock returns a block with the first bytes for a structure and as many more for texts; nil start when there
// is no memory.
func newBlock(first, more int) block {
	b := block{start: C.capi_block_new(C.size_t(first + more))}
	if b.start != nil {
		b.rest = unsafe.Slice((*byte)(unsafe.Add(b.start, first)), more)
	}
	return b
}

// textSize is what text needs.
func textSize(s string) int { return len(s) + 1 }

// text copies a text into the block, with a NUL.
func (b *block) text(s string) *C.char {
	p := (*C.char)(unsafe.Pointer(unsafe.SliceData(b.rest)))
	n := copy(b.rest, s)
	b.rest = b.rest[n+1:] // the block was zeroed
	return p
}

// pinned reports whether data is to stay where it is. With nul it has to have room for a NUL behind it.
func pinned(data []byte, nul bool) bool {
	return len(data) >= pinFrom && (!nul || cap(data) > len(data))
}

// dataSize is what data needs.
func dataSize(p []byte, nul bool) int {
	if pinned(p, nul) {
		return 0
	}
	return len(p) + 1
}

// data copies a buffer into the block, with a NUL, or pins it. With nul the memory behind it is the buffer's own, and a
// pinned one gets its NUL there.
func (b *block) data(p []byte, nul bool) unsafe.Pointer {
	if pinned(p, nul) {
		if nul {
			p[:len(p)+1][len(p)] = 0
		}
		pin := new(runtime.Pinner)
		pin.Pin(unsafe.SliceData(p))
		b.pin = pointer.Save(pin)
		return unsafe.Pointer(unsafe.SliceData(p))
	}
	start := unsafe.Pointer(unsafe.SliceData(b.rest))
	n := copy(b.rest, p)
	b.rest = b.rest[n+1:]
	return start
}

// done gives the block what it holds on to: the sink of an event, and what it has pinned.
func (b *block) done(sink *C.struct_capi_sink) unsafe.Pointer {
	if sink != nil || b.pin != nil {
		C.capi_block_attach(b.start, sink, b.pin)
	}
	return b.start
}

//export goUnpin
func goUnpin(pin unsafe.Pointer) {
	pointer.Restore(pin).(*runtime.Pinner).Unpin() //nolint:errcheck // nothing else is saved
	pointer.Unref(pin)
}

var errNoMemory = failure(C.MONCLIENT_ENOMEM, "no memory")

// newText hands a text to the user, who releases it with monclient_free.
func newText(s string, to **C.char) error {
	b := newBlock(0, textSize(s))
	if b.start == nil {
		return errNoMemory
	}
	*to = b.text(s)
	return nil
}

// newJSONText hands a JSON text to the user in the same way.
func newJSONText(text []byte, to **C.char) error {
	return newText(unsafe.String(unsafe.SliceData(text), len(text)), to)
}

// newBytes hands a buffer to the user in the same way.
func newBytes(p []byte, to *unsafe.Pointer, n *C.size_t) error {
	b := newBlock(0, len(p)+1)
	if b.start == nil {
		return errNoMemory
	}
	copy(b.rest, p)
	*to, *n = b.start, C.size_t(len(p))
	return nil
}
