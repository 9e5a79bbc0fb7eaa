package denc_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// addrTextTests are the text forms that are accepted. Where monmaptool 16.2.15 takes the same form ("--addv a FORM"),
// it reads the same address; it takes all of these but IPv4 in IPv6 in dotted form and a port after a bracketed IPv4.
var addrTextTests = []struct {
	in   string
	def  denc.AddrType
	want denc.EntityAddr
	text string // String of it
}{
	{"1.2.3.4", denc.AddrMsgr2, addr(denc.AddrMsgr2, "1.2.3.4:0", 0), "v2:1.2.3.4:0/0"},
	{"1.2.3.4", denc.AddrLegacy, addr(denc.AddrLegacy, "1.2.3.4:0", 0), "v1:1.2.3.4:0/0"},
	{"1.2.3.4", denc.AddrAny, addr(denc.AddrAny, "1.2.3.4:0", 0), "1.2.3.4:0/0"},
	{"1.2.3.4:3300", denc.AddrMsgr2, addr(denc.AddrMsgr2, "1.2.3.4:3300", 0), "v2:1.2.3.4:3300/0"},
	{"1.2.3.4:0/123456", denc.AddrAny, addr(denc.AddrAny, "1.2.3.4:0", 123456), "1.2.3.4:0/123456"},
	{"1.2.3.4/5", denc.AddrAny, addr(denc.AddrAny, "1.2.3.4:0", 5), "1.2.3.4:0/5"},
	{"1.2.3.4:65535/4294967295", denc.AddrAny, addr(denc.AddrAny, "1.2.3.4:65535", 4294967295), "1.2.3.4:65535/4294967295"},
	{"1.2.3.4:03300", denc.AddrAny, addr(denc.AddrAny, "1.2.3.4:3300", 0), "1.2.3.4:3300/0"},
	{"v1:1.2.3.4:6789", denc.AddrMsgr2, addr(denc.AddrLegacy, "1.2.3.4:6789", 0), "v1:1.2.3.4:6789/0"},
	{"v2:1.2.3.4:3300/0", denc.AddrLegacy, addr(denc.AddrMsgr2, "1.2.3.4:3300", 0), "v2:1.2.3.4:3300/0"},
	{"v2:1.2.3.4", denc.AddrAny, addr(denc.AddrMsgr2, "1.2.3.4:0", 0), "v2:1.2.3.4:0/0"},
	{"any:1.2.3.4:6789/9", denc.AddrMsgr2, addr(denc.AddrAny, "1.2.3.4:6789", 9), "1.2.3.4:6789/9"},
	{"::", denc.AddrMsgr2, addr(denc.AddrMsgr2, "[::]:0", 0), "v2:[::]:0/0"},
	{"::1", denc.AddrMsgr2, addr(denc.AddrMsgr2, "[::1]:0", 0), "v2:[::1]:0/0"},
	{"::1/7", denc.AddrMsgr2, addr(denc.AddrMsgr2, "[::1]:0", 7), "v2:[::1]:0/7"},
	{"v2:::1", denc.AddrAny, addr(denc.AddrMsgr2, "[::1]:0", 0), "v2:[::1]:0/0"},
	{"[::1]", denc.AddrMsgr2, addr(denc.AddrMsgr2, "[::1]:0", 0), "v2:[::1]:0/0"},
	{"[::1]/7", denc.AddrMsgr2, addr(denc.AddrMsgr2, "[::1]:0", 7), "v2:[::1]:0/7"},
	{"[::1]:3300", denc.AddrMsgr2, addr(denc.AddrMsgr2, "[::1]:3300", 0), "v2:[::1]:3300/0"},
	{"v1:[2001:DB8:0:0::A]:6789/1", denc.AddrAny, addr(denc.AddrLegacy, "[2001:db8::a]:6789", 1), "v1:[2001:db8::a]:6789/1"},
	{"any:[::1]:3300/9", denc.AddrMsgr2, addr(denc.AddrAny, "[::1]:3300", 9), "[::1]:3300/9"},
	{"v2:[::102:304]:1", denc.AddrAny, addr(denc.AddrMsgr2, "[::102:304]:1", 0), "v2:[::1.2.3.4]:1/0"},
	{"v2:[::1.2.3.4]:1", denc.AddrAny, addr(denc.AddrMsgr2, "[::102:304]:1", 0), "v2:[::1.2.3.4]:1/0"},
	{"v2:[::ffff:1.2.3.4]:1", denc.AddrAny,
		denc.EntityAddr{Type: denc.AddrMsgr2, IP: netip.MustParseAddr("::ffff:1.2.3.4"), Port: 1}, "v2:[::ffff:1.2.3.4]:1/0"},
	{"[1.2.3.4]", denc.AddrMsgr2, addr(denc.AddrMsgr2, "1.2.3.4:0", 0), "v2:1.2.3.4:0/0"},
	{"[1.2.3.4]:3300", denc.AddrMsgr2, addr(denc.AddrMsgr2, "1.2.3.4:3300", 0), "v2:1.2.3.4:3300/0"},
	{"-", denc.AddrMsgr2, denc.EntityAddr{}, "-"},
}

