package cephmap

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// largeOSDMap returns a map of 10,000 OSDs, 1,000 pools and 100,000 upmaps; its pools are like one of a real cluster.
func largeOSDMap(b testing.TB) *OSDMap {
	b.Helper()
	m := mustDecodeOSDMap(b, readFile(b, "testdata/tentacle/osdmap-e5.bin"))
	m.OSDs = nil
	for id := range 10_000 {
		addrs := addrs(b, fmt.Sprintf("[v2:10.1.%d.%d:6800/%d,v1:10.1.%d.%d:6801/%d]", id>>8, id&255, id, id>>8, id&255, id))
		m.OSDs = append(m.OSDs, &OSD{
			State: OSDExists | OSDUp, Weight: OSDWeightIn, UUID: uuid.NewSHA1(uuid.Nil, []byte{byte(id), byte(id >> 8)}),
			ClientAddrs: addrs, ClusterAddrs: addrs, HBBackAddrs: addrs, HBFrontAddrs: addrs,
		})
	}
	pool := &Pool{Version: poolVersion, Type: PoolReplicated, Size: 3, MinSize: 2, PGNum: 32768, TierOf: -1, ReadTier: -1, WriteTier: -1,
		Applications: []Entry[string, StringMap]{{Key: "rbd"}}}
	m.Pools, m.PoolNames = nil, nil
	for id := range int64(1000) {
		m.Pools = append(m.Pools, Entry[int64, *Pool]{id, pool})
		m.PoolNames = append(m.PoolNames, Entry[int64, string]{id, fmt.Sprintf("pool-%d", id)})
	}
	var upmaps []Entry[PG, []OSDPair]
	for n := range 100_000 {
		upmaps = append(upmaps, Entry[PG, []OSDPair]{PG{int64(n / 100), uint32(n % 100)}, []OSDPair{{1, 2}, {3, 4}}})
	}
	m.PGUpmapItems = NewPGMap(upmaps...)
	return m
}

func BenchmarkOSDMapDecode(b *testing.B) {
	wire := largeOSDMap(b).AppendTo(nil)
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := DecodeOSDMap(wire)
		require.NoError(b, err)
	}
}

func BenchmarkOSDMapEncode(b *testing.B) {
	m := largeOSDMap(b)
	wire := m.AppendTo(nil)
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		wire = m.AppendTo(wire[:0])
	}
}

// BenchmarkOSDMapApply applies a typical incremental: OSDs that went down and some that came back, and a few upmaps.
func BenchmarkOSDMapApply(b *testing.B) {
	m := largeOSDMap(b)
	i := unchanged(m)
	for id := range int32(10) {
		i.NewState = append(i.NewState, Entry[int32, OSDState]{id, OSDUp})
		i.NewUpThru = append(i.NewUpThru, Entry[int32, uint32]{id + 20, m.Epoch})
		i.NewPGUpmapItems = append(i.NewPGUpmapItems, Entry[PG, []OSDPair]{PG{int64(id), 7}, []OSDPair{{5, 6}}})
	}
	wire := i.AppendTo(nil)
	b.ReportAllocs()
	for b.Loop() {
		i, err := DecodeOSDMapIncremental(wire)
		require.NoError(b, err)
		_, err = m.Apply(i)
		require.NoError(b, err)
	}
}

// BenchmarkOSDMapCatchUp applies 100 small incrementals, one after the other, to a map that is no larger than most.
func BenchmarkOSDMapCatchUp(b *testing.B) {
	m := mustDecodeOSDMap(b, readFile(b, "testdata/tentacle/osdmap-e5.bin"))
	i := unchanged(m)
	i.NewMaxOSD = 1000
	m, err := m.Apply(i)
	require.NoError(b, err)
	var wires [][]byte
	for k, n := 0, m; k < 100; k++ {
		i := unchanged(n)
		addr := addrs(b, fmt.Sprintf("v2:10.0.0.%d:0/1", k))[0]
		i.NewBlocklist = []Entry[denc.EntityAddr, denc.UTime]{{addr, denc.UTime{Sec: 9}}}
		wires = append(wires, i.AppendTo(nil))
		n, err = n.Apply(i)
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := m
		for _, wire := range wires {
			i, err := DecodeOSDMapIncremental(wire)
			require.NoError(b, err)
			n, err = n.Apply(i)
			require.NoError(b, err)
		}
		require.Equal(b, m.Epoch+100, n.Epoch)
	}
}

func BenchmarkOSDMapJSON(b *testing.B) {
	m := largeOSDMap(b)
	b.ReportAllocs()
	for b.Loop() {
		text, err := m.MarshalJSON()
		require.NoError(b, err)
		b.SetBytes(int64(len(text)))
	}
}

// BenchmarkOSDMapDiff compares a map with the next one, which shares most of it.
func BenchmarkOSDMapDiff(b *testing.B) {
	m := largeOSDMap(b)
	i := unchanged(m)
	i.NewState = []Entry[int32, OSDState]{{7, OSDUp}}
	i.NewPGUpmapItems = []Entry[PG, []OSDPair]{{PG{7, 7}, []OSDPair{{5, 6}}}}
	n, err := m.Apply(i)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		require.Len(b, DiffOSDMaps(m, n), 2)
	}
}

// unchanged returns an incremental that changes only the epoch of m.
func unchanged(m *OSDMap) *OSDMapIncremental {
	return &OSDMapIncremental{
		FSID: m.FSID, Epoch: m.Epoch + 1, Modified: denc.UTime{Sec: 7},
		NewFlags: -1, NewMaxOSD: -1, NewPoolMax: -1, NewNearFullRatio: -1, NewFullRatio: -1, NewBackfillFullRatio: -1,
		NewRequireMinCompatClient: ReleaseUnchanged, NewRequireOSDRelease: ReleaseUnchanged,
		ClusterSnapshot: m.ClusterSnapshot, NewRemovedSnaps: slices.Clone(m.NewRemovedSnaps),
	}
}
