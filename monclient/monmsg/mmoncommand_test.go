package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMMonCommand(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "librados 20.2.4",
			wire: noPaxosHex + testFSIDHex + "01000000 14000000 7b22707265666978223a2022737461747573227d",
			want: &MMonCommand{FSID: testFSID, Cmd: []string{`{"prefix": "status"}`}},
		},
		{
			name: "obsolete paxos fields are kept",
			wire: "0900000000000000 0300 0700000000000000" + testFSIDHex + "00000000",
			want: &MMonCommand{Paxos: Paxos{Version: 9, notMon: ^3, monTID: 7}, FSID: testFSID},
		},
	})
}

func TestMMonCommandInputIsNotCopied(t *testing.T) {
	input := []byte("input")
	m, err := Decode(TypeMonCommand, 1, 1, unhex(t, noPaxosHex+testFSIDHex+"00000000"), nil, input)
	require.NoError(t, err)
	require.Same(t, &input[0], &m.(DataMessage).Data()[0])
}
