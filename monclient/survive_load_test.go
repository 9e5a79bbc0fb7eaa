package monclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// wireDelay is how long the monitors of a survivor take to answer, so that there is always something under way.
const wireDelay = 5 * time.Millisecond

// survivor is a client under load, and what becomes of the load. Its counts are the monitors', not the client's.
type survivor struct {
	*cluster
	client *Client
	policy Resend

	mu     sync.Mutex
	asked  []*asked
	events []SessionEvent
	watch  []*watched
	marks  int // entries that the monitors themselves have written into the cluster log
	wg     sync.WaitGroup
}

// asked is a command of the load, and how it ended.
type asked struct {
	text  string // of the entry that it makes in the cluster log; empty: it only reads
	ends  int
	reply *Reply
	err   error
	took  time.Duration
}

// watched is a subscription of the load, and what it has brought.
type watched struct {
	what   string
	events []MapEvent
}

// startSurvivor starts three monitors and a client.
func startSurvivor(t *testing.T, o montest.Options, policy Resend, standbys int, change ...func(*survivor, *Config)) *survivor {
	t.Helper()
	o.Mons = 3
	s := &survivor{cluster: startMons(t, 1, o), policy: policy}
	s.delay(wireDelay)
	s.client = s.connect(func(cfg *Config) {
		cfg.Resend = policy
		cfg.StandbySessions = standbys
		cfg.OnSession = func(e SessionEvent) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		}
		for _, f := range change {
			f(s, cfg)
		}
	})
	return s
}

// delay has all monitors take some time to answer.
func (s *survivor) delay(d time.Duration) {
	for _, m := range s.Mons() {
		m.Delay(d)
	}
}

// victim returns the monitor of the session, some other one while there is no session.
func (s *survivor) victim() *montest.Mon {
	if info, ok := s.client.Session(); ok {
		return s.Mon(info.Mon)
	}
	return s.Mon("a")
}

// count returns how many events of a kind there were.
func (s *survivor) count(kind SessionEventKind) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// subscribe follows maps until the client is closed.
func (s *survivor) subscribe(names ...string) {
	for _, what := range names {
		sub, err := s.client.Subscribe(what, 0, false)
		require.NoError(s.t, err)
		w := &watched{what: what}
		s.watch = append(s.watch, w)
		s.wg.Go(func() {
			for e, err := range sub.All(context.Background()) {
				if err != nil {
					return
				}
				s.mu.Lock()
				w.events = append(w.events, e)
				s.mu.Unlock()
			}
		})
	}
}

// load sends n commands, one every gap: two that write for each that reads, and every second one synchronously.
func (s *survivor) load(n int, gap time.Duration) {
	for i := range n {
		a := &asked{}
		cmd := Command{Prefix: "fsid"}
		if i%3 != 2 {
			a.text = fmt.Sprintf("command %d", i)
			cmd = Command{Prefix: "log", Args: map[string]any{"logtext": []string{a.text}}}
		}
		if i%4 == 3 { // said by the command instead of the configuration
			cmd.Resend = s.policy
		}
		s.mu.Lock()
		s.asked = append(s.asked, a)
		s.mu.Unlock()
		start := time.Now()
		end := func(r *Reply, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a.ends++
			a.reply, a.err, a.took = r, err, time.Since(start)
		}
		if i%2 == 0 {
			_, err := s.client.StartCommand(cmd, 0, end)
			require.NoError(s.t, err)
		} else {
			s.wg.Go(func() { end(s.client.Command(context.Background(), cmd)) })
		}
		after(gap)
	}
}

// publish changes all maps n times.
func (s *survivor) publish(n int, gap time.Duration) {
	for i := range n {
		require.NoError(s.t, s.Advance("osdmap", 1+i%3))
		require.NoError(s.t, s.UpdateMonMap(func(*cephmap.MonMap) {}))
		s.SetConfig("client", "debug_ms", fmt.Sprint(i))
		s.Log(monmsg.LogWarn, fmt.Sprintf("mark %d", i))
		s.mu.Lock()
		s.marks++
		s.mu.Unlock()
		after(gap)
	}
}

// during runs things at the same time and returns when all have ended.
func during(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		wg.Go(f)
	}
	wg.Wait()
}

// executed counts the log's entries by their text.
func (s *survivor) executed() map[string]int {
	times := make(map[string]int)
	for _, e := range s.LogEntries() {
		if e.Channel == "cluster" {
			times[e.Message]++
		}
	}
	return times
}

// settle gives everything that is still under way, at the monitors too, time to come to an end.
func (s *survivor) settle() {
	after(2 * time.Minute)
	synctest.Wait()
}

