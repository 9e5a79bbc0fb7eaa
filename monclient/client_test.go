package monclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// bubble runs a test with fake time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// after waits for a time of the bubble.
func after(d time.Duration) { <-time.After(d) }

func TestConnectAndAsk(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 3, "a", "b", "c")
		client := c.connect()

		info, ok := client.Session()
		require.True(t, ok)
		require.Equal(t, "crc", info.Mode)
		require.Equal(t, c.mons[info.Mon].rank, info.Rank)
		require.Equal(t, testFSID, client.FSID())
		require.Equal(t, uint32(3), client.MonMap().Epoch)
		require.Equal(t, uint64(4001), client.GlobalID())

		r, err := client.Command(t.Context(), Command{Prefix: "osd tree", Format: "json", Args: map[string]any{"epoch": 7}, Input: []byte("in")})
		require.NoError(t, err)
		require.NoError(t, r.Err())
		require.Equal(t, "from "+info.Mon, string(r.Output))
		require.False(t, r.Resent)
		cmd := got[*monmsg.MMonCommand](c.mons[info.Mon])[0]
		require.Equal(t, []string{`{"epoch":7,"format":"json","prefix":"osd tree"}`}, cmd.Cmd)
		require.Equal(t, testFSID, cmd.FSID)
		require.Equal(t, "in", string(cmd.Input))

		newest, oldest, err := client.Version(t.Context(), "osdmap")
		require.NoError(t, err)
		require.Equal(t, []uint64{42, 7}, []uint64{newest, oldest})
	})
}

func TestConnectCostsThisMuch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 3, "a")
		client := c.connect()
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err)
		m := c.mons["a"]
		m.mu.Lock()
		defer m.mu.Unlock()
		// One question for the map, one subscription, one command: nothing is asked twice.
		require.Len(t, m.received, 3)
		require.IsType(t, &monmsg.MMonGetMap{}, m.received[0])
		sub := m.received[1].(*monmsg.MMonSubscribe)
		require.Equal(t, map[string]monmsg.Subscription{"monmap": {Start: 4}}, sub.What)
		require.Equal(t, "testhost", sub.Hostname)
		require.IsType(t, &monmsg.MMonCommand{}, m.received[2])
	})
}

func TestArgumentsKeepTheirType(t *testing.T) {
	tests := []struct {
		v    any
		want string
	}{
		{3600.0, "3600.0"}, {float32(1.5), "1.5"}, {1e30, "1e+30"}, {-0.25, "-0.25"}, {7, "7"}, {uint64(1) << 63, "9223372036854775808"},
		{true, "true"}, {"7", `"7"`}, {[]string{"a", "b"}, `["a","b"]`},
	}
	for _, tt := range tests {
		text, err := Command{Prefix: "p", Args: map[string]any{"a": tt.v}}.text()
		require.NoError(t, err)
		require.Equal(t, []string{`{"a":` + tt.want + `,"prefix":"p"}`}, text)
	}
	for _, v := range []any{math.NaN(), math.Inf(1), make(chan int)} {
		_, err := Command{Prefix: "p", Args: map[string]any{"a": v}}.text()
		require.ErrorContains(t, err, `command "p": arguments`)
	}
}

func TestNegativeAnswerIsNoError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		c.mons["a"].set(func(m *fakeMon) {
			m.answer = func(conn *msgr2.Conn, msg monmsg.Message, tid uint64) bool {
				_, is := msg.(*monmsg.MMonCommand)
				if is {
					reply(conn, &monmsg.MMonCommandAck{Retval: -22, Status: "command not known"}, tid)
				}
				return is
			}
		})
		client := c.connect()
		r, err := client.Command(t.Context(), Raw(`{"prefix":"nonsense","key":"secret"}`))
		require.NoError(t, err)
		require.Equal(t, int32(-22), r.Retval)
		require.EqualError(t, r.Err(), "command nonsense: EINVAL: command not known")
		require.ErrorIs(t, r.Err(), syscall.EINVAL)
		require.Equal(t, denc.EINVAL, Errno(r.Err()))
	})
}

