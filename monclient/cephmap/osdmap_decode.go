package cephmap

import (
	"github.com/libmonclient/libmonclient/denc"
)

// The oldest versions of the parts that are read. Nautilus wrote them already.
const (
	minOSDMapClientVersion = 9
	minOSDPartVersion      = 9
)

// DecodeOSDMap decodes a full map of which b has nothing else, in any version that Pacific to Tentacle write, and
// checks its checksum. Its error wraps one of denc's and names the field, or it wraps ErrChecksum.
func DecodeOSDMap(b []byte) (*OSDMap, error) {
	if err := VerifyOSDMap(b); err != nil {
		return nil, err
	}
	return decodeOSDMap(b)
}

// decodeOSDMap does it whatever the checksum.
func decodeOSDMap(b []byte) (*OSDMap, error) {
	m := new(OSDMap)
	addrs := &addrVecReader{bytes: b}
	client := func(r *denc.Reader, version uint8) { m.decodeClientPart(r, version, addrs) }
	osd := func(r *denc.Reader, version uint8) { m.decodeOSDPart(r, version, addrs) }
	if _, err := decodeOSDMapFrames(b, osdMapName, osdMapClientVersion, client, osd); err != nil {
		return nil, err
	}
	return m, nil
}

// requirePartVersion fails for a part that is older than what is supported.
func requirePartVersion(r *denc.Reader, version, oldest uint8) {
	if r.Err() == nil && version < oldest {
		r.Fail("struct_v", "%d is older than %d, the oldest supported", version, oldest)
	}
}

// decodeClientPart reads the part for clients.
func (m *OSDMap) decodeClientPart(r *denc.Reader, version uint8, addrs *addrVecReader) {
	requirePartVersion(r, version, minOSDMapClientVersion)
	m.ClientVersion = min(version, osdMapClientVersion)
	m.FSID = r.UUID("fsid")
	m.Epoch = r.Uint32("epoch")
	m.Created = r.UTime("created")
	m.Modified = r.UTime("modified")
	m.Pools = decodeMap(r, "pools", int64Codec, poolCodec)
	m.PoolNames = decodeMap(r, "pool_name", int64Codec, stringCodec)
	m.PoolMax = r.Int32("pool_max")
	m.Flags = OSDMapFlags(r.Uint32("flags"))

	m.decodeMaxOSD(r, len(addrs.bytes))
	m.eachOSD(r, "osd_state", func(o *OSD) { o.State = OSDState(r.Uint32("osd_state")) })
	m.eachOSD(r, "osd_weight", func(o *OSD) { o.Weight = r.Uint32("osd_weight") })
	m.eachOSD(r, "client_addrs", func(o *OSD) { o.ClientAddrs = addrs.read(r) })
	m.PGTemp = decodePGMap(r, "pg_temp", slabListCodec(int32Codec))
	m.PrimaryTemp = decodePGMap(r, "primary_temp", int32Codec)
	m.PrimaryAffinity = decodeList(r, "osd_primary_affinity", uint32Codec)
	if n := len(m.PrimaryAffinity); n != 0 && n != len(m.OSDs) {
		r.Fail("osd_primary_affinity", "%d elements for %d OSDs", n, len(m.OSDs))
	}
	m.CRUSH = readClone(r, "crush")
	m.ErasureCodeProfiles = decodeMap(r, "erasure_code_profiles", stringCodec, stringMapCodec)
	m.PGUpmap = decodePGMap(r, "pg_upmap", slabListCodec(int32Codec))
	m.PGUpmapItems = decodePGMap(r, "pg_upmap_items", slabListCodec(osdPairCodec))
	m.CRUSHVersion = r.Uint32("crush_version")
	m.NewRemovedSnaps = decodeMap(r, "new_removed_snaps", int64Codec, snapIntervalsCodec)
	m.NewPurgedSnaps = decodeMap(r, "new_purged_snaps", int64Codec, snapIntervalsCodec)
	m.LastUpChange = r.UTime("last_up_change")
	m.LastInChange = r.UTime("last_in_change")
	if version >= 10 {
		m.PGUpmapPrimaries = decodePGMap(r, "pg_upmap_primaries", int32Codec)
	}
}

