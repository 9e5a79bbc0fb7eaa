package monclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
	"github.com/libmonclient/libmonclient/msgr2"
)

// inOrder has a client try a before b, and b before c.
func inOrder(cfg *Config) { prefer(cfg, map[string]uint16{"a": 1, "b": 2, "c": 3}) }

// mapPriorities gives the monmap of the monitors the same order.
func (c *cluster) mapPriorities() {
	require.NoError(c.t, c.UpdateMonMap(func(m *cephmap.MonMap) {
		for i := range m.Mons {
			m.Mons[i].Priority = uint16(i + 1)
		}
	}))
}

// ended returns the numbers of a client's commands by prefix and outcome.
func ended(s Stats) map[string]uint64 {
	counts := make(map[string]uint64)
	for _, c := range s.Commands {
		counts[c.Prefix+": "+c.Outcome] = c.Count
	}
	return counts
}

func TestStatsOfSessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.mapPriorities()
		client := c.connect(inOrder)
		s := client.Stats()
		require.Equal(t, StateConnected, s.State)
		require.Equal(t, "a", s.Mon)
		require.Equal(t, []uint64{1, 1, 1, 1, 0}, []uint64{s.Hunts, s.HuntRounds, s.Attempts, s.Sessions, s.Failovers})
		require.Empty(t, s.SessionsLost)
		require.Empty(t, s.AttemptsFailed)

		after(5 * time.Second)
		c.Mon("a").DropClients()
		synctest.Wait()
		s = client.Stats()
		require.Equal(t, "a", s.Mon, "priorities count more than what has happened")
		require.Equal(t, []uint64{2, 2, 2, 2}, []uint64{s.Hunts, s.HuntRounds, s.Attempts, s.Sessions})
		require.Equal(t, map[string]uint64{"closed": 1}, s.SessionsLost)
		require.Len(t, client.core.stats.live, 1, "nothing is kept of the session that was lost")

		c.Mon("b").Refuse()
		c.Mon("c").Kill()
		after(5 * time.Second)
		c.Mon("a").Freeze()
		after(10 * time.Minute)
		s = client.Stats()
		require.Equal(t, StateHunting, s.State)
		require.Empty(t, s.Mon)
		require.Equal(t, uint64(3), s.Hunts)
		require.Equal(t, uint64(2), s.Sessions)
		require.Equal(t, map[string]uint64{"closed": 1, "keepalive": 1}, s.SessionsLost)
		rounds := s.HuntRounds - 2
		require.Greater(t, rounds, uint64(10))
		// The three of a round fail each in its own way; the last round may not be over.
		require.InDelta(t, rounds, s.AttemptsFailed["dial"], 1, "c is dead")
		require.InDelta(t, 2*rounds, s.AttemptsFailed["banner"], 2, "a says nothing, b hangs up")
		require.Len(t, s.AttemptsFailed, 2)
		require.Equal(t, s.Attempts-s.Sessions, s.AttemptsFailed["dial"]+s.AttemptsFailed["banner"]+uint64(len(client.core.hunt.running)))

		require.NoError(t, client.Close())
		s = client.Stats()
		require.Equal(t, StateClosed, s.State)
		require.Equal(t, uint64(2), s.Sessions, "what was counted stays")
	})
}

func TestStatsOfStandbys(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect(inOrder, standbys(1))
		synctest.Wait()
		s := client.Stats()
		require.Equal(t, []uint64{1, 1, 2, 1, 0}, []uint64{s.Hunts, s.HuntRounds, s.Attempts, s.Sessions, s.Failovers})
		require.Equal(t, 1, s.Standbys)

		after(5 * time.Second)
		c.Mon("a").Kill()
		after(30 * time.Second)
		s = client.Stats()
		require.NotEqual(t, "a", s.Mon)
		require.Equal(t, []uint64{1, 1, 2, 1}, []uint64{s.Hunts, s.HuntRounds, s.Sessions, s.Failovers}, "nobody was looked for")
		require.Equal(t, 1, s.Standbys)
		require.Equal(t, map[string]uint64{"closed": 1}, s.SessionsLost)
		require.Equal(t, uint64(3), s.Attempts)
		require.Empty(t, s.AttemptsFailed)
		other := c.Mon(client.Standbys()[0].Mon)
		other.Refuse()
		other.DropClients()
		after(30*time.Second + 50*time.Millisecond)
		s = client.Stats()
		require.Zero(t, s.Standbys)
		require.Greater(t, s.Attempts, uint64(6))
		require.Positive(t, s.AttemptsFailed["dial"])
		require.Equal(t, s.Attempts-3, s.AttemptsFailed["dial"]+s.AttemptsFailed["banner"], "those for standbys count")

		require.NoError(t, client.Close())
		require.Zero(t, client.Stats().Standbys)
	})
}

