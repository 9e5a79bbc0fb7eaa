package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzWholeOSDMap: what decodes, whatever its checksum, encodes to bytes that decode to the same map, and costs no more
// than it should.
func FuzzWholeOSDMap(f *testing.F) {
	for _, wire := range fullOSDMaps(f) {
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if b = resealedFull(b); b == nil {
			return
		}
		m, err := DecodeOSDMap(b)
		if err != nil {
			return
		}
		first := m.AppendTo(nil)
		again := mustDecodeOSDMap(t, first)
		require.Equal(t, first, again.AppendTo(nil))
	})
}

// FuzzWholeOSDMapIncremental also applies what decodes.
func FuzzWholeOSDMapIncremental(f *testing.F) {
	for _, wire := range osdMapIncrementals(f) {
		f.Add(wire)
	}
	full := mustDecodeOSDMap(f, readFile(f, "testdata/tentacle/osdmap-e5.bin"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if b = resealedIncremental(b); b == nil {
			return
		}
		i, err := DecodeOSDMapIncremental(b)
		if err != nil {
			return
		}
		first := i.AppendTo(nil)
		again, err := DecodeOSDMapIncremental(first)
		require.NoError(t, err)
		require.Equal(t, first, again.AppendTo(nil))

		m := *full
		m.Epoch, m.FSID = i.Epoch-1, i.FSID
		before := m.AppendTo(nil)
		if n, err := m.Apply(i); err == nil {
			wire := n.AppendTo(nil)
			require.Equal(t, wire, mustDecodeOSDMap(t, wire).AppendTo(nil))
		}
		require.Equal(t, before, m.AppendTo(nil), "Apply leaves the map as it is")
	})
}
