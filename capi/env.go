//go:build cgo

package main

// #include <stdlib.h>
import "C"

import "unsafe"

// lookupEnv reads the environment of the process as it is now. Go's own copy is as old as the library's loading.
func lookupEnv(name string) (string, bool) {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	v := C.getenv(n)
	if v == nil {
		return "", false
	}
	return C.GoString(v), true
}
