package cephmap

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// osdMapHistory returns all incrementals of a cluster, from the first epoch on.
func osdMapHistory(t testing.TB, zipped []byte) [][]byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	require.NoError(t, err)
	all, err := io.ReadAll(z)
	require.NoError(t, err)
	var incs [][]byte
	for r := denc.NewReader(all); r.Remaining() > 0; {
		incs = append(incs, r.Blob("incremental"))
		require.NoError(t, r.Err())
	}
	require.Greater(t, len(incs), 15)
	return incs
}

// crcOf returns the checksum at the end of an encoded full map.
func crcOf(wire []byte) uint32 { return binary.LittleEndian.Uint32(wire[len(wire)-4:]) }

// Every map of a cluster's history has the checksum that the monitors' own map has; the last is here to compare.
func TestIncrementalsMakeTheMonitorsMaps(t *testing.T) {
	for name, zipped := range golden(t, "*/osd/*-history.gz") {
		t.Run(name, func(t *testing.T) {
			m := new(OSDMap)
			for k, wire := range osdMapHistory(t, zipped) {
				i, err := DecodeOSDMapIncremental(wire)
				require.NoError(t, err)
				require.Equal(t, wire, i.AppendTo(nil))
				before := m.AppendTo(nil)
				n, err := m.Apply(i)
				require.NoError(t, err)
				require.EqualValues(t, k+1, n.Epoch)
				require.Equal(t, before, m.AppendTo(nil), "Apply leaves the map as it is")
				m = n
				require.Equal(t, i.FullCRC, crcOf(m.AppendTo(nil)), "epoch %d", m.Epoch)
			}
			want := readFile(t, fmt.Sprintf("testdata/%s/osdmap-e%d.bin", path.Dir(name), m.Epoch))
			require.Equal(t, want, m.AppendTo(nil))
			require.Equal(t, mustDecodeOSDMap(t, want), m)
		})
	}
}

// What the commands that made the histories asked for is in the maps, by other names than its bytes.
func TestBusyOSDMaps(t *testing.T) {
	for name, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		m := mustDecodeOSDMap(t, wire)
		if m.Stretch.Enabled {
			t.Run(name, func(t *testing.T) { requireStretched(t, m) })
		} else {
			t.Run(name, func(t *testing.T) { requireBusy(t, m, strings.HasPrefix(name, "pacific")) })
		}
	}
}

func requireStretched(t *testing.T, m *OSDMap) {
	t.Helper()
	require.EqualValues(t, 2, m.Stretch.BucketCount)
	require.NotEmpty(t, m.Pools)
	for _, p := range m.Pools {
		require.NotNil(t, p.Value.Peering)
		require.EqualValues(t, m.Stretch.Bucket, p.Value.Peering.BucketBarrier)
	}
}

