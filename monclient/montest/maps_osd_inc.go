package montest

import (
	"bytes"
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// encodeIncremental returns what turns prev into m, which next made of it, in the form of a release
// (OSDMap::Incremental::encode in src/osd/OSDMap.cc). Without prev, and for changes that incrementals have no words for
// here, it carries the full map.
func (m *osdMap) encodeIncremental(prev *osdMap, form cephmap.Release) []byte {
	switch {
	case prev == nil:
		first := m.clone() // the ratios are set once more
		first.NearFullRatio, first.FullRatio, first.BackfillFullRatio = 0, 0, 0
		return m.appendIncremental(first, form, m.encode(form))
	case !m.follows(prev):
		return m.appendIncremental(m, form, m.encode(form)) // nothing else changes
	}
	return m.appendIncremental(prev, form, nil)
}

// follows says whether an incremental without a full map leads from prev to m.
func (m *osdMap) follows(prev *osdMap) bool {
	if m.FSID != prev.FSID || m.Epoch != prev.Epoch+1 || m.Created != prev.Created {
		return false
	}
	if changed := !bytes.Equal(m.crush(), prev.crush()); changed != (m.CRUSHVersion != prev.CRUSHVersion) {
		return false
	}
	for i := range m.Pools {
		p := &m.Pools[i]
		if old := prev.pool(p.ID); (old == nil || !p.equal(old) || p.LastChange != old.LastChange) && p.LastChange != m.Epoch {
			return false
		}
	}
	for i := range prev.OSDs {
		if m.osd(prev.OSDs[i].ID) == nil {
			return false // a destroyed OSD leaves more traces than it is worth
		}
	}
	for i := range m.OSDs {
		if o := &m.OSDs[i]; !o.sameButIncremental(m.change(prev, o).to) {
			return false
		}
	}
	return true
}

// osdChange is what happens to an OSD when the fields of an incremental are applied that have side effects
// (OSDMap::apply_incremental in src/osd/OSDMap.cc).
type osdChange struct {
	from   osd
	to     osd
	state  uint32 // new_state, in what it differs
	weight bool
	boots  bool // new_up_client and the other addresses
}

func (m *osdMap) change(prev *osdMap, o *osd) osdChange {
	c := osdChange{from: osd{ID: o.ID}}
	if old := prev.osd(o.ID); old != nil {
		c.from = *old
	}
	c.to = c.from
	t := &c.to
	// A weight says once more that an OSD is in, and takes these states away.
	cleared := t.State &^ o.State & (osdAutoOut | osdNew)
	if c.weight = o.Weight != t.Weight || o.Weight != 0 && cleared != 0; c.weight {
		t.Weight = o.Weight
		if o.Weight != 0 {
			t.State = t.State&^(osdAutoOut|osdNew) | osdExists
			t.More.OldWeight = 0
		}
	}
	c.boots = o.up() && !c.from.up()
	want := o.State
	if c.boots {
		want = want&^(osdUp|osdExists) | t.State&(osdUp|osdExists)
	}
	c.state = t.State ^ want
	if c.state&osdUp != 0 {
		t.DownAt, t.More.DownStamp = m.Epoch, m.Modified
	}
	t.State = want
	if c.boots {
		t.State = (t.State | osdExists | osdUp) &^ osdStop
		t.UpFrom = m.Epoch
		t.Public, t.Cluster, t.HeartbeatBack, t.HeartbeatFront = o.Public, o.Cluster, o.HeartbeatBack, o.HeartbeatFront
	}
	return c
}

// sameButIncremental says whether o is to, but for what incrementals have fields without side effects for.
func (o *osd) sameButIncremental(to osd) bool {
	return o.State == to.State && o.UpFrom == to.UpFrom && o.DownAt == to.DownAt &&
		slices.Equal(o.Public, to.Public) && slices.Equal(o.Cluster, to.Cluster) &&
		slices.Equal(o.HeartbeatBack, to.HeartbeatBack) && slices.Equal(o.HeartbeatFront, to.HeartbeatFront)
}

// encodeFeatures is what an incremental of that form says it was encoded for.
func encodeFeatures(form cephmap.Release) uint64 {
	switch {
	case form >= cephmap.ReleaseTentacle:
		return 0xf04088090212a04
	case form >= cephmap.ReleaseReef:
		return 0xf00088090212a04
	}
	return 0xf00088010212a04
}

func (m *osdMap) appendIncremental(prev *osdMap, form cephmap.Release, whole []byte) []byte {
	b, mark := denc.AppendStart(nil, 8, 7)
	b = m.appendIncrementalClientPart(b, prev, form, whole)
	b = m.appendIncrementalOSDPart(b, prev, form)
	crcAt := len(b)
	b = denc.AppendUint32(b, 0)
	canonical := m.encode(m.Release)
	b = append(b, canonical[len(canonical)-4:]...) // full_crc, the sum at its end
	b = denc.AppendFinish(b, mark)
	putUint32(b[crcAt:], denc.CRC32C(denc.CRC32C(denc.CRCSeed, b[:crcAt]), b[crcAt+4:]))
	return b
}

func (m *osdMap) appendIncrementalClientPart(b []byte, prev *osdMap, form cephmap.Release, whole []byte) []byte {
	version := uint8(8)
	if form >= cephmap.ReleaseReef {
		version = 9
	}
	b, mark := denc.AppendStart(b, version, 1)
	b = denc.AppendUUID(b, m.FSID)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUTime(b, m.Modified)
	b = denc.AppendInt64(b, int64(changed(prev.PoolMax, m.PoolMax, -1)))
	b = denc.AppendInt32(b, changed(int32(prev.Flags), int32(m.Flags), -1))
	b = denc.AppendBlob(b, whole)
	b = denc.AppendBlob(b, m.newCRUSH(prev, form))
	b = denc.AppendInt32(b, changed(prev.MaxOSD, m.MaxOSD, -1))
	b = m.appendNewPools(b, prev, form)
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return o.Public.AppendTo(b, osdMapFeatures), c.boots
	})
	b = m.appendChanges(b, prev, func(b []byte, _ *osd, c osdChange) ([]byte, bool) {
		return denc.AppendUint32(b, c.state), c.state != 0
	})
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return denc.AppendUint32(b, o.Weight), c.weight
	})
	b = appendZeros(b, 3) // new_pg_temp, new_primary_temp, new_primary_affinity
	b = m.appendNewProfiles(b, prev)
	b = appendZeros(b, 4) // new_pg_upmap, old_pg_upmap, new_pg_upmap_items, old_pg_upmap_items
	b = appendZeros(b, 2) // new_removed_snaps, new_purged_snaps
	b = denc.AppendUTime(b, changed(prev.LastUpChange, m.LastUpChange, denc.UTime{}))
	b = denc.AppendUTime(b, changed(prev.LastInChange, m.LastInChange, denc.UTime{}))
	if version >= 9 {
		b = appendZeros(b, 2) // new_pg_upmap_primary, old_pg_upmap_primary
	}
	return denc.AppendFinish(b, mark)
}

