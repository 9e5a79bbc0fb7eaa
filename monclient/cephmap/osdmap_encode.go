package cephmap

import (
	"encoding/binary"

	"github.com/libmonclient/libmonclient/denc"
)

// AppendTo appends the encoding of m for a peer of Nautilus or later, with its checksum. A decoded map comes out as the
// very bytes that a monitor made of it.
func (m *OSDMap) AppendTo(b []byte) []byte {
	start := len(b)
	b, whole := denc.AppendStart(b, osdMapVersion, osdMapCompat)
	b = m.appendClientPart(b)
	b = m.appendOSDPart(b)
	crcAt := len(b)
	b = denc.AppendFinish(denc.AppendUint32(b, 0), whole) // the sum goes over the length, too
	binary.LittleEndian.PutUint32(b[crcAt:], denc.CRC32C(denc.CRCSeed, b[start:crcAt]))
	return b
}

func (m *OSDMap) appendClientPart(b []byte) []byte {
	version := uint8(osdMapClientVersion)
	if m.ClientVersion != 0 && m.ClientVersion <= 9 {
		version = 9
	}
	b, mark := denc.AppendStart(b, version, 1)
	b = denc.AppendUUID(b, m.FSID)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUTime(b, m.Created)
	b = denc.AppendUTime(b, m.Modified)
	b = appendMap(b, m.Pools, int64Codec, poolCodec)
	b = appendMap(b, m.PoolNames, int64Codec, stringCodec)
	b = denc.AppendInt32(b, m.PoolMax)
	b = denc.AppendUint32(b, uint32(m.Flags))
	b = denc.AppendInt32(b, int32(len(m.OSDs)))
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return denc.AppendUint32(b, uint32(o.State)) })
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return denc.AppendUint32(b, o.Weight) })
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return addrVecCodec.append(b, o.ClientAddrs) })
	b = appendPGMap(b, m.PGTemp, int32sCodec)
	b = appendPGMap(b, m.PrimaryTemp, int32Codec)
	b = appendList(b, m.PrimaryAffinity, uint32Codec)
	b = denc.AppendBlob(b, m.CRUSH)
	b = appendMap(b, m.ErasureCodeProfiles, stringCodec, stringMapCodec)
	b = appendPGMap(b, m.PGUpmap, int32sCodec)
	b = appendPGMap(b, m.PGUpmapItems, osdPairsCodec)
	b = denc.AppendUint32(b, m.CRUSHVersion)
	b = appendMap(b, m.NewRemovedSnaps, int64Codec, snapIntervalsCodec)
	b = appendMap(b, m.NewPurgedSnaps, int64Codec, snapIntervalsCodec)
	b = denc.AppendUTime(b, m.LastUpChange)
	b = denc.AppendUTime(b, m.LastInChange)
	if version >= 10 {
		b = appendPGMap(b, m.PGUpmapPrimaries, int32Codec)
	}
	return denc.AppendFinish(b, mark)
}

// osdPartVersion returns the version of the part for OSDs. Each includes what those below it do.
func (m *OSDMap) osdPartVersion() uint8 {
	switch {
	case m.AllowCrimson:
		return 12
	case len(m.RangeBlocklist) > 0:
		return 11
	case m.Stretch.Enabled:
		return 10
	}
	return 9
}

func (m *OSDMap) appendOSDPart(b []byte) []byte {
	version := m.osdPartVersion()
	b, mark := denc.AppendStart(b, version, 1)
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return addrVecCodec.append(b, o.HBBackAddrs) })
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return o.Info.appendTo(b) })
	b = appendMap(b, m.Blocklist, addrCodec, utimeCodec)
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return addrVecCodec.append(b, o.ClusterAddrs) })
	b = denc.AppendUint32(b, m.ClusterSnapshotEpoch)
	b = denc.AppendString(b, m.ClusterSnapshot)
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return denc.AppendUUID(b, o.UUID) })
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return o.XInfo.appendTo(b) })
	b = m.appendEachOSD(b, func(b []byte, o *OSD) []byte { return addrVecCodec.append(b, o.HBFrontAddrs) })
	b = denc.AppendFloat32(b, m.NearFullRatio)
	b = denc.AppendFloat32(b, m.FullRatio)
	b = denc.AppendFloat32(b, m.BackfillFullRatio)
	b = denc.AppendUint8(b, uint8(m.RequireMinCompatClient))
	b = denc.AppendUint8(b, uint8(m.RequireOSDRelease))
	b = appendMap(b, m.RemovedSnapsQueue, int64Codec, snapIntervalsCodec)
	b = appendMap(b, m.CRUSHNodeFlags, int32Codec, osdStateCodec)
	b = appendMap(b, m.DeviceClassFlags, int32Codec, osdStateCodec)
	if version >= 10 {
		b = denc.AppendBool(b, m.Stretch.Enabled)
		b = denc.AppendUint32(b, m.Stretch.BucketCount)
		b = denc.AppendUint32(b, m.Stretch.Degraded)
		b = denc.AppendUint32(b, m.Stretch.Recovering)
		b = denc.AppendInt32(b, m.Stretch.Bucket)
	}
	if version >= 11 {
		b = appendMap(b, m.RangeBlocklist, addrCodec, utimeCodec)
	}
	if version >= 12 {
		b = denc.AppendBool(b, m.AllowCrimson)
	}
	return denc.AppendFinish(b, mark)
}

// appendEachOSD appends a vector with an element for each OSD.
func (m *OSDMap) appendEachOSD(b []byte, element func([]byte, *OSD) []byte) []byte {
	b = denc.AppendUint32(b, uint32(len(m.OSDs)))
	var blank OSD
	for _, o := range m.OSDs {
		if o == nil {
			o = &blank
		}
		b = element(b, o)
	}
	return b
}
