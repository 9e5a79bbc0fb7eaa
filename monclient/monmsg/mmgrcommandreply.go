package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMgrCommandReply answers an MMgrCommand (src/messages/MMgrCommandReply.h).
type MMgrCommandReply struct {
	Retval int32 // negative: an errno of Linux
	Status string
	// Output is the data segment.
	Output []byte
}

// MsgType returns TypeMgrCommandReply.
func (*MMgrCommandReply) MsgType() uint16 { return TypeMgrCommandReply }

// MsgVersion returns 1, 1.
func (*MMgrCommandReply) MsgVersion() (version, compat uint16) { return 1, 1 }

// Data returns the output, uncopied.
func (m *MMgrCommandReply) Data() []byte { return m.Output }

// SetData makes p, uncopied, the output.
func (m *MMgrCommandReply) SetData(p []byte) { m.Output = p }

// AppendFront appends the front.
func (m *MMgrCommandReply) AppendFront(b []byte, _ denc.Features) []byte {
	return denc.AppendString(denc.AppendInt32(b, m.Retval), m.Status)
}

// DecodeFront reads the front; the output stays as it is.
func (m *MMgrCommandReply) DecodeFront(r *denc.Reader, _ uint16) {
	m.Retval = r.Int32("r")
	m.Status = r.String("rs")
}
