// Command otherlib is a shared library that has nothing to do with this module, but that it is made of Go as well: for the
// tests of two Go runtimes in one process. It is built with -buildmode=c-shared.
package main

/*
typedef void (*function)(void *);
static void call(function fn, void *arg) { fn(arg); }
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

//export otherlib_sum
func otherlib_sum(n C.int) C.long {
	parts := make(chan C.long)
	for w := range C.long(4) {
		go func() {
			sum := C.long(0)
			for i := w; i < C.long(n); i += 4 {
				sum += i
			}
			parts <- sum
		}()
	}
	runtime.GC()
	return <-parts + <-parts + <-parts + <-parts
}

//export otherlib_sleep
func otherlib_sleep(ms C.int) C.int {
	<-time.After(time.Duration(ms) * time.Millisecond)
	return 1
}

// otherlib_panic needs this runtime's own SIGSEGV.
//
//export otherlib_panic
func otherlib_panic() (recovered C.int) {
	defer func() {
		if recover() != nil {
			recovered = 1
		}
	}()
	var p *C.int
	return *p
}

//export otherlib_call
func otherlib_call(fn C.function, arg unsafe.Pointer) { C.call(fn, arg) }

func main() {}
