package cephmap

import "github.com/libmonclient/libmonclient/denc"

// PoolType says how a pool keeps its objects (pg_pool_t::TYPE_REPLICATED and so on in src/osd/osd_types.h).
type PoolType uint8

// The types.
const (
	PoolReplicated PoolType = 1
	PoolErasure    PoolType = 3
)

// PoolFlags are the flags of a pool (pg_pool_t::FLAG_HASHPSPOOL and so on in src/osd/osd_types.h).
type PoolFlags uint64

// The flags.
const (
	PoolHashPSPool PoolFlags = 1 << iota
	PoolFull
	PoolECOverwrites
	PoolIncompleteClones
	PoolNoDelete
	PoolNoPGChange
	PoolNoSizeChange
	PoolWriteFadviseDontNeed
	PoolNoScrub
	PoolNoDeepScrub
	PoolFullQuota
	PoolNearFull
	PoolBackfillFull
	PoolSelfmanagedSnaps
	PoolPoolSnaps
	PoolCreating
	PoolEIO
	PoolBulk
	PoolCrimson
	PoolECOptimizations
)

// Has reports whether f has all flags of g.
func (f PoolFlags) Has(g PoolFlags) bool { return f&g == g }

// CacheMode says what a pool does as the cache of another (pg_pool_t::cache_mode_t in src/osd/osd_types.h).
type CacheMode uint8

// The modes.
const (
	CacheNone CacheMode = iota
	CacheWriteback
	CacheForward
	CacheReadOnly
	CacheReadForward
	CacheReadProxy
	CacheProxy
)

// AutoscaleMode says what a manager does about a pool's number of placement groups (pg_pool_t::pg_autoscale_mode_t in
// src/osd/osd_types.h).
type AutoscaleMode uint8

// The modes.
const (
	AutoscaleOff AutoscaleMode = iota
	AutoscaleWarn
	AutoscaleOn
)

// HitSetType is how a cache remembers what was read (HitSet::impl_type_t in src/osd/HitSet.h).
type HitSetType uint8

// The types.
const (
	HitSetNone HitSetType = iota
	HitSetExplicitHash
	HitSetExplicitObject
	HitSetBloom
)

// HitSetParams describes the hit sets of a pool (HitSet::Params in src/osd/HitSet.h).
type HitSetParams struct {
	Type HitSetType
	// The rest is of bloom filters.
	FalsePositiveMicro uint32 // the probability, in millionths
	TargetSize         uint64
	Seed               uint64
}

// PoolSnap is a snapshot of a whole pool (pool_snap_info_t in src/osd/osd_types.h).
type PoolSnap struct {
	ID    uint64
	Stamp denc.UTime
	Name  string
}

// PGMerge is what is remembered of the last merge of placement groups (pg_merge_meta_t in src/osd/osd_types.h).
type PGMerge struct {
	Source           PG
	ReadyEpoch       uint32
	LastEpochStarted uint32
	LastEpochClean   uint32
	SourceVersion    EVersion
	TargetVersion    EVersion
}

// EVersion is a version of an object (eversion_t in src/osd/osd_types.h).
type EVersion struct {
	Version uint64
	Epoch   uint32
}

// PoolPeering says over how many buckets of a stretched cluster the OSDs of a pool's placement groups have to be
// spread (pg_pool_t::peering_crush_bucket_count and following in src/osd/osd_types.h).
type PoolPeering struct {
	BucketCount     uint32
	BucketTarget    uint32
	BucketBarrier   uint32 // a type of buckets
	MandatoryMember int32  // a bucket
}

// Pool is a pool (pg_pool_t in src/osd/osd_types.h). Its id and its name are in the map.
type Pool struct {
	// Version is that of the encoding: up to 30 as Pacific to Squid write it, more as Tentacle does, 0 for the newest.
	Version uint8

	Type       PoolType
	Size       uint8 // replicas, or chunks of an object
	MinSize    uint8 // fewer do not serve
	CRUSHRule  uint8
	ObjectHash uint8
	Flags      PoolFlags

	PGNum        uint32
	PGPNum       uint32 // for placement
	PGNumTarget  uint32 // what the numbers are on their way to
	PGPNumTarget uint32
	PGNumPending uint32 // PGNum after the merge that is under way
	LastPGMerge  PGMerge
	Autoscale    AutoscaleMode

	Created                      denc.UTime
	LastChange                   uint32 // an epoch, as are those until SnapEpoch
	LastForceOpResend            uint32
	LastForceOpResendPreNautilus uint32
	LastForceOpResendPreLuminous uint32
	SnapEpoch                    uint32

	SnapSeq      uint64                    // the newest snapshot's id
	Snaps        []Entry[uint64, PoolSnap] // by id
	RemovedSnaps []SnapInterval

	QuotaMaxBytes   uint64
	QuotaMaxObjects uint64
	ExpectedObjects uint64

	// A pool that is no cache and has none has -1 for those it could refer to.
	Tiers     []uint64 // the pools that are caches of this one, ascending
	TierOf    int64
	ReadTier  int64
	WriteTier int64
	CacheMode CacheMode

	HitSet               HitSetParams
	HitSetPeriod         uint32 // seconds
	HitSetCount          uint32
	UseGMTHitSet         bool
	HitSetGradeDecayRate uint32
	HitSetSearchLastN    uint32

	TargetMaxBytes           uint64
	TargetMaxObjects         uint64
	CacheDirtyRatioMicro     uint32
	CacheDirtyHighRatioMicro uint32
	CacheFullRatioMicro      uint32
	CacheMinFlushAge         uint32 // seconds
	CacheMinEvictAge         uint32 // seconds
	MinReadRecency           uint32
	MinWriteRecency          uint32

	ErasureCodeProfile string
	StripeWidth        uint32
	FastRead           bool
	// NonPrimaryShards has a bit for each shard that is never primary, those from 64 on in the second number.
	NonPrimaryShards [2]uint64

	Peering      *PoolPeering // nil in a cluster that is not stretched
	Properties   StringMap
	Options      []PoolOption               // by key
	Applications []Entry[string, StringMap] // what uses the pool, such as rbd
}
