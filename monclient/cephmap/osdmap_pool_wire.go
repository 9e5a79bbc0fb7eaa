package cephmap

import (
	"github.com/libmonclient/libmonclient/denc"
)

const (
	poolVersion = 32
	poolCompat  = 5
	// minPool is what a pool takes at the least: one of version 29 without names, snapshots and options.
	minPool = 319
)

// poolCodec is that of pools in maps; decoding stops at the first error, with an unfinished pool.
var poolCodec = codec[*Pool]{
	size: minPool,
	read: func(r *denc.Reader, _ string) *Pool {
		p := new(Pool)
		p.decodeFrom(r)
		return p
	},
	append: func(b []byte, p *Pool) []byte { return p.appendTo(b) },
}

var poolSnapCodec = codec[PoolSnap]{
	size: 6 + 8 + 8 + 4,
	read: func(r *denc.Reader, _ string) (snap PoolSnap) {
		s := r.Start("snap", 2)
		if r.Err() == nil && s.Version < 2 {
			r.Fail("struct_v", "%d is older than 2, the oldest supported", s.Version)
		}
		snap.ID = r.Uint64("snapid")
		snap.Stamp = r.UTime("stamp")
		snap.Name = r.String("name")
		r.Finish(s)
		return snap
	},
	append: func(b []byte, snap PoolSnap) []byte {
		b, mark := denc.AppendStart(b, 2, 2)
		b = denc.AppendUint64(b, snap.ID)
		b = denc.AppendUTime(b, snap.Stamp)
		b = denc.AppendString(b, snap.Name)
		return denc.AppendFinish(b, mark)
	},
}

// decodeFrom reads p in version 29 or later, which Nautilus and later releases write.
func (p *Pool) decodeFrom(r *denc.Reader) {
	s := r.Start("pool", poolVersion)
	if r.Err() == nil && s.Version < 29 {
		r.Fail("struct_v", "%d is older than 29, the oldest supported", s.Version)
	}
	p.Version = min(s.Version, poolVersion)
	p.Type = PoolType(r.Uint8("type"))
	p.Size = r.Uint8("size")
	p.CRUSHRule = r.Uint8("crush_rule")
	p.ObjectHash = r.Uint8("object_hash")
	p.PGNum = r.Uint32("pg_num")
	p.PGPNum = r.Uint32("pgp_num")
	r.Uint32("lpg_num") // this and those below of which nothing is kept are no more
	r.Uint32("lpgp_num")
	p.LastChange = r.Uint32("last_change")
	p.SnapSeq = r.Uint64("snap_seq")
	p.SnapEpoch = r.Uint32("snap_epoch")
	p.Snaps = decodeMap(r, "snaps", uint64Codec, poolSnapCodec)
	p.RemovedSnaps = readSnapIntervals(r, "removed_snaps")
	r.Uint64("auid")
	p.Flags = PoolFlags(r.Uint64("flags"))
	r.Uint32("crash_replay_interval")
	p.MinSize = r.Uint8("min_size")
	p.QuotaMaxBytes = r.Uint64("quota_max_bytes")
	p.QuotaMaxObjects = r.Uint64("quota_max_objects")
	p.decodeCache(r)
	p.ErasureCodeProfile = r.String("erasure_code_profile")
	p.LastForceOpResendPreLuminous = r.Uint32("last_force_op_resend_preluminous")
	p.MinReadRecency = r.Uint32("min_read_recency_for_promote")
	p.ExpectedObjects = r.Uint64("expected_num_objects")
	p.CacheDirtyHighRatioMicro = r.Uint32("cache_target_dirty_high_ratio_micro")
	p.MinWriteRecency = r.Uint32("min_write_recency_for_promote")
	p.UseGMTHitSet = r.Bool("use_gmt_hitset")
	p.FastRead = r.Bool("fast_read")
	p.HitSetGradeDecayRate = r.Uint32("hit_set_grade_decay_rate")
	p.HitSetSearchLastN = r.Uint32("hit_set_search_last_n")
	p.Options = decodePoolOptions(r)
	p.LastForceOpResendPreNautilus = r.Uint32("last_force_op_resend_prenautilus")
	p.Applications = decodeMap(r, "application_metadata", stringCodec, stringMapCodec)
	p.Created = r.UTime("create_time")
	p.PGNumTarget = r.Uint32("pg_num_target")
	p.PGPNumTarget = r.Uint32("pgp_num_target")
	p.PGNumPending = r.Uint32("pg_num_pending")
	r.Uint32("pg_num_dec_last_epoch_started")
	r.Uint32("pg_num_dec_last_epoch_clean")
	p.LastForceOpResend = r.Uint32("last_force_op_resend")
	p.Autoscale = AutoscaleMode(r.Uint8("pg_autoscale_mode"))
	p.LastPGMerge.decodeFrom(r)
	if s.Version == 30 || s.Version >= 31 && r.Bool("peering_crush_data") {
		p.Peering = new(PoolPeering)
		p.Peering.decodeFrom(r)
	}
	if s.Version >= 32 {
		p.NonPrimaryShards[0] = readVarint(r, "nonprimary_shards")
		p.NonPrimaryShards[1] = readVarint(r, "nonprimary_shards")
	}
	r.Finish(s)
}

