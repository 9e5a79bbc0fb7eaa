package montest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

func TestMgrMapWithoutManagerIsThatOfANewCluster(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		m := newMgrMap(release)
		m.Modules = nil // as mgr_initial_modules has it in these clusters
		require.Equal(t, golden(t, release, "empty-mgrmap.bin"), m.encode(release))
		require.Equal(t, goldenText(t, release, "empty-mgr-dump.json"), string(m.dumpJSON(release)))
		require.Equal(t, goldenText(t, release, "empty-mgr-stat.json"), string(m.statJSON()))
	})
}

// TestMgrMapOfDefaultModules has the maps of other real clusters, without a manager and with mgr_initial_modules as it is.
func TestMgrMapOfDefaultModules(t *testing.T) {
	for _, release := range []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseTentacle} {
		want, err := os.ReadFile(filepath.Join("../cephmap/testdata", release.String(), "mgrmap.bin"))
		require.NoError(t, err)
		require.Equal(t, want, newMgrMap(release).encode(release))
	}
}

// TestMgrMapWithActiveManager takes the facts from what real monitors said of the map.
func TestMgrMapWithActiveManager(t *testing.T) {
	tests := map[cephmap.Release]mgrMap{
		cephmap.ReleasePacific: {
			Epoch: 3, ActiveGID: 4098, ActiveName: "x", Available: true,
			ActiveAddrs:  denc.EntityAddrVec{testAddr("v2:127.0.0.1:6800/23431")},
			ActiveChange: denc.UTime{Sec: 1795424650, Nsec: 678014660}, ActiveFeatures: 4540138314316775423,
		},
		cephmap.ReleaseReef: {
			Epoch: 3, ActiveGID: 4098, ActiveName: "x", Available: true,
			ActiveAddrs:  denc.EntityAddrVec{testAddr("v2:127.0.0.1:6800/1668856140")},
			ActiveChange: denc.UTime{Sec: 1795424722, Nsec: 617644265}, ActiveFeatures: 4540138322906710015,
			Clients: []mgrClient{{Name: "libcephsqlite", Addrs: denc.EntityAddrVec{testAddr("v2:127.0.0.1:0/4084229041")}}},
		},
		cephmap.ReleaseTentacle: {
			Epoch: 3, ActiveGID: 4098, ActiveName: "x", Available: true,
			ActiveAddrs:  denc.EntityAddrVec{testAddr("v2:127.0.0.1:6810/943806350")},
			ActiveChange: denc.UTime{Sec: 1795424792, Nsec: 799985844}, ActiveFeatures: 4541880224203014143,
			Clients: []mgrClient{{Name: "libcephsqlite", Addrs: denc.EntityAddrVec{testAddr("v2:127.0.0.1:0/349818781")}}},
		},
	}
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		m := tests[release]
		require.Equal(t, golden(t, release, "mgrmap.bin"), m.encode(release))
		require.Equal(t, goldenText(t, release, "mgr-dump.json"), string(m.dumpJSON(release)))
	})
}

func TestMgrMapModulesAndServices(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		m := newMgrMap(release)
		was := m.encode(release)
		n := m.clone()
		n.Epoch, n.Services = 2, map[string]string{"prometheus": "http://192.0.2.1:9283/", "dashboard": "https://192.0.2.1:8443/"}
		n.AvailableModules = []string{"dashboard", "prometheus"}
		n.Modules[0] = "dashboard"
		require.Equal(t, was, m.encode(release))

		b := n.encode(release)
		h, err := cephmap.DecodeMgrMapHeader(b)
		require.NoError(t, err)
		require.Equal(t, uint32(2), h.Epoch)
		r := mapReader{denc.NewReader(b)}
		s := r.Start("mgrmap", 14)
		r.skip(4)
		require.Empty(t, r.addrs())
		r.skip(8 + 1 + 4 + 4)
		for _, want := range n.Modules {
			if want == n.Modules[0] {
				require.Equal(t, len(n.Modules), r.Count(4, "modules"))
			}
			require.Equal(t, want, r.String("module"))
		}
		require.Equal(t, n.Services, r.strings())
		require.Equal(t, 2, r.Count(4, "available"))
		for _, want := range n.AvailableModules {
			info := r.Start("info", 2)
			require.Equal(t, want, r.String("name"))
			require.True(t, r.Bool("can_run"))
			require.Empty(t, r.String("error_string"))
			require.Zero(t, r.Uint32("options"))
			require.Zero(t, r.Remaining())
			r.Finish(info)
		}
		r.Finish(s)
		require.NoError(t, r.Done())
		require.Contains(t, string(n.dumpJSON(release)), `"services":{"dashboard":"https://192.0.2.1:8443/","prometheus":"http://192.0.2.1:9283/"}`)
		require.Contains(t, string(n.dumpJSON(release)), `{"name":"prometheus","can_run":true,"error_string":"","module_options":{}}`)
	})
}

func TestPrettyJSON(t *testing.T) {
	m := newMgrMap(cephmap.ReleaseReef)
	require.Equal(t, "{\n    \"epoch\": 1,\n    \"available\": false,\n    \"active_name\": \"\",\n    \"num_standby\": 0\n}\n", string(prettyJSON(m.statJSON())))
	require.True(t, strings.HasPrefix(string(prettyJSON([]byte("[]\n"))), "[]\n"))
}
