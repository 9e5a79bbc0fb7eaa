package cephmap

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// The newest versions of pool_stat_t and its parts, which all of 16.2 to 20.2 send.
const (
	poolStatVersion       = 7
	poolStatCompat        = 5
	objectStatsVersion    = 2
	objectStatSumVersion  = 20
	objectStatSumCompat   = 14
	storeStatfsVersion    = 1
	oldestPoolStat        = 7
	oldestObjectStatSum   = 20
	minObjectStatCategory = 4 + 6 // a name and a sum, of an encoding that is no more
)

// PoolStat is what the OSDs count of one pool (pool_stat_t in src/osd/osd_types.h), as MGetPoolStatsReply has it.
type PoolStat struct {
	Sum           ObjectStatSum `json:"stat_sum"`
	Store         StoreStatfs   `json:"store_stats"`
	LogSize       int64         `json:"log_size"` // entries of the placement groups' logs
	OndiskLogSize int64         `json:"ondisk_log_size"`
	Up            int32         `json:"up"` // OSDs of the placement groups together
	Acting        int32         `json:"acting"`
	NumStores     uint32        `json:"num_store_stats"` // OSDs that Store is of
}

// Used returns the bytes that the pool takes on the OSDs, all replicas together, where the OSDs count that, which Store
// tells; 0 otherwise.
func (p *PoolStat) Used() int64 { return p.Store.Allocated + p.Store.OmapAllocated }

// StoreStatfs is what a store says of its space, in bytes (store_statfs_t in src/osd/osd_types.h).
type StoreStatfs struct {
	Total                   uint64 `json:"total"`
	Available               uint64 `json:"available"`
	InternallyReserved      uint64 `json:"internally_reserved"`
	Allocated               int64  `json:"allocated"`
	DataStored              int64  `json:"data_stored"`
	DataCompressed          int64  `json:"data_compressed"`
	DataCompressedAllocated int64  `json:"data_compressed_allocated"`
	DataCompressedOriginal  int64  `json:"data_compressed_original"`
	OmapAllocated           int64  `json:"omap_allocated"`
	InternalMetadata        int64  `json:"internal_metadata"`
}

// ObjectStatSum counts objects and what was done with them (object_stat_sum_t in src/osd/osd_types.h).
type ObjectStatSum struct {
	Bytes                   int64 `json:"num_bytes"`
	Objects                 int64 `json:"num_objects"`
	ObjectClones            int64 `json:"num_object_clones"`
	ObjectCopies            int64 `json:"num_object_copies"`
	ObjectsMissingOnPrimary int64 `json:"num_objects_missing_on_primary"`
	ObjectsDegraded         int64 `json:"num_objects_degraded"`
	ObjectsUnfound          int64 `json:"num_objects_unfound"`
	Reads                   int64 `json:"num_read"`
	ReadKB                  int64 `json:"num_read_kb"`
	Writes                  int64 `json:"num_write"`
	WriteKB                 int64 `json:"num_write_kb"`
	ScrubErrors             int64 `json:"num_scrub_errors"`
	ObjectsRecovered        int64 `json:"num_objects_recovered"`
	BytesRecovered          int64 `json:"num_bytes_recovered"`
	KeysRecovered           int64 `json:"num_keys_recovered"`
	ShallowScrubErrors      int64 `json:"num_shallow_scrub_errors"`
	DeepScrubErrors         int64 `json:"num_deep_scrub_errors"`
	ObjectsDirty            int64 `json:"num_objects_dirty"`
	Whiteouts               int64 `json:"num_whiteouts"`
	ObjectsOmap             int64 `json:"num_objects_omap"`
	ObjectsHitSetArchive    int64 `json:"num_objects_hit_set_archive"`
	ObjectsMisplaced        int64 `json:"num_objects_misplaced"`
	BytesHitSetArchive      int64 `json:"num_bytes_hit_set_archive"`
	Flushes                 int64 `json:"num_flush"`
	FlushKB                 int64 `json:"num_flush_kb"`
	Evictions               int64 `json:"num_evict"`
	EvictKB                 int64 `json:"num_evict_kb"`
	Promotions              int64 `json:"num_promote"`
	FlushModeHigh           int32 `json:"num_flush_mode_high"`
	FlushModeLow            int32 `json:"num_flush_mode_low"`
	EvictModeSome           int32 `json:"num_evict_mode_some"`
	EvictModeFull           int32 `json:"num_evict_mode_full"`
	ObjectsPinned           int64 `json:"num_objects_pinned"`
	ObjectsMissing          int64 `json:"num_objects_missing"`
	LegacySnapsets          int64 `json:"num_legacy_snapsets"`
	LargeOmapObjects        int64 `json:"num_large_omap_objects"`
	ObjectsManifest         int64 `json:"num_objects_manifest"`
	OmapBytes               int64 `json:"num_omap_bytes"`
	OmapKeys                int64 `json:"num_omap_keys"`
	ObjectsRepaired         int64 `json:"num_objects_repaired"`
}

