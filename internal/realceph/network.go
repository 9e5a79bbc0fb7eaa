package realceph

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
)

// The networks of clusters lie in 198.18.0.0/15, which is set aside for tests of networks (RFC 2544), so that it is no host's
// own. Each is a /24 of it; each daemon that may be cut off has a /30 of that.
const (
	networks = 512
	slots    = 64
	daemons  = 0 // the slot of the mgr and the OSDs; monitors have the others
)

// wrongMAC is nobody's, so what is sent to it is dropped by whoever receives it, without a word.
const wrongMAC = "02:00:00:00:00:99"

// network is a network namespace that the daemons of one cluster live in, and the links that lead to it, one to each
// monitor. What the daemons send each other stays inside. The namespace has no name: it goes, and the links with it, when the
// spawner's thread and the last daemon have ended, however they do.
type network struct {
	number  int
	owner   *os.File // its lock makes the number ours
	spawner *spawner
	next    int // slot that was never used
}

// slot is where a daemon is connected.
type slot struct {
	device       string // the link's name at the host's end, and inside
	host, inside netip.Addr
}

// newNetwork makes a network around the namespace that the spawner's thread is in.
func newNetwork(base string, s *spawner) (*network, error) {
	f, err := os.OpenFile(filepath.Join(base, "networks"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("realceph: %w", err)
	}
	for number := range networks {
		n := &network{number: number, owner: f, spawner: s, next: daemons}
		if lockByte(f, int64(number)) != nil || n.inUse() {
			continue
		}
		if err := n.run(inside, "link set lo up\n"); err != nil {
			f.Close()
			return nil, err
		}
		return n, nil
	}
	f.Close()
	return nil, errors.New("realceph: all networks of 198.18.0.0/15 are in use")
}

func (n *network) release() { n.owner.Close() }

// slot returns the i-th slot.
func (n *network) slot(i int) slot {
	at := func(j int) netip.Addr {
		return netip.AddrFrom4([4]byte{198, byte(18 + n.number>>8), byte(n.number), byte(4*i + j)})
	}
	return slot{device: "rc" + strconv.Itoa(n.number) + "s" + strconv.Itoa(i), host: at(1), inside: at(2)}
}

// inUse reports whether the host has an address of this network, which another user's cluster may have given it.
func (n *network) inUse() bool {
	mine := netip.PrefixFrom(n.slot(0).host, 24)
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Overlaps(mine) {
			return true
		}
	}
	return false
}

// connect makes the link of the next slot.
func (n *network) connect() (slot, error) {
	if n.next == slots {
		return slot{}, fmt.Errorf("realceph: a cluster's network has %d slots, and all are used", slots)
	}
	s := n.slot(n.next)
	n.next++
	return s, errors.Join(
		n.run(inside, fmt.Sprintf("link add %[1]s type veth peer name %[1]s netns %[2]d\naddr add %[3]v/30 dev %[1]s\nlink set %[1]s up\n",
			s.device, os.Getpid(), s.inside)),
		n.run(outside, fmt.Sprintf("addr add %v/30 dev %[2]s\nlink set %[2]s up\n", s.host, s.device)),
	)
}

// cut has everything dropped that goes over the link, in both directions; mend ends that.
func (n *network) cut(s slot) error {
	return n.neighbour(s, "replace", "lladdr "+wrongMAC+" nud permanent")
}

func (n *network) mend(s slot) error { return n.neighbour(s, "del", "") }

func (n *network) neighbour(s slot, verb, what string) error {
	line := func(a netip.Addr) string { return fmt.Sprintf("neigh %s %v dev %s %s\n", verb, a, s.device, what) }
	return errors.Join(n.run(outside, line(s.inside)), n.run(inside, line(s.host)))
}
