package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMonMapLookups(t *testing.T) {
	m := mustDecode(t, readFile(t, "testdata/pacific/monmap-dump-e5.bin"))
	rank, ok := m.RankOf("b")
	require.True(t, ok)
	require.Equal(t, 1, rank)
	_, ok = m.RankOf("mon.b")
	require.False(t, ok)

	v1, v2 := addr(t, "v1:127.0.0.1:24315/0"), addr(t, "v2:127.0.0.1:24314/0")
	for _, a := range []denc.EntityAddr{v1, v2} {
		name, ok := m.NameOf(a)
		require.True(t, ok)
		require.Equal(t, "c", name)
		rank, ok = m.RankOfAddrs(denc.EntityAddrVec{{}, a})
		require.True(t, ok)
		require.Equal(t, 2, rank)
	}
	_, ok = m.NameOf(addr(t, "v2:127.0.0.1:24315/0"))
	require.False(t, ok, "the type counts")
	_, ok = m.RankOfAddr(addr(t, "v1:127.0.0.1:24315/1"))
	require.False(t, ok, "the nonce counts")
	_, ok = m.RankOfAddrs(nil)
	require.False(t, ok)

	mon, ok := m.Mon("a")
	require.True(t, ok)
	require.EqualValues(t, 10, mon.Weight)
	_, ok = m.Mon("")
	require.False(t, ok)
}

func TestCloneIsDeep(t *testing.T) {
	m := mustDecode(t, readFile(t, "testdata/tentacle/monmap-written.bin"))
	want := m.AppendTo(nil)
	c := m.Clone()
	require.Equal(t, m, c)
	for i := range c.Mons {
		c.Mons[i].Name += "!"
		for k := range c.Mons[i].CrushLocation {
			c.Mons[i].CrushLocation[k] = "elsewhere"
		}
		for j := range c.Mons[i].Addrs {
			c.Mons[i].Addrs[j].Port++
		}
	}
	c.RemovedRanks[0]++
	c.DisallowedLeaders[0] += "!"
	c.StretchMarkedDownMons[0] += "!"
	c.AuthAllowedCiphers[0]++
	require.Equal(t, want, m.AppendTo(nil))
}
