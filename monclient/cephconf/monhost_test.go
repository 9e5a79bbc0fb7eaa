package cephconf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// describe prints monitors as name=addresses, with priority and weight unless 0.
func describe(mons []MonAddrs) string {
	s := make([]string, len(mons))
	for i, m := range mons {
		s[i] = m.Name + "=" + m.Addrs.String()
		if m.Priority != 0 || m.Weight != 0 {
			s[i] += fmt.Sprintf("(%d,%d)", m.Priority, m.Weight)
		}
		s[i] = strings.TrimPrefix(s[i], "noname-")
	}
	return strings.Join(s, " ")
}

func monNames() *host {
	return &host{names: map[string][]string{
		"m1": {"10.0.0.1"}, "m2.example.com": {"10.0.0.2", "fd00::2"}, "dual": {"::ffff:10.0.0.3", "fe80::3%eth0"}, "v2": {"10.0.0.4"}, "void": {},
	}}
}

// The addresses and names of the rows without DNS were checked by hand against the monmap that "ceph -m ... --debug-monc 10"
// of 16.2.15 logs, except where a comment says so.
var monHosts = []struct{ name, in, want, err string }{
	{"bare address", "1.2.3.4", "a=v2:1.2.3.4:3300/0 a-legacy=v1:1.2.3.4:6789/0", ""},
	{"list", "1.2.3.4:3300,1.2.3.5:3300", "a=v2:1.2.3.4:3300/0 b=v2:1.2.3.5:3300/0", ""},
	{"blanks and semicolons", "1.2.3.4:3300 ;1.2.3.5:3300\t,1.2.3.6:3300,;", "a=v2:1.2.3.4:3300/0 b=v2:1.2.3.5:3300/0 c=v2:1.2.3.6:3300/0", ""},
	{"v2 prefix", "v2:1.2.3.4", "a=v2:1.2.3.4:3300/0", ""},
	{"v1 prefix", "v1:1.2.3.4", "a=v1:1.2.3.4:6789/0", ""},
	{"any prefix", "any:1.2.3.4:77", "a=v2:1.2.3.4:77/0 a-legacy=v1:1.2.3.4:77/0", ""},
	{"prefixes and ports", "v2:1.2.3.4:6789,v1:1.2.3.4:3300", "a=v2:1.2.3.4:6789/0 b=v1:1.2.3.4:3300/0", ""},
	{"port of v1", "1.2.3.4:6789", "a-legacy=v1:1.2.3.4:6789/0", ""},
	{"port of v2", "1.2.3.4:3300", "a=v2:1.2.3.4:3300/0", ""},
	{"other port", "1.2.3.4:40000", "a=v2:1.2.3.4:40000/0 a-legacy=v1:1.2.3.4:40000/0", ""},
	{"nonce", "v2:1.2.3.4:3300/0,v2:1.2.3.5:3300/7", "a=v2:1.2.3.4:3300/0 b=v2:1.2.3.5:3300/7", ""},
	{"address list", "[v2:1.2.3.4:3300,v1:1.2.3.4:6789]", "a=[v2:1.2.3.4:3300/0,v1:1.2.3.4:6789/0]", ""},
	{"address lists", "[v2:1.2.3.4:3300,v1:1.2.3.4:6789] [v2:1.2.3.5:3300,v1:1.2.3.5:6789],[v1:1.2.3.6:6789/0,v2:1.2.3.6:3300/0]",
		"a=[v2:1.2.3.4:3300/0,v1:1.2.3.4:6789/0] b=[v2:1.2.3.5:3300/0,v1:1.2.3.5:6789/0] c=[v1:1.2.3.6:6789/0,v2:1.2.3.6:3300/0]", ""},
	{"address list as written", "[v2:1.2.3.4,v1:1.2.3.4]", "a=[v2:1.2.3.4:0/0,v1:1.2.3.4:0/0]", ""},
	{"address list without prefixes", "[1.2.3.4:3300,1.2.3.5:6789]", "a=[v2:1.2.3.4:3300/0,v2:1.2.3.5:6789/0]", ""},
	{"address list of one", "[v2:1.2.3.4]", "a=v2:1.2.3.4:3300/0", ""},
	{"IPv6", "::1,[::2],[::3]:3300,v2:[::4],fd00::5", "a=v2:[::1]:3300/0 a-legacy=v1:[::1]:6789/0 b=v2:[::2]:3300/0 b-legacy=v1:[::2]:6789/0 " +
		"c=v2:[::3]:3300/0 d=v2:[::4]:3300/0 e=v2:[fd00::5]:3300/0 e-legacy=v1:[fd00::5]:6789/0", ""},
	{"IPv6 address list", "[v2:[::1]:3300,v1:[::1]:6789]", "a=[v2:[::1]:3300/0,v1:[::1]:6789/0]", ""},
	{"the same twice", "1.2.3.4:3300,v2:1.2.3.4", "a=v2:1.2.3.4:3300/0", ""},
	{"name", "m1", "a=v2:10.0.0.1:3300/0 a-legacy=v1:10.0.0.1:6789/0", ""},
	{"name with a final dot", "m1:3300,m2.example.com.:6789", "", "invalid value \"m2.example.com.:6789\": cannot resolve the name: lookup m2.example.com.: no such host"},
	{"all addresses of a name", "m2.example.com:3300", "a=v2:10.0.0.2:3300/0 b=v2:[fd00::2]:3300/0", ""},
	{"mapped addresses and zones", "dual:3300", "a=v2:10.0.0.3:3300/0 b=v2:[fe80::3]:3300/0", ""},
	{"names and addresses", "v2:m1 1.2.3.4:6789", "a=v2:10.0.0.1:3300/0 b-legacy=v1:1.2.3.4:6789/0", ""},
	{"a host called v2", "v2:3300", "a=v2:10.0.0.4:3300/0", ""},

	{"only separators", " ,; ", "", "invalid value \" ,; \": it names no monitor"},
	{"unknown name", "1.2.3.4,nonesuch", "", "invalid value \"nonesuch\": cannot resolve the name: lookup nonesuch: no such host"},
	{"name without address", "void", "", "invalid value \"void\": cannot resolve the name: the name has no address"},
	{"port too large", "1.2.3.4:99999", "", "invalid value: address \"1.2.3.4:99999\": port: \"99999\" is no number of 0 to 65535, and it is no host name"}, // Ceph takes the port modulo 65536
	{"port too large for a name", "m1:99999", "", "invalid value \"m1:99999\": \"99999\" is no port"},
	{"no port behind the colon", "m1:", "", "invalid value \"m1:\": \"\" is no port"},
	{"not quite an address", "1.2.3", "", "invalid value: address \"1.2.3\": \"1.2.3\" is no IP address, and it is no host name"}, // Ceph takes it for 1.2.0.3
	{"too large for an address", "300.1.2.3", "", "invalid value: address \"300.1.2.3\": \"300.1.2.3\" is no IP address, and it is no host name"},
	{"no name", "m_1/..", "", "invalid value: address \"m_1/..\": \"m_1\" is no IP address, and it is no host name"},
	{"blank address", "-", "", "invalid value \"-\": a blank address"},
	{"open bracket", "[v2:1.2.3.4:3300", "", "invalid value: "},
	{"name in an address list", "[v2:m1:3300,v1:m1:6789]", "", "invalid value: "},
	{"URL", "http://1.2.3.4", "", "invalid value \"http://1.2.3.4\": \"//1.2.3.4\" is no port"},
}

