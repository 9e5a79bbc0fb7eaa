package cephmap

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// MarshalJSON returns what ceph osd dump -f json prints of the map (OSDMap::dump in src/osd/OSDMap.cc), but not the
// read_balance of pools, which takes working out where CRUSH places each of their placement groups.
//
// Which members there are depends on the release that prints them, and follows here from the encodings: the map is
// printed as 18.2 and later do unless ClientVersion is 9, which is 16.2's, and a pool as 20.2 does unless its Version is
// below 31. So while a cluster is between two releases, when its monitors encode as the older one until it requires the
// newer of its OSDs, what is printed is the older one's. Times are in UTC.
func (m *OSDMap) MarshalJSON() ([]byte, error) {
	w := new(jsonWriter)
	w.object("", func() { m.dump(w) })
	return w.bytes(osdMapName)
}

// printsAsReef reports whether what Reef brought is printed.
func (m *OSDMap) printsAsReef() bool { return m.ClientVersion == 0 || m.ClientVersion >= 10 }

func (m *OSDMap) dump(w *jsonWriter) {
	crush, err := outlineCRUSH(m.CRUSH)
	if err != nil {
		crush = crushOutline{tunables: crushTunables{msrDescents: crushMSRDefault, msrCollisionTries: crushMSRDefault}}
	}
	w.int("epoch", int64(m.Epoch))
	w.str("fsid", m.FSID.String())
	w.time("created", m.Created)
	w.time("modified", m.Modified)
	w.time("last_up_change", m.LastUpChange)
	w.time("last_in_change", m.LastInChange)
	w.str("flags", m.Flags.String())
	w.uint("flags_num", uint64(m.Flags))
	w.strs("flags_set", m.Flags.set())
	w.uint("crush_version", uint64(m.CRUSHVersion))
	w.float("full_ratio", float64(m.FullRatio))
	w.float("backfillfull_ratio", float64(m.BackfillFullRatio))
	w.float("nearfull_ratio", float64(m.NearFullRatio))
	w.str("cluster_snapshot", m.ClusterSnapshot)
	w.int("pool_max", int64(m.PoolMax))
	w.int("max_osd", int64(len(m.OSDs)))
	w.str("require_min_compat_client", releaseText(uint32(m.RequireMinCompatClient)))
	w.str("min_compat_client", m.minCompatClient(&crush).String())
	w.str("require_osd_release", releaseText(uint32(m.RequireOSDRelease)))
	if m.printsAsReef() {
		w.bool("allow_crimson", m.AllowCrimson)
	}
	w.list("pools", func() {
		for _, p := range m.Pools {
			m.dumpPool(w, p.Key, p.Value)
		}
	})
	m.dumpOSDs(w)
	m.dumpPlacement(w)
	w.blocklist("blocklist", m.Blocklist)
	w.blocklist("range_blocklist", m.RangeBlocklist)
	w.object("erasure_code_profiles", func() {
		for _, p := range m.ErasureCodeProfiles {
			w.strings(p.Key, p.Value)
		}
	})
	w.snaps("removed_snaps_queue", m.RemovedSnapsQueue)
	w.snaps("new_removed_snaps", m.NewRemovedSnaps)
	w.snaps("new_purged_snaps", m.NewPurgedSnaps)
	w.stateFlags("crush_node_flags", m.CRUSHNodeFlags, crush.names.Items)
	w.stateFlags("device_class_flags", m.DeviceClassFlags, crush.names.Classes)
	w.object("stretch_mode", func() {
		w.bool("stretch_mode_enabled", m.Stretch.Enabled)
		w.uint("stretch_bucket_count", uint64(m.Stretch.BucketCount))
		w.uint("degraded_stretch_mode", uint64(m.Stretch.Degraded))
		w.uint("recovering_stretch_mode", uint64(m.Stretch.Recovering))
		w.int("stretch_mode_bucket", int64(m.Stretch.Bucket))
	})
}

// dumpPlacement writes what differs from CRUSH. The list primary_temp has placement groups and OSDs by turns.
func (m *OSDMap) dumpPlacement(w *jsonWriter) {
	osds := func(key string, pgs *PGMap[[]int32]) {
		w.list(key, func() {
			for pg, osds := range pgs.All() {
				w.object("", func() {
					w.str("pgid", pg.String())
					w.ints("osds", osds)
				})
			}
		})
	}
	osds("pg_upmap", &m.PGUpmap)
	w.list("pg_upmap_items", func() {
		for pg, pairs := range m.PGUpmapItems.All() {
			w.object("", func() {
				w.str("pgid", pg.String())
				w.list("mappings", func() {
					for _, p := range pairs {
						w.object("", func() {
							w.int("from", int64(p.From))
							w.int("to", int64(p.To))
						})
					}
				})
			})
		}
	})
	if m.printsAsReef() {
		w.list("pg_upmap_primaries", func() {
			for pg, osd := range m.PGUpmapPrimaries.All() {
				w.object("", func() {
					w.str("pgid", pg.String())
					w.int("primary_osd", int64(osd))
				})
			}
		})
	}
	osds("pg_temp", &m.PGTemp)
	w.list("primary_temp", func() {
		for pg, osd := range m.PrimaryTemp.All() {
			w.str("", pg.String())
			w.int("", int64(osd))
		}
	})
}

