package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MAuth asks for new tickets over an established session (src/messages/MAuth.h); the answer is an MAuthReply.
type MAuth struct {
	Paxos
	Protocol    uint32 // 1 none, 2 cephx
	Payload     []byte // after decoding it aliases the front
	MonMapEpoch uint32 // the epoch that the client has; monitors ignore it
}

// MsgType returns TypeAuth.
func (*MAuth) MsgType() uint16 { return TypeAuth }

// MsgVersion returns 1, 1.
func (*MAuth) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MAuth) AppendFront(b []byte, _ denc.Features) []byte {
	b = m.Paxos.appendTo(b)
	b = denc.AppendUint32(b, m.Protocol)
	b = denc.AppendBlob(b, m.Payload)
	return denc.AppendUint32(b, m.MonMapEpoch)
}

// DecodeFront reads the front.
func (m *MAuth) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MAuth{}
	m.Paxos.decodeFrom(r)
	m.Protocol = r.Uint32("protocol")
	m.Payload = r.Blob("auth_payload")
	m.MonMapEpoch = r.Uint32("monmap_epoch")
}
