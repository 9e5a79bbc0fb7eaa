package cephmap

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// OSDMapChangeKind says what changed in an OSD map. The names are for programs, too, and stay.
type OSDMapChangeKind string

// The kinds; what the fields of a change have is said where it is not plain.
const (
	OSDMapClusterChanged OSDMapChangeKind = "cluster_changed" // the maps are not of one cluster: Old and New are fsids
	OSDMapSettingChanged OSDMapChangeKind = "setting_changed" // Name is as in ceph osd dump: full_ratio, require_osd_release
	OSDMapFlagSet        OSDMapChangeKind = "flag_set"        // Name: noout
	OSDMapFlagUnset      OSDMapChangeKind = "flag_unset"
	OSDMapStretchChanged OSDMapChangeKind = "stretch_changed" // Name is as in ceph osd dump: degraded_stretch_mode

	CRUSHChanged     OSDMapChangeKind = "crush_changed" // in whatever way; Old and New are its versions
	CRUSHItemAdded   OSDMapChangeKind = "crush_item_added"
	CRUSHItemRemoved OSDMapChangeKind = "crush_item_removed"
	CRUSHRuleAdded   OSDMapChangeKind = "crush_rule_added"
	CRUSHRuleRemoved OSDMapChangeKind = "crush_rule_removed"
	CRUSHFlagSet     OSDMapChangeKind = "crush_flag_set" // New of the bucket or device Name
	CRUSHFlagUnset   OSDMapChangeKind = "crush_flag_unset"
	ClassFlagSet     OSDMapChangeKind = "class_flag_set" // New of the device class Name
	ClassFlagUnset   OSDMapChangeKind = "class_flag_unset"

	ECProfileCreated OSDMapChangeKind = "ec_profile_created" // Old and New are each a StringMap
	ECProfileChanged OSDMapChangeKind = "ec_profile_changed"
	ECProfileDeleted OSDMapChangeKind = "ec_profile_deleted"

	PoolCreated       OSDMapChangeKind = "pool_created" // New is the *Pool
	PoolDeleted       OSDMapChangeKind = "pool_deleted" // Old is the *Pool
	PoolRenamed       OSDMapChangeKind = "pool_renamed" // Old and New are names
	PoolChanged       OSDMapChangeKind = "pool_changed" // Name is the setting; Old or New is nil where it is not set
	PoolFlagSet       OSDMapChangeKind = "pool_flag_set"
	PoolFlagUnset     OSDMapChangeKind = "pool_flag_unset"
	PoolSnapCreated   OSDMapChangeKind = "pool_snap_created" // Name, and New is its id
	PoolSnapRemoved   OSDMapChangeKind = "pool_snap_removed" // Name, and Old is its id
	PoolAppEnabled    OSDMapChangeKind = "pool_application_enabled"
	PoolAppDisabled   OSDMapChangeKind = "pool_application_disabled"
	PoolAppChanged    OSDMapChangeKind = "pool_application_changed" // Old and New are each a StringMap
	PoolSnapsRemoved  OSDMapChangeKind = "pool_snaps_removed"       // New is the []SnapInterval to be trimmed
	PoolSnapsPurged   OSDMapChangeKind = "pool_snaps_purged"        // Old is the []SnapInterval that was trimmed
	OSDCreated        OSDMapChangeKind = "osd_created"
	OSDRemoved        OSDMapChangeKind = "osd_removed"
	OSDWasDestroyed   OSDMapChangeKind = "osd_destroyed" // its data is gone for good, its id is kept
	OSDWentUp         OSDMapChangeKind = "osd_up"        // New is its address
	OSDWentDown       OSDMapChangeKind = "osd_down"
	OSDRestarted      OSDMapChangeKind = "osd_restarted" // up before and up again; New is its address
	OSDWentIn         OSDMapChangeKind = "osd_in"        // New is its weight
	OSDWentOut        OSDMapChangeKind = "osd_out"       // Old was its weight
	OSDReweighted     OSDMapChangeKind = "osd_reweighted"
	OSDAffinity       OSDMapChangeKind = "osd_primary_affinity"
	OSDAddrsChanged   OSDMapChangeKind = "osd_addresses_changed" // Name: public, cluster, heartbeat_back, heartbeat_front
	OSDFlagSet        OSDMapChangeKind = "osd_flag_set"          // Name: noup, nearfull
	OSDFlagUnset      OSDMapChangeKind = "osd_flag_unset"
	OSDDetailsChanged OSDMapChangeKind = "osd_changed" // Name is as in ceph osd dump: up_thru, laggy_probability

	// How many placement groups have such an exception, or none any more, is in Added, Changed and Removed.
	PGTempChanged           OSDMapChangeKind = "pg_temp_changed"
	PrimaryTempChanged      OSDMapChangeKind = "primary_temp_changed"
	PGUpmapChanged          OSDMapChangeKind = "pg_upmap_changed"
	PGUpmapItemsChanged     OSDMapChangeKind = "pg_upmap_items_changed"
	PGUpmapPrimariesChanged OSDMapChangeKind = "pg_upmap_primaries_changed"

	// Name is the address, Old and New say until when.
	BlocklistAdded        OSDMapChangeKind = "blocklist_added"
	BlocklistChanged      OSDMapChangeKind = "blocklist_changed"
	BlocklistRemoved      OSDMapChangeKind = "blocklist_removed"
	RangeBlocklistAdded   OSDMapChangeKind = "range_blocklist_added"
	RangeBlocklistChanged OSDMapChangeKind = "range_blocklist_changed"
	RangeBlocklistRemoved OSDMapChangeKind = "range_blocklist_removed"
)

