package cephmap

import "github.com/libmonclient/libmonclient/denc"

// MDSState is the state of a metadata server (MDSMap::DaemonState in src/mds/MDSMap.h).
type MDSState int32

// The states.
const (
	MDSNull          MDSState = -10
	MDSReplayOnce    MDSState = -9
	MDSStandbyReplay MDSState = -8
	MDSStarting      MDSState = -7
	MDSCreating      MDSState = -6
	MDSStandby       MDSState = -5
	MDSBoot          MDSState = -4
	MDSStopped       MDSState = -1
	MDSDoesNotExist  MDSState = 0
	MDSReplay        MDSState = 8
	MDSResolve       MDSState = 9
	MDSReconnect     MDSState = 10
	MDSRejoin        MDSState = 11
	MDSClientReplay  MDSState = 12
	MDSActive        MDSState = 13
	MDSStopping      MDSState = 14
	MDSDamaged       MDSState = 15
)

var mdsStates = map[MDSState]string{
	MDSNull: "null", MDSReplayOnce: "up:oneshot-replay", MDSStandbyReplay: "up:standby-replay", MDSStarting: "up:starting",
	MDSCreating: "up:creating", MDSStandby: "up:standby", MDSBoot: "up:boot", MDSStopped: "down:stopped",
	MDSDoesNotExist: "down:dne", MDSReplay: "up:replay", MDSResolve: "up:resolve", MDSReconnect: "up:reconnect",
	MDSRejoin: "up:rejoin", MDSClientReplay: "up:clientreplay", MDSActive: "up:active", MDSStopping: "up:stopping",
	MDSDamaged: "down:damaged",
}

// String returns Ceph's name of the state, such as up:active (ceph_mds_state_name in src/common/ceph_strings.cc); ??? for
// one that is not known here.
func (s MDSState) String() string {
	if name, ok := mdsStates[s]; ok {
		return name
	}
	return "???"
}

// MDSInfoFrozen keeps the monitors from changing the state of a metadata server; a flag of MDSInfo.
const MDSInfoFrozen uint64 = 1 << 0

// MDSInfo is a metadata server (MDSMap::mds_info_t in src/mds/MDSMap.h).
type MDSInfo struct {
	GID           uint64
	Name          string
	Rank          int32 // -1: none
	Incarnation   int32 // the epoch at which it got the rank
	State         MDSState
	StateSeq      uint64
	Addrs         denc.EntityAddrVec
	LaggySince    denc.UTime // zero: it is not
	ExportTargets []int32    // ranks, in order
	Features      denc.Features
	JoinFSCID     int32 // of the file system that it prefers; -1: none
	Flags         uint64
	Compat        CompatSet // from version 10 on, that of Pacific
}

const (
	mdsInfoVersion = 10
	// minMDSInfo is the size of the shortest encoding, that of version 4.
	minMDSInfo = 6 + 8 + 4 + 4 + 4 + 4 + 8 + 5 + 8 + 4 + 4 + 4

	noRank  = -1 // MDS_RANK_NONE in src/mds/mdstypes.h
	noFSCID = -1 // FS_CLUSTER_ID_NONE in src/include/cephfs/types.h
)

// decodeFrom reads m in version 4, which brought the frame, or later.
func (m *MDSInfo) decodeFrom(r *denc.Reader) {
	s := r.Start("mds_info_t", mdsInfoVersion)
	if r.Err() == nil && s.Version < 4 {
		r.Fail("struct_v", "%d is older than 4, the oldest supported", s.Version)
	}
	m.GID = r.Uint64("global_id")
	m.Name = r.String("name")
	m.Rank = r.Int32("rank")
	m.Incarnation = r.Int32("inc")
	m.State = MDSState(r.Int32("state"))
	m.StateSeq = r.Uint64("state_seq")
	m.Addrs.DecodeFrom(r) // before version 8 a single address, which it reads as well
	m.LaggySince = r.UTime("laggy_since")
	r.Int32("standby_for_rank") // of no effect, as the name is
	r.String("standby_for_name")
	m.ExportTargets = decodeInt32Set(r, "export_targets")
	m.JoinFSCID = noFSCID
	if s.Version >= 5 {
		m.Features = denc.Features(r.Uint64("mds_features"))
	}
	if s.Version >= 6 {
		m.JoinFSCID = r.Int32("join_fscid")
	}
	if s.Version >= 7 {
		r.Bool("standby_replay") // of no effect
	}
	if s.Version >= 9 {
		m.Flags = r.Uint64("flags")
	}
	if s.Version >= 10 {
		m.Compat.decodeFrom(r)
	}
	r.Finish(s)
}

func appendMDSInfo(b []byte, m MDSInfo) []byte {
	b, mark := denc.AppendStart(b, mdsInfoVersion, 4)
	b = denc.AppendUint64(b, m.GID)
	b = denc.AppendString(b, m.Name)
	b = denc.AppendInt32(b, m.Rank)
	b = denc.AppendInt32(b, m.Incarnation)
	b = denc.AppendInt32(b, int32(m.State))
	b = denc.AppendUint64(b, m.StateSeq)
	b = m.Addrs.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUTime(b, m.LaggySince)
	b = denc.AppendInt32(b, noRank)
	b = denc.AppendString(b, "")
	b = appendInt32Set(b, m.ExportTargets)
	b = denc.AppendUint64(b, uint64(m.Features))
	b = denc.AppendInt32(b, m.JoinFSCID)
	b = denc.AppendBool(b, false)
	b = denc.AppendUint64(b, m.Flags)
	b = appendCompatSet(b, m.Compat)
	return denc.AppendFinish(b, mark)
}

// readMDSInfos reads metadata servers by their global id, which each of them repeats.
func readMDSInfos(r *denc.Reader, field string) map[uint64]MDSInfo {
	m := readMap(r, field, 8+minMDSInfo, r.Uint64, func() (v MDSInfo) {
		v.decodeFrom(r)
		return v
	})
	for gid, v := range m {
		if v.GID != gid {
			r.Fail(field, "the server of gid %d calls itself %d", gid, v.GID)
			return nil
		}
	}
	return m
}

// dump writes what mds_info_t::dump does.
func (m *MDSInfo) dump(w *jsonWriter) {
	w.uint("gid", m.GID)
	w.str("name", m.Name)
	w.int("rank", int64(m.Rank))
	w.int("incarnation", int64(m.Incarnation))
	w.str("state", m.State.String())
	w.int("state_seq", int64(m.StateSeq))
	w.str("addr", legacyAddrText(m.Addrs.Legacy()))
	w.object("addrs", func() { w.addrVec(m.Addrs) })
	w.int("join_fscid", int64(m.JoinFSCID))
	if !m.LaggySince.IsZero() {
		w.time("laggy_since", m.LaggySince)
	}
	w.ints("export_targets", m.ExportTargets)
	w.uint("features", uint64(m.Features))
	w.uint("flags", m.Flags)
	w.object("compat", func() { m.Compat.dump(w) })
}
