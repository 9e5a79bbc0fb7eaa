package monmsg

import "github.com/libmonclient/libmonclient/denc"

// MKVData brings keys of the monitors' config-key store (src/messages/MKVData.h), for a subscription kv:PREFIX.
type MKVData struct {
	Version uint64
	Prefix  string
	// Incremental: Values has what changed, possibly nothing. Otherwise it has every key with the prefix.
	Incremental bool
	// Values is by full key, prefix included. A nil value says that the key was deleted; an empty one that is not
	// nil is an empty value. After decoding, the values alias the front.
	Values map[string][]byte
}

// MsgType returns TypeKVData.
func (*MKVData) MsgType() uint16 { return TypeKVData }

// MsgVersion returns 1, 1.
func (*MKVData) MsgVersion() (version, compat uint16) { return 1, 1 }

// AppendFront appends the front.
func (m *MKVData) AppendFront(b []byte, _ denc.Features) []byte {
	b = denc.AppendUint64(b, m.Version)
	b = denc.AppendString(b, m.Prefix)
	b = denc.AppendBool(b, m.Incremental)
	return appendMap(b, m.Values, func(b []byte, v []byte) []byte {
		if v == nil {
			return denc.AppendBool(b, false)
		}
		return denc.AppendBlob(denc.AppendBool(b, true), v)
	})
}

// DecodeFront reads the front.
func (m *MKVData) DecodeFront(r *denc.Reader, _ uint16) {
	*m = MKVData{Version: r.Uint64("version"), Prefix: r.String("prefix"), Incremental: r.Bool("incremental")}
	m.Values = decodeMap(r, "data", 1, func() []byte {
		if !r.Bool("data.present") {
			return nil
		}
		if v := r.Blob("data.value"); v != nil {
			return v
		}
		return []byte{}
	})
}
