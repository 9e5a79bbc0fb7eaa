package cephmap

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// crushItemNone stands for no bucket (CRUSH_ITEM_NONE in src/crush/crush.h).
const crushItemNone = 0x7fffffff

// maxGrades is how many grades of hit sets are printed: a pool may say that it has four billion, and has a few.
const maxGrades = 1024

// printsAsTentacle reports whether what Tentacle brought is printed.
func (p *Pool) printsAsTentacle() bool { return p.Version == 0 || p.Version >= 31 }

// dump writes a pool (pg_pool_t::dump in src/osd/osd_types.cc).
func (p *Pool) dump(w *jsonWriter) {
	w.time("create_time", p.Created)
	w.uint("flags", uint64(p.Flags))
	w.str("flags_names", p.Flags.String())
	w.uint("type", uint64(p.Type))
	w.uint("size", uint64(p.Size))
	w.uint("min_size", uint64(p.MinSize))
	w.uint("crush_rule", uint64(p.CRUSHRule))
	peering := p.peering()
	w.uint("peering_crush_bucket_count", uint64(peering.BucketCount))
	w.uint("peering_crush_bucket_target", uint64(peering.BucketTarget))
	w.uint("peering_crush_bucket_barrier", uint64(peering.BucketBarrier))
	w.int("peering_crush_bucket_mandatory_member", int64(peering.MandatoryMember))
	if p.printsAsTentacle() {
		w.bool("is_stretch_pool", peering.BucketCount != 0)
	}
	w.uint("object_hash", uint64(p.ObjectHash))
	w.str("pg_autoscale_mode", p.Autoscale.String())
	w.uint("pg_num", uint64(p.PGNum))
	w.uint("pg_placement_num", uint64(p.PGPNum))
	w.uint("pg_placement_num_target", uint64(p.PGPNumTarget))
	w.uint("pg_num_target", uint64(p.PGNumTarget))
	w.uint("pg_num_pending", uint64(p.PGNumPending))
	w.object("last_pg_merge_meta", func() { p.LastPGMerge.dump(w) })
	p.dumpEpochs(w)
	p.dumpSnaps(w)
	w.uint("quota_max_bytes", p.QuotaMaxBytes)
	w.uint("quota_max_objects", p.QuotaMaxObjects)
	p.dumpCache(w)
	w.uint("stripe_width", uint64(p.StripeWidth))
	w.uint("expected_num_objects", p.ExpectedObjects)
	w.bool("fast_read", p.FastRead)
	if p.printsAsTentacle() {
		w.str("nonprimary_shards", shardsText(p.NonPrimaryShards))
	}
	w.object("options", func() {
		for _, o := range p.optionsByName() {
			o.dump(w)
		}
	})
	w.object("application_metadata", func() {
		for _, a := range p.Applications {
			w.strings(a.Key, a.Value)
		}
	})
}

func (m *PGMerge) dump(w *jsonWriter) {
	w.str("source_pgid", m.Source.String())
	w.uint("ready_epoch", uint64(m.ReadyEpoch))
	w.uint("last_epoch_started", uint64(m.LastEpochStarted))
	w.uint("last_epoch_clean", uint64(m.LastEpochClean))
	w.str("source_version", m.SourceVersion.String())
	w.str("target_version", m.TargetVersion.String())
}

// String returns the version as epoch'version.
func (v EVersion) String() string { return fmt.Sprintf("%d'%d", v.Epoch, v.Version) }

// dumpEpochs writes epochs, which are strings here.
func (p *Pool) dumpEpochs(w *jsonWriter) {
	epoch := func(key string, e uint32) { w.str(key, strconv.FormatUint(uint64(e), 10)) }
	epoch("last_change", p.LastChange)
	epoch("last_force_op_resend", p.LastForceOpResend)
	epoch("last_force_op_resend_prenautilus", p.LastForceOpResendPreNautilus)
	epoch("last_force_op_resend_preluminous", p.LastForceOpResendPreLuminous)
}

func (p *Pool) dumpSnaps(w *jsonWriter) {
	mode := "selfmanaged"
	if p.Flags.Has(PoolPoolSnaps) {
		mode = "pool"
	}
	w.uint("auid", 0)
	w.str("snap_mode", mode)
	w.uint("snap_seq", p.SnapSeq)
	w.uint("snap_epoch", uint64(p.SnapEpoch))
	w.list("pool_snaps", func() {
		for _, s := range p.Snaps {
			w.object("", func() {
				w.uint("snapid", s.Value.ID)
				w.time("stamp", s.Value.Stamp)
				w.str("name", s.Value.Name)
			})
		}
	})
	w.str("removed_snaps", snapsText(p.RemovedSnaps))
}

