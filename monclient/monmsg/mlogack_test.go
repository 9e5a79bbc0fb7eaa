package monmsg

import "testing"

func TestMLogAck(t *testing.T) {
	const withoutChannel = testFSIDHex + "0f00000000000000"
	checkWire(t, []wireTest{
		{
			name: "empty channel, as monitors send it",
			wire: withoutChannel + "00000000",
			want: &MLogAck{FSID: testFSID, Last: 15}, shorter: []int{24},
		},
		{
			name: "channel",
			wire: withoutChannel + "05000000 6175646974",
			want: &MLogAck{FSID: testFSID, Last: 15, Channel: "audit"}, shorter: []int{24},
		},
		{name: "no channel", wire: withoutChannel, want: &MLogAck{FSID: testFSID, Last: 15}, oneWay: true},
	})
}