// addrTextErrors are texts that are no address. Ceph takes some of them in its own way: a missing number as 0, one
// that is too large modulo 2^32, and it leaves what it cannot read to the caller, who mostly ignores it.
var addrTextErrors = []struct{ in, want string }{
	{"", `denc: address "": "" is no IP address`},
	{"mon1.example.com:3300", `denc: address "mon1.example.com:3300": "mon1.example.com" is no IP address`},
	{"v2:", `denc: address "v2:": "" is no IP address`},
	{"v3:1.2.3.4:3300", `denc: address "v3:1.2.3.4:3300": "v3:1.2.3.4:3300" is no IP address`},
	{"V2:1.2.3.4", `denc: address "V2:1.2.3.4": "V2" is no IP address`},
	{"cidr:10.0.0.0/24", `denc: address "cidr:10.0.0.0/24": "cidr" is no IP address`},
	{"v2:v1:1.2.3.4", `denc: address "v2:v1:1.2.3.4": "v1" is no IP address`},
	{"1.2.3:33", `denc: address "1.2.3:33": "1.2.3" is no IP address`},
	{"01.2.3.4", `denc: address "01.2.3.4": "01.2.3.4" is no IP address`},
	{"1.2.3.256", `denc: address "1.2.3.256": "1.2.3.256" is no IP address`},
	{"::1:", `denc: address "::1:": "::1:" is no IP address`},
	{"fe80::1%lo", `denc: address "fe80::1%lo": "fe80::1%lo" is no IP address`},
	{"v2:[fe80::1%lo]:3300", `denc: address "v2:[fe80::1%lo]:3300": "fe80::1%lo" is no IP address`},
	{"[::1", `denc: address "[::1": the bracket is not closed`},
	{"[::1:3300", `denc: address "[::1:3300": the bracket is not closed`},
	{"[]", `denc: address "[]": "" is no IP address`},
	{"[[::1]]", `denc: address "[[::1]]": "[::1" is no IP address`},
	{"1.2.3.4:", `denc: address "1.2.3.4:": port: "" is no number of 0 to 65535`},
	{"1.2.3.4:65536", `denc: address "1.2.3.4:65536": port: "65536" is no number of 0 to 65535`},
	{"1.2.3.4:-1", `denc: address "1.2.3.4:-1": port: "" is no number of 0 to 65535`},
	{"1.2.3.4:+1", `denc: address "1.2.3.4:+1": port: "" is no number of 0 to 65535`},
	{"1.2.3.4:http", `denc: address "1.2.3.4:http": port: "" is no number of 0 to 65535`},
	{"1.2.3.4/", `denc: address "1.2.3.4/": nonce: "" is no number of 0 to 4294967295`},
	{"1.2.3.4:1/4294967296", `denc: address "1.2.3.4:1/4294967296": nonce: "4294967296" is no number of 0 to 4294967295`},
	{"1.2.3.4:1/99999999999999999999999", `denc: address "1.2.3.4:1/99999999999999999999999": nonce: "99999999999999999999999" is no number of 0 to 4294967295`},
	{"1.2.3.4:1x", `denc: address "1.2.3.4:1x": unexpected "x" at the end`},
	{"1.2.3.4:1/2/3", `denc: address "1.2.3.4:1/2/3": unexpected "/3" at the end`},
	{"1.2.3.4 ", `denc: address "1.2.3.4 ": unexpected " " at the end`},
	{" 1.2.3.4", `denc: address " 1.2.3.4": "" is no IP address`},
	{"1.2.3.4,1.2.3.5", `denc: address "1.2.3.4,1.2.3.5": unexpected ",1.2.3.5" at the end`},
	{"-:3300", `denc: address "-:3300": unexpected ":3300" at the end`},
}

func TestParseEntityAddr(t *testing.T) {
	for _, tt := range addrTextTests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := denc.ParseEntityAddr(tt.in, tt.def)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.text, got.String())

			again, err := denc.ParseEntityAddr(tt.text, denc.AddrAny)
			require.NoError(t, err)
			require.Equal(t, got, again)

			v, err := denc.ParseEntityAddrVec(tt.in, tt.def)
			require.NoError(t, err, "an address is a list of one")
			require.Equal(t, denc.EntityAddrVec{got}, v)
		})
	}
}

func TestParseEntityAddrErrors(t *testing.T) {
	for _, tt := range addrTextErrors {
		t.Run(tt.in, func(t *testing.T) {
			got, err := denc.ParseEntityAddr(tt.in, denc.AddrMsgr2)
			require.EqualError(t, err, tt.want)
			require.Zero(t, got)
		})
	}
}

