package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MCommand is a command for the very daemon at the other end, "tell" (src/messages/MCommand.h); the MCommandReply
// that answers it has the same tid in its header.
type MCommand struct {
	FSID uuid.UUID // the cluster's, else the answer is EACCES
	// Cmd is one JSON object, possibly in pieces.
	Cmd []string
	// Input is the data segment.
	Input []byte
}

// MsgType returns TypeCommand.
func (*MCommand) MsgType() uint16 { return TypeCommand }

// MsgVersion returns 1, 1.
func (*MCommand) MsgVersion() (version, compat uint16) { return 1, 1 }

// Data returns the input, uncopied.
func (m *MCommand) Data() []byte { return m.Input }

// SetData makes p, uncopied, the input.
func (m *MCommand) SetData(p []byte) { m.Input = p }

// AppendFront appends the front.
func (m *MCommand) AppendFront(b []byte, _ denc.Features) []byte {
	return appendStrings(denc.AppendUUID(b, m.FSID), m.Cmd)
}

// DecodeFront reads the front; the input stays as it is.
func (m *MCommand) DecodeFront(r *denc.Reader, _ uint16) {
	m.FSID = r.UUID("fsid")
	m.Cmd = decodeStrings(r, "cmd")
}
