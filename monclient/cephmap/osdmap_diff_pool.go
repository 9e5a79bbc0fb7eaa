package cephmap

import (
	"cmp"
	"fmt"
)

func (d *osdMapDiff) pools() {
	diffEntries(d.old.Pools, d.next.Pools, cmp.Compare[int64], same[*Pool], func(id int64, a, b **Pool) {
		c := OSDMapChange{Pool: id}
		c.PoolName, _ = d.next.PoolName(id)
		switch {
		case a == nil:
			c.Kind, c.New = PoolCreated, *b
			d.add(c)
		case b == nil:
			c.PoolName, _ = d.old.PoolName(id)
			c.Kind, c.Old = PoolDeleted, *a
			d.add(c)
		default:
			d.pool(c, *a, *b)
		}
	})
	diffEntries(d.old.PoolNames, d.next.PoolNames, cmp.Compare[int64], same[string], func(id int64, a, b *string) {
		switch c := (OSDMapChange{Kind: PoolRenamed, Pool: id}); {
		case b == nil && d.next.Pool(id) == nil, a == nil && d.old.Pool(id) == nil:
			// deleted, or created
		default:
			if a != nil {
				c.Old, c.PoolName = *a, *a
			}
			if b != nil {
				c.New, c.PoolName = *b, *b
			}
			d.add(c)
		}
	})
}

// poolSettings are the settings of pools by the names by which ceph osd pool set or osd dump know them.
var poolSettings = []setting[*Pool]{
	{"type", func(p *Pool) any { return p.Type.String() }},
	{"size", func(p *Pool) any { return uint64(p.Size) }},
	{"min_size", func(p *Pool) any { return uint64(p.MinSize) }},
	{"crush_rule", func(p *Pool) any { return uint64(p.CRUSHRule) }},
	{"object_hash", func(p *Pool) any { return uint64(p.ObjectHash) }},
	{"pg_autoscale_mode", func(p *Pool) any { return p.Autoscale.String() }},
	{"pg_num", func(p *Pool) any { return uint64(p.PGNum) }},
	{"pgp_num", func(p *Pool) any { return uint64(p.PGPNum) }},
	{"pg_num_target", func(p *Pool) any { return uint64(p.PGNumTarget) }},
	{"pgp_num_target", func(p *Pool) any { return uint64(p.PGPNumTarget) }},
	{"pg_num_pending", func(p *Pool) any { return uint64(p.PGNumPending) }},
	{"quota_max_bytes", func(p *Pool) any { return p.QuotaMaxBytes }},
	{"quota_max_objects", func(p *Pool) any { return p.QuotaMaxObjects }},
	{"expected_num_objects", func(p *Pool) any { return p.ExpectedObjects }},
	{"tiers", func(p *Pool) any { return fmt.Sprint(p.Tiers) }},
	{"tier_of", func(p *Pool) any { return p.TierOf }},
	{"read_tier", func(p *Pool) any { return p.ReadTier }},
	{"write_tier", func(p *Pool) any { return p.WriteTier }},
	{"cache_mode", func(p *Pool) any { return p.CacheMode.String() }},
	{"target_max_bytes", func(p *Pool) any { return p.TargetMaxBytes }},
	{"target_max_objects", func(p *Pool) any { return p.TargetMaxObjects }},
	{"cache_target_dirty_ratio", func(p *Pool) any { return millionths(p.CacheDirtyRatioMicro) }},
	{"cache_target_dirty_high_ratio", func(p *Pool) any { return millionths(p.CacheDirtyHighRatioMicro) }},
	{"cache_target_full_ratio", func(p *Pool) any { return millionths(p.CacheFullRatioMicro) }},
	{"cache_min_flush_age", func(p *Pool) any { return uint64(p.CacheMinFlushAge) }},
	{"cache_min_evict_age", func(p *Pool) any { return uint64(p.CacheMinEvictAge) }},
	{"erasure_code_profile", func(p *Pool) any { return p.ErasureCodeProfile }},
	{"hit_set_type", func(p *Pool) any { return p.HitSet.Type.String() }},
	{"hit_set_fpp", func(p *Pool) any { return millionths(p.HitSet.FalsePositiveMicro) }},
	{"hit_set_target_size", func(p *Pool) any { return p.HitSet.TargetSize }},
	{"hit_set_seed", func(p *Pool) any { return p.HitSet.Seed }},
	{"hit_set_period", func(p *Pool) any { return uint64(p.HitSetPeriod) }},
	{"hit_set_count", func(p *Pool) any { return uint64(p.HitSetCount) }},
	{"use_gmt_hitset", func(p *Pool) any { return p.UseGMTHitSet }},
	{"min_read_recency_for_promote", func(p *Pool) any { return uint64(p.MinReadRecency) }},
	{"min_write_recency_for_promote", func(p *Pool) any { return uint64(p.MinWriteRecency) }},
	{"hit_set_grade_decay_rate", func(p *Pool) any { return uint64(p.HitSetGradeDecayRate) }},
	{"hit_set_search_last_n", func(p *Pool) any { return uint64(p.HitSetSearchLastN) }},
	{"stripe_width", func(p *Pool) any { return uint64(p.StripeWidth) }},
	{"fast_read", func(p *Pool) any { return p.FastRead }},
	{"nonprimary_shards", func(p *Pool) any { return shardsText(p.NonPrimaryShards) }},
	{"peering_crush_bucket_count", func(p *Pool) any { return uint64(p.peering().BucketCount) }},
	{"peering_crush_bucket_target", func(p *Pool) any { return uint64(p.peering().BucketTarget) }},
	{"peering_crush_bucket_barrier", func(p *Pool) any { return uint64(p.peering().BucketBarrier) }},
	{"peering_crush_bucket_mandatory_member", func(p *Pool) any { return int64(p.peering().MandatoryMember) }},
}

