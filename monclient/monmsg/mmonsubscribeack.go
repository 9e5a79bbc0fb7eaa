package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MMonSubscribeAck answers an MMonSubscribe of a client without the feature MON_STATEFUL_SUB
// (src/messages/MMonSubscribeAck.h). Others get none, and need not renew.
type MMonSubscribeAck struct {
	Interval uint32 // seconds after which the subscriptions lapse
	FSID     uuid.UUID
}

// MsgType returns TypeMonSubscribeAck.
func (*MMonSubscribeAck) MsgType() uint16 { return TypeMonSubscribeAck }

// MsgVersion returns 1, 1.
func (*MMonSubscribeAck) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MMonSubscribeAck) AppendFront(b []byte, _ denc.Features) []byte {
	return denc.AppendUUID(denc.AppendUint32(b, m.Interval), m.FSID)
}

// DecodeFront reads the front.
func (m *MMonSubscribeAck) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MMonSubscribeAck{Interval: r.Uint32("interval"), FSID: r.UUID("fsid")}
}