func requireBusy(t *testing.T, m *OSDMap, pacific bool) {
	t.Helper()
	pool := func(name string) *Pool {
		id, ok := m.PoolID(name)
		require.True(t, ok, name)
		return m.Pool(id)
	}
	rep, ec, cache := pool("rep"), pool("ec"), pool("cache")
	require.Equal(t, PoolErasure, ec.Type)
	require.Equal(t, "p21", ec.ErasureCodeProfile)
	require.True(t, ec.FastRead)
	require.Equal(t, PoolReplicated, rep.Type)
	require.True(t, rep.Flags.Has(PoolNoDelete|PoolPoolSnaps))
	require.EqualValues(t, 8, rep.PGNumTarget)
	require.EqualValues(t, 1000000000, rep.QuotaMaxBytes)
	require.Len(t, rep.Snaps, 2)
	require.Equal(t, "third", rep.Snaps[1].Value.Name)
	value, ok := rep.Applications[1].Value.Get("key")
	require.True(t, ok)
	require.Equal(t, "value", value)
	ratio, ok := rep.Option("target_size_ratio")
	require.True(t, ok)
	require.Equal(t, PoolOption{Key: 17, Kind: PoolOptionFloat, Float: 0.25}, ratio)
	mode, ok := rep.Option("compression_mode")
	require.True(t, ok)
	require.Equal(t, "aggressive", mode.String)
	require.Equal(t, CacheWriteback, cache.CacheMode)
	require.Same(t, rep, m.Pool(cache.TierOf))
	require.Equal(t, HitSetBloom, cache.HitSet.Type)
	require.EqualValues(t, 10000, cache.HitSet.FalsePositiveMicro)
	require.Len(t, rep.Tiers, 1)
	_, ok = m.PoolID("renamed")
	require.False(t, ok)

	require.True(t, m.Flags.Has(OSDMapNoOut))
	require.False(t, m.Flags.Has(OSDMapNoScrub))
	require.True(t, m.OSD(0).State.Has(OSDNoIn))
	require.False(t, m.OSD(0).State.Has(OSDNoUp))
	require.True(t, m.OSD(3).State.Has(OSDDestroyed))
	require.Nil(t, m.OSD(4))
	require.Equal(t, OSDWeightIn/2, m.PrimaryAffinity[0])
	require.Len(t, m.CRUSHNodeFlags, 1)
	require.Equal(t, OSDNoOut, m.CRUSHNodeFlags[0].Value)
	require.Len(t, m.DeviceClassFlags, 1)
	require.InDelta(t, 0.94, m.FullRatio, 1e-6)
	_, ok = lookup(m.ErasureCodeProfiles, "p21", cmp.Compare[string])
	require.True(t, ok)
	_, ok = lookup(m.ErasureCodeProfiles, "gone", cmp.Compare[string])
	require.False(t, ok)
	hosts := make(map[string]bool)
	for _, e := range m.Blocklist {
		hosts[e.Key.String()] = true
	}
	require.Contains(t, hosts, "10.1.2.3:0/1234")
	require.Contains(t, hosts, "[fe80::1]:0/9")
	require.NotContains(t, hosts, "10.1.2.4:0/5")
	require.Equal(t, !pacific, m.AllowCrimson)
	if !pacific {
		require.Len(t, m.RangeBlocklist, 1)
		require.Equal(t, "cidr:10.9.0.0:0/16", m.RangeBlocklist[0].Key.String())
	}
}

// Monitors ignore a new end of what is on the blocklist already.
func TestApplyLeavesWhatIsBlocklisted(t *testing.T) {
	m := mustDecodeOSDMap(t, readFile(t, "testdata/reef/osdmap-e5.bin"))
	list := func(addr string, until uint32) []Entry[denc.EntityAddr, denc.UTime] {
		a := addrs(t, addr)[0]
		return []Entry[denc.EntityAddr, denc.UTime]{{a, denc.UTime{Sec: until}}}
	}
	m.Blocklist, m.RangeBlocklist = list("v2:10.1.1.1:0/1", 5), list("v2:10.9.0.0:0/16", 5)
	i := unchanged(m)
	i.NewBlocklist, i.NewRangeBlocklist = list("v2:10.1.1.1:0/1", 9), list("v2:10.9.0.0:0/16", 9)
	n, err := m.Apply(i)
	require.NoError(t, err)
	require.Equal(t, m.Blocklist, n.Blocklist)
	require.Equal(t, m.RangeBlocklist, n.RangeBlocklist)

	i.NewBlocklist = list("v2:10.1.1.2:0/2", 9)
	i.OldBlocklist = []denc.EntityAddr{m.Blocklist[0].Key}
	n, err = m.Apply(i)
	require.NoError(t, err)
	require.Equal(t, i.NewBlocklist, n.Blocklist)
}

func TestApplyRefusesWhatIsNotNext(t *testing.T) {
	m := mustDecodeOSDMap(t, readFile(t, "testdata/reef/osdmap-e5.bin"))
	full := *unchanged(m)
	full.FullMap = m.AppendTo(nil) // of the epoch before
	for _, tt := range []struct {
		name   string
		change func(*OSDMapIncremental)
		want   string
		isNext bool
	}{
		{"same epoch", func(i *OSDMapIncremental) { i.Epoch = 5 }, "epoch 5", false},
		{"a gap", func(i *OSDMapIncremental) { i.Epoch = 7 }, "epoch 7", false},
		{"another cluster", func(i *OSDMapIncremental) { i.FSID = uuid.Nil }, "cluster 00000000-", false},
		{"another full map", func(i *OSDMapIncremental) { *i = full }, "epoch 5", false},
		{"half a full map", func(i *OSDMapIncremental) { i.FullMap = full.FullMap[:100] }, "short", true},
		{"an OSD above max_osd", func(i *OSDMapIncremental) { i.NewWeight = []Entry[int32, uint32]{{3000, 1}} }, "osd.3000", true},
		{"a negative OSD", func(i *OSDMapIncremental) { i.NewUpThru = []Entry[int32, uint32]{{-1, 1}} }, "osd.-1", true},
		{"too many OSDs", func(i *OSDMapIncremental) { i.NewMaxOSD = 1 << 30 }, "1073741824 OSDs", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := unchanged(m)
			tt.change(i)
			_, err := m.Apply(i)
			require.ErrorContains(t, err, tt.want)
			if !tt.isNext {
				require.ErrorIs(t, err, ErrNotNext)
			}
		})
	}
}

