package cephmap

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

var update = flag.Bool("update", false, "write the changes in the histories to testdata, for a person to read")

// timeless returns a map without what is no change of the cluster: epochs, times and versions of encodings.
func timeless(m *OSDMap) OSDMap {
	n := *m
	n.Epoch, n.Modified, n.Created, n.ClientVersion = 0, denc.UTime{}, denc.UTime{}, 0
	n.LastUpChange, n.LastInChange = denc.UTime{}, denc.UTime{}
	n.NewRemovedSnaps, n.NewPurgedSnaps = nil, nil
	n.PrimaryAffinity = nil
	for id := range n.OSDs {
		n.PrimaryAffinity = append(n.PrimaryAffinity, m.affinity(int32(id)))
	}
	return n
}

// Every epoch of a real cluster in which the map changed has changes, and none in which it did not.
func TestEveryEpochOfAClusterHasChanges(t *testing.T) {
	for name, zipped := range golden(t, "*/osd/*-history.gz") {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			kinds := make(map[OSDMapChangeKind]bool)
			m := new(OSDMap)
			m.PoolMax = -1
			for _, wire := range osdMapHistory(t, zipped) {
				i, err := DecodeOSDMapIncremental(wire)
				require.NoError(t, err)
				n, err := m.Apply(i)
				require.NoError(t, err)
				changes := DiffOSDMaps(m, n)
				require.Equal(t, changes, DiffOSDMaps(m, mustDecodeOSDMap(t, n.AppendTo(nil))), "what maps share is no matter")
				require.Empty(t, DiffOSDMaps(n, mustDecodeOSDMap(t, n.AppendTo(nil))))
				if len(changes) == 0 {
					require.Empty(t, i.NewRemovedSnaps, "epoch %d", n.Epoch)
					require.Empty(t, i.NewPurgedSnaps, "epoch %d", n.Epoch)
					require.Equal(t, timeless(m), timeless(n), "epoch %d", n.Epoch)
				}
				fmt.Fprintf(&text, "epoch %d\n", n.Epoch)
				for _, c := range changes {
					kinds[c.Kind] = true
					line, err := json.Marshal(c)
					require.NoError(t, err)
					fmt.Fprintf(&text, "  %s\n    %s\n", c, line)
				}
				m = n
			}
			require.NotContains(t, text.String(), "%!")
			require.Greater(t, len(kinds), 8)
			path := filepath.Join("testdata", filepath.FromSlash(strings.TrimSuffix(name, "-history.gz")+"-changes.txt"))
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
			}
			require.Equal(t, string(readFile(t, path)), text.String())
		})
	}
}

// diffOf returns the sentences of what changed when a map was changed, there and back.
func diffOf(t *testing.T, m *OSDMap, change func(m *OSDMap)) (there, back []string) {
	t.Helper()
	changed := mustDecodeOSDMap(t, m.AppendTo(nil))
	change(changed)
	for _, c := range DiffOSDMaps(m, changed) {
		there = append(there, c.String())
	}
	for _, c := range DiffOSDMaps(changed, m) {
		back = append(back, c.String())
	}
	return there, back
}

func diffedOSDMap(t *testing.T) *OSDMap {
	t.Helper()
	a := addrs(t, "[v2:10.0.0.1:6800/7]")
	return &OSDMap{
		FSID: testFSID, Epoch: 7, PoolMax: 5, FullRatio: 0.95,
		Pools: []Entry[int64, *Pool]{{5, &Pool{
			Type: PoolReplicated, Size: 3, PGNum: 32, TierOf: -1, ReadTier: -1, WriteTier: -1,
			Applications: []Entry[string, StringMap]{{"rbd", nil}},
		}}},
		PoolNames: []Entry[int64, string]{{5, "data"}},
		OSDs: []*OSD{
			{State: OSDExists | OSDUp, Weight: OSDWeightIn, ClientAddrs: a, Info: OSDInfo{UpFrom: 3}},
			{State: OSDExists}, {},
		},
		RequireOSDRelease: ReleaseTentacle,
	}
}

