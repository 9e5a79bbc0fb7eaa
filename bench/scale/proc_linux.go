package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// footprint is what a process has.
type footprint struct {
	resident, anonymous, peak int64 // bytes
	threads, descriptors      int64
}

// look returns what a process has.
func look(pid int) (footprint, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return footprint{}, err
	}
	f, err := parseStatus(b)
	if err != nil {
		return f, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	f.descriptors = int64(len(fds))
	return f, err
}

// parseStatus reads /proc/PID/status. What a process that has ended does not have any more is 0.
func parseStatus(status []byte) (footprint, error) {
	var f footprint
	for line := range bytes.Lines(status) {
		words := bytes.Fields(line)
		if len(words) < 2 {
			continue
		}
		var to *int64
		unit := int64(1024)
		switch string(words[0]) {
		case "VmRSS:":
			to = &f.resident
		case "RssAnon:":
			to = &f.anonymous
		case "VmHWM:":
			to = &f.peak
		case "Threads:":
			to, unit = &f.threads, 1
		default:
			continue
		}
		n, err := strconv.ParseInt(string(words[1]), 10, 64)
		if err != nil {
			return f, fmt.Errorf("%s %w", words[0], err)
		}
		*to = n * unit
	}
	return f, nil
}

// sockets returns the inodes of a process's sockets.
func sockets(pid int) (map[uint32]bool, error) {
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return nil, err
	}
	own := map[uint32]bool{}
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		if err != nil || !strings.HasPrefix(target, "socket:[") {
			continue // closed meanwhile, or something else
		}
		inode, err := strconv.ParseUint(strings.Trim(target, "socket:[]"), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", fd, target, err)
		}
		own[uint32(inode)] = true
	}
	return own, nil
}
