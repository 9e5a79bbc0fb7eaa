package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// FuzzDecode decodes fronts of every type. What decodes must encode to bytes that decode to the same message.
func FuzzDecode(f *testing.F) {
	for _, c := range captures(f) {
		f.Add(c.typ, c.version, c.front)
	}
	for typ := range kinds {
		f.Add(typ, newestVersion(typ), []byte{})
		f.Add(typ, newestVersion(typ)+1, make([]byte, 64))
	}
	f.Add(TypeLog, uint16(1), unhex(f, noPaxosHex+testFSIDHex+"01000000"+logEntryHex))
	f.Fuzz(func(t *testing.T, typ, version uint16, front []byte) {
		m, err := Decode(typ, version, 0, front, nil, nil)
		if err != nil {
			return
		}
		first := m.AppendFront(nil, denc.FeaturesAll)
		newVersion, compat := m.MsgVersion()
		again, err := Decode(typ, newVersion, compat, first, nil, nil)
		require.NoError(t, err)
		require.Equal(t, first, again.AppendFront(nil, denc.FeaturesAll))
	})
}
