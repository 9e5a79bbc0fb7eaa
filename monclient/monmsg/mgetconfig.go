package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MGetConfig asks for the options of an entity (src/messages/MGetConfig.h); the answer is an MConfig.
type MGetConfig struct {
	Name        denc.EntityName
	Host        string
	DeviceClass string
}

// MsgType returns TypeGetConfig.
func (*MGetConfig) MsgType() uint16 { return TypeGetConfig }

// MsgVersion returns 1, 1.
func (*MGetConfig) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MGetConfig) AppendFront(b []byte, _ denc.Features) []byte {
	return denc.AppendString(denc.AppendString(m.Name.AppendTo(b), m.Host), m.DeviceClass)
}

// DecodeFront reads the front.
func (m *MGetConfig) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MGetConfig{}
	m.Name.DecodeFrom(r)
	m.Host = r.String("host")
	m.DeviceClass = r.String("device_class")
}