// statField is one number of an ObjectStatSum: the wide ones are int64 on the wire, the others int32.
type statField struct {
	name   string
	wide   *int64
	narrow *int32
}

// fields returns the numbers in the order of the wire.
func (s *ObjectStatSum) fields() []statField {
	w := func(name string, p *int64) statField { return statField{name: name, wide: p} }
	n := func(name string, p *int32) statField { return statField{name: name, narrow: p} }
	return []statField{
		w("num_bytes", &s.Bytes), w("num_objects", &s.Objects), w("num_object_clones", &s.ObjectClones),
		w("num_object_copies", &s.ObjectCopies), w("num_objects_missing_on_primary", &s.ObjectsMissingOnPrimary),
		w("num_objects_degraded", &s.ObjectsDegraded), w("num_objects_unfound", &s.ObjectsUnfound),
		w("num_rd", &s.Reads), w("num_rd_kb", &s.ReadKB), w("num_wr", &s.Writes), w("num_wr_kb", &s.WriteKB),
		w("num_scrub_errors", &s.ScrubErrors), w("num_objects_recovered", &s.ObjectsRecovered),
		w("num_bytes_recovered", &s.BytesRecovered), w("num_keys_recovered", &s.KeysRecovered),
		w("num_shallow_scrub_errors", &s.ShallowScrubErrors), w("num_deep_scrub_errors", &s.DeepScrubErrors),
		w("num_objects_dirty", &s.ObjectsDirty), w("num_whiteouts", &s.Whiteouts), w("num_objects_omap", &s.ObjectsOmap),
		w("num_objects_hit_set_archive", &s.ObjectsHitSetArchive), w("num_objects_misplaced", &s.ObjectsMisplaced),
		w("num_bytes_hit_set_archive", &s.BytesHitSetArchive), w("num_flush", &s.Flushes), w("num_flush_kb", &s.FlushKB),
		w("num_evict", &s.Evictions), w("num_evict_kb", &s.EvictKB), w("num_promote", &s.Promotions),
		n("num_flush_mode_high", &s.FlushModeHigh), n("num_flush_mode_low", &s.FlushModeLow),
		n("num_evict_mode_some", &s.EvictModeSome), n("num_evict_mode_full", &s.EvictModeFull),
		w("num_objects_pinned", &s.ObjectsPinned), w("num_objects_missing", &s.ObjectsMissing),
		w("num_legacy_snapsets", &s.LegacySnapsets), w("num_large_omap_objects", &s.LargeOmapObjects),
		w("num_objects_manifest", &s.ObjectsManifest), w("num_omap_bytes", &s.OmapBytes), w("num_omap_keys", &s.OmapKeys),
		w("num_objects_repaired", &s.ObjectsRepaired),
	}
}

