package monmsg

import "testing"

func TestMFSMapUser(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "the map is a frame",
		wire: "07000000 0101 05000000 07000000 ff",
		want: &MFSMapUser{Epoch: 7, Map: []byte{1, 1, 5, 0, 0, 0, 7, 0, 0, 0, 0xff}},
	}})
}
