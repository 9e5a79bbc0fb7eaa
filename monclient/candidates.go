package monclient

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// peer is what is known of a monitor from before. It outlives sessions, so that the next search begins where it is likely
// to end soon.
type peer struct {
	rtt    roundTrips
	good   time.Time // when a session with it last began or ended otherwise than by a failure
	failed time.Time // when an attempt or a session last failed
}

// grudge is how long a failure makes a monitor one of the last to be tried.
const grudge = time.Minute

// Classes of monitors of one priority, in the order in which they are tried.
const (
	classGood    = iota // the last attempt led to a session
	classUnknown        // it was never tried, or long ago
	classFar            // much further away than the nearest
	classFailed         // it has just failed
)

// class returns the class of a monitor, when the nearest of all has the given round trip.
func (p *peer) class(now time.Time, nearest time.Duration) int {
	switch {
	case p == nil:
		return classUnknown
	case p.failed.After(p.good) && now.Sub(p.failed) < grudge:
		return classFailed
	case p.rtt.far(nearest):
		return classFar
	case !p.good.IsZero():
		return classGood
	}
	return classUnknown
}

// peer returns what is known of a monitor, to be added to.
func (c *core) peer(addr denc.EntityAddr) *peer {
	p := c.peers[addr]
	if p == nil {
		p = new(peer)
		c.peers[addr] = p
	}
	return p
}

// forgetPeers drops what is known of monitors that are no more.
func (c *core) forgetPeers() {
	for addr := range c.peers {
		if _, ok := c.monmap.RankOfAddr(addr); !ok && (c.session == nil || c.session.attempt.addr != addr) {
			delete(c.peers, addr)
			c.stats.forget(addr)
		}
	}
}

// candidates returns the monitors that may be tried, in the order for it, without those that skip names. Lower priority
// values come first (mon_info_t::priority in src/mon/MonMap.h); among alike ones the order is random, by weight where
// there are weights, as Ceph's clients do it, and then by what is known of them.
func (c *core) candidates(skip func(denc.EntityAddr) bool) []*attempt {
	mons := slices.Clone(c.monmap.Mons)
	if c.hunt.rounds > 0 && c.confirmed {
		// The map may be so old that none of its monitors is where it was. The addresses of the configuration are tried then.
		for _, mon := range c.cfg.MonMap.Mons {
			if _, ok := c.monmap.RankOfAddr(firstMsgr2(&mon)); !ok {
				mon.Priority = lastPriority
				mons = append(mons, mon)
			}
		}
	}
	mons = slices.DeleteFunc(mons, func(mon cephmap.MonInfo) bool {
		addr, ok := mon.Addrs.Msgr2()
		return !ok || skip(addr)
	})
	weights := make([]uint16, len(mons))
	for i := range mons {
		weights[i] = mons[i].Weight
	}
	order := weightedShuffle(weights)
	now, nearest := time.Now(), c.nearest()
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &mons[i], &mons[j]
		return cmp.Or(cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(c.peers[firstMsgr2(a)].class(now, nearest), c.peers[firstMsgr2(b)].class(now, nearest)))
	})
	attempts := make([]*attempt, len(order))
	for i, j := range order {
		attempts[i] = &attempt{mon: mons[j].Name, addr: firstMsgr2(&mons[j])}
	}
	return attempts
}

// lastPriority is the highest priority value: it is tried last.
const lastPriority = ^uint16(0)

func firstMsgr2(mon *cephmap.MonInfo) denc.EntityAddr {
	addr, _ := mon.Addrs.Msgr2()
	return addr
}

// nearest returns the shortest round trip that is known, 0 when none is.
func (c *core) nearest() (nearest time.Duration) {
	for _, p := range c.peers {
		if d := p.rtt.smooth; d > 0 && (nearest == 0 || d < nearest) {
			nearest = d
		}
	}
	return nearest
}

// weightedShuffle returns the indices of weights in random order: each next one with a probability proportional to its
// weight, or all alike when every weight is 0.
func weightedShuffle(weights []uint16) []int {
	left := make([]int, len(weights))
	total := 0
	for i, w := range weights {
		left[i] = i
		total += int(w)
	}
	order := make([]int, 0, len(weights))
	for len(left) > 0 {
		pick := 0
		if total == 0 {
			pick = rand.IntN(len(left)) // those without a weight come last, among themselves at random
		} else {
			at := rand.IntN(total)
			for ; at >= int(weights[left[pick]]); pick++ {
				at -= int(weights[left[pick]])
			}
		}
		total -= int(weights[left[pick]])
		order = append(order, left[pick])
		left = slices.Delete(left, pick, pick+1)
	}
	return order
}
