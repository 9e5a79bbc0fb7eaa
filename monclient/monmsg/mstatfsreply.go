package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MStatfsReply answers an MStatfs (src/messages/MStatfsReply.h, ceph_statfs in src/include/ceph_fs.h).
type MStatfsReply struct {
	FSID    uuid.UUID
	Version uint64 // of the manager's statistics
	KB      uint64
	KBUsed  uint64
	KBAvail uint64
	Objects uint64
}

// MsgType returns TypeStatfsReply.
func (*MStatfsReply) MsgType() uint16 { return TypeStatfsReply }

// MsgVersion returns 1, 1.
func (*MStatfsReply) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MStatfsReply) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUUID(b, m.FSID)
	for _, n := range []uint64{m.Version, m.KB, m.KBUsed, m.KBAvail, m.Objects} {
		b = denc.AppendUint64(b, n)
	}
	return b
}

// DecodeFront reads the front.
func (m *MStatfsReply) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MStatfsReply{
		FSID: r.UUID("fsid"), Version: r.Uint64("version"), KB: r.Uint64("kb"), KBUsed: r.Uint64("kb_used"),
		KBAvail: r.Uint64("kb_avail"), Objects: r.Uint64("num_objects"),
	}
}
