package monmsg

import "testing"

func TestMMonGetVersionReply(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "ceph-mon 20.2.4",
			wire: "0100000000000000 0200000000000000 0100000000000000",
			want: &MMonGetVersionReply{Handle: 1, Version: 2, Oldest: 1},
		},
		{
			name:    "version 1 has no oldest",
			wire:    "0100000000000000 0200000000000000",
			want:    &MMonGetVersionReply{Handle: 1, Version: 2},
			version: 1, oneWay: true,
		},
	})
}
