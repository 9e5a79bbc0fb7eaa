package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// usage is what this process has used so far: nanoseconds and context switches.
type usage struct{ user, system, switches int64 }

func cpuUsage() (usage, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return usage{}, fmt.Errorf("getrusage: %w", err)
	}
	return usage{u.Utime.Nano(), u.Stime.Nano(), int64(u.Nvcsw) + int64(u.Nivcsw)}, nil //nolint:unconvert // not 64 bits everywhere
}

// residentMemory returns the bytes of this process in memory, and those of them that are not of files.
func residentMemory() (rss, anon int64, err error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(b) {
		words := bytes.Fields(line)
		if len(words) < 2 {
			continue
		}
		var to *int64
		switch string(words[0]) {
		case "VmRSS:":
			to = &rss
		case "RssAnon:":
			to = &anon
		default:
			continue
		}
		kb, err := strconv.ParseInt(string(words[1]), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("/proc/self/status: %s %w", words[0], err)
		}
		*to = kb * 1024
	}
	return rss, anon, nil
}
