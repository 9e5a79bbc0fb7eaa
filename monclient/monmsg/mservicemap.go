package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MServiceMap brings the map of service daemons (src/messages/MServiceMap.h).
type MServiceMap struct {
	// Map is the encoded ServiceMap, for package cephmap. After decoding it aliases the front.
	Map []byte
}

// MsgType returns TypeServiceMap.
func (*MServiceMap) MsgType() uint16 { return TypeServiceMap }

// MsgVersion returns 1, 1.
func (*MServiceMap) MsgVersion() (version, compat uint16) { return 1, 1 }

// Epoch returns the epoch of Map, 0 when Map is too short to be one.
func (m *MServiceMap) Epoch() uint32 { return rawEpoch(m.Map) }

// AppendFront appends the front.
func (m *MServiceMap) AppendFront(b []byte, _ denc.Features) []byte { return append(b, m.Map...) }

// DecodeFront reads the front.
func (m *MServiceMap) DecodeFront(r *denc.Reader, version uint16) {
	*m = MServiceMap{Map: decodeRawMap(r, "servicemap", version, 1)}
}
