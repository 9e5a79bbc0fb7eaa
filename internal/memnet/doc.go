// Package memnet is a network in memory: listeners and buffered connections with deadlines, as sockets have them. All
// waiting is on channels, so it works inside testing/synctest, where it costs no time.
package memnet
