package cephmap

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// applyOSDs makes the changes to single OSDs, in the order in which monitors do: a later one may undo an earlier.
func (m *OSDMap) applyOSDs(i *OSDMapIncremental) error {
	before := m.OSDs
	if i.NewMaxOSD >= 0 {
		if err := m.resize(int(i.NewMaxOSD)); err != nil {
			return err
		}
	}
	c := osdChanges{m: m, before: before}
	eachChange(&c, i.NewWeight, func(o *OSD, _ int32, weight uint32) {
		if o.Weight = weight; weight != 0 {
			o.State = (o.State | OSDExists) &^ (OSDAutoOut | OSDNew)
			o.XInfo.OldWeight = 0
		}
	})
	eachChange(&c, i.NewPrimaryAffinity, func(_ *OSD, id int32, affinity uint32) { c.setAffinity(id, affinity) })
	eachChange(&c, i.NewState, func(o *OSD, id int32, state OSDState) {
		if state == 0 {
			state = OSDUp
		}
		if o.State&state&OSDUp != 0 {
			o.Info.DownAt = i.Epoch
			o.XInfo.DownStamp = i.Modified
		}
		if o.State&state&OSDExists == 0 {
			o.State ^= state
			return
		}
		*o = OSD{Weight: o.Weight, XInfo: OSDXInfo{Version: o.XInfo.Version}}
		c.setAffinity(id, OSDWeightIn)
	})
	eachChange(&c, i.NewUpClient, func(o *OSD, id int32, addrs denc.EntityAddrVec) {
		o.State = (o.State | OSDExists | OSDUp) &^ OSDStop
		o.ClientAddrs = addrs
		o.HBBackAddrs, _ = lookup(i.NewHBBackUp, id, int32Codec.compare)
		o.HBFrontAddrs, _ = lookup(i.NewHBFrontUp, id, int32Codec.compare)
		o.Info.UpFrom = i.Epoch
	})
	eachChange(&c, i.NewUpCluster, func(o *OSD, _ int32, addrs denc.EntityAddrVec) { o.ClusterAddrs = addrs })
	eachChange(&c, i.NewUpThru, func(o *OSD, _ int32, epoch uint32) { o.Info.UpThru = epoch })
	eachChange(&c, i.NewLastCleanInterval, func(o *OSD, _ int32, span EpochInterval) {
		o.Info.LastCleanBegin, o.Info.LastCleanEnd = span.Begin, span.End
	})
	eachChange(&c, i.NewLost, func(o *OSD, _ int32, epoch uint32) { o.Info.LostAt = epoch })
	eachChange(&c, i.NewXInfo, func(o *OSD, _ int32, info OSDXInfo) { o.XInfo = info })
	eachChange(&c, i.NewUUID, func(o *OSD, _ int32, id uuid.UUID) { o.UUID = id })
	return c.err
}

// blankOSD stands for all OSDs that there is room for and that have never been: an incremental can make room for very many.
var blankOSD = new(OSD)

// resize changes the number of OSDs.
func (m *OSDMap) resize(n int) error {
	if n > maxOSDs && n > len(m.OSDs) {
		return fmt.Errorf("cephmap: an incremental for %d OSDs, above %d", n, maxOSDs)
	}
	kept := m.OSDs[:min(n, len(m.OSDs))]
	m.OSDs = append(slices.Grow([]*OSD(nil), n), kept...)
	for len(m.OSDs) < n {
		m.OSDs = append(m.OSDs, blankOSD)
	}
	if len(m.PrimaryAffinity) > 0 {
		old := m.PrimaryAffinity
		m.PrimaryAffinity = slices.Repeat([]uint32{OSDWeightIn}, n)
		copy(m.PrimaryAffinity, old)
	}
	return nil
}

// osdChanges copies what it changes of a map, once.
type osdChanges struct {
	m              *OSDMap
	before         []*OSD // those of the map that is to stay as it is
	osdsCopied     bool
	affinityCopied bool
	err            error
}

// osd returns the OSD of that id for a change, nil when there is no such id.
func (c *osdChanges) osd(id int32) *OSD {
	if id < 0 || int(id) >= len(c.m.OSDs) {
		if c.err == nil {
			c.err = fmt.Errorf("cephmap: an incremental changes osd.%d of a map for %d", id, len(c.m.OSDs))
		}
		return nil
	}
	if !c.osdsCopied {
		c.m.OSDs, c.osdsCopied = slices.Clone(c.m.OSDs), true
	}
	o := c.m.OSDs[id]
	if o == nil {
		o = new(OSD)
	} else if o == blankOSD || int(id) < len(c.before) && o == c.before[id] {
		own := *o
		o = &own
	}
	c.m.OSDs[id] = o
	return o
}

// setAffinity sets the primary affinity of an OSD of the map.
func (c *osdChanges) setAffinity(id int32, affinity uint32) {
	switch {
	case len(c.m.PrimaryAffinity) == 0:
		c.m.PrimaryAffinity = slices.Repeat([]uint32{OSDWeightIn}, len(c.m.OSDs))
	case !c.affinityCopied:
		c.m.PrimaryAffinity = slices.Clone(c.m.PrimaryAffinity)
	}
	c.affinityCopied = true
	c.m.PrimaryAffinity[id] = affinity
}

// eachChange calls f for each OSD that changes.
func eachChange[V any](c *osdChanges, changes []Entry[int32, V], f func(o *OSD, id int32, v V)) {
	for _, e := range changes {
		if o := c.osd(e.Key); o != nil {
			f(o, e.Key, e.Value)
		}
	}
}
