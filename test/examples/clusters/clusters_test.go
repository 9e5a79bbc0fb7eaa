//go:build linux

package clusters

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/test/examples"
)

// patience is the deadline of one step. It is only ever used up by a test that fails.
const patience = time.Minute

// settling is how long two programs may say different things of a cluster that changes by itself, and pause how often
// they are asked.
const (
	settling = 20 * time.Second
	pause    = 100 * time.Millisecond
)

// env is a cluster and the programs.
type env struct {
	*realceph.Cluster
	examples.Programs
}

// ceph runs the release's ceph command.
func (e env) ceph(t *testing.T, args ...string) examples.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := e.Ceph(ctx, args...)
	return examples.Result{Stdout: string(r.Stdout), Stderr: string(r.Stderr), Code: r.Code}
}

// change runs a ceph command that must succeed.
func (e env) change(t *testing.T, args ...string) {
	t.Helper()
	r := e.ceph(t, args...)
	require.Zero(t, r.Code, r)
}

func TestReleases(t *testing.T) {
	for _, release := range realceph.Releases() {
		t.Run(string(release), func(t *testing.T) {
			realceph.Require(t, release)
			e := env{realceph.StartT(t, realceph.Options{Release: release, Mons: 3, OSDs: 1, Conf: map[string]string{
				"mon_lease":              "2", // monitors miss one of their own after twice that, 10 s by default
				"paxos_propose_interval": "0.1",
			}}), examples.Build(t, examples.Installed)}
			t.Run("status", e.testStatus)
			t.Run("commands", e.testCommands)
			t.Run("input", e.testInput)
			t.Run("at most once", e.testAtMostOnce)
			t.Run("async", e.testAsync)
			t.Run("dlopen", e.testDlopen)
			t.Run("tell", e.testTell)
			t.Run("cluster", e.testCluster)
			t.Run("ask", e.testAsk)
			t.Run("values", e.testValues)
			t.Run("osdmap", e.testOSDMap)
			t.Run("wrong key", e.testWrongKey)
			t.Run("watch", e.testWatch) // kills a monitor
		})
	}
}

// same runs the ceph command and an example until both print the same, to the byte, and end with the same code.
func (e env) same(t *testing.T, theirs []string, program string, ours ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settling)
	defer cancel()
	for {
		ceph, own := e.ceph(t, theirs...), e.Run(t, e.ConfPath, program, ours...)
		if ceph.Stdout == own.Stdout && ceph.Code == own.Code {
			return
		}
		select {
		case <-ctx.Done():
			require.Fail(t, "they differ", "ceph %v: %v\n%s %v: %v", theirs, ceph, program, ours, own)
		case <-time.After(pause):
		}
	}
}

func (e env) testStatus(t *testing.T) {
	e.same(t, []string{"status"}, "status")
	e.same(t, []string{"status"}, "command_cpp", "status")
}

func (e env) testCommands(t *testing.T) {
	for _, test := range []struct{ ceph, ours string }{
		{"osd tree -f json", ""},
		{"osd tree", ""},
		{"osd dump -f json-pretty", ""},
		{"mon dump -f json", ""},
		{"auth get client.admin", "auth get entity=client.admin"},
		{"osd find 0 -f json", "osd find id:=0 -f json"},
		{"osd find 99", "osd find id:=99"},
		{"auth get client.nobody", "auth get entity=client.nobody"},
		{"config-key get examples/nothing", "config-key get key=examples/nothing"},
	} {
		t.Run(test.ceph, func(t *testing.T) {
			if test.ours == "" {
				test.ours = test.ceph
			}
			e.same(t, strings.Fields(test.ceph), "command", strings.Fields(test.ours)...)
		})
	}
	e.same(t, []string{"osd", "dump", "--format", "plain"}, "command_cpp", `{"prefix": "osd dump", "format": "plain"}`)
	e.same(t, []string{"auth", "get", "client.nobody"}, "command_cpp", `{"prefix": "auth get", "entity": "client.nobody"}`)
}

func (e env) testInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "input")
	require.NoError(t, os.WriteFile(file, []byte("of an example\n\x00"), 0o600))
	r := e.Run(t, e.ConfPath, "command", "config-key", "set", "key=examples/file", "-i", file)
	require.Zero(t, r.Code, r)
	require.Equal(t, "of an example\n\x00", e.ceph(t, "config-key", "get", "examples/file").Stdout)
	e.same(t, []string{"config-key", "get", "examples/file"}, "command", "config-key", "get", "key=examples/file")
}

