package cephmap

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// fuzzPrintable: what decodes can be printed, and encodes to bytes that decode to the same map.
func fuzzPrintable(f *testing.F, decode func([]byte) (printable, error), patterns ...string) {
	for _, pattern := range patterns {
		for _, wire := range golden(f, pattern) {
			f.Add(wire)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil {
			return
		}
		text, err := m.MarshalJSON()
		require.NoError(t, err)
		require.True(t, json.Valid(text), string(text))
		first := m.AppendTo(nil)
		again, err := decode(first)
		require.NoError(t, err)
		require.Equal(t, first, again.AppendTo(nil))
	})
}

func FuzzDecodeMgrMap(f *testing.F) {
	f.Add(oldMgrMap(3))
	f.Add(oldMgrMap(5))
	f.Add(new(MgrMap).AppendTo(nil))
	fuzzPrintable(f, decodeMgrMap, "*/mgrmap-down.bin", "*/mgrmap.bin")
}

func FuzzDecodeServiceMap(f *testing.F) {
	fuzzPrintable(f, decodeServiceMap, "*/servicemap*.bin")
}

func FuzzDecodeFSMap(f *testing.F) {
	f.Add(fullFSMap().AppendTo(nil))
	fuzzPrintable(f, decodeFSMap, "*/fsmap*.bin")
}

func FuzzDecodeMDSMap(f *testing.F) {
	for _, version := range []uint16{MDSMapVersion16, MDSMapVersion18, MDSMapVersion19} {
		m := fullFSMap().Filesystems[0].MDSMap
		m.Version = version
		f.Add(m.AppendTo(nil))
	}
	fuzzPrintable(f, decodeMDSMap, "*/fsmap.bin")
}
