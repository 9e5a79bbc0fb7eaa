package denc_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestEntityType(t *testing.T) {
	tests := []struct {
		typ  denc.EntityType
		bits uint32
		name string
	}{
		{denc.EntityMon, 0x01, "mon"},
		{denc.EntityMDS, 0x02, "mds"},
		{denc.EntityOSD, 0x04, "osd"},
		{denc.EntityClient, 0x08, "client"},
		{denc.EntityMgr, 0x10, "mgr"},
		{denc.EntityAuth, 0x20, "auth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.bits, uint32(tt.typ))
			require.Equal(t, tt.name, tt.typ.String())
			got, err := denc.ParseEntityType(tt.name)
			require.NoError(t, err)
			require.Equal(t, tt.typ, got)
		})
	}
	require.Equal(t, uint32(0xff), uint32(denc.EntityAny))
	require.Equal(t, "any", denc.EntityAny.String())
	require.Equal(t, "entity_type(0x40)", denc.EntityType(0x40).String())
	for _, s := range []string{"", "any", "Mon", "mon.", "entity_type(0x40)"} {
		_, err := denc.ParseEntityType(s)
		require.ErrorContains(t, err, "none of auth, mon, osd, mds, mgr, client", "%q", s)
	}
}

func TestEntityName(t *testing.T) {
	tests := []struct {
		text, wire string
		want       denc.EntityName
	}{
		{"client.admin", "08000000 05000000 61646d696e", denc.EntityName{Type: denc.EntityClient, ID: "admin"}},
		{"mon.", "01000000 00000000", denc.EntityName{Type: denc.EntityMon}},
		{"osd.0", "04000000 01000000 30", denc.EntityName{Type: denc.EntityOSD, ID: "0"}},
		{"client.rgw.a.b", "08000000 07000000 7267772e612e62", denc.EntityName{Type: denc.EntityClient, ID: "rgw.a.b"}},
		{"auth.x", "20000000 01000000 78", denc.EntityName{Type: denc.EntityAuth, ID: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := denc.ParseEntityName(tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.text, got.String())
			require.False(t, got.IsZero())

			wire := unhex(tt.wire)
			require.Equal(t, wire, tt.want.AppendTo(nil))
			r := denc.NewReader(wire)
			got = denc.EntityName{}
			got.DecodeFrom(r)
			require.NoError(t, r.Done())
			require.Equal(t, tt.want, got)
			requireEveryPrefixFails(t, wire, new(denc.EntityName).DecodeFrom)
		})
	}
	require.True(t, denc.EntityName{}.IsZero())
}

func TestParseEntityNameErrors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `denc: entity name "" has no dot: want TYPE.ID, such as client.admin`},
		{"admin", `denc: entity name "admin" has no dot: want TYPE.ID, such as client.admin`},
		{".admin", `denc: entity name ".admin": type "" is none of auth, mon, osd, mds, mgr, client`},
		{"cluent.admin", `denc: entity name "cluent.admin": type "cluent" is none of auth, mon, osd, mds, mgr, client`},
		{" client.admin", `denc: entity name " client.admin": type " client" is none of auth, mon, osd, mds, mgr, client`},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := denc.ParseEntityName(tt.in)
			require.EqualError(t, err, tt.want)
			require.True(t, got.IsZero())
		})
	}
}

func TestPeerName(t *testing.T) {
	tests := []struct {
		text, wire string
		want       denc.PeerName
	}{
		{"mon.0", "01 0000000000000000", denc.PeerName{Type: denc.EntityMon}},
		{"client.4123", "08 1b10000000000000", denc.PeerName{Type: denc.EntityClient, Num: 4123}},
		{"client.?", "08 ffffffffffffffff", denc.PeerName{Type: denc.EntityClient, Num: -1}},
		{"mgr.9223372036854775807", "10 ffffffffffffff7f", denc.PeerName{Type: denc.EntityMgr, Num: math.MaxInt64}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			wire := unhex(tt.wire)
			require.Len(t, wire, 9)
			r := denc.NewReader(wire)
			var got denc.PeerName
			got.DecodeFrom(r)
			require.NoError(t, r.Done())
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.text, got.String())
			require.Equal(t, wire, got.AppendTo(nil))
			requireEveryPrefixFails(t, wire, new(denc.PeerName).DecodeFrom)
		})
	}
}
