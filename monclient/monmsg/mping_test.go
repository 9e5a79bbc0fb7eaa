package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMPing(t *testing.T) {
	checkWire(t, []wireTest{
		{name: "request has no front", wire: "", want: &MPing{}},
		{name: "reply", wire: "02000000 7b7d", want: &MPing{Reply: true, Status: "{}"}, shorter: []int{0}},
	})
}

func TestMPingReplyHasCompatZero(t *testing.T) {
	version, compat := (&MPing{Reply: true}).MsgVersion()
	require.Equal(t, [2]uint16{1, 0}, [2]uint16{version, compat})
}
