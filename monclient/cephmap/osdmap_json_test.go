package cephmap

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// What the maps' JSON has not, or not in the order of the monitor's hash table.
var (
	readBalanceJSON = regexp.MustCompile(`,"read_balance":\{[^{}]*\}`)
	blocklistJSON   = regexp.MustCompile(`"blocklist":\{[^{}]*\}`)
)

// What osd dump prints of the last maps of the clusters is what their JSON is, to the last digit.
func TestOSDMapJSONIsWhatCephPrints(t *testing.T) {
	for name, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		t.Run(name, func(t *testing.T) {
			text, ok := companion(t, name, ".json")
			require.True(t, ok)
			want := readBalanceJSON.ReplaceAllString(strings.TrimSpace(text), "")
			got, err := mustDecodeOSDMap(t, wire).MarshalJSON()
			require.NoError(t, err)
			require.JSONEq(t, want, string(got))
			none := `"blocklist":{}`
			require.Equal(t, blocklistJSON.ReplaceAllString(want, none), blocklistJSON.ReplaceAllString(string(got), none))
		})
	}
}

// requireJSONHas looks for a part of the map's JSON.
func requireJSONHas(t *testing.T, m *OSDMap, part string) {
	t.Helper()
	got, err := m.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(got), part)
}

func TestOSDMapJSON(t *testing.T) {
	pool := func(p Pool) *OSDMap { return &OSDMap{Pools: []Entry[int64, *Pool]{{1, &p}}} }
	for name, tt := range map[string]struct {
		m    *OSDMap
		want string
	}{
		"empty map":            {&OSDMap{}, `{"epoch":0,"fsid":"00000000-0000-0000-0000-000000000000","created":"0.000000",`},
		"as Pacific":           {&OSDMap{ClientVersion: 9}, `"require_osd_release":"unknown","pools":[]`},
		"as Reef":              {&OSDMap{ClientVersion: 10}, `"require_osd_release":"unknown","allow_crimson":false,"pools":[]`},
		"no number":            {&OSDMap{FullRatio: float32(math.NaN()), NearFullRatio: float32(math.Inf(1))}, `"full_ratio":null,"backfillfull_ratio":0,"nearfull_ratio":null`},
		"small number":         {&OSDMap{FullRatio: 1e-7}, `"full_ratio":1.0000000116860974e-07`},
		"release":              {&OSDMap{RequireOSDRelease: 77}, `"require_osd_release":"unknown"`},
		"flags without a name": {&OSDMap{Flags: OSDMapFull | OSDMapNearFull | OSDMapNoUp}, `"flags":"noup","flags_num":35,"flags_set":["","noup"]`},
		"pool without a name":  {pool(Pool{}), `"pools":[{"pool":1,"pool_name":"<unknown>","create_time":"0.000000","flags":0,"flags_names":"","type":0,`},
		"pool as Reef":         {pool(Pool{Version: 30}), `"peering_crush_bucket_mandatory_member":2147483647,"object_hash":0`},
		"pool as Tentacle":     {pool(Pool{Version: 32}), `"peering_crush_bucket_mandatory_member":2147483647,"is_stretch_pool":false,"object_hash":0`},
		"pool of two sites":    {pool(Pool{Peering: &PoolPeering{2, 3, 8, 4}}), `"peering_crush_bucket_count":2,"peering_crush_bucket_target":3,"peering_crush_bucket_barrier":8,"peering_crush_bucket_mandatory_member":4,"is_stretch_pool":true`},
		"shards":               {pool(Pool{NonPrimaryShards: [2]uint64{0b110, 1}}), `"nonprimary_shards":"{1,2,64}"`},
		"removed snapshots":    {pool(Pool{RemovedSnaps: []SnapInterval{{1, 2}, {10, 16}}}), `"removed_snaps":"[1~2,a~10]"`},
		"merge":                {pool(Pool{LastPGMerge: PGMerge{Source: PG{3, 255}, SourceVersion: EVersion{7, 2}}}), `{"source_pgid":"3.ff","ready_epoch":0,"last_epoch_started":0,"last_epoch_clean":0,"source_version":"2'7",`},
		"modes nobody knows":   {pool(Pool{CacheMode: 9, Autoscale: 9, HitSet: HitSetParams{Type: 9}}), `"cache_mode":"unknown"`},
		"flags nobody knows":   {pool(Pool{Flags: PoolFull | 1<<40}), `"flags_names":"full,???"`},
		"options by name": {
			pool(Pool{Options: []PoolOption{{Key: 5, Kind: PoolOptionInt, Int: -1}, {Key: 6, Kind: PoolOptionString, String: `"`}, {Key: 99}, {Key: 24, Kind: PoolOptionFloat, Float: 0.1}}}),
			`"options":{"compression_mode":"\"","read_ratio":0.10000000000000001,"scrub_priority":-1}`,
		},
		"grades":         {pool(Pool{HitSetCount: 3, HitSetGradeDecayRate: 20}), `"grade_table":[800000,640000,512000]`},
		"absurd grades":  {pool(Pool{HitSetCount: 2, HitSetGradeDecayRate: 200}), `"grade_table":[0,0]`},
		"OSDs with gaps": {&OSDMap{OSDs: []*OSD{nil, {}, {State: OSDExists | 1<<20, Weight: 1}}}, `"max_osd":3`},
		"states":         {&OSDMap{OSDs: []*OSD{{State: OSDExists | OSDUp | OSDNoOut | 1<<20 | 1<<21}}}, `"state":["???","exists","noout","up"]`},
		"no address":     {&OSDMap{OSDs: []*OSD{{State: OSDExists}}}, `"public_addrs":{"addrvec":[]}`},
		"upmaps":         {&OSDMap{PGUpmap: NewPGMap(Entry[PG, []int32]{PG{1, 10}, []int32{1, 2}})}, `"pg_upmap":[{"pgid":"1.a","osds":[1,2]}]`},
		"upmap items":    {&OSDMap{PGUpmapItems: NewPGMap(Entry[PG, []OSDPair]{PG{1, 10}, []OSDPair{{1, 2}}})}, `"pg_upmap_items":[{"pgid":"1.a","mappings":[{"from":1,"to":2}]}]`},
		"upmap primary":  {&OSDMap{PGUpmapPrimaries: NewPGMap(Entry[PG, int32]{PG{1, 10}, 7})}, `"pg_upmap_primaries":[{"pgid":"1.a","primary_osd":7}]`},
		"temporary":      {&OSDMap{PrimaryTemp: NewPGMap(Entry[PG, int32]{PG{1, 10}, 7}, Entry[PG, int32]{PG{1, 11}, 8})}, `"primary_temp":["1.a",7,"1.b",8]`},
		"blocklist":      {&OSDMap{Blocklist: []Entry[denc.EntityAddr, denc.UTime]{{addr(t, "v2:[::1]:0/7"), denc.UTime{Sec: 1_900_000_000}}}}, `"blocklist":{"v2:[::1]:0/7":"2030-03-17T17:46:40.000000+0000"}`},
		"profile":        {&OSDMap{ErasureCodeProfiles: []Entry[string, StringMap]{{"", StringMap{{"k", "<2>"}}}}}, `"erasure_code_profiles":{"":{"k":"<2>"}}`},
		"node flags":     {&OSDMap{CRUSHNodeFlags: []Entry[int32, OSDState]{{-5, OSDNoUp | OSDNoIn}}}, `"crush_node_flags":{"-5":["noin","noup"]}`},
	} {
		t.Run(name, func(t *testing.T) { requireJSONHas(t, tt.m, tt.want) })
	}
}

