package cephmap

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// costFactor is how many bytes a byte of a map may cost to decode.
const costFactor = 12

// requireCheap says what decoding b allocates, kept or not.
func requireCheap(t *testing.T, b []byte, decode func([]byte) error) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := decode(b)
	runtime.ReadMemStats(&after)
	require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(costFactor*len(b)+1<<16))
	return err
}

// What takes the fewest bytes of a map and the most memory.
func TestLargeOSDMapsAreCheap(t *testing.T) {
	const n = 20_000
	blank := denc.EntityAddr{}
	addrs := make(denc.EntityAddrVec, n)
	for name, m := range map[string]*OSDMap{
		"names":          {PoolNames: repeated(n, func(k int) Entry[int64, string] { return Entry[int64, string]{Key: int64(k)} })},
		"unsorted":       {PoolNames: repeated(n, func(k int) Entry[int64, string] { return Entry[int64, string]{Key: int64(n - k)} })},
		"profiles":       {ErasureCodeProfiles: make([]Entry[string, StringMap], n)},
		"profile":        {ErasureCodeProfiles: []Entry[string, StringMap]{{Value: make(StringMap, n)}}},
		"upmaps":         {PGUpmapItems: NewPGMap(repeated(n, func(k int) Entry[PG, []OSDPair] { return Entry[PG, []OSDPair]{Key: PG{Seed: uint32(k)}} })...)},
		"short":          {PGTemp: NewPGMap(repeated(n, func(k int) Entry[PG, []int32] { return Entry[PG, []int32]{PG{Seed: uint32(k)}, []int32{1}} })...)},
		"blocklist":      {Blocklist: repeated(n, func(int) Entry[denc.EntityAddr, denc.UTime] { return Entry[denc.EntityAddr, denc.UTime]{Key: blank} })},
		"OSDs":           {OSDs: make([]*OSD, n)},
		"addresses":      {OSDs: []*OSD{{ClientAddrs: addrs, HBBackAddrs: addrs}}},
		"scattered":      {PGUpmapItems: NewPGMap(repeated(n, func(k int) Entry[PG, []OSDPair] { return Entry[PG, []OSDPair]{Key: PG{Pool: int64(k)}} })...)},
		"some addresses": {OSDs: repeated(n/100, func(int) *OSD { return &OSD{ClientAddrs: addrs[:257], ClusterAddrs: addrs[:1]} })},
		"snapshots":      {RemovedSnapsQueue: make([]Entry[int64, []SnapInterval], n)},
		"pools":          {Pools: repeated(n/10, func(k int) Entry[int64, *Pool] { return Entry[int64, *Pool]{int64(k), &Pool{Version: 29}} })},
		"options":        {Pools: []Entry[int64, *Pool]{{1, &Pool{Options: make([]PoolOption, n)}}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, requireCheap(t, m.AppendTo(nil), decodeOSDMapErr))
		})
	}
}

func repeated[T any](n int, f func(k int) T) []T {
	s := make([]T, n)
	for k := range s {
		s[k] = f(k)
	}
	return s
}

// Any four bytes of a map may be a count.
func TestOSDMapsWithLargeCountsAreCheap(t *testing.T) {
	for name, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		t.Run(name, func(t *testing.T) {
			for at := 18; at+4 < len(wire); at += 3 {
				b := append([]byte(nil), wire...)
				copy(b[at:], "\xff\xff\xff\x7f")
				if b = resealedFull(b); b != nil {
					_ = requireCheap(t, b, decodeOSDMapErr)
				}
			}
		})
	}
}