func TestStatsOfCommands(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 1})
		c.answerCommand("osd tree")
		client := c.connect()
		for range 3 {
			_, err := client.Command(t.Context(), Command{Prefix: "osd tree", Args: map[string]any{"states": "up"}})
			require.NoError(t, err)
		}
		c.Mon("a").Delay(40 * time.Millisecond)
		_, err := client.Command(t.Context(), Raw(`{"format": "json", "prefix": "osd tree"}`))
		require.NoError(t, err)
		c.Mon("a").Delay(0)
		for _, unknown := range []Command{{Prefix: "my secret"}, Raw(`{"prefix":"another secret"}`)} {
			r, err := client.Command(t.Context(), unknown)
			require.NoError(t, err)
			require.Negative(t, r.Retval)
		}

		c.Mon("a").ControlAll(monmsg.TypeMonCommand, montest.Drop)
		done := make(chan error, 4)
		start := func(timeout time.Duration) *Call {
			call, err := client.StartCommand(Raw(`{"prefix": "health"}`), timeout, func(_ *Reply, err error) { done <- err })
			require.NoError(t, err)
			return call
		}
		start(70 * time.Millisecond)
		canceled := start(0)
		start(0)
		_, err = client.StartCommand(Command{Prefix: "fsid", Resend: ResendNever}, 0, func(_ *Reply, err error) { done <- err })
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 4, client.Stats().CallsInFlight)
		after(100 * time.Millisecond)
		require.ErrorIs(t, <-done, ErrTimeout)
		canceled.Cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.Equal(t, 2, client.Stats().CallsInFlight)

		c.Mon("a").Kill()
		require.ErrorIs(t, <-done, ErrOutcomeUnknown)
		start(0)
		synctest.Wait()
		require.NoError(t, client.Close())
		require.ErrorIs(t, errors.Join(<-done, <-done), ErrClosed)

		s := client.Stats()
		require.Zero(t, s.CallsInFlight)
		require.Equal(t, map[string]uint64{
			"osd tree: ok": 4, "other: error": 2, "health: timeout": 1, "health: canceled": 1, "fsid: unknown": 1,
			"health: unknown": 1, "health: not sent": 1,
		}, ended(s))
		for _, cmd := range s.Commands {
			took := map[string]time.Duration{"osd tree: ok": 40 * time.Millisecond, "health: timeout": 70 * time.Millisecond}[cmd.Prefix+": "+cmd.Outcome]
			if took == 0 {
				continue
			}
			require.Equal(t, took, time.Duration(cmd.Total), cmd.Prefix)
			for i, bound := range s.CommandBuckets {
				want := cmd.Count
				if took > time.Duration(bound) {
					want--
				}
				require.Equal(t, want, cmd.Buckets[i], "%s up to %v", cmd.Prefix, bound)
			}
		}
		require.Zero(t, s.Resends)
		require.NotContains(t, fmt.Sprint(s), "secret")
	})
}