// decodeCache reads what is about tiers, and the settings between.
func (p *Pool) decodeCache(r *denc.Reader) {
	p.Tiers = decodeSortedList(r, "tiers", uint64Codec)
	p.TierOf = r.Int64("tier_of")
	p.CacheMode = CacheMode(r.Uint8("cache_mode"))
	p.ReadTier = r.Int64("read_tier")
	p.WriteTier = r.Int64("write_tier")
	p.Properties = stringMapCodec.read(r, "properties")
	p.HitSet.decodeFrom(r)
	p.HitSetPeriod = r.Uint32("hit_set_period")
	p.HitSetCount = r.Uint32("hit_set_count")
	p.StripeWidth = r.Uint32("stripe_width")
	p.TargetMaxBytes = r.Uint64("target_max_bytes")
	p.TargetMaxObjects = r.Uint64("target_max_objects")
	p.CacheDirtyRatioMicro = r.Uint32("cache_target_dirty_ratio_micro")
	p.CacheFullRatioMicro = r.Uint32("cache_target_full_ratio_micro")
	p.CacheMinFlushAge = r.Uint32("cache_min_flush_age")
	p.CacheMinEvictAge = r.Uint32("cache_min_evict_age")
}

// encodedVersion is the version that appendTo writes.
func (p *Pool) encodedVersion() uint8 {
	switch {
	case p.Version == 31:
		return 31
	case p.Version == 0 || p.Version > 31:
		return poolVersion
	case p.Peering != nil:
		return 30
	}
	return 29
}

func (p *Pool) appendTo(b []byte) []byte {
	version := p.encodedVersion()
	b, mark := denc.AppendStart(b, version, poolCompat)
	b = append(b, uint8(p.Type), p.Size, p.CRUSHRule, p.ObjectHash)
	b = denc.AppendUint32(b, p.PGNum)
	b = denc.AppendUint32(b, p.PGPNum)
	b = denc.AppendUint32(b, 0) // lpg_num
	b = denc.AppendUint32(b, 0) // lpgp_num
	b = denc.AppendUint32(b, p.LastChange)
	b = denc.AppendUint64(b, p.SnapSeq)
	b = denc.AppendUint32(b, p.SnapEpoch)
	b = appendMap(b, p.Snaps, uint64Codec, poolSnapCodec)
	b = appendSnapIntervals(b, p.RemovedSnaps)
	b = denc.AppendUint64(b, 0) // auid
	b = denc.AppendUint64(b, uint64(p.Flags))
	b = denc.AppendUint32(b, 0) // crash_replay_interval
	b = denc.AppendUint8(b, p.MinSize)
	b = denc.AppendUint64(b, p.QuotaMaxBytes)
	b = denc.AppendUint64(b, p.QuotaMaxObjects)
	b = p.appendCache(b)
	b = denc.AppendString(b, p.ErasureCodeProfile)
	b = denc.AppendUint32(b, p.LastForceOpResendPreLuminous)
	b = denc.AppendUint32(b, p.MinReadRecency)
	b = denc.AppendUint64(b, p.ExpectedObjects)
	b = denc.AppendUint32(b, p.CacheDirtyHighRatioMicro)
	b = denc.AppendUint32(b, p.MinWriteRecency)
	b = denc.AppendBool(b, p.UseGMTHitSet)
	b = denc.AppendBool(b, p.FastRead)
	b = denc.AppendUint32(b, p.HitSetGradeDecayRate)
	b = denc.AppendUint32(b, p.HitSetSearchLastN)
	b = appendPoolOptions(b, p.Options)
	b = denc.AppendUint32(b, p.LastForceOpResendPreNautilus)
	b = appendMap(b, p.Applications, stringCodec, stringMapCodec)
	b = denc.AppendUTime(b, p.Created)
	b = denc.AppendUint32(b, p.PGNumTarget)
	b = denc.AppendUint32(b, p.PGPNumTarget)
	b = denc.AppendUint32(b, p.PGNumPending)
	b = denc.AppendUint32(b, 0) // pg_num_dec_last_epoch_started
	b = denc.AppendUint32(b, 0) // pg_num_dec_last_epoch_clean
	b = denc.AppendUint32(b, p.LastForceOpResend)
	b = denc.AppendUint8(b, uint8(p.Autoscale))
	b = p.LastPGMerge.appendTo(b)
	if version >= 31 {
		b = denc.AppendBool(b, p.Peering != nil)
	}
	if p.Peering != nil {
		b = p.Peering.appendTo(b)
	}
	if version >= 32 {
		b = appendVarint(b, p.NonPrimaryShards[0])
		b = appendVarint(b, p.NonPrimaryShards[1])
	}
	return denc.AppendFinish(b, mark)
}