func (m *osdMap) appendIncrementalOSDPart(b []byte, prev *osdMap, form cephmap.Release) []byte {
	b, mark := denc.AppendStart(b, 9, 1)
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return o.HeartbeatBack.AppendTo(b, osdMapFeatures), c.boots
	})
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return denc.AppendUint32(b, o.UpThru), o.UpThru != c.to.UpThru
	})
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		b = denc.AppendUint32(denc.AppendUint32(b, o.LastCleanBegin), o.LastCleanEnd)
		return b, o.LastCleanBegin != c.to.LastCleanBegin || o.LastCleanEnd != c.to.LastCleanEnd
	})
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return denc.AppendUint32(b, o.LostAt), o.LostAt != c.to.LostAt
	})
	b = m.appendNewBlocklist(b, prev)
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return o.Cluster.AppendTo(b, osdMapFeatures), c.boots
	})
	b = denc.AppendString(b, "") // cluster_snapshot
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return denc.AppendUUID(b, o.UUID), o.UUID != c.to.UUID
	})
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return o.More.appendTo(b), o.More != c.to.More
	})
	b = m.appendChanges(b, prev, func(b []byte, o *osd, c osdChange) ([]byte, bool) {
		return o.HeartbeatFront.AppendTo(b, osdMapFeatures), c.boots
	})
	b = denc.AppendUint64(b, encodeFeatures(form))
	b = denc.AppendFloat32(b, changed(prev.NearFullRatio, m.NearFullRatio, -1))
	b = denc.AppendFloat32(b, changed(prev.FullRatio, m.FullRatio, -1))
	b = denc.AppendFloat32(b, changed(prev.BackfillFullRatio, m.BackfillFullRatio, -1))
	b = denc.AppendUint8(b, uint8(changed(prev.RequireMinCompatClient, m.RequireMinCompatClient, 0xff)))
	b = denc.AppendUint8(b, uint8(changed(prev.RequireOSDRelease, m.RequireOSDRelease, 0xff)))
	b = appendZeros(b, 2) // new_crush_node_flags, new_device_class_flags
	return denc.AppendFinish(b, mark)
}

