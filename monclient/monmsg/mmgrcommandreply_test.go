package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMMgrCommandReply(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "results are signed",
		wire: "f3ffffff 0d000000 6163636573732064656e696564",
		want: &MMgrCommandReply{Retval: -13, Status: "access denied"},
	}, {
		name: "success",
		wire: "00000000 00000000",
		want: &MMgrCommandReply{},
	}})
}

func TestMMgrCommandReplyOutputIsNotCopied(t *testing.T) {
	output := []byte("output")
	m, err := Decode(TypeMgrCommandReply, 1, 1, unhex(t, "00000000 00000000"), nil, output)
	require.NoError(t, err)
	require.Same(t, &output[0], &m.(DataMessage).Data()[0])
}
