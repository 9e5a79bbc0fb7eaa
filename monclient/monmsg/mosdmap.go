package monmsg

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// EpochMap is one encoded map of an MOSDMap, for package cephmap.
type EpochMap struct {
	Epoch uint32
	Map   []byte
}

// MOSDMap brings OSD maps, full ones and incrementals (src/messages/MOSDMap.h). On the wire the incrementals come
// first. One message carries at most osd_map_message_max (40) maps, so Newest may be ahead of what is here.
type MOSDMap struct {
	FSID uuid.UUID
	// Incrementals and Full are in the order of their epochs. After decoding, the maps alias the front.
	Incrementals []EpochMap
	Full         []EpochMap
	// TrimLowerBound is the oldest epoch that the sender keeps, Newest the newest that it has.
	TrimLowerBound uint32
	Newest         uint32
}

// MsgType returns TypeOSDMap.
func (*MOSDMap) MsgType() uint16 { return TypeOSDMap }

// MsgVersion returns 4, 3.
func (*MOSDMap) MsgVersion() (version, compat uint16) { return 4, 3 }

// AppendFront appends the front; the maps must be in the order of their epochs.
func (m *MOSDMap) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUUID(b, m.FSID)
	b = appendEpochMaps(b, m.Incrementals)
	b = appendEpochMaps(b, m.Full)
	b = denc.AppendUint32(b, m.TrimLowerBound)
	b = denc.AppendUint32(b, m.Newest)
	return denc.AppendUint32(b, 0) // gap_removed_snaps, which Octopus and later never fill
}

// DecodeFront reads the front of version 3 or 4.
func (m *MOSDMap) DecodeFront(r *denc.Reader, version uint16) {
	*m = MOSDMap{}
	oldest(r, version, 3)
	m.FSID = r.UUID("fsid")
	m.Incrementals = decodeEpochMaps(r, "incremental_maps")
	m.Full = decodeEpochMaps(r, "maps")
	m.TrimLowerBound = r.Uint32("cluster_osdmap_trim_lower_bound")
	m.Newest = r.Uint32("newest_map")
	if version >= 4 {
		if n := r.Uint32("gap_removed_snaps"); n != 0 {
			r.Fail("gap_removed_snaps", "%d entries; senders from Octopus on have none", n)
		}
	}
}

func decodeEpochMaps(r *denc.Reader, field string) []EpochMap {
	n := r.Count(8, field)
	if n == 0 {
		return nil
	}
	s := make([]EpochMap, n)
	for i := range s {
		s[i] = EpochMap{Epoch: r.Uint32(field), Map: r.Blob(field)}
	}
	slices.SortStableFunc(s, func(a, b EpochMap) int { return cmp.Compare(a.Epoch, b.Epoch) })
	return s
}

func appendEpochMaps(b []byte, s []EpochMap) []byte {
	b = denc.AppendUint32(b, uint32(len(s)))
	for _, e := range s {
		b = denc.AppendBlob(denc.AppendUint32(b, e.Epoch), e.Map)
	}
	return b
}
