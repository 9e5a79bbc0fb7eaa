package cephmap

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// fullOSDMaps are the full maps of testdata, some also of package montest.
func fullOSDMaps(t testing.TB) map[string][]byte {
	t.Helper()
	all := golden(t, "*/osdmap-e*.bin")
	for _, dir := range []string{"*/live/", "*/osd/", "../../montest/testdata/maps/*/"} {
		maps.Copy(all, golden(t, dir+"osdmap-e*.bin"))
	}
	return all
}

// osdMapIncrementals are the incrementals of testdata, some also of package montest, and of the long histories some.
func osdMapIncrementals(t testing.TB) map[string][]byte {
	t.Helper()
	all := golden(t, "*/osdmap-inc-e*.bin")
	for _, dir := range []string{"*/live/", "../../montest/testdata/maps/*/"} {
		maps.Copy(all, golden(t, dir+"osdmap-inc-e*.bin"))
	}
	for name, zipped := range golden(t, "*/osd/*-history.gz") {
		for k, wire := range osdMapHistory(t, zipped) {
			if k%5 == 0 {
				all[fmt.Sprintf("%s-e%d", name, k+1)] = wire
			}
		}
	}
	return all
}

func decodeOSDMapErr(b []byte) error            { _, err := DecodeOSDMap(b); return err }
func decodeOSDMapIncrementalErr(b []byte) error { _, err := DecodeOSDMapIncremental(b); return err }

func mustDecodeOSDMap(t testing.TB, wire []byte) *OSDMap {
	t.Helper()
	m, err := DecodeOSDMap(wire)
	require.NoError(t, err)
	return m
}

func TestOSDMapsEncodeToTheirOwnBytes(t *testing.T) {
	for name, wire := range fullOSDMaps(t) {
		t.Run(name, func(t *testing.T) {
			m := mustDecodeOSDMap(t, wire)
			require.Equal(t, wire, m.AppendTo(nil))
			require.Equal(t, append([]byte("before"), wire...), m.AppendTo([]byte("before")))
			requireEveryPrefixFails(t, sampled(wire), decodeOSDMapErr)
			h, err := DecodeOSDMapHeader(wire)
			require.NoError(t, err)
			require.Equal(t, OSDMapHeader{m.FSID, m.Epoch, m.Created, m.Modified}, h)

			again := slices.Clone(wire)
			m = mustDecodeOSDMap(t, again)
			clear(again)
			require.Equal(t, wire, m.AppendTo(nil), "the map keeps nothing of the bytes")
		})
	}
}

func TestOSDMapIncrementalsEncodeToTheirOwnBytes(t *testing.T) {
	for name, wire := range osdMapIncrementals(t) {
		t.Run(name, func(t *testing.T) {
			i, err := DecodeOSDMapIncremental(wire)
			require.NoError(t, err)
			require.Equal(t, wire, i.AppendTo(nil))
			require.Equal(t, append([]byte("before"), wire...), i.AppendTo([]byte("before")))
			requireEveryPrefixFails(t, sampled(wire), decodeOSDMapIncrementalErr)
		})
	}
}

// sampled returns the beginning of a map that is too large for trying all its prefixes.
func sampled(wire []byte) []byte { return wire[:min(len(wire), 1500)] }

// resealed returns a map or an incremental whose checksum is right again, nil when its frames are broken.
func resealed(b []byte, header func([]byte) (osdMapFrames, error)) []byte {
	f, err := header(b)
	if err != nil || !f.hasCRC {
		return nil
	}
	b = slices.Clone(b)
	sum := denc.CRC32C(denc.CRC32C(denc.CRCSeed, b[:f.crcAt]), b[f.crcAt+4:])
	copy(b[f.crcAt:], denc.AppendUint32(nil, sum))
	return b
}

func resealedFull(b []byte) []byte {
	return resealed(b, func(b []byte) (osdMapFrames, error) { _, f, err := decodeOSDMapHeader(b); return f, err })
}

func resealedIncremental(b []byte) []byte {
	return resealed(b, func(b []byte) (osdMapFrames, error) { _, f, err := decodeOSDMapIncrementalHeader(b); return f, err })
}

