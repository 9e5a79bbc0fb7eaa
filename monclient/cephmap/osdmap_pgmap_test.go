package cephmap

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// flat returns the entries of a map.
func flat[V any](m PGMap[V]) (entries []Entry[PG, V]) {
	for pg, v := range m.All() {
		entries = append(entries, Entry[PG, V]{pg, v})
	}
	return entries
}

// Maps of placement groups are what slices would be, and equal ones are the same in memory.
func TestPGMapsMerge(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	some := func() (entries []Entry[PG, int]) {
		for range random.IntN(40) {
			entries = append(entries, Entry[PG, int]{PG{int64(random.IntN(3)), uint32(random.IntN(600))}, random.Int()})
		}
		return inOrder(entries, PG.Compare)
	}
	var m PGMap[int]
	for range 500 {
		changed := some()
		var removed []PG
		for _, e := range some() {
			removed = append(removed, e.Key)
		}
		if random.IntN(20) == 0 {
			for pg := range m.All() {
				removed = append(removed, pg)
			}
			slices.SortFunc(removed, PG.Compare)
		}
		before := flat(m)
		n := m.merge(changed, removed)
		require.Equal(t, before, flat(m), "merging leaves a map as it is")
		want := merge(before, changed, removed, PG.Compare)
		require.Equal(t, want, flat(n))
		require.Equal(t, len(want), n.Len())
		require.Equal(t, NewPGMap(want...), n)
		for _, e := range want {
			v, ok := n.Get(e.Key)
			require.True(t, ok)
			require.Equal(t, e.Value, v)
		}
		_, ok := n.Get(PG{9, 9})
		require.False(t, ok)
		m = n
	}
}

func TestPGMapsShareWhatDoesNotChange(t *testing.T) {
	m := NewPGMap(Entry[PG, int]{PG{1, 1000}, 2}, Entry[PG, int]{PG{1, 1}, 1}, Entry[PG, int]{PG{1, 1}, 3})
	require.Equal(t, []Entry[PG, int]{{PG{1, 1}, 1}, {PG{1, 1000}, 2}}, flat(m))
	n := m.merge([]Entry[PG, int]{{PG{1, 2}, 4}}, nil)
	require.NotSame(t, &m.chunks[0][0], &n.chunks[0][0])
	require.Same(t, &m.chunks[1][0], &n.chunks[1][0])
	require.Equal(t, PGMap[int]{}, NewPGMap[int]())
	for pg := range n.All() {
		require.Equal(t, PG{1, 1}, pg)
		break
	}
}

// Lists out of one slab do not run into one another.
func TestSlabs(t *testing.T) {
	var room slab[int]
	a, b := room.carve(2, 1000), room.carve(3, 1000)
	a = append(a, 7)
	require.Equal(t, []int{0, 0, 0}, b)
	require.Len(t, a, 3)
	require.Len(t, room, slabSize-5)
	require.Len(t, room.carve(slabSize+1, 5), slabSize+1)
	require.Empty(t, room)
	require.Len(t, room.carve(1, 2), 1)
	require.Len(t, room, 1)
}

// All forms of address vectors are read, and those that are cut off are not.
func TestAddrVecReader(t *testing.T) {
	two := addrs(t, "[v2:10.0.0.1:6800/7,v1:[fe80::1]:6801/7]")
	for name, wire := range map[string][]byte{
		"two": addrVecCodec.append(nil, two), "none": addrVecCodec.append(nil, nil),
		"one": addrVecCodec.append(nil, two[:1]), "without a type": addrVecCodec.append(nil, addrs(t, "10.255.254.253:0/4294967295")), "a lone address": addrCodec.append(nil, two[0]),
		"a legacy address": two[1].AppendTo(nil, 0),
	} {
		t.Run(name, func(t *testing.T) {
			var want denc.EntityAddrVec
			want.DecodeFrom(denc.NewReader(wire))
			r := denc.NewReader(wire)
			got := (&addrVecReader{bytes: wire}).read(r)
			require.NoError(t, r.Done())
			require.Equal(t, want, got)
			requireEveryPrefixFails(t, wire, func(b []byte) error {
				r := denc.NewReader(b)
				require.Empty(t, (&addrVecReader{bytes: b}).read(r))
				return r.Err()
			})
		})
	}
}
