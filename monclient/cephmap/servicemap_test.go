package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServiceMapHeader(t *testing.T) {
	for name, wire := range golden(t, "*/servicemap.bin") {
		h, err := DecodeServiceMapHeader(wire)
		require.NoError(t, err, name)
		require.Positive(t, h.Epoch)
		require.Equal(t, 2026, h.Modified.Time().Year())
		requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeServiceMapHeader(b); return err })
	}
}
