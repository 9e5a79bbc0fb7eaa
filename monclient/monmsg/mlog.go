package monmsg

import (
	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// MLog brings entries of the cluster log (src/messages/MLog.h): to a client for a log-* subscription, with the log's
// version in Paxos.Version, or from one, to be written.
type MLog struct {
	Paxos
	FSID    uuid.UUID
	Entries []LogEntry
}

// MsgType returns TypeLog.
func (*MLog) MsgType() uint16 { return TypeLog }

// MsgVersion returns 1, 1.
func (*MLog) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MLog) AppendFront(b []byte, features denc.Features) []byte {
	b = denc.AppendUUID(m.Paxos.appendTo(b), m.FSID)
	b = denc.AppendUint32(b, uint32(len(m.Entries)))
	for i := range m.Entries {
		b = m.Entries[i].AppendTo(b, features)
	}
	return b
}

// DecodeFront reads the front.
func (m *MLog) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MLog{}
	m.Paxos.decodeFrom(r)
	m.FSID = r.UUID("fsid")
	for range r.Count(minLogEntry, "entries") {
		var e LogEntry
		if e.DecodeFrom(r); r.Err() != nil {
			break
		}
		m.Entries = append(m.Entries, e)
	}
}
