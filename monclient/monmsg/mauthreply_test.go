package monmsg

import "testing"

func TestMAuthReply(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "access denied",
		wire: "02000000 f3ffffff 0310000000000000 02000000 0001 03000000 6e6f21",
		want: &MAuthReply{Protocol: 2, Result: -13, GlobalID: 4099, Payload: []byte{0, 1}, Message: "no!"},
	}})
}
