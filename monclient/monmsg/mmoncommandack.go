package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMonCommandAck answers an MMonCommand (src/messages/MMonCommandAck.h). Paxos.Version is the version of the service
// at which a change was made.
type MMonCommandAck struct {
	Paxos
	Retval int32    // negative: an errno of Linux; a few commands succeed with a positive one
	Status string   // the status string, text for people
	Cmd    []string // the command, repeated
	// Output is the data segment.
	Output []byte
}

// MsgType returns TypeMonCommandAck.
func (*MMonCommandAck) MsgType() uint16 { return TypeMonCommandAck }

// MsgVersion returns 1, 1.
func (*MMonCommandAck) MsgVersion() (version, compat uint16) { return 1, 1 }

// Data returns the output, uncopied.
func (m *MMonCommandAck) Data() []byte { return m.Output }

// SetData makes p, uncopied, the output.
func (m *MMonCommandAck) SetData(p []byte) { m.Output = p }

// AppendFront appends the front.
func (m *MMonCommandAck) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendInt32(m.Paxos.appendTo(b), m.Retval)
	return appendStrings(denc.AppendString(b, m.Status), m.Cmd)
}

// DecodeFront reads the front; the output stays as it is.
func (m *MMonCommandAck) DecodeFront(r *denc.Reader, _ uint16) {
	m.Paxos.decodeFrom(r)
	m.Retval = r.Int32("r")
	m.Status = r.String("rs")
	m.Cmd = decodeStrings(r, "cmd")
}
