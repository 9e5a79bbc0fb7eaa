package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMCommand(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "librados 20.2.4",
		wire: testFSIDHex + "01000000 14000000 7b22707265666978223a2276657273696f6e227d",
		want: &MCommand{FSID: testFSID, Cmd: []string{`{"prefix":"version"}`}},
	}})
}

func TestMCommandInputIsNotCopied(t *testing.T) {
	input := []byte("input")
	m := new(MCommand)
	m.SetData(input)
	require.Same(t, &input[0], &m.Data()[0])
}
