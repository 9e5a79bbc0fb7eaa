package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MLogAck says that log entries have been written (src/messages/MLogAck.h).
type MLogAck struct {
	FSID    uuid.UUID
	Last    uint64 // the highest LogEntry.Seq of the batch
	Channel string // monitors leave it empty
}

// MsgType returns TypeLogAck.
func (*MLogAck) MsgType() uint16 { return TypeLogAck }

// MsgVersion returns 1, 1.
func (*MLogAck) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MLogAck) AppendFront(b []byte, _ denc.Features) []byte {
	return denc.AppendString(denc.AppendUint64(denc.AppendUUID(b, m.FSID), m.Last), m.Channel)
}

// DecodeFront reads the front. The channel may be missing: it was added without a new version.
func (m *MLogAck) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MLogAck{FSID: r.UUID("fsid"), Last: r.Uint64("last")}
	if r.Remaining() > 0 {
		m.Channel = r.String("channel")
	}
}
