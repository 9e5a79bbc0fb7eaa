package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMgrMap brings the map of the managers (src/messages/MMgrMap.h).
type MMgrMap struct {
	// Map is the encoded MgrMap, for package cephmap. After decoding it aliases the front.
	Map []byte
}

// MsgType returns TypeMgrMap.
func (*MMgrMap) MsgType() uint16 { return TypeMgrMap }

// MsgVersion returns 1, 1.
func (*MMgrMap) MsgVersion() (version, compat uint16) { return 1, 1 }

// Epoch returns the epoch of Map, 0 when Map is too short to be one.
func (m *MMgrMap) Epoch() uint32 { return rawEpoch(m.Map) }

// AppendFront appends the front.
func (m *MMgrMap) AppendFront(b []byte, _ denc.Features) []byte { return append(b, m.Map...) }

// DecodeFront reads the front.
func (m *MMgrMap) DecodeFront(r *denc.Reader, version uint16) {
	*m = MMgrMap{Map: decodeRawMap(r, "mgrmap", version, 1)}
}
