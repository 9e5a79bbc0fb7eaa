package monclient

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// losses returns an option that has every loss of a session sent to a channel, and the channel.
func losses() (func(*Config), <-chan SessionEvent) {
	lost := make(chan SessionEvent, 8)
	return func(cfg *Config) {
		cfg.OnSession = func(e SessionEvent) {
			if e.Kind == SessionLost {
				lost <- e
			}
		}
	}, lost
}

func TestRejectedWhileConnected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		after(2 * time.Second) // a session of some age
		c.KeyServer().SetFaults(cephx.ServerFaults{Refuse: func(denc.EntityName) bool { return true }})
		c.Mon("a").DropClients()
		synctest.Wait()
		start := time.Now()
		for range 3 {
			_, err := client.Command(t.Context(), Command{Prefix: "status"})
			require.ErrorIs(t, err, cephx.ErrRejected)
		}
		require.Zero(t, time.Since(start), "what is known is told at once")
		require.Len(t, c.dials("a"), 3, "the session, the attempt to get it back, and one as a new client")

		c.KeyServer().SetFaults(cephx.ServerFaults{})
		after(16 * time.Second) // ms_max_backoff and a bit
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err, "and when the key is good again the client finds out by itself")
		require.Len(t, c.dials("a"), 4)
	})
}

func TestCorruptMonMapIsRefusedAndTheOldOneKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 5, montest.Options{Mons: 2})
		option, lost := losses()
		client := c.connect(option)
		before := c.current(client)
		bad := c.MonMap().AppendTo(nil)
		before.Send(&monmsg.MMonMap{Map: bad[:len(bad)-3]})
		synctest.Wait()
		require.ErrorIs(t, (<-lost).Err, ErrBadMap)
		require.Equal(t, uint32(5), client.MonMap().Epoch)
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err, "the client goes on with a new session")
		require.Empty(t, lost)
	})
}

func TestMonMapOnlyGetsNewer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 5, montest.Options{})
		client := c.connect()
		old := c.MonMap()
		old.Epoch = 4
		c.Mon("a").Send(&monmsg.MMonMap{Map: old.AppendTo(nil)})
		synctest.Wait()
		require.Equal(t, uint32(5), client.MonMap().Epoch)
		require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}))
		synctest.Wait()
		require.Equal(t, uint32(6), client.MonMap().Epoch)
		require.Len(t, c.dials("a"), 1, "the session lasts")
	})
}

func TestRemovedMonitorIsLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 5, montest.Options{Mons: 2})
		option, lost := losses()
		client := c.connect(option)
		old := c.current(client)
		// Not RemoveMon, which ends the monitor as well: the client leaves one that would have it.
		require.NoError(t, c.UpdateMonMap(func(m *cephmap.MonMap) {
			m.Mons = slices.DeleteFunc(m.Mons, func(mon cephmap.MonInfo) bool { return mon.Name == old.Name() })
		}))
		synctest.Wait()
		require.True(t, old.Alive())
		require.NotEqual(t, old.Name(), c.current(client).Name())
		require.EqualError(t, (<-lost).Err, "mon."+old.Name()+" at "+old.Addr().String()+" is not in monmap 6 any more")
	})
}

func TestSilenceOfAnIdleSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2})
		option, lost := losses()
		client := c.connect(option)
		first := c.current(client)
		after(95 * time.Second)
		synctest.Wait()
		require.Equal(t, first.Name(), c.current(client).Name(), "a monitor that answers is kept")
		require.Empty(t, lost)
		start := time.Now()
		first.Freeze()
		e := <-lost
		require.ErrorIs(t, e.Err, ErrKeepalive)
		require.EqualError(t, e.Err, "no answer to keepalives for 2s")
		require.Equal(t, 7*time.Second, time.Since(start), "the keepalive of 100 s has 2 s")
		synctest.Wait()
		require.NotEqual(t, first.Name(), c.current(client).Name())
	})
}

func TestSilenceWhileSomebodyWaits(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		frozen time.Duration // before it is asked
		want   time.Duration // after it was asked
	}{
		{"the defaults", func(*Config) {}, 3 * time.Second, 2 * time.Second},
		{"just after a keepalive", func(*Config) {}, 0, 2*time.Second + 500*time.Millisecond},
		{"ProbeTimeout", func(cfg *Config) { cfg.ProbeTimeout = 700 * time.Millisecond }, 3 * time.Second, 700 * time.Millisecond},
		{"PingTimeout is the limit", func(cfg *Config) { cfg.PingTimeout = 300 * time.Millisecond }, 3 * time.Second, 300 * time.Millisecond},
		{"PingInterval may be shorter", func(cfg *Config) { cfg.PingInterval = 100 * time.Millisecond }, 0, 2*time.Second + 100*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{Mons: 2})
				client := c.connect(tt.change)
				synctest.Wait()
				first := c.current(client)
				first.Freeze()
				after(tt.frozen)
				start := time.Now()
				reply, err := client.Command(t.Context(), Command{Prefix: "status"})
				require.NoError(t, err)
				require.True(t, reply.Resent)
				require.NotEqual(t, first.Name(), reply.Mon)
				require.Equal(t, tt.want, time.Since(start))
			})
		})
	}
}

func TestSlowMonitorIsGivenMoreTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2})
		option, lost := losses()
		client := c.connect(option, func(cfg *Config) {
			cfg.ReadyTimeout = time.Minute
			cfg.HuntInterval = time.Minute
			cfg.HuntParallel = 1
		})
		first := c.current(client)
		for range 20 {
			first.Delay(800 * time.Millisecond)
			_, err := client.Command(t.Context(), Command{Prefix: "status"})
			require.NoError(t, err)
			first.Delay(0)
			after(10 * time.Second)
		}
		// An answer that takes 2.4 s would be too late at first; it is not unlikely from this monitor.
		first.Delay(2400 * time.Millisecond)
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err)
		require.Empty(t, lost)
		require.Equal(t, first.Name(), c.current(client).Name())
	})
}

func TestReclaimThatIsRefusedStartsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		var refusals []*cephx.AuthError
		client := c.connect(func(cfg *Config) {
			cfg.OnSession = func(e SessionEvent) {
				if refusal := new(cephx.AuthError); e.Kind == SessionAttempt && errors.As(e.Attempt.Err, &refusal) {
					refusals = append(refusals, refusal)
				}
			}
		})
		first := client.GlobalID()
		c.Mon("a").Kill()
		c.KeyServer().SetFaults(cephx.ServerFaults{RejectReclaim: true})
		require.NoError(t, c.Mon("a").Start())
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, refusals, 1)
		require.Equal(t, first, refusals[0].ReclaimedID)
		require.NotEqual(t, first, client.GlobalID())
	})
}