// verify checks that nothing was lost, nothing done twice that was not to be, and that nothing is left.
func (s *survivor) verify() {
	t := s.t
	t.Helper()
	s.settle()
	resent, unknown, unsent, twice := 0, 0, 0, 0
	times := s.executed()
	for i, a := range s.askedFor() { // all have ended, and a failure must not leave the mutex locked
		require.Equal(t, 1, a.ends, "command %d ended %d times", i, a.ends)
		n := times[a.text]
		mayRepeat := s.policy == ResendAlways || s.policy == ResendReadOnly && a.text == ""
		switch {
		case a.err == nil:
			require.NoError(t, a.reply.Err(), "command %d", i)
			if a.reply.Resent {
				require.True(t, mayRepeat, "command %d was resent", i)
				resent++
			}
		case errors.Is(a.err, ErrNotSent):
			require.NotErrorIs(t, a.err, ErrOutcomeUnknown)
			unsent++
		default:
			require.ErrorIs(t, a.err, ErrOutcomeUnknown, "command %d", i)
			unknown++
		}
		if mayRepeat {
			require.NoError(t, a.err, "command %d is lost", i)
		}
		if a.text == "" {
			continue
		}
		if a.err == nil {
			require.GreaterOrEqual(t, n, 1, "%s was reported and not executed", a.text)
		}
		if errors.Is(a.err, ErrNotSent) {
			require.Zero(t, n, "%s: %v", a.text, a.err)
		}
		if n > 1 {
			twice++
			require.True(t, mayRepeat, "%s was executed %d times: %v", a.text, n, a.err)
			require.True(t, a.reply.Resent, "%s was executed %d times, and the result does not say so", a.text, n)
		}
	}
	maps := s.mapEvents()
	t.Logf("%d commands: %d resent, %d executed twice, %d of unknown outcome, %d not sent; %d map events", len(s.asked), resent, twice, unknown, unsent, len(maps["osdmap"])+len(maps["monmap"])+len(maps["config"])+len(maps["log-info"]))
	for what, events := range maps {
		s.verifyMaps(what, events)
	}
	after(time.Second) // until the query of just now is no longer to be hedged
	s.verifyCore()
	require.NoError(t, s.client.Close())
	s.wg.Wait()
	synctest.Wait()
	require.Zero(t, s.openConns())
}

// verifyCore checks that the client remembers nothing of what is over.
func (s *survivor) verifyCore() {
	t := s.t
	t.Helper()
	looked := make(chan string)
	c := s.client.core
	require.NoError(t, c.post(func() {
		calls := 0
		for _, session := range c.sessions() {
			calls += session.calls
		}
		looked <- fmt.Sprintf("pending %d, deadlines %d, hedges %d, owed by sessions %d, attempts %d and %d, sessions %d, peers over %d",
			len(c.pending), len(c.deadlines), len(c.hedges), calls, len(c.hunt.running), len(c.standby.attempts), len(c.sessions()),
			max(0, len(c.peers)-len(c.monmap.Mons)))
	}))
	require.Equal(t, fmt.Sprintf("pending 0, deadlines 0, hedges 0, owed by sessions 0, attempts 0 and 0, sessions %d, peers over 0", 1+c.cfg.StandbySessions), <-looked)
}

// askedFor returns copies of what was asked, as it is now.
func (s *survivor) askedFor() (list []asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		list = append(list, *a)
	}
	return list
}

// mapEvents returns what subscriptions have brought until now.
func (s *survivor) mapEvents() map[string][]MapEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string][]MapEvent)
	for _, w := range s.watch {
		all[w.what] = append([]MapEvent(nil), w.events...)
	}
	return all
}

// verifyMaps checks that no epoch was missed.
func (s *survivor) verifyMaps(what string, events []MapEvent) {
	t := s.t
	t.Helper()
	require.NotEmpty(t, events, what)
	last := events[len(events)-1]
	var before uint64
	seen := make(map[string]int)
	for i, e := range events {
		require.Zero(t, e.Missed, what)
		if what != "config" {
			require.Greater(t, e.Epoch, before, "%s event %d", what, i)
		}
		if what == "osdmap" && i > 0 {
			require.Equal(t, before+1, e.Epoch, "osdmap event %d", i)
		}
		before = e.Epoch
		if m, ok := e.Message.(*monmsg.MLog); ok {
			for _, entry := range m.Entries {
				if entry.Channel == "cluster" {
					seen[entry.Message]++
				}
			}
		}
	}
	switch what {
	case "osdmap":
		newest, _, err := s.client.Version(t.Context(), "osdmap")
		require.NoError(t, err)
		require.Equal(t, newest, last.Epoch)
	case "monmap":
		require.Equal(t, uint64(s.MonMap().Epoch), last.Epoch)
	case "config":
		require.Equal(t, fmt.Sprint(s.marks-1), last.Message.(*monmsg.MConfig).Options["debug_ms"])
	case "log-info":
		for i := range s.marks {
			require.Equal(t, 1, seen[fmt.Sprintf("mark %d", i)], "mark %d in the log", i)
		}
		for text, n := range s.executed() {
			require.Equal(t, n, seen[text], text)
		}
	}
}