// snapsText returns snapshots as Ceph prints them, first~number in hexadecimal digits.
func snapsText(s []SnapInterval) string {
	list := make([]string, len(s))
	for i := range s {
		list[i] = fmt.Sprintf("%x~%x", s[i].Start, s[i].Length)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// dumpCache writes what is about tiers, and the erasure code profile.
func (p *Pool) dumpCache(w *jsonWriter) {
	w.list("tiers", func() {
		for _, id := range p.Tiers {
			w.uint("", id)
		}
	})
	w.int("tier_of", p.TierOf)
	w.int("read_tier", p.ReadTier)
	w.int("write_tier", p.WriteTier)
	w.str("cache_mode", p.CacheMode.String())
	w.uint("target_max_bytes", p.TargetMaxBytes)
	w.uint("target_max_objects", p.TargetMaxObjects)
	w.uint("cache_target_dirty_ratio_micro", uint64(p.CacheDirtyRatioMicro))
	w.uint("cache_target_dirty_high_ratio_micro", uint64(p.CacheDirtyHighRatioMicro))
	w.uint("cache_target_full_ratio_micro", uint64(p.CacheFullRatioMicro))
	w.uint("cache_min_flush_age", uint64(p.CacheMinFlushAge))
	w.uint("cache_min_evict_age", uint64(p.CacheMinEvictAge))
	w.str("erasure_code_profile", p.ErasureCodeProfile)
	w.object("hit_set_params", func() { p.HitSet.dump(w) })
	w.uint("hit_set_period", uint64(p.HitSetPeriod))
	w.uint("hit_set_count", uint64(p.HitSetCount))
	w.bool("use_gmt_hitset", p.UseGMTHitSet)
	w.uint("min_read_recency_for_promote", uint64(p.MinReadRecency))
	w.uint("min_write_recency_for_promote", uint64(p.MinWriteRecency))
	w.uint("hit_set_grade_decay_rate", uint64(p.HitSetGradeDecayRate))
	w.uint("hit_set_search_last_n", uint64(p.HitSetSearchLastN))
	w.list("grade_table", func() {
		grade := uint32(1_000_000) // of what was in the newest hit set; each older one counts less
		for range min(p.HitSetCount, maxGrades) {
			grade = uint32(max(0, float64(grade)*(1-float64(p.HitSetGradeDecayRate)/100)))
			w.uint("", uint64(grade))
		}
	})
}

func (h *HitSetParams) dump(w *jsonWriter) {
	w.str("type", h.Type.String())
	if h.Type == HitSetBloom {
		w.float("false_positive_probability", float64(h.FalsePositiveMicro)/1_000_000)
		w.uint("target_size", h.TargetSize)
		w.uint("seed", h.Seed)
	}
}

// shardsText returns the numbers of the bits that are set.
func shardsText(words [2]uint64) string {
	var list []string
	for i, word := range words {
		for ; word != 0; word &= word - 1 {
			list = append(list, strconv.Itoa(64*i+bits.TrailingZeros64(word)))
		}
	}
	return "{" + strings.Join(list, ",") + "}"
}

// optionsByName returns the options that have a name, in alphabetic order.
func (p *Pool) optionsByName() []PoolOption {
	known := func(o PoolOption) bool { return o.Key >= 0 && int(o.Key) < len(poolOptionNames) }
	options := slices.DeleteFunc(slices.Clone(p.Options), func(o PoolOption) bool { return !known(o) })
	slices.SortFunc(options, func(a, b PoolOption) int { return cmp.Compare(a.Key.String(), b.Key.String()) })
	return options
}

func (o *PoolOption) dump(w *jsonWriter) {
	switch key := o.Key.String(); o.Kind {
	case PoolOptionString:
		w.str(key, o.String)
	case PoolOptionInt:
		w.int(key, o.Int)
	case PoolOptionFloat:
		w.float(key, o.Float)
	}
}

// poolFlagNames are the names of the flags from the lowest bit on (pg_pool_t::get_flag_name in src/osd/osd_types.h).
var poolFlagNames = [...]string{
	"hashpspool", "full", "ec_overwrites", "incomplete_clones", "nodelete", "nopgchange", "nosizechange",
	"write_fadvise_dontneed", "noscrub", "nodeep-scrub", "full_quota", "nearfull", "backfillfull", "selfmanaged_snaps",
	"pool_snaps", "creating", "eio", "bulk", "crimson", "ec_optimizations",
}

// String returns the names of the flags as Ceph lists them: hashpspool,nodelete.
func (f PoolFlags) String() string {
	return strings.Join(bitNames(uint64(f), func(bit int) string { return nameOf(poolFlagNames[:], bit, "???") }), ",")
}

// nameOf returns the name with that index, or other when there is none.
func nameOf[T ~int | ~uint8](names []string, i T, other string) string {
	if int(i) < len(names) {
		return names[i]
	}
	return other
}

// The names of the modes and types (pg_pool_t::get_cache_mode_name, get_pg_autoscale_mode_name and get_type_name in
// src/osd/osd_types.h, HitSet::get_type_name in src/osd/HitSet.h).
var (
	cacheModeNames     = []string{"none", "writeback", "forward", "readonly", "readforward", "readproxy", "proxy"}
	autoscaleModeNames = []string{"off", "warn", "on"}
	hitSetTypeNames    = []string{"none", "explicit_hash", "explicit_object", "bloom"}
	poolTypeNames      = []string{"???", "replicated", "???", "erasure"}
)

// String returns the mode's name, such as writeback.
func (m CacheMode) String() string { return nameOf(cacheModeNames, m, "unknown") }

// String returns the mode's name: off, warn or on.
func (m AutoscaleMode) String() string { return nameOf(autoscaleModeNames, m, "???") }

// String returns the type's name, such as bloom.
func (t HitSetType) String() string { return nameOf(hitSetTypeNames, t, "???") }

// String returns the type's name: replicated or erasure.
func (t PoolType) String() string { return nameOf(poolTypeNames, t, "???") }
