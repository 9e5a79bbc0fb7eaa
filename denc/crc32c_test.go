package denc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCRC32C(t *testing.T) {
	// The check string of CRC catalogues, with the two seeds that Ceph uses.
	check := []byte("123456789")
	require.Equal(t, uint32(0x1cf96d7c), CRC32C(CRCSeed, check))
	require.Equal(t, uint32(0x58e3fa20), CRC32C(0, check))
	require.Equal(t, CRCSeed, CRC32C(CRCSeed, nil))
	for i := range check {
		require.Equal(t, CRC32C(CRCSeed, check), CRC32C(CRC32C(CRCSeed, check[:i]), check[i:]), "in two parts")
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { CRC32C(0, check) }))
}
