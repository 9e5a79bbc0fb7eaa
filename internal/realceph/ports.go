package realceph

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
)

// Ports are taken from below the kernel's range for outgoing connections (32768 on Linux), so that no
// connection can sit on a port while its monitor is down, and above Ceph's own defaults.
const (
	firstPort = 15000
	lastPort  = 30000
)

// ports is a set of reserved ports. A port is reserved by a lock on the byte of that number in a file that
// all processes of the user share, so it is free again however its owner ends.
type ports struct {
	file *os.File
	all  []uint16 // ascending
}

// reservePorts reserves n ports that nobody listens on at ip.
func reservePorts(base string, ip netip.Addr, n int) (*ports, error) {
	f, err := os.OpenFile(filepath.Join(base, "ports"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("realceph: %w", err)
	}
	p := &ports{file: f}
	for range 10 * (lastPort - firstPort) {
		if len(p.all) == n {
			slices.Sort(p.all)
			return p, nil
		}
		port := uint16(firstPort + rand.IntN(lastPort-firstPort))
		if slices.Contains(p.all, port) || lockByte(f, int64(port)) != nil || !bindable(ip, port) {
			continue
		}
		p.all = append(p.all, port)
	}
	f.Close()
	return nil, fmt.Errorf("realceph: no %d free ports between %d and %d at %s", n, firstPort, lastPort, ip)
}

func (p *ports) release() { p.file.Close() }

func bindable(ip netip.Addr, port uint16) bool {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, port)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