// Any four bytes may be a count that all of the bytes behind it could be meant by, if each element took but one: without a
// bound by the sizes of elements, that costs many times as much. What is behind is what a newer peer might have appended.
func TestOSDMapsWithCountsOfAllTheirBytesAreCheap(t *testing.T) {
	for _, tt := range []struct {
		name   string
		wire   []byte
		decode func([]byte) error
	}{
		{"map", busyOSDMap(t), func(b []byte) error { _, err := decodeOSDMap(b); return err }},
		{"incremental", everyChange(t), func(b []byte) error { _, err := decodeOSDMapIncremental(b); return err }},
	} {
		for part := range 2 {
			t.Run(fmt.Sprintf("%s, part %d", tt.name, part), func(t *testing.T) {
				b, end := padded(t, tt.wire, part)
				require.NoError(t, tt.decode(b))
				for at := 6; at+4 < end; at++ {
					kept := [4]byte(b[at:])
					binary.LittleEndian.PutUint32(b[at:], padding)
					_ = requireCheap(t, b, tt.decode)
					copy(b[at:], kept[:])
				}
			})
		}
	}
}

// padding is how many bytes padded appends: that many elements of more than costFactor bytes are too dear.
const padding = 48 << 10

// padded returns a map, or an incremental, with bytes that nobody knows at the end of a part, and where they begin.
func padded(t *testing.T, wire []byte, which int) (b []byte, end int) {
	t.Helper()
	const head = 1 + 1 + 4
	r := denc.NewReader(wire)
	r.Bytes(head, "head")
	b = slices.Clone(wire[:head])
	for part := range 2 {
		at := len(b)
		b = append(b, r.Bytes(head, "part")...)
		b = append(b, r.Bytes(int(binary.LittleEndian.Uint32(b[at+2:])), "part")...)
		if part == which {
			end = len(b)
			b = append(b, make([]byte, padding)...)
			binary.LittleEndian.PutUint32(b[at+2:], uint32(len(b)-at-head))
		}
	}
	b = append(b, r.Rest()...)
	require.NoError(t, r.Err())
	binary.LittleEndian.PutUint32(b[2:], uint32(len(b)-head))
	return b, end
}

// busyOSDMap returns a map that has something of everything.
func busyOSDMap(t *testing.T) []byte {
	t.Helper()
	for _, wire := range golden(t, "tentacle/osd/osdmap-e*.bin") {
		if !mustDecodeOSDMap(t, wire).Stretch.Enabled {
			return wire
		}
	}
	require.Fail(t, "no map of a busy cluster")
	return nil
}

// everyChange returns an incremental with what can be counted in one: lists of one element each.
func everyChange(t *testing.T) []byte {
	t.Helper()
	m := mustDecodeOSDMap(t, readFile(t, "testdata/tentacle/osdmap-e5.bin"))
	i := unchanged(m)
	pg := PG{1, 1}
	i.NewPools = []Entry[int64, *Pool]{{1, &Pool{Version: poolVersion}}}
	i.NewPoolNames = []Entry[int64, string]{{1, "p"}}
	i.OldPools = []int64{2}
	i.NewUpClient = []Entry[int32, denc.EntityAddrVec]{{1, nil}}
	i.NewState = []Entry[int32, OSDState]{{1, OSDUp}}
	i.NewWeight = []Entry[int32, uint32]{{1, 1}}
	i.NewPGTemp = []Entry[PG, []int32]{{pg, []int32{1}}}
	i.NewPrimaryTemp = []Entry[PG, int32]{{pg, 1}}
	i.NewPrimaryAffinity = []Entry[int32, uint32]{{1, 1}}
	i.NewErasureCodeProfiles = []Entry[string, StringMap]{{"p", StringMap{{"k", "2"}}}}
	i.OldErasureCodeProfiles = []string{"q"}
	i.NewPGUpmap = []Entry[PG, []int32]{{pg, []int32{1}}}
	i.OldPGUpmap = []PG{{1, 2}}
	i.NewPGUpmapItems = []Entry[PG, []OSDPair]{{pg, []OSDPair{{1, 2}}}}
	i.OldPGUpmapItems = []PG{{1, 2}}
	i.NewRemovedSnaps = []Entry[int64, []SnapInterval]{{1, []SnapInterval{{1, 1}}}}
	i.NewPurgedSnaps = []Entry[int64, []SnapInterval]{{1, []SnapInterval{{1, 1}}}}
	i.NewPGUpmapPrimaries = []Entry[PG, int32]{{pg, 1}}
	i.OldPGUpmapPrimaries = []PG{{1, 2}}
	i.NewXInfo = []Entry[int32, OSDXInfo]{{1, OSDXInfo{Version: 4}}}
	i.NewBlocklist = []Entry[denc.EntityAddr, denc.UTime]{{Value: denc.UTime{Sec: 1}}}
	i.NewUUID = []Entry[int32, uuid.UUID]{{1, m.FSID}}
	return i.AppendTo(nil)
}