// Changes that no history has.
func TestApplyRareChanges(t *testing.T) {
	m := mustDecodeOSDMap(t, readFile(t, "testdata/reef/osdmap-e5.bin"))
	i := unchanged(m)
	i.NewMaxOSD = 4
	i.ClusterSnapshot = "now"
	i.NewUpClient = []Entry[int32, denc.EntityAddrVec]{{3, addrs(t, "v2:10.0.0.1:6800/1")}}
	i.NewState = []Entry[int32, OSDState]{{3, OSDStop}}
	i.NewPrimaryTemp = []Entry[PG, int32]{{PG{1, 0}, 3}, {PG{1, 1}, 2}}
	i.NewRequireOSDRelease = ReleaseReef
	i.NewRequireMinCompatClient = ReleaseNautilus
	i.Crimson = CrimsonAllow
	i.CRUSH = []byte("not a CRUSH map")
	n, err := m.Apply(i)
	require.NoError(t, err)
	require.Len(t, n.OSDs, 4)
	require.Equal(t, OSDExists|OSDUp, n.OSD(3).State)
	require.Equal(t, n.Epoch, n.OSD(3).Info.UpFrom)
	require.Equal(t, "now", n.ClusterSnapshot)
	require.Equal(t, n.Epoch, n.ClusterSnapshotEpoch)
	require.Equal(t, ReleaseNautilus, n.RequireMinCompatClient)
	require.True(t, n.Flags.Has(OSDMapPGLogHardLimit|OSDMapRecoveryDeletes))
	require.True(t, n.AllowCrimson)
	require.Equal(t, i.CRUSH, n.CRUSH)
	require.Equal(t, m.CRUSHVersion+1, n.CRUSHVersion)
	require.Equal(t, 2, n.PrimaryTemp.Len())

	i = unchanged(n)
	i.NewState = []Entry[int32, OSDState]{{3, 0}} // down
	i.NewPrimaryAffinity = []Entry[int32, uint32]{{2, 7}}
	i.NewPrimaryTemp = []Entry[PG, int32]{{PG{1, 0}, -1}}
	i.ClusterSnapshot = ""
	i.Crimson = CrimsonForbid
	down, err := n.Apply(i)
	require.NoError(t, err)
	require.False(t, down.OSD(3).Up())
	require.Equal(t, i.Epoch, down.OSD(3).Info.DownAt)
	require.Equal(t, i.Modified, down.OSD(3).XInfo.DownStamp)
	require.Equal(t, []uint32{OSDWeightIn, OSDWeightIn, 7, OSDWeightIn}, down.PrimaryAffinity)
	require.Equal(t, NewPGMap(Entry[PG, int32]{PG{1, 1}, 2}), down.PrimaryTemp)
	require.Empty(t, down.ClusterSnapshot)
	require.Zero(t, down.ClusterSnapshotEpoch)
	require.False(t, down.AllowCrimson)
	require.True(t, n.OSD(3).Up())

	i = unchanged(down)
	i.NewState = []Entry[int32, OSDState]{{3, OSDExists}}
	i.NewMaxOSD = 6
	gone, err := down.Apply(i)
	require.NoError(t, err)
	require.Equal(t, &OSD{}, gone.OSDs[3])
	require.Len(t, gone.PrimaryAffinity, 6)
	require.EqualValues(t, 7, gone.PrimaryAffinity[2])
}

func TestApplySharesWhatDoesNotChange(t *testing.T) {
	m := largeOSDMap(t)
	i := unchanged(m)
	i.NewPGTemp = []Entry[PG, []int32]{{PG{1, 2}, []int32{3}}}
	n, err := m.Apply(i)
	require.NoError(t, err)
	require.Same(t, &m.OSDs[0], &n.OSDs[0])
	require.Same(t, &m.Pools[0], &n.Pools[0])
	require.Same(t, &m.PGUpmapItems.chunks[0], &n.PGUpmapItems.chunks[0])
	require.Same(t, &m.CRUSH[0], &n.CRUSH[0])

	i = unchanged(m)
	i.NewState = []Entry[int32, OSDState]{{3, OSDUp}}
	i.NewUpThru = []Entry[int32, uint32]{{3, 9}}
	n, err = m.Apply(i)
	require.NoError(t, err)
	require.True(t, m.OSD(3).Up())
	require.False(t, n.OSD(3).Up())
	require.Zero(t, m.OSD(3).Info.UpThru)
	require.EqualValues(t, 9, n.OSD(3).Info.UpThru)
	require.Same(t, m.OSDs[2], n.OSDs[2])
	m.OSDs[4] = nil
	i.NewState[0].Key = 4
	n, err = m.Apply(i)
	require.NoError(t, err)
	require.Equal(t, OSDUp, n.OSDs[4].State)
	require.Nil(t, m.OSDs[4])
}

