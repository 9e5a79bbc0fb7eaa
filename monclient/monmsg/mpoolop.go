package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// PoolOp is what an MPoolOp asks for (POOL_OP_CREATE and so on in src/include/rados.h). A monitor that is sent any other
// value takes it for a fault of its own program, and aborts.
type PoolOp uint32

// The operations.
const (
	PoolOpCreate                PoolOp = 0x01
	PoolOpDelete                PoolOp = 0x02
	PoolOpCreateSnap            PoolOp = 0x11
	PoolOpDeleteSnap            PoolOp = 0x12
	PoolOpCreateSelfManagedSnap PoolOp = 0x21
	PoolOpDeleteSelfManagedSnap PoolOp = 0x22
)

// Valid reports whether o is one of the operations above, which alone may be sent.
func (o PoolOp) Valid() bool {
	switch o {
	case PoolOpCreate, PoolOpDelete, PoolOpCreateSnap, PoolOpDeleteSnap, PoolOpCreateSelfManagedSnap, PoolOpDeleteSelfManagedSnap:
		return true
	}
	return false
}

// DefaultCRUSHRule is MPoolOp.CRUSHRule of a pool that is to have the rule that the cluster has for new pools.
const DefaultCRUSHRule int16 = -1

// MPoolOp asks for a change of pools or of their snapshots (src/messages/MPoolOp.h). It is answered by an MPoolOpReply
// with the same tid.
type MPoolOp struct {
	Paxos
	FSID   uuid.UUID
	Pool   uint32 // its id; of no use for PoolOpCreate
	Op     PoolOp
	SnapID uint64 // for PoolOpDeleteSelfManagedSnap
	// Name is that of the pool to create, or of the pool's snapshot. PoolOpDelete needs one that no pool has: with the
	// name of a pool it is answered 0, and nothing is deleted (OSDMonitor::prepare_pool_op_delete in
	// src/mon/OSDMonitor.cc).
	Name      string
	CRUSHRule int16 // for PoolOpCreate, DefaultCRUSHRule: the cluster's own choice

	// Two obsolete fields are kept as received; every present sender writes 0.
	auid    uint64
	swapped uint8
}

// MsgType returns TypePoolOp.
func (*MPoolOp) MsgType() uint16 { return TypePoolOp }

// MsgVersion returns 4, 2.
func (*MPoolOp) MsgVersion() (version, compat uint16) { return 4, 2 }

// AppendFront appends the front.
func (m *MPoolOp) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUUID(m.Paxos.appendTo(b), m.FSID)
	b = denc.AppendUint32(b, m.Pool)
	b = denc.AppendUint32(b, uint32(m.Op))
	b = denc.AppendUint64(b, m.auid)
	b = denc.AppendUint64(b, m.SnapID)
	b = denc.AppendString(b, m.Name)
	b = denc.AppendUint8(b, m.swapped)
	return denc.AppendInt16(b, m.CRUSHRule)
}

// DecodeFront reads the front.
func (m *MPoolOp) DecodeFront(r *denc.Reader, version uint16) {
	*m = MPoolOp{}
	oldest(r, version, 4)
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	m.Pool = r.Uint32("pool")
	m.Op = PoolOp(r.Uint32("op"))
	m.auid = r.Uint64("auid")
	m.SnapID = r.Uint64("snapid")
	m.Name = r.String("name")
	m.swapped = r.Uint8("pad")
	m.CRUSHRule = r.Int16("crush_rule")
}
