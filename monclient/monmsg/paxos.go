package monmsg

import "github.com/libmonclient/libmonclient/denc"

// Paxos starts the front of every message to or from a service of the monitor that keeps its state by paxos
// (PaxosServiceMessage in src/messages/PaxosServiceMessage.h).
type Paxos struct {
	// Version is what the requester knows of the service's state (clients say 0), or in some replies the version
	// that the answer speaks of.
	Version uint64

	// Two obsolete fields are kept as received. Every present sender writes -1 and 0, and so does the zero value:
	// the first is stored as its bitwise complement.
	notMon int16
	monTID uint64
}

func (p *Paxos) decodeFrom(r *denc.Reader) {
	p.Version = r.Uint64("paxos.version")
	p.notMon = ^r.Int16("paxos.session_mon")
	p.monTID = r.Uint64("paxos.session_mon_tid")
}

func (p Paxos) appendTo(b []byte) []byte {
	b = denc.AppendUint64(b, p.Version)
	b = denc.AppendInt16(b, ^p.notMon)
	return denc.AppendUint64(b, p.monTID)
}
