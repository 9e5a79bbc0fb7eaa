package cephmap

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzWholeOSDMap: what decodes, whatever its checksum, encodes to bytes that decode to the same map, costs no more than it
// should, and can be printed and compared.
func FuzzWholeOSDMap(f *testing.F) {
	for _, wire := range fullOSDMaps(f) {
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if b = resealedFull(b); b == nil {
			return
		}
		if requireCheap(t, b, decodeOSDMapErr) != nil {
			return
		}
		m := mustDecodeOSDMap(t, b)
		first := m.AppendTo(nil)
		again := mustDecodeOSDMap(t, first)
		require.Equal(t, first, again.AppendTo(nil))
		requirePrintable(t, m)
		require.Empty(t, DiffOSDMaps(m, again))
		requireChangesPrintable(t, nil, m)
		requireChangesPrintable(t, m, nil)
	})
}

// requirePrintable says that a map has some JSON.
func requirePrintable(t *testing.T, m *OSDMap) {
	t.Helper()
	text, err := m.MarshalJSON()
	require.NoError(t, err)
	require.True(t, json.Valid(text), "%s", text)
}

// requireChangesPrintable says that what two maps differ in has words and JSON, whatever it is.
func requireChangesPrintable(t *testing.T, old, next *OSDMap) {
	t.Helper()
	for _, c := range DiffOSDMaps(old, next) {
		require.NotEmpty(t, c.Kind)
		require.NotEmpty(t, c.String())
		_, err := json.Marshal(c)
		require.NoError(t, err)
	}
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
		if requireCheap(t, b, decodeOSDMapIncrementalErr) != nil {
			return
		}
		i, err := DecodeOSDMapIncremental(b)
		require.NoError(t, err)
		first := i.AppendTo(nil)
		again, err := DecodeOSDMapIncremental(first)
		require.NoError(t, err)
		require.Equal(t, first, again.AppendTo(nil))

		m := *full
		m.Epoch, m.FSID = i.Epoch-1, i.FSID
		before := m.AppendTo(nil)
		if n, err := m.Apply(i); err == nil {
			wire := n.AppendTo(nil)
			again := mustDecodeOSDMap(t, wire)
			require.Equal(t, wire, again.AppendTo(nil))
			require.Empty(t, DiffOSDMaps(n, again))
			requireChangesPrintable(t, &m, n)
			if len(n.OSDs) < 1000 { // the others take long, and are like these
				requirePrintable(t, n)
			}
		}
		require.Equal(t, before, m.AppendTo(nil), "Apply leaves the map as it is")
	})
}