// Options are within a pool, and are not many.
func TestPoolOptionsAreCheap(t *testing.T) {
	b, mark := denc.AppendStart(nil, poolOptionsVersion, 1)
	b = denc.AppendFinish(append(denc.AppendUint32(b, padding), make([]byte, padding)...), mark)
	require.ErrorIs(t, requireCheap(t, b, func(b []byte) error {
		r := denc.NewReader(b)
		decodePoolOptions(r)
		return r.Err()
	}), denc.ErrShort)
}

// Room for OSDs costs a small incremental no more than the list of them.
func TestRoomForOSDsIsCheap(t *testing.T) {
	m := mustDecodeOSDMap(t, readFile(t, "testdata/tentacle/osdmap-e5.bin"))
	m.PrimaryAffinity = slices.Repeat([]uint32{OSDWeightIn}, len(m.OSDs))
	i := unchanged(m)
	i.NewMaxOSD = maxOSDs
	i.NewWeight = []Entry[int32, uint32]{{maxOSDs - 1, OSDWeightIn}, {maxOSDs - 2, 1}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := m.Apply(i)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), "the list, its copy, and the affinity")

	require.Len(t, n.OSDs, maxOSDs)
	require.Equal(t, OSD{}, *n.OSDs[maxOSDs-3])
	require.Equal(t, OSD{State: OSDExists, Weight: OSDWeightIn}, *n.OSDs[maxOSDs-1])
	require.Equal(t, OSD{State: OSDExists, Weight: 1}, *n.OSDs[maxOSDs-2])
	require.Equal(t, OSD{}, *blankOSD)
	i = unchanged(n)
	i.NewMaxOSD = maxOSDs + 1
	_, err = n.Apply(i)
	require.ErrorContains(t, err, "above")
}

