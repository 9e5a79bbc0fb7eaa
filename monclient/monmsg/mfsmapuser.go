package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MFSMapUser brings the list of file systems: ids and names (src/messages/MFSMapUser.h).
type MFSMapUser struct {
	Epoch uint32
	// Map is the encoded FSMapUser, for package cephmap. After decoding it aliases the front.
	Map []byte
}

// MsgType returns TypeFSMapUser.
func (*MFSMapUser) MsgType() uint16 { return TypeFSMapUser }

// MsgVersion returns 1, 1.
func (*MFSMapUser) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MFSMapUser) AppendFront(b []byte, _ denc.Features) []byte {
	return append(denc.AppendUint32(b, m.Epoch), m.Map...)
}

// DecodeFront reads the front.
func (m *MFSMapUser) DecodeFront(r *denc.Reader, version uint16) {
	*m = MFSMapUser{Epoch: r.Uint32("epoch"), Map: decodeRawMap(r, "fsmap_user", version, 1)}
}