func TestStatsOfResendsAndHedges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.mapPriorities()
		client := c.connect(inOrder, standbys(1), hedge(100*time.Millisecond))
		synctest.Wait()
		deafen(c.Mon("a"))
		_, err := client.Command(t.Context(), Command{Prefix: "fsid"})
		require.NoError(t, err)
		s := client.Stats()
		require.Equal(t, []uint64{0, 1}, []uint64{s.Resends, s.Hedges})

		_, err = client.StartCommand(Command{Prefix: "osd set", Args: map[string]any{"key": "noout"}}, 0, func(*Reply, error) {})
		require.NoError(t, err)
		synctest.Wait()
		c.Mon("a").Kill()
		synctest.Wait()
		s = client.Stats()
		require.Equal(t, []uint64{1, 1}, []uint64{s.Resends, s.Hedges})
		require.Equal(t, uint64(1), ended(s)["osd set: ok"])
	})
}

func TestHistogram(t *testing.T) {
	var h histogram
	for _, bound := range commandBuckets {
		h.add(time.Duration(bound))
		h.add(time.Duration(bound) + 1)
	}
	s := h.stats(commandKey{"fsid", "ok"})
	for i, n := range s.Buckets {
		require.Equal(t, uint64(2*i+1), n)
	}
	require.Equal(t, uint64(2*len(commandBuckets)), s.Count, "the last one took longer than all bounds")
}

func TestStatsKeepFewPrefixes(t *testing.T) {
	var m meter
	m.init()
	for name := range commandNames() {
		for range 2 {
			call := &Call{command: true, text: []string{`{"prefix":"` + name + `"}`}}
			m.started(call)
			m.finished(call, &outcome{})
		}
	}
	s := Stats{Maps: map[string]MapStats{}}
	m.read(&s, time.Now())
	require.Len(t, s.Commands, maxPrefixes+1)
	total := uint64(0)
	for _, c := range s.Commands {
		total += c.Count
		if c.Prefix != otherPrefix {
			require.Equal(t, uint64(2), c.Count)
		}
	}
	require.Equal(t, uint64(2*len(commandNames())), total)
}

func TestPrefixOf(t *testing.T) {
	for text, want := range map[string]string{
		`{"prefix":"osd tree","format":"json"}`:   "osd tree",
		`{"prefix": "osd tree"}`:                  "osd tree",
		`{ "prefix" : "osd tree"}`:                "osd tree",
		`{"epoch":7,"prefix":"osd tree"}`:         "osd tree",
		`{"prefix":"osd\u0020tree"}`:              "osd tree",
		`{"prefix":7}`:                            "",
		`{"prefix":"`:                             "",
		`{"prefix":`:                              "",
		`{"val":"\"prefix\":\"x\"","prefix":"y"}`: "y",
		``: "",
	} {
		require.Equal(t, want, prefixOf([]string{text}), text)
	}
	require.Equal(t, "osd tree", prefixOf([]string{`{"prefix":"osd `, `tree"}`}))
	require.Empty(t, prefixOf(nil))
}

func TestStatsOfRoundTrips(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.mapPriorities()
		client := c.connect(inOrder, standbys(1))
		require.Empty(t, client.Stats().RoundTrips, "there was no keepalive")
		c.Mon("a").Delay(30 * time.Millisecond)
		c.Mon("b").Delay(80 * time.Millisecond)
		after(11 * time.Second)
		first := RoundTrip{Last: 30 * time.Millisecond, Smoothed: 30 * time.Millisecond, Min: 30 * time.Millisecond}
		far := RoundTrip{Last: 80 * time.Millisecond, Smoothed: 80 * time.Millisecond, Min: 80 * time.Millisecond}
		require.Equal(t, map[string]RoundTrip{"a": first, "b": far}, client.Stats().RoundTrips, "at once, not when the next one is due")
		info, ok := client.Session()
		require.True(t, ok)
		require.Equal(t, first, info.RoundTrip)
		require.Equal(t, far, client.Standbys()[0].RoundTrip)

		c.Mon("a").Delay(110 * time.Millisecond)
		after(20 * time.Second)
		second := RoundTrip{Last: 110 * time.Millisecond, Smoothed: 40 * time.Millisecond, Min: 30 * time.Millisecond} // 30 + (110 - 30) / 8
		require.Equal(t, second, client.Stats().RoundTrips["a"])
		c.Mon("a").Delay(20 * time.Millisecond)
		after(20 * time.Second)
		third := client.Stats().RoundTrips["a"]
		require.Equal(t, []time.Duration{20 * time.Millisecond, 20 * time.Millisecond}, []time.Duration{third.Last, third.Min})

		c.Mon("a").Kill()
		synctest.Wait()
		require.Equal(t, third, client.Stats().RoundTrips["a"], "it outlives the session")
		require.NoError(t, c.RemoveMon("a"))
		after(time.Second)
		require.NotContains(t, client.Stats().RoundTrips, "a")
		require.NotContains(t, client.core.stats.trips, c.Mon("a").Addr())
	})
}

