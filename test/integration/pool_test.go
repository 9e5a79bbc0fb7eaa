package integration

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
)

//go:embed pools.py
var poolsScript []byte

// poolsOf is a process of the release's own Python that does things through the release's own librados.
type poolsOf struct {
	to      *json.Encoder
	answers *bufio.Scanner
}

func startPools(t *testing.T, e env, name, keyring string) *poolsOf {
	t.Helper()
	script := filepath.Join(t.TempDir(), "pools.py")
	require.NoError(t, os.WriteFile(script, poolsScript, 0o600))
	cmd, err := e.Release.Command(context.WithoutCancel(t.Context()), "python3", script, e.ConfPath, name, keyring)
	require.NoError(t, err)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stop := startThread(cmd)
	t.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := stop(); !t.Failed() {
			require.NoError(t, err, stderr.String())
		}
	})
	return &poolsOf{json.NewEncoder(in), bufio.NewScanner(out)}
}

// startThread starts a process and returns what waits for its end. The kernel kills it when the thread that started it ends,
// so the test keeps that.
func startThread(cmd *exec.Cmd) (wait func() error) {
	started, end, ended := make(chan error, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // until the process has ended, as the goroutine's end ends the thread
		err := cmd.Start()
		started <- err
		<-end
		if err == nil {
			err = cmd.Wait()
		}
		ended <- err
	}()
	if err := <-started; err != nil {
		close(end)
		return func() error { return <-ended }
	}
	return func() error { close(end); return <-ended }
}

// do returns the errno, and what came of it.
func (p *poolsOf) do(t *testing.T, what string, args ...any) (denc.Errno, json.RawMessage) {
	t.Helper()
	if args == nil {
		args = []any{}
	}
	require.NoError(t, p.to.Encode(map[string]any{"do": what, "args": args}))
	require.True(t, p.answers.Scan(), "%s: librados ended", what)
	var m struct {
		Errno denc.Errno      `json:"errno"`
		Value json.RawMessage `json:"value"`
	}
	require.NoError(t, json.Unmarshal(p.answers.Bytes(), &m))
	return m.Errno, m.Value
}

// must does what has to succeed.
func (p *poolsOf) must(t *testing.T, what string, args ...any) json.RawMessage {
	t.Helper()
	errno, value := p.do(t, what, args...)
	require.Zero(t, errno, "%s %v", what, args)
	return value
}

// TestPools is about pools, statistics and the blocklist: with librados beside us, on the same cluster.
func TestPools(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			t.Parallel()
			realceph.Require(t, rel)
			o := realceph.Options{Release: rel, OSDs: 1, Conf: map[string]string{"paxos_propose_interval": "0.05"}}
			e := env{realceph.StartT(t, o), o}
			l := startPools(t, e, "client.admin", e.KeyringPath)
			c := e.connect(t)
			for _, test := range []struct {
				name string
				run  func(*testing.T, env, *poolsOf, *monclient.Client)
			}{
				{"changes", testPoolChanges},
				{"errors", testPoolErrors},
				{"reader", testPoolsOfReader},
				{"statistics", testPoolStatistics},
				{"blocklist", testBlocklist},
				{"own address", testOwnBlocklisting},
			} {
				t.Run(test.name, func(t *testing.T) { test.run(t, e, l, c) })
			}
		})
	}
}

