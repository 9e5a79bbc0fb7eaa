package monmsg

import "testing"

func TestMStatfs(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "the cluster",
			wire: noPaxosHex + testFSIDHex + "00",
			want: &MStatfs{FSID: testFSID},
		},
		{
			name: "a pool",
			wire: noPaxosHex + testFSIDHex + "01 0300000000000000",
			want: &MStatfs{FSID: testFSID, Pool: 3, HasPool: true},
		},
		{
			name: "from before Luminous", version: 1, oneWay: true,
			wire: noPaxosHex + testFSIDHex,
			want: &MStatfs{FSID: testFSID},
		},
	})
}

func TestMStatfsReply(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "numbers",
		wire: testFSIDHex + "0200000000000000 0000040000000000 0700000000000000 f8ff030000000000 0500000000000000",
		want: &MStatfsReply{FSID: testFSID, Version: 2, KB: 0x40000, KBUsed: 7, KBAvail: 0x3fff8, Objects: 5},
	}})
}
