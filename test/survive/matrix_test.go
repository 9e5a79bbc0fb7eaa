//go:build linux

package survive

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
)

// growth is by how much the memory in use may differ after everything.
const growth = 8 << 20

// fault is what happens to a load.
type fault struct {
	name string
	run  func(*testing.T, *quorum)
}

// faults are in an order in which none spoils the next.
var faults = []fault{
	{"killed", testKilled},
	{"frozen", testFrozen},
	{"black hole", testBlackHole},
	{"reset in mid-frame", testReset},
	{"quorum lost", testQuorumLost},
	{"rolling restart", testRollingRestart},
	{"moved", testMoved},
	{"key changed", testKeyChanged},
	{"twice", testTwice},
	{"tickets", testTickets},
}

// releases are those that are shown to work; they have all that matters to a session and Pacific has not.
var releases = []realceph.Release{realceph.Reef, realceph.Tentacle}

func TestSurvive(t *testing.T) {
	before, files := heap(), descriptors(t)
	t.Run("at once", func(t *testing.T) {
		t.Run("matrix", func(t *testing.T) {
			t.Parallel()
			for _, rel := range releases {
				t.Run(string(rel), func(t *testing.T) { testMatrix(t, rel) })
			}
		})
		t.Run("soak", func(t *testing.T) {
			t.Parallel()
			testSoak(t)
		})
	})
	after := heap()
	t.Logf("memory in use: %d KiB before, %d KiB after; open files: %d, %d", before>>10, after>>10, files, descriptors(t))
	require.Less(t, after, before+growth)
	require.LessOrEqual(t, descriptors(t), files)
}

// testMatrix has every fault happen to one quorum.
func testMatrix(t *testing.T, rel realceph.Release) {
	realceph.Require(t, rel)
	t.Parallel()
	q := startQuorum(t, rel)
	for _, f := range faults {
		if !t.Run(f.name, func(t *testing.T) {
			begin := time.Now()
			f.run(t, q)
			t.Logf("%s, %s: %v", rel, f.name, time.Since(begin).Round(100*time.Millisecond))
		}) {
			break // the cluster may be in any state
		}
	}
}

// testKilled kills a monitor that all sessions are with, a peon and then the leader.
func testKilled(t *testing.T, q *quorum) {
	for _, victim := range []string{q.peon(t), q.leader(t)} {
		l := q.start(t, victim, parties())
		require.NoError(t, q.KillMon(victim))
		l.progress(2)
		require.NoError(t, q.StartMon(victim))
		q.full(t)
		l.progress(1)
		t.Log(l.finish())
	}
}

// testFrozen stops a monitor, which keeps its connections and says nothing, and lets it go on.
func testFrozen(t *testing.T, q *quorum) {
	victim := q.leader(t)
	l := q.start(t, victim, parties())
	require.NoError(t, q.Freeze(victim))
	l.progress(2)
	require.NoError(t, q.Thaw(victim))
	q.full(t)
	l.progress(1)
	t.Log(l.finish())
}

// testBlackHole drops all packets between the clients and a monitor, which stays in quorum.
func testBlackHole(t *testing.T, q *quorum) {
	victim := q.peon(t)
	l := q.start(t, victim, parties())
	require.NoError(t, q.BlackHole(victim))
	l.progress(2)
	require.NoError(t, q.Heal(victim))
	l.progress(1)
	t.Log(l.finish())
}

// testReset breaks connections in the midst of frames.
func testReset(t *testing.T, q *quorum) {
	const (
		breaks = 40
		// A handshake and a few commands: some connections break in the one, some in the other.
		bytes = 20_000
	)
	l := q.start(t, q.peon(t), parties())
	l.breaker.breakAfter(bytes)
	waitFor(t, "broken connections", func() bool { return l.breaker.broken() >= breaks || l.stuck() })
	l.breaker.breakAfter(0)
	l.progress(2)
	t.Log(l.finish())
}

// testQuorumLost kills two monitors, so that the third cannot do anything, and brings them back.
func testQuorumLost(t *testing.T, q *quorum) {
	survivor := q.peon(t)
	l := q.start(t, survivor, parties())
	for _, name := range q.others(survivor) {
		require.NoError(t, q.KillMon(name))
	}
	waitFor(t, "the end of the quorum", func() bool {
		s, err := q.MonStatus(deadline(t), survivor)
		return err == nil && s.State != "leader" && s.State != "peon"
	})
	for _, p := range l.parties {
		waitFor(t, "the monitor's closing its sessions", func() bool { return p.failovers.Load() > 0 || l.stuck() })
	}
	for _, name := range q.others(survivor) {
		require.NoError(t, q.StartMon(name))
	}
	q.full(t)
	l.progress(2)
	t.Log(l.finish())
}

// testRollingRestart restarts one monitor after the other, as an upgrade does, while a thousand commands are run.
func testRollingRestart(t *testing.T, q *quorum) {
	const commands = 1000
	l := q.start(t, q.leader(t), parties())
	for _, m := range q.Mons() {
		require.NoError(t, q.StopMon(m.Name))
		l.progress(1)
		require.NoError(t, q.StartMon(m.Name))
		q.full(t)
		l.progress(1)
	}
	waitFor(t, "a thousand commands", func() bool { return l.total() >= commands || l.stuck() })
	t.Log(l.finish())
}