// testPoolChanges: what one library changes, the other one sees.
func testPoolChanges(t *testing.T, e env, l *poolsOf, c *monclient.Client) {
	epoch, err := c.CreatePool(deadline(t), "ours", monclient.PoolOptions{})
	require.NoError(t, err)
	require.Positive(t, epoch)
	l.must(t, "create", "theirs")
	rule := int16(0)
	_, err = c.CreatePool(deadline(t), "ruled", monclient.PoolOptions{CRUSHRule: &rule})
	require.NoError(t, err)
	pools, err := c.Pools(deadline(t))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(pools), 3)
	var list []string
	require.NoError(t, json.Unmarshal(l.must(t, "list"), &list))
	for _, p := range pools {
		require.Contains(t, list, p.Name)
		require.JSONEq(t, string(mustJSON(t, p.ID)), string(l.must(t, "lookup", p.Name)))
		require.JSONEq(t, string(mustJSON(t, p.Name)), string(l.must(t, "reverse_lookup", p.ID)))
		id, err := c.PoolID(deadline(t), p.Name)
		require.NoError(t, err)
		require.Equal(t, p.ID, id)
		name, err := c.PoolName(deadline(t), p.ID)
		require.NoError(t, err)
		require.Equal(t, p.Name, name)
	}

	ours, err := c.PoolID(deadline(t), "ours")
	require.NoError(t, err)
	require.NoError(t, c.CreatePoolSnap(deadline(t), ours, "one"))
	require.NoError(t, c.DeletePoolSnap(deadline(t), ours, "one"))
	require.NoError(t, c.CreatePoolSnap(deadline(t), ours, "two"))
	theirs, err := c.PoolID(deadline(t), "theirs")
	require.NoError(t, err)
	snap, err := c.CreateSelfManagedSnap(deadline(t), theirs)
	require.NoError(t, err)
	require.EqualValues(t, 2, snap, "the first of a pool")
	require.JSONEq(t, "3", string(l.must(t, "self", "theirs")))
	require.NoError(t, c.DeleteSelfManagedSnap(deadline(t), theirs, snap))
	require.NoError(t, c.DeleteSelfManagedSnap(deadline(t), theirs, snap), "once more")

	require.Equal(t, denc.EPERM, monclient.Errno(c.DeletePool(deadline(t), ours)))
	e.ceph(t, "config", "set", "mon", "mon_allow_pool_delete", "true")
	ruled, err := c.PoolID(deadline(t), "ruled")
	require.NoError(t, err)
	require.NoError(t, c.DeletePool(deadline(t), ruled))
	require.NotContains(t, string(l.must(t, "list")), "ruled")
	l.must(t, "create", "brief")
	_, err = c.PoolID(deadline(t), "brief")
	require.NoError(t, err)
	l.must(t, "delete", "brief")
	_, err = c.PoolID(deadline(t), "brief")
	require.ErrorIs(t, err, denc.ENOENT)
	e.ceph(t, "config", "set", "mon", "mon_allow_pool_delete", "false")
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// testPoolErrors: the same mistake has the same errno.
func testPoolErrors(t *testing.T, _ env, l *poolsOf, c *monclient.Client) {
	id := func(name string) int64 {
		id, err := c.PoolID(deadline(t), name)
		require.NoError(t, err)
		return id
	}
	ours, theirs := id("ours"), id("theirs") // with snapshots of their own, and with self-managed ones
	plain := id(plainPool(t, c))
	rule := int16(99)
	create := func(name string, rule *int16) error {
		_, err := c.CreatePool(deadline(t), name, monclient.PoolOptions{CRUSHRule: rule})
		return err
	}
	self := func(pool int64) error { _, err := c.CreateSelfManagedSnap(deadline(t), pool); return err }
	type request []any
	for _, tt := range []struct {
		name   string
		ours   func() error
		theirs request
		says   string
	}{
		{"create without a name", func() error { return create("", nil) }, request{"create", ""}, "name"},
		{"create what is there", func() error { return create("ours", nil) }, request{"create", "ours"}, `"ours"`},
		{"create with an unknown rule", func() error { return create("x", &rule) }, request{"create_rule", "x", 99}, `"x"`},
		{"delete, which is not allowed", func() error { return c.DeletePool(deadline(t), ours) }, request{"delete", "ours"}, "mon_allow_pool_delete"},
		{"delete what is not there", func() error { return c.DeletePool(deadline(t), 9999) }, request{"delete", "nope"}, "9999"},
		{"id of what is not there", func() error { _, err := c.PoolID(deadline(t), "nope"); return err }, request{"lookup", "nope"}, `"nope"`},
		{"name of what is not there", func() error { _, err := c.PoolName(deadline(t), 9999); return err }, request{"reverse_lookup", 9999}, "9999"},
		{"snapshot that is there", func() error { return c.CreatePoolSnap(deadline(t), ours, "two") }, request{"snap", "ours", "two"}, `"two"`},
		{"delete a snapshot that is not there", func() error { return c.DeletePoolSnap(deadline(t), ours, "no") }, request{"snap_rm", "ours", "no"}, `"no"`},
		{"snapshot beside self-managed ones", func() error { return c.CreatePoolSnap(deadline(t), theirs, "s") }, request{"snap", "theirs", "s"}, `"s"`},
		{"self-managed snapshot beside others", func() error { return self(ours) }, request{"self", "ours"}, "self-managed"},
		{"delete a self-managed snapshot of no such pool", func() error { return c.DeleteSelfManagedSnap(deadline(t), plain, 2) }, request{"self_rm", "plain", 2}, "self-managed"},
		{"delete a self-managed snapshot that never was", func() error { return c.DeleteSelfManagedSnap(deadline(t), theirs, 999) }, request{"self_rm", "theirs", 999}, "999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			errno, _ := l.do(t, tt.theirs[0].(string), tt.theirs[1:]...)
			err := tt.ours()
			require.Error(t, err)
			require.Equal(t, errno, monclient.Errno(err), "%v", err)
			require.ErrorContains(t, err, tt.says)
		})
	}

	began := time.Now()
	_, err := c.PoolCapacity(deadline(t), 9999)
	require.ErrorIs(t, err, denc.ENOENT)
	require.Less(t, time.Since(began), patience/2, "a monitor would never answer")
}

