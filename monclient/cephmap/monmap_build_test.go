package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestAddBootstrapReadsAddressesAsMonHostHasThem(t *testing.T) {
	tests := []struct {
		given string
		want  map[string]string
	}{
		{"v2:10.0.0.1", map[string]string{"x": "v2:10.0.0.1:3300/0"}},
		{"v1:10.0.0.1", map[string]string{"x": "v1:10.0.0.1:6789/0"}},
		{"v2:10.0.0.1:7", map[string]string{"x": "v2:10.0.0.1:7/0"}},
		{"v1:10.0.0.1:7", map[string]string{"x": "v1:10.0.0.1:7/0"}},
		{"10.0.0.1:6789", map[string]string{"x-legacy": "v1:10.0.0.1:6789/0"}},
		{"10.0.0.1:3300", map[string]string{"x": "v2:10.0.0.1:3300/0"}},
		{"10.0.0.1", map[string]string{"x": "v2:10.0.0.1:3300/0", "x-legacy": "v1:10.0.0.1:6789/0"}},
		{"10.0.0.1:40000", map[string]string{"x": "v2:10.0.0.1:40000/0", "x-legacy": "v1:10.0.0.1:40000/0"}},
		{"[fe80::1]", map[string]string{"x": "v2:[fe80::1]:3300/0", "x-legacy": "v1:[fe80::1]:6789/0"}},
		{"[v2:10.0.0.1:0,v1:10.0.0.1:5]", map[string]string{"x": "[v2:10.0.0.1:0/0,v1:10.0.0.1:5/0]"}},
	}
	for _, tt := range tests {
		t.Run(tt.given, func(t *testing.T) {
			var m MonMap
			require.NoError(t, m.AddBootstrap("x", addrs(t, tt.given), 1, 2))
			got := make(map[string]string)
			for _, mon := range m.Mons {
				got[mon.Name] = mon.Addrs.String()
				require.EqualValues(t, 1, mon.Priority)
				require.EqualValues(t, 2, mon.Weight)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAddBootstrapLeavesOutKnownAddresses(t *testing.T) {
	var m MonMap
	require.NoError(t, m.AddBootstrap("x", addrs(t, "10.0.0.1"), 0, 0))
	require.NoError(t, m.AddBootstrap("y", addrs(t, "v2:10.0.0.1:3300"), 0, 0))
	require.ElementsMatch(t, []string{"x", "x-legacy"}, m.Ranks())
}

func TestAddBootstrapRefusesOtherTypes(t *testing.T) {
	var m MonMap
	require.ErrorContains(t, m.AddBootstrap("x", denc.EntityAddrVec{{}}, 0, 0), "neither v1 nor v2")
	require.Empty(t, m.Mons)
}

func TestBootstrapMonMap(t *testing.T) {
	m, err := NewBootstrapMonMap(addrs(t, "v2:10.0.0.3:3300"), addrs(t, "[v2:10.0.0.2:3300,v1:10.0.0.2:6789]"), addrs(t, "10.0.0.1:3300"))
	require.NoError(t, err)
	require.Zero(t, m.Epoch)
	require.Equal(t, []string{"noname-b", "noname-c", "noname-a"}, m.Ranks(), "v1 before v2, then by address")
	require.NoError(t, m.Check())
	back := mustDecode(t, m.AppendTo(nil))
	require.Equal(t, m.Ranks(), back.Ranks())

	_, err = NewBootstrapMonMap(denc.EntityAddrVec{{}})
	require.ErrorContains(t, err, "noname-a")
}

func TestBootstrapNamesGoOnAfterZ(t *testing.T) {
	for i, want := range map[int]string{0: "noname-a", 25: "noname-z", 26: "noname-aa", 27: "noname-ab", 52: "noname-ba", 702: "noname-aaa"} {
		require.Equal(t, want, bootstrapName(i))
	}
}

func TestAddGivesTheNextRankFromNautilusOn(t *testing.T) {
	m := NewMonMap(testFSID, ReleaseReef)
	require.NoError(t, m.Add(MonInfo{Name: "z", Addrs: addrs(t, "v2:10.0.0.9:3300")}))
	require.NoError(t, m.Add(MonInfo{Name: "a", Addrs: addrs(t, "v2:10.0.0.1:3300")}))
	require.Equal(t, []string{"z", "a"}, m.Ranks())

	require.ErrorContains(t, m.Add(MonInfo{Name: "a"}), `monitor "a" is there twice`)
	require.ErrorContains(t, m.Add(MonInfo{Name: "b", Addrs: addrs(t, "v2:10.0.0.9:3300")}), "same address")
	require.ErrorContains(t, m.Add(MonInfo{}), "no name")
	require.Equal(t, []string{"z", "a"}, m.Ranks())
}

func TestNewMonMapIsOfItsRelease(t *testing.T) {
	reef, tentacle := NewMonMap(testFSID, ReleaseReef), NewMonMap(testFSID, ReleaseTentacle)
	require.Equal(t, MonMapVersion9, reef.AppendTo(nil)[0])
	require.Equal(t, MonMapVersion10, tentacle.AppendTo(nil)[0])
	require.Equal(t, reef, mustDecode(t, reef.AppendTo(nil)))
	require.Equal(t, tentacle, mustDecode(t, tentacle.AppendTo(nil)))
}