func TestStatsOfMaps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 3, montest.Options{Mons: 1})
		require.NoError(t, c.Advance("osdmap", 41))
		client := c.connect()
		require.Equal(t, map[string]MapStats{"monmap": {Epoch: 3, Newest: 3}}, client.Stats().Maps)

		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		_, err = client.Subscribe("log-info", 0, false)
		require.NoError(t, err)
		synctest.Wait()
		s := client.Stats()
		require.Equal(t, map[string]MapStats{"monmap": {Epoch: 3, Newest: 3}, "osdmap": {Epoch: 42, Newest: 42}}, s.Maps)
		require.Equal(t, 2, s.Subscriptions)
		require.Equal(t, 1, s.EventsQueued)

		// The map does not come any more, and a query tells of newer ones.
		c.Mon("a").ControlAll(monmsg.TypeMonGetVersion, func(m monmsg.Message) bool {
			c.Mon("a").Send(&monmsg.MMonGetVersionReply{Handle: m.(*monmsg.MMonGetVersion).Handle, Version: 50, Oldest: 1})
			return false
		})
		_, _, err = client.Version(t.Context(), "osdmap")
		require.NoError(t, err)
		require.Equal(t, MapStats{Epoch: 42, Newest: 50, Behind: 8}, client.Stats().Maps["osdmap"])
		require.NoError(t, c.Advance("osdmap", 2))
		synctest.Wait()
		require.Equal(t, MapStats{Epoch: 44, Newest: 50, Behind: 6}, client.Stats().Maps["osdmap"])

		c.Mon("a").Send(&monmsg.MOSDMap{FSID: testFSID, Newest: 60})
		synctest.Wait()
		require.Equal(t, MapStats{Epoch: 44, Newest: 60, Behind: 16}, client.Stats().Maps["osdmap"], "maps that come in parts tell, too")

		require.NoError(t, sub.Close())
		synctest.Wait()
		s = client.Stats()
		require.NotContains(t, s.Maps, "osdmap")
		require.Equal(t, 1, s.Subscriptions)
		require.Zero(t, s.EventsQueued)
	})
}

func TestStatsOfEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 1})
		client := c.connect()
		sub, err := client.SubscribeWith(SubscribeOptions{What: "osdmap", MaxEvents: 3})
		require.NoError(t, err)
		newest, err := client.SubscribeWith(SubscribeOptions{What: "mgrmap", Latest: true})
		require.NoError(t, err)
		synctest.Wait()
		for range 5 {
			require.NoError(t, c.Advance("osdmap", 1))
			require.NoError(t, c.Advance("mgrmap", 1))
			synctest.Wait()
		}
		s := client.Stats()
		require.Equal(t, uint64(3), s.EventsDropped, "of six, and none of those that newer ones have replaced")
		require.Equal(t, 4, s.EventsQueued)
		_, err = sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, client.Stats().EventsQueued)
		require.NoError(t, sub.Close())
		require.NoError(t, newest.Close())
		synctest.Wait()
		require.Zero(t, client.Stats().EventsQueued)
	})
}

