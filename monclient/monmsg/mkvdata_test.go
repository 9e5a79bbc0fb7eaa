package monmsg

import "testing"

func TestMKVData(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "ceph-mon 20.2.4, full and empty",
			wire: "0100000000000000 04000000 6d67722f 00 00000000",
			want: &MKVData{Version: 1, Prefix: "mgr/", Values: map[string][]byte{}},
		},
		{
			name: "deleted is not empty",
			wire: "0500000000000000 00000000 01 03000000" +
				"01000000 61 00" + "01000000 62 01 00000000" + "01000000 63 01 02000000 0102",
			want: &MKVData{Version: 5, Incremental: true, Values: map[string][]byte{"a": nil, "b": {}, "c": {1, 2}}},
		},
	})
}
