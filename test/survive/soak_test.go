//go:build linux

package survive

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// defaultSoak is how long the soak lasts where nobody says otherwise.
const defaultSoak = 2 * time.Minute

// maxMoves is how often a monitor moves, at most: each time it needs an address that nobody has had.
const maxMoves = 40

// calamity is a random fault: what happens, and how it is undone.
type calamity struct {
	name   string
	weight int
	do     func(*soak)
}

var calamities = []calamity{
	{"killed", 4, func(s *soak) {
		victim := s.victim()
		require.NoError(s.t, s.q.KillMon(victim))
		s.hold(true)
		require.NoError(s.t, s.q.StartMon(victim))
	}},
	{"stopped", 3, func(s *soak) {
		victim := s.victim()
		require.NoError(s.t, s.q.StopMon(victim))
		s.hold(true)
		require.NoError(s.t, s.q.StartMon(victim))
	}},
	{"frozen", 4, func(s *soak) {
		victim := s.victim()
		require.NoError(s.t, s.q.Freeze(victim))
		s.hold(true)
		require.NoError(s.t, s.q.Thaw(victim))
	}},
	{"black hole", 4, func(s *soak) {
		victim := s.victim()
		require.NoError(s.t, s.q.BlackHole(victim))
		s.hold(true)
		require.NoError(s.t, s.q.Heal(victim))
	}},
	{"all reset", 3, func(s *soak) { s.l.breaker.breakAll() }},
	{"mid-frame", 3, func(s *soak) {
		s.l.breaker.breakAfter(1000 + s.random.Int64N(50_000))
		s.hold(false)
		s.l.breaker.breakAfter(0)
	}},
	{"quorum lost", 2, func(s *soak) {
		dead := s.q.others(s.victim())
		for _, name := range dead {
			require.NoError(s.t, s.q.KillMon(name))
		}
		s.hold(false)
		for _, name := range dead {
			require.NoError(s.t, s.q.StartMon(name))
		}
	}},
	{"key changed", 1, func(s *soak) {
		_, err := s.q.ChangeKey(deadline(s.t), "client.admin", "")
		require.NoError(s.t, err)
		s.l.breaker.breakAll()
	}},
	{"moved", 1, func(s *soak) {
		if s.moves++; s.moves > maxMoves {
			return
		}
		victim := s.victim()
		require.NoError(s.t, s.q.RemoveMon(deadline(s.t), victim))
		s.hold(true)
		require.NoError(s.t, s.q.AddMon(deadline(s.t), victim))
	}},
}

// soak is a load under random faults.
type soak struct {
	t      *testing.T
	q      *quorum
	l      *load
	random *rand.Rand
	moves  int
}

// testSoak has one fault after the other happen to a quorum at work.
func testSoak(t *testing.T) {
	duration, seed := soakLength(t), soakSeed(t)
	t.Logf("SURVIVE_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	rel := releases[random.IntN(len(releases))]
	realceph.Require(t, rel)
	q := startQuorum(t, rel)
	all := parties()
	for _, p := range all {
		p.writers = 8
	}
	s := &soak{t: t, q: q, l: q.start(t, q.leader(t), all), random: random}
	happened := make(map[string]int)
	for end := time.Now().Add(duration); time.Now().Before(end); {
		c := s.next()
		c.do(s)
		happened[c.name]++
		q.full(t)
		s.l.progress(1)
	}
	n := s.l.finish()
	var list []string
	for _, name := range slices.Sorted(maps.Keys(happened)) {
		list = append(list, fmt.Sprintf("%s %d", name, happened[name]))
	}
	t.Logf("soak of %v on %s, seed %d: %v; faults: %s", duration, rel, seed, n, strings.Join(list, ", "))
}

// soakLength is how long faults happen: SURVIVE_SOAK, such as "1h".
func soakLength(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SURVIVE_SOAK")
	if text == "" {
		return defaultSoak
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err, "SURVIVE_SOAK")
	return d
}

// soakSeed chooses the release and the faults: SURVIVE_SEED, or at random.
func soakSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("SURVIVE_SEED")
	if text == "" {
		return uint64(rand.Uint32())
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, "SURVIVE_SEED")
	return seed
}

// next chooses what happens.
func (s *soak) next() calamity {
	total := 0
	for _, c := range calamities {
		total += c.weight
	}
	n := s.random.IntN(total)
	for _, c := range calamities {
		if n -= c.weight; n < 0 {
			return c
		}
	}
	panic("the weights do not add up")
}

// victim chooses a monitor, often one that a client has its session with.
func (s *soak) victim() string {
	mons := s.q.Mons()
	name := mons[s.random.IntN(len(mons))].Name
	p := s.l.parties[s.random.IntN(len(s.l.parties))]
	if s.random.IntN(2) == 0 {
		if session, ok := p.client.Session(); ok {
			return session.Mon
		}
	}
	return name
}

// hold lets a fault last: for a moment, for some seconds or, where the clients can, until all of them have come through.
func (s *soak) hold(throughable bool) {
	length := time.Duration(s.random.Int64N(int64(500 * time.Millisecond)))
	switch {
	case s.random.IntN(3) == 0:
	case throughable:
		s.l.progress(1)
	default:
		length *= 12
	}
	select {
	case <-time.After(length):
	case <-s.t.Context().Done():
	}
}
