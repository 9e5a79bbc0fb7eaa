package monmsg

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestMMgrCommand(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "librados names no cluster",
			wire: "00000000000000000000000000000000 01000000 14000000 7b22707265666978223a2270672073746174227d",
			want: &MMgrCommand{FSID: uuid.Nil, Cmd: []string{`{"prefix":"pg stat"}`}},
		},
		{
			name: "in pieces, with the fsid",
			wire: testFSIDHex + "02000000 01000000 7b 01000000 7d",
			want: &MMgrCommand{FSID: testFSID, Cmd: []string{"{", "}"}},
		},
	})
}

func TestMMgrCommandInputIsNotCopied(t *testing.T) {
	input := []byte("input")
	m := new(MMgrCommand)
	m.SetData(input)
	require.Same(t, &input[0], &m.Data()[0])
}
