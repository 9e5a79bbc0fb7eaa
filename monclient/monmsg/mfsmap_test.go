package monmsg

import "testing"

func TestMFSMap(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "the map is a frame",
		wire: "07000000 0806 05000000 07000000 ff",
		want: &MFSMap{Epoch: 7, Map: []byte{8, 6, 5, 0, 0, 0, 7, 0, 0, 0, 0xff}},
	}})
}
