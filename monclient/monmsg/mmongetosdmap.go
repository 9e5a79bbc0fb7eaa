package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMonGetOSDMap asks for ranges of OSD maps (src/messages/MMonGetOSDMap.h); the answer is an MOSDMap. Epochs that do
// not exist are left out of the answer, and full maps are taken before incrementals.
type MMonGetOSDMap struct {
	Paxos
	// FullFirst to FullLast are full maps, IncFirst to IncLast incrementals; 0, 0 asks for none.
	FullFirst, FullLast, IncFirst, IncLast uint32
}

// MsgType returns TypeMonGetOSDMap.
func (*MMonGetOSDMap) MsgType() uint16 { return TypeMonGetOSDMap }

// MsgVersion returns 1, 1.
func (*MMonGetOSDMap) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MMonGetOSDMap) AppendFront(b []byte, _ denc.Features) []byte {
	b = m.Paxos.appendTo(b)
	for _, e := range [...]uint32{m.FullFirst, m.FullLast, m.IncFirst, m.IncLast} {
		b = denc.AppendUint32(b, e)
	}
	return b
}

// DecodeFront reads the front.
func (m *MMonGetOSDMap) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MMonGetOSDMap{}
	m.Paxos.decodeFrom(r)
	m.FullFirst = r.Uint32("full_first")
	m.FullLast = r.Uint32("full_last")
	m.IncFirst = r.Uint32("inc_first")
	m.IncLast = r.Uint32("inc_last")
}
