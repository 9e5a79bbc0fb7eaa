// Package host proves that libmonclient.so is a good guest: that a process which loads it keeps its signal handlers, masks
// and stacks, its limits, files and output, can fork and start programs, can load other libraries made of Go, may have any
// number of threads of any kind, and may end when it likes.
//
// The hosts are C programs in testdata, each with several scenarios, which the tests here compile and run against the library
// that users get, as processes of their own with a time limit. Their monitors are embedded ones on loopback TCP, in the
// process of the tests. What the header's chapter "The host process" promises is what is asserted here.
package host
