//go:build cgo

package main

// #include "front.h"
import "C"

// Package syscall has raised the limit of open files in its own init, which ran before.
func init() { C.capi_restore_limit() }

//export goEnter
func goEnter() {}