func TestMonHost(t *testing.T) {
	for _, tt := range monHosts {
		t.Run(tt.name, func(t *testing.T) {
			c := New(monNames().system())
			require.NoError(t, c.Set("mon_host", tt.in))
			b, err := c.Monitors(t.Context())
			if tt.err != "" {
				require.ErrorIs(t, err, ErrInvalidValue)
				require.ErrorContains(t, err, "cephconf: mon_host (override): "+tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, describe(b.Mons))
			require.Equal(t, "mon_host (override)", b.Origin)
		})
	}
}

func TestMonNamesGoOn(t *testing.T) {
	var addrs, want []string
	for i := range 30 {
		addrs = append(addrs, fmt.Sprintf("v2:10.0.0.%d", i))
	}
	for c := 'a'; c <= 'z'; c++ {
		want = append(want, "noname-"+string(c))
	}
	want = append(want, "noname-aa", "noname-ab", "noname-ac", "noname-ad")
	mons, err := parseMonHost(t.Context(), nil, strings.Join(addrs, ","))
	require.NoError(t, err)
	for i, m := range mons {
		require.Equal(t, want[i], m.Name)
	}
	require.Len(t, mons, 30)
}

func TestV2(t *testing.T) {
	mons, err := parseMonHost(t.Context(), nil, "[v1:1.2.3.4:6789,v2:1.2.3.4:3300],v1:1.2.3.5")
	require.NoError(t, err)
	a, ok := mons[0].V2()
	require.True(t, ok)
	require.Equal(t, "v2:1.2.3.4:3300/0", a.String())
	_, ok = mons[1].V2()
	require.False(t, ok)
}

func FuzzMonHost(f *testing.F) {
	for _, tt := range monHosts {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := monNames()
		mons, err := parseMonHost(t.Context(), h, text)
		if err != nil {
			require.Empty(t, mons)
			return
		}
		require.NotEmpty(t, mons)
		var names []string
		for _, m := range mons {
			require.NotEmpty(t, m.Addrs)
			names = append(names, m.Name)
			if len(m.Addrs) == 1 {
				require.NotZero(t, m.Addrs[0].Port)
				require.Contains(t, []denc.AddrType{denc.AddrLegacy, denc.AddrMsgr2}, m.Addrs[0].Type)
			}
			for _, a := range m.Addrs {
				require.False(t, a.IsBlank())
			}
		}
		slices.Sort(names)
		require.Len(t, slices.Compact(names), len(mons), "names are unique")
		for _, name := range h.asked {
			require.True(t, isHostName(name), name)
		}
	})
}

func TestResolverErrorsStay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := New(System{LookupEnv: func(string) (string, bool) { return "", false }})
	require.NoError(t, c.Set("mon_host", "mon.invalid"))
	_, err := c.Monitors(ctx)
	require.Error(t, err)
	require.True(t, errors.Is(err, context.Canceled) || errors.Is(err, ErrInvalidValue))
}
