package integration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// testBootstrap fetches the monmap and the configuration of an entity, and compares them with what the ceph command says.
func testBootstrap(t *testing.T, e env) {
	keyring, err := e.AddClient(deadline(t), "client.boot", "", map[string]string{"mon": "allow r"})
	require.NoError(t, err)
	resolve := func(args ...string) monclient.Config {
		conf := cephconf.New(cephconf.System{})
		_, err := conf.ParseArgv(append([]string{"-n", "client.boot", "-k", keyring}, args...))
		require.NoError(t, err)
		require.NoError(t, conf.ReadFile(e.ConfPath))
		cfg, err := monclient.FromConf(deadline(t), conf)
		require.NoError(t, err)
		return cfg
	}
	admin := e.connect(t)
	for _, o := range []struct{ who, name, value string }{
		{"global", "mon_client_ping_timeout", "21"},
		{"client", "mon_client_hunt_interval", "4.5"},
		{"client.boot", "rados_mon_op_timeout", "33"},
		{"osd", "osd_max_backfills", "2"},
	} {
		output(t, admin, monclient.Command{Prefix: "config set", Args: map[string]any{"who": o.who, "name": o.name, "value": o.value}})
		defer output(t, admin, monclient.Command{Prefix: "config rm", Args: map[string]any{"who": o.who, "name": o.name}})
	}
	b, err := monclient.Bootstrap(deadline(t), resolve())
	require.NoError(t, err)
	require.NotZero(t, b.GlobalID)
	ours, err := json.Marshal(b.MonMap)
	require.NoError(t, err)
	require.Equal(t, epoch(t, e.ceph(t, "mon", "dump", "--format", "json")), epoch(t, ours))
	require.Len(t, b.MonMap.Mons, len(e.Mons()))

	var theirs map[string]struct {
		Value string `json:"value"`
	}
	require.NoError(t, json.Unmarshal(e.ceph(t, "config", "get", "client.boot", "--format", "json"), &theirs))
	want := make(map[string]string)
	for name, o := range theirs {
		want[name] = o.Value
	}
	require.Equal(t, want, b.Config)
	require.Contains(t, b.Config, "rados_mon_op_timeout")
	require.NotContains(t, b.Config, "osd_max_backfills")

	c := connect(t, resolve("--monclient-fetch-config", "--monclient-central-config", "--mon-client-ping-timeout", "12"))
	require.NotEqual(t, b.GlobalID, c.GlobalID())
	require.Equal(t, "33", option(t, c, "rados_mon_op_timeout").Value)
	require.Equal(t, "4.5", option(t, c, "mon_client_hunt_interval").Value)
	require.Equal(t, "12", option(t, c, "mon_client_ping_timeout").Value, "the command line is stronger")
}

func option(t *testing.T, c *monclient.Client, name string) monclient.EffectiveOption {
	t.Helper()
	for _, o := range c.Options() {
		if o.Name == name {
			return o
		}
	}
	require.Fail(t, "no such option", name)
	return monclient.EffectiveOption{}
}

// testCentralConfig changes options with the ceph command, and sees that the client follows.
func testCentralConfig(t *testing.T, e env) {
	cfg := e.config(t)
	cfg.FollowConfig = true
	c := connect(t, cfg)
	const name = "mon_client_log_interval"
	becomes := func(value string, level cephconf.Level) {
		t.Helper()
		eventually(t, func() string {
			if o := option(t, c, name); o.Value != value || o.Source.Level != level {
				return fmt.Sprintf("%+v, want %s of %v", o, value, level)
			}
			return ""
		})
	}
	becomes("1", cephconf.LevelDefault)
	e.ceph(t, "config", "set", "client", name, "2.5")
	becomes("2.5", cephconf.LevelMon)
	e.ceph(t, "config", "set", "client.admin", name, "0.05")
	becomes("0.05", cephconf.LevelMon)
	e.ceph(t, "config", "set", "client", name, "3") // which is hidden
	require.NoError(t, c.Log(monclient.LogInfo, "", "by the interval"))
	eventually(t, func() string {
		if log := string(e.ceph(t, "log", "last", "20")); !strings.Contains(log, "by the interval") {
			return log
		}
		return ""
	})
	becomes("0.05", cephconf.LevelMon)
	e.ceph(t, "config", "rm", "client.admin", name)
	becomes("3", cephconf.LevelMon)
	e.ceph(t, "config", "rm", "client", name)
	becomes("1", cephconf.LevelDefault)
}
