package cephmap

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// Versions of the content of an MDSMap, which is versioned apart from its frame.
const (
	// MDSMapVersion16 is what Pacific writes.
	MDSMapVersion16 uint16 = 16
	// MDSMapVersion18 is what Reef writes.
	MDSMapVersion18 uint16 = 18
	// MDSMapVersion19 is what Tentacle writes.
	MDSMapVersion19 uint16 = 19

	mdsMapFrame       = 5
	mdsMapFrameCompat = 4
	oldestMDSMap      = 10
)

// MDSMapFlags are the flags of a file system (CEPH_MDSMAP_… in src/include/ceph_fs.h).
type MDSMapFlags uint32

// The flags.
const (
	MDSMapNotJoinable               MDSMapFlags = 1 << 0
	MDSMapAllowSnaps                MDSMapFlags = 1 << 1
	MDSMapAllowMultiMDSSnaps        MDSMapFlags = 1 << 4
	MDSMapAllowStandbyReplay        MDSMapFlags = 1 << 5
	MDSMapRefuseClientSession       MDSMapFlags = 1 << 6
	MDSMapRefuseStandbyForAnotherFS MDSMapFlags = 1 << 7
	MDSMapBalanceAutomate           MDSMapFlags = 1 << 8
)

// MDSMap is a file system and its metadata servers (src/mds/MDSMap.h). Sets of ranks and of pools are in order.
type MDSMap struct {
	// Version is the version of the content that the map was decoded from, or what a newer monitor wrote. It decides how the
	// map is encoded and printed; 0 means the newest.
	Version uint16

	Epoch   uint32 // of the FSMap, when this file system last changed
	FSName  string
	Enabled bool
	Flags   MDSMapFlags

	Created, Modified denc.UTime

	// Info has the metadata servers that have a rank or follow one, by global id.
	Info                   map[uint64]MDSInfo
	MaxMDS, OldMaxMDS      int32
	In                     []int32          // ranks that there are
	Up                     map[int32]uint64 // global ids by rank
	Failed, Damaged        []int32
	Stopped                []int32
	StandbyCountWanted     int32  // -1: not set
	LastFailure            uint32 // epochs
	LastFailureOSDEpoch    uint32
	QuiesceDBLeader        uint64   // a global id, 0: none; as its Members, from version 19 on
	QuiesceDBMembers       []uint64 // global ids, in the order of the encoding, which is none
	Balancer               string
	BalanceRankMask        string // from version 17 on
	DataPools              []int64
	MetadataPool, CASPool  int64
	Root, TableServer      int32  // ranks
	SessionTimeout         uint32 // seconds
	SessionAutoclose       uint32 // seconds
	MaxFileSize            uint64
	MaxXattrSize           uint64 // from version 18 on
	InlineDataEnabled      bool
	EverAllowedFeatures    uint8 // flags below 0x100 that were ever set
	ExplicitlyAllowed      uint8 // those that were set by a command
	Compat                 CompatSet
	RequiredClientFeatures FeatureBits // from version 16 on
}

// DecodeMDSMap decodes a map of which b has nothing else. Its error wraps one of denc's and names the field.
func DecodeMDSMap(b []byte) (*MDSMap, error) {
	r := denc.NewReader(b)
	m := new(MDSMap)
	m.DecodeFrom(r)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("cephmap: %w", err)
	}
	return m, nil
}

// DecodeFrom reads m as Mimic and later monitors write it.
func (m *MDSMap) DecodeFrom(r *denc.Reader) {
	*m = MDSMap{BalanceRankMask: "-1", StandbyCountWanted: -1, MaxXattrSize: 1 << 16} // for what older versions do not say
	s := r.Start("mdsmap", mdsMapFrame)
	if r.Err() == nil && s.Version < mdsMapFrame {
		r.Fail("struct_v", "%d is older than %d, the oldest supported", s.Version, mdsMapFrame)
	}
	m.Epoch = r.Uint32("epoch")
	m.Flags = MDSMapFlags(r.Uint32("flags"))
	m.LastFailure = r.Uint32("last_failure")
	m.Root = r.Int32("root")
	m.SessionTimeout = r.Uint32("session_timeout")
	m.SessionAutoclose = r.Uint32("session_autoclose")
	m.MaxFileSize = r.Uint64("max_file_size")
	m.MaxMDS = r.Int32("max_mds")
	m.Info = readMDSInfos(r, "mds_info")
	m.DataPools = readList(r, "data_pools", 8, func() int64 { return r.Int64("data_pools") })
	m.CASPool = r.Int64("cas_pool")
	m.Version = r.Uint16("ev")
	if r.Err() == nil && m.Version < oldestMDSMap {
		r.Fail("ev", "%d is older than %d, the oldest supported", m.Version, oldestMDSMap)
	}
	m.Compat.decodeFrom(r)
	m.MetadataPool = r.Int64("metadata_pool")
	m.Created = r.UTime("created")
	m.Modified = r.UTime("modified")
	m.TableServer = r.Int32("tableserver")
	m.In = decodeInt32Set(r, "in")
	readMap(r, "inc", 8, r.Int32, func() int32 { return r.Int32("inc") }) // for monitors of old
	m.Up = readMap(r, "up", 12, r.Int32, func() uint64 { return r.Uint64("up") })
	m.Failed = decodeInt32Set(r, "failed")
	m.Stopped = decodeInt32Set(r, "stopped")
	m.LastFailureOSDEpoch = r.Uint32("last_failure_osd_epoch")
	m.EverAllowedFeatures = r.Uint8("ever_allowed_features")
	m.ExplicitlyAllowed = r.Uint8("explicitly_allowed_features")
	m.InlineDataEnabled = r.Bool("inline_data_enabled")
	m.Enabled = r.Bool("enabled")
	m.FSName = r.String("fs_name")
	m.Damaged = decodeInt32Set(r, "damaged")
	m.decodeNewer(r)
	r.Finish(s)
}