// poolProgress is what changes with other things; what is further up is what people changed.
var poolProgress = []setting[*Pool]{
	{"snap_seq", func(p *Pool) any { return p.SnapSeq }},
	{"snap_epoch", func(p *Pool) any { return uint64(p.SnapEpoch) }},
	{"removed_snaps", func(p *Pool) any { return snapsText(p.RemovedSnaps) }},
	{"last_pg_merge_ready", func(p *Pool) any { return uint64(p.LastPGMerge.ReadyEpoch) }},
	{"last_pg_merge_source", func(p *Pool) any { return p.LastPGMerge.Source.String() }},
	{"last_pg_merge_source_version", func(p *Pool) any { return p.LastPGMerge.SourceVersion.String() }},
	{"last_pg_merge_target_version", func(p *Pool) any { return p.LastPGMerge.TargetVersion.String() }},
	{"last_pg_merge_epoch_started", func(p *Pool) any { return uint64(p.LastPGMerge.LastEpochStarted) }},
	{"last_pg_merge_epoch_clean", func(p *Pool) any { return uint64(p.LastPGMerge.LastEpochClean) }},
	{"last_force_op_resend", func(p *Pool) any { return uint64(p.LastForceOpResend) }},
	{"last_force_op_resend_prenautilus", func(p *Pool) any { return uint64(p.LastForceOpResendPreNautilus) }},
	{"last_force_op_resend_preluminous", func(p *Pool) any { return uint64(p.LastForceOpResendPreLuminous) }},
	{"create_time", func(p *Pool) any { return p.Created }},
}

func millionths(n uint32) float64 { return float64(n) / 1_000_000 }

// peering returns what osd dump prints.
func (p *Pool) peering() PoolPeering {
	if p.Peering == nil {
		return PoolPeering{MandatoryMember: crushItemNone}
	}
	return *p.Peering
}

// pool adds changes like c of a pool that both maps have. That it was changed at all is the last thing that is said.
func (d *osdMapDiff) pool(c OSDMapChange, a, b *Pool) {
	before := len(d.changes)
	d.poolSettings(c, poolSettings, a, b)
	d.poolOptions(c, a, b)
	d.flags(uint64(a.Flags), uint64(b.Flags), poolFlagName, PoolFlagSet, PoolFlagUnset, c)
	diffEntries(a.Snaps, b.Snaps, cmp.Compare[uint64], same[PoolSnap], func(id uint64, x, y *PoolSnap) {
		if x != nil {
			c := c
			c.Kind, c.Name, c.Old = PoolSnapRemoved, x.Name, id
			d.add(c)
		}
		if y != nil {
			c := c
			c.Kind, c.Name, c.New = PoolSnapCreated, y.Name, id
			d.add(c)
		}
	})
	diffEntries(a.Applications, b.Applications, cmp.Compare[string], sameStrings, func(name string, x, y *StringMap) {
		c := c
		c.Name = name
		d.add(threeWays(c, x, y, PoolAppEnabled, PoolAppChanged, PoolAppDisabled))
	})
	if !sameStrings(&a.Properties, &b.Properties) {
		c := c
		c.Kind, c.Name, c.Old, c.New = PoolChanged, "properties", a.Properties, b.Properties
		d.add(c)
	}
	if len(d.changes) == before {
		d.poolSettings(c, poolProgress, a, b)
	}
	if len(d.changes) == before && a.LastChange != b.LastChange {
		c.Kind, c.Name, c.Old, c.New = PoolChanged, "last_change", uint64(a.LastChange), uint64(b.LastChange)
		d.add(c)
	}
}

