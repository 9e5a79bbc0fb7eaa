package cephmap

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// OSDState is the set of states that an OSD is in (CEPH_OSD_EXISTS and so on in src/include/rados.h).
type OSDState uint32

// The states.
const (
	OSDExists OSDState = 1 << iota
	OSDUp
	OSDAutoOut // marked out by the monitors, not by hand
	OSDNew     // never in yet
	OSDFull
	OSDNearFull
	OSDBackfillFull
	OSDDestroyed // its data is gone for good, its id is kept
	OSDNoUp
	OSDNoDown
	OSDNoIn
	OSDNoOut
	OSDStop // asked to stop
)

// Has reports whether s has all states of t.
func (s OSDState) Has(t OSDState) bool { return s&t == t }

// OSDWeightIn is the weight and the primary affinity of 1, in fixed-point numbers of 16 bits after the point
// (CEPH_OSD_IN in src/include/rados.h).
const OSDWeightIn uint32 = 0x10000

// OSD is what the map says of one OSD. The zero value is that of an id that no OSD has.
type OSD struct {
	State  OSDState
	Weight uint32 // OSDWeightIn is 1; an OSD of weight 0 is out
	UUID   uuid.UUID
	Info   OSDInfo
	XInfo  OSDXInfo

	ClientAddrs  denc.EntityAddrVec // where it serves clients
	ClusterAddrs denc.EntityAddrVec // where it serves other OSDs
	HBBackAddrs  denc.EntityAddrVec // for heartbeats over the network of the OSDs
	HBFrontAddrs denc.EntityAddrVec // for heartbeats over that of the clients
}

// Exists reports whether there is such an OSD.
func (o *OSD) Exists() bool { return o.State.Has(OSDExists) }

// Up reports whether the OSD is there and up.
func (o *OSD) Up() bool { return o.State.Has(OSDExists | OSDUp) }

// In reports whether the OSD is there and data is to be placed on it.
func (o *OSD) In() bool { return o.Exists() && o.Weight != 0 }

// minOSD is what an OSD takes in an encoded map at the least: state, weight and four empty vectors of addresses, and
// what is always as long.
const minOSD = 4 + 4 + 4*5 + 16 + minOSDInfo + minOSDXInfo

// OSDInfo has the epochs of an OSD's life (osd_info_t in src/osd/OSDMap.h).
type OSDInfo struct {
	LastCleanBegin uint32 // the last interval that ended with a clean shutdown
	LastCleanEnd   uint32
	UpFrom         uint32 // marked up
	UpThru         uint32 // known to have been up
	DownAt         uint32 // marked down
	LostAt         uint32 // the last interval given up as lost
}

const (
	minOSDInfo     = 1 + 6*4
	osdInfoVersion = 1
)

// decodeFrom reads i, which has a version but no frame.
func (i *OSDInfo) decodeFrom(r *denc.Reader) {
	if v := r.Uint8("osd_info"); v != osdInfoVersion && r.Err() == nil {
		r.Fail("osd_info", "version %d", v)
	}
	i.LastCleanBegin = r.Uint32("last_clean_begin")
	i.LastCleanEnd = r.Uint32("last_clean_end")
	i.UpFrom = r.Uint32("up_from")
	i.UpThru = r.Uint32("up_thru")
	i.DownAt = r.Uint32("down_at")
	i.LostAt = r.Uint32("lost_at")
}

func (i *OSDInfo) appendTo(b []byte) []byte {
	b = denc.AppendUint8(b, osdInfoVersion)
	b = denc.AppendUint32(b, i.LastCleanBegin)
	b = denc.AppendUint32(b, i.LastCleanEnd)
	b = denc.AppendUint32(b, i.UpFrom)
	b = denc.AppendUint32(b, i.UpThru)
	b = denc.AppendUint32(b, i.DownAt)
	return denc.AppendUint32(b, i.LostAt)
}

// OSDXInfo has more of an OSD's life (osd_xinfo_t in src/osd/OSDMap.h).
type OSDXInfo struct {
	// Version is 3 for the encoding without the last two fields, which clusters write that still require less than
	// Octopus of their OSDs, and 0 for the newest.
	Version uint8

	DownStamp            denc.UTime // marked down
	LaggyProbability     uint32     // as a fraction of 2^32-1
	LaggyInterval        uint32     // seconds
	Features             uint64     // of the OSD's messenger
	OldWeight            uint32     // before it was marked out automatically
	LastPurgedSnapsScrub denc.UTime
	DeadEpoch            uint32 // known to be dead, not only down
}

const (
	minOSDXInfo     = 6 + 8 + 4 + 4 + 8 + 4
	osdXInfoVersion = 4
)

func (x *OSDXInfo) decodeFrom(r *denc.Reader) {
	s := r.Start("osd_xinfo", osdXInfoVersion)
	if r.Err() == nil && s.Version < 3 {
		r.Fail("struct_v", "%d is older than 3, the oldest supported", s.Version)
	}
	if s.Version < osdXInfoVersion {
		x.Version = s.Version
	}
	x.DownStamp = r.UTime("down_stamp")
	x.LaggyProbability = r.Uint32("laggy_probability")
	x.LaggyInterval = r.Uint32("laggy_interval")
	x.Features = r.Uint64("features")
	x.OldWeight = r.Uint32("old_weight")
	if s.Version >= 4 {
		x.LastPurgedSnapsScrub = r.UTime("last_purged_snaps_scrub")
		x.DeadEpoch = r.Uint32("dead_epoch")
	}
	r.Finish(s)
}

func (x *OSDXInfo) appendTo(b []byte) []byte {
	version := uint8(osdXInfoVersion)
	if x.Version == 3 {
		version = 3
	}
	b, mark := denc.AppendStart(b, version, 1)
	b = denc.AppendUTime(b, x.DownStamp)
	b = denc.AppendUint32(b, x.LaggyProbability)
	b = denc.AppendUint32(b, x.LaggyInterval)
	b = denc.AppendUint64(b, x.Features)
	b = denc.AppendUint32(b, x.OldWeight)
	if version >= 4 {
		b = denc.AppendUTime(b, x.LastPurgedSnapsScrub)
		b = denc.AppendUint32(b, x.DeadEpoch)
	}
	return denc.AppendFinish(b, mark)
}