// OSDMapChange is one change from one OSD map to another. Which fields it has is up to its kind.
type OSDMapChange struct {
	Kind     OSDMapChangeKind
	OSD      int32  // of kinds that begin with osd_
	Pool     int64  // of kinds that begin with pool_
	PoolName string // the one that it has, or had
	Name     string // of what changed, when the kind does not say it
	// Old and New are what was and what is now, nil when there is nothing: a bool, an int64 or uint64, a float64, a
	// string, a denc.UTime, or what the kind says.
	Old, New any

	Added, Changed, Removed int
}

// DiffOSDMaps returns what changed from old to next, which need not be of successive epochs: first what is the cluster's,
// then pools by id, OSDs by id, placement groups, and blocklists. A nil map is an empty one. Epochs and times of maps
// are no changes, nor is another encoding. What follows from a change that is reported is not reported again, such as
// the epoch from which on an OSD is up.
func DiffOSDMaps(old, next *OSDMap) []OSDMapChange {
	d := osdMapDiff{old: old, next: next}
	if old == nil {
		d.old = &OSDMap{PoolMax: -1}
	}
	if next == nil {
		d.next = &OSDMap{PoolMax: -1}
	}
	d.cluster()
	d.crush()
	d.profiles()
	d.pools()
	d.snaps()
	d.osds()
	d.placement()
	d.blocklist(d.old.Blocklist, d.next.Blocklist, BlocklistAdded, BlocklistChanged, BlocklistRemoved)
	d.blocklist(d.old.RangeBlocklist, d.next.RangeBlocklist, RangeBlocklistAdded, RangeBlocklistChanged, RangeBlocklistRemoved)
	return d.changes
}

// osdMapDiff gathers changes.
type osdMapDiff struct {
	old, next *OSDMap
	changes   []OSDMapChange
}

func (d *osdMapDiff) add(c OSDMapChange) { d.changes = append(d.changes, c) }

// setting is something that can be compared, by the name that it has in osd dump.
type setting[T any] struct {
	name string
	of   func(T) any
}

var clusterSettings = []setting[*OSDMap]{
	{"full_ratio", func(m *OSDMap) any { return ratio(m.FullRatio) }},
	{"backfillfull_ratio", func(m *OSDMap) any { return ratio(m.BackfillFullRatio) }},
	{"nearfull_ratio", func(m *OSDMap) any { return ratio(m.NearFullRatio) }},
	{"cluster_snapshot", func(m *OSDMap) any { return m.ClusterSnapshot }},
	{"max_osd", func(m *OSDMap) any { return int64(len(m.OSDs)) }},
	{"require_min_compat_client", func(m *OSDMap) any { return m.RequireMinCompatClient.String() }},
	{"require_osd_release", func(m *OSDMap) any { return m.RequireOSDRelease.String() }},
	{"allow_crimson", func(m *OSDMap) any { return m.AllowCrimson }},
}

var stretchSettings = []setting[*OSDMap]{
	{"stretch_mode_enabled", func(m *OSDMap) any { return m.Stretch.Enabled }},
	{"stretch_bucket_count", func(m *OSDMap) any { return uint64(m.Stretch.BucketCount) }},
	{"degraded_stretch_mode", func(m *OSDMap) any { return uint64(m.Stretch.Degraded) }},
	{"recovering_stretch_mode", func(m *OSDMap) any { return uint64(m.Stretch.Recovering) }},
	{"stretch_mode_bucket", func(m *OSDMap) any { return int64(m.Stretch.Bucket) }},
}

