package cephmap

import (
	"runtime"
	"testing"

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
