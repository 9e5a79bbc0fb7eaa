package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MPing asks a monitor how it is, and is the answer too (src/messages/MPing.h). Monitors answer it without quorum.
type MPing struct {
	// Reply says that this is an answer, which has a front.
	Reply bool
	// Status is the answer: a JSON object with the monitor's status and health.
	Status string
}

// MsgType returns TypePing.
func (*MPing) MsgType() uint16 { return TypePing }

// MsgVersion returns 1, 1. A reply has compat 0, because monitors put its front together by hand.
func (m *MPing) MsgVersion() (version, compat uint16) {
	if m.Reply {
		return 1, 0
	}
	return 1, 1
}

// AppendFront appends the front: nothing, or the status of a reply.
func (m *MPing) AppendFront(b []byte, _ denc.Features) []byte {
	if m.Reply {
		b = denc.AppendString(b, m.Status)
	}
	return b
}

// DecodeFront reads the front.
func (m *MPing) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MPing{Reply: r.Remaining() > 0}
	if m.Reply {
		m.Status = r.String("status")
	}
}
