package monmsg

import "testing"

func TestMAuth(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "captured from 20.2.4",
		wire: noPaxosHex + "02000000 02000000 0004 00000000",
		want: &MAuth{Protocol: 2, Payload: []byte{0, 4}},
	}})
}
