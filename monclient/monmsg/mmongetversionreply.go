package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMonGetVersionReply answers an MMonGetVersion (src/messages/MMonGetVersionReply.h). The tid in its header is 0:
// replies are matched by the handle.
type MMonGetVersionReply struct {
	Handle  uint64
	Version uint64 // the newest committed version
	Oldest  uint64 // the oldest that is still kept; 0 in a reply of version 1
}

// MsgType returns TypeMonGetVersionReply.
func (*MMonGetVersionReply) MsgType() uint16 { return TypeMonGetVersionReply }

// MsgVersion returns 2, 2, as monitors send it: the type sets no compat version.
func (*MMonGetVersionReply) MsgVersion() (version, compat uint16) { return 2, 2 }

// AppendFront appends the front.
func (m *MMonGetVersionReply) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUint64(b, m.Handle)
	b = denc.AppendUint64(b, m.Version)
	return denc.AppendUint64(b, m.Oldest)
}

// DecodeFront reads the front.
func (m *MMonGetVersionReply) DecodeFront(r *denc.Reader, version uint16) {
	*m = MMonGetVersionReply{Handle: r.Uint64("handle"), Version: r.Uint64("version")}
	if version >= 2 {
		m.Oldest = r.Uint64("oldest_version")
	}
}