// DecodePoolStat decodes what MGetPoolStatsReply has of one pool. In the versions known nothing may follow it.
func DecodePoolStat(b []byte) (PoolStat, error) {
	var p PoolStat
	r := denc.NewReader(b)
	p.decodeFrom(r)
	if err := r.Done(); err != nil {
		return PoolStat{}, fmt.Errorf("cephmap: %w", err)
	}
	return p, nil
}

func (p *PoolStat) decodeFrom(r *denc.Reader) {
	s := r.Start("pool_stat_t", poolStatVersion)
	requirePartVersion(r, s.Version, oldestPoolStat)
	stats := r.Start("stats", objectStatsVersion)
	requirePartVersion(r, stats.Version, objectStatsVersion)
	p.Sum.decodeFrom(r)
	for range r.Count(minObjectStatCategory, "categories") { // none: they went long ago
		r.String("category")
		r.Finish(r.Start("category", 255))
	}
	r.Finish(stats)
	p.LogSize = r.Int64("log_size")
	p.OndiskLogSize = r.Int64("ondisk_log_size")
	p.Up = r.Int32("up")
	p.Acting = r.Int32("acting")
	p.Store.decodeFrom(r)
	p.NumStores = r.Uint32("num_store_stats")
	r.Finish(s)
}

// AppendTo appends the encoded p.
func (p *PoolStat) AppendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, poolStatVersion, poolStatCompat)
	b, stats := denc.AppendStart(b, objectStatsVersion, objectStatsVersion)
	b = p.Sum.appendTo(b)
	b = denc.AppendUint32(b, 0) // categories
	b = denc.AppendFinish(b, stats)
	b = denc.AppendInt64(b, p.LogSize)
	b = denc.AppendInt64(b, p.OndiskLogSize)
	b = denc.AppendInt32(b, p.Up)
	b = denc.AppendInt32(b, p.Acting)
	b = p.Store.appendTo(b)
	b = denc.AppendUint32(b, p.NumStores)
	return denc.AppendFinish(b, mark)
}

func (s *ObjectStatSum) decodeFrom(r *denc.Reader) {
	section := r.Start("sum", objectStatSumVersion)
	requirePartVersion(r, section.Version, oldestObjectStatSum)
	for _, f := range s.fields() {
		if f.wide != nil {
			*f.wide = r.Int64(f.name)
		} else {
			*f.narrow = r.Int32(f.name)
		}
	}
	r.Finish(section)
}

func (s *ObjectStatSum) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, objectStatSumVersion, objectStatSumCompat)
	for _, f := range s.fields() {
		if f.wide != nil {
			b = denc.AppendInt64(b, *f.wide)
		} else {
			b = denc.AppendInt32(b, *f.narrow)
		}
	}
	return denc.AppendFinish(b, mark)
}

func (s *StoreStatfs) decodeFrom(r *denc.Reader) {
	section := r.Start("store_stats", storeStatfsVersion)
	s.Total = r.Uint64("total")
	s.Available = r.Uint64("available")
	s.InternallyReserved = r.Uint64("internally_reserved")
	s.Allocated = r.Int64("allocated")
	s.DataStored = r.Int64("data_stored")
	s.DataCompressed = r.Int64("data_compressed")
	s.DataCompressedAllocated = r.Int64("data_compressed_allocated")
	s.DataCompressedOriginal = r.Int64("data_compressed_original")
	s.OmapAllocated = r.Int64("omap_allocated")
	s.InternalMetadata = r.Int64("internal_metadata")
	r.Finish(section)
}

func (s *StoreStatfs) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, storeStatfsVersion, storeStatfsVersion)
	for _, n := range []uint64{s.Total, s.Available, s.InternallyReserved} {
		b = denc.AppendUint64(b, n)
	}
	for _, n := range []int64{
		s.Allocated, s.DataStored, s.DataCompressed, s.DataCompressedAllocated, s.DataCompressedOriginal, s.OmapAllocated, s.InternalMetadata,
	} {
		b = denc.AppendInt64(b, n)
	}
	return denc.AppendFinish(b, mark)
}
