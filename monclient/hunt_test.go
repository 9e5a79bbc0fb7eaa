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
	"github.com/libmonclient/libmonclient/monclient/cephmap"
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
			cfg.HuntStagger = 1
			prefer(cfg, map[string]uint16{"c": 1, "d": 1, "e": 1}) // the two that say nothing are tried first
			cfg.OnSession = func(e SessionEvent) { events = append(events, e) }
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				nc, err := c.dial(ctx, network, address)
				<-time.After(10) // so that all of them are under way
				return nc, err
			}
		})
		after(time.Millisecond)
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

func TestHuntTriesTheNextWhenOneIsSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 5})
		for _, name := range []string{"a", "b", "c", "d"} {
			c.Mon(name).Silence()
		}
		start := time.Now()
		client := c.connect(func(cfg *Config) {
			prefer(cfg, map[string]uint16{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}) // lower values first
		})
		require.Equal(t, "e", c.current(client).Name())
		// Three at a time, 50 ms apart; each has 3 s, and whoever comes next begins when one of them is given up.
		want := map[string]time.Duration{"a": 0, "b": 50 * time.Millisecond, "c": 100 * time.Millisecond, "d": 3 * time.Second, "e": 3050 * time.Millisecond}
		for name, at := range want {
			require.Equal(t, []time.Time{start.Add(at)}, c.dials(name), "mon.%s", name)
		}
		require.Equal(t, want["e"], time.Since(start))
	})
}

func TestHuntIsNotInAHurryWithAMonitorThatAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.connect()
		n := 0
		for _, m := range c.Mons() {
			n += len(c.dials(m.Name()))
		}
		require.Equal(t, 1, n)
	})
}

func TestHuntLeavesTimeToAMonitorThatHasBegunToAnswer(t *testing.T) {
	for delay, want := range map[time.Duration]int{
		30 * time.Millisecond: 1, // it has much to do, and gets there
		60 * time.Millisecond: 2, // nobody knows whether it is there
		0:                     1,
	} {
		bubble(t, func(t *testing.T) {
			c := startMons(t, 1, montest.Options{Mons: 2})
			c.Mon("a").Delay(delay)
			start := time.Now()
			client := c.connect(func(cfg *Config) { prefer(cfg, map[string]uint16{"b": 1}) })
			require.Equal(t, want, len(c.dials("a"))+len(c.dials("b")), "%v", delay)
			require.Equal(t, want == 1, c.current(client).Name() == "a", "%v", delay)
			require.Equal(t, delay != 0, time.Since(start) > 0)
		})
	}
}

func TestHuntDoesNotWaitForEverForAMonitorThatHasBegunToAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2})
		start := time.Now()
		client := c.connect(func(cfg *Config) {
			prefer(cfg, map[string]uint16{"b": 1})
			dial, slow := cfg.Dial, c.Mon("a").Addr().AddrPort().String()
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				nc, err := dial(ctx, network, address)
				if address == slow && err == nil {
					time.AfterFunc(time.Millisecond, c.Mon("a").Freeze)
					c.Mon("a").Delay(2 * time.Millisecond) // the banner comes, and nothing after it
				}
				return nc, err
			}
			c.Mon("a").Delay(time.Millisecond / 2)
		})
		require.Equal(t, "b", c.current(client).Name())
		require.LessOrEqual(t, time.Since(start), 600*time.Millisecond)
	})
}

func TestADialerThatDoesNotListenIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2})
		deaf := c.Mon("a").Addr().AddrPort().String()
		release := make(chan struct{})
		var failures []Attempt
		start := time.Now()
		client := c.connect(func(cfg *Config) {
			prefer(cfg, map[string]uint16{"b": 1})
			cfg.HuntParallel = 1
			cfg.OnSession = func(e SessionEvent) {
				if e.Kind == SessionAttempt {
					failures = append(failures, e.Attempt)
				}
			}
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == deaf {
					<-release
				}
				return c.dial(ctx, network, address)
			}
		})
		require.Equal(t, "b", c.current(client).Name())
		require.Equal(t, 3*time.Second+lateGrace, time.Since(start))
		require.Len(t, failures, 1)
		require.EqualError(t, failures[0].Err, "no answer within 3s")
		close(release)
		synctest.Wait()
		require.Equal(t, 1, c.openConns(), "what the dialer brings too late is closed")
	})
}

