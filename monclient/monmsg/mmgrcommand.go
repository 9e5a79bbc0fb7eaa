package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MMgrCommand is a command for the active manager (src/messages/MMgrCommand.h), one of those that the managers and their
// modules have; the MMgrCommandReply that answers it has the same tid in its header. What is for the daemon itself is an
// MCommand.
type MMgrCommand struct {
	FSID uuid.UUID // managers do not look at it; librados sends zeros
	// Cmd is one JSON object, possibly in pieces.
	Cmd []string
	// Input is the data segment.
	Input []byte
}

// MsgType returns TypeMgrCommand.
func (*MMgrCommand) MsgType() uint16 { return TypeMgrCommand }

// MsgVersion returns 1, 1.
func (*MMgrCommand) MsgVersion() (version, compat uint16) { return 1, 1 }

// Data returns the input, uncopied.
func (m *MMgrCommand) Data() []byte { return m.Input }

// SetData makes p, uncopied, the input.
func (m *MMgrCommand) SetData(p []byte) { m.Input = p }

// AppendFront appends the front.
func (m *MMgrCommand) AppendFront(b []byte, _ denc.Features) []byte {
	return appendStrings(denc.AppendUUID(b, m.FSID), m.Cmd)
}

// DecodeFront reads the front; the input stays as it is.
func (m *MMgrCommand) DecodeFront(r *denc.Reader, _ uint16) {
	m.FSID = r.UUID("fsid")
	m.Cmd = decodeStrings(r, "cmd")
}