func plainPool(t *testing.T, c *monclient.Client) string {
	t.Helper()
	_, err := c.CreatePool(deadline(t), "plain", monclient.PoolOptions{})
	require.NoError(t, err)
	return "plain"
}

// testPoolsOfReader: a key that may only read.
func testPoolsOfReader(t *testing.T, e env, _ *poolsOf, _ *monclient.Client) {
	reader := denc.EntityName{Type: denc.EntityClient, ID: "pool-reader"}
	ring, err := e.AddClient(deadline(t), reader.String(), "", map[string]string{"mon": "allow r"})
	require.NoError(t, err)
	l := startPools(t, e, reader.String(), ring)
	cfg := e.config(t)
	cfg.Name, cfg.Key = reader, loadKey(t, ring, reader)
	c := connect(t, cfg)

	id, err := c.PoolID(deadline(t), "ours")
	require.NoError(t, err)
	_, err = c.ClusterStats(deadline(t))
	require.NoError(t, err)
	_, create := c.CreatePool(deadline(t), "x", monclient.PoolOptions{})
	for what, tt := range map[string]struct {
		err  error
		args []any
	}{
		"create":    {create, []any{"x"}},
		"delete":    {c.DeletePool(deadline(t), id), []any{"ours"}},
		"snap":      {c.CreatePoolSnap(deadline(t), id, "x"), []any{"ours", "x"}},
		"blocklist": {c.BlocklistAdd(deadline(t), "192.0.2.9:0/1", time.Minute), []any{"192.0.2.9:0/1", 60}},
	} {
		errno, _ := l.do(t, what, tt.args...)
		require.NotZero(t, errno)
		require.Equal(t, errno, monclient.Errno(tt.err), "%s: %v", what, tt.err)
		require.ErrorContains(t, tt.err, `"mon" does not allow "w" on "osd"`, what)
	}
}

// testPoolStatistics compares numbers with those that librados and ceph have, once both are the same.
func testPoolStatistics(t *testing.T, e env, l *poolsOf, c *monclient.Client) {
	for _, name := range []string{"a", "b", "c"} {
		l.must(t, "write", "plain", name, 8192)
	}
	plain, err := c.PoolID(deadline(t), "plain")
	require.NoError(t, err)
	eventually(t, func() string {
		stats, err := c.PoolStats(deadline(t))
		require.NoError(t, err)
		require.Subset(t, []string{"ours", "plain", "theirs", ".mgr", "device_health_metrics"}, slices.Collect(maps.Keys(stats)))
		plain := stats["plain"]
		if plain.Sum.Objects != 3 {
			return "there are three objects"
		}
		var theirs map[string]int64
		require.NoError(t, json.Unmarshal(l.must(t, "stats", "plain"), &theirs))
		for name, n := range map[string]int64{
			"num_objects": plain.Sum.Objects, "num_object_copies": plain.Sum.ObjectCopies, "num_object_clones": plain.Sum.ObjectClones,
			"num_objects_degraded": plain.Sum.ObjectsDegraded, "num_wr": plain.Sum.Writes, "num_wr_kb": plain.Sum.WriteKB, "num_rd": plain.Sum.Reads,
		} {
			if theirs[name] != n {
				return name + ": librados says " + string(mustJSON(t, theirs))
			}
		}
		require.EqualValues(t, 3*8192, plain.Sum.Bytes)
		require.EqualValues(t, 24, plain.Sum.WriteKB)
		return ""
	})
	eventually(t, func() string {
		ours, err := c.ClusterStats(deadline(t))
		require.NoError(t, err)
		theirs := l.must(t, "cluster_stats")
		var want monclient.ClusterStats
		require.NoError(t, json.Unmarshal(theirs, &want))
		if ours != want || ours.KB == 0 || ours.Objects < 3 {
			return string(mustJSON(t, ours)) + " " + string(theirs)
		}
		return ""
	})
	eventually(t, func() string {
		var df struct {
			Pools []struct {
				Name  string `json:"name"`
				Stats struct {
					MaxAvail uint64 `json:"max_avail"`
				} `json:"stats"`
			} `json:"pools"`
		}
		require.NoError(t, json.Unmarshal(e.ceph(t, "df", "-f", "json"), &df))
		capacity, err := c.PoolCapacity(deadline(t), plain)
		require.NoError(t, err)
		for _, p := range df.Pools {
			if p.Name == "plain" && p.Stats.MaxAvail>>10 == capacity.KBAvail && capacity.Objects == 3 {
				return ""
			}
		}
		return string(mustJSON(t, df)) + " " + string(mustJSON(t, capacity))
	})
}

