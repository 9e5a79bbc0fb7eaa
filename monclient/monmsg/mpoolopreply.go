package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MPoolOpReply answers an MPoolOp (src/messages/MPoolOpReply.h).
type MPoolOpReply struct {
	Paxos
	FSID uuid.UUID
	Code int32 // 0, or a negative errno of Linux
	// Epoch is that of the OSD map that has the change, or of the newest one when there was nothing to change.
	Epoch uint32
	// Result is the id of a new self-managed snapshot, encoded; nil for all else.
	Result []byte
}

// MsgType returns TypePoolOpReply.
func (*MPoolOpReply) MsgType() uint16 { return TypePoolOpReply }

// MsgVersion returns 1, 1.
func (*MPoolOpReply) MsgVersion() (version, compat uint16) { return 1, 1 }

// SnapID returns the id of a new self-managed snapshot, false when there is none.
func (m *MPoolOpReply) SnapID() (uint64, bool) {
	r := denc.NewReader(m.Result)
	id := r.Uint64("snapid")
	return id, r.Done() == nil
}

// AppendFront appends the front.
func (m *MPoolOpReply) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUUID(m.Paxos.appendTo(b), m.FSID)
	b = denc.AppendInt32(b, m.Code)
	b = denc.AppendUint32(b, m.Epoch)
	if m.Result == nil {
		return denc.AppendBool(b, false)
	}
	return denc.AppendBlob(denc.AppendBool(b, true), m.Result)
}

// DecodeFront reads the front.
func (m *MPoolOpReply) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MPoolOpReply{}
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	m.Code = r.Int32("reply_code")
	m.Epoch = r.Uint32("epoch")
	if r.Bool("has_data") {
		if m.Result = r.Blob("response_data"); m.Result == nil && r.Err() == nil {
			m.Result = []byte{}
		}
	}
}