func TestStatsOfTickets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 1})
		require.NoError(t, c.SetTicketTTL(2*time.Hour, time.Hour))
		client := c.connect()
		before := client.Stats().Tickets
		require.Equal(t, 2*time.Hour, time.Duration(before["auth"]))
		require.Equal(t, time.Hour, time.Duration(before["mgr"]))
		after(10 * time.Minute)
		require.Equal(t, 110*time.Minute, time.Duration(client.Stats().Tickets["auth"]))
		after(37 * time.Minute) // a quarter is left at 45
		require.Equal(t, 58*time.Minute, time.Duration(client.Stats().Tickets["mgr"]).Round(time.Minute), "it was renewed")

		none := startMons(t, 1, montest.Options{Mons: 1, NoAuth: true}).connect()
		require.Empty(t, none.Stats().Tickets)
	})
}

// metered counts what goes through a connection.
type metered struct {
	net.Conn
	in, out *atomic.Uint64
}

func (c metered) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in.Add(uint64(n))
	return n, err
}

func (c metered) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.out.Add(uint64(n))
	return n, err
}

func TestStatsOfTraffic(t *testing.T) {
	for _, mode := range []cephx.Mode{cephx.ModeCRC, cephx.ModeSecure} {
		t.Run(msgr2.ModeName(uint32(mode)), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{Mons: 3, Modes: []cephx.Mode{mode}})
				c.Mon("b").Silence()
				c.Mon("c").Refuse()
				var in, out atomic.Uint64
				client := c.connect(func(cfg *Config) {
					cfg.StandbySessions = 2
					cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
						nc, err := c.dial(ctx, network, address)
						return metered{nc, &in, &out}, err
					}
				})
				after(25 * time.Second)
				_, err := client.Command(t.Context(), Command{Prefix: "fsid", Input: make([]byte, 300<<10)})
				require.NoError(t, err)
				synctest.Wait() // what is sent is counted when the call has returned that has sent it
				s := client.Stats()
				require.Equal(t, []uint64{in.Load(), out.Load()}, []uint64{s.BytesReceived, s.BytesSent}, "failed attempts and keepalives included")
				require.Greater(t, s.BytesSent, uint64(300<<10))
				require.Equal(t, uint64(len(c.Mon("a").Received())), s.MessagesSent)
				require.Equal(t, uint64(3), s.MessagesSent, "for the map, the subscription, the command")
				require.Equal(t, uint64(2), s.MessagesReceived, "the map, and the answer")
			})
		})
	}
}

func TestStatsInJSON(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 1})
		require.NoError(t, c.SetTicketTTL(2*time.Hour, time.Hour))
		client := c.connect()
		c.Mon("a").Delay(30 * time.Millisecond)
		after(10*time.Second + 200*time.Millisecond) // too soon after a keepalive for another one
		_, err := client.Command(t.Context(), Command{Prefix: "fsid"})
		require.NoError(t, err)
		s := client.Stats()
		s.BytesReceived, s.BytesSent = 1000, 2000 // which depend on release and mode
		b, err := json.Marshal(s)
		require.NoError(t, err)
		require.JSONEq(t, `{
			"state": "connected", "mon": "a", "sessions": 1, "failovers": 0, "sessions_lost": {}, "hunts": 1, "hunt_rounds": 1,
			"attempts": 1, "attempts_failed": {}, "standbys": 0,
			"round_trips": {"a": {"last": 0.03, "smoothed": 0.03, "min": 0.03}},
			"calls_in_flight": 0, "resends": 0, "hedges": 0,
			"commands": [{"prefix": "fsid", "outcome": "ok", "count": 1, "total": 0.03, "buckets": [0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,1]}],
			"command_buckets": [0.0005,0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30,60],
			"maps": {"monmap": {"epoch": 1, "newest": 1, "behind": 0}},
			"tickets": {"auth": 7189.77, "mgr": 3589.77, "mon": 3589.77, "osd": 3589.77},
			"bytes_received": 1000, "bytes_sent": 2000, "messages_received": 2, "messages_sent": 3,
			"subscriptions": 0, "events_queued": 0, "events_dropped": 0, "log_unacked": 0,
			"osdmaps": {"full": 0, "applied": 0, "repaired": 0}
		}`, string(b))
		var d Duration
		require.NoError(t, json.Unmarshal([]byte("0.0025"), &d))
		require.Equal(t, Duration(2500*time.Microsecond), d)
		require.Equal(t, "2.5ms", d.String())
		require.Error(t, json.Unmarshal([]byte(`"x"`), &d))

		empty, err := json.Marshal(c.connect().Stats())
		require.NoError(t, err)
		require.NotContains(t, string(empty), "null")
	})
}