func TestMalformedOSDMaps(t *testing.T) {
	part := func(version uint8, fields ...[]byte) []byte {
		b, mark := denc.AppendStart(nil, version, 1)
		for _, f := range fields {
			b = append(b, f...)
		}
		return denc.AppendFinish(b, mark)
	}
	whole := func(client, osd []byte) []byte {
		b, mark := denc.AppendStart(nil, 8, 7)
		b = append(append(b, client...), osd...)
		at := len(b)
		b = denc.AppendFinish(append(b, 0, 0, 0, 0), mark)
		copy(b[at:], denc.AppendUint32(nil, denc.CRC32C(denc.CRCSeed, b[:at])))
		return b
	}
	zeros := func(n int) []byte { return make([]byte, n) }
	u32 := func(n uint32) []byte { return denc.AppendUint32(nil, n) }
	before := zeros(16 + 4 + 8 + 8 + 4 + 4 + 4 + 4) // up to max_osd
	for _, tt := range []struct {
		name, want string
		wire       []byte
		kind       error
	}{
		{"client part of Mimic", "client.struct_v", whole(part(7, zeros(36)), part(9)), denc.ErrMalformed},
		{"no OSD part", "osd.struct_v", whole(part(9, zeros(200)), part(8)), denc.ErrMalformed},
		{"client part ends", "client.fsid", whole(part(9), part(9)), denc.ErrShort},
		{"max_osd below 0", "client.max_osd", whole(part(9, before, u32(1<<31)), part(9)), denc.ErrMalformed},
		{"max_osd without OSDs", "client.max_osd", whole(part(9, before, u32(1000), zeros(400)), part(9)), denc.ErrMalformed},
		{"more states than OSDs", "client.osd_state", whole(part(9, before, u32(0), u32(1), zeros(400)), part(9)), denc.ErrMalformed},
		{"affinity of other OSDs", "client.osd_primary_affinity", whole(part(9, before, zeros(4*6), u32(1), zeros(400)), part(9)), denc.ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeOSDMap(tt.wire)
			require.ErrorIs(t, err, tt.kind)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestMalformedPieces(t *testing.T) {
	for _, tt := range []struct {
		name, wire, want string
		read             func(*denc.Reader)
	}{
		{"pg_t of version 2", "02" + "0000000000000000" + "00000000" + "ffffffff", "pg_t of version 2", func(r *denc.Reader) { readPG(r, "pg") }},
		{"osd_info of version 2", "02" + "000000000000000000000000000000000000000000000000", "version 2", func(r *denc.Reader) { new(OSDInfo).decodeFrom(r) }},
		{"osd_xinfo of version 2", "020106000000000000000000", "older than 3", func(r *denc.Reader) { new(OSDXInfo).decodeFrom(r) }},
		{"pool of version 28", "1c0500000000", "older than 29", func(r *denc.Reader) { new(Pool).decodeFrom(r) }},
		{"snapshot of version 1", "010100000000", "older than 2", func(r *denc.Reader) { poolSnapCodec.read(r, "") }},
		{"hit set of type 4", "01010100000004", "4 is no type", func(r *denc.Reader) { new(HitSetParams).decodeFrom(r) }},
		{"option of kind 3", "020110000000" + "01000000" + "0f000000" + "03000000" + "00000000", "option pg_num_min", func(r *denc.Reader) { decodePoolOptions(r) }},
		{"varint of 65 bits", "ffffffffffffffffff02", "more than 64 bits", func(r *denc.Reader) { readVarint(r, "n") }},
		{"snapshots twice", "02000000" + "0100000000000000" + "0200000000000000" + "0200000000000000" + "0100000000000000", "after those up to 3",
			func(r *denc.Reader) { readSnapIntervals(r, "snaps") }},
		{"no snapshots", "01000000" + "0100000000000000" + "0000000000000000", "0 snapshots", func(r *denc.Reader) { readSnapIntervals(r, "snaps") }},
		{"snapshots without end", "01000000" + "0200000000000000" + "ffffffffffffffff", "from 2 on", func(r *denc.Reader) { readSnapIntervals(r, "snaps") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := denc.NewReader(unhex(t, tt.wire))
			tt.read(r)
			require.ErrorIs(t, r.Err(), denc.ErrMalformed)
			require.ErrorContains(t, r.Err(), tt.want)
		})
	}
}

// The sizes by which counts are judged are those of the shortest encodings.
func TestMinimalSizes(t *testing.T) {
	require.Len(t, (&Pool{Version: 29}).appendTo(nil), minPool)
	require.Len(t, (&OSDXInfo{Version: 3}).appendTo(nil), minOSDXInfo)
	require.Len(t, new(OSDInfo).appendTo(nil), minOSDInfo)
	require.Len(t, addrVecCodec.append(nil, nil), addrVecCodec.size)
	require.Len(t, pgCodec.append(nil, PG{}), pgCodec.size)
	require.Len(t, poolSnapCodec.append(nil, PoolSnap{}), poolSnapCodec.size)
}

func TestVarint(t *testing.T) {
	for want, wire := range map[uint64]string{0: "00", 0x7f: "7f", 0x80: "8001", 300: "ac02", 1<<64 - 1: "ffffffffffffffffff01"} {
		r := denc.NewReader(unhex(t, wire))
		require.Equal(t, want, readVarint(r, "n"))
		require.NoError(t, r.Done())
		require.Equal(t, unhex(t, wire), appendVarint(nil, want))
	}
}