func (e env) testAtMostOnce(t *testing.T) {
	const text = "written by an example"
	r := e.Run(t, e.ConfPath, "at_most_once", text)
	require.Zero(t, r.Code, r)
	lines := func() int { return strings.Count(e.ceph(t, "log", "last", "100", "debug", "cluster").Stdout, text) }
	require.Eventually(t, func() bool { return lines() > 0 }, settling, pause)
	require.Equal(t, 1, lines())
}

func (e env) testAsync(t *testing.T) {
	r := e.Run(t, e.ConfPath, "command_async", "-q", "-r", "100", "mon stat", `{"prefix": "osd dump", "format": "json"}`)
	require.Zero(t, r.Code, r)
	require.Equal(t, "200 answered, 0 refused, 0 without an answer\n", r.Stderr)
}

func (e env) testDlopen(t *testing.T) {
	r := e.Run(t, e.ConfPath, "dlopen", "--library", e.Library)
	require.Zero(t, r.Code, r)
	require.Contains(t, r.Stdout, "\nHEALTH_")
}

func (e env) testTell(t *testing.T) {
	for _, test := range []string{"mon.c version", "mgr.* version", "mon.b nonsense"} {
		e.same(t, append([]string{"tell"}, strings.Fields(test)...), "tell", strings.Fields(test)...)
	}
	// As the answers come, and so in any order.
	theirs, ours := e.ceph(t, "tell", "mon.*", "version"), e.Run(t, e.ConfPath, "tell", "mon.*", "version")
	require.Equal(t, theirs.Code, ours.Code, "%v\n%v", theirs, ours)
	require.ElementsMatch(t, strings.Split(theirs.Stdout, "\n"), strings.Split(ours.Stdout, "\n"))
}

// said is what a program prints behind a name.
func said(t *testing.T, stdout, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut("\n"+stdout, "\n"+name+": ")
	require.True(t, ok, "%s: %s", name, stdout)
	text, _, _ := strings.Cut(rest, "\n")
	return text
}

func (e env) testCluster(t *testing.T) {
	const addr = "10.0.0.5:0/77"
	r := e.Run(t, e.ConfPath, "cluster", "-p", "books", "-b", addr)
	require.Zero(t, r.Code, r)
	for _, m := range e.Mons() {
		require.Contains(t, r.Stdout, "ping: mon."+m.Name+" after ")
	}
	dump := e.ceph(t, "osd", "dump", "-f", "json").Stdout
	require.Contains(t, dump, `"pool_name":"books"`)
	require.Contains(t, dump, addr)
	require.Contains(t, said(t, r.Stdout, "pools"), `"books"`)
	require.Contains(t, said(t, r.Stdout, "blocklist"), addr)
	var stats map[string]any // without the new pool, until the manager has heard of it
	require.NoError(t, json.Unmarshal([]byte(said(t, r.Stdout, "pool stats")), &stats))
	for pool := range stats {
		require.Contains(t, dump, fmt.Sprintf(`"pool_name":%q`, pool))
	}
	require.NoError(t, json.Unmarshal([]byte(said(t, r.Stdout, "capacity")), &stats))
	require.NotZero(t, stats["kb"])
	r = e.Run(t, e.ConfPath, "cluster", "-u", addr)
	require.Zero(t, r.Code, r)
	require.NotContains(t, said(t, r.Stdout, "blocklist"), addr)
}

func (e env) testAsk(t *testing.T) {
	r := e.Run(t, e.ConfPath, "ask_cpp", "osd", "pool", "create", "shelf", "8")
	require.Zero(t, r.Code, r)
	e.same(t, []string{"osd", "pool", "ls"}, "ask_cpp", "osd", "pool", "ls")
	r = e.Run(t, e.ConfPath, "ask_cpp")
	require.Zero(t, r.Code, r)
	require.Equal(t, 3, strings.Count(r.Stdout, "ping: "), r)
}

// testValues compares what maps say with what the ceph command prints of them.
func (e env) testValues(t *testing.T) {
	for what, dump := range map[string][]string{"mgrmap": {"mgr", "dump"}, "monmap": {"mon", "dump"}} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			ours := e.Run(t, e.ConfPath, "watch_values", "-1", what)
			require.Zero(c, ours.Code, ours)
			_, text, _ := strings.Cut(ours.Stdout, ": ")
			var got, want map[string]any
			require.NoError(c, json.Unmarshal([]byte(text), &got))
			require.NoError(c, json.Unmarshal([]byte(e.ceph(t, append(dump, "-f", "json")...).Stdout), &want))
			delete(want, "quorum") // which is no part of the map
			require.Equal(c, want, got)
		}, settling, pause, what)
	}
}

