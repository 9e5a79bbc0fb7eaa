package cephmap

import (
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// MonInfo is one monitor of a MonMap (mon_info_t in src/mon/MonMap.h).
type MonInfo struct {
	Name     string
	Addrs    denc.EntityAddrVec
	Priority uint16 // lower is tried first
	Weight   uint16 // among equal priorities; 0 for all: at random
	// CrushLocation says where the monitor stands, by the type of the CRUSH bucket. Nil when it is not said.
	CrushLocation map[string]string
	TimeAdded     denc.UTime // zero in maps from before 20.2
}

const (
	monInfoVersion = 6
	// minMonInfo is the size of the shortest encoding: frame, name, address vector, priority.
	minMonInfo = 6 + 4 + 5
)

// DecodeFrom reads m in any version from 1 to 6.
func (m *MonInfo) DecodeFrom(r *denc.Reader) {
	*m = MonInfo{}
	s := r.Start("mon_info_t", monInfoVersion)
	m.Name = r.String("name")
	m.Addrs.DecodeFrom(r) // before version 3 a single address, which it reads as well
	if s.Version >= 2 {
		m.Priority = r.Uint16("priority")
	}
	if s.Version >= 4 {
		m.Weight = r.Uint16("weight")
	}
	if s.Version >= 5 {
		for range r.Count(8, "crush_loc") {
			k, v := r.String("crush_loc.type"), r.String("crush_loc.name")
			if r.Err() != nil {
				break
			}
			if m.CrushLocation == nil {
				m.CrushLocation = make(map[string]string)
			}
			m.CrushLocation[k] = v
		}
	}
	if s.Version >= 6 {
		m.TimeAdded = r.UTime("time_added")
	}
	r.Finish(s)
}

// appendTo appends m as version 5 or 6.
func (m *MonInfo) appendTo(b []byte, version uint8) []byte {
	b, mark := denc.AppendStart(b, version, 1)
	b = denc.AppendString(b, m.Name)
	b = m.Addrs.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUint16(b, m.Priority)
	b = denc.AppendUint16(b, m.Weight)
	b = denc.AppendUint32(b, uint32(len(m.CrushLocation)))
	for _, k := range slices.Sorted(maps.Keys(m.CrushLocation)) {
		b = denc.AppendString(denc.AppendString(b, k), m.CrushLocation[k])
	}
	if version >= 6 {
		b = denc.AppendUTime(b, m.TimeAdded)
	}
	return denc.AppendFinish(b, mark)
}

func (m *MonInfo) clone() MonInfo {
	c := *m
	c.Addrs = slices.Clone(m.Addrs)
	c.CrushLocation = maps.Clone(m.CrushLocation)
	return c
}
