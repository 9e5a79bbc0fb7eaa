package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMonMap brings a monmap (src/messages/MMonMap.h): the first answer of a session, and one per change after that.
type MMonMap struct {
	// Map is the encoded MonMap, for package cephmap. After decoding it aliases the front.
	Map []byte
}

// MsgType returns TypeMonMap.
func (*MMonMap) MsgType() uint16 { return TypeMonMap }

// MsgVersion returns 1, 1.
func (*MMonMap) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MMonMap) AppendFront(b []byte, _ denc.Features) []byte { return denc.AppendBlob(b, m.Map) }

// DecodeFront reads the front.
func (m *MMonMap) DecodeFront(r *denc.Reader, _ uint16) { *m = MMonMap{Map: r.Blob("monmap")} }
