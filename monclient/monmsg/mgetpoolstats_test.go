package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMGetPoolStats(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "none",
			wire: noPaxosHex + testFSIDHex + "00000000",
			want: &MGetPoolStats{FSID: testFSID},
		},
		{
			name: "two",
			wire: noPaxosHex + testFSIDHex + "02000000 01000000 61 02000000 6263",
			want: &MGetPoolStats{FSID: testFSID, Pools: []string{"a", "bc"}},
		},
	})
}

func TestMGetPoolStatsReply(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "none",
			wire: firstPaxosV1 + testFSIDHex + "00000000 01",
			want: &MGetPoolStatsReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Stats: map[string][]byte{}, PerPool: true},
		},
		{
			name: "statistics stay as they are",
			wire: firstPaxosV1 + testFSIDHex + "02000000 01000000 61 0705 02000000 aabb 01000000 62 0705 00000000 00",
			want: &MGetPoolStatsReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Stats: map[string][]byte{
				"a": {7, 5, 2, 0, 0, 0, 0xaa, 0xbb}, "b": {7, 5, 0, 0, 0, 0},
			}},
		},
		{
			name: "version 1", version: 1, oneWay: true,
			wire: firstPaxosV1 + testFSIDHex + "00000000",
			want: &MGetPoolStatsReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Stats: map[string][]byte{}},
		},
	})
}

func TestMGetPoolStatsReplyWithAFrameThatIsTooLong(t *testing.T) {
	err := decodeErr(t, TypeGetPoolStatsReply, 2, firstPaxosV1+testFSIDHex+"01000000 01000000 61 0705 ffffffff 00 00")
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "pool_stat_t")
}
