package montest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// TestCephCommandForTheManager has Ceph's own client judge the embedded managers.
func TestCephCommandForTheManager(t *testing.T) {
	for release, as := range releases {
		for name, o := range variants(as) {
			t.Run(fmt.Sprintf("%s/%s", release, name), func(t *testing.T) {
				realceph.Require(t, release)
				t.Parallel()
				o.Mons, o.Mgrs = 1, 2
				o.TCP, o.Release, o.Transcript = true, as, true
				j := judge{release: release, cluster: montest.Start(t, o)}
				var err error
				j.conf, err = j.cluster.WriteConf(t.TempDir())
				require.NoError(t, err)

				j.cluster.HandleMgrCommand("hello name=who,type=CephString", func(c montest.Command) montest.Result {
					return montest.Result{Output: []byte(c.Mgr + " greets " + c.String("who"))}
				})
				require.Equal(t, "x greets world", j.ceph(t, "hello", "world"))
				x := j.cluster.Mgr("x")
				require.IsType(t, &monmsg.MMgrCommand{}, x.Received()[0], "not through the monitors")

				var version struct {
					Release string `json:"release"`
				}
				require.NoError(t, json.Unmarshal([]byte(j.ceph(t, "tell", "mgr.x", "version", "-f", "json")), &version))
				require.Equal(t, string(release), version.Release)
				require.NoError(t, j.cluster.FailMgr())
				require.Equal(t, "y greets world", j.ceph(t, "hello", "world"))
			})
		}
	}
}
