// Package denc reads and writes Ceph's wire encoding (src/include/encoding.h, src/include/denc.h): a cursor with a
// sticky error for reading, appending functions for writing, the versioned frame around structures, and the value
// types that every layer shares: entity names, addresses, times, feature bits.
//
// It knows bytes. It knows nothing of sockets, keys or messages, and imports no other package of this module; every
// other package may call it.
//
// A decoder reads field after field and asks for the error once. The first failure sticks and names the field; every
// later read returns zero. Nothing is allocated for a count or a length before the bytes behind it have been seen.
package denc
