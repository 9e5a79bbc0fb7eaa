package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMOSDMap(t *testing.T) {
	inc := "02000000 03000000 02000000 aabb 04000000 01000000 cc"
	full := "01000000 02000000 01000000 dd"
	tail := "01000000 09000000"
	want := &MOSDMap{
		FSID:           testFSID,
		Incrementals:   []EpochMap{{3, []byte{0xaa, 0xbb}}, {4, []byte{0xcc}}},
		Full:           []EpochMap{{2, []byte{0xdd}}},
		TrimLowerBound: 1,
		Newest:         9,
	}
	checkWire(t, []wireTest{
		{name: "incrementals before full maps", wire: testFSIDHex + inc + full + tail + "00000000", want: want},
		{name: "version 3 ends earlier", wire: testFSIDHex + inc + full + tail, want: want, version: 3, oneWay: true},
		{
			name: "maps out of order are sorted",
			wire: testFSIDHex + "02000000 04000000 01000000 cc 03000000 02000000 aabb" + full + tail + "00000000",
			want: want, oneWay: true,
		},
	})
}

func TestMOSDMapRefuses(t *testing.T) {
	empty := testFSIDHex + "00000000 00000000 00000000 00000000"
	require.ErrorContains(t, decodeErr(t, TypeOSDMap, 2, empty), "older than 3")
	require.ErrorContains(t, decodeErr(t, TypeOSDMap, 4, empty+"01000000"), "gap_removed_snaps")
	err := decodeErr(t, TypeOSDMap, 4, testFSIDHex+"ffffffff")
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, "incremental_maps")
}
