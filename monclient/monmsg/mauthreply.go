package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MAuthReply answers an MAuth (src/messages/MAuthReply.h).
type MAuthReply struct {
	Protocol uint32
	Result   int32 // 0, or a negative errno of Linux
	GlobalID uint64
	Payload  []byte // after decoding it aliases the front
	Message  string
}

// MsgType returns TypeAuthReply.
func (*MAuthReply) MsgType() uint16 { return TypeAuthReply }

// MsgVersion returns 1, 1.
func (*MAuthReply) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MAuthReply) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUint32(b, m.Protocol)
	b = denc.AppendInt32(b, m.Result)
	b = denc.AppendUint64(b, m.GlobalID)
	b = denc.AppendBlob(b, m.Payload)
	return denc.AppendString(b, m.Message)
}

// DecodeFront reads the front.
func (m *MAuthReply) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MAuthReply{
		Protocol: r.Uint32("protocol"),
		Result:   r.Int32("result"),
		GlobalID: r.Uint64("global_id"),
		Payload:  r.Blob("result_bl"),
		Message:  r.String("result_msg"),
	}
}