// testBlocklist also has networks, from Quincy on.
func testBlocklist(t *testing.T, e env, l *poolsOf, c *monclient.Client) {
	for _, addr := range []string{"", "nonsense", "192.0.2.999:0/1", "192.0.2.1:0/x", "192.0.2.1:0/1 and more", "host.invalid", "[2001:db8::1", "192.0.2.1:99999/1"} {
		errno, _ := l.do(t, "blocklist", addr, 60)
		err := c.BlocklistAdd(deadline(t), addr, time.Minute)
		t.Logf("%q: librados %v, we %v", addr, errno, err)
		require.Equal(t, denc.EINVAL, monclient.Errno(err), addr)
		require.ErrorContains(t, err, string(mustJSON(t, addr)))
	}
	// The blank address is that of nobody, which librados has the monitors add all the same.
	require.Equal(t, denc.EINVAL, monclient.Errno(c.BlocklistAdd(deadline(t), "-", time.Minute)))

	began := time.Now()
	require.NoError(t, c.BlocklistAdd(deadline(t), "192.0.2.1:0/71", 10*time.Minute))
	require.NoError(t, c.BlocklistAdd(deadline(t), "[2001:db8::1]:0/72", 0))
	l.must(t, "blocklist", "192.0.2.2:0/73", 600)
	want := []string{"192.0.2.1:0/71", "192.0.2.2:0/73", "[2001:db8::1]:0/72"}
	err := c.BlocklistAdd(deadline(t), "cidr:198.51.100.0/24", time.Minute)
	if e.Release == realceph.Pacific {
		require.ErrorIs(t, err, denc.EOPNOTSUPP)
		require.ErrorContains(t, err, "cidr:198.51.100.0/24")
	} else {
		require.NoError(t, err)
		want = append(want, "cidr:198.51.100.0:0/24")
	}
	list, err := c.Blocklist(deadline(t))
	require.NoError(t, err)
	printed := string(e.ceph(t, "osd", "blocklist", "ls"))
	var got []string
	for _, b := range list {
		got = append(got, b.Addr)
		require.Contains(t, printed, b.Addr)
		require.Contains(t, printed, b.Until.Format("2006-01-02T15:04:05.000000"))
	}
	require.Subset(t, got, want)
	i := slices.Index(got, want[0])
	require.WithinDuration(t, began.Add(10*time.Minute), list[i].Until, settling)
	for _, addr := range want {
		require.NoError(t, c.BlocklistRemove(deadline(t), addr))
	}
	list, err = c.Blocklist(deadline(t))
	require.NoError(t, err)
	for _, b := range list {
		require.NotContains(t, want, b.Addr)
	}
}

var addrPattern = regexp.MustCompile(`^127\.0\.0\.1:0/[0-9]+$`)

// testOwnBlocklisting: monitors serve a client that OSDs do not serve any more.
func testOwnBlocklisting(t *testing.T, e env, l *poolsOf, c *monclient.Client) {
	var theirs string
	require.NoError(t, json.Unmarshal(l.must(t, "addrs"), &theirs))
	require.Regexp(t, addrPattern, theirs)
	require.Regexp(t, addrPattern, c.Addr())
	sessions := string(e.ceph(t, "tell", "mon."+e.Mons()[0].Name, "sessions"))
	require.Contains(t, sessions, `"nonce": `+c.Addr()[strings.Index(c.Addr(), "/")+1:], "the monitor knows the client by it")

	listed, err := c.Blocklisted(deadline(t))
	require.NoError(t, err)
	require.False(t, listed)
	require.NoError(t, c.BlocklistAdd(deadline(t), c.Addr(), time.Minute))
	listed, err = c.Blocklisted(deadline(t))
	require.NoError(t, err)
	require.True(t, listed)
	output(t, c, monclient.Command{Prefix: "status"})
	_, err = c.CreatePool(deadline(t), "still-served", monclient.PoolOptions{})
	require.NoError(t, err)
	require.NoError(t, c.BlocklistRemove(deadline(t), c.Addr()))
	listed, err = c.Blocklisted(deadline(t))
	require.NoError(t, err)
	require.False(t, listed)
}
