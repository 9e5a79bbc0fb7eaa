package cephmap

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMgrMapHeader(t *testing.T) {
	for name, wire := range golden(t, "*/mgrmap.bin") {
		h, err := DecodeMgrMapHeader(wire)
		require.NoError(t, err, name)
		require.Positive(t, h.Epoch)
		requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeMgrMapHeader(b); return err })
	}
}

func TestMgrMapHeaderNamesTheMap(t *testing.T) {
	_, err := DecodeMgrMapHeader(unhex(t, "0e06 02000000 0700"))
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, "cephmap: ")
	require.ErrorContains(t, err, "mgrmap.epoch")
	_, err = DecodeMgrMapHeader(unhex(t, "630f 04000000 07000000"))
	require.ErrorIs(t, err, denc.ErrCompat)
}

func TestMgrMapHeaderFollowedByBytesIsRefused(t *testing.T) {
	wire := unhex(t, "0e06 05000000 07000000 ff")
	h, err := DecodeMgrMapHeader(wire)
	require.NoError(t, err)
	require.Equal(t, MgrMapHeader{Epoch: 7}, h)
	_, err = DecodeMgrMapHeader(append(slices.Clone(wire), 0))
	require.ErrorIs(t, err, denc.ErrTrailing)
}