func TestMinCompatClient(t *testing.T) {
	crush := func(change func(o *crushOutline)) *crushOutline {
		o := &crushOutline{tunables: crushTunables{msrDescents: 100, msrCollisionTries: 100}, rules: make([]crushRuleOutline, 2)}
		change(o)
		return o
	}
	plain := crush(func(*crushOutline) {})
	pool := func(p Pool) *OSDMap {
		p.TierOf = max(p.TierOf, -1)
		return &OSDMap{Pools: []Entry[int64, *Pool]{{1, &p}}}
	}
	for _, tt := range []struct {
		m     *OSDMap
		crush *crushOutline
		want  string
	}{
		{&OSDMap{}, plain, "argonaut"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.tunables.descendOnce = 1 }), "dumpling"},
		{pool(Pool{TierOf: -1, Flags: PoolHashPSPool}), plain, "dumpling"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.tunables.varyR = 1 }), "firefly"},
		{pool(Pool{TierOf: -1, Tiers: []uint64{1}}), plain, "firefly"},
		{pool(Pool{TierOf: 3}), plain, "firefly"},
		{pool(Pool{TierOf: -1, CRUSHRule: 1}), crush(func(o *crushOutline) { o.rules[1].varyR = true }), "firefly"},
		{pool(Pool{TierOf: -1, CRUSHRule: 2}), crush(func(o *crushOutline) { o.rules[1].varyR = true }), "argonaut"},
		{&OSDMap{PrimaryAffinity: []uint32{OSDWeightIn, 1}}, plain, "firefly"},
		{&OSDMap{PrimaryAffinity: []uint32{OSDWeightIn}}, plain, "argonaut"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.straw2 = true }), "hammer"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.tunables.stable = 1 }), "jewel"},
		{pool(Pool{TierOf: -1, CRUSHRule: 1}), crush(func(o *crushOutline) { o.rules[1].stable = true }), "jewel"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.chooseArgs = true }), "luminous"},
		{&OSDMap{PGUpmap: NewPGMap(Entry[PG, []int32]{})}, plain, "luminous"},
		{&OSDMap{PGUpmapPrimaries: NewPGMap(Entry[PG, int32]{})}, plain, "reef"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.rules[1].msr = true }), "squid"},
		{&OSDMap{}, crush(func(o *crushOutline) { o.tunables.msrDescents = 1 }), "squid"},
	} {
		require.Equal(t, tt.want, tt.m.minCompatClient(tt.crush).String())
	}
}

// The JSON of a map from elsewhere is valid and in proportion to the map, whatever it says.
func TestJSONOfAbsurdOSDMaps(t *testing.T) {
	for name, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		var before, after runtime.MemStats
		for at := 18; at+4 < len(wire); at += 11 {
			b := slices.Clone(wire)
			copy(b[at:], "\xff\xff\xff\x7f")
			if b = resealedFull(b); b == nil {
				continue
			}
			m, err := DecodeOSDMap(b)
			if err != nil {
				continue
			}
			runtime.ReadMemStats(&before)
			text, err := m.MarshalJSON()
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.True(t, json.Valid(text), "%s at %d", name, at)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64*len(b)+1<<16), "%s at %d", name, at)
		}
	}
}

func TestJSONWriterStrings(t *testing.T) {
	for _, s := range []string{"", "plain", "<&>", `"`, `\`, "\n", "\x7f", "ä", "\xff", " ~"} {
		w := new(jsonWriter)
		w.text(s)
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(s))
		require.Equal(t, strings.TrimSuffix(want.String(), "\n"), string(w.b))
	}
}