func (p *Pool) appendCache(b []byte) []byte {
	b = appendList(b, p.Tiers, uint64Codec)
	b = denc.AppendInt64(b, p.TierOf)
	b = denc.AppendUint8(b, uint8(p.CacheMode))
	b = denc.AppendInt64(b, p.ReadTier)
	b = denc.AppendInt64(b, p.WriteTier)
	b = stringMapCodec.append(b, p.Properties)
	b = p.HitSet.appendTo(b)
	b = denc.AppendUint32(b, p.HitSetPeriod)
	b = denc.AppendUint32(b, p.HitSetCount)
	b = denc.AppendUint32(b, p.StripeWidth)
	b = denc.AppendUint64(b, p.TargetMaxBytes)
	b = denc.AppendUint64(b, p.TargetMaxObjects)
	b = denc.AppendUint32(b, p.CacheDirtyRatioMicro)
	b = denc.AppendUint32(b, p.CacheFullRatioMicro)
	b = denc.AppendUint32(b, p.CacheMinFlushAge)
	return denc.AppendUint32(b, p.CacheMinEvictAge)
}

func (h *HitSetParams) decodeFrom(r *denc.Reader) {
	s := r.Start("hit_set_params", 1)
	switch h.Type = HitSetType(r.Uint8("type")); h.Type {
	case HitSetNone, HitSetExplicitHash, HitSetExplicitObject:
	case HitSetBloom:
		bloom := r.Start("bloom", 1)
		h.FalsePositiveMicro = r.Uint32("fpp_micro")
		h.TargetSize = r.Uint64("target_size")
		h.Seed = r.Uint64("seed")
		r.Finish(bloom)
	default:
		r.Fail("type", "%d is no type of hit sets", h.Type)
	}
	r.Finish(s)
}

func (h *HitSetParams) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	b = denc.AppendUint8(b, uint8(h.Type))
	if h.Type == HitSetBloom {
		var bloom int
		b, bloom = denc.AppendStart(b, 1, 1)
		b = denc.AppendUint32(b, h.FalsePositiveMicro)
		b = denc.AppendUint64(b, h.TargetSize)
		b = denc.AppendUint64(b, h.Seed)
		b = denc.AppendFinish(b, bloom)
	}
	return denc.AppendFinish(b, mark)
}

func (m *PGMerge) decodeFrom(r *denc.Reader) {
	s := r.Start("last_pg_merge_meta", 1)
	m.Source = readPG(r, "source_pgid")
	m.ReadyEpoch = r.Uint32("ready_epoch")
	m.LastEpochStarted = r.Uint32("last_epoch_started")
	m.LastEpochClean = r.Uint32("last_epoch_clean")
	m.SourceVersion = EVersion{Version: r.Uint64("source_version"), Epoch: r.Uint32("source_version")}
	m.TargetVersion = EVersion{Version: r.Uint64("target_version"), Epoch: r.Uint32("target_version")}
	r.Finish(s)
}

func (m *PGMerge) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	b = appendPG(b, m.Source)
	b = denc.AppendUint32(b, m.ReadyEpoch)
	b = denc.AppendUint32(b, m.LastEpochStarted)
	b = denc.AppendUint32(b, m.LastEpochClean)
	b = denc.AppendUint32(denc.AppendUint64(b, m.SourceVersion.Version), m.SourceVersion.Epoch)
	b = denc.AppendUint32(denc.AppendUint64(b, m.TargetVersion.Version), m.TargetVersion.Epoch)
	return denc.AppendFinish(b, mark)
}

func (p *PoolPeering) decodeFrom(r *denc.Reader) {
	p.BucketCount = r.Uint32("peering_crush_bucket_count")
	p.BucketTarget = r.Uint32("peering_crush_bucket_target")
	p.BucketBarrier = r.Uint32("peering_crush_bucket_barrier")
	p.MandatoryMember = r.Int32("peering_crush_mandatory_member")
}

func (p *PoolPeering) appendTo(b []byte) []byte {
	b = denc.AppendUint32(b, p.BucketCount)
	b = denc.AppendUint32(b, p.BucketTarget)
	b = denc.AppendUint32(b, p.BucketBarrier)
	return denc.AppendInt32(b, p.MandatoryMember)
}

// readVarint reads a number of seven bits a byte, the lowest first (denc_varint in src/include/denc.h).
func readVarint(r *denc.Reader, field string) uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		c := r.Uint8(field)
		if shift == 63 && c > 1 {
			r.Fail(field, "more than 64 bits")
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

func appendVarint(b []byte, v uint64) []byte {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, uint8(v)|0x80)
	}
	return append(b, uint8(v))
}
