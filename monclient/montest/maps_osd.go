package montest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// osdMap is what the monitors know of OSDs and pools: the part of OSDMap (src/osd/OSDMap.h) that a client of the
// monitors may come to see. Published maps are not changed; next makes the one that follows.
type osdMap struct {
	// Release is that of the monitors. It decides on the canonical encoding, whose checksum all clients are told.
	Release           cephmap.Release
	FSID              uuid.UUID
	Epoch             uint32
	Created, Modified denc.UTime
	// LastUpChange and LastInChange are when an OSD went up or down, in or out.
	LastUpChange, LastInChange denc.UTime
	Flags                      uint32 // osdFlag…
	PoolMax                    int32  // the highest id that a pool ever had
	MaxOSD                     int32
	Pools                      []osdPool // by ID
	OSDs                       []osd     // by ID, below MaxOSD
	Blocklist                  map[denc.EntityAddr]denc.UTime
	ECProfiles                 map[string]map[string]string
	CRUSHVersion               uint32

	NearFullRatio, FullRatio, BackfillFullRatio float32
	RequireMinCompatClient, RequireOSDRelease   cephmap.Release
}

// Flags of the map (CEPH_OSDMAP_… in src/include/rados.h).
const (
	osdFlagNoUp   uint32 = 1 << 5
	osdFlagNoDown uint32 = 1 << 6
	osdFlagNoOut  uint32 = 1 << 7
	osdFlagNoIn   uint32 = 1 << 8

	// osdFlagsNew are sortbitwise, recovery_deletes, purged_snapdirs and pglog_hardlimit.
	osdFlagsNew uint32 = 1<<15 | 1<<19 | 1<<20 | 1<<22
)

// osd is one OSD: osd_info_t, osd_xinfo_t and the rows of the map's vectors.
type osd struct {
	ID     int32
	UUID   uuid.UUID
	State  uint32 // osdExists…
	Weight uint32 // osdIn, or 0 when out
	// Host is the host that CRUSH has it in, "" for none; HostWeight is the weight there.
	Host       string
	HostWeight uint32

	Public, Cluster, HeartbeatBack, HeartbeatFront denc.EntityAddrVec

	LastCleanBegin, LastCleanEnd, UpFrom, UpThru, DownAt, LostAt uint32
	More                                                         osdMore
}

// osdMore is osd_xinfo_t (src/osd/OSDMap.h).
type osdMore struct {
	DownStamp        denc.UTime
	LaggyProbability uint32 // of 0xffffffff
	LaggyInterval    uint32
	Features         uint64
	OldWeight        uint32
	LastSnapsScrub   denc.UTime
	DeadEpoch        uint32
}

// States of an OSD (CEPH_OSD_… in src/include/rados.h), and the weight of one that is in.
const (
	osdExists  uint32 = 0x1
	osdUp      uint32 = 0x2
	osdAutoOut uint32 = 0x4
	osdNew     uint32 = 0x8
	osdStop    uint32 = 0x1000

	osdIn uint32 = 0x10000
)

func (o *osd) up() bool { return o.State&osdUp != 0 }

// osdPool is pg_pool_t (src/osd/osd_types.h) of a replicated pool.
type osdPool struct {
	ID            int64
	Name          string
	Created       denc.UTime
	Flags         uint64 // osdPoolFlag…
	Size, MinSize uint8
	CRUSHRule     uint8
	PGNum         uint32
	Autoscale     uint8 // 0 off, 1 warn, 2 on
	LastChange    uint32
	// PGNumMin and PGNumMax are options; 0: not set.
	PGNumMin, PGNumMax int64
	Applications       []string // sorted
	SnapSeq            uint64
	SnapEpoch          uint32
	Snaps              []osdSnap // by ID
}

// Flags of a pool (pg_pool_t::FLAG_… in src/osd/osd_types.h).
const (
	osdPoolHashPSPool       uint64 = 1 << 0
	osdPoolSelfManagedSnaps uint64 = 1 << 13
	osdPoolPoolSnaps        uint64 = 1 << 14
	osdPoolCreating         uint64 = 1 << 15
)