// testOSDMap compares the map of the OSDs with what the ceph command prints of it, and two maps with each other.
func (e env) testOSDMap(t *testing.T) {
	file := filepath.Join(t.TempDir(), "osdmap")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		ours := e.Run(t, e.ConfPath, "osdmap", "-j", "-o", file)
		require.Zero(c, ours.Code, ours)
		var got, want map[string]any
		require.NoError(c, json.Unmarshal([]byte(ours.Stdout), &got))
		require.NoError(c, json.Unmarshal([]byte(e.ceph(t, "osd", "dump", "-f", "json").Stdout), &want))
		for _, pool := range want["pools"].([]any) {
			delete(pool.(map[string]any), "read_balance") // which is no part of the map
		}
		require.Equal(c, want, got)
	}, settling, pause)
	q := e.Start(t, e.ConfPath, "watch_values", "osdmap")
	q.AwaitText(`"changes":[]`)
	e.change(t, "osd", "set", "noin")
	q.AwaitText(`"text":"noin set"`)
	r := e.Run(t, e.ConfPath, "osdmap", "-d", file)
	require.Zero(t, r.Code, r)
	require.Contains(t, r.Stdout, `{"kind":"flag_set","name":"noin","text":"noin set"}`)
	require.Contains(t, e.Run(t, e.ConfPath, "osdmap").Stdout, "noin,")
	e.change(t, "osd", "unset", "noin")
	q.AwaitText(`"text":"noin unset"`)
	q.Signal(syscall.SIGINT)
	require.Equal(t, 130, q.Wait().Code)
}

func (e env) testWrongKey(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	key, err := e.NewKey(ctx, "")
	require.NoError(t, err)
	ring := filepath.Join(t.TempDir(), "keyring")
	require.NoError(t, os.WriteFile(ring, []byte("[client.admin]\n\tkey = "+key+"\n"), 0o600))
	for _, program := range []string{"status", "watch_epoll", "watch_cpp", "watch_values", "osdmap", "cluster"} {
		r := e.Run(t, e.ConfPath, program, "-k", ring)
		require.Equal(t, 1, r.Code, r)
		require.Contains(t, r.Stderr, "authentication rejected")
		require.NotContains(t, r.Stderr, key)
	}
}

// osdEpoch is the epoch that the ceph command says.
func (e env) osdEpoch(t *testing.T) uint64 {
	t.Helper()
	var m struct{ Epoch uint64 }
	require.NoError(t, json.Unmarshal([]byte(e.ceph(t, "osd", "dump", "-f", "json").Stdout), &m))
	require.Positive(t, m.Epoch)
	return m.Epoch
}

// The watchers see what the ceph command changes, each epoch once, before and after the monitor that all of them are
// with is killed.
func (e env) testWatch(t *testing.T) {
	victim := e.Mons()[2]
	var watchers []*examples.Process
	for _, program := range []string{"watch_callbacks", "watch_epoll", "watch_cpp"} {
		w := e.Start(t, e.ConfPath, program, "-m", victim.Addrs(), "osdmap", "monmap")
		w.AwaitText("session: with mon.")
		w.AwaitText("osdmap e")
		w.AwaitText("monmap e")
		watchers = append(watchers, w)
	}
	first := e.osdEpoch(t)
	e.change(t, "osd", "set", "noout")
	before := e.osdEpoch(t)
	require.Greater(t, before, first)
	for _, w := range watchers {
		w.AwaitText(fmt.Sprintf("osdmap e%d: incremental", before))
	}

	require.NoError(t, e.KillMon(victim.Name))
	for _, w := range watchers {
		w.AwaitText("session: lost mon.")
		w.AwaitText("session: moved to mon.")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, e.WaitQuorum(ctx, 2))
	e.change(t, "osd", "unset", "noout")
	after := e.osdEpoch(t)
	require.Greater(t, after, before)
	for _, w := range watchers {
		stdout := w.AwaitText(fmt.Sprintf("osdmap e%d: incremental", after))
		for epoch := before; epoch <= after; epoch++ {
			require.Equal(t, 1, strings.Count(stdout, fmt.Sprintf("osdmap e%d:", epoch)), stdout)
		}
		w.Signal(syscall.SIGINT)
		r := w.Wait()
		require.Equal(t, 130, r.Code, r)
	}
}
