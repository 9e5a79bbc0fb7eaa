// Package arch holds the test of the repository's architecture: a table of its rooms, in arch_test.go, which says
// which package may import which, and the checks that keep table and tree the same. There is nothing to import.
//
// Whoever adds a package adds a row.
package arch