// newOSDMap returns the first map of a new cluster (OSDMonitor::create_initial in src/mon/OSDMonitor.cc).
func newOSDMap(fsid uuid.UUID, release cephmap.Release, now denc.UTime) *osdMap {
	plugin := "jerasure"
	if release >= cephmap.ReleaseTentacle {
		plugin = "isa"
	}
	return &osdMap{
		Release: release, FSID: fsid, Epoch: 1, Created: now, Modified: now, Flags: osdFlagsNew, CRUSHVersion: 1,
		Blocklist:     map[denc.EntityAddr]denc.UTime{},
		ECProfiles:    map[string]map[string]string{"default": {"k": "2", "m": "2", "plugin": plugin, "technique": "reed_sol_van"}},
		NearFullRatio: 0.85, BackfillFullRatio: 0.90, FullRatio: 0.95,
		RequireMinCompatClient: 12, // luminous, whatever the release
		RequireOSDRelease:      release,
	}
}

// clone returns a copy of m that can be changed.
func (m *osdMap) clone() *osdMap {
	n := *m
	n.Pools, n.OSDs, n.Blocklist = slices.Clone(m.Pools), slices.Clone(m.OSDs), maps.Clone(m.Blocklist)
	for i := range n.Pools {
		n.Pools[i].Applications = slices.Clone(m.Pools[i].Applications)
		n.Pools[i].Snaps = slices.Clone(m.Pools[i].Snaps)
	}
	n.ECProfiles = make(map[string]map[string]string, len(m.ECProfiles))
	for name, profile := range m.ECProfiles {
		n.ECProfiles[name] = maps.Clone(profile)
	}
	return &n
}

