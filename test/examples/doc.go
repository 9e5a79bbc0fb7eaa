// Package examples builds the programs of bindings/c-examples and runs them against embedded monitors: what they print,
// how they end, how they answer bad usage, absent monitors, wrong keys and Ctrl-C, and that they leak nothing. It tests the C++
// wrapper, include/monclient.hpp, too: a program that uses all of it, and the header by itself as strict compilers see it.
//
// The programs are built twice: with an installed library that pkg-config finds, as users do, and with AddressSanitizer,
// LeakSanitizer and UndefinedBehaviorSanitizer in program and library. Both stay in lib/examples, and are built anew when
// something that they are made of has changed.
//
//	go test ./test/examples
//
// Package clusters, below, runs the same programs against real clusters. It is the only one who may import this package.
package examples
