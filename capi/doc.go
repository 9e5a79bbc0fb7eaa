//go:build cgo

// Package main is libmonclient.so: the functions of include/monclient.h.
//
// A call comes in through C (front.c), which judges what can be judged without Go, and goes on in an exported Go function
// here, which looks its handle up, translates arguments, calls package monclient and translates what comes back. Nothing else
// happens here: whatever a Go program could use as well belongs into monclient.
//
// Events wait as Go values in an eventq.Queue, of the user or of a client's callback thread, and become C memory when they
// are taken. The user's pointers never leave C memory.
package main

func main() {} // c-shared and c-archive want one; nobody calls it