func TestDiffOSDMaps(t *testing.T) {
	base := diffedOSDMap(t)
	pool := func(change func(p *Pool)) func(m *OSDMap) { return func(m *OSDMap) { change(m.Pools[0].Value) } }
	osd := func(id int, change func(o *OSD)) func(m *OSDMap) { return func(m *OSDMap) { change(m.OSDs[id]) } }
	until := denc.UTime{Sec: 1_900_000_000}
	for _, tt := range []struct {
		name        string
		change      func(m *OSDMap)
		there, back string
	}{
		{"nothing", func(*OSDMap) {}, "", ""},
		{"epoch alone", func(m *OSDMap) { m.Epoch, m.Modified = 8, until }, "", ""},
		{"another cluster", func(m *OSDMap) { m.FSID = uuid.Nil }, "cluster 00000000-0000-0000-0000-000000000000 instead of " + testFSID.String(), ""},
		{"flag", func(m *OSDMap) { m.Flags |= OSDMapNoUp }, "noup set", "noup unset"},
		{"flags without a name", func(m *OSDMap) { m.Flags |= OSDMapNearFull | 1<<30 }, "nearfull set; flag 30 set", "nearfull unset; flag 30 unset"},
		{"ratio", func(m *OSDMap) { m.FullRatio = 0.9 }, "full_ratio changed from 0.95 to 0.9", "full_ratio changed from 0.9 to 0.95"},
		{"no ratio", func(m *OSDMap) { m.FullRatio = float32(math.NaN()) }, "full_ratio unset, was 0.95", "full_ratio set to 0.95"},
		{"release", func(m *OSDMap) { m.RequireOSDRelease = ReleaseReef }, "require_osd_release changed from tentacle to reef", "require_osd_release changed from reef to tentacle"},
		{"max_osd", func(m *OSDMap) { m.OSDs = m.OSDs[:2] }, "max_osd changed from 3 to 2", "max_osd changed from 2 to 3"},
		{"pool_max", func(m *OSDMap) { m.PoolMax = 9 }, "pool_max changed from 5 to 9", ""},
		{"snapshot of the cluster", func(m *OSDMap) { m.ClusterSnapshot = "s" }, "cluster_snapshot changed from nothing to s", "cluster_snapshot changed from s to nothing"},
		{"crimson", func(m *OSDMap) { m.AllowCrimson = true }, "allow_crimson changed from false to true", "allow_crimson changed from true to false"},
		{"stretch", func(m *OSDMap) { m.Stretch.Degraded = 1 }, "degraded_stretch_mode changed from 0 to 1", "degraded_stretch_mode changed from 1 to 0"},
		{"CRUSH", func(m *OSDMap) { m.CRUSHVersion, m.CRUSH = 2, []byte("?") }, "CRUSH map changed, version 2 instead of 0", "CRUSH map changed, version 0 instead of 2"},
		{"CRUSH by another way", func(m *OSDMap) { m.CRUSH = []byte("?") }, "CRUSH map changed", "CRUSH map changed"},
		{"flag of a node", func(m *OSDMap) { m.CRUSHNodeFlags = []Entry[int32, OSDState]{{-3, OSDNoOut}} }, "noout set for -3", "noout unset for -3"},
		{"flag of a class", func(m *OSDMap) { m.DeviceClassFlags = []Entry[int32, OSDState]{{2, OSDNoIn}} }, "noin set for the device class 2", "noin unset for the device class 2"},
		{"profile", func(m *OSDMap) {
			m.ErasureCodeProfiles = []Entry[string, StringMap]{{"p", StringMap{{"k", "2"}, {"m", "1"}}}}
		},
			`erasure code profile "p" created: k=2 m=1`, `erasure code profile "p" deleted`},

		{"pool", func(m *OSDMap) { m.Pools, m.PoolNames = nil, nil }, `pool 5 "data" deleted`, `pool 5 "data" created: replicated, size 3, 32 placement groups`},
		{"name", func(m *OSDMap) { m.PoolNames[0].Value = "old" }, `pool 5 "old" renamed, was "data"`, `pool 5 "data" renamed, was "old"`},
		{"no name", func(m *OSDMap) { m.PoolNames = nil }, `pool 5 "data" has no name any more`, `pool 5 "data" named`},
		{"size", pool(func(p *Pool) { p.Size = 2 }), `pool 5 "data" size changed from 3 to 2`, `pool 5 "data" size changed from 2 to 3`},
		{"quota", pool(func(p *Pool) { p.QuotaMaxBytes = 9 }), `pool 5 "data" quota_max_bytes changed from 0 to 9`, `pool 5 "data" quota_max_bytes changed from 9 to 0`},
		{"flag of a pool", pool(func(p *Pool) { p.Flags = PoolNoDelete }), `pool 5 "data" nodelete set`, `pool 5 "data" nodelete unset`},
		{"created", pool(func(p *Pool) { p.Flags = PoolCreating }), `pool 5 "data" creating set`, `pool 5 "data" has all its placement groups`},
		{"tier", pool(func(p *Pool) { p.TierOf = 4 }), `pool 5 "data" tier_of set to 4`, `pool 5 "data" tier_of unset, was 4`},
		{"tiers", pool(func(p *Pool) { p.Tiers = []uint64{4, 6} }), `pool 5 "data" tiers set to [4 6]`, `pool 5 "data" tiers unset, was [4 6]`},
		{"option", pool(func(p *Pool) { p.Options = []PoolOption{{Key: 15, Kind: PoolOptionInt, Int: 4}} }),
			`pool 5 "data" pg_num_min set to 4`, `pool 5 "data" pg_num_min unset, was 4`},
		{"snapshot", pool(func(p *Pool) { p.Snaps = []Entry[uint64, PoolSnap]{{1, PoolSnap{1, until, "a"}}}; p.SnapSeq = 1 }),
			`pool 5 "data" snapshot "a" created`, `pool 5 "data" snapshot "a" removed`},
		{"snapshot of a client", pool(func(p *Pool) { p.SnapSeq = 1 }), `pool 5 "data" snap_seq changed from 0 to 1`, `pool 5 "data" snap_seq changed from 1 to 0`},
		{"application", pool(func(p *Pool) { p.Applications = nil }), `pool 5 "data" application rbd disabled`, `pool 5 "data" application rbd enabled`},
		{"application's key", pool(func(p *Pool) { p.Applications = []Entry[string, StringMap]{{"rbd", StringMap{{"k", "v"}}}} }),
			`pool 5 "data" application rbd changed from nothing to k=v`, `pool 5 "data" application rbd changed from k=v to nothing`},
		{"properties", pool(func(p *Pool) { p.Properties = StringMap{{"k", "v"}} }), `pool 5 "data" properties changed from nothing to k=v`, `pool 5 "data" properties changed from k=v to nothing`},
		{"touched", pool(func(p *Pool) { p.LastChange = 9 }), `pool 5 "data" last_change changed from 0 to 9`, `pool 5 "data" last_change changed from 9 to 0`},
		{"snapshots to be trimmed", func(m *OSDMap) { m.RemovedSnapsQueue = []Entry[int64, []SnapInterval]{{5, []SnapInterval{{1, 2}}}} },
			`pool 5 "data" snapshots [1~2] to be trimmed`, `pool 5 "data" snapshots [1~2] trimmed`},
		{"snapshots trimmed at once", func(m *OSDMap) {
			m.Epoch = 8
			m.NewRemovedSnaps = []Entry[int64, []SnapInterval]{{5, []SnapInterval{{1, 2}}}}
			m.NewPurgedSnaps = []Entry[int64, []SnapInterval]{{5, []SnapInterval{{1, 2}}}}
		}, `pool 5 "data" snapshots [1~2] to be trimmed; pool 5 "data" snapshots [1~2] trimmed`, ""},

		{"down", osd(0, func(o *OSD) { o.State &^= OSDUp; o.Info.DownAt = 8 }), "osd.0 down", "osd.0 up at v2:10.0.0.1:6800/7"},
		{"restarted", osd(0, func(o *OSD) { o.Info.UpFrom, o.XInfo.LaggyInterval, o.XInfo.DeadEpoch = 8, 5, 7 }), "osd.0 restarted at v2:10.0.0.1:6800/7", "osd.0 restarted at v2:10.0.0.1:6800/7"},
		{"out", osd(0, func(o *OSD) { o.Weight = 0 }), "osd.0 out", "osd.0 in"},
		{"out by itself", osd(0, func(o *OSD) { o.Weight, o.XInfo.OldWeight = 0, OSDWeightIn }), "osd.0 out", "osd.0 in"},
		{"old weight", osd(0, func(o *OSD) { o.XInfo.OldWeight = OSDWeightIn }), "osd.0 old_weight changed from 0 to 1", "osd.0 old_weight changed from 1 to 0"},
		{"half in", osd(1, func(o *OSD) { o.Weight = OSDWeightIn / 2 }), "osd.1 in, with weight 0.5", "osd.1 out"},
		{"reweighted", osd(0, func(o *OSD) { o.Weight = 52428 }), "osd.0 weight changed from 1 to 0.799988", "osd.0 weight changed from 0.799988 to 1"},
		{"in by itself", osd(1, func(o *OSD) { o.Weight, o.State = OSDWeightIn, OSDExists|OSDUp }), "osd.1 up; osd.1 in", "osd.1 down; osd.1 out"},
		{"created", osd(2, func(o *OSD) { o.State = OSDExists | OSDNew; o.UUID = testFSID }), "osd.2 created", "osd.2 removed"},
		{"destroyed", osd(1, func(o *OSD) { o.State, o.UUID = o.State|OSDDestroyed, testFSID }), "osd.1 destroyed", "osd.1 destroyed unset"},
		{"noout", osd(1, func(o *OSD) { o.State |= OSDNoOut | OSDFull | 1<<20 }), "osd.1 full set; osd.1 noout set; osd.1 ??? set", "osd.1 full unset; osd.1 noout unset; osd.1 ??? unset"},
		{"affinity", func(m *OSDMap) { m.PrimaryAffinity = []uint32{OSDWeightIn, 0, 5} }, "osd.1 primary affinity changed from 1 to 0", "osd.1 primary affinity changed from 0 to 1"},
		{"addresses", osd(0, func(o *OSD) { o.ClusterAddrs = o.ClientAddrs }), "osd.0 cluster address changed from nothing to v2:10.0.0.1:6800/7", "osd.0 cluster address changed from v2:10.0.0.1:6800/7 to nothing"},
		{"up_thru", osd(0, func(o *OSD) { o.Info.UpThru = 8 }), "osd.0 up_thru changed from 0 to 8", "osd.0 up_thru changed from 8 to 0"},
		{"laggy", osd(0, func(o *OSD) { o.XInfo.LaggyProbability = 1 << 31 }), "osd.0 laggy_probability changed from 0 to 0.5", "osd.0 laggy_probability changed from 0.5 to 0"},
		{"other names", func(m *OSDMap) { m.OSDs[2] = nil }, "", ""},

		{"pg_temp", func(m *OSDMap) {
			m.PGTemp = NewPGMap(Entry[PG, []int32]{PG{5, 1}, []int32{1}}, Entry[PG, []int32]{PG{5, 500}, nil})
		}, "pg_temp: 2 added", "pg_temp: 2 removed"},
		{"blocklist", func(m *OSDMap) { m.Blocklist = []Entry[denc.EntityAddr, denc.UTime]{{addr(t, "10.0.0.9:0/5"), until}} },
			"10.0.0.9:0/5 blocklisted until " + until.String(), "10.0.0.9:0/5 no longer blocklisted"},
		{"range", func(m *OSDMap) {
			m.RangeBlocklist = []Entry[denc.EntityAddr, denc.UTime]{{denc.EntityAddr{Type: denc.AddrCIDR, IP: addr(t, "10.0.0.0:0/24").IP, Nonce: 24}, until}}
		},
			"cidr:10.0.0.0:0/24 blocklisted until " + until.String(), "cidr:10.0.0.0:0/24 no longer blocklisted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there, back := diffOf(t, base, tt.change)
			require.Equal(t, tt.there, strings.Join(there, "; "))
			if tt.back != "" || tt.there == "" {
				require.Equal(t, tt.back, strings.Join(back, "; "))
			}
		})
	}
}

