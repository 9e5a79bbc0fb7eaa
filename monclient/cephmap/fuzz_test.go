package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzMonMap: what decodes can be printed and encodes to bytes that decode to the same map.
func FuzzMonMap(f *testing.F) {
	for _, wire := range golden(f, "*/monmap-*.bin") {
		f.Add(wire)
	}
	for _, wire := range golden(f, "*/legacy-monmap.bin") {
		f.Add(wire)
	}
	f.Add(new(MonMap).AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMonMap(b)
		if err != nil {
			return
		}
		require.NoError(t, m.Check())
		_, err = m.MarshalJSON()
		require.NoError(t, err)
		require.NotEmpty(t, m.Text())
		first := m.AppendTo(nil)
		again, err := DecodeMonMap(first)
		require.NoError(t, err)
		require.Equal(t, first, again.AppendTo(nil))
		require.Equal(t, m.Ranks(), again.Ranks())
	})
}

func fuzzMap(f *testing.F, pattern string, decode func([]byte) error) {
	for _, wire := range golden(f, pattern) {
		f.Add(wire)
	}
	f.Fuzz(func(_ *testing.T, b []byte) { _ = decode(b) })
}

func FuzzOSDMap(f *testing.F)            { fuzzMap(f, "*/osdmap-e*.bin", VerifyOSDMap) }
func FuzzOSDMapIncremental(f *testing.F) { fuzzMap(f, "*/osdmap-inc-*.bin", VerifyOSDMapIncremental) }

func FuzzMgrMap(f *testing.F) {
	fuzzMap(f, "*/mgrmap.bin", func(b []byte) error { _, err := DecodeMgrMapHeader(b); return err })
}

func FuzzFSMap(f *testing.F) {
	fuzzMap(f, "*/fsmap.bin", func(b []byte) error { _, err := DecodeFSMapHeader(b); return err })
}

func FuzzServiceMap(f *testing.F) {
	fuzzMap(f, "*/servicemap.bin", func(b []byte) error { _, err := DecodeServiceMapHeader(b); return err })
}
