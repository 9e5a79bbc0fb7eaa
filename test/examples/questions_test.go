//go:build linux

package examples

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// readLine reads the JSON that a program prints behind a key and ": ".
func readLine(t *testing.T, stdout, key string, to any) {
	t.Helper()
	for line := range strings.Lines(stdout) {
		if text, ok := strings.CutPrefix(line, key+": "); ok {
			require.NoError(t, json.Unmarshal([]byte(text), to), text)
			return
		}
	}
	require.Fail(t, "no "+key, stdout)
}

func TestTell(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := managedQuorum(t, 3)
	for target, from := range map[string]string{"mon.a": "mon.a", "mon.1": "mon.b", "mgr.*": "mgr.x", "mgr.x": "mgr.x"} {
		r := p.Run(t, conf, "tell", target, "version")
		require.Zero(t, r.Code, r)
		require.Contains(t, r.Stdout, `"version":`, from)
	}
	r := p.Run(t, conf, "tell", "mon.2", "-f", "json", "mon_status")
	require.Zero(t, r.Code, r)
	require.Contains(t, r.Stdout, `"name":"c"`)
	r = p.Run(t, conf, "tell", "mgr", "pg", "stat")
	require.Zero(t, r.Code, r)
	require.Contains(t, r.Stdout, "0 pgs")
	r = p.Run(t, conf, "tell", "mgr.y", "version")
	require.Equal(t, 1, r.Code, r)
	require.Contains(t, r.Stderr, "mgr.y is not the active manager, which is mgr.x")
	r = p.Run(t, conf, "tell", "mon.a", "nonsense")
	require.Equal(t, 22, r.Code, r)

	r = p.Run(t, conf, "tell", "mon.*", "version")
	require.Zero(t, r.Code, r)
	require.Empty(t, r.Stderr)
	for _, mon := range []string{"mon.a: {", "mon.b: {", "mon.c: {"} {
		require.Equal(t, 1, strings.Count(r.Stdout, mon), r)
	}
	r = p.Run(t, conf, "tell", "mon.*", "nonsense")
	require.Equal(t, 22, r.Code, r)
	require.Equal(t, 3, strings.Count(r.Stderr, "unknown command"), r)
	c.Mon("b").Kill()
	r = p.Run(t, conf, "tell", "mon.*", "version")
	require.Equal(t, 1, r.Code, r)
	require.Equal(t, 2, strings.Count(r.Stdout, `"version":`), r)
	require.Contains(t, r.Stderr, "mon.1: ")
	require.Contains(t, r.Stderr, "refused")

	t.Run("nobody answers", func(t *testing.T) {
		_, conf := quorum(t, 1) // which has no manager
		r := p.Run(t, conf, "tell", "-t", "0.1", "mgr", "pg", "stat")
		require.Equal(t, 1, r.Code, r)
		require.Contains(t, r.Stderr, "no active manager")
	})
}

// Every source says what there is, and then what has changed, over the loss of sessions.
func TestWatchValues(t *testing.T) {
	for _, v := range []Variant{Sanitized, Installed} {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			p := Build(t, v)
			c, conf := managedQuorum(t, 3)
			q := p.Start(t, conf, "watch_values", "log-info", "mgrmap", "monmap", "config", "kv:shelf/")
			for _, text := range []string{`mgrmap `, `monmap 1: {"epoch":1,`, `config 0: {"options":{}`, `kv:shelf/ 0: {"prefix":"shelf/"`} {
				q.AwaitText(text)
			}
			c.SetConfig("client", "debug_ms", "1")
			q.AwaitText(`"changed":["debug_ms"]`)
			require.Zero(t, p.Run(t, conf, "command", "config-key", "set", "key=shelf/a", "val=one").Code)
			q.AwaitText(`"set":{"shelf/a":"one"}`)
			for _, m := range c.Mons() {
				m.DropClients()
			}
			require.Zero(t, p.Run(t, conf, "command", "config-key", "rm", "key=shelf/a").Code)
			q.AwaitText(`"deleted":["shelf/a"]`)
			require.NoError(t, c.Advance("monmap", 1))
			q.AwaitText(`monmap 2: {"epoch":2,`)
			require.Zero(t, p.Run(t, conf, "at_most_once", "a line").Code)
			stdout := q.AwaitText(`"text":"a line"`)
			require.Equal(t, 1, strings.Count(stdout, "monmap 1: "), stdout)
			q.Signal(syscall.SIGINT)
			r := q.Wait()
			require.Equal(t, 130, r.Code, r)
			require.Empty(t, r.Stderr)
		})
	}
}

