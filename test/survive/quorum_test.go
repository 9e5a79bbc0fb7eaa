//go:build linux

package survive

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// patience is the deadline of one step. It is only ever used up by a test that fails.
const patience = 2 * time.Minute

// pollInterval is how often a condition is looked at.
const pollInterval = 20 * time.Millisecond

// quorum is a cluster of three monitors and a mgr.
type quorum struct{ *realceph.Cluster }

func startQuorum(t *testing.T, rel realceph.Release) *quorum {
	t.Helper()
	return &quorum{realceph.StartT(t, realceph.Options{
		Release: rel, Mons: 3, Mgr: true, Network: true, ClusterLog: true,
		Conf: map[string]string{
			"mon_lease":              "1",   // monitors miss one of their own after twice that, 10 s by default
			"paxos_propose_interval": "0.2", // how long a change waits for others to go along
		},
	})}
}

// deadline returns a context for one step of a test.
func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// waitFor returns when the condition holds, and ends the test when it does not for too long.
func waitFor(t testing.TB, what string, condition func() bool) {
	t.Helper()
	defer slow(t, what)()
	ctx := deadline(t)
	for !condition() {
		select {
		case <-ctx.Done():
			require.FailNow(t, "waited in vain", what)
		case <-time.After(pollInterval):
		}
	}
}

// long is what takes more than a step should.
const long = 10 * time.Second

// slow begins a step, and returns what ends it, which tells of one that took long.
func slow(t testing.TB, what string) func() {
	t.Helper()
	begin := time.Now()
	return func() {
		t.Helper()
		if took := time.Since(begin); took > long {
			t.Logf("%s took %v", what, took.Round(time.Second))
		}
	}
}

// full waits until all monitors are in quorum.
func (q *quorum) full(t testing.TB) {
	t.Helper()
	defer slow(t, "the quorum")()
	require.NoError(t, q.WaitQuorum(deadline(t), 3))
}

// ceph runs the release's own ceph command, which must succeed, and returns its output.
func (q *quorum) ceph(t testing.TB, args ...string) []byte {
	t.Helper()
	res := q.Ceph(deadline(t), args...)
	require.NoError(t, res.Err)
	return res.Stdout
}

// epochs returns the newest epoch of each map that loads subscribe to, by the ceph command.
func (q *quorum) epochs(t testing.TB) map[string]uint64 {
	t.Helper()
	newest := make(map[string]uint64)
	for what, command := range map[string]string{"osdmap": "osd dump", "monmap": "mon dump", "mgrmap": "mgr dump"} {
		var m struct {
			Epoch uint64 `json:"epoch"`
		}
		require.NoError(t, json.Unmarshal(q.ceph(t, append(strings.Fields(command), "--format", "json")...), &m))
		require.Positive(t, m.Epoch, what)
		newest[what] = m.Epoch
	}
	return newest
}

// set changes an option of all monitors while they run.
func (q *quorum) set(t testing.TB, option, value string) {
	t.Helper()
	for _, m := range q.Mons() {
		_, err := q.Admin(deadline(t), "mon."+m.Name, map[string]any{"prefix": "config set", "var": option, "val": []string{value}})
		require.NoError(t, err)
	}
}

// leader and peon name a monitor of each kind.
func (q *quorum) leader(t testing.TB) string { return q.inState(t, "leader") }
func (q *quorum) peon(t testing.TB) string   { return q.inState(t, "peon") }

func (q *quorum) inState(t testing.TB, state string) (name string) {
	t.Helper()
	waitFor(t, "a monitor that is "+state, func() bool {
		for _, m := range q.Mons() {
			if s, err := q.MonStatus(deadline(t), m.Name); err == nil && s.State == state && len(s.Quorum) == len(q.Mons()) {
				name = m.Name
				return true
			}
		}
		return false
	})
	return name
}

// others names the monitors but one.
func (q *quorum) others(name string) []string {
	var names []string
	for _, m := range q.Mons() {
		if m.Name != name {
			names = append(names, m.Name)
		}
	}
	return names
}

func (q *quorum) mon(t testing.TB, name string) realceph.Mon {
	t.Helper()
	for _, m := range q.Mons() {
		if m.Name == name {
			return m
		}
	}
	require.FailNow(t, "no mon."+name)
	return realceph.Mon{}
}

// config returns what the cluster's ceph.conf resolves to, as client.admin, for a client whose first session is with the
// monitor named.
func (q *quorum) config(t testing.TB, mon string) monclient.Config {
	t.Helper()
	conf := cephconf.New(cephconf.System{})
	require.NoError(t, conf.ReadFile(q.ConfPath))
	cfg, err := monclient.FromConf(deadline(t), conf)
	require.NoError(t, err)
	cfg.MonMap, cfg.MonHost = nil, q.mon(t, mon).Addrs()
	return cfg
}

// prefix is the network that the monitors are in.
func (q *quorum) prefix() netip.Prefix {
	p, err := q.Mons()[0].V2.Addr().Prefix(24)
	if err != nil {
		panic(fmt.Sprint("a monitor without an address: ", err))
	}
	return p
}

// countWord counts how many operations of those that a monitor has in its hands have a word in their description.
func countWord(ops []byte, word string) int {
	var list struct {
		Ops []struct {
			Description string `json:"description"`
		} `json:"ops"`
	}
	if json.Unmarshal(ops, &list) != nil {
		return 0
	}
	n := 0
	for _, op := range list.Ops {
		if strings.Contains(op.Description, word) {
			n++
		}
	}
	return n
}
