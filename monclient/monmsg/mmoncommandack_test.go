package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMMonCommandAck(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "ceph-mon 20.2.4",
			wire: firstPaxosV1 + "00000000 00000000 01000000 1a000000 7b22707265666978223a20226d6473206d65746164617461227d",
			want: &MMonCommandAck{Paxos: Paxos{Version: 1}, Cmd: []string{`{"prefix": "mds metadata"}`}},
		},
		{
			name: "results are signed",
			wire: noPaxosHex + "eaffffff 03000000 6e6f21 00000000",
			want: &MMonCommandAck{Retval: -22, Status: "no!"},
		},
	})
}

func TestMMonCommandAckOutputIsNotCopied(t *testing.T) {
	output := make([]byte, 8<<20)
	front := unhex(t, noPaxosHex+"00000000 00000000 00000000")
	m, err := Decode(TypeMonCommandAck, 1, 1, front, nil, output)
	require.NoError(t, err)
	require.Same(t, &output[0], &m.(DataMessage).Data()[0])
	require.Len(t, m.(*MMonCommandAck).Output, len(output))
}