// next returns the map of the following epoch, with what change did to a copy of m, and what follows from that: pools
// and OSDs in order, the epochs and times of changes, PoolMax, MaxOSD, CRUSHVersion.
func (m *osdMap) next(now denc.UTime, change func(*osdMap)) *osdMap {
	n := m.clone()
	n.Epoch, n.Modified = m.Epoch+1, now
	change(n)
	slices.SortFunc(n.Pools, func(a, b osdPool) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(n.OSDs, func(a, b osd) int { return cmp.Compare(a.ID, b.ID) })
	for i := range n.Pools {
		p := &n.Pools[i]
		n.PoolMax = max(n.PoolMax, int32(p.ID))
		if old := m.pool(p.ID); old == nil || !p.equal(old) {
			p.LastChange = n.Epoch
		}
	}
	for i := range n.OSDs {
		n.MaxOSD = max(n.MaxOSD, n.OSDs[i].ID+1)
		n.settle(m.osd(n.OSDs[i].ID), &n.OSDs[i])
	}
	if !bytes.Equal(n.crush(), m.crush()) {
		n.CRUSHVersion++
	}
	return n
}

// settle completes what has become of an OSD, which was old in the map before, or nil.
func (m *osdMap) settle(old, o *osd) {
	if old == nil {
		old = &osd{}
	}
	switch {
	case o.up() && !old.up():
		m.LastUpChange = m.Modified
		o.UpFrom = m.Epoch
		o.State |= osdExists
	case !o.up() && old.up():
		m.LastUpChange = m.Modified
		o.DownAt, o.More.DownStamp = m.Epoch, m.Modified
	}
	if o.Weight == old.Weight {
		return
	}
	if (o.Weight == 0) != (old.Weight == 0) {
		m.LastInChange = m.Modified
	}
	if o.Weight != 0 {
		o.State = o.State&^(osdAutoOut|osdNew) | osdExists
		o.More.OldWeight = 0
	}
}

func (m *osdMap) pool(id int64) *osdPool {
	for i := range m.Pools {
		if m.Pools[i].ID == id {
			return &m.Pools[i]
		}
	}
	return nil
}

func (m *osdMap) poolByName(name string) *osdPool {
	for i := range m.Pools {
		if m.Pools[i].Name == name {
			return &m.Pools[i]
		}
	}
	return nil
}

func (m *osdMap) osd(id int32) *osd {
	for i := range m.OSDs {
		if m.OSDs[i].ID == id {
			return &m.OSDs[i]
		}
	}
	return nil
}

// equal says whether the two have the same encoding but for the epoch of the last change.
func (p *osdPool) equal(q *osdPool) bool {
	a, b := *p, *q
	a.Name, b.Name = "", "" // not part of pg_pool_t
	a.LastChange = b.LastChange
	return bytes.Equal(a.appendTo(nil, cephmap.ReleaseReef), b.appendTo(nil, cephmap.ReleaseReef))
}

// osdMapFeatures are those that addresses are encoded for: those of all releases here.
const osdMapFeatures = denc.FeaturesAll

// osdMapForm returns the release whose encoding of maps a client gets: that of the monitors, or an older one if the
// client lacks its features (OSDMonitor::reencode_full_map and reencode_incremental_map in src/mon/OSDMonitor.cc).
func osdMapForm(release cephmap.Release, client denc.Features) cephmap.Release {
	form := cephmap.ReleasePacific
	switch {
	case client.Has(denc.FeatureServerTentacle):
		form = cephmap.ReleaseTentacle
	case client.Has(denc.FeatureServerReef):
		form = cephmap.ReleaseReef
	}
	return min(release, form)
}

// encode returns the full map in the form of a release (OSDMap::encode in src/osd/OSDMap.cc).
func (m *osdMap) encode(form cephmap.Release) []byte {
	b, whole := denc.AppendStart(nil, 8, 7)
	b = m.appendClientPart(b, form)
	b = m.appendOSDPart(b)
	crcAt := len(b)
	b = denc.AppendUint32(b, 0)
	b = denc.AppendFinish(b, whole) // the sum goes over the length, too
	putUint32(b[crcAt:], denc.CRC32C(denc.CRCSeed, b[:crcAt]))
	return b
}

func (m *osdMap) appendClientPart(b []byte, form cephmap.Release) []byte {
	version := uint8(9)
	if form >= cephmap.ReleaseReef {
		version = 10
	}
	b, mark := denc.AppendStart(b, version, 1)
	b = denc.AppendUUID(b, m.FSID)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUTime(b, m.Created)
	b = denc.AppendUTime(b, m.Modified)
	b = denc.AppendUint32(b, uint32(len(m.Pools)))
	for i := range m.Pools {
		b = m.Pools[i].appendTo(denc.AppendInt64(b, m.Pools[i].ID), form)
	}
	b = denc.AppendUint32(b, uint32(len(m.Pools)))
	for i := range m.Pools {
		b = denc.AppendString(denc.AppendInt64(b, m.Pools[i].ID), m.Pools[i].Name)
	}
	b = denc.AppendInt32(b, m.PoolMax)
	b = denc.AppendUint32(b, m.Flags)
	b = denc.AppendInt32(b, m.MaxOSD)
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return denc.AppendUint32(b, o.State) })
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return denc.AppendUint32(b, o.Weight) })
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return o.Public.AppendTo(b, osdMapFeatures) })
	b = appendZeros(b, 3) // pg_temp, primary_temp, primary_affinity
	b = denc.AppendBlob(b, m.crush())
	b = denc.AppendUint32(b, uint32(len(m.ECProfiles)))
	for _, name := range slices.Sorted(maps.Keys(m.ECProfiles)) {
		b = appendStrings(denc.AppendString(b, name), m.ECProfiles[name])
	}
	b = appendZeros(b, 2) // pg_upmap, pg_upmap_items
	b = denc.AppendUint32(b, m.CRUSHVersion)
	b = appendZeros(b, 2) // new_removed_snaps, new_purged_snaps
	b = denc.AppendUTime(b, m.LastUpChange)
	b = denc.AppendUTime(b, m.LastInChange)
	if version >= 10 {
		b = appendZeros(b, 1) // pg_upmap_primaries
	}
	return denc.AppendFinish(b, mark)
}

func (m *osdMap) appendOSDPart(b []byte) []byte {
	b, mark := denc.AppendStart(b, 9, 1)
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return o.HeartbeatBack.AppendTo(b, osdMapFeatures) })
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return o.appendInfo(b) })
	b = appendBlocklist(b, m.Blocklist)
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return o.Cluster.AppendTo(b, osdMapFeatures) })
	b = appendZeros(b, 2) // cluster_snapshot_epoch, cluster_snapshot
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return denc.AppendUUID(b, o.UUID) })
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return o.More.appendTo(b) })
	b = m.appendVector(b, func(b []byte, o *osd) []byte { return o.HeartbeatFront.AppendTo(b, osdMapFeatures) })
	b = denc.AppendFloat32(b, m.NearFullRatio)
	b = denc.AppendFloat32(b, m.FullRatio)
	b = denc.AppendFloat32(b, m.BackfillFullRatio)
	b = denc.AppendUint8(b, uint8(m.RequireMinCompatClient))
	b = denc.AppendUint8(b, uint8(m.RequireOSDRelease))
	b = appendZeros(b, 3) // removed_snaps_queue, crush_node_flags, device_class_flags
	return denc.AppendFinish(b, mark)
}