func TestDiffOfAnOSDThatIsUpForTheFirstTime(t *testing.T) {
	of := func(state OSDState) *OSDMap { return &OSDMap{OSDs: []*OSD{{State: state}}} }
	changes := DiffOSDMaps(of(OSDExists|OSDNew), of(OSDExists|OSDUp))
	require.Equal(t, []OSDMapChange{{Kind: OSDWentUp, New: ""}}, changes)
	require.Equal(t, "osd.0 up", changes[0].String())
}

func TestDiffOfChangedValues(t *testing.T) {
	until, later := denc.UTime{Sec: 1_900_000_000}, denc.UTime{Sec: 1_900_000_001}
	old := &OSDMap{
		Blocklist:           []Entry[denc.EntityAddr, denc.UTime]{{addr(t, "10.0.0.9:0/5"), until}},
		ErasureCodeProfiles: []Entry[string, StringMap]{{"p", StringMap{{"k", "2"}}}},
		PGUpmap:             NewPGMap(Entry[PG, []int32]{PG{1, 1}, []int32{1}}, Entry[PG, []int32]{PG{1, 2}, []int32{1}}),
	}
	n := *old
	n.Blocklist = []Entry[denc.EntityAddr, denc.UTime]{{addr(t, "10.0.0.9:0/5"), later}}
	n.ErasureCodeProfiles = []Entry[string, StringMap]{{"p", StringMap{{"k", "3"}}}}
	n.PGUpmap = old.PGUpmap.merge([]Entry[PG, []int32]{{PG{1, 1}, []int32{2}}, {PG{2, 2}, nil}}, []PG{{1, 2}})
	changes := DiffOSDMaps(old, &n)
	require.Len(t, changes, 3)
	require.Equal(t, `erasure code profile "p" changed from k=2 to k=3`, changes[0].String())
	require.Equal(t, "pg_upmap: 1 added, 1 changed, 1 removed", changes[1].String())
	require.Equal(t, "10.0.0.9:0/5 blocklisted until "+later.String()+" instead of "+until.String(), changes[2].String())
	line, err := json.Marshal(changes)
	require.NoError(t, err)
	require.JSONEq(t, `[{"kind":"ec_profile_changed","name":"p","old":{"k":"2"},"new":{"k":"3"}},
		{"kind":"pg_upmap_changed","added":1,"changed":1,"removed":1},
		{"kind":"blocklist_changed","name":"10.0.0.9:0/5","old":"`+until.String()+`","new":"`+later.String()+`"}]`, string(line))
}

