package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MStatfs asks for how full the cluster is, or what there is for one pool (src/messages/MStatfs.h). Monitors do not answer
// when the pool does not exist, nor a client without a capability to read "pg"
// (MgrStatMonitor::preprocess_statfs in src/mon/MgrStatMonitor.cc).
type MStatfs struct {
	Paxos
	FSID uuid.UUID
	// Pool is the id of a pool, when HasPool.
	Pool    int64
	HasPool bool
}

// MsgType returns TypeStatfs.
func (*MStatfs) MsgType() uint16 { return TypeStatfs }

// MsgVersion returns 2, 1.
func (*MStatfs) MsgVersion() (version, compat uint16) { return 2, 1 }

// AppendFront appends the front.
func (m *MStatfs) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendBool(denc.AppendUUID(m.Paxos.appendTo(b), m.FSID), m.HasPool)
	if m.HasPool {
		b = denc.AppendInt64(b, m.Pool)
	}
	return b
}

// DecodeFront reads the front.
func (m *MStatfs) DecodeFront(r *denc.Reader, version uint16) {
	*m = MStatfs{}
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	if version < 2 {
		return
	}
	if m.HasPool = r.Bool("data_pool"); m.HasPool {
		m.Pool = r.Int64("data_pool")
	}
}
