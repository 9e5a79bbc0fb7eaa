package monmsg

import "testing"

func TestMMonGetVersion(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "librados 20.2.4",
		wire: "0100000000000000 06000000 6f73646d6170",
		want: &MMonGetVersion{Handle: 1, What: "osdmap"},
	}})
}