func TestFirstToAuthenticateWinsAndTheOthersAreClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b", "c", "d", "e")
		c.mons["a"].set(func(m *fakeMon) { m.mute = true })
		c.mons["b"].set(func(m *fakeMon) { m.mute = true })
		var events []SessionEvent
		client := c.connect(func(cfg *Config) {
			cfg.HuntParallel = -1
			cfg.OnSession = func(e SessionEvent) { events = append(events, e) }
		})
		synctest.Wait()
		require.Contains(t, "cde", c.current(client).info.Name)
		require.Equal(t, SessionHunting, events[0].Kind)
		require.Len(t, events[0].Mons, 5)
		require.Equal(t, SessionConnected, events[len(events)-1].Kind)
		live := 0
		for _, m := range c.mons {
			m.mu.Lock()
			live += len(m.live)
			m.mu.Unlock()
		}
		client.Close()
		synctest.Wait()
		require.GreaterOrEqual(t, live, 1)
	})
}

func TestHuntTriesTheNextBatchWhenTheFirstIsSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b", "c", "d")
		// The batch of three is decided by priority: lower values first.
		for name, priority := range map[string]uint16{"a": 1, "b": 1, "c": 1, "d": 2} {
			mon, _ := c.monmap.Mon(name)
			mon.Priority = priority
			c.mons[name].set(func(m *fakeMon) { m.mute = name != "d" })
		}
		start := time.Now()
		client := c.connect()
		require.Equal(t, "d", c.current(client).info.Name)
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestHuntTriesTheNextBatchAtOnceWhenTheFirstFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b")
		mon, _ := c.monmap.Mon("b")
		mon.Priority = 9
		c.mons["a"].kill()
		start := time.Now()
		client := c.connect()
		require.Equal(t, "b", c.current(client).info.Name)
		require.Zero(t, time.Since(start))
	})
}

func TestRoundsBackOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		c.mons["a"].kill()
		var at []time.Duration
		start := time.Now()
		cfg := c.config()
		cfg.ConnectTimeout = time.Minute
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			at = append(at, time.Since(start))
			return nil, syscall.ECONNREFUSED
		}
		_, err := Connect(t.Context(), cfg)
		require.ErrorIs(t, err, ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.Equal(t, denc.ETIMEDOUT, Errno(err))
		require.Equal(t, time.Minute, time.Since(start))
		ms := time.Millisecond
		require.Equal(t, []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms, 3000 * ms, 6200 * ms, 12600 * ms, 25400 * ms, 40400 * ms, 55400 * ms}, at)
		require.ErrorContains(t, err, "mon.a v2:10.0.0.1:3300/0: dial: connection refused")
	})
}

func TestSilentMonitorsEndAtTheDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		c.mons["a"].set(func(m *fakeMon) { m.mute = true })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := Connect(ctx, c.config())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(start))
		require.ErrorContains(t, err, "mon.a v2:10.0.0.1:3300/0: banner: no answer within 3s (after 3s)")
		ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err = Connect(ctx, c.config())
		require.ErrorContains(t, err, "mon.a v2:10.0.0.1:3300/0: handshake: no answer yet (after 2s)")
	})
}

func TestRejectedCredentialsEndTheSearchAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b", "c", "d", "e")
		for _, m := range c.mons {
			m.set(func(m *fakeMon) {
				m.refusal = &msgr2.AuthRefusal{Result: -13, AllowedMethods: []uint32{2}, AllowedModes: []uint32{2, 1}}
			})
		}
		c.mons["e"].kill() // one that is down must not make it a matter of time
		start := time.Now()
		cfg := c.config()
		cfg.HuntParallel = -1
		_, err := Connect(t.Context(), cfg)
		require.ErrorIs(t, err, cephx.ErrRejected)
		require.ErrorIs(t, err, syscall.EACCES)
		require.Equal(t, denc.EACCES, Errno(err))
		require.Zero(t, time.Since(start))
		require.ErrorContains(t, err, "mon.a v2:10.0.0.1:3300/0: auth: authentication rejected: EACCES")
		for _, name := range []string{"a", "b", "c", "d"} {
			require.Len(t, c.mons[name].dials(), 1, "mon.%s", name)
		}
	})
}

func TestRejectedWhileConnected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		after(2 * time.Second) // a session of some age
		refusal := &msgr2.AuthRefusal{Result: -13, AllowedMethods: []uint32{2}, AllowedModes: []uint32{2, 1}}
		c.mons["a"].set(func(m *fakeMon) { m.refusal = refusal })
		c.mons["a"].dropAll()
		synctest.Wait()
		start := time.Now()
		for range 3 {
			_, err := client.Command(t.Context(), Command{Prefix: "status"})
			require.ErrorIs(t, err, cephx.ErrRejected)
		}
		require.Zero(t, time.Since(start), "what is known is told at once")
		require.Len(t, c.mons["a"].dials(), 3, "the session, the attempt to get it back, and one as a new client")

		c.mons["a"].set(func(m *fakeMon) { m.refusal = nil })
		after(16 * time.Second) // ms_max_backoff and a bit
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err, "and when the key is good again the client finds out by itself")
	})
}

