package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMPoolOp(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "create",
			wire: noPaxosHex + testFSIDHex + "00000000 01000000 0000000000000000 0000000000000000 04000000 64617461 00 ffff",
			want: &MPoolOp{FSID: testFSID, Op: PoolOpCreate, Name: "data", CRUSHRule: DefaultCRUSHRule},
		},
		{
			name: "delete a self-managed snapshot",
			wire: noPaxosHex + testFSIDHex + "07000000 22000000 0000000000000000 0201000000000000 00000000 00 0300",
			want: &MPoolOp{FSID: testFSID, Pool: 7, Op: PoolOpDeleteSelfManagedSnap, SnapID: 0x102, CRUSHRule: 3},
		},
		{
			name: "obsolete fields are kept",
			wire: noPaxosHex + testFSIDHex + "07000000 02000000 0500000000000000 0000000000000000 06000000 64656c657465 01 0000",
			want: &MPoolOp{FSID: testFSID, Pool: 7, Op: PoolOpDelete, Name: "delete", auid: 5, swapped: 1},
		},
	})
}

func TestMPoolOpOfBeforeJewelIsRefused(t *testing.T) {
	err := decodeErr(t, TypePoolOp, 3, noPaxosHex)
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "header.version")
}

func TestPoolOpValid(t *testing.T) {
	var valid []PoolOp
	for o := range PoolOp(0x100) {
		if o.Valid() {
			valid = append(valid, o)
		}
	}
	require.Equal(t, []PoolOp{
		PoolOpCreate, PoolOpDelete, PoolOpCreateSnap, PoolOpDeleteSnap, PoolOpCreateSelfManagedSnap, PoolOpDeleteSelfManagedSnap,
	}, valid)
}

func TestMPoolOpReply(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "done",
			wire: firstPaxosV1 + testFSIDHex + "00000000 0c000000 00",
			want: &MPoolOpReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Epoch: 12},
		},
		{
			name: "the code is signed",
			wire: firstPaxosV1 + testFSIDHex + "feffffff 0c000000 00",
			want: &MPoolOpReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Code: -2, Epoch: 12},
		},
		{
			name: "a snapshot",
			wire: firstPaxosV1 + testFSIDHex + "00000000 0c000000 01 08000000 0200000000000000",
			want: &MPoolOpReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Epoch: 12, Result: []byte{2, 0, 0, 0, 0, 0, 0, 0}},
		},
		{
			name: "an empty result is one",
			wire: firstPaxosV1 + testFSIDHex + "00000000 0c000000 01 00000000",
			want: &MPoolOpReply{Paxos: Paxos{Version: 1}, FSID: testFSID, Epoch: 12, Result: []byte{}},
		},
	})
}

func TestMPoolOpReplySnapID(t *testing.T) {
	for _, tt := range []struct {
		result []byte
		id     uint64
		ok     bool
	}{
		{nil, 0, false},
		{[]byte{1, 2, 3}, 0, false},
		{make([]byte, 9), 0, false},
		{[]byte{5, 1, 0, 0, 0, 0, 0, 0}, 0x105, true},
	} {
		id, ok := (&MPoolOpReply{Result: tt.result}).SnapID()
		require.Equal(t, tt.ok, ok, "%x", tt.result)
		if ok {
			require.Equal(t, tt.id, id)
		}
	}
}