// Whatever there is in a map is there in the difference from none.
func TestDiffWithNoMap(t *testing.T) {
	m := diffedOSDMap(t)
	m.RemovedSnapsQueue = []Entry[int64, []SnapInterval]{{5, []SnapInterval{{1, 2}}}}
	line, err := json.Marshal(DiffOSDMaps(nil, m))
	require.NoError(t, err)
	require.JSONEq(t, `[{"kind":"setting_changed","name":"full_ratio","old":0,"new":0.95},{"kind":"setting_changed","name":"max_osd","old":0,"new":3},
		{"kind":"setting_changed","name":"require_osd_release","old":"unknown","new":"tentacle"},
		{"kind":"pool_created","pool":5,"pool_name":"data","new":{"type":"replicated","size":3,"min_size":0,"pg_num":32,"crush_rule":0,"erasure_code_profile":""}},
		{"kind":"pool_snaps_removed","pool":5,"pool_name":"data","new":[{"begin":1,"length":2}]},
		{"kind":"osd_created","osd":0},{"kind":"osd_up","osd":0,"new":"v2:10.0.0.1:6800/7"},{"kind":"osd_in","osd":0,"new":1},
		{"kind":"osd_created","osd":1}]`, string(line))
	require.NotEmpty(t, DiffOSDMaps(m, nil))
	require.Empty(t, DiffOSDMaps(nil, nil))
}