func TestForeignCluster(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b")
		cfg := c.config()
		cfg.FSID = uuid.MustParse("11111111-2222-3333-4444-555555555555")
		_, err := Connect(t.Context(), cfg)
		require.ErrorIs(t, err, ErrForeignCluster)
		require.ErrorContains(t, err, testFSID.String())
		var ce *ConnectError
		require.ErrorAs(t, err, &ce)
		require.Len(t, ce.Attempts, 2, "every monitor was asked, though the first answer outran the second")
		for _, m := range c.mons {
			require.LessOrEqual(t, len(m.dials()), 2)
		}
	})
}

func TestCorruptMonMapIsRefusedAndTheOldOneKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 5, "a", "b")
		client := c.connect()
		before := c.current(client)
		bad := c.encodedMonMap()
		bad.Map = bad.Map[:len(bad.Map)-3]
		before.broadcast(bad)
		synctest.Wait()
		require.Equal(t, uint32(5), client.MonMap().Epoch)
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err, "the client goes on with a new session")
	})
}

func TestMonMapOnlyGetsNewer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 5, "a")
		client := c.connect()
		c.monmap.Epoch = 4
		c.mons["a"].broadcast(c.encodedMonMap())
		synctest.Wait()
		require.Equal(t, uint32(5), client.MonMap().Epoch)
		c.monmap.Epoch = 6
		c.mons["a"].broadcast(c.encodedMonMap())
		synctest.Wait()
		require.Equal(t, uint32(6), client.MonMap().Epoch)
	})
}

func TestRemovedMonitorIsLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 5, "a", "b")
		client := c.connect()
		old := c.current(client)
		next := c.monmap.Clone()
		next.Epoch++
		for i, mon := range next.Mons {
			if mon.Name == old.info.Name {
				next.Mons = append(next.Mons[:i:i], next.Mons[i+1:]...)
			}
		}
		c.monmap = next
		old.broadcast(c.encodedMonMap())
		synctest.Wait()
		require.NotEqual(t, old, c.current(client))
	})
}

func TestCommandIsResentWhenTheMonitorDies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b")
		client := c.connect()
		first := c.current(client)
		first.set(func(m *fakeMon) { m.deaf = true })
		type result struct {
			r   *Reply
			err error
		}
		done := make(chan result)
		go func() {
			r, err := client.Command(t.Context(), Command{Prefix: "status"})
			done <- result{r, err}
		}()
		synctest.Wait()
		require.Len(t, got[*monmsg.MMonCommand](first), 1)
		id := client.GlobalID()
		first.kill()
		res := <-done
		require.NoError(t, res.err)
		require.True(t, res.r.Resent)
		require.Equal(t, "from "+c.current(client).info.Name, string(res.r.Output))
		require.NotEqual(t, first, c.current(client))
		require.Equal(t, id, client.GlobalID(), "the global_id is kept")
	})
}

func TestCancelledCommandIsNotResent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b")
		client := c.connect()
		first := c.current(client)
		first.set(func(m *fakeMon) { m.deaf = true })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Command(ctx, Command{Prefix: "log"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "monclient: command log: context deadline exceeded")
		first.kill()
		after(time.Minute)
		require.Empty(t, got[*monmsg.MMonCommand](c.current(client)))
	})
}

func TestCommandWithoutASessionSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect(func(cfg *Config) { cfg.OpTimeout = 2 * time.Second })
		c.mons["a"].kill()
		synctest.Wait()
		_, ok := client.Session()
		require.False(t, ok)
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.ErrorIs(t, err, ErrTimeout)
		require.ErrorContains(t, err, "command status")
		require.ErrorContains(t, err, "mon.a v2:10.0.0.1:3300/0: dial: connection refused")
	})
}

func TestKeepaliveTimeoutIsExact(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b")
		lost := make(chan SessionEvent, 1)
		client := c.connect(func(cfg *Config) {
			cfg.OnSession = func(e SessionEvent) {
				if e.Kind == SessionLost {
					lost <- e
				}
			}
			cfg.Dial = freezable(cfg.Dial)
		})
		first := c.current(client)
		after(95 * time.Second)
		synctest.Wait()
		require.Equal(t, first, c.current(client), "a monitor that answers is kept")
		start := time.Now()
		frozen.Store(first.addr().AddrPort().String(), true)
		defer frozen.Clear()
		e := <-lost
		require.ErrorIs(t, e.Err, ErrKeepalive)
		// The last answer was to the keepalive of 90 s; silence is noticed at the first tick more than 30 s later.
		require.Equal(t, 35*time.Second, time.Since(start))
		synctest.Wait()
		require.NotEqual(t, first, c.current(client))
	})
}

func TestCloseEndsEveryCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		c.mons["a"].set(func(m *fakeMon) { m.deaf = true })
		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		errs := make(chan error)
		go func() { _, err := client.Command(t.Context(), Command{Prefix: "x"}); errs <- err }()
		go func() { _, _, err := client.Version(t.Context(), "osdmap"); errs <- err }()
		go func() { _, err := sub.Next(t.Context()); errs <- err }()
		go func() { _, err := client.WaitForMap(t.Context(), "mgrmap", 9); errs <- err }()
		synctest.Wait()
		require.NoError(t, client.Close())
		for range 4 {
			require.ErrorIs(t, <-errs, ErrClosed)
		}
		require.NoError(t, client.Close())
		_, err = client.Command(t.Context(), Command{Prefix: "x"})
		require.ErrorIs(t, err, ErrClosed)
		_, err = client.Subscribe("osdmap", 0, false)
		require.ErrorIs(t, err, ErrClosed)
		require.Equal(t, denc.ESHUTDOWN, Errno(err))
	})
}

func TestMonitorThatDropsItsClientsIsNotCalledInALoop(t *testing.T) {
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("before its first message: %v", first), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startFakes(t, 1, "a")
				client := c.connect()
				c.mons["a"].set(func(m *fakeMon) {
					m.answer = func(conn *msgr2.Conn, msg monmsg.Message, tid uint64) bool {
						_, command := msg.(*monmsg.MMonCommand)
						if first || command {
							go conn.Close()
							return true
						}
						return false
					}
				})
				c.mons["a"].dropAll()
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := client.Command(ctx, Command{Prefix: "status"})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				var at []time.Duration
				for _, d := range c.mons["a"].dials()[1:] {
					at = append(at, d.Sub(start))
				}
				ms := time.Millisecond
				require.Subset(t, []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms, 3000 * ms, 6200 * ms}, at)
				require.GreaterOrEqual(t, len(at), 5)
			})
		})
	}
}

func TestVersionOfAnUnknownMapIsRefusedHere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startFakes(t, 1, "a").connect()
		_, _, err := client.Version(t.Context(), "mgrmap")
		require.ErrorIs(t, err, ErrUnknownMap)
		require.ErrorContains(t, err, `"mgrmap" is none of ["monmap" "osdmap" "fsmap" "mdsmap"]`)
		_, err = client.Subscribe("osdmaps", 0, false)
		require.ErrorIs(t, err, ErrUnknownMap)
		_, err = client.WaitForMap(t.Context(), "config", 1)
		require.ErrorIs(t, err, ErrUnknownMap)
	})
}

func osdmaps(newest uint32, incs []uint32, fulls ...uint32) *monmsg.MOSDMap {
	m := &monmsg.MOSDMap{FSID: testFSID, Newest: newest, TrimLowerBound: 1}
	for _, e := range incs {
		m.Incrementals = append(m.Incrementals, monmsg.EpochMap{Epoch: e, Map: fmt.Appendf(nil, "inc %d", e)})
	}
	for _, e := range fulls {
		m.Full = append(m.Full, monmsg.EpochMap{Epoch: e, Map: fmt.Appendf(nil, "full %d", e)})
	}
	return m
}

func TestSubscriptionGoesOnAfterAChangeOfSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a", "b")
		client := c.connect()
		first := c.current(client)
		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		defer sub.Close()
		synctest.Wait()
		first.broadcast(osdmaps(10, nil, 10))
		first.broadcast(osdmaps(12, []uint32{11, 12}))
		for _, want := range []string{"full 10", "inc 11", "inc 12"} {
			e, err := sub.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, string(e.Data))
			require.Equal(t, strings.HasPrefix(want, "full"), e.Full)
		}
		first.kill()
		synctest.Wait()
		second := c.current(client)
		subs := got[*monmsg.MMonSubscribe](second)
		require.Equal(t, map[string]monmsg.Subscription{"monmap": {Start: 2}, "osdmap": {Start: 13}}, subs[len(subs)-1].What)
		second.broadcast(osdmaps(13, []uint32{12, 13})) // 12 again, which has been seen
		e, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(13), e.Epoch)
	})
}

