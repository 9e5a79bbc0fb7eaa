package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMCommandReply(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "results are signed",
		wire: "ffffffff 03000000 6e6f21",
		want: &MCommandReply{Retval: -1, Status: "no!"},
	}})
}

func TestMCommandReplyOutputIsNotCopied(t *testing.T) {
	output := []byte("output")
	m, err := Decode(TypeCommandReply, 1, 1, unhex(t, "00000000 00000000"), nil, output)
	require.NoError(t, err)
	require.Same(t, &output[0], &m.(DataMessage).Data()[0])
}