// changed returns now, or same when it is what it was before.
func changed[T comparable](before, now, same T) T {
	if now == before {
		return same
	}
	return now
}

// appendChanges appends a map of those OSDs for which one says that they have changed, by id.
func (m *osdMap) appendChanges(b []byte, prev *osdMap, one func([]byte, *osd, osdChange) ([]byte, bool)) []byte {
	countAt := len(b)
	b = denc.AppendUint32(b, 0)
	var n uint32
	for i := range m.OSDs {
		o := &m.OSDs[i]
		with, has := one(denc.AppendInt32(b, o.ID), o, m.change(prev, o))
		if has {
			b, n = with, n+1
		}
	}
	putUint32(b[countAt:], n)
	return b
}

// newCRUSH returns the new CRUSH map, nil if it is the old one. Tentacle appends two numbers here for which full maps
// have no place (the tries of MSR rules, in CrushWrapper::encode in src/crush/CrushWrapper.cc).
func (m *osdMap) newCRUSH(prev *osdMap, form cephmap.Release) []byte {
	now := m.crush()
	if bytes.Equal(now, prev.crush()) {
		return nil
	}
	if form >= cephmap.ReleaseTentacle {
		now = denc.AppendUint32(denc.AppendUint32(now, 100), 100)
	}
	return now
}

// appendNewPools appends new_pools, new_pool_names and old_pools.
func (m *osdMap) appendNewPools(b []byte, prev *osdMap, form cephmap.Release) []byte {
	var pools, names []*osdPool
	var gone []int64
	for i := range m.Pools {
		p := &m.Pools[i]
		old := prev.pool(p.ID)
		if old == nil || !p.equal(old) || p.LastChange != old.LastChange {
			pools = append(pools, p)
		}
		if old == nil || p.Name != old.Name {
			names = append(names, p)
		}
	}
	for i := range prev.Pools {
		if id := prev.Pools[i].ID; m.pool(id) == nil {
			gone = append(gone, id)
		}
	}
	b = denc.AppendUint32(b, uint32(len(pools)))
	for _, p := range pools {
		b = p.appendTo(denc.AppendInt64(b, p.ID), form)
	}
	b = denc.AppendUint32(b, uint32(len(names)))
	for _, p := range names {
		b = denc.AppendString(denc.AppendInt64(b, p.ID), p.Name)
	}
	b = denc.AppendUint32(b, uint32(len(gone)))
	for _, id := range gone {
		b = denc.AppendInt64(b, id)
	}
	return b
}

// appendNewProfiles appends new_erasure_code_profiles and old_erasure_code_profiles.
func (m *osdMap) appendNewProfiles(b []byte, prev *osdMap) []byte {
	var names, gone []string
	for _, name := range slices.Sorted(maps.Keys(m.ECProfiles)) {
		if old, ok := prev.ECProfiles[name]; !ok || !maps.Equal(old, m.ECProfiles[name]) {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(prev.ECProfiles)) {
		if _, ok := m.ECProfiles[name]; !ok {
			gone = append(gone, name)
		}
	}
	b = denc.AppendUint32(b, uint32(len(names)))
	for _, name := range names {
		b = appendStrings(denc.AppendString(b, name), m.ECProfiles[name])
	}
	b = denc.AppendUint32(b, uint32(len(gone)))
	for _, name := range gone {
		b = denc.AppendString(b, name)
	}
	return b
}

// appendNewBlocklist appends new_blocklist and old_blocklist.
func (m *osdMap) appendNewBlocklist(b []byte, prev *osdMap) []byte {
	added := map[denc.EntityAddr]denc.UTime{}
	for a, until := range m.Blocklist {
		if old, ok := prev.Blocklist[a]; !ok || old != until {
			added[a] = until
		}
	}
	gone := maps.Clone(prev.Blocklist)
	maps.DeleteFunc(gone, func(a denc.EntityAddr, _ denc.UTime) bool { _, ok := m.Blocklist[a]; return ok })
	b = appendBlocklist(b, added)
	b = denc.AppendUint32(b, uint32(len(gone)))
	for _, a := range slices.SortedFunc(maps.Keys(gone), denc.EntityAddr.Compare) {
		b = a.AppendTo(b, osdMapFeatures)
	}
	return b
}
