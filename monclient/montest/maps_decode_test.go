package montest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// mapReader decodes maps, which this package does not need to. What osdMap has no fields for is skipped; that nothing
// is lost is seen when the encoding is the same again.
type mapReader struct{ *denc.Reader }

func (r mapReader) skip(n int) { r.Bytes(n, "skipped") }

func (r mapReader) addrs() denc.EntityAddrVec {
	var v denc.EntityAddrVec
	v.DecodeFrom(r.Reader)
	return v
}

func (r mapReader) strings() map[string]string {
	m := map[string]string{}
	for range r.Count(8, "strings") {
		k := r.String("key")
		m[k] = r.String("value")
	}
	return m
}

func (r mapReader) blocklist(m map[denc.EntityAddr]denc.UTime) {
	for range r.Count(8, "blocklist") {
		var a denc.EntityAddr
		a.DecodeFrom(r.Reader)
		m[a] = r.UTime("until")
	}
}

func (r mapReader) profiles(m map[string]map[string]string) {
	for range r.Count(8, "profiles") {
		name := r.String("name")
		m[name] = r.strings()
	}
}

func (r mapReader) info(o *osd) {
	r.skip(1)
	for _, p := range []*uint32{&o.LastCleanBegin, &o.LastCleanEnd, &o.UpFrom, &o.UpThru, &o.DownAt, &o.LostAt} {
		*p = r.Uint32("epoch")
	}
}

func (r mapReader) more() (x osdMore) {
	s := r.Start("osd_xinfo_t", 4)
	x.DownStamp = r.UTime("down_stamp")
	x.LaggyProbability = r.Uint32("laggy_probability")
	x.LaggyInterval = r.Uint32("laggy_interval")
	x.Features = r.Uint64("features")
	x.OldWeight = r.Uint32("old_weight")
	x.LastSnapsScrub = r.UTime("last_purged_snaps_scrub")
	x.DeadEpoch = r.Uint32("dead_epoch")
	r.Finish(s)
	return x
}

func (r mapReader) pool() (p osdPool) {
	s := r.Start("pg_pool_t", 32)
	r.skip(1) // type
	p.Size, p.CRUSHRule = r.Uint8("size"), r.Uint8("crush_rule")
	r.skip(1)
	p.PGNum = r.Uint32("pg_num")
	r.skip(4 + 8)
	p.LastChange = r.Uint32("last_change")
	r.skip(12 + 16)
	p.Flags = r.Uint64("flags")
	r.skip(4)
	p.MinSize = r.Uint8("min_size")
	r.skip(16 + 4 + 8 + 1 + 16 + 4 + 7 + 8 + 4 + 16 + 8 + 8 + 4 + 8 + 8 + 4 + 4 + 2 + 8)
	opts := r.Start("pool_opts_t", 2)
	for range r.Uint32("options") {
		key := r.Int32("key")
		r.skip(4)
		switch v := r.Int64("value"); key {
		case poolOptPGNumMin:
			p.PGNumMin = v
		case poolOptPGNumMax:
			p.PGNumMax = v
		}
	}
	r.Finish(opts)
	r.skip(4)
	for range r.Count(8, "applications") {
		p.Applications = append(p.Applications, r.String("application"))
		r.strings()
	}
	p.Created = r.UTime("create_time")
	r.skip(24)
	p.Autoscale = r.Uint8("autoscale")
	r.Finish(s)
	return p
}

func decodeOSDMap(t *testing.T, release cephmap.Release, b []byte) *osdMap {
	t.Helper()
	m := &osdMap{Release: release, Blocklist: map[denc.EntityAddr]denc.UTime{}, ECProfiles: map[string]map[string]string{}}
	r := mapReader{denc.NewReader(b)}
	whole := r.Start("osdmap", 8)
	part := r.Start("client", 10)
	m.FSID, m.Epoch, m.Created, m.Modified = r.UUID("fsid"), r.Uint32("epoch"), r.UTime("created"), r.UTime("modified")
	for range r.Count(8, "pools") {
		id := r.Int64("id")
		p := r.pool()
		p.ID = id
		m.Pools = append(m.Pools, p)
	}
	for range r.Count(8, "names") {
		p := m.pool(r.Int64("id"))
		p.Name = r.String("name")
	}
	m.PoolMax, m.Flags, m.MaxOSD = r.Int32("pool_max"), r.Uint32("flags"), r.Int32("max_osd")
	m.OSDs = make([]osd, m.MaxOSD)
	each := func(read func(o *osd)) {
		require.Equal(t, len(m.OSDs), r.Count(1, "vector"))
		for i := range m.OSDs {
			m.OSDs[i].ID = int32(i)
			read(&m.OSDs[i])
		}
	}
	each(func(o *osd) { o.State = r.Uint32("state") })
	each(func(o *osd) { o.Weight = r.Uint32("weight") })
	each(func(o *osd) { o.Public = r.addrs() })
	r.skip(12)
	r.Blob("crush")
	r.profiles(m.ECProfiles)
	r.skip(8)
	m.CRUSHVersion = r.Uint32("crush_version")
	r.skip(8)
	m.LastUpChange, m.LastInChange = r.UTime("last_up_change"), r.UTime("last_in_change")
	r.Finish(part)
	part = r.Start("osd", 9)
	each(func(o *osd) { o.HeartbeatBack = r.addrs() })
	each(r.info)
	r.blocklist(m.Blocklist)
	each(func(o *osd) { o.Cluster = r.addrs() })
	r.skip(8)
	each(func(o *osd) { o.UUID = r.UUID("uuid") })
	each(func(o *osd) { o.More = r.more() })
	each(func(o *osd) { o.HeartbeatFront = r.addrs() })
	m.NearFullRatio, m.FullRatio, m.BackfillFullRatio = r.Float32("nearfull"), r.Float32("full"), r.Float32("backfillfull")
	m.RequireMinCompatClient = cephmap.Release(r.Uint8("require_min_compat_client"))
	m.RequireOSDRelease = cephmap.Release(r.Uint8("require_osd_release"))
	r.Finish(part)
	r.skip(4)
	r.Finish(whole)
	require.NoError(t, r.Done())
	return m
}

