package cephmap

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// golden is for a person: go test ./test/cephmap -golden monclient/cephmap/testdata
var golden = flag.String("golden", "", "write the maps and what ceph says of them below this directory")

// patience bounds a step.
const patience = 3 * time.Minute

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// ceph runs a command that must succeed and returns what it prints.
func ceph(t *testing.T, c *realceph.Cluster, args ...string) string {
	t.Helper()
	res := c.Ceph(deadline(t), args...)
	require.NoError(t, res.Err)
	return string(res.Stdout)
}

func connect(t *testing.T, c *realceph.Cluster) *monclient.Client {
	t.Helper()
	conf := cephconf.New(cephconf.System{})
	require.NoError(t, conf.ReadFile(c.ConfPath))
	cfg, err := monclient.FromConf(deadline(t), conf)
	require.NoError(t, err)
	client, err := monclient.Connect(deadline(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// dumped is a map, decoded.
type dumped interface {
	json.Marshaler
	AppendTo(b []byte) []byte
}

// kind is a kind of map that ceph prints.
type kind struct {
	what string                                                       // of a watch
	dump func(t *testing.T, c *realceph.Cluster, epoch uint64) string // what ceph prints of an epoch, "" when it cannot
}

func dumpOf(t *testing.T, c *realceph.Cluster, epoch uint64, words ...string) string {
	t.Helper()
	text := strings.TrimSpace(ceph(t, c, append(words, "-f", "json")...))
	var at struct {
		Epoch uint64 `json:"epoch"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &at))
	if at.Epoch != epoch {
		return ""
	}
	return text
}

// dumpAt is for commands that take the epoch.
func dumpAt(words ...string) func(*testing.T, *realceph.Cluster, uint64) string {
	return func(t *testing.T, c *realceph.Cluster, epoch uint64) string {
		t.Helper()
		return dumpOf(t, c, epoch, append(words, strconv.FormatUint(epoch, 10))...)
	}
}

// dumpNow is for those that print the newest map.
func dumpNow(words ...string) func(*testing.T, *realceph.Cluster, uint64) string {
	return func(t *testing.T, c *realceph.Cluster, epoch uint64) string {
		t.Helper()
		return dumpOf(t, c, epoch, words...)
	}
}

var kinds = []kind{
	{"mgrmap", dumpAt("mgr", "dump")},
	{"servicemap", dumpNow("service", "dump")},
	{"fsmap", dumpAt("fs", "dump")},
}

// populate gives every map something to say, and returns when it is said.
func populate(t *testing.T, c *realceph.Cluster) {
	t.Helper()
	startDaemon(t, c, "ceph-mgr", "mgr", "y", "mon", "allow profile mgr", "osd", "allow *", "mds", "allow *")
	for _, pool := range []string{"one.meta", "one.data", "one.more", "two.meta", "two.data"} {
		ceph(t, c, "osd", "pool", "create", pool, "1")
	}
	ceph(t, c, "fs", "new", "one", "one.meta", "one.data")
	ceph(t, c, "fs", "add_data_pool", "one", "one.more")
	ceph(t, c, "fs", "new", "two", "two.meta", "two.data")
	ceph(t, c, "fs", "required_client_features", "one", "add", "metric_collect")
	ceph(t, c, "fs", "set", "one", "standby_count_wanted", "3")
	ceph(t, c, "fs", "set", "one", "allow_standby_replay", "true")
	ceph(t, c, "fs", "set", "two", "joinable", "false")
	ceph(t, c, "fs", "mirror", "enable", "one")
	ceph(t, c, "fs", "mirror", "peer_add", "one", "0f0f0f0f-1234-4321-8888-0123456789ab", "client.remote@site", "other")
	servers := startMDS(t, c, "a", "b", "c")
	registerService(t, c)
	ctx := deadline(t)
	for {
		services := c.Ceph(ctx, "service", "dump", "-f", "json")
		require.NoError(t, services.Err)
		managers := ceph(t, c, "mgr", "dump", "-f", "json")
		fs := ceph(t, c, "fs", "dump", "-f", "json")
		if strings.Contains(string(services.Stdout), "greeter.1") && strings.Contains(managers, `"standbys":[{`) &&
			(!servers || strings.Contains(fs, `"up:active"`) && strings.Contains(fs, `"up:standby-replay"`) && strings.Contains(string(services.Stdout), `"mds"`)) {
			return
		}
		require.NoError(t, ctx.Err())
	}
}

// modulesBut names the modules of a release's manager but for some, which do for a map.
func modulesBut(t *testing.T, rel realceph.Release, some ...string) []string {
	t.Helper()
	tree, err := rel.Tree()
	require.NoError(t, err)
	paths, err := filepath.Glob(filepath.Join(tree, "usr/share/ceph/mgr/*/module.py"))
	require.NoError(t, err)
	var names []string
	for _, path := range paths {
		if name := filepath.Base(filepath.Dir(path)); !slices.Contains(some, name) {
			names = append(names, name)
		}
	}
	return names
}

// start starts a cluster. Its managers may end: they restart themselves when they fail, which those of realceph cannot.
func start(t *testing.T, rel realceph.Release) *realceph.Cluster {
	t.Helper()
	c, err := realceph.Start(deadline(t), realceph.Options{Release: rel, OSDs: 1, V1: true, Conf: map[string]string{
		"paxos_propose_interval": "0.1",
		"mgr_disabled_modules":   strings.Join(modulesBut(t, rel, "crash", "devicehealth", "iostat"), " "),
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop()) })
	return c
}

// TestMapsAreWhatCephPrints compares the maps of new clusters and of busy ones.
func TestMapsAreWhatCephPrints(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			c := start(t, rel)
			client := connect(t, c)
			for _, k := range kinds {
				t.Run("new "+k.what, func(t *testing.T) { k.compare(t, c, client, "") })
			}
			populate(t, c)
			for _, k := range kinds {
				t.Run("busy "+k.what, func(t *testing.T) { k.compare(t, c, client, "dump") })
			}
			t.Run("mgrmap without a manager", func(t *testing.T) {
				if rel == realceph.Tentacle {
					ceph(t, c, "mgr", "module", "force", "disable", "crash", "--yes-i-really-mean-it")
					ceph(t, c, "mgr", "module", "force", "disable", "devicehealth", "--yes-i-really-mean-it")
				}
				if rel != realceph.Pacific { // which has no such command
					ceph(t, c, "mgr", "set", "down", "true")
				}
				for _, name := range []string{"x", "y"} {
					ceph(t, c, "mgr", "fail", name)
				}
				kinds[0].compare(t, c, client, "down")
			})
		})
	}
}

// compare compares the newest map with what ceph prints of its epoch, and keeps both under a name where that is asked for.
func (k kind) compare(t *testing.T, c *realceph.Cluster, client *monclient.Client, name string) {
	t.Helper()
	s, err := client.WatchAny(monclient.WatchSpec{What: k.what})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	ctx := deadline(t)
	e, err := s.Next(ctx)
	require.NoError(t, err)
	want := k.dump(t, c, e.Epoch)
	for want == "" { // one of them is behind the other
		within, cancel := context.WithTimeout(ctx, time.Second)
		newer, err := s.Next(within)
		cancel()
		if err == nil {
			e = newer
		} else {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NoError(t, ctx.Err())
		}
		want = k.dump(t, c, e.Epoch)
	}
	if *golden != "" && name != "" {
		path := filepath.Join("../..", *golden, string(c.Release), k.what+"-"+name)
		require.NoError(t, os.WriteFile(path+".bin", e.Raw, 0o600))
		require.NoError(t, os.WriteFile(path+".json", []byte(want+"\n"), 0o600))
	}
	m, ok := e.Value.(dumped)
	require.True(t, ok)
	require.Equal(t, e.Raw, m.AppendTo(nil))
	got, err := m.MarshalJSON() // json.Marshal would write < and > in other ways
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}
