package compat

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// settling is how long two programs may say different things of a cluster that changes by itself, and pause how often they are
// asked.
const (
	settling = 20 * time.Second
	pause    = 200 * time.Millisecond
)

// clusters has a slot for each cluster that may run.
var clusters = make(chan struct{}, 2)

func TestReleases(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			t.Parallel()
			clusters <- struct{}{}
			t.Cleanup(func() { <-clusters })
			e := newEnv(t, realceph.StartT(t, realceph.Options{Release: rel, Mons: 3, OSDs: 1, Conf: map[string]string{
				"paxos_propose_interval":  "0.1",
				"mon_allow_pool_delete":   "true",
				"mon_warn_on_pool_no_app": "false",
			}}))
			e.populate(t)
			t.Run("ceph", e.testCeph)
			t.Run("watch", e.testWatch)
			t.Run("module", e.testModule)
		})
	}
}

// step is a command line of ceph.
type step struct {
	args  []string
	stdin string
	// undo makes the cluster what it was before, after each of the two.
	undo [][]string
	// volatile is what differs from one run to the next by its nature.
	volatile []volatile
	code     int
	// more is for one release only: it is not about what differs between them.
	more bool
}

// volatile is a part of what is printed that is not compared.
type volatile struct {
	*regexp.Regexp
	as string
}

func part(expr, as string) volatile { return volatile{regexp.MustCompile(expr), as} }

// always are those of every command.
var always = []volatile{
	// How long ago something was: "(age 3s)", "(since 0.78s)", "active, since 9m".
	part(`\b(age|since) \d+(\.\d+)?(e-\d+)?[smhdwy]\w*`, "$1 AGO"),
	// The lines that librados' own log has on standard error, such as "2026-11-23T16:46:11.184+0000 7f88537fe6c0 -1 monclient(hunting): …".
	part(`(?m)^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4} [0-9a-f]+ +-?\d+ .*\n`, ""),
	// What librados writes on standard error besides.
	part(`(?m)^(unable to get monitor info from DNS SRV with service name: .*|unable to parse addrs in '.*'|server name not found: .*)\n`, ""),
}

// Those of single commands.
var (
	newKey = part(`(?m)key = \S+$`, "key = KEY")
	// What a monitor says of itself: since when it runs, since when there is this quorum, and which clients it has at the moment.
	quorumAge = part(`"(uptime|quorum_age)": \d+`, `"$1": AGE`)
	clients   = part(`"client": \[[^\]]*\]`, `"client": [CLIENTS]`)
	// What is used of the OSD's memory, and shares of that.
	used = part(`\d+(\.\d+)? ([KM]iB|B)?`, "SIZE ")
)

// populate gives the cluster something to show.
func (e env) populate(t *testing.T) {
	t.Helper()
	e.change(t, "osd", "pool", "create", "first", "1")
	e.change(t, "config-key", "set", "compat/there", "value")
	e.change(t, "auth", "get-or-create", "client.there", "mon", "allow r", "osd", "allow r")
}

func words(line string) []string { return strings.Fields(line) }

