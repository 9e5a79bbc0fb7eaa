// Command boundary measures what libmonclient.so costs on top of the Go client, and beside librados.
//
//	boundary [-release reef] [-rounds 5] [-scale 1] [-text FILE] [-results FILE]
//
// Crossing: boundary.c runs the command "nothing" against an embedded monitor in its own process, through the Go API (go)
// and through monclient.h: blocking (sync), with a callback, and with a queue, one command after the other; then 100,000 of
// them with 1,000 in flight (names that end in -1000). call is a call that only looks a handle up, call-c one that does not
// enter Go, poll-empty a poll that finds nothing. Allocations are of Go's heap, the monitor's included, so what counts
// is the difference to go.
//
// Loading: load.c loads each library into a fresh process. On disk are the library and all that the loader maps with it,
// but for the C library, which is there anyway; private is the memory that the process does not share with others.
//
// Every number is the median of the rounds, each a process of its own; a ratio that of the rounds' ratios. -text appends
// the rounds as Go benchmarks print them, for benchstat, -results in the form that all benchmarks share. The exit status is 3 when something that must be installed is missing.
package main