var vecTextTests = []struct {
	in   string
	want denc.EntityAddrVec
	text string
}{
	{
		"[v2:127.0.0.1:3300,v1:127.0.0.1:6789]",
		denc.EntityAddrVec{addr(denc.AddrMsgr2, "127.0.0.1:3300", 0), addr(denc.AddrLegacy, "127.0.0.1:6789", 0)},
		"[v2:127.0.0.1:3300/0,v1:127.0.0.1:6789/0]",
	},
	{
		"[v2:[2001:db8::7]:3300/1234,v1:[2001:db8::7]:6789/5678]",
		denc.EntityAddrVec{addr(denc.AddrMsgr2, "[2001:db8::7]:3300", 1234), addr(denc.AddrLegacy, "[2001:db8::7]:6789", 5678)},
		"[v2:[2001:db8::7]:3300/1234,v1:[2001:db8::7]:6789/5678]",
	},
	{
		"[any:10.1.2.3:6789/99,v2:10.1.2.3:3300]",
		denc.EntityAddrVec{addr(denc.AddrAny, "10.1.2.3:6789", 99), addr(denc.AddrMsgr2, "10.1.2.3:3300", 0)},
		"[10.1.2.3:6789/99,v2:10.1.2.3:3300/0]",
	},
	{"[1.2.3.4:3300]", denc.EntityAddrVec{addr(denc.AddrAny, "1.2.3.4:3300", 0)}, "1.2.3.4:3300/0"},
	{"[v2:1.2.3.4:3300]", denc.EntityAddrVec{addr(denc.AddrMsgr2, "1.2.3.4:3300", 0)}, "v2:1.2.3.4:3300/0"},
	{"[[::1]:3300]", denc.EntityAddrVec{addr(denc.AddrAny, "[::1]:3300", 0)}, "[::1]:3300/0"},
	{"[[::1]]", denc.EntityAddrVec{addr(denc.AddrAny, "[::1]:0", 0)}, "[::1]:0/0"},
	{"[::1,::2]", denc.EntityAddrVec{addr(denc.AddrAny, "[::1]:0", 0), addr(denc.AddrAny, "[::2]:0", 0)}, "[[::1]:0/0,[::2]:0/0]"},
	{"[-]", denc.EntityAddrVec{{}}, "-"},
	{"[v2:1.2.3.4:3300,-]", denc.EntityAddrVec{addr(denc.AddrMsgr2, "1.2.3.4:3300", 0), {}}, "[v2:1.2.3.4:3300/0,-]"},
}

var vecTextErrors = []struct{ in, want string }{
	{"", `denc: address "": "" is no IP address`},
	{"[", `denc: address list "[": denc: address "": "" is no IP address`},
	{"[]", `denc: address list "[]": denc: address "]": "" is no IP address`},
	{"[v2:1.2.3.4:3300", `denc: address list "[v2:1.2.3.4:3300": want , or a closing ] at ""`},
	{"[v2:1.2.3.4:3300,", `denc: address list "[v2:1.2.3.4:3300,": denc: address "": "" is no IP address`},
	{"[v2:1.2.3.4:3300,]", `denc: address list "[v2:1.2.3.4:3300,]": denc: address "]": "" is no IP address`},
	{"[v2:1.2.3.4:3300;v1:1.2.3.4:6789]", `denc: address list "[v2:1.2.3.4:3300;v1:1.2.3.4:6789]": want , or a closing ] at ";v1:1.2.3.4:6789]"`},
	{"[v2:1.2.3.4:3300] ", `denc: address list "[v2:1.2.3.4:3300] ": want , or a closing ] at "] "`},
	{"v2:1.2.3.4:3300,v1:1.2.3.4:6789", `denc: address "v2:1.2.3.4:3300,v1:1.2.3.4:6789": unexpected ",v1:1.2.3.4:6789" at the end`},
	{"[v2:mon1:3300]", `denc: address list "[v2:mon1:3300]": denc: address "v2:mon1:3300]": "mon1" is no IP address`},
}

func TestParseEntityAddrVec(t *testing.T) {
	for _, tt := range vecTextTests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := denc.ParseEntityAddrVec(tt.in, denc.AddrAny)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.text, got.String())

			again, err := denc.ParseEntityAddrVec(tt.text, denc.AddrAny)
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
	require.Empty(t, denc.EntityAddrVec(nil).String())
}

func TestParseEntityAddrVecErrors(t *testing.T) {
	for _, tt := range vecTextErrors {
		t.Run(tt.in, func(t *testing.T) {
			got, err := denc.ParseEntityAddrVec(tt.in, denc.AddrMsgr2)
			require.EqualError(t, err, tt.want)
			require.Nil(t, got)
		})
	}
}
