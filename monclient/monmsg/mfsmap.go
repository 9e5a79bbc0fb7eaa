package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MFSMap brings the map of all file systems (src/messages/MFSMap.h).
type MFSMap struct {
	Epoch uint32
	// Map is the encoded FSMap, for package cephmap. After decoding it aliases the front.
	Map []byte
}

// MsgType returns TypeFSMap.
func (*MFSMap) MsgType() uint16 { return TypeFSMap }

// MsgVersion returns 1, 1.
func (*MFSMap) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MFSMap) AppendFront(b []byte, _ denc.Features) []byte {
	return append(denc.AppendUint32(b, m.Epoch), m.Map...)
}

// DecodeFront reads the front.
func (m *MFSMap) DecodeFront(r *denc.Reader, version uint16) {
	*m = MFSMap{Epoch: r.Uint32("epoch"), Map: decodeRawMap(r, "fsmap", version, 1)}
}