// Every field of a pool, of what is known of an OSD, and of a stretched cluster makes a difference.
func TestEveryFieldMakesADifference(t *testing.T) {
	silent := []string{"Version"} // of the encoding
	requireDiff := func(t *testing.T, name string, old, changed *OSDMap) {
		t.Helper()
		if slices.Contains(silent, name) {
			require.Empty(t, DiffOSDMaps(old, changed), name)
			return
		}
		changes := DiffOSDMaps(old, changed)
		require.NotEmpty(t, changes, name)
		for _, c := range changes {
			_, err := json.Marshal(c)
			require.NoError(t, err)
			require.NotContains(t, c.String(), "%!")
		}
	}
	for i := range reflect.TypeFor[Pool]().NumField() {
		p := &Pool{}
		name := reflect.TypeFor[Pool]().Field(i).Name
		setSomething(t, reflect.ValueOf(p).Elem().Field(i))
		with := func(p *Pool) *OSDMap { return &OSDMap{Pools: []Entry[int64, *Pool]{{1, p}}} }
		requireDiff(t, name, with(new(Pool)), with(p))
	}
	for i := range reflect.TypeFor[OSDInfo]().NumField() {
		o := &OSD{State: OSDExists | OSDUp}
		setSomething(t, reflect.ValueOf(&o.Info).Elem().Field(i))
		requireDiff(t, reflect.TypeFor[OSDInfo]().Field(i).Name, &OSDMap{OSDs: []*OSD{{State: OSDExists | OSDUp}}}, &OSDMap{OSDs: []*OSD{o}})
	}
	for i := range reflect.TypeFor[OSDXInfo]().NumField() {
		o := &OSD{State: OSDExists | OSDUp}
		setSomething(t, reflect.ValueOf(&o.XInfo).Elem().Field(i))
		requireDiff(t, reflect.TypeFor[OSDXInfo]().Field(i).Name, &OSDMap{OSDs: []*OSD{{State: OSDExists | OSDUp}}}, &OSDMap{OSDs: []*OSD{o}})
	}
	for i := range reflect.TypeFor[OSDMapStretch]().NumField() {
		m := &OSDMap{}
		setSomething(t, reflect.ValueOf(&m.Stretch).Elem().Field(i))
		requireDiff(t, reflect.TypeFor[OSDMapStretch]().Field(i).Name, &OSDMap{}, m)
	}
}

// setSomething gives a field a value other than its zero.
func setSomething(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct, reflect.Array:
		field := v.Index
		if v.Kind() == reflect.Struct {
			field = v.Field
		}
		setSomething(t, field(0))
	default:
		if v.CanInt() {
			v.SetInt(1)
		} else {
			v.SetUint(1)
		}
	}
}
