package cephmap

import (
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// OSDMapIncremental is what makes the map of an epoch of that of the epoch before (OSDMap::Incremental in
// src/osd/OSDMap.h). Where a field may leave the map as it is, its comment says with which value.
type OSDMapIncremental struct {
	// ClientVersion is the version of the encoding of the part for clients: 8 as Pacific writes it, 9, or 0 for the
	// newest. The other part's follows from what is in it.
	ClientVersion uint8

	FSID     uuid.UUID
	Epoch    uint32 // after it was applied
	Modified denc.UTime

	// FullMap, when not empty, is the new map; then the rest says nothing.
	FullMap []byte
	// FullCRC is the checksum of the full map that the monitors keep. One that they encode anew, for a client without
	// all features of the cluster, has another.
	FullCRC uint32
	// EncodeFeatures are the features for which the monitors encode.
	EncodeFeatures uint64

	NewFlags        int32 // OSDMapFlags; negative: as before
	NewMaxOSD       int32 // negative: as before
	NewPoolMax      int64 // -1: as before
	NewLastUpChange denc.UTime
	NewLastInChange denc.UTime // zero: as before, as for the other

	NewPools     []Entry[int64, *Pool]
	NewPoolNames []Entry[int64, string]
	OldPools     []int64

	// The OSDs that change.
	NewUpClient          []Entry[int32, denc.EntityAddrVec] // went up, at these addresses
	NewUpCluster         []Entry[int32, denc.EntityAddrVec]
	NewHBBackUp          []Entry[int32, denc.EntityAddrVec]
	NewHBFrontUp         []Entry[int32, denc.EntityAddrVec]
	NewState             []Entry[int32, OSDState] // what changes of their states; 0 is short for OSDUp
	NewWeight            []Entry[int32, uint32]
	NewPrimaryAffinity   []Entry[int32, uint32]
	NewUpThru            []Entry[int32, uint32]
	NewLastCleanInterval []Entry[int32, EpochInterval]
	NewLost              []Entry[int32, uint32]
	NewUUID              []Entry[int32, uuid.UUID]
	NewXInfo             []Entry[int32, OSDXInfo]

	CRUSH               []byte                   // empty: as before
	NewCRUSHNodeFlags   []Entry[int32, OSDState] // 0: none any more
	NewDeviceClassFlags []Entry[int32, OSDState]

	NewPGTemp           []Entry[PG, []int32] // empty: none any more
	NewPrimaryTemp      []Entry[PG, int32]   // -1: none any more
	NewPGUpmap          []Entry[PG, []int32]
	OldPGUpmap          []PG
	NewPGUpmapItems     []Entry[PG, []OSDPair]
	OldPGUpmapItems     []PG
	NewPGUpmapPrimaries []Entry[PG, int32]
	OldPGUpmapPrimaries []PG

	NewErasureCodeProfiles []Entry[string, StringMap]
	OldErasureCodeProfiles []string

	NewRemovedSnaps []Entry[int64, []SnapInterval]
	NewPurgedSnaps  []Entry[int64, []SnapInterval]

	NewBlocklist      []Entry[denc.EntityAddr, denc.UTime]
	OldBlocklist      []denc.EntityAddr
	NewRangeBlocklist []Entry[denc.EntityAddr, denc.UTime]
	OldRangeBlocklist []denc.EntityAddr

	ClusterSnapshot string // empty: none any more

	NewNearFullRatio     float32 // negative: as before, as for the others
	NewFullRatio         float32
	NewBackfillFullRatio float32

	NewRequireMinCompatClient Release // ReleaseUnchanged: as before, as for the other
	NewRequireOSDRelease      Release

	Stretch *OSDMapStretch // nil: as before
	Crimson CrimsonChange
}

// ReleaseUnchanged stands in an OSDMapIncremental for the release that was required before.
const ReleaseUnchanged Release = 0xff

// EpochInterval is a span of epochs.
type EpochInterval struct{ Begin, End uint32 }

// CrimsonChange says what becomes of the permission to run Crimson OSDs (OSDMap::Incremental::mutate_allow_crimson in
// src/osd/OSDMap.h).
type CrimsonChange uint8

// The changes.
const (
	CrimsonUnchanged CrimsonChange = iota
	CrimsonAllow
	CrimsonForbid
)

// minOSDMapIncrementalClientVersion is the oldest that is read; Nautilus wrote it already.
const minOSDMapIncrementalClientVersion = 8

var (
	epochIntervalCodec = codec[EpochInterval]{
		size: 8,
		read: func(r *denc.Reader, field string) EpochInterval {
			return EpochInterval{Begin: r.Uint32(field), End: r.Uint32(field)}
		},
		append: func(b []byte, i EpochInterval) []byte {
			return denc.AppendUint32(denc.AppendUint32(b, i.Begin), i.End)
		},
	}
	osdXInfoCodec = codec[OSDXInfo]{
		size: minOSDXInfo,
		read: func(r *denc.Reader, _ string) (x OSDXInfo) {
			x.decodeFrom(r)
			return x
		},
		append: func(b []byte, x OSDXInfo) []byte { return x.appendTo(b) },
	}
)

// DecodeOSDMapIncremental decodes an incremental of which b has nothing else, in any version that Pacific to Tentacle
// write, and checks its own checksum. Its error wraps one of denc's and names the field, or it wraps ErrChecksum.
func DecodeOSDMapIncremental(b []byte) (*OSDMapIncremental, error) {
	if err := VerifyOSDMapIncremental(b); err != nil {
		return nil, err
	}
	return decodeOSDMapIncremental(b)
}

// decodeOSDMapIncremental does it whatever the checksum.
func decodeOSDMapIncremental(b []byte) (*OSDMapIncremental, error) {
	i := new(OSDMapIncremental)
	f, err := decodeOSDMapFrames(b, osdMapIncrementalName, osdMapIncrementalClientVersion, i.decodeClientPart, i.decodeOSDPart)
	if err != nil {
		return nil, err
	}
	i.FullCRC = f.fullCRC
	return i, nil
}

func (i *OSDMapIncremental) decodeClientPart(r *denc.Reader, version uint8) {
	requirePartVersion(r, version, minOSDMapIncrementalClientVersion)
	i.ClientVersion = min(version, osdMapIncrementalClientVersion)
	i.FSID = r.UUID("fsid")
	i.Epoch = r.Uint32("epoch")
	i.Modified = r.UTime("modified")
	i.NewPoolMax = r.Int64("new_pool_max")
	i.NewFlags = r.Int32("new_flags")
	i.FullMap = readClone(r, "fullmap")
	i.CRUSH = readClone(r, "crush")
	i.NewMaxOSD = r.Int32("new_max_osd")
	i.NewPools = decodeMap(r, "new_pools", int64Codec, poolCodec)
	i.NewPoolNames = decodeMap(r, "new_pool_names", int64Codec, stringCodec)
	i.OldPools = decodeSortedList(r, "old_pools", int64Codec)
	i.NewUpClient = decodeMap(r, "new_up_client", int32Codec, addrVecCodec)
	i.NewState = decodeMap(r, "new_state", int32Codec, osdStateCodec)
	i.NewWeight = decodeMap(r, "new_weight", int32Codec, uint32Codec)
	i.NewPGTemp = decodeMap(r, "new_pg_temp", pgCodec, int32sCodec)
	i.NewPrimaryTemp = decodeMap(r, "new_primary_temp", pgCodec, int32Codec)
	i.NewPrimaryAffinity = decodeMap(r, "new_primary_affinity", int32Codec, uint32Codec)
	i.NewErasureCodeProfiles = decodeMap(r, "new_erasure_code_profiles", stringCodec, stringMapCodec)
	i.OldErasureCodeProfiles = decodeList(r, "old_erasure_code_profiles", stringCodec)
	i.NewPGUpmap = decodeMap(r, "new_pg_upmap", pgCodec, int32sCodec)
	i.OldPGUpmap = decodeSortedList(r, "old_pg_upmap", pgCodec)
	i.NewPGUpmapItems = decodeMap(r, "new_pg_upmap_items", pgCodec, osdPairsCodec)
	i.OldPGUpmapItems = decodeSortedList(r, "old_pg_upmap_items", pgCodec)
	i.NewRemovedSnaps = decodeMap(r, "new_removed_snaps", int64Codec, snapIntervalsCodec)
	i.NewPurgedSnaps = decodeMap(r, "new_purged_snaps", int64Codec, snapIntervalsCodec)
	i.NewLastUpChange = r.UTime("new_last_up_change")
	i.NewLastInChange = r.UTime("new_last_in_change")
	if version >= 9 {
		i.NewPGUpmapPrimaries = decodeMap(r, "new_pg_upmap_primary", pgCodec, int32Codec)
		i.OldPGUpmapPrimaries = decodeSortedList(r, "old_pg_upmap_primary", pgCodec)
	}
}

func (i *OSDMapIncremental) decodeOSDPart(r *denc.Reader, version uint8) {
	requirePartVersion(r, version, minOSDPartVersion)
	i.NewHBBackUp = decodeMap(r, "new_hb_back_up", int32Codec, addrVecCodec)
	i.NewUpThru = decodeMap(r, "new_up_thru", int32Codec, uint32Codec)
	i.NewLastCleanInterval = decodeMap(r, "new_last_clean_interval", int32Codec, epochIntervalCodec)
	i.NewLost = decodeMap(r, "new_lost", int32Codec, uint32Codec)
	i.NewBlocklist = decodeMap(r, "new_blocklist", addrCodec, utimeCodec)
	i.OldBlocklist = decodeList(r, "old_blocklist", addrCodec)
	i.NewUpCluster = decodeMap(r, "new_up_cluster", int32Codec, addrVecCodec)
	i.ClusterSnapshot = r.String("cluster_snapshot")
	i.NewUUID = decodeMap(r, "new_uuid", int32Codec, uuidCodec)
	i.NewXInfo = decodeMap(r, "new_xinfo", int32Codec, osdXInfoCodec)
	i.NewHBFrontUp = decodeMap(r, "new_hb_front_up", int32Codec, addrVecCodec)
	i.EncodeFeatures = r.Uint64("encode_features")
	i.NewNearFullRatio = r.Float32("new_nearfull_ratio")
	i.NewFullRatio = r.Float32("new_full_ratio")
	i.NewBackfillFullRatio = r.Float32("new_backfillfull_ratio")
	i.NewRequireMinCompatClient = Release(r.Uint8("new_require_min_compat_client"))
	i.NewRequireOSDRelease = Release(r.Uint8("new_require_osd_release"))
	i.NewCRUSHNodeFlags = decodeMap(r, "new_crush_node_flags", int32Codec, osdStateCodec)
	i.NewDeviceClassFlags = decodeMap(r, "new_device_class_flags", int32Codec, osdStateCodec)
	if version >= 10 {
		changed := r.Bool("change_stretch_mode")
		var s OSDMapStretch
		s.BucketCount = r.Uint32("new_stretch_bucket_count")
		s.Degraded = r.Uint32("new_degraded_stretch_mode")
		s.Recovering = r.Uint32("new_recovering_stretch_mode")
		s.Bucket = r.Int32("new_stretch_mode_bucket")
		s.Enabled = r.Bool("stretch_mode_enabled")
		if changed {
			i.Stretch = &s
		}
	}
	if version >= 11 {
		i.NewRangeBlocklist = decodeMap(r, "new_range_blocklist", addrCodec, utimeCodec)
		i.OldRangeBlocklist = decodeList(r, "old_range_blocklist", addrCodec)
	}
	if version >= 12 {
		i.Crimson = CrimsonChange(r.Uint8("mutate_allow_crimson"))
	}
}

// AppendTo appends the encoding of i for a peer of Nautilus or later, with its checksum and FullCRC. A decoded
// incremental comes out as the very bytes that a monitor made of it.
func (i *OSDMapIncremental) AppendTo(b []byte) []byte {
	start := len(b)
	b, whole := denc.AppendStart(b, osdMapVersion, osdMapCompat)
	b = i.appendClientPart(b)
	b = i.appendOSDPart(b)
	crcAt := len(b)
	b = denc.AppendUint32(denc.AppendUint32(b, 0), i.FullCRC)
	b = denc.AppendFinish(b, whole)
	sum := denc.CRC32C(denc.CRC32C(denc.CRCSeed, b[start:crcAt]), b[crcAt+4:])
	binary.LittleEndian.PutUint32(b[crcAt:], sum)
	return b
}

func (i *OSDMapIncremental) appendClientPart(b []byte) []byte {
	version := uint8(osdMapIncrementalClientVersion)
	if i.ClientVersion != 0 && i.ClientVersion <= 8 {
		version = 8
	}
	b, mark := denc.AppendStart(b, version, 1)
	b = denc.AppendUUID(b, i.FSID)
	b = denc.AppendUint32(b, i.Epoch)
	b = denc.AppendUTime(b, i.Modified)
	b = denc.AppendInt64(b, i.NewPoolMax)
	b = denc.AppendInt32(b, i.NewFlags)
	b = denc.AppendBlob(b, i.FullMap)
	b = denc.AppendBlob(b, i.CRUSH)
	b = denc.AppendInt32(b, i.NewMaxOSD)
	b = appendMap(b, i.NewPools, int64Codec, poolCodec)
	b = appendMap(b, i.NewPoolNames, int64Codec, stringCodec)
	b = appendList(b, i.OldPools, int64Codec)
	b = appendMap(b, i.NewUpClient, int32Codec, addrVecCodec)
	b = appendMap(b, i.NewState, int32Codec, osdStateCodec)
	b = appendMap(b, i.NewWeight, int32Codec, uint32Codec)
	b = appendMap(b, i.NewPGTemp, pgCodec, int32sCodec)
	b = appendMap(b, i.NewPrimaryTemp, pgCodec, int32Codec)
	b = appendMap(b, i.NewPrimaryAffinity, int32Codec, uint32Codec)
	b = appendMap(b, i.NewErasureCodeProfiles, stringCodec, stringMapCodec)
	b = appendList(b, i.OldErasureCodeProfiles, stringCodec)
	b = appendMap(b, i.NewPGUpmap, pgCodec, int32sCodec)
	b = appendList(b, i.OldPGUpmap, pgCodec)
	b = appendMap(b, i.NewPGUpmapItems, pgCodec, osdPairsCodec)
	b = appendList(b, i.OldPGUpmapItems, pgCodec)
	b = appendMap(b, i.NewRemovedSnaps, int64Codec, snapIntervalsCodec)
	b = appendMap(b, i.NewPurgedSnaps, int64Codec, snapIntervalsCodec)
	b = denc.AppendUTime(b, i.NewLastUpChange)
	b = denc.AppendUTime(b, i.NewLastInChange)
	if version >= 9 {
		b = appendMap(b, i.NewPGUpmapPrimaries, pgCodec, int32Codec)
		b = appendList(b, i.OldPGUpmapPrimaries, pgCodec)
	}
	return denc.AppendFinish(b, mark)
}

// osdPartVersion returns the version of the part for OSDs. Each includes what those below it do.
func (i *OSDMapIncremental) osdPartVersion() uint8 {
	switch {
	case i.Crimson != CrimsonUnchanged:
		return 12
	case len(i.NewRangeBlocklist)+len(i.OldRangeBlocklist) > 0:
		return 11
	case i.Stretch != nil:
		return 10
	}
	return 9
}

func (i *OSDMapIncremental) appendOSDPart(b []byte) []byte {
	version := i.osdPartVersion()
	b, mark := denc.AppendStart(b, version, 1)
	b = appendMap(b, i.NewHBBackUp, int32Codec, addrVecCodec)
	b = appendMap(b, i.NewUpThru, int32Codec, uint32Codec)
	b = appendMap(b, i.NewLastCleanInterval, int32Codec, epochIntervalCodec)
	b = appendMap(b, i.NewLost, int32Codec, uint32Codec)
	b = appendMap(b, i.NewBlocklist, addrCodec, utimeCodec)
	b = appendList(b, i.OldBlocklist, addrCodec)
	b = appendMap(b, i.NewUpCluster, int32Codec, addrVecCodec)
	b = denc.AppendString(b, i.ClusterSnapshot)
	b = appendMap(b, i.NewUUID, int32Codec, uuidCodec)
	b = appendMap(b, i.NewXInfo, int32Codec, osdXInfoCodec)
	b = appendMap(b, i.NewHBFrontUp, int32Codec, addrVecCodec)
	b = denc.AppendUint64(b, i.EncodeFeatures)
	b = denc.AppendFloat32(b, i.NewNearFullRatio)
	b = denc.AppendFloat32(b, i.NewFullRatio)
	b = denc.AppendFloat32(b, i.NewBackfillFullRatio)
	b = denc.AppendUint8(b, uint8(i.NewRequireMinCompatClient))
	b = denc.AppendUint8(b, uint8(i.NewRequireOSDRelease))
	b = appendMap(b, i.NewCRUSHNodeFlags, int32Codec, osdStateCodec)
	b = appendMap(b, i.NewDeviceClassFlags, int32Codec, osdStateCodec)
	if version >= 10 {
		var s OSDMapStretch
		if i.Stretch != nil {
			s = *i.Stretch
		}
		b = denc.AppendBool(b, i.Stretch != nil)
		b = denc.AppendUint32(b, s.BucketCount)
		b = denc.AppendUint32(b, s.Degraded)
		b = denc.AppendUint32(b, s.Recovering)
		b = denc.AppendInt32(b, s.Bucket)
		b = denc.AppendBool(b, s.Enabled)
	}
	if version >= 11 {
		b = appendMap(b, i.NewRangeBlocklist, addrCodec, utimeCodec)
		b = appendList(b, i.OldRangeBlocklist, addrCodec)
	}
	if version >= 12 {
		b = denc.AppendUint8(b, uint8(i.Crimson))
	}
	return denc.AppendFinish(b, mark)
}
