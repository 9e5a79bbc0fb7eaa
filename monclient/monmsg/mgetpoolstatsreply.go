package monmsg

import (
	"encoding/binary"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MGetPoolStatsReply answers an MGetPoolStats (src/messages/MGetPoolStatsReply.h).
type MGetPoolStatsReply struct {
	Paxos
	FSID uuid.UUID
	// Stats has the encoded pool_stat_t of the pools by name, for package cephmap.
	Stats map[string][]byte
	// PerPool says that all OSDs count what each pool takes; otherwise that is estimated from the objects. It is false in a
	// reply of version 1.
	PerPool bool
}

// MsgType returns TypeGetPoolStatsReply.
func (*MGetPoolStatsReply) MsgType() uint16 { return TypeGetPoolStatsReply }

// MsgVersion returns 2, 1.
func (*MGetPoolStatsReply) MsgVersion() (version, compat uint16) { return 2, 1 }

// AppendFront appends the front.
func (m *MGetPoolStatsReply) AppendFront(b []byte, _ denc.Features) []byte {
	b = appendMap(denc.AppendUUID(m.Paxos.appendTo(b), m.FSID), m.Stats, func(b []byte, v []byte) []byte { return append(b, v...) })
	return denc.AppendBool(b, m.PerPool)
}

// DecodeFront reads the front.
func (m *MGetPoolStatsReply) DecodeFront(r *denc.Reader, version uint16) {
	*m = MGetPoolStatsReply{}
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	m.Stats = decodeMap(r, "pool_stats", frameHeader, func() []byte { return decodeFrame(r, "pool_stat_t") })
	if version >= 2 {
		m.PerPool = r.Bool("per_pool")
	}
}

// decodeFrame reads a versioned frame without a look inside; what it returns has the header, too.
func decodeFrame(r *denc.Reader, field string) []byte {
	header := r.Bytes(frameHeader, field)
	if r.Err() != nil {
		return nil
	}
	n := binary.LittleEndian.Uint32(header[2:])
	if uint64(n) > uint64(r.Remaining()) {
		r.Fail(field, "%d bytes long, %d are left", n, r.Remaining())
		return nil
	}
	return append(slices.Clip(header), r.Bytes(int(n), field)...)
}
