package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMMonSubscribe(t *testing.T) {
	checkWire(t, []wireTest{
		{
			name: "librados 20.2.4",
			wire: "01000000 06000000 6d67726d6170 0000000000000000 00 02000000 766d",
			want: &MMonSubscribe{What: map[string]Subscription{"mgrmap": {}}, Hostname: "vm"},
		},
		{
			name: "names go out in order",
			wire: "02000000 06000000 6d6f6e6d6170 0500000000000000 00 06000000 6f73646d6170 0000000000000000 01 00000000",
			want: &MMonSubscribe{What: map[string]Subscription{"osdmap": {Flags: SubscribeOnetime}, "monmap": {Start: 5}}},
		},
		{
			name:    "version 2 has no hostname",
			wire:    "01000000 06000000 6d67726d6170 0700000000000000 00",
			want:    &MMonSubscribe{What: map[string]Subscription{"mgrmap": {Start: 7}}},
			version: 2, oneWay: true,
		},
	})
}

func TestMMonSubscribeRefuses(t *testing.T) {
	require.ErrorContains(t, decodeErr(t, TypeMonSubscribe, 1, "00000000"), "older than 2")
	err := decodeErr(t, TypeMonSubscribe, 3, "ffffffff 00000000")
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, "what")
}