func TestOnetimeOSDMapGetsEverythingThereIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		sub, err := client.Subscribe("osdmap", 5, true)
		require.NoError(t, err)
		synctest.Wait()
		c.mons["a"].broadcast(osdmaps(8, []uint32{5, 6}))
		synctest.Wait()
		subs := got[*monmsg.MMonSubscribe](c.mons["a"])
		require.Equal(t, monmsg.Subscription{Start: 5, Flags: monmsg.SubscribeOnetime}, subs[1].What["osdmap"])
		require.Equal(t, monmsg.Subscription{Start: 7, Flags: monmsg.SubscribeOnetime}, subs[2].What["osdmap"])
		c.mons["a"].broadcast(osdmaps(8, []uint32{7, 8}))
		var epochs []uint64
		for e, err := range sub.All(t.Context()) {
			require.NoError(t, err)
			epochs = append(epochs, e.Epoch)
		}
		require.Equal(t, []uint64{5, 6, 7, 8}, epochs)
		_, err = sub.Next(t.Context())
		require.ErrorIs(t, err, io.EOF)
	})
}

func TestSubscribersOfOneMapShareIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		one, err := client.Subscribe("osdmap", 4, false)
		require.NoError(t, err)
		synctest.Wait()
		c.mons["a"].broadcast(osdmaps(5, []uint32{4, 5}))
		synctest.Wait()
		two, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		synctest.Wait()
		subs := got[*monmsg.MMonSubscribe](c.mons["a"])
		require.Equal(t, map[string]monmsg.Subscription{"osdmap": {Start: 0}}, subs[len(subs)-1].What)
		c.mons["a"].broadcast(osdmaps(5, nil, 5))
		c.mons["a"].broadcast(osdmaps(6, []uint32{6}))
		read := func(s *Subscription, n int) (got []string) {
			for range n {
				e, err := s.Next(t.Context())
				require.NoError(t, err)
				got = append(got, string(e.Data))
			}
			return got
		}
		require.Equal(t, []string{"inc 4", "inc 5", "inc 6"}, read(one, 3))
		require.Equal(t, []string{"full 5", "inc 6"}, read(two, 2))
		one.Close()
		_, err = one.Next(t.Context())
		require.ErrorIs(t, err, ErrUnsubscribed)
		c.mons["a"].broadcast(osdmaps(7, []uint32{7}))
		require.Equal(t, []string{"inc 7"}, read(two, 1))
	})
}

func TestSlowSubscriberLosesTheOldestAndIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		sub, err := client.Subscribe("osdmap", 1, false)
		require.NoError(t, err)
		synctest.Wait()
		for e := uint32(1); e <= maxQueuedEvents+10; e++ {
			c.mons["a"].broadcast(osdmaps(e, []uint32{e}))
		}
		synctest.Wait()
		_, err = client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err, "the session does not wait for the subscriber")
		e, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(11), e.Epoch)
		require.Equal(t, 10, e.Missed)
		e, err = sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(12), e.Epoch)
		require.Zero(t, e.Missed)
	})
}