// TestStatsFromAnywhere asks all the time while sessions come and go.
func TestStatsFromAnywhere(t *testing.T) {
	c := startMons(t, 1, montest.Options{Mons: 3})
	var client atomic.Pointer[Client]
	ask := func() {
		if c := client.Load(); c != nil {
			c.Stats()
			c.Session()
		}
	}
	client.Store(c.connect(standbys(1), func(cfg *Config) { cfg.OnSession = func(SessionEvent) { ask() } }))
	sub, err := client.Load().Subscribe("osdmap", 0, false)
	require.NoError(t, err)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					ask()
				}
			}
		})
	}
	for range 10 {
		var calls sync.WaitGroup
		for range 20 {
			calls.Add(1)
			_, err := client.Load().StartCommand(Command{Prefix: "fsid"}, 0, func(*Reply, error) {
				ask()
				calls.Done()
			})
			require.NoError(t, err)
		}
		require.NoError(t, c.Advance("osdmap", 1))
		_, err := sub.Next(t.Context())
		require.NoError(t, err)
		calls.Wait()
		c.current(client.Load()).DropClients()
		_, err = client.Load().Command(t.Context(), Command{Prefix: "fsid"})
		require.NoError(t, err)
	}
	require.NoError(t, client.Load().Close())
	ask()
	close(stop)
	all.Wait()
	s := client.Load().Stats()
	require.Equal(t, StateClosed, s.State)
	require.Equal(t, uint64(210), ended(s)["fsid: ok"])
	require.Zero(t, s.CallsInFlight)
}

func TestCauseOf(t *testing.T) {
	for want, err := range map[string]error{
		"keepalive": fmt.Errorf("%w for 2s", ErrKeepalive), "quorum": ErrNoQuorum, "removed": fmt.Errorf("mon.a %w 7", errRemoved),
		"auth": fmt.Errorf("ticket renewal: %w", &cephx.AuthError{Result: -13}), "protocol": fmt.Errorf("read: %w", msgr2.ErrFrame),
		"network": fmt.Errorf("read: %w", &net.OpError{Op: "read", Err: errors.New("x")}), "panic": &PanicError{Value: 1}, "other": errors.New("x"),
	} {
		require.Equal(t, want, causeOf(lost(err)))
	}
}

// BenchmarkStats measures a snapshot with a hundred prefixes.
func BenchmarkStats(b *testing.B) {
	client := benchClient(b)
	n := 0
	for name := range commandNames() {
		if n++; n > maxPrefixes {
			break
		}
		client.core.stats.finished(&Call{command: true, name: name}, &outcome{})
	}
	b.ResetTimer()
	for range b.N {
		client.Stats()
	}
}

func BenchmarkStatsOfOneCommand(b *testing.B) {
	var m meter
	m.init()
	text := []string{`{"prefix":"osd tree","format":"json"}`}
	for _, bb := range []struct{ name, prefix string }{{"prefix", "osd tree"}, {"json", ""}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			call, o := &Call{command: true, name: bb.prefix, text: text}, &outcome{reply: &monmsg.MMonCommandAck{}}
			for range b.N {
				call.began = time.Time{}
				m.started(call)
				m.sent(call)
				m.finished(call, o)
			}
		})
	}
}

// TestCommandNames holds the list of names to what it is for: the prefixes of real commands, and no others.
func TestCommandNames(t *testing.T) {
	for name := range commandNames() {
		require.NotEmpty(t, name)
		require.Equal(t, strings.ToLower(name), name)
		require.NotContains(t, name, "\t")
	}
	require.True(t, commandNames()["osd tree"])
	require.True(t, commandNames()["get_command_descriptions"])
	require.False(t, commandNames()[otherPrefix])
}
