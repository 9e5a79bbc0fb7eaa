package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// conn is a line of /proc/net/tcp.
type conn struct {
	local, remote netip.AddrPort
	state         int
	inode         string
}

// tcpEstablished is TCP_ESTABLISHED of include/net/tcp_states.h.
const tcpEstablished = 1

// connections lists the TCP connections that a process can see, those of others included.
func connections(pid int) ([]conn, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/net/tcp", pid))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseConnections(f)
}

func parseConnections(r io.Reader) ([]conn, error) {
	var all []conn
	lines := bufio.NewScanner(r)
	lines.Scan() // the head
	for lines.Scan() {
		words := bytes.Fields(lines.Bytes())
		if len(words) < 10 {
			return nil, fmt.Errorf("/proc/net/tcp: %q has %d words", lines.Text(), len(words))
		}
		local, err := parseAddr(words[1])
		if err != nil {
			return nil, err
		}
		remote, err := parseAddr(words[2])
		if err != nil {
			return nil, err
		}
		state, err := strconv.ParseUint(string(words[3]), 16, 8)
		if err != nil {
			return nil, fmt.Errorf("/proc/net/tcp: state: %w", err)
		}
		all = append(all, conn{local, remote, int(state), string(words[9])})
	}
	return all, lines.Err()
}

// parseAddr reads "0100007F:3A98", the address as a number of the machine's byte order.
func parseAddr(text []byte) (netip.AddrPort, error) {
	var ip [4]byte
	address, port, ok := bytes.Cut(text, []byte(":"))
	if !ok || len(address) != 2*len(ip) {
		return netip.AddrPort{}, fmt.Errorf("/proc/net/tcp: address %q", text)
	}
	if _, err := hex.Decode(ip[:], address); err != nil {
		return netip.AddrPort{}, fmt.Errorf("/proc/net/tcp: address %q: %w", text, err)
	}
	n := binary.BigEndian.Uint32(ip[:])
	binary.NativeEndian.PutUint32(ip[:], n)
	p, err := strconv.ParseUint(string(port), 16, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("/proc/net/tcp: address %q: %w", text, err)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(p)), nil
}

// sessions counts the established connections of a process to each monitor.
func sessions(pid int, mons []realceph.Mon) (map[string]int, error) {
	own := map[string]bool{}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return nil, err
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && strings.HasPrefix(target, "socket:[") {
			own[strings.Trim(target, "socket:[]")] = true
		}
	}
	all, err := connections(pid)
	if err != nil {
		return nil, err
	}
	byAddr := map[netip.AddrPort]string{}
	for _, m := range mons {
		byAddr[m.V2] = m.Name
	}
	count := map[string]int{}
	for _, c := range all {
		if name, ok := byAddr[c.remote]; ok && c.state == tcpEstablished && own[c.inode] {
			count[name]++
		}
	}
	return count, nil
}