func (e env) steps(t *testing.T) []step {
	wrong := "AQBkpVhlAAAAABAAqqqqqqqqqqqqqqqqqqqqqq==" // of type aes, which every release can read
	keyring := e.write(t, "wrong.keyring", "[client.admin]\n\tkey = "+wrong+"\n")
	input := e.write(t, "input", "some\x01bytes")
	mute := e.write(t, "empty.conf", "[global]\n")
	steps := []step{
		{args: words("-s")},
		{args: words("status -f json"), volatile: []volatile{part(`"(quorum_age|bytes_used|bytes_avail|data_bytes)":\d+`, `"$1":N`)}, more: true},
		{args: words("health detail")},
		{args: words("health -f json-pretty"), more: true},
		{args: words("osd tree")},
		{args: words("osd tree -f xml"), more: true},
		{args: words("osd dump -f json-pretty")},
		{args: words("osd getmap -o /dev/stdout"), more: true},
		{args: words("config set osd osd_max_backfills 3"), undo: [][]string{words("config rm osd osd_max_backfills")}},
		{args: words("config get osd.0 osd_max_backfills")},
		{args: words("config get mon.a mon_allow_pool_delete"), more: true},
		{args: words("config set osd no_such_option 3"), code: 22, more: true},
		{args: words("config dump")},
		{args: words("config-key set compat/new value"), undo: [][]string{words("config-key rm compat/new")}},
		{args: []string{"config-key", "set", "compat/new", "-i", input}, undo: [][]string{words("config-key rm compat/new")}, more: true},
		{args: words("config-key set compat/new -i -"), stdin: "from stdin", undo: [][]string{words("config-key rm compat/new")}, more: true},
		{args: words("config-key get compat/there")},
		{args: words("config-key get compat/absent"), code: 2, more: true},
		{args: words("config-key dump compat/")},
		{args: words("config-key rm compat/absent"), more: true},
		{args: []string{"auth", "get-or-create", "client.new", "mon", "allow r"}, undo: [][]string{words("auth rm client.new")}, volatile: []volatile{newKey}},
		{args: words("auth get-or-create client.there mon allow"), code: 22, more: true},
		{args: words("auth ls")},
		{args: words("auth get client.there"), more: true},
		{args: words("auth rm client.there"), undo: [][]string{{"auth", "get-or-create", "client.there", "mon", "allow r", "osd", "allow r"}}},
		{args: words("auth get client.absent"), code: 2, more: true},
		{args: words("osd pool create second 1"), undo: [][]string{words("osd pool delete second second --yes-i-really-really-mean-it")}},
		{args: words("osd pool create first 1"), more: true},
		{args: words("osd pool create third many"), code: 2, more: true},
		{args: words("osd pool ls")},
		{args: words("osd pool delete first"), code: 1},
		{args: words("osd pool delete first first --yes-i-really-really-mean-it"), undo: [][]string{words("osd pool create first 1")}, more: true},
		{args: words("osd set noout"), undo: [][]string{words("osd unset noout")}},
		{args: words("osd unset noout"), more: true},
		{args: words("mon dump")},
		{args: words("mon dump -f json"), more: true},
		{args: words("tell mon.a version")},
		{args: words("tell mon.* version")},
		{args: words("tell mon.nosuch version"), code: 2},
		{args: words("tell mon.b config get mon_allow_pool_delete"), more: true},
		{args: words("tell mon.a nosuch"), code: 22, more: true},
		{args: words("tell mgr version")},
		{args: words("tell mgr.x version")},
		{args: words("ping mon.a"), volatile: []volatile{quorumAge, clients}},
		{args: words("ping mon.nosuch"), code: 1},
		{args: words("ping nosuch"), code: 1, more: true},
		{args: words("log last 3")},
		{args: words("log last 5 info audit"), volatile: []volatile{part(`(?s).+`, "ENTRIES")}, more: true},
		{args: words("-h")},
		{args: words("osd pool -h"), more: true},
		{args: words("df"), volatile: []volatile{used}},
		{args: words("pg stat"), volatile: []volatile{used}, more: true},
		{args: words("mgr module ls")},
		{args: words("mgr services"), more: true},
		{args: words("fsid"), more: true},
		{args: nil, stdin: "fsid\nnosuch\nquit\n"},
		{args: words("nosuch command"), code: 22},
		{args: words("osd pool create"), code: 22, more: true},
		{args: words("--version"), more: true},
		{args: []string{"--keyring", keyring, "-s"}, code: 13},
		{args: words("--id nosuch -s"), code: 1, more: true},
		{args: words("--id there -s --keyring " + e.KeyringPath), code: 13},
		{args: words("--keyring /nonexistent/keyring -s"), code: 1, more: true},
		{args: words("-m 127.0.0.1:1 --connect-timeout 1 -s"), code: 1},
		{args: words("-m 127.0.0.1:1 --client-mount-timeout 1 -s"), code: 1, more: true},
		{args: []string{"-c", "/nonexistent/ceph.conf", "-s"}, code: 1, more: true},
		{args: []string{"-c", mute, "-s"}, code: 1, more: true},
	}
	return steps
}

// testCeph compares what the two print and how they end, one command after the other.
func (e env) testCeph(t *testing.T) {
	for _, s := range e.steps(t) {
		if s.more && e.Release != realceph.Tentacle {
			continue
		}
		t.Run(filepath.Base(strings.Join(s.args, " ")), func(t *testing.T) { e.compare(t, s) })
	}
	t.Run("is another library", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := e.ours.script(ctx, t, "fsid")
		cmd.Env = append(cmd.Env, "LIBMONCLIENT=/nonexistent/libmonclient.so.0")
		r := e.ours.run(t, cmd, "")
		require.Equal(t, 1, r.Code, r)
		require.Contains(t, r.Stderr, "cannot load libmonclient.so.0", r)
	})
}

// compare runs the command on both sides until they say the same.
func (e env) compare(t *testing.T, s step) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settling)
	defer cancel()
	for {
		theirs, ours := e.both(t, s)
		if t.Failed() {
			return
		}
		if theirs == ours {
			require.Equal(t, s.code, theirs.Code, theirs)
			return
		}
		select {
		case <-ctx.Done():
			require.Equal(t, theirs.String(), ours.String())
		case <-time.After(pause):
		}
	}
}

func (e env) both(t *testing.T, s step) (want, got result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	theirs, ours := e.librados.script(ctx, t, s.args...), e.ours.script(ctx, t, s.args...)
	if s.undo == nil { // at the same time, for less to change meanwhile
		var done sync.WaitGroup
		done.Go(func() { want = e.librados.run(t, theirs, s.stdin) })
		got = e.ours.run(t, ours, s.stdin)
		done.Wait()
	} else {
		want = e.librados.run(t, theirs, s.stdin)
		e.undo(t, s)
		got = e.ours.run(t, ours, s.stdin)
		e.undo(t, s)
	}
	return s.stable(want), s.stable(got)
}

func (e env) undo(t *testing.T, s step) {
	t.Helper()
	for _, args := range s.undo {
		e.change(t, args...)
	}
}

// stable returns a result without what is volatile.
func (s step) stable(r result) result {
	for _, v := range slices.Concat(always, s.volatile) {
		r.Stdout, r.Stderr = v.ReplaceAllString(r.Stdout, v.as), v.ReplaceAllString(r.Stderr, v.as)
	}
	return r
}