// String returns the placement group as pool.seed, the seed in hexadecimal digits.
func (p PG) String() string { return fmt.Sprintf("%d.%x", p.Pool, p.Seed) }

// float writes a number as Ceph's formatter does, with up to 17 digits. Numbers that JSON has none of are null.
func (w *jsonWriter) float(key string, v float64) {
	w.key(key)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		w.b = append(w.b, "null"...)
		return
	}
	w.b = strconv.AppendFloat(w.b, v, 'g', 17, 64)
}

// strings writes a member that is named by the map, an object of strings.
func (w *jsonWriter) strings(key string, m StringMap) {
	w.member(key)
	w.braces('{', '}', func() {
		for _, e := range m {
			w.member(e.Key)
			w.text(e.Value)
		}
	})
}

func (w *jsonWriter) blocklist(key string, list []Entry[denc.EntityAddr, denc.UTime]) {
	w.object(key, func() {
		for _, e := range list {
			w.time(e.Key.String(), e.Value)
		}
	})
}

func (w *jsonWriter) snaps(key string, pools []Entry[int64, []SnapInterval]) {
	w.list(key, func() {
		for _, p := range pools {
			w.object("", func() {
				w.int("pool", p.Key)
				w.list("snaps", func() {
					for _, s := range p.Value {
						w.object("", func() {
							w.uint("begin", s.Start)
							w.uint("length", s.Length)
						})
					}
				})
			})
		}
	})
}

// stateFlags writes the flags of what has those ids. What has no name is called by its id.
func (w *jsonWriter) stateFlags(key string, flags []Entry[int32, OSDState], names IDNames) {
	w.object(key, func() {
		for _, e := range flags {
			name, ok := names.Get(e.Key)
			if !ok {
				name = strconv.Itoa(int(e.Key))
			}
			w.member(name)
			w.braces('[', ']', func() { w.elements(e.Value.set()) })
		}
	})
}

// osdMapFlagNames are in the order in which they are printed (OSDMap::get_flag_string in src/osd/OSDMap.cc). The two
// others have no name.
var osdMapFlagNames = []struct {
	flag OSDMapFlags
	name string
}{
	{OSDMapPauseRead, "pauserd"}, {OSDMapPauseWrite, "pausewr"}, {OSDMapPauseRecovery, "pauserec"},
	{OSDMapNoUp, "noup"}, {OSDMapNoDown, "nodown"}, {OSDMapNoOut, "noout"}, {OSDMapNoIn, "noin"},
	{OSDMapNoBackfill, "nobackfill"}, {OSDMapNoRebalance, "norebalance"}, {OSDMapNoRecover, "norecover"},
	{OSDMapNoScrub, "noscrub"}, {OSDMapNoDeepScrub, "nodeep-scrub"}, {OSDMapNoTierAgent, "notieragent"},
	{OSDMapNoSnapTrim, "nosnaptrim"}, {OSDMapSortBitwise, "sortbitwise"}, {OSDMapRequireJewel, "require_jewel_osds"},
	{OSDMapRequireKraken, "require_kraken_osds"}, {OSDMapRequireLuminous, "require_luminous_osds"},
	{OSDMapRecoveryDeletes, "recovery_deletes"}, {OSDMapPurgedSnapDirs, "purged_snapdirs"},
	{OSDMapPGLogHardLimit, "pglog_hardlimit"}, {OSDMapNoAutoscale, "noautoscale"},
}

// String returns the names of the flags as Ceph lists them: noout,sortbitwise.
func (f OSDMapFlags) String() string { return strings.Join(f.Names(), ",") }

// set returns the names in alphabetic order. Flags without a name have the empty one, together.
func (f OSDMapFlags) set() []string {
	return bitSet(uint64(f), func(bit int) string { return OSDMapFlags(1 << bit).String() })
}

// bitSet returns the names of the bits in alphabetic order, without repetitions.
func bitSet(bits uint64, name func(bit int) string) []string {
	names := bitNames(bits, name)
	slices.SortFunc(names, cmp.Compare[string])
	return slices.Compact(names)
}

// bitNames returns the names of the bits, from the lowest on.
func bitNames(bits uint64, name func(bit int) string) []string {
	var names []string
	for bit := 0; bits>>bit != 0; bit++ {
		if bits>>bit&1 != 0 {
			names = append(names, name(bit))
		}
	}
	return names
}
