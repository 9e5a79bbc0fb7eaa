//go:build cgo

package main

// #include "front.h"
import "C"

// level is an eventq.Level that threads of C wait for.
type level struct{ c *C.struct_capi_level }

// newLevel returns a level with one reference; nil c when there is no memory.
func newLevel() level { return level{C.capi_level_new()} }

// Set implements eventq.Level.
func (l level) Set(up bool) { C.capi_level_set(l.c, C.bool(up)) }
