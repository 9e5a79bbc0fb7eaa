package monmsg

import "testing"

func TestMMonGetOSDMap(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "full 1 to 2, incrementals 3 to 4",
		wire: noPaxosHex + "01000000 02000000 03000000 04000000",
		want: &MMonGetOSDMap{FullFirst: 1, FullLast: 2, IncFirst: 3, IncLast: 4},
	}})
}
