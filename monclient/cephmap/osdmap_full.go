package cephmap

import (
	"cmp"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// OSDMapFlags are the flags of an OSD map (CEPH_OSDMAP_NEARFULL and so on in src/include/rados.h).
type OSDMapFlags uint32

// The flags.
const (
	OSDMapNearFull OSDMapFlags = 1 << iota
	OSDMapFull
	OSDMapPauseRead
	OSDMapPauseWrite
	OSDMapPauseRecovery
	OSDMapNoUp
	OSDMapNoDown
	OSDMapNoOut
	OSDMapNoIn
	OSDMapNoBackfill
	OSDMapNoRecover
	OSDMapNoScrub
	OSDMapNoDeepScrub
	OSDMapNoTierAgent
	OSDMapNoRebalance
	OSDMapSortBitwise
	OSDMapRequireJewel
	OSDMapRequireKraken
	OSDMapRequireLuminous
	OSDMapRecoveryDeletes
	OSDMapPurgedSnapDirs
	OSDMapNoSnapTrim
	OSDMapPGLogHardLimit
	OSDMapNoAutoscale
)

// Has reports whether f has all flags of g.
func (f OSDMapFlags) Has(g OSDMapFlags) bool { return f&g == g }

// OSDMap is the map of the OSDs and the pools (src/osd/OSDMap.h). A decoded map keeps nothing of the bytes that it came
// from. Maps may share what their slices and pointers refer to, so nothing in a decoded map may be changed.
type OSDMap struct {
	// ClientVersion is the version of the encoding of the part for clients: 9 as Pacific writes it, 10, or 0 for the
	// newest. The other part's follows from what is in it.
	ClientVersion uint8

	FSID         uuid.UUID
	Epoch        uint32
	Created      denc.UTime
	Modified     denc.UTime
	LastUpChange denc.UTime // an OSD went up or down
	LastInChange denc.UTime // an OSD went in or out
	Flags        OSDMapFlags

	Pools     []Entry[int64, *Pool]  // by id
	PoolNames []Entry[int64, string] // by id
	PoolMax   int32                  // the highest id there ever was; -1 for none

	OSDs []*OSD // by id; an id that no OSD has is that of a zero one, which may be nil in a map that was not decoded
	// PrimaryAffinity has an element for each of OSDs, with OSDWeightIn for 1; nil when all have that.
	PrimaryAffinity []uint32

	// CRUSH is the encoded CRUSH map, which places the data.
	CRUSH            []byte
	CRUSHVersion     uint32
	CRUSHNodeFlags   []Entry[int32, OSDState] // of buckets by id
	DeviceClassFlags []Entry[int32, OSDState] // of classes by id

	// Where placement groups differ from what CRUSH says: for the time being, and for balance.
	PGTemp              PGMap[[]int32]
	PrimaryTemp         PGMap[int32]
	PGUpmap             PGMap[[]int32]
	PGUpmapItems        PGMap[[]OSDPair]
	PGUpmapPrimaries    PGMap[int32]
	ErasureCodeProfiles []Entry[string, StringMap]

	Blocklist      []Entry[denc.EntityAddr, denc.UTime] // until when, by address
	RangeBlocklist []Entry[denc.EntityAddr, denc.UTime] // of type denc.AddrCIDR, with the prefix length as nonce

	// By pool: snapshots removed and purged in this epoch, and those whose objects are still to be trimmed.
	NewRemovedSnaps   []Entry[int64, []SnapInterval]
	NewPurgedSnaps    []Entry[int64, []SnapInterval]
	RemovedSnapsQueue []Entry[int64, []SnapInterval]

	ClusterSnapshot      string
	ClusterSnapshotEpoch uint32

	NearFullRatio     float32
	FullRatio         float32
	BackfillFullRatio float32

	RequireMinCompatClient Release
	RequireOSDRelease      Release

	Stretch      OSDMapStretch
	AllowCrimson bool
}

// OSDMapStretch is the state of a cluster that is stretched over two sites (OSDMap::stretch_mode_enabled and following
// in src/osd/OSDMap.h).
type OSDMapStretch struct {
	Enabled     bool
	BucketCount uint32
	Degraded    uint32 // the number of sites that work, 0 when all do
	Recovering  uint32 // not 0 while placement groups catch up
	Bucket      int32  // the type of the buckets that are the sites
}

// Pool returns the pool of that id, nil when there is none.
func (m *OSDMap) Pool(id int64) *Pool {
	p, _ := lookup(m.Pools, id, cmp.Compare[int64])
	return p
}

// PoolName returns the name of the pool of that id, and whether it has one.
func (m *OSDMap) PoolName(id int64) (string, bool) {
	return lookup(m.PoolNames, id, cmp.Compare[int64])
}

// PoolID returns the id of the pool of that name, and whether there is one.
func (m *OSDMap) PoolID(name string) (int64, bool) {
	for i := range m.PoolNames {
		if m.PoolNames[i].Value == name {
			return m.PoolNames[i].Key, true
		}
	}
	return 0, false
}

// OSD returns the OSD of that id, nil when there is none.
func (m *OSDMap) OSD(id int32) *OSD {
	if id < 0 || int(id) >= len(m.OSDs) || m.OSDs[id] == nil || !m.OSDs[id].Exists() {
		return nil
	}
	return m.OSDs[id]
}
