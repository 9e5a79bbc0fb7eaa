package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// large is the large map and what is done to it.
type large struct {
	m    *cephmap.OSDMap
	wire []byte
	inc  []byte // of the next epoch
}

// String says what the map is like.
func (l *large) String() string {
	return fmt.Sprintf("a map of %d OSDs, %d pools and %d upmaps, %.1f MB", len(l.m.OSDs), len(l.m.Pools), l.m.PGUpmapItems.Len(), float64(len(l.wire))/1e6)
}

// newLarge has osdmaptool make a map and adds to it.
func newLarge(ctx context.Context, s settings) (l *large, err error) {
	dir, err := os.MkdirTemp("", "libmonclient-osdmap-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "osdmap")
	if res := s.release.Tool(ctx, "osdmaptool", "--createsimple", fmt.Sprint(s.osds), path); res.Err != nil {
		return nil, res.Err
	}
	wire, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := cephmap.DecodeOSDMap(wire)
	if err != nil {
		return nil, fmt.Errorf("what osdmaptool has made: %w", err)
	}
	return enlarge(m, s.pools, s.upmaps)
}

// enlarge returns a map like m, with addresses, pools and upmaps.
func enlarge(m *cephmap.OSDMap, pools, upmaps int) (*large, error) {
	n := *m
	n.OSDs = make([]*cephmap.OSD, len(m.OSDs))
	for id := range n.OSDs {
		osd := cephmap.OSD{}
		if m.OSDs[id] != nil {
			osd = *m.OSDs[id]
		}
		ip := netip.AddrFrom4([4]byte{10, byte(id >> 16), byte(id >> 8), byte(id)})
		addrs := denc.EntityAddrVec{
			{Type: denc.AddrMsgr2, Nonce: uint32(id), IP: ip, Port: 6800},
			{Type: denc.AddrLegacy, Nonce: uint32(id), IP: ip, Port: 6801},
		}
		osd.State, osd.Weight, osd.Info.UpFrom = cephmap.OSDExists|cephmap.OSDUp, cephmap.OSDWeightIn, n.Epoch
		osd.UUID = uuid.NewSHA1(uuid.Nil, []byte{byte(id), byte(id >> 8), byte(id >> 16)})
		osd.ClientAddrs, osd.ClusterAddrs, osd.HBBackAddrs, osd.HBFrontAddrs = addrs, addrs, addrs, addrs
		n.OSDs[id] = &osd
	}
	each := uint32(upmaps/pools + 1)
	n.Pools, n.PoolNames, n.PoolMax = nil, nil, int32(pools)
	for id := int64(1); id <= int64(pools); id++ {
		n.Pools = append(n.Pools, cephmap.Entry[int64, *cephmap.Pool]{Key: id, Value: &cephmap.Pool{
			Version: 29, Type: cephmap.PoolReplicated, Size: 3, MinSize: 2, PGNum: each, PGPNum: each, PGNumTarget: each, PGPNumTarget: each,
			TierOf: -1, ReadTier: -1, WriteTier: -1,
			Applications: []cephmap.Entry[string, cephmap.StringMap]{{Key: "rbd"}},
		}})
		n.PoolNames = append(n.PoolNames, cephmap.Entry[int64, string]{Key: id, Value: fmt.Sprintf("pool-%d", id)})
	}
	items := make([]cephmap.Entry[cephmap.PG, []cephmap.OSDPair], upmaps)
	for k := range items {
		items[k].Key = cephmap.PG{Pool: 1 + int64(k%pools), Seed: uint32(k / pools)}
		at := int32(k % (len(n.OSDs) - 3))
		items[k].Value = []cephmap.OSDPair{{From: at, To: at + 1}, {From: at + 2, To: at + 3}}
	}
	n.PGUpmapItems = cephmap.NewPGMap(items...)

	l := &large{wire: n.AppendTo(nil)}
	var err error
	if l.m, err = cephmap.DecodeOSDMap(l.wire); err != nil {
		return nil, fmt.Errorf("the enlarged map: %w", err)
	}
	l.inc = typical(l.m).AppendTo(nil)
	return l, nil
}

// typical returns an incremental as there are many.
func typical(m *cephmap.OSDMap) *cephmap.OSDMapIncremental {
	i := &cephmap.OSDMapIncremental{
		FSID: m.FSID, Epoch: m.Epoch + 1, Modified: denc.FromTime(time.Now()),
		NewFlags: -1, NewMaxOSD: -1, NewPoolMax: -1, NewNearFullRatio: -1, NewFullRatio: -1, NewBackfillFullRatio: -1,
		NewRequireMinCompatClient: cephmap.ReleaseUnchanged, NewRequireOSDRelease: cephmap.ReleaseUnchanged,
	}
	for id := range int32(10) {
		i.NewState = append(i.NewState, cephmap.Entry[int32, cephmap.OSDState]{Key: id, Value: cephmap.OSDUp})
		i.NewUpThru = append(i.NewUpThru, cephmap.Entry[int32, uint32]{Key: id + 20, Value: i.Epoch})
		pg := cephmap.PG{Pool: 1, Seed: uint32(id)}
		i.NewPGUpmapItems = append(i.NewPGUpmapItems, cephmap.Entry[cephmap.PG, []cephmap.OSDPair]{Key: pg, Value: []cephmap.OSDPair{{From: 5, To: 6}}})
	}
	return i
}

// works is what is done to the large map, and returns how many bytes it was done with, 0 where that means nothing.
func (l *large) works() []work {
	var room []byte
	next := func() (*cephmap.OSDMap, error) {
		i, err := cephmap.DecodeOSDMapIncremental(l.inc)
		if err != nil {
			return nil, err
		}
		return l.m.Apply(i)
	}
	changed, changedErr := next()
	return []work{
		{"decode", 10, func() (int, error) {
			_, err := cephmap.DecodeOSDMap(l.wire)
			return len(l.wire), err
		}},
		{"apply", 500, func() (int, error) {
			_, err := next()
			return 0, err
		}},
		{"encode", 30, func() (int, error) {
			room = l.m.AppendTo(room[:0])
			return len(room), nil
		}},
		{"JSON", 2, func() (int, error) {
			text, err := l.m.MarshalJSON()
			return len(text), err
		}},
		{"diff", 500, func() (int, error) {
			if changedErr == nil && len(cephmap.DiffOSDMaps(l.m, changed)) == 0 {
				return 0, errors.New("the maps differ in nothing")
			}
			return 0, changedErr
		}},
	}
}

// work is done times times in each round.
type work struct {
	name  string
	times int
	do    func() (size int, err error)
}

// cost is what a work costs each time, by rounds.
type cost struct {
	name                         string
	wall, cpu, allocs, allocated []float64
	bandwidth                    []float64 // by processor time; none where it means nothing
}

// measure has one processor do everything, in turns.
func (l *large) measure(ctx context.Context, rounds int, stderr io.Writer) ([]cost, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	works := l.works()
	costs := make([]cost, len(works))
	for k, w := range works {
		costs[k].name = w.name
		if _, err := w.do(); err != nil { // once for nothing
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
	}
	for n := range rounds {
		fmt.Fprintf(stderr, "round %d of %d: %s\n", n+1, rounds, l)
		for k, w := range works {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := costs[k].add(w); err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	return costs, nil
}

// add does a round of the work.
func (c *cost) add(w work) error {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	used, err := cpuTime()
	if err != nil {
		return err
	}
	begin := time.Now()
	var size int
	for range w.times {
		if size, err = w.do(); err != nil {
			return err
		}
	}
	wall := time.Since(begin)
	cpu, err := cpuTime()
	if err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	c.note(w.times, size, spent{
		wall: float64(wall), cpu: float64(cpu - used),
		allocs: float64(after.Mallocs - before.Mallocs), allocated: float64(after.TotalAlloc - before.TotalAlloc),
	})
	return nil
}

// spent is what a round costs: times in nanoseconds, and what was allocated.
type spent struct{ wall, cpu, allocs, allocated float64 }

// note adds a round, which did the work so many times with size bytes.
func (c *cost) note(times, size int, all spent) {
	n := float64(times)
	c.wall = append(c.wall, all.wall/n)
	c.cpu = append(c.cpu, all.cpu/n)
	c.allocs = append(c.allocs, all.allocs/n)
	c.allocated = append(c.allocated, all.allocated/n)
	if size > 0 && all.cpu > 0 {
		c.bandwidth = append(c.bandwidth, float64(size)*n/all.cpu*1e9)
	}
}
