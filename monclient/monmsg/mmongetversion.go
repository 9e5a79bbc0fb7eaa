package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MMonGetVersion asks which versions of a map there are (src/messages/MMonGetVersion.h). Monitors never answer when
// they do not know the name: it is osdmap, monmap, fsmap or mdsmap.
type MMonGetVersion struct {
	Handle uint64 // chosen by the client; the reply repeats it
	What   string
}

// MsgType returns TypeMonGetVersion.
func (*MMonGetVersion) MsgType() uint16 { return TypeMonGetVersion }

// MsgVersion returns 1, 1.
func (*MMonGetVersion) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MMonGetVersion) AppendFront(b []byte, _ denc.Features) []byte {
	return denc.AppendString(denc.AppendUint64(b, m.Handle), m.What)
}

// DecodeFront reads the front.
func (m *MMonGetVersion) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MMonGetVersion{Handle: r.Uint64("handle"), What: r.String("what")}
}
