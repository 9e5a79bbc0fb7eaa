// Package abi has no code, only tests: they hold the files that a program of C or C++ gets, built and installed as users
// do it, to what include/monclient.h and abi/ promise.
//
//   - The header stands alone in every C and C++ that it is for, and the prototypes of what Go exports are what the C
//     in front of it calls.
//   - The library exports the header's functions, with their versions, and nothing else; it is hardened and stripped, and
//     needs nothing but libc.
//   - What make install puts down can be found and used by pkg-config and CMake, from C and C++, shared and static.
//   - Two checkouts give the same bytes.
//   - Functions, types and constants are as recorded, and the record notices when they are not.
//
// What the functions do is tested in test/capi. The tests need a C compiler; C++, CMake, pkg-config and abidw are
// installed when they are absent and this may be done, as build/host.sh does it.
package abi
