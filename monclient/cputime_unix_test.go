//go:build unix

package monclient

import (
	"syscall"
	"time"
)

// cpuTime returns what the process has used, monitor included. It depends less than the time that passes on what else the
// machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
