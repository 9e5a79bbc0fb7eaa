package cephmap

import (
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// osds compares OSDs, passing over those that the maps share.
func (d *osdMapDiff) osds() {
	var none OSD
	of := func(m *OSDMap, id int32) *OSD {
		if int(id) >= len(m.OSDs) || m.OSDs[id] == nil {
			return &none
		}
		return m.OSDs[id]
	}
	for id := range int32(max(len(d.old.OSDs), len(d.next.OSDs))) {
		if a, b := of(d.old, id), of(d.next, id); a != b {
			d.osd(id, a, b)
		}
		if a, b := d.old.affinity(id), d.next.affinity(id); a != b && d.next.OSD(id) != nil {
			d.add(OSDMapChange{Kind: OSDAffinity, OSD: id, Old: fraction(a), New: fraction(b)})
		}
	}
}

func (d *osdMapDiff) osd(id int32, a, b *OSD) {
	add := func(kind OSDMapChangeKind, old, next any) {
		d.add(OSDMapChange{Kind: kind, OSD: id, Old: old, New: next})
	}
	const shown = OSDExists | OSDUp | OSDDestroyed // which are changes of their own
	was, is := a.State&^shown, b.State&^shown
	switch {
	case a.Exists() && !b.Exists():
		add(OSDRemoved, nil, nil)
		return
	case !a.Exists() && b.Exists():
		add(OSDCreated, nil, nil)
		is &^= OSDNew
	}
	switch {
	case !a.State.Has(OSDDestroyed) && b.State.Has(OSDDestroyed):
		add(OSDWasDestroyed, nil, nil)
	case a.State.Has(OSDDestroyed) && !b.State.Has(OSDDestroyed):
		d.add(OSDMapChange{Kind: OSDFlagUnset, OSD: id, Name: "destroyed"})
	}
	moved := true // up or down, or both
	switch {
	case !a.Up() && b.Up():
		add(OSDWentUp, nil, b.ClientAddrs.String())
		was &^= OSDNew // which this ends
	case a.Up() && !b.Up():
		add(OSDWentDown, nil, nil)
	case a.Up() && b.Up() && a.Info.UpFrom != b.Info.UpFrom:
		add(OSDRestarted, nil, b.ClientAddrs.String())
	default:
		moved = false
	}
	switch {
	case !a.In() && b.In():
		add(OSDWentIn, nil, fraction(b.Weight))
		was &^= OSDAutoOut | OSDNew // which this ends
	case a.In() && !b.In():
		add(OSDWentOut, fraction(a.Weight), nil)
	case a.Weight != b.Weight:
		add(OSDReweighted, fraction(a.Weight), fraction(b.Weight))
	}
	d.flags(uint64(was), uint64(is), osdStateName, OSDFlagSet, OSDFlagUnset, OSDMapChange{OSD: id})
	for _, addrs := range osdAddrs {
		if x, y := addrs.of(a), addrs.of(b); !slices.Equal(x, y) && !(moved && b.Up()) {
			d.add(OSDMapChange{Kind: OSDAddrsChanged, OSD: id, Name: addrs.name, Old: x.String(), New: y.String()})
		}
	}
	const life = OSDExists | OSDDestroyed
	d.osdDetails(id, a, b, moved || a.State&life != b.State&life, a.In() != b.In())
}

var osdAddrs = []struct {
	name string
	of   func(*OSD) denc.EntityAddrVec
}{
	{"public", func(o *OSD) denc.EntityAddrVec { return o.ClientAddrs }},
	{"cluster", func(o *OSD) denc.EntityAddrVec { return o.ClusterAddrs }},
	{"heartbeat_back", func(o *OSD) denc.EntityAddrVec { return o.HBBackAddrs }},
	{"heartbeat_front", func(o *OSD) denc.EntityAddrVec { return o.HBFrontAddrs }},
}

// The details of OSDs: those that go with being created, destroyed, up, down or restarted, those that go with being in or
// out, and those that do not.
var (
	osdMoves = []setting[*OSD]{
		{"uuid", func(o *OSD) any { return o.UUID.String() }},
		{"up_from", func(o *OSD) any { return uint64(o.Info.UpFrom) }},
		{"up_thru", func(o *OSD) any { return uint64(o.Info.UpThru) }},
		{"down_at", func(o *OSD) any { return uint64(o.Info.DownAt) }},
		{"down_stamp", func(o *OSD) any { return o.XInfo.DownStamp }},
		{"features", func(o *OSD) any { return o.XInfo.Features }},
		{"last_purged_snaps_scrub", func(o *OSD) any { return o.XInfo.LastPurgedSnapsScrub }},
		{"last_clean_begin", func(o *OSD) any { return uint64(o.Info.LastCleanBegin) }},
		{"last_clean_end", func(o *OSD) any { return uint64(o.Info.LastCleanEnd) }},
		{"laggy_probability", func(o *OSD) any { return float64(float32(o.XInfo.LaggyProbability) / float32(0xffffffff)) }},
		{"laggy_interval", func(o *OSD) any { return uint64(o.XInfo.LaggyInterval) }},
		{"dead_epoch", func(o *OSD) any { return uint64(o.XInfo.DeadEpoch) }},
	}
	osdWeights = []setting[*OSD]{
		{"old_weight", func(o *OSD) any { return fraction(o.XInfo.OldWeight) }},
	}
	osdDetails = []setting[*OSD]{
		{"lost_at", func(o *OSD) any { return uint64(o.Info.LostAt) }},
	}
)

func (d *osdMapDiff) osdDetails(id int32, a, b *OSD, moved, inOrOut bool) {
	compare := func(details []setting[*OSD]) {
		for _, s := range details {
			if x, y := s.of(a), s.of(b); x != y {
				d.add(OSDMapChange{Kind: OSDDetailsChanged, OSD: id, Name: s.name, Old: x, New: y})
			}
		}
	}
	if !moved {
		compare(osdMoves)
	}
	if !inOrOut {
		compare(osdWeights)
	}
	compare(osdDetails)
}