// testMoved removes a monitor that the sessions are with, and adds it again at another address.
func testMoved(t *testing.T, q *quorum) {
	name := q.peon(t)
	old := q.mon(t, name)
	l := q.start(t, name, parties())
	require.NoError(t, q.RemoveMon(deadline(t), name))
	l.progress(1)
	require.NoError(t, q.AddMon(deadline(t), name))
	q.full(t)
	require.NotEqual(t, old.Addrs(), q.mon(t, name).Addrs())
	l.progress(1)
	for _, p := range l.parties {
		waitFor(t, "the new address at "+p.name, func() bool {
			m, ok := p.client.MonMap().Mon(name)
			if !ok {
				return false
			}
			addr, ok := m.Addrs.Msgr2()
			return ok && addr.IP == q.mon(t, name).V2.Addr()
		})
	}
	// With the others gone it is where sessions end up.
	for _, other := range q.others(name) {
		require.NoError(t, q.BlackHole(other))
	}
	l.progress(1)
	for _, other := range q.others(name) {
		require.NoError(t, q.Heal(other))
	}
	t.Log(l.finish())
}

// testKeyChanged gives the clients' entity another key, which ends no session; every connection after that needs the new one.
func testKeyChanged(t *testing.T, q *quorum) {
	l := q.start(t, q.peon(t), parties())
	for range 2 {
		_, err := q.ChangeKey(deadline(t), "client.admin", "")
		require.NoError(t, err)
		l.progress(1)
		l.breaker.breakAll()
		l.progress(1)
	}
	t.Log(l.finish())
}

// testTwice is where librados executes twice and says nothing: a peon has passed commands on to the leader, and freezes
// before it has an answer. The leader may have answered by then, so it is tried more than once. Nothing is done twice unsaid in
// any case, which judge sees to.
func testTwice(t *testing.T, q *quorum) {
	// The leader waits for more to commit along with them.
	q.set(t, "paxos_propose_interval", "2")
	defer q.set(t, "paxos_propose_interval", "0.2")
	const attempts = 12
	for range attempts {
		if tryTwice(t, q) {
			return
		}
	}
	require.FailNow(t, "what a frozen peon has passed on was never executed twice", "%d times", attempts)
}

// tryTwice reports whether the commands that may be sent again were executed twice.
func tryTwice(t *testing.T, q *quorum) bool {
	const inFlight = 16
	victim, leader := q.peon(t), q.leader(t)
	both := []*party{{name: "always", resend: monclient.ResendAlways}, {name: "never", resend: monclient.ResendNever}}
	l := q.connect(t, victim, both)
	defer l.close()
	for _, p := range both {
		for range inFlight {
			l.workers.Go(func() { l.log(t.Context(), p) })
		}
	}
	answered := make(chan struct{})
	go func() {
		l.workers.Wait()
		close(answered)
	}()
	over := func() bool {
		select {
		case <-answered:
			return true
		default:
			return false
		}
	}
	waitFor(t, "the leader's having all commands", func() bool {
		ops, err := q.Admin(deadline(t), "mon."+leader, map[string]any{"prefix": "ops"})
		require.NoError(t, err)
		return over() || countWord(ops, l.word) >= len(both)*inFlight
	})
	if !over() {
		require.NoError(t, q.Freeze(victim))
		<-answered
		require.NoError(t, q.Thaw(victim))
		q.full(t)
	}
	n := l.judge()
	t.Log(n)
	return n.resent == inFlight && n.twice == inFlight && n.unknown == inFlight && n.unknownDone == inFlight
}

// testTickets has tickets expire every few seconds, and sessions that are found again with new ones.
func testTickets(t *testing.T, q *quorum) {
	const ttl = 5 * time.Second
	duration := ttl + ttl/2
	if os.Getenv("LONG") != "" {
		duration = 2 * time.Minute
	}
	q.set(t, "auth_mon_ticket_ttl", "5")
	q.set(t, "auth_service_ticket_ttl", "5")
	defer q.set(t, "auth_mon_ticket_ttl", "259200")
	defer q.set(t, "auth_service_ticket_ttl", "3600")
	all := parties()
	for _, p := range all {
		p.writers = min(p.writers, 4) // some of the time nobody is busy
	}
	l := q.start(t, q.peon(t), all)
	select {
	case <-time.After(duration):
	case <-t.Context().Done():
	}
	for _, p := range all {
		require.Zero(t, p.failovers.Load(), "%s: expired tickets end no session", p.name)
		tickets := p.client.Stats().Tickets
		require.Contains(t, tickets, "auth")
		for service, left := range tickets { // sessions live on with tickets that have expired, so they are looked at
			require.Positive(t, left, "%s: the ticket for %s was not renewed", p.name, service)
		}
	}
	l.progress(1)
	l.breaker.breakAll()
	l.progress(1)
	t.Log(l.finish())
}
