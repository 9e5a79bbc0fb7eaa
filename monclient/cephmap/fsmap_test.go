package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFSMapHeader(t *testing.T) {
	for name, wire := range golden(t, "*/fsmap.bin") {
		h, err := DecodeFSMapHeader(wire)
		require.NoError(t, err, name)
		require.Equal(t, FSMapHeader{Epoch: 1}, h)
		requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeFSMapHeader(b); return err })
	}
}

func TestFSMapUserHeader(t *testing.T) {
	wire := unhex(t, "0101 0c000000 05000000 ffffffff 00000000")
	h, err := DecodeFSMapUserHeader(wire)
	require.NoError(t, err)
	require.Equal(t, FSMapUserHeader{Epoch: 5}, h)
	requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeFSMapUserHeader(b); return err })
}