// Bytes that say something else behind a right checksum decode to another map or not at all.
func TestChangedOSDMaps(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, release := range []string{"pacific", "reef", "tentacle"} {
		for _, wire := range golden(t, release+"/osd/osdmap-e*.bin") {
			var decoded int
			for range 500 {
				b := slices.Clone(wire)
				b[random.IntN(len(b))] ^= 1 << random.IntN(8)
				if decodeOSDMapErr(b) == nil {
					require.Fail(t, "a wrong checksum was not seen")
				}
				if b = resealedFull(b); b == nil {
					continue
				}
				m, err := DecodeOSDMap(b)
				if err != nil {
					continue
				}
				decoded++
				first := m.AppendTo(nil)
				require.Equal(t, first, mustDecodeOSDMap(t, first).AppendTo(nil))
			}
			require.Positive(t, decoded)
		}
	}
}

func TestZeroOSDMap(t *testing.T) {
	m := mustDecodeOSDMap(t, new(OSDMap).AppendTo(nil))
	require.Equal(t, &OSDMap{ClientVersion: 10}, m)
	i, err := DecodeOSDMapIncremental(new(OSDMapIncremental).AppendTo(nil))
	require.NoError(t, err)
	require.Equal(t, &OSDMapIncremental{ClientVersion: 9}, i)
}

func TestOSDMapLookups(t *testing.T) {
	m := &OSDMap{
		Pools:     []Entry[int64, *Pool]{{2, &Pool{Size: 2}}, {7, &Pool{Size: 7, Options: []PoolOption{{Key: 23, Kind: PoolOptionInt, Int: 9}}}}},
		PoolNames: []Entry[int64, string]{{2, "two"}, {7, "seven"}},
		OSDs:      []*OSD{{State: OSDExists | OSDUp, Weight: OSDWeightIn}, {}, {State: OSDExists | OSDDestroyed}, {State: OSDUp}},
	}
	require.EqualValues(t, 7, m.Pool(7).Size)
	require.Nil(t, m.Pool(3))
	name, ok := m.PoolName(2)
	require.True(t, ok)
	require.Equal(t, "two", name)
	_, ok = m.PoolName(3)
	require.False(t, ok)
	id, ok := m.PoolID("seven")
	require.True(t, ok)
	require.EqualValues(t, 7, id)
	_, ok = m.PoolID("three")
	require.False(t, ok)

	option, ok := m.Pool(7).Option("pg_num_max")
	require.True(t, ok)
	require.EqualValues(t, 9, option.Int)
	_, ok = m.Pool(2).Option("pg_num_max")
	require.False(t, ok)
	require.Equal(t, "option 26", PoolOptionKey(26).String())
	require.Equal(t, "option -1", PoolOptionKey(-1).String())
	require.Equal(t, "pct_update_delay", PoolOptionKey(25).String())

	require.True(t, m.OSD(0).Up())
	require.True(t, m.OSD(0).In())
	require.False(t, m.OSD(2).Up())
	require.False(t, m.OSD(2).In())
	for _, id := range []int32{-1, 1, 3, 4} {
		require.Nil(t, m.OSD(id), "osd.%d", id)
	}
	value, ok := StringMap{{"k", "2"}, {"m", "1"}}.Get("m")
	require.True(t, ok)
	require.Equal(t, "1", value)
}

// The values of the flags are those of the facts they stand for.
func TestOSDMapFlags(t *testing.T) {
	require.EqualValues(t, 1<<23, OSDMapNoAutoscale)
	require.EqualValues(t, 1<<15, OSDMapSortBitwise)
	require.EqualValues(t, 1<<19, PoolECOptimizations)
	require.EqualValues(t, 1<<12, OSDStop)
	require.True(t, (OSDMapNoOut | OSDMapNoIn).Has(OSDMapNoIn))
	require.False(t, OSDMapNoOut.Has(OSDMapNoOut|OSDMapNoIn))
	require.True(t, (PoolNoDelete | PoolBulk).Has(PoolBulk))
}

// The order of blocklists is that of the addresses in a monitor's memory.
func TestCompareAddrs(t *testing.T) {
	all := []denc.EntityAddr{
		{}, addr(t, "10.1.2.3:0/1234"), addr(t, "10.1.2.3:6800/1234"), addr(t, "v1:10.1.2.3:0/1234"), addr(t, "v2:9.1.2.3:256/77"),
		addr(t, "v2:9.1.2.3:1/77"), addr(t, "[fe80::1]:0/9"), addr(t, "[fe80::2]:0/9"), addr(t, "[fe80::2]:0/256"),
		{Type: denc.AddrCIDR, Nonce: 24}, {Type: denc.AddrAny, Nonce: 9},
	}
	for _, a := range all {
		for _, b := range all {
			require.Equal(t, a.Compare(b), compareAddrs(a, b), "%s %s", a, b)
		}
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { compareAddrs(all[1], all[2]) }))
}
