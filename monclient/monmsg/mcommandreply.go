package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MCommandReply answers an MCommand (src/messages/MCommandReply.h).
type MCommandReply struct {
	Retval int32 // negative: an errno of Linux
	Status string
	// Output is the data segment.
	Output []byte
}

// MsgType returns TypeCommandReply.
func (*MCommandReply) MsgType() uint16 { return TypeCommandReply }

// MsgVersion returns 1, 1.
func (*MCommandReply) MsgVersion() (version, compat uint16) { return 1, 1 }

// Data returns the output, uncopied.
func (m *MCommandReply) Data() []byte { return m.Output }

// SetData makes p, uncopied, the output.
func (m *MCommandReply) SetData(p []byte) { m.Output = p }

// AppendFront appends the front.
func (m *MCommandReply) AppendFront(b []byte, _ denc.Features) []byte {
	return denc.AppendString(denc.AppendInt32(b, m.Retval), m.Status)
}

// DecodeFront reads the front; the output stays as it is.
func (m *MCommandReply) DecodeFront(r *denc.Reader, _ uint16) {
	m.Retval = r.Int32("r")
	m.Status = r.String("rs")
}