// decodeNewer reads what came with version 11 and later.
func (m *MDSMap) decodeNewer(r *denc.Reader) {
	if m.Version >= 11 {
		m.Balancer = r.String("balancer")
	}
	if m.Version >= 12 {
		m.StandbyCountWanted = r.Int32("standby_count_wanted")
	}
	if m.Version >= 13 {
		m.OldMaxMDS = r.Int32("old_max_mds")
	}
	if m.Version >= 14 {
		r.Uint8("min_compat_client") // in favour of what follows
	}
	if m.Version >= 16 {
		m.RequiredClientFeatures = readFeatureBits(r, "required_client_features")
	}
	if m.Version >= 17 {
		m.BalanceRankMask = r.String("bal_rank_mask")
	}
	if m.Version >= 18 {
		m.MaxXattrSize = r.Uint64("max_xattr_size")
	}
	if m.Version >= 19 {
		m.QuiesceDBLeader = r.Uint64("qdb_cluster_leader")
		m.QuiesceDBMembers = readList(r, "qdb_cluster_members", 8, func() uint64 { return r.Uint64("qdb_cluster_members") })
	}
}

// AppendTo appends the encoding of m for a peer of Nautilus or later: in the version that it was decoded from, or the
// nearest of 16, 18 and 19 that has it all. A map decoded from one of these, out of a monitor, comes out as the very bytes
// that it was decoded from.
func (m *MDSMap) AppendTo(b []byte) []byte {
	version := MDSMapVersion19
	switch {
	case m.Version == 0:
	case m.Version <= MDSMapVersion16:
		version = MDSMapVersion16
	case m.Version <= MDSMapVersion18:
		version = MDSMapVersion18
	}
	b, mark := denc.AppendStart(b, mdsMapFrame, mdsMapFrameCompat)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUint32(b, uint32(m.Flags))
	b = denc.AppendUint32(b, m.LastFailure)
	b = denc.AppendInt32(b, m.Root)
	b = denc.AppendUint32(b, m.SessionTimeout)
	b = denc.AppendUint32(b, m.SessionAutoclose)
	b = denc.AppendUint64(b, m.MaxFileSize)
	b = denc.AppendInt32(b, m.MaxMDS)
	b = putMap(b, m.Info, denc.AppendUint64, appendMDSInfo)
	b = putList(b, m.DataPools, denc.AppendInt64)
	b = denc.AppendInt64(b, m.CASPool)
	b = denc.AppendUint16(b, version)
	b = appendCompatSet(b, m.Compat)
	b = denc.AppendInt64(b, m.MetadataPool)
	b = denc.AppendUTime(b, m.Created)
	b = denc.AppendUTime(b, m.Modified)
	b = denc.AppendInt32(b, m.TableServer)
	b = appendInt32Set(b, m.In)
	inc := make(map[int32]uint32, len(m.In)) // what monitors of old make sense of
	for _, rank := range m.In {
		inc[rank] = m.Epoch
	}
	b = putMap(b, inc, denc.AppendInt32, denc.AppendUint32)
	b = putMap(b, m.Up, denc.AppendInt32, denc.AppendUint64)
	b = appendInt32Set(b, m.Failed)
	b = appendInt32Set(b, m.Stopped)
	b = denc.AppendUint32(b, m.LastFailureOSDEpoch)
	b = denc.AppendUint8(b, m.EverAllowedFeatures)
	b = denc.AppendUint8(b, m.ExplicitlyAllowed)
	b = denc.AppendBool(b, m.InlineDataEnabled)
	b = denc.AppendBool(b, m.Enabled)
	b = denc.AppendString(b, m.FSName)
	b = appendInt32Set(b, m.Damaged)
	b = denc.AppendString(b, m.Balancer)
	b = denc.AppendInt32(b, m.StandbyCountWanted)
	b = denc.AppendInt32(b, m.OldMaxMDS)
	b = denc.AppendUint8(b, 0) // min_compat_client
	b = appendFeatureBits(b, m.RequiredClientFeatures)
	if version >= MDSMapVersion18 {
		b = denc.AppendString(b, m.BalanceRankMask)
		b = denc.AppendUint64(b, m.MaxXattrSize)
	}
	if version >= MDSMapVersion19 {
		b = denc.AppendUint64(b, m.QuiesceDBLeader)
		b = putList(b, m.QuiesceDBMembers, denc.AppendUint64)
	}
	return denc.AppendFinish(b, mark)
}
