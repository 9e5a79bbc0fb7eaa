package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMMgrMap(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "the map is a frame",
		wire: "0e06 05000000 07000000 ff",
		want: &MMgrMap{Map: []byte{14, 6, 5, 0, 0, 0, 7, 0, 0, 0, 0xff}},
	}})
}

func TestMMgrMapEpoch(t *testing.T) {
	require.EqualValues(t, 7, (&MMgrMap{Map: unhex(t, "0e06 05000000 07000000 ff")}).Epoch())
	require.Zero(t, (&MMgrMap{}).Epoch())
}

func TestMMgrMapWithoutEpochIsRefused(t *testing.T) {
	require.ErrorContains(t, decodeErr(t, TypeMgrMap, 1, "0e06 03000000 010203"), "mgrmap")
}
