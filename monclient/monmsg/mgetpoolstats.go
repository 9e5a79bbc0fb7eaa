package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MGetPoolStats asks for the statistics of pools by their names (src/messages/MGetPoolStats.h). Monitors leave out those
// that do not exist, and do not answer a client without a capability to read "pg".
type MGetPoolStats struct {
	Paxos
	FSID  uuid.UUID
	Pools []string
}

// MsgType returns TypeGetPoolStats.
func (*MGetPoolStats) MsgType() uint16 { return TypeGetPoolStats }

// MsgVersion returns 1, 1.
func (*MGetPoolStats) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MGetPoolStats) AppendFront(b []byte, _ denc.Features) []byte {
	return appendStrings(denc.AppendUUID(m.Paxos.appendTo(b), m.FSID), m.Pools)
}

// DecodeFront reads the front.
func (m *MGetPoolStats) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MGetPoolStats{}
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	m.Pools = decodeStrings(r, "pools")
}