func (d *osdMapDiff) poolSettings(c OSDMapChange, settings []setting[*Pool], a, b *Pool) {
	for _, s := range settings {
		if x, y := s.of(a), s.of(b); x != y {
			c.Kind, c.Name, c.Old, c.New = PoolChanged, s.name, x, y
			d.add(c)
		}
	}
}

func poolFlagName(bit int) string {
	return nameOf(poolFlagNames[:], bit, fmt.Sprintf("flag %d", bit))
}

// poolOptions compares options, which are sorted by key.
func (d *osdMapDiff) poolOptions(c OSDMapChange, a, b *Pool) {
	entries := func(options []PoolOption) []Entry[PoolOptionKey, PoolOption] {
		m := make([]Entry[PoolOptionKey, PoolOption], len(options))
		for i, o := range options {
			m[i] = Entry[PoolOptionKey, PoolOption]{o.Key, o}
		}
		return m
	}
	equal := func(x, y *PoolOption) bool { return *x == *y || x.Kind == y.Kind && x.value() == y.value() }
	diffEntries(entries(a.Options), entries(b.Options), cmp.Compare[PoolOptionKey], equal, func(key PoolOptionKey, x, y *PoolOption) {
		c := c
		c.Kind, c.Name = PoolChanged, key.String()
		if x != nil {
			c.Old = x.value()
		}
		if y != nil {
			c.New = y.value()
		}
		d.add(c)
	})
}

// value returns the option's value; nil for a number that is none.
func (o *PoolOption) value() any {
	switch {
	case o.Kind == PoolOptionString:
		return o.String
	case o.Kind == PoolOptionInt:
		return o.Int
	case o.Float != o.Float:
		return nil
	default:
		return o.Float
	}
}

// snaps compares the queues of snapshots to be trimmed, and what may have gone through them within the epoch.
func (d *osdMapDiff) snaps() {
	var removed, purged []Entry[int64, []SnapInterval]
	diffEntries(d.old.RemovedSnapsQueue, d.next.RemovedSnapsQueue, cmp.Compare[int64], sameList[SnapInterval], func(pool int64, a, b *[]SnapInterval) {
		var was, is []SnapInterval
		if a != nil {
			was = *a
		}
		if b != nil {
			is = *b
		}
		if s := subtractSnaps(is, was); len(s) > 0 {
			removed = append(removed, Entry[int64, []SnapInterval]{pool, s})
		}
		if s := subtractSnaps(was, is); len(s) > 0 {
			purged = append(purged, Entry[int64, []SnapInterval]{pool, s})
		}
	})
	if d.next.Epoch == d.old.Epoch+1 {
		removed = d.andSnaps(removed, d.next.NewRemovedSnaps)
		purged = d.andSnaps(purged, d.next.NewPurgedSnaps)
	}
	each := func(pools []Entry[int64, []SnapInterval], f func(c OSDMapChange, s []SnapInterval)) {
		for _, p := range pools {
			c := OSDMapChange{Pool: p.Key}
			var ok bool
			if c.PoolName, ok = d.next.PoolName(p.Key); !ok {
				c.PoolName, _ = d.old.PoolName(p.Key)
			}
			f(c, p.Value)
		}
	}
	each(removed, func(c OSDMapChange, s []SnapInterval) {
		c.Kind, c.New = PoolSnapsRemoved, s
		d.add(c)
	})
	each(purged, func(c OSDMapChange, s []SnapInterval) {
		c.Kind, c.Old = PoolSnapsPurged, s
		d.add(c)
	})
}

func (d *osdMapDiff) andSnaps(pools, more []Entry[int64, []SnapInterval]) []Entry[int64, []SnapInterval] {
	changed := make([]Entry[int64, []SnapInterval], 0, len(more))
	for _, p := range more {
		if len(p.Value) > 0 {
			s, _ := lookup(pools, p.Key, cmp.Compare[int64])
			changed = append(changed, Entry[int64, []SnapInterval]{p.Key, unionOfSnaps(s, p.Value)})
		}
	}
	return merge(pools, changed, nil, cmp.Compare[int64])
}