// appendVector appends a row for each of the MaxOSD ids; those without an OSD have empty ones.
func (m *osdMap) appendVector(b []byte, row func([]byte, *osd) []byte) []byte {
	b = denc.AppendUint32(b, uint32(m.MaxOSD))
	rest := m.OSDs
	for id := range m.MaxOSD {
		if len(rest) > 0 && rest[0].ID == id {
			b, rest = row(b, &rest[0]), rest[1:]
		} else {
			b = row(b, &osd{})
		}
	}
	return b
}

func (o *osd) appendInfo(b []byte) []byte {
	b = denc.AppendUint8(b, 1)
	for _, epoch := range []uint32{o.LastCleanBegin, o.LastCleanEnd, o.UpFrom, o.UpThru, o.DownAt, o.LostAt} {
		b = denc.AppendUint32(b, epoch)
	}
	return b
}

func (x *osdMore) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 4, 1)
	b = denc.AppendUTime(b, x.DownStamp)
	b = denc.AppendUint32(b, x.LaggyProbability)
	b = denc.AppendUint32(b, x.LaggyInterval)
	b = denc.AppendUint64(b, x.Features)
	b = denc.AppendUint32(b, x.OldWeight)
	b = denc.AppendUTime(b, x.LastSnapsScrub)
	b = denc.AppendUint32(b, x.DeadEpoch)
	return denc.AppendFinish(b, mark)
}

// Keys of pool options (pool_opts_t::key_t in src/osd/osd_types.h) and the kind of their values.
const (
	poolOptPGNumMin = 15
	poolOptPGNumMax = 23
	poolOptInt      = 1
)

