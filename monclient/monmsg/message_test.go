package monmsg

import (
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestRegistryAndTypesAgree(t *testing.T) {
	for typ, k := range kinds {
		m, ok := New(typ)
		require.True(t, ok)
		require.Equal(t, typ, m.MsgType(), k.name)
		require.Equal(t, k.name, reflect.TypeOf(m).Elem().Name())
		require.Equal(t, k.name, TypeName(typ))
		version, compat := m.MsgVersion()
		require.Equal(t, k.version, version, "%s is written in the newest version", k.name)
		require.LessOrEqual(t, compat, version)
	}
}

func TestDecodeUnknownType(t *testing.T) {
	_, ok := New(0x800)
	require.False(t, ok)
	_, err := Decode(0x800, 1, 1, nil, nil, nil)
	require.ErrorIs(t, err, ErrUnknownType)
	require.ErrorContains(t, err, "0x800")
	require.Equal(t, "message type 0x800", TypeName(0x800))
}

func TestDecodeCompatAboveOurs(t *testing.T) {
	_, err := Decode(TypeOSDMap, 7, 5, nil, nil, nil)
	require.ErrorIs(t, err, ErrCompat)
	require.ErrorContains(t, err, "MOSDMap version 7")
}

func TestDecodeBytesLeftOver(t *testing.T) {
	front := unhex(t, "00000000 ff")
	_, err := Decode(TypeConfig, 1, 1, front, nil, nil)
	require.ErrorIs(t, err, denc.ErrTrailing)
	require.ErrorContains(t, err, "MConfig")
	_, err = Decode(TypeConfig, 2, 1, front, nil, nil)
	require.NoError(t, err, "a newer version may say more")
}

func TestDecodeIgnoresSegmentsThatDoNotBelong(t *testing.T) {
	_, err := Decode(TypeConfig, 1, 1, unhex(t, "00000000"), []byte("middle"), []byte("data"))
	require.NoError(t, err)
}

func TestDecodeNamesMessageAndField(t *testing.T) {
	err := decodeErr(t, TypeMonCommandAck, 1, noPaxosHex+"00000000 05000000 61")
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, "MMonCommandAck")
	require.ErrorContains(t, err, "rs")
}

// A count of four thousand million must cost nothing, wherever it stands: every four bytes of every short capture
// are overwritten with it in turn.
func TestAbsurdCountsAllocateNoMoreThanArrived(t *testing.T) {
	var before, after runtime.MemStats
	for name, c := range captures(t) {
		if len(c.front) > 600 {
			continue
		}
		for off := range len(c.front) - 3 {
			front := slices.Clone(c.front)
			copy(front[off:], "\xff\xff\xff\xff")
			runtime.ReadMemStats(&before)
			_, _ = Decode(c.typ, c.version, c.compat, front, nil, nil)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*len(front)+8192), "%s at %d", name, off)
		}
	}
}

func TestEncodeAppends(t *testing.T) {
	for typ := range kinds {
		m, _ := New(typ)
		require.Equal(t, append([]byte("x"), m.AppendFront(nil, denc.FeaturesAll)...), m.AppendFront([]byte("x"), denc.FeaturesAll))
	}
}
