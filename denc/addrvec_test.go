package denc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// vecTests are encoded address vectors, the ones of more than one address from maps that monmaptool 16.2.15 wrote. All
// texts are what "monmaptool --print" of 16.2.15, 18.2.7 and 20.2.4 prints for a map with these bytes.
var vecTests = []struct {
	name, wire string
	want       denc.EntityAddrVec
	text       string
	canonical  string // the encoding of want where it is not wire
}{
	{
		name: "v2 and v1 IPv4",
		wire: "02 02000000" +
			"01 0101 1c000000 02000000 00000000 10000000 0200 0ce4 7f000001 0000000000000000" +
			"01 0101 1c000000 01000000 00000000 10000000 0200 1a85 7f000001 0000000000000000",
		want: denc.EntityAddrVec{addr(denc.AddrMsgr2, "127.0.0.1:3300", 0), addr(denc.AddrLegacy, "127.0.0.1:6789", 0)},
		text: "[v2:127.0.0.1:3300/0,v1:127.0.0.1:6789/0]",
	},
	{
		name: "v2 and v1 IPv6 with nonces",
		wire: "02 02000000" +
			"01 0101 28000000 02000000 d2040000 1c000000 0a00 0ce4 00000000 20010db8000000000000000000000007 00000000" +
			"01 0101 28000000 01000000 2e160000 1c000000 0a00 1a85 00000000 20010db8000000000000000000000007 00000000",
		want: denc.EntityAddrVec{addr(denc.AddrMsgr2, "[2001:db8::7]:3300", 1234), addr(denc.AddrLegacy, "[2001:db8::7]:6789", 5678)},
		text: "[v2:[2001:db8::7]:3300/1234,v1:[2001:db8::7]:6789/5678]",
	},
	{
		name: "any and v2",
		wire: "02 02000000" +
			"01 0101 1c000000 03000000 63000000 10000000 0200 1a85 0a010203 0000000000000000" +
			"01 0101 1c000000 02000000 00000000 10000000 0200 0ce4 0a010203 0000000000000000",
		want: denc.EntityAddrVec{addr(denc.AddrAny, "10.1.2.3:6789", 99), addr(denc.AddrMsgr2, "10.1.2.3:3300", 0)},
		text: "[10.1.2.3:6789/99,v2:10.1.2.3:3300/0]",
	},
	{
		name: "one",
		wire: "02 01000000 01 0101 1c000000 02000000 63000000 10000000 0200 0ce4 0a010203 0000000000000000",
		want: denc.EntityAddrVec{addr(denc.AddrMsgr2, "10.1.2.3:3300", 99)},
		text: "v2:10.1.2.3:3300/99",
	},
	{
		name: "none",
		wire: "02 00000000",
	},
	{
		name: "one without a vector around it",
		wire: "01 0101 1c000000 02000000 01000000 10000000 0200 0002 0a000001 0000000000000000",
		want: denc.EntityAddrVec{addr(denc.AddrMsgr2, "10.0.0.1:2", 1)},
		text: "v2:10.0.0.1:2/1",
		canonical: "02 01000000" +
			"01 0101 1c000000 02000000 01000000 10000000 0200 0002 0a000001 0000000000000000",
	},
	{
		name: "a legacy address without a vector around it",
		wire: "00000000 06000000 0002 1a85 0a000001" + strings.Repeat("00", 120),
		want: denc.EntityAddrVec{addr(denc.AddrLegacy, "10.0.0.1:6789", 6)},
		text: "v1:10.0.0.1:6789/6",
		canonical: "02 01000000" +
			"01 0101 1c000000 01000000 06000000 10000000 0200 1a85 0a000001 0000000000000000",
	},
	{
		name: "a legacy address as an element",
		wire: "02 01000000" + "00000000 06000000 0002 1a85 0a000001" + strings.Repeat("00", 120),
		want: denc.EntityAddrVec{addr(denc.AddrLegacy, "10.0.0.1:6789", 6)},
		text: "v1:10.0.0.1:6789/6",
		canonical: "02 01000000" +
			"01 0101 1c000000 01000000 06000000 10000000 0200 1a85 0a000001 0000000000000000",
	},
}

func TestEntityAddrVec(t *testing.T) {
	for _, tt := range vecTests {
		t.Run(tt.name, func(t *testing.T) {
			wire := unhex(tt.wire)
			r := denc.NewReader(wire)
			got := denc.EntityAddrVec{addr(denc.AddrAny, "[::9]:9", 9)} // decoding leaves nothing of it
			got.DecodeFrom(r)
			require.NoError(t, r.Done())
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.text, got.String())
			if tt.canonical != "" {
				require.Equal(t, unhex(tt.canonical), got.AppendTo(nil, every))
			} else {
				require.Equal(t, wire, got.AppendTo(nil, every))
			}
			requireEveryPrefixFails(t, wire, func(r *denc.Reader) {
				var v denc.EntityAddrVec
				v.DecodeFrom(r)
				require.Nil(t, v, "after an error there is no address")
			})
		})
	}
}

