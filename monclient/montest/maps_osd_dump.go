package montest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// osdFlagNames are in the order in which they are printed (OSDMap::get_flag_string in src/osd/OSDMap.cc).
var osdFlagNames = []struct {
	bit  uint32
	name string
}{
	{1 << 0, "nearfull"}, {1 << 1, "full"}, {1 << 2, "pauserd"}, {1 << 3, "pausewr"}, {1 << 4, "pauserec"},
	{osdFlagNoUp, "noup"}, {osdFlagNoDown, "nodown"}, {osdFlagNoOut, "noout"}, {osdFlagNoIn, "noin"},
	{1 << 9, "nobackfill"}, {1 << 14, "norebalance"}, {1 << 10, "norecover"}, {1 << 11, "noscrub"},
	{1 << 12, "nodeep-scrub"}, {1 << 13, "notieragent"}, {1 << 21, "nosnaptrim"}, {1 << 15, "sortbitwise"},
	{1 << 16, "require_jewel"}, {1 << 17, "require_kraken"}, {1 << 18, "require_luminous"},
	{1 << 19, "recovery_deletes"}, {1 << 20, "purged_snapdirs"}, {1 << 22, "pglog_hardlimit"},
	{1 << 23, "noautoscale"},
}

// osdFlagsHidden are those of which osd stat does not speak (CEPH_OSDMAP_SEMIHIDDEN_FLAGS in src/include/rados.h).
const osdFlagsHidden = osdFlagsNew | 1<<16 | 1<<17 | 1<<18