// decodeMaxOSD reads how many OSDs there are and makes room for them, if a map of size bytes can have as many.
func (m *OSDMap) decodeMaxOSD(r *denc.Reader, size int) {
	n := r.Int32("max_osd")
	if r.Err() != nil {
		return
	}
	if n < 0 || int64(n)*minOSD > int64(size) {
		r.Fail("max_osd", "%d OSDs in %d bytes", n, size)
		return
	}
	m.OSDs = blankOSDs(int(n))
}

// blankOSDs returns n zero OSDs, nil for none. Those that are allocated together are few, as one that is still in use
// keeps them all.
func blankOSDs(n int) []*OSD {
	if n == 0 {
		return nil
	}
	osds := make([]*OSD, n)
	var room []OSD
	for i := range osds {
		if len(room) == 0 {
			room = make([]OSD, min(64, n-i))
		}
		osds[i], room = &room[0], room[1:]
	}
	return osds
}

// eachOSD reads a vector with an element for each OSD.
func (m *OSDMap) eachOSD(r *denc.Reader, field string, read func(*OSD)) {
	n := r.Count(1, field)
	if r.Err() != nil {
		return
	}
	if n != len(m.OSDs) {
		r.Fail(field, "%d elements for %d OSDs", n, len(m.OSDs))
		return
	}
	for _, o := range m.OSDs {
		if read(o); r.Err() != nil {
			return
		}
	}
}

// decodeOSDPart reads the part for OSDs.
func (m *OSDMap) decodeOSDPart(r *denc.Reader, version uint8, addrs *addrVecReader) {
	requirePartVersion(r, version, minOSDPartVersion)
	m.eachOSD(r, "hb_back_addrs", func(o *OSD) { o.HBBackAddrs = addrs.read(r) })
	m.eachOSD(r, "osd_info", func(o *OSD) { o.Info.decodeFrom(r) })
	m.Blocklist = decodeMap(r, "blocklist", addrCodec, utimeCodec)
	m.eachOSD(r, "cluster_addrs", func(o *OSD) { o.ClusterAddrs = addrs.read(r) })
	m.ClusterSnapshotEpoch = r.Uint32("cluster_snapshot_epoch")
	m.ClusterSnapshot = r.String("cluster_snapshot")
	m.eachOSD(r, "osd_uuid", func(o *OSD) { o.UUID = r.UUID("osd_uuid") })
	m.eachOSD(r, "osd_xinfo", func(o *OSD) { o.XInfo.decodeFrom(r) })
	m.eachOSD(r, "hb_front_addrs", func(o *OSD) { o.HBFrontAddrs = addrs.read(r) })
	m.NearFullRatio = r.Float32("nearfull_ratio")
	m.FullRatio = r.Float32("full_ratio")
	m.BackfillFullRatio = r.Float32("backfillfull_ratio")
	m.RequireMinCompatClient = Release(r.Uint8("require_min_compat_client"))
	m.RequireOSDRelease = Release(r.Uint8("require_osd_release"))
	m.RemovedSnapsQueue = decodeMap(r, "removed_snaps_queue", int64Codec, snapIntervalsCodec)
	m.CRUSHNodeFlags = decodeMap(r, "crush_node_flags", int32Codec, osdStateCodec)
	m.DeviceClassFlags = decodeMap(r, "device_class_flags", int32Codec, osdStateCodec)
	if version >= 10 {
		m.Stretch.Enabled = r.Bool("stretch_mode_enabled")
		m.Stretch.BucketCount = r.Uint32("stretch_bucket_count")
		m.Stretch.Degraded = r.Uint32("degraded_stretch_mode")
		m.Stretch.Recovering = r.Uint32("recovering_stretch_mode")
		m.Stretch.Bucket = r.Int32("stretch_mode_bucket")
	}
	if version >= 11 {
		m.RangeBlocklist = decodeMap(r, "range_blocklist", addrCodec, utimeCodec)
	}
	if version >= 12 {
		m.AllowCrimson = r.Bool("allow_crimson")
	}
}