// applyIncremental does what a client does with an incremental (OSDMap::apply_incremental in src/osd/OSDMap.cc).
func applyIncremental(t *testing.T, m *osdMap, b []byte) *osdMap {
	t.Helper()
	m = m.clone()
	r := mapReader{denc.NewReader(b)}
	whole := r.Start("incremental", 8)
	part := r.Start("client", 9)
	require.Equal(t, m.FSID, r.UUID("fsid"))
	m.Epoch++
	require.Equal(t, m.Epoch, r.Uint32("epoch"))
	m.Modified = r.UTime("modified")
	poolMax, flags := r.Int64("new_pool_max"), r.Int32("new_flags")
	if full := r.Blob("fullmap"); len(full) > 0 {
		return decodeOSDMap(t, m.Release, full)
	}
	if poolMax != -1 {
		m.PoolMax = int32(poolMax)
	}
	if flags != -1 {
		m.Flags = uint32(flags)
	}
	if len(r.Blob("crush")) > 0 {
		m.CRUSHVersion++
	}
	if n := r.Int32("new_max_osd"); n >= 0 {
		m.MaxOSD = n
		for id := int32(len(m.OSDs)); id < n; id++ {
			m.OSDs = append(m.OSDs, osd{ID: id})
		}
	}
	for range r.Count(8, "new_pools") {
		id := r.Int64("id")
		p := r.pool()
		p.ID, p.LastChange = id, m.Epoch
		if old := m.pool(id); old != nil {
			p.Name = old.Name
			*old = p
		} else {
			m.Pools = append(m.Pools, p)
		}
	}
	for range r.Count(8, "new_pool_names") {
		p := m.pool(r.Int64("id"))
		p.Name = r.String("name")
	}
	for range r.Count(8, "old_pools") {
		id := r.Int64("id")
		m.Pools = slices.DeleteFunc(m.Pools, func(p osdPool) bool { return p.ID == id })
	}
	each := func(do func(o *osd)) {
		for range r.Count(4, "changes") {
			o := m.osd(r.Int32("osd"))
			require.NotNil(t, o)
			do(o)
		}
	}
	ups := map[*osd]denc.EntityAddrVec{}
	each(func(o *osd) { ups[o] = r.addrs() })
	states := map[*osd]uint32{}
	each(func(o *osd) { states[o] = r.Uint32("state") })
	each(func(o *osd) {
		if o.Weight = r.Uint32("weight"); o.Weight != 0 {
			o.State = (o.State | osdExists) &^ (osdAutoOut | osdNew)
			o.More.OldWeight = 0
		}
	})
	for o, s := range states {
		require.NotZero(t, s)
		require.Zero(t, s&osdExists&o.State, "destroyed")
		if s&osdUp&o.State != 0 {
			o.DownAt, o.More.DownStamp = m.Epoch, m.Modified
		}
		o.State ^= s
	}
	for o, addrs := range ups {
		o.State = (o.State | osdExists | osdUp) &^ osdStop
		o.Public, o.UpFrom = addrs, m.Epoch
	}
	r.skip(12)
	r.profiles(m.ECProfiles)
	for range r.Count(4, "old_profiles") {
		delete(m.ECProfiles, r.String("profile"))
	}
	r.skip(16 + 8)
	for _, p := range []*denc.UTime{&m.LastUpChange, &m.LastInChange} {
		if at := r.UTime("change"); at != (denc.UTime{}) {
			*p = at
		}
	}
	r.Finish(part)
	part = r.Start("osd", 9)
	each(func(o *osd) { o.HeartbeatBack = r.addrs() })
	each(func(o *osd) { o.UpThru = r.Uint32("up_thru") })
	each(func(o *osd) { o.LastCleanBegin, o.LastCleanEnd = r.Uint32("begin"), r.Uint32("end") })
	each(func(o *osd) { o.LostAt = r.Uint32("lost_at") })
	r.blocklist(m.Blocklist)
	for range r.Count(8, "old_blocklist") {
		var a denc.EntityAddr
		a.DecodeFrom(r.Reader)
		require.Contains(t, m.Blocklist, a)
		delete(m.Blocklist, a)
	}
	each(func(o *osd) { o.Cluster = r.addrs() })
	r.skip(4)
	each(func(o *osd) { o.UUID = r.UUID("uuid") })
	each(func(o *osd) { o.More = r.more() })
	each(func(o *osd) { o.HeartbeatFront = r.addrs() })
	r.skip(8)
	for _, p := range []*float32{&m.NearFullRatio, &m.FullRatio, &m.BackfillFullRatio} {
		if f := r.Float32("ratio"); f >= 0 {
			*p = f
		}
	}
	for _, p := range []*cephmap.Release{&m.RequireMinCompatClient, &m.RequireOSDRelease} {
		if v := r.Uint8("release"); v != 0xff {
			*p = cephmap.Release(v)
		}
	}
	r.skip(8)
	r.Finish(part)
	r.skip(8)
	r.Finish(whole)
	require.NoError(t, r.Done())
	return m
}
