package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMServiceMap(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "ceph-mon 20.2.4, no services",
		wire: "0101 10000000 01000000 eeec036beb8c442a 00000000",
		want: &MServiceMap{Map: unhex(t, "0101 10000000 01000000 eeec036beb8c442a 00000000")},
	}})
}

func TestMServiceMapEpoch(t *testing.T) {
	require.EqualValues(t, 9, (&MServiceMap{Map: unhex(t, "0101 04000000 09000000")}).Epoch())
}