func TestAddressesOfTheConfigurationAreTriedWhenNoneOfTheMapAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2})
		config := c.config() // before anything changes
		client, err := Connect(t.Context(), config)
		require.NoError(t, err)
		defer client.Close()
		after(2 * time.Second)
		was := c.MonMap()
		move := func(to func(name string) denc.EntityAddrVec) {
			require.NoError(t, c.UpdateMonMap(func(m *cephmap.MonMap) {
				for i := range m.Mons {
					m.Mons[i].Addrs = to(m.Mons[i].Name)
				}
			}))
		}
		move(func(name string) denc.EntityAddrVec {
			addrs, err := denc.ParseEntityAddrVec("v2:198.51.100."+map[string]string{"a": "1", "b": "2"}[name]+":3300", denc.AddrMsgr2)
			require.NoError(t, err)
			return addrs
		})
		synctest.Wait()
		_, ok := client.Session()
		require.False(t, ok, "nobody is where the map has them")
		move(func(name string) denc.EntityAddrVec { // which is found out only by asking where the configuration has them
			mon, _ := was.Mon(name)
			return mon.Addrs
		})
		_, err = client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err)
		require.Equal(t, was.Epoch+2, client.MonMap().Epoch)
	})
}

// requireBackOff checks times that are apart by pauses, of each of which up to half may be left out.
func requireBackOff(t *testing.T, at []time.Duration, pauses ...time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, len(at), len(pauses)+1)
	require.Zero(t, at[0])
	for i, pause := range pauses {
		require.LessOrEqual(t, at[i+1]-at[i], pause, "pause %d", i)
		require.GreaterOrEqual(t, at[i+1]-at[i], pause/2, "pause %d", i)
	}
}

func TestHuntTriesTheNextAtOnceWhenOneFails(t *testing.T) {
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
		requireBackOff(t, at, 200*ms, 400*ms, 800*ms, 1600*ms, 3200*ms, 6400*ms, 12800*ms, 15000*ms)
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
		require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: banner: no answer yet (after 2s)")
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
				tt.change(t, c, &cfg)
				prefer(&cfg, map[string]uint16{"a": 1, "b": 2, "c": 3, "d": 4})
				c.Mon("e").Kill() // one that is down, and is tried first, must not make it a matter of time
				start := time.Now()
				_, err := Connect(t.Context(), cfg)
				require.ErrorIs(t, err, cephx.ErrRejected)
				require.ErrorIs(t, err, syscall.EACCES)
				require.Equal(t, denc.EACCES, Errno(err))
				require.Zero(t, time.Since(start))
				require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: auth: authentication rejected: EACCES "+tt.text)
				require.Zero(t, c.openConns())
				for name, n := range map[string]int{"e": 1, "a": 1, "b": 1, "c": 1, "d": 0} {
					require.Len(t, c.dials(name), n, "monitors share one key database: no more than three are asked; mon.%s", name)
				}
			})
		})
	}
}

func TestAKeyThatAMonitorDoesNotKnowYet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		asked := 0
		c.KeyServer().SetFaults(cephx.ServerFaults{Refuse: func(denc.EntityName) bool {
			asked++
			return asked < 3 // the third one has heard of it
		}})
		start := time.Now()
		c.connect()
		require.GreaterOrEqual(t, asked, 3)
		require.Zero(t, time.Since(start))
	})
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
				requireBackOff(t, at, 200*ms, 400*ms, 800*ms, 1600*ms, 3200*ms)
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
