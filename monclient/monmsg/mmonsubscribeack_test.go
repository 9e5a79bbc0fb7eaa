package monmsg

import "testing"

func TestMMonSubscribeAck(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "one day",
		wire: "80510100" + testFSIDHex,
		want: &MMonSubscribeAck{Interval: 86400, FSID: testFSID},
	}})
}
