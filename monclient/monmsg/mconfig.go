package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MConfig brings the options that the monitors have for the client (src/messages/MConfig.h): always all of them,
// never a difference.
type MConfig struct {
	Options map[string]string
}

// MsgType returns TypeConfig.
func (*MConfig) MsgType() uint16 { return TypeConfig }

// MsgVersion returns 1, 1.
func (*MConfig) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MConfig) AppendFront(b []byte, _ denc.Features) []byte {
	return appendMap(b, m.Options, denc.AppendString)
}

// DecodeFront reads the front.
func (m *MConfig) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MConfig{Options: decodeMap(r, "config", 4, func() string { return r.String("config") })}
}