func TestMerge(t *testing.T) {
	at := func(keys ...int32) (m []Entry[int32, int32]) {
		for _, k := range keys {
			m = append(m, Entry[int32, int32]{k, k * 10})
		}
		return m
	}
	changed := func(keys ...int32) (m []Entry[int32, int32]) {
		for _, k := range keys {
			m = append(m, Entry[int32, int32]{k, k * 100})
		}
		return m
	}
	both := func(m ...[]Entry[int32, int32]) (all []Entry[int32, int32]) {
		for _, m := range m {
			all = append(all, m...)
		}
		return all
	}
	for _, tt := range []struct {
		old, changed []Entry[int32, int32]
		removed      []int32
		want         []Entry[int32, int32]
	}{
		{at(1, 2), nil, nil, at(1, 2)},
		{nil, changed(1, 2), nil, changed(1, 2)},
		{at(1, 3, 5), changed(3), nil, both(at(1), changed(3), at(5))},
		{at(1, 3, 5), changed(0, 2, 6), nil, both(changed(0), at(1), changed(2), at(3, 5), changed(6))},
		{at(1, 3, 5), nil, []int32{0, 1, 5, 7}, at(3)},
		{at(1, 3, 5), changed(3, 4), []int32{3, 3, 5}, both(at(1), changed(4))},
		{at(1), nil, []int32{1}, nil},
		{nil, changed(1), []int32{1}, nil},
	} {
		require.Equal(t, tt.want, merge(tt.old, tt.changed, tt.removed, int32Codec.compare))
	}
}

func TestSnapIntervals(t *testing.T) {
	const n = 12 // snapshots, of which any set is tried with some others
	set := func(bits int) (s []SnapInterval) {
		for k := range n {
			switch {
			case bits>>k&1 == 0:
			case k > 0 && bits>>(k-1)&1 != 0:
				s[len(s)-1].Length++
			default:
				s = append(s, SnapInterval{uint64(k), 1})
			}
		}
		return s
	}
	for a := range 1 << n {
		for _, b := range []int{0, 1, 0b101, 0b1110, 0b110011001100, 0b111111111111, a ^ 0b1100, a >> 1} {
			if want, got := set(a|b), unionOfSnaps(set(a), set(b)); !reflect.DeepEqual(want, got) {
				require.Equal(t, want, got, "%b | %b", a, b)
			}
			if want, got := set(a&^b), subtractSnaps(set(a), set(b)); !reflect.DeepEqual(want, got) {
				require.Equal(t, want, got, "%b &^ %b", a, b)
			}
		}
	}
}

// Every CRUSH map of the histories is understood to its end, which only those of Tentacle's incrementals have more of.
func TestCRUSHOutlines(t *testing.T) {
	for name, zipped := range golden(t, "*/osd/*-history.gz") {
		t.Run(name, func(t *testing.T) {
			var seen int
			for _, wire := range osdMapHistory(t, zipped) {
				i, err := DecodeOSDMapIncremental(wire)
				require.NoError(t, err)
				if len(i.CRUSH) == 0 {
					continue
				}
				seen++
				o, err := outlineCRUSH(i.CRUSH)
				require.NoError(t, err)
				if strings.HasPrefix(name, "tentacle") {
					require.Equal(t, crushMSRDefaults, o.tail)
				} else {
					require.Empty(t, o.tail)
				}
				if seen > 2 {
					continue // their prefixes are much the same
				}
				short := o.withoutMSRDefaults(i.CRUSH)
				for k := range short {
					if _, err := outlineCRUSH(short[:k]); err == nil {
						require.Fail(t, "a prefix is a CRUSH map", "%d of %d bytes", k, len(short))
					}
				}
			}
			require.Greater(t, seen, 3)
		})
	}
}
