package main

import (
	"fmt"
	"syscall"
)

// raiseDescriptors lets this process, and what it starts, have as many file descriptors as wanted, or as the system lets it, and
// returns how many that is.
func raiseDescriptors(wanted int) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	want := uint64(wanted)
	if limit.Max < want { // root may
		raised := syscall.Rlimit{Cur: want, Max: want}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			return wanted, nil
		}
	}
	// Go has raised the limit for itself alone; once it is set, it is that of its children, too. No higher than it has to be:
	// some programs look at all descriptors that there may be.
	limit.Cur = min(want, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("setrlimit: %w", err)
	}
	return int(min(limit.Cur, 1<<30)), nil
}