// appendTo appends pg_pool_t (pg_pool_t::encode in src/osd/osd_types.cc). Most of it is what a new pool has.
func (p *osdPool) appendTo(b []byte, form cephmap.Release) []byte {
	version := uint8(29)
	if form >= cephmap.ReleaseTentacle {
		version = 32
	}
	b, mark := denc.AppendStart(b, version, 5)
	b = append(b, 1, p.Size, p.CRUSHRule, 2) // replicated; rjenkins
	b = denc.AppendUint32(b, p.PGNum)
	b = denc.AppendUint32(b, p.PGNum) // pgp_num
	b = appendZeros(b, 2)             // lpg_num, lpgp_num
	b = denc.AppendUint32(b, p.LastChange)
	b = denc.AppendUint64(b, p.SnapSeq)
	b = denc.AppendUint32(b, p.SnapEpoch)
	b = denc.AppendUint32(b, uint32(len(p.Snaps)))
	for _, snap := range p.Snaps {
		b = denc.AppendUint64(b, snap.ID)
		var mark int
		b, mark = denc.AppendStart(b, 2, 2)
		b = denc.AppendUint64(b, snap.ID)
		b = denc.AppendUTime(b, snap.Stamp)
		b = denc.AppendString(b, snap.Name)
		b = denc.AppendFinish(b, mark)
	}
	b = appendZeros(b, 3)                  // removed_snaps, auid
	b = denc.AppendUint64(b, p.Flags)      //
	b = appendZeros(b, 1)                  // crash_replay_interval
	b = denc.AppendUint8(b, p.MinSize)     //
	b = appendZeros(b, 4)                  // quota_max_bytes, quota_max_objects
	b = appendZeros(b, 1)                  // tiers
	b = denc.AppendInt64(b, -1)            // tier_of
	b = denc.AppendUint8(b, 0)             // cache_mode
	b = denc.AppendInt64(b, -1)            // read_tier
	b = denc.AppendInt64(b, -1)            // write_tier
	b = appendZeros(b, 1)                  // properties
	b, hitSet := denc.AppendStart(b, 1, 1) // hit_set_params
	b = denc.AppendUint8(b, 0)
	b = denc.AppendFinish(b, hitSet)
	b = appendZeros(b, 2)             // hit_set_period, hit_set_count
	b = appendZeros(b, 1)             // stripe_width
	b = appendZeros(b, 4)             // target_max_bytes, target_max_objects
	b = denc.AppendUint32(b, 400_000) // cache_target_dirty_ratio_micro
	b = denc.AppendUint32(b, 800_000) // cache_target_full_ratio_micro
	b = appendZeros(b, 2)             // cache_min_flush_age, cache_min_evict_age
	b = denc.AppendString(b, "")      // erasure_code_profile
	b = appendZeros(b, 2)             // last_force_op_resend_preluminous, min_read_recency_for_promote
	b = denc.AppendUint64(b, 0)       // expected_num_objects
	b = denc.AppendUint32(b, 600_000) // cache_target_dirty_high_ratio_micro
	b = appendZeros(b, 1)             // min_write_recency_for_promote
	b = denc.AppendBool(b, true)      // use_gmt_hitset
	b = denc.AppendBool(b, false)     // fast_read
	b = appendZeros(b, 2)             // hit_set_grade_decay_rate, hit_set_search_last_n
	b = p.appendOptions(b)            //
	b = appendZeros(b, 1)             // last_force_op_resend_prenautilus
	b = denc.AppendUint32(b, uint32(len(p.Applications)))
	for _, name := range p.Applications {
		b = appendStrings(denc.AppendString(b, name), nil)
	}
	b = denc.AppendUTime(b, p.Created)
	b = denc.AppendUint32(b, p.PGNum) // pg_num_target
	b = denc.AppendUint32(b, p.PGNum) // pgp_num_target
	b = denc.AppendUint32(b, p.PGNum) // pg_num_pending
	b = appendZeros(b, 3)             // two that have gone, last_force_op_resend
	b = denc.AppendUint8(b, p.Autoscale)
	b, merge := denc.AppendStart(b, 1, 1) // last_pg_merge_meta
	b = denc.AppendUint8(b, 1)            // source_pgid: a version, the pool, the seed, and -1
	b = denc.AppendInt64(b, 0)
	b = denc.AppendUint32(b, 0)
	b = denc.AppendInt32(b, -1)
	b = appendZeros(b, 3) // ready_epoch, last_epoch_started, last_epoch_clean
	b = appendZeros(b, 6) // source_version, target_version
	b = denc.AppendFinish(b, merge)
	if version >= 31 {
		b = denc.AppendBool(b, false) // peering_crush_data
	}
	if version >= 32 {
		b = append(b, 0, 0) // nonprimary_shards
	}
	return denc.AppendFinish(b, mark)
}

// appendOptions appends pool_opts_t.
func (p *osdPool) appendOptions(b []byte) []byte {
	b, mark := denc.AppendStart(b, 2, 1)
	countAt := len(b)
	b = denc.AppendUint32(b, 0)
	var n uint32
	for _, opt := range []struct {
		key   int32
		value int64
	}{{poolOptPGNumMin, p.PGNumMin}, {poolOptPGNumMax, p.PGNumMax}} {
		if opt.value != 0 {
			b = denc.AppendInt32(denc.AppendInt32(b, opt.key), poolOptInt)
			b = denc.AppendInt64(b, opt.value)
			n++
		}
	}
	putUint32(b[countAt:], n)
	return denc.AppendFinish(b, mark)
}

// appendZeros appends n times 32 zero bits: empty containers and strings, and numbers.
func appendZeros(b []byte, n int) []byte { return append(b, make([]byte, 4*n)...) }

func appendStrings(b []byte, m map[string]string) []byte {
	b = denc.AppendUint32(b, uint32(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b = denc.AppendString(denc.AppendString(b, k), m[k])
	}
	return b
}

func appendBlocklist(b []byte, m map[denc.EntityAddr]denc.UTime) []byte {
	b = denc.AppendUint32(b, uint32(len(m)))
	for _, a := range slices.SortedFunc(maps.Keys(m), denc.EntityAddr.Compare) {
		b = denc.AppendUTime(a.AppendTo(b, osdMapFeatures), m[a])
	}
	return b
}

// putUint32 fills in a number for which room was left.
func putUint32(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }

func (o *osd) name() string { return "osd." + strconv.Itoa(int(o.ID)) }