func TestWaitForMap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		go func() {
			after(3 * time.Second)
			c.mons["a"].broadcast(osdmaps(9, nil, 9))
		}()
		start := time.Now()
		epoch, err := client.WaitForMap(t.Context(), "osdmap", 9)
		require.NoError(t, err)
		require.Equal(t, uint64(9), epoch)
		require.Equal(t, 3*time.Second, time.Since(start))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.WaitForMap(ctx, "osdmap", 10)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestOneLevelOfTheLogAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startFakes(t, 1, "a").connect()
		info, err := client.Subscribe("log-info", 0, false)
		require.NoError(t, err)
		warn, err := client.Subscribe("log-warn", 0, false)
		require.NoError(t, err)
		_, err = warn.Next(t.Context())
		require.ErrorIs(t, err, ErrLogLevel)
		require.NoError(t, info.Close())
		warn, err = client.Subscribe("log-warn", 0, false)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = warn.Next(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestMapsOfEveryKindReachTheirSubscribers(t *testing.T) {
	rawMap := []byte{1, 1, 4, 0, 0, 0, 33, 0, 0, 0}
	tests := []struct {
		what  string
		m     monmsg.Message
		epoch uint64
		full  bool
	}{
		{"mgrmap", &monmsg.MMgrMap{Map: rawMap}, 33, true},
		{"servicemap", &monmsg.MServiceMap{Map: rawMap}, 33, true},
		{"fsmap", &monmsg.MFSMap{Epoch: 33, Map: rawMap}, 33, true},
		{"fsmap.user", &monmsg.MFSMapUser{Epoch: 33, Map: rawMap}, 33, true},
		{"config", &monmsg.MConfig{Options: map[string]string{"a": "b"}}, 0, true},
		{"kv:config/", &monmsg.MKVData{Version: 33, Prefix: "config/"}, 33, true},
		{"kv:x", &monmsg.MKVData{Version: 33, Prefix: "x", Incremental: true}, 33, false},
		{"log-info", &monmsg.MLog{Paxos: monmsg.Paxos{Version: 33}, FSID: testFSID}, 33, false},
		{"osdmap", osdmaps(33, nil, 33), 33, true},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startFakes(t, 1, "a")
				client := c.connect()
				sub, err := client.Subscribe(tt.what, 0, true)
				require.NoError(t, err)
				synctest.Wait()
				c.mons["a"].broadcast(tt.m)
				e, err := sub.Next(t.Context())
				require.NoError(t, err)
				require.Equal(t, tt.what, e.What)
				require.Equal(t, tt.epoch, e.Epoch)
				require.Equal(t, tt.full, e.Full)
				require.IsType(t, tt.m, e.Message)
				_, err = sub.Next(t.Context())
				require.ErrorIs(t, err, io.EOF)
			})
		})
	}
}

func TestReclaimThatIsRefusedStartsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startFakes(t, 1, "a")
		client := c.connect()
		first := client.GlobalID()
		refused := false
		c.mons["a"].kill()
		c.mons["a"].set(func(m *fakeMon) {
			m.refuseReclaim = func() *msgr2.AuthRefusal {
				refused = true
				return &msgr2.AuthRefusal{Result: -13, AllowedMethods: []uint32{1}, AllowedModes: []uint32{1}}
			}
		})
		c.mons["a"].start()
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err)
		require.True(t, refused)
		require.NotEqual(t, first, client.GlobalID())
	})
}

func TestConfigIsChecked(t *testing.T) {
	valid := Config{MonHost: "10.0.0.1", Methods: []cephx.Method{cephx.MethodNone}}
	tests := []struct {
		name   string
		change func(*Config)
		want   error
		text   string
	}{
		{"no monitors", func(c *Config) { c.MonHost = "" }, nil, "no monitors"},
		{"only v1", func(c *Config) { c.MonHost = "v1:10.0.0.1:6789" }, ErrLegacyOnly, "only v1 addresses"},
		{"an address that is none", func(c *Config) { c.MonHost = "v2:10.0.0:1:2:3" }, nil, "mon_host"},
		{"a negative time", func(c *Config) { c.PingTimeout = -1 }, nil, "PingTimeout is negative"},
		{"no method", func(c *Config) { c.Methods = []cephx.Method{} }, cephx.ErrNoMethod, "method"},
		{"no key", func(c *Config) { c.Methods = []cephx.Method{cephx.MethodCephx} }, cephx.ErrNoKey, "client.admin"},
		{"no mode", func(c *Config) { c.Modes = []cephx.Mode{} }, cephx.ErrNoMethod, "mode"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := valid
			tt.change(&cfg)
			_, err := Connect(t.Context(), cfg)
			require.Error(t, err)
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
			}
			require.ErrorContains(t, err, tt.text)
		})
	}
}

func TestWeightedShuffle(t *testing.T) {
	first := make([]int, 3)
	for range 6000 {
		order := weightedShuffle([]uint16{10, 20, 0})
		require.Len(t, order, 3)
		require.Equal(t, 2, order[2], "without a weight comes last")
		first[order[0]]++
	}
	require.InDelta(t, 2, float64(first[1])/float64(first[0]), 0.4)
	clear(first)
	for range 6000 {
		first[weightedShuffle([]uint16{0, 0, 0})[0]]++
	}
	for _, n := range first {
		require.InDelta(t, 2000, n, 300)
	}
}

func TestEveryErrorHasAnErrno(t *testing.T) {
	require.Equal(t, denc.Errno(0), Errno(nil))
	require.Equal(t, denc.EIO, Errno(errors.New("something")))
	require.Equal(t, denc.ECANCELED, Errno(fmt.Errorf("call: %w", context.Canceled)))
	for _, e := range errnos {
		require.Equal(t, e.errno, Errno(fmt.Errorf("wrapped: %w", e.err)), "%v", e.err)
	}
}
