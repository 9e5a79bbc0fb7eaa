package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMonGetMap asks for the monmap (src/messages/MMonGetMap.h); the answer is an MMonMap. Its front is empty.
type MMonGetMap struct{}

// MsgType returns TypeMonGetMap.
func (*MMonGetMap) MsgType() uint16 { return TypeMonGetMap }

// MsgVersion returns 1, 1.
func (*MMonGetMap) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends nothing.
func (*MMonGetMap) AppendFront(b []byte, _ denc.Features) []byte { return b }

// DecodeFront reads nothing.
func (*MMonGetMap) DecodeFront(*denc.Reader, uint16) {}
