package monclient

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestFirstToAuthenticateWinsAndTheOthersAreClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 5})
		c.Mon("a").Silence()
		c.Mon("b").Silence()
		var events []SessionEvent
		client := c.connect(func(cfg *Config) {
			cfg.HuntParallel = -1
			cfg.OnSession = func(e SessionEvent) { events = append(events, e) }
		})
		synctest.Wait()
		require.Contains(t, "cde", c.current(client).Name())
		require.Equal(t, SessionHunting, events[0].Kind)
		require.Len(t, events[0].Mons, 5)
		require.Equal(t, SessionConnected, events[len(events)-1].Kind)
		for _, m := range c.Mons() {
			require.Len(t, c.dials(m.Name()), 1, "mon.%s", m.Name())
		}
		require.Equal(t, 1, c.openConns(), "the session's")
		client.Close()
		synctest.Wait()
		require.Zero(t, c.openConns())
	})
}

func TestHuntTriesTheNextBatchWhenTheFirstIsSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 4})
		for _, name := range []string{"a", "b", "c"} {
			c.Mon(name).Silence()
		}
		start := time.Now()
		client := c.connect(func(cfg *Config) {
			// The batch of three is decided by priority: lower values first.
			prefer(cfg, map[string]uint16{"a": 1, "b": 1, "c": 1, "d": 2})
		})
		require.Equal(t, "d", c.current(client).Name())
		require.Equal(t, 3*time.Second, time.Since(start))
		for _, name := range []string{"a", "b", "c"} {
			require.Equal(t, []time.Time{start}, c.dials(name))
		}
	})
}

func TestHuntTriesTheNextBatchAtOnceWhenTheFirstFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.Mon("a").Kill()
		start := time.Now()
		client := c.connect(func(cfg *Config) { prefer(cfg, map[string]uint16{"b": 9, "c": 10}) })
		require.Equal(t, "b", c.current(client).Name())
		require.Zero(t, time.Since(start))
		require.Len(t, c.dials("a"), 1)
		require.Empty(t, c.dials("c"))
	})
}

func TestRoundsBackOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		c.Mon("a").Kill()
		var at []time.Duration
		start := time.Now()
		cfg := c.config()
		cfg.ConnectTimeout = time.Minute
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			at = append(at, time.Since(start))
			return c.dial(ctx, network, address)
		}
		_, err := Connect(t.Context(), cfg)
		require.ErrorIs(t, err, ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.Equal(t, denc.ETIMEDOUT, Errno(err))
		require.Equal(t, time.Minute, time.Since(start))
		ms := time.Millisecond
		require.Equal(t, []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms, 3000 * ms, 6200 * ms, 12600 * ms, 25400 * ms, 40400 * ms, 55400 * ms}, at)
		require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: dial: connection refused")
	})
}

func TestSilentMonitorsEndAtTheDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		c.Mon("a").Silence()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := Connect(ctx, c.config())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(start))
		require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: banner: no answer within 3s (after 3s)")
		ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err = Connect(ctx, c.config())
		require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: handshake: no answer yet (after 2s)")
	})
}

func TestRejectedCredentialsEndTheSearchAtOnce(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, c *cluster, cfg *Config)
		text   string
	}{
		{"an entity that is unknown", func(_ *testing.T, c *cluster, _ *Config) {
			c.KeyServer().SetFaults(cephx.ServerFaults{Refuse: func(denc.EntityName) bool { return true }})
		}, "(method cephx)"},
		{"somebody else's key", func(t *testing.T, c *cluster, cfg *Config) {
			key, err := c.AddEntity("client.other", map[string]string{"mon": "allow r"})
			require.NoError(t, err)
			cfg.Key = key
		}, "(method cephx)"},
		{"a method that is not allowed", func(_ *testing.T, _ *cluster, cfg *Config) {
			cfg.Methods = []cephx.Method{cephx.MethodNone}
		}, "(method none, answered with EOPNOTSUPP; allowed: method cephx, mode crc)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{Mons: 5})
				cfg := c.config()
				cfg.HuntParallel = -1
				tt.change(t, c, &cfg)
				c.Mon("e").Kill() // one that is down must not make it a matter of time
				start := time.Now()
				_, err := Connect(t.Context(), cfg)
				require.ErrorIs(t, err, cephx.ErrRejected)
				require.ErrorIs(t, err, syscall.EACCES)
				require.Equal(t, denc.EACCES, Errno(err))
				require.Zero(t, time.Since(start))
				require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: auth: authentication rejected: EACCES "+tt.text)
				for _, m := range c.Mons() {
					require.Len(t, c.dials(m.Name()), 1, "mon.%s", m.Name())
				}
				require.Zero(t, c.openConns())

				cfg.HuntParallel = 2
				_, err = Connect(t.Context(), cfg)
				require.ErrorIs(t, err, cephx.ErrRejected)
				require.Zero(t, time.Since(start))
				again := -5
				for _, m := range c.Mons() {
					again += len(c.dials(m.Name()))
				}
				require.Equal(t, 2, again, "monitors share one key database: no other batch is tried")
			})
		})
	}
}

func TestForeignCluster(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2})
		cfg := c.config()
		cfg.FSID = uuid.MustParse("11111111-2222-3333-4444-555555555555")
		_, err := Connect(t.Context(), cfg)
		require.ErrorIs(t, err, ErrForeignCluster)
		require.ErrorContains(t, err, testFSID.String())
		var ce *ConnectError
		require.ErrorAs(t, err, &ce)
		require.Len(t, ce.Attempts, 2, "every monitor was asked, though the first answer outran the second")
		for _, m := range c.Mons() {
			require.LessOrEqual(t, len(c.dials(m.Name())), 2)
		}
	})
}

func TestMonitorThatDropsItsClientsIsNotCalledInALoop(t *testing.T) {
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("before its first message: %v", first), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				client := c.connect()
				synctest.Wait()
				m := c.Mon("a")
				hangUp := func(monmsg.Message) bool {
					m.DropClients()
					return false
				}
				if first {
					react(m, hangUp)
				} else {
					m.ControlAll(monmsg.TypeMonCommand, hangUp)
				}
				after(2 * time.Second) // a session of some age
				m.DropClients()
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := client.Command(ctx, Command{Prefix: "status"})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				var at []time.Duration
				for _, d := range c.dials("a")[1:] {
					at = append(at, d.Sub(start))
				}
				ms := time.Millisecond
				require.Equal(t, []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms, 3000 * ms, 6200 * ms}, at)
			})
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