func osdFlagList(flags uint32) []string {
	var names []string
	for _, f := range osdFlagNames {
		if flags&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return names
}

var osdStateNames = []string{
	"exists", "up", "autoout", "new", "full", "nearfull", "backfillfull", "destroyed", "noup", "nodown", "noin", "noout", "stop",
}

var osdPoolFlagNames = []string{
	"hashpspool", "full", "ec_overwrites", "incomplete_clones", "nodelete", "nopgchange", "nosizechange",
	"write_fadvise_dontneed", "noscrub", "nodeep-scrub", "full_quota", "nearfull", "backfillfull", "selfmanaged_snaps",
	"pool_snaps", "creating", "eio", "bulk", "crimson", "ec_optimizations",
}

// bitNames returns the names of the bits that are set; the lowest bit has the first name.
func bitNames(bits uint64, names []string) []string {
	var set []string
	for i, name := range names {
		if bits>>i&1 != 0 {
			set = append(set, name)
		}
	}
	return set
}

var autoscaleModes = [...]string{"off", "warn", "on"}

func (p *osdPool) autoscale() string {
	return autoscaleModes[min(int(p.Autoscale), len(autoscaleModes)-1)]
}

// dumpJSON returns what "osd dump -f json" answers (OSDMap::dump in src/osd/OSDMap.cc), without the read balance of
// pools.
func (m *osdMap) dumpJSON(release cephmap.Release) []byte {
	reef := release >= cephmap.ReleaseReef
	var w jsonWriter
	w.object("", func() {
		w.uint("epoch", uint64(m.Epoch))
		w.str("fsid", m.FSID.String())
		w.time("created", m.Created)
		w.time("modified", m.Modified)
		w.time("last_up_change", m.LastUpChange)
		w.time("last_in_change", m.LastInChange)
		flags := osdFlagList(m.Flags)
		w.str("flags", strings.Join(flags, ","))
		w.uint("flags_num", uint64(m.Flags))
		slices.Sort(flags)
		w.strs("flags_set", flags)
		w.uint("crush_version", uint64(m.CRUSHVersion))
		w.float("full_ratio", float64(m.FullRatio))
		w.float("backfillfull_ratio", float64(m.BackfillFullRatio))
		w.float("nearfull_ratio", float64(m.NearFullRatio))
		w.str("cluster_snapshot", "")
		w.int("pool_max", int64(m.PoolMax))
		w.int("max_osd", int64(m.MaxOSD))
		w.str("require_min_compat_client", m.RequireMinCompatClient.String())
		w.str("min_compat_client", minCompatClient)
		w.str("require_osd_release", m.RequireOSDRelease.String())
		if reef {
			w.bool("allow_crimson", false)
		}
		w.list("pools", func() {
			for i := range m.Pools {
				m.Pools[i].dump(&w, "pool", release)
			}
		})
		m.dumpOSDs(&w)
		w.empties("[]", "pg_upmap", "pg_upmap_items")
		if reef {
			w.empties("[]", "pg_upmap_primaries")
		}
		w.empties("[]", "pg_temp", "primary_temp")
		w.object("blocklist", func() {
			for _, a := range m.blocklisted() {
				w.time(legacyAddrText(a), m.Blocklist[a])
			}
		})
		w.empties("{}", "range_blocklist")
		w.object("erasure_code_profiles", func() {
			for _, name := range slices.Sorted(maps.Keys(m.ECProfiles)) {
				w.strMap(name, m.ECProfiles[name])
			}
		})
		w.empties("[]", "removed_snaps_queue", "new_removed_snaps", "new_purged_snaps")
		w.empties("{}", "crush_node_flags", "device_class_flags")
		w.object("stretch_mode", func() {
			w.bool("stretch_mode_enabled", false)
			w.zeros("stretch_bucket_count", "degraded_stretch_mode", "recovering_stretch_mode", "stretch_mode_bucket")
		})
	})
	return append(w.b, '\n')
}

// minCompatClient is the oldest release whose clients could use the map: those that know the CRUSH map's tunables.
const minCompatClient = "jewel"

func (m *osdMap) blocklisted() []denc.EntityAddr {
	return slices.SortedFunc(maps.Keys(m.Blocklist), denc.EntityAddr.Compare)
}

// poolsJSON returns what "osd pool ls detail -f json" answers.
func (m *osdMap) poolsJSON(release cephmap.Release) []byte {
	var w jsonWriter
	w.list("", func() {
		for i := range m.Pools {
			m.Pools[i].dump(&w, "pool_id", release)
		}
	})
	return w.b
}

// dump writes a pool (pg_pool_t::dump in src/osd/osd_types.cc); its id's key depends on the command.
func (p *osdPool) dump(w *jsonWriter, idKey string, release cephmap.Release) {
	w.object("", func() {
		w.int(idKey, p.ID)
		w.str("pool_name", p.Name)
		w.time("create_time", p.Created)
		w.uint("flags", p.Flags)
		w.str("flags_names", strings.Join(bitNames(p.Flags, osdPoolFlagNames), ","))
		w.uint("type", 1)
		w.uint("size", uint64(p.Size))
		w.uint("min_size", uint64(p.MinSize))
		w.uint("crush_rule", uint64(p.CRUSHRule))
		w.zeros("peering_crush_bucket_count", "peering_crush_bucket_target", "peering_crush_bucket_barrier")
		w.uint("peering_crush_bucket_mandatory_member", 0x7fffffff)
		if release >= cephmap.ReleaseTentacle {
			w.bool("is_stretch_pool", false)
		}
		w.uint("object_hash", 2)
		w.str("pg_autoscale_mode", p.autoscale())
		for _, key := range []string{"pg_num", "pg_placement_num", "pg_placement_num_target", "pg_num_target", "pg_num_pending"} {
			w.uint(key, uint64(p.PGNum))
		}
		w.object("last_pg_merge_meta", func() {
			w.str("source_pgid", "0.0")
			w.zeros("ready_epoch", "last_epoch_started", "last_epoch_clean")
			w.str("source_version", "0'0")
			w.str("target_version", "0'0")
		})
		w.str("last_change", strconv.Itoa(int(p.LastChange)))
		for _, key := range []string{"last_force_op_resend", "last_force_op_resend_prenautilus", "last_force_op_resend_preluminous"} {
			w.str(key, "0")
		}
		w.zeros("auid")
		mode := "selfmanaged"
		if p.Flags&osdPoolPoolSnaps != 0 {
			mode = "pool"
		}
		w.str("snap_mode", mode)
		w.uint("snap_seq", p.SnapSeq)
		w.uint("snap_epoch", uint64(p.SnapEpoch))
		w.list("pool_snaps", func() {
			for _, s := range p.Snaps {
				w.object("", func() {
					w.uint("snapid", s.ID)
					w.time("stamp", s.Stamp)
					w.str("name", s.Name)
				})
			}
		})
		w.str("removed_snaps", "[]")
		w.zeros("quota_max_bytes", "quota_max_objects")
		w.empties("[]", "tiers")
		for _, key := range []string{"tier_of", "read_tier", "write_tier"} {
			w.int(key, -1)
		}
		w.str("cache_mode", "none")
		w.zeros("target_max_bytes", "target_max_objects")
		w.uint("cache_target_dirty_ratio_micro", 400_000)
		w.uint("cache_target_dirty_high_ratio_micro", 600_000)
		w.uint("cache_target_full_ratio_micro", 800_000)
		w.zeros("cache_min_flush_age", "cache_min_evict_age")
		w.str("erasure_code_profile", "")
		w.object("hit_set_params", func() { w.str("type", "none") })
		w.zeros("hit_set_period", "hit_set_count")
		w.bool("use_gmt_hitset", true)
		w.zeros("min_read_recency_for_promote", "min_write_recency_for_promote", "hit_set_grade_decay_rate", "hit_set_search_last_n")
		w.empties("[]", "grade_table")
		w.zeros("stripe_width", "expected_num_objects")
		w.bool("fast_read", false)
		if release >= cephmap.ReleaseTentacle {
			w.str("nonprimary_shards", "{}")
		}
		w.object("options", func() {
			for _, o := range p.options() {
				w.int(o.name, o.value)
			}
		})
		w.object("application_metadata", func() { w.empties("{}", p.Applications...) })
	})
}

type poolOption struct {
	name  string
	value int64
}

// options returns the options that are set, by name.
func (p *osdPool) options() []poolOption {
	all := []poolOption{{"pg_num_max", p.PGNumMax}, {"pg_num_min", p.PGNumMin}}
	return slices.DeleteFunc(all, func(o poolOption) bool { return o.value == 0 })
}

func boolInt(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// dumpOSDs writes osds and osd_xinfo (OSDMap::dump_osds in src/osd/OSDMap.cc).
func (m *osdMap) dumpOSDs(w *jsonWriter) {
	w.list("osds", func() {
		for i := range m.OSDs {
			o := &m.OSDs[i]
			w.object("", func() {
				w.int("osd", int64(o.ID))
				w.str("uuid", o.UUID.String())
				w.int("up", boolInt(o.up()))
				w.int("in", boolInt(o.Weight != 0))
				w.float("weight", crushWeight(o.Weight))
				w.float("primary_affinity", 1)
				w.uint("last_clean_begin", uint64(o.LastCleanBegin))
				w.uint("last_clean_end", uint64(o.LastCleanEnd))
				w.uint("up_from", uint64(o.UpFrom))
				w.uint("up_thru", uint64(o.UpThru))
				w.uint("down_at", uint64(o.DownAt))
				w.uint("lost_at", uint64(o.LostAt))
				addrs := []struct {
					name  string
					addrs denc.EntityAddrVec
				}{{"public", o.Public}, {"cluster", o.Cluster}, {"heartbeat_back", o.HeartbeatBack}, {"heartbeat_front", o.HeartbeatFront}}
				for _, a := range addrs {
					w.addrVec(a.name+"_addrs", a.addrs)
				}
				for _, a := range addrs {
					w.str(a.name+"_addr", legacyAddrText(legacyAddr(a.addrs)))
				}
				w.strs("state", bitNames(uint64(o.State), osdStateNames))
			})
		}
	})
	w.list("osd_xinfo", func() {
		for i := range m.OSDs {
			o, x := &m.OSDs[i], &m.OSDs[i].More
			w.object("", func() {
				w.int("osd", int64(o.ID))
				w.time("down_stamp", x.DownStamp)
				w.float("laggy_probability", float64(float32(x.LaggyProbability)/float32(0xffffffff)))
				w.uint("laggy_interval", uint64(x.LaggyInterval))
				w.uint("features", x.Features)
				w.uint("old_weight", uint64(x.OldWeight))
				w.time("last_purged_snaps_scrub", x.LastSnapsScrub)
				w.uint("dead_epoch", uint64(x.DeadEpoch))
			})
		}
	})
}

// crushWeight turns a fixed-point weight into a number.
func crushWeight(w uint32) float64 { return float64(w) / 0x10000 }

// dumpText returns what "osd dump" answers (OSDMap::print in src/osd/OSDMap.cc), without the read balance of pools.
func (m *osdMap) dumpText() []byte {
	b := fmt.Appendf(nil, "epoch %d\nfsid %s\ncreated %s\nmodified %s\n", m.Epoch, m.FSID, timeText(m.Created), timeText(m.Modified))
	b = fmt.Appendf(b, "flags %s\ncrush_version %d\n", strings.Join(osdFlagList(m.Flags), ","), m.CRUSHVersion)
	b = fmt.Appendf(b, "full_ratio %v\nbackfillfull_ratio %v\nnearfull_ratio %v\n", m.FullRatio, m.BackfillFullRatio, m.NearFullRatio)
	b = fmt.Appendf(b, "require_min_compat_client %s\nmin_compat_client %s\n", m.RequireMinCompatClient, minCompatClient)
	b = fmt.Appendf(b, "require_osd_release %s\nstretch_mode_enabled false\n", m.RequireOSDRelease)
	for i := range m.Pools {
		b = m.Pools[i].appendText(b)
	}
	b = fmt.Appendf(b, "max_osd %d\n", m.MaxOSD)
	for i := range m.OSDs {
		b = m.OSDs[i].appendText(b)
	}
	for _, a := range m.blocklisted() {
		b = fmt.Appendf(b, "blocklist %s expires %s\n", a, timeText(m.Blocklist[a]))
	}
	return b
}

func (p *osdPool) appendText(b []byte) []byte {
	b = fmt.Appendf(b, "pool %d '%s' replicated size %d min_size %d crush_rule %d object_hash rjenkins pg_num %d pgp_num %d",
		p.ID, p.Name, p.Size, p.MinSize, p.CRUSHRule, p.PGNum, p.PGNum)
	b = fmt.Appendf(b, " autoscale_mode %s last_change %d", p.autoscale(), p.LastChange)
	if p.Flags != 0 {
		b = fmt.Appendf(b, " flags %s", strings.Join(bitNames(p.Flags, osdPoolFlagNames), ","))
	}
	b = append(b, " stripe_width 0"...)
	for _, o := range p.options() {
		b = fmt.Appendf(b, " %s %d", o.name, o.value)
	}
	if len(p.Applications) > 0 {
		b = fmt.Appendf(b, " application %s", strings.Join(p.Applications, ","))
	}
	return append(b, '\n')
}

func (o *osd) appendText(b []byte) []byte {
	up, in := "down", "out"
	if o.up() {
		up = "up  "
	}
	if o.Weight != 0 {
		in = "in "
	}
	b = fmt.Appendf(b, "%s %s %s weight %v", o.name(), up, in, strconv.FormatFloat(crushWeight(o.Weight), 'g', 6, 64))
	b = fmt.Appendf(b, " up_from %d up_thru %d down_at %d last_clean_interval [%d,%d)", o.UpFrom, o.UpThru, o.DownAt, o.LastCleanBegin, o.LastCleanEnd)
	if o.LostAt != 0 {
		b = fmt.Appendf(b, " lost_at %d", o.LostAt)
	}
	b = fmt.Appendf(b, " %s %s %s", o.Public, o.Cluster, strings.Join(bitNames(uint64(o.State), osdStateNames), ","))
	return fmt.Appendf(b, " %s\n", o.UUID)
}

// counts returns how many OSDs there are, are up, and are in.
func (m *osdMap) counts() (all, up, in int) {
	for i := range m.OSDs {
		o := &m.OSDs[i]
		if o.State&osdExists == 0 {
			continue
		}
		all++
		if o.up() {
			up++
		}
		if o.Weight != 0 {
			in++
		}
	}
	return all, up, in
}

// statJSON returns what "osd stat -f json" answers (OSDMap::print_summary in src/osd/OSDMap.cc).
func (m *osdMap) statJSON() []byte {
	var w jsonWriter
	w.object("", func() {
		all, up, in := m.counts()
		w.uint("epoch", uint64(m.Epoch))
		w.int("num_osds", int64(all))
		w.int("num_up_osds", int64(up))
		w.uint("osd_up_since", uint64(m.LastUpChange.Sec))
		w.int("num_in_osds", int64(in))
		w.uint("osd_in_since", uint64(m.LastInChange.Sec))
		w.zeros("num_remapped_pgs")
	})
	return w.b
}

// statText returns what "osd stat" answers at the time now.
func (m *osdMap) statText(now denc.UTime) []byte {
	since := func(t denc.UTime) string {
		if t == (denc.UTime{}) {
			return ""
		}
		return " (since " + spanText(now.Time().Sub(t.Time())) + ")"
	}
	all, up, in := m.counts()
	b := fmt.Appendf(nil, "%d osds: %d up%s, %d in%s; epoch: e%d\n", all, up, since(m.LastUpChange), in, since(m.LastInChange), m.Epoch)
	if flags := osdFlagList(m.Flags &^ osdFlagsHidden); len(flags) > 0 {
		b = fmt.Appendf(b, "flags %s\n", strings.Join(flags, ","))
	}
	return b
}

// spanText prints a time span in the largest unit of which there are some (timespan_str in src/common/ceph_time.cc).
func spanText(d time.Duration) string {
	if d < 2*time.Second {
		return strconv.FormatFloat(max(d, 0).Seconds(), 'g', 6, 32) + "s"
	}
	const day = 24 * time.Hour
	for _, u := range []struct {
		below, unit time.Duration
		name        string
	}{
		{2 * time.Minute, time.Second, "s"}, {2 * time.Hour, time.Minute, "m"}, {2 * day, time.Hour, "h"}, {14 * day, day, "d"},
		{12 * 7 * day, 7 * day, "w"}, {2 * 12 * 30 * day, 30 * day, "M"},
	} {
		if d < u.below {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/(365*day)), 10) + "y"
}

// lspoolsJSON and lspoolsText return what "osd lspools" answers.
func (m *osdMap) lspoolsJSON() []byte {
	var w jsonWriter
	w.list("", func() {
		for i := range m.Pools {
			w.object("", func() {
				w.int("poolnum", m.Pools[i].ID)
				w.str("poolname", m.Pools[i].Name)
			})
		}
	})
	return append(w.b, '\n')
}

func (m *osdMap) lspoolsText() []byte {
	var b []byte
	for i := range m.Pools {
		b = fmt.Appendf(b, "%d %s\n", m.Pools[i].ID, m.Pools[i].Name)
	}
	return b
}