// ratio is as people set it, 0.85, and not the nearest number of 32 bits. What is no number is nothing.
func ratio(r float32) any {
	v, err := strconv.ParseFloat(strconv.FormatFloat(float64(r), 'g', -1, 32), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

func (d *osdMapDiff) cluster() {
	if d.old.FSID != d.next.FSID && d.old.FSID != uuid.Nil {
		d.add(OSDMapChange{Kind: OSDMapClusterChanged, Old: d.old.FSID.String(), New: d.next.FSID.String()})
	}
	for _, s := range clusterSettings {
		if a, b := s.of(d.old), s.of(d.next); a != b {
			d.add(OSDMapChange{Kind: OSDMapSettingChanged, Name: s.name, Old: a, New: b})
		}
	}
	known := func(e Entry[int64, *Pool]) bool { return e.Key == int64(d.next.PoolMax) }
	if d.old.PoolMax != d.next.PoolMax && !slices.ContainsFunc(d.next.Pools, known) {
		d.add(OSDMapChange{Kind: OSDMapSettingChanged, Name: "pool_max", Old: int64(d.old.PoolMax), New: int64(d.next.PoolMax)})
	}
	d.flags(uint64(d.old.Flags), uint64(d.next.Flags), osdMapFlagName, OSDMapFlagSet, OSDMapFlagUnset, OSDMapChange{})
	for _, s := range stretchSettings {
		if a, b := s.of(d.old), s.of(d.next); a != b {
			d.add(OSDMapChange{Kind: OSDMapStretchChanged, Name: s.name, Old: a, New: b})
		}
	}
}

// osdMapFlagName also names the flags that osd dump does not.
func osdMapFlagName(bit int) string {
	switch f := OSDMapFlags(1 << bit); {
	case f == OSDMapNearFull:
		return "nearfull"
	case f == OSDMapFull:
		return "full"
	case f.String() == "":
		return fmt.Sprintf("flag %d", bit)
	default:
		return f.String()
	}
}

// flags adds a change like c for each bit that is set or unset.
func (d *osdMapDiff) flags(old, next uint64, name func(bit int) string, set, unset OSDMapChangeKind, c OSDMapChange) {
	for bit := 0; (old|next)>>bit != 0; bit++ {
		switch was, is := old>>bit&1, next>>bit&1; {
		case was < is:
			c.Kind = set
		case was > is:
			c.Kind = unset
		default:
			continue
		}
		c.Name = name(bit)
		d.add(c)
	}
}

// diffEntries calls f for each key whose values differ, with nil for a value that is not there.
func diffEntries[K, V any](old, next []Entry[K, V], compare func(a, b K) int, equal func(a, b *V) bool, f func(key K, old, next *V)) {
	if len(old) == len(next) && (len(old) == 0 || &old[0] == &next[0]) {
		return // shared
	}
	for len(old)+len(next) > 0 {
		switch {
		case len(next) == 0 || len(old) > 0 && compare(old[0].Key, next[0].Key) < 0:
			f(old[0].Key, &old[0].Value, nil)
			old = old[1:]
		case len(old) == 0 || compare(old[0].Key, next[0].Key) > 0:
			f(next[0].Key, nil, &next[0].Value)
			next = next[1:]
		default:
			if !equal(&old[0].Value, &next[0].Value) {
				f(old[0].Key, &old[0].Value, &next[0].Value)
			}
			old, next = old[1:], next[1:]
		}
	}
}

func same[V comparable](a, b *V) bool { return *a == *b }

func sameList[V comparable](a, b *[]V) bool { return slices.Equal(*a, *b) }

func sameStrings(a, b *StringMap) bool { return slices.Equal(*a, *b) }

// crush compares CRUSH maps by their bytes and their names.
func (d *osdMapDiff) crush() {
	if d.old.CRUSHVersion != d.next.CRUSHVersion || !bytes.Equal(d.old.CRUSH, d.next.CRUSH) {
		d.add(OSDMapChange{Kind: CRUSHChanged, Old: uint64(d.old.CRUSHVersion), New: uint64(d.next.CRUSHVersion)})
	}
	var before, after CRUSHNames
	if !bytes.Equal(d.old.CRUSH, d.next.CRUSH) || len(d.old.CRUSHNodeFlags)+len(d.next.CRUSHNodeFlags)+len(d.old.DeviceClassFlags)+len(d.next.DeviceClassFlags) > 0 {
		before, _ = d.old.CRUSHNames() // what cannot be read has no names, only ids
		after, _ = d.next.CRUSHNames()
	}
	d.names(before.Items, after.Items, CRUSHItemAdded, CRUSHItemRemoved)
	d.names(before.Rules, after.Rules, CRUSHRuleAdded, CRUSHRuleRemoved)
	d.stateFlags(d.old.CRUSHNodeFlags, d.next.CRUSHNodeFlags, before.Items, after.Items, CRUSHFlagSet, CRUSHFlagUnset)
	d.stateFlags(d.old.DeviceClassFlags, d.next.DeviceClassFlags, before.Classes, after.Classes, ClassFlagSet, ClassFlagUnset)
}

// names leaves out the buckets that stand for others.
func (d *osdMapDiff) names(old, next IDNames, added, removed OSDMapChangeKind) {
	diffEntries(old, next, cmp.Compare[int32], same[string], func(_ int32, a, b *string) {
		if a != nil && !strings.Contains(*a, "~") {
			d.add(OSDMapChange{Kind: removed, Name: *a})
		}
		if b != nil && !strings.Contains(*b, "~") {
			d.add(OSDMapChange{Kind: added, Name: *b})
		}
	})
}

func (d *osdMapDiff) stateFlags(old, next []Entry[int32, OSDState], before, after IDNames, set, unset OSDMapChangeKind) {
	diffEntries(old, next, cmp.Compare[int32], same[OSDState], func(id int32, a, b *OSDState) {
		name, ok := after.Get(id)
		if !ok {
			if name, ok = before.Get(id); !ok {
				name = fmt.Sprint(id)
			}
		}
		var was, is OSDState
		if a != nil {
			was = *a
		}
		if b != nil {
			is = *b
		}
		for bit := 0; (was|is)>>bit != 0; bit++ {
			switch was, is := was>>bit&1, is>>bit&1; {
			case was < is:
				d.add(OSDMapChange{Kind: set, Name: name, New: osdStateName(bit)})
			case was > is:
				d.add(OSDMapChange{Kind: unset, Name: name, Old: osdStateName(bit)})
			}
		}
	})
}

func (d *osdMapDiff) profiles() {
	diffEntries(d.old.ErasureCodeProfiles, d.next.ErasureCodeProfiles, cmp.Compare[string], sameStrings, func(name string, a, b *StringMap) {
		d.add(threeWays(OSDMapChange{Name: name}, a, b, ECProfileCreated, ECProfileChanged, ECProfileDeleted))
	})
}

// threeWays completes a change whose values are what a and b point at, if not nil.
func threeWays[V any](c OSDMapChange, a, b *V, added, changed, removed OSDMapChangeKind) OSDMapChange {
	if a != nil {
		c.Old = *a
	}
	if b != nil {
		c.New = *b
	}
	switch {
	case a == nil:
		c.Kind = added
	case b == nil:
		c.Kind = removed
	default:
		c.Kind = changed
	}
	return c
}

func (d *osdMapDiff) placement() {
	diffPGs(d, d.old.PGTemp, d.next.PGTemp, sameList[int32], PGTempChanged)
	diffPGs(d, d.old.PrimaryTemp, d.next.PrimaryTemp, same[int32], PrimaryTempChanged)
	diffPGs(d, d.old.PGUpmap, d.next.PGUpmap, sameList[int32], PGUpmapChanged)
	diffPGs(d, d.old.PGUpmapItems, d.next.PGUpmapItems, sameList[OSDPair], PGUpmapItemsChanged)
	diffPGs(d, d.old.PGUpmapPrimaries, d.next.PGUpmapPrimaries, same[int32], PGUpmapPrimariesChanged)
}

// diffPGs passes over what the two share.
func diffPGs[V any](d *osdMapDiff, old, next PGMap[V], equal func(a, b *V) bool, kind OSDMapChangeKind) {
	c := OSDMapChange{Kind: kind}
	count := func(_ PG, a, b *V) {
		switch {
		case a == nil:
			c.Added++
		case b == nil:
			c.Removed++
		default:
			c.Changed++
		}
	}
	for x, y := old.chunks, next.chunks; len(x)+len(y) > 0; {
		order := -1
		switch {
		case len(x) == 0:
			order = 1
		case len(y) > 0:
			order = pgChunk(x[0][0].Key).Compare(pgChunk(y[0][0].Key))
		}
		switch {
		case order < 0:
			c.Removed += len(x[0])
			x = x[1:]
		case order > 0:
			c.Added += len(y[0])
			y = y[1:]
		default:
			diffEntries(x[0], y[0], PG.Compare, equal, count)
			x, y = x[1:], y[1:]
		}
	}
	if c.Added+c.Changed+c.Removed > 0 {
		d.add(c)
	}
}

func (d *osdMapDiff) blocklist(old, next []Entry[denc.EntityAddr, denc.UTime], added, changed, removed OSDMapChangeKind) {
	diffEntries(old, next, addrCodec.compare, same[denc.UTime], func(addr denc.EntityAddr, a, b *denc.UTime) {
		d.add(threeWays(OSDMapChange{Name: addr.String()}, a, b, added, changed, removed))
	})
}