// With -1 it ends when everything has been said.
func TestWatchValuesOnce(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := managedQuorum(t, 3)
	maps := []string{"monmap", "mgrmap", "fsmap", "servicemap", "osdmap", "config", "kv:nothing/"}
	r := p.Run(t, conf, "watch_values", append([]string{"-1", "log-debug"}, maps...)...)
	require.Zero(t, r.Code, r)
	require.Empty(t, r.Stderr)
	said := map[string]json.RawMessage{}
	for line := range strings.Lines(r.Stdout) {
		what, text, ok := strings.Cut(line, ": ")
		require.True(t, ok, line)
		what, _, _ = strings.Cut(what, " ")
		if slices.Contains(maps, what) {
			require.NotContains(t, said, what, r.Stdout)
			require.True(t, json.Valid([]byte(text)), line)
			said[what] = json.RawMessage(text)
		}
	}
	require.Len(t, said, len(maps), r.Stdout)
	var monmap struct{ FSID string }
	require.NoError(t, json.Unmarshal(said["monmap"], &monmap))
	require.Equal(t, c.MonMap().FSID.String(), monmap.FSID)

	q := p.Start(t, conf, "watch_values")
	q.AwaitText("mgrmap ")
	q.AwaitText("config 0: ")
	q.Signal(syscall.SIGTERM)
	require.Equal(t, 143, q.Wait().Code)
}

func TestCluster(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	r := p.Run(t, conf, "cluster", "-p", "books", "-b", "10.0.0.5:0/77")
	require.Zero(t, r.Code, r)
	require.Empty(t, r.Stderr)
	for _, mon := range []string{"ping: mon.a after ", "ping: mon.b after ", "ping: mon.c after "} {
		require.Contains(t, r.Stdout, mon)
	}
	var pools []struct {
		ID   int64
		Name string
	}
	readLine(t, r.Stdout, "pools", &pools)
	require.Len(t, pools, 1)
	require.Equal(t, "books", pools[0].Name)
	var stats map[string]any
	readLine(t, r.Stdout, "pool stats", &stats)
	require.Contains(t, stats, "books")
	readLine(t, r.Stdout, "capacity", &stats)
	require.Contains(t, stats, "kb_avail")
	var blocked []struct {
		Addr  string
		Until float64
	}
	readLine(t, r.Stdout, "blocklist", &blocked)
	require.Len(t, blocked, 1)
	require.Equal(t, "10.0.0.5:0/77", blocked[0].Addr)
	require.Regexp(t, `(?m)^own address: 127\.0\.0\.1:0/\d+$`, r.Stdout)
	readLine(t, r.Stdout, "stats", &stats)
	require.Contains(t, stats, "sessions")

	r = p.Run(t, conf, "cluster", "-u", "10.0.0.5:0/77")
	require.Zero(t, r.Code, r)
	require.Contains(t, r.Stdout, "blocklist: []\n")
	r = p.Run(t, conf, "cluster", "-p", "books")
	require.Equal(t, 1, r.Code, r)
	require.Contains(t, r.Stderr, "EEXIST")

	c.Mon("b").Kill()
	r = p.Run(t, conf, "cluster")
	require.Equal(t, 1, r.Code, r)
	require.Contains(t, r.Stderr, "mon.b: ")
	require.Contains(t, r.Stdout, "ping: mon.c after ")
	require.Contains(t, r.Stdout, "stats: {")
}

func TestAsk(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	r := p.Run(t, conf, "ask_cpp")
	require.Zero(t, r.Code, r)
	require.Regexp(t, `^(ping: \{"mon":"[abc]","round_trip":[0-9.e-]+\}\n){3}capacity: \{"kb":`, r.Stdout)

	r = p.Run(t, conf, "ask_cpp", "-p", "osd", "pool", "create", "books", "8")
	require.Zero(t, r.Code, r)
	require.JSONEq(t, `{"prefix": "osd pool create", "pool": "books", "pg_num": 8}`, r.Stdout)
	r = p.Run(t, conf, "ask_cpp", "osd", "pool", "create", "books", "8")
	require.Equal(t, Result{Stderr: "pool 'books' created\n"}, r)
	r = p.Run(t, conf, "ask_cpp", "osd", "pool", "ls")
	require.Equal(t, Result{Stdout: "books\n"}, r)
	c.HandleCommand("osd pool ls", func(montest.Command) montest.Result { return montest.Fail(2, "no %s here", "such thing") })
	r = p.Run(t, conf, "ask_cpp", "osd", "pool", "ls")
	require.Equal(t, 2, r.Code, r)
	require.Contains(t, r.Stderr, "no such thing here")

	c.Mon("a").Kill()
	r = p.Run(t, conf, "ask_cpp")
	require.Equal(t, 1, r.Code, r)
	require.Contains(t, r.Stderr, "mon.a: ")
	require.Equal(t, 2, strings.Count(r.Stdout, "ping: "), r)
	require.Contains(t, r.Stdout, "capacity: ")
}
