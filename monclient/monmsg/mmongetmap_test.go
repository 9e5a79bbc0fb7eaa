package monmsg

import "testing"

func TestMMonGetMap(t *testing.T) {
	checkWire(t, []wireTest{{name: "no front", wire: "", want: &MMonGetMap{}}})
}