func TestABlankLegacyAddressIsAnEmptyVector(t *testing.T) {
	r := denc.NewReader(make([]byte, 136))
	var v denc.EntityAddrVec
	v.DecodeFrom(r)
	require.NoError(t, r.Done())
	require.Empty(t, v)
}

func TestEntityAddrVecErrors(t *testing.T) {
	const good = "01 0101 1c000000 02000000 00000000 10000000 0200 0ce4 7f000001 0000000000000000"
	tests := []struct {
		name, wire string
		is         error
		text       string
	}{
		{"marker 3", "03 01000000" + good, denc.ErrMalformed, "denc: entity_addrvec.marker at byte 1: malformed: 3 is above 2"},
		{"marker 255", "ff", denc.ErrMalformed, "denc: entity_addrvec.marker at byte 1: malformed: 255 is above 2"},
		{"a count beyond the input", "02 02000000" + good, denc.ErrShort,
			"denc: entity_addrvec.count at byte 5: short input: 2 elements of at least 19 bytes, 35 left"},
		{"the largest count", "02 ffffffff" + good, denc.ErrShort,
			"denc: entity_addrvec.count at byte 5: short input: 4294967295 elements of at least 19 bytes, 35 left"},
		{"a vector as an element", "02 01000000" + "02 00000000" + good, denc.ErrMalformed,
			"denc: entity_addr.marker at byte 6: malformed: 2 is neither 0 nor 1"},
		{"the second address", "02 02000000" + good + strings.Replace(good, "0200 0ce4", "0300 0ce4", 1), denc.ErrMalformed,
			"denc: entity_addr.family at byte 75: malformed: 3 is neither IPv4 (2) nor IPv6 (10)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := denc.NewReader(unhex(tt.wire))
			var v denc.EntityAddrVec
			v.DecodeFrom(r)
			require.ErrorIs(t, r.Err(), tt.is)
			require.EqualError(t, r.Err(), tt.text)
			require.Nil(t, v)
		})
	}
}

func TestEntityAddrVecForOlderPeers(t *testing.T) {
	const jewel = denc.FeaturesAll &^ denc.FeatureMsgAddr2
	v2, v1 := addr(denc.AddrMsgr2, "10.0.0.1:3300", 0), addr(denc.AddrLegacy, "10.0.0.1:6789", 6)

	require.Equal(t, v1.AppendTo(nil, jewel), denc.EntityAddrVec{v2, v1}.AppendTo(nil, jewel))
	require.Equal(t, make([]byte, 136), denc.EntityAddrVec{v2}.AppendTo(nil, jewel), "a v2 address is of no use to such a peer")
	require.Equal(t, make([]byte, 136), denc.EntityAddrVec(nil).AppendTo(nil, jewel))
}

func TestEntityAddrVecChoices(t *testing.T) {
	v2, v1 := addr(denc.AddrMsgr2, "10.0.0.1:3300", 0), addr(denc.AddrLegacy, "10.0.0.1:6789", 0)
	other := addr(denc.AddrMsgr2, "10.0.0.2:3300", 0)
	tests := []struct {
		name          string
		v             denc.EntityAddrVec
		msgr2, legacy denc.EntityAddr
		hasMsgr2      bool
	}{
		{"none", nil, denc.EntityAddr{}, denc.EntityAddr{}, false},
		{"both", denc.EntityAddrVec{v2, v1}, v2, v1, true},
		{"the other way round", denc.EntityAddrVec{v1, v2}, v2, v1, true},
		{"v1 alone", denc.EntityAddrVec{v1}, denc.EntityAddr{}, v1, false},
		{"v2 alone", denc.EntityAddrVec{v2}, v2, v2, true},
		{"the first of two", denc.EntityAddrVec{other, v2}, other, other, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.v.Msgr2()
			require.Equal(t, tt.hasMsgr2, ok)
			require.Equal(t, tt.msgr2, got)
			require.Equal(t, tt.legacy, tt.v.Legacy())
		})
	}
}

func TestEntityAddrVecCompare(t *testing.T) {
	a, b := addr(denc.AddrLegacy, "1.1.1.1:1", 0), addr(denc.AddrMsgr2, "1.1.1.1:1", 0)
	ordered := []denc.EntityAddrVec{nil, {a}, {a, a}, {a, b}, {b}, {b, a}}
	for i, v := range ordered {
		for j, w := range ordered {
			require.Equal(t, i < j, v.Compare(w) < 0, "%v with %v", v, w)
			require.Equal(t, i == j, v.Compare(w) == 0, "%v with %v", v, w)
		}
	}
	require.True(t, slices.IsSortedFunc(ordered, denc.EntityAddrVec.Compare))
}
