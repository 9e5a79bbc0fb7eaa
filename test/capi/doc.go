// Package capi has the tests of the C ABI: programs in C, in the directory c, which are linked with a library that has an
// embedded quorum inside (monclienttest.h), and a driver in Go that builds and runs them.
//
// Each test of a program is a subtest here. Every program runs as it is, with AddressSanitizer,
// UndefinedBehaviorSanitizer and LeakSanitizer, and twice under valgrind: for bad accesses and for leaks. After each test the library's own counters must be zero, and no goroutine of it may be left.
package capi
