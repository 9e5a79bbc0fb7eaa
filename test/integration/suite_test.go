package integration

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// patience is the deadline of one step. It is only ever used up by a test that fails.
const patience = time.Minute

// settling is how long a cluster that nobody changes may go on changing, and pause how often that is looked at.
const (
	settling = 20 * time.Second
	pause    = 100 * time.Millisecond
)

// clusters has a slot for each cluster that may run.
var clusters = make(chan struct{}, 2)

// env is a cluster that a group of tests uses, one test after the other.
type env struct {
	*realceph.Cluster
	options realceph.Options
}

// test is one test of a group.
type test struct {
	name string
	run  func(*testing.T, env)
}

// groups are the tests by the cluster that they need.
var groups = []struct {
	name    string
	options realceph.Options
	tests   []test
}{
	{
		// A cluster like one in use. What changes it comes last.
		name: "live",
		options: realceph.Options{Mons: 3, V1: true, OSDs: 1, Conf: map[string]string{
			"mon_config_key_max_entry_size": "33554432", // for large commands
			"paxos_propose_interval":        "0.1",      // a change a second would take too long
		}},
		tests: []test{
			{"connect", testConnect},
			{"versions", testVersions},
			{"commands", testCommands},
			{"large", testLargeCommands},
			{"refused", testRefused},
			{"keyrings", testKeyrings},
			{"peers", testWrongPeers},
			{"tools", testTools},
			{"monc", testMonc},
			{"readonly", testReadOnlyCommands},
			{"subscribe", testSubscribe},
			{"wait", testWaitForMap},
			{"bytes", testBytes},
			{"monc osdmap", testMoncOSDMap},
		},
	},
	{
		name:    "none",
		options: realceph.Options{Auth: realceph.AuthNone, Conf: map[string]string{"paxos_propose_interval": "0.05"}},
		tests: []test{
			{"connect", testConnectWithoutAuthentication},
			{"versions", testVersions},
			{"commands", testCommands},
			{"epochs", testManyEpochs},
			{"mgrmap", testSubscribeMgrMap},
		},
	},
	{
		name:    "ipv6",
		options: realceph.Options{IPv6: true, ServiceModes: "crc", KeyType: realceph.AES},
		tests: []test{
			{"connect", testConnectCRCOnly},
			{"versions", testVersions},
			{"commands", testCommands},
		},
	},
	{
		name: "failover",
		options: realceph.Options{Mons: 3, Conf: map[string]string{
			"mon_lease":              "2", // monitors miss one of their own after twice that, 10 s by default
			"paxos_propose_interval": "0.1",
		}},
		tests: []test{
			{"log", testLog},
			{"log killed", testLogMonitorKilled},
			{"config", testCentralConfig},
			{"bootstrap", testBootstrap},
			{"stats", testStats},
			{"killed", testMonitorKilled},
			{"stopped", testMonitorStopped},
		},
	},
}

func TestReleases(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			for _, g := range groups {
				t.Run(g.name, func(t *testing.T) {
					t.Parallel()
					clusters <- struct{}{}
					t.Cleanup(func() { <-clusters })
					o := g.options
					o.Release = rel
					e := env{realceph.StartT(t, o), o}
					for _, test := range g.tests {
						t.Run(test.name, func(t *testing.T) { test.run(t, e) })
					}
				})
			}
		})
	}
}

// deadline returns a context for one step of a test.
func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// config returns what the cluster's ceph.conf resolves to, as client.admin.
func (e env) config(t testing.TB) monclient.Config {
	t.Helper()
	conf := cephconf.New(cephconf.System{})
	require.NoError(t, conf.ReadFile(e.ConfPath))
	cfg, err := monclient.FromConf(deadline(t), conf)
	require.NoError(t, err)
	return cfg
}

// connect connects as client.admin.
func (e env) connect(t testing.TB) *monclient.Client {
	t.Helper()
	return connect(t, e.config(t))
}

// connect connects and closes the client when the test ends.
func connect(t testing.TB, cfg monclient.Config) *monclient.Client {
	t.Helper()
	c, err := monclient.Connect(deadline(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// output runs a command that must succeed and returns its output.
func output(t testing.TB, c *monclient.Client, cmd monclient.Command) []byte {
	t.Helper()
	reply, err := c.Command(deadline(t), cmd)
	require.NoError(t, err)
	require.NoError(t, reply.Err())
	return reply.Output
}

// ceph runs the release's own ceph command, which must succeed, and returns its output.
func (e env) ceph(t testing.TB, args ...string) []byte {
	t.Helper()
	res := e.Ceph(deadline(t), args...)
	require.NoError(t, res.Err)
	return res.Stdout
}

// epoch returns the field epoch of a map printed in JSON.
func epoch(t testing.TB, text []byte) uint64 {
	t.Helper()
	var m struct {
		Epoch uint64 `json:"epoch"`
	}
	require.NoError(t, json.Unmarshal(text, &m))
	require.Positive(t, m.Epoch)
	return m.Epoch
}

// eventually calls f until it returns nothing, because what two programs say of a cluster may change between the two.
// What f returned last, how the two differ, is what the test fails with.
func eventually(t testing.TB, f func() (difference string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settling)
	defer cancel()
	for {
		difference := f()
		if difference == "" {
			return
		}
		select {
		case <-ctx.Done():
			require.Fail(t, "this did not settle", difference)
		case <-time.After(pause):
		}
	}
}
