package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MMonCommand is a command for the monitors (src/messages/MMonCommand.h); the MMonCommandAck that answers it has the
// same tid in its header.
type MMonCommand struct {
	Paxos
	FSID uuid.UUID // the cluster's, else the answer is EPERM
	// Cmd is one JSON object. The monitor concatenates several strings before parsing.
	Cmd []string
	// Input is the data segment.
	Input []byte
}

// MsgType returns TypeMonCommand.
func (*MMonCommand) MsgType() uint16 { return TypeMonCommand }

// MsgVersion returns 1, 1.
func (*MMonCommand) MsgVersion() (version, compat uint16) { return 1, 1 }

// Data returns the input, uncopied.
func (m *MMonCommand) Data() []byte { return m.Input }

// SetData makes p, uncopied, the input.
func (m *MMonCommand) SetData(p []byte) { m.Input = p }

// AppendFront appends the front.
func (m *MMonCommand) AppendFront(b []byte, _ denc.Features) []byte {
	return appendStrings(denc.AppendUUID(m.Paxos.appendTo(b), m.FSID), m.Cmd)
}

// DecodeFront reads the front; the input stays as it is.
func (m *MMonCommand) DecodeFront(r *denc.Reader, _ uint16) {
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	m.Cmd = decodeStrings(r, "cmd")
}
