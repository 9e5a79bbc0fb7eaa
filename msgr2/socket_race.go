//go:build linux && race

package msgr2

import (
	"fmt"
	"syscall"
)

// Package syscall orders what is written before what is read, for the race detector, and programs that have both ends of a
// connection, as tests with embedded monitors do, rely on that. A call of its own on nothing gives ours the same order.
var nothing = func() int {
	fd, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic(fmt.Sprintf("msgr2: under the race detector: /dev/null: %v", err))
	}
	return fd
}()

func raceWrites() { _, _ = syscall.Write(nothing, []byte{0}) }

func raceHasRead() { _, _ = syscall.Read(nothing, make([]byte, 1)) }
