package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMLog(t *testing.T) {
	checkWire(t, []wireTest{
		{name: "empty", wire: noPaxosHex + testFSIDHex + "00000000", want: &MLog{FSID: testFSID}},
		{
			name: "one entry",
			wire: firstPaxosV1 + testFSIDHex + "01000000" + logEntryHex,
			want: &MLog{Paxos: Paxos{Version: 1}, FSID: testFSID, Entries: []LogEntry{logEntry}},
		},
	})
}

func TestMLogCountBeyondTheBytesIsRefused(t *testing.T) {
	err := decodeErr(t, TypeLog, 1, noPaxosHex+testFSIDHex+"ffffffff"+logEntryHex)
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, "entries")
}
