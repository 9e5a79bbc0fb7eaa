package monclient

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// asking is a client of three monitors that nothing was asked of for a while.
type asking struct {
	*cluster
	client  *Client
	victim  *montest.Mon
	noDials atomic.Bool // dialling takes for ever
	events  []SessionEvent
}

func startAsking(t *testing.T, change ...func(*Config)) *asking {
	t.Helper()
	a := &asking{cluster: startMons(t, 1, montest.Options{Mons: 3})}
	a.client = a.connect(func(cfg *Config) {
		cfg.OnSession = func(e SessionEvent) { a.events = append(a.events, e) }
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if a.noDials.Load() {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return a.dial(ctx, network, address)
		}
		for _, f := range change {
			f(cfg)
		}
	})
	after(25 * time.Second) // between two keepalives
	a.victim = a.current(a.client)
	return a
}

// ask asks what every monitor in quorum answers at once, and returns how long it took.
func (a *asking) ask() (*Reply, time.Duration) {
	a.t.Helper()
	start := time.Now()
	r, err := a.client.Command(a.t.Context(), Command{Prefix: "fsid"})
	require.NoError(a.t, err)
	return r, time.Since(start)
}

func standbys(n int) func(*Config) { return func(cfg *Config) { cfg.StandbySessions = n } }

func hedge(d time.Duration) func(*Config) { return func(cfg *Config) { cfg.HedgeDelay = d } }

func probe(timeout, interval time.Duration) func(*Config) {
	return func(cfg *Config) { cfg.ProbeTimeout, cfg.ProbeInterval = timeout, interval }
}

// TestHowSoonTheAnswerComes: the session's monitor fails, and then something is asked.
func TestHowSoonTheAnswerComes(t *testing.T) {
	type mon = montest.Mon
	tests := []struct {
		name    string
		config  []func(*Config)
		age     time.Duration // of the client, over 25 s
		fault   func(*mon)
		noDials bool // no connection can be made, so only a standby can answer
		want    time.Duration
		more    time.Duration // that it may take
		resent  bool
	}{
		{name: "nothing is wrong", fault: func(*mon) {}},
		{name: "killed", fault: (*mon).Kill},
		{name: "killed, with a standby", config: []func(*Config){standbys(1)}, fault: (*mon).Kill, noDials: true},
		{name: "dropped", fault: (*mon).DropClients},
		{name: "frozen", fault: (*mon).Freeze, want: 2 * time.Second, resent: true},
		// ProbeInterval later at most, which is when the next keepalive may be sent
		{name: "frozen just after a keepalive", age: 5*time.Second + 10*time.Millisecond, fault: (*mon).Freeze, want: 2 * time.Second, more: 500 * time.Millisecond, resent: true},
		{name: "frozen, with a standby", config: []func(*Config){standbys(1)}, fault: (*mon).Freeze, noDials: true, want: 2 * time.Second, resent: true},
		{name: "frozen, with another timeout", config: []func(*Config){probe(700*time.Millisecond, 200*time.Millisecond)}, fault: (*mon).Freeze, want: 700 * time.Millisecond, resent: true},
		{name: "frozen, and hedged", config: []func(*Config){standbys(1), hedge(100 * time.Millisecond)}, fault: (*mon).Freeze, noDials: true, want: 100 * time.Millisecond, resent: true},
		{name: "hedged for nothing", config: []func(*Config){standbys(1), hedge(100 * time.Millisecond)}, fault: func(*mon) {}},
		{name: "black hole", fault: (*mon).BlackHole, want: 2 * time.Second, resent: true},
		{name: "black hole, with a standby", config: []func(*Config){standbys(1)}, fault: (*mon).BlackHole, noDials: true, want: 2 * time.Second, resent: true},
		{name: "black hole, and hedged", config: []func(*Config){standbys(2), hedge(300 * time.Millisecond)}, fault: (*mon).BlackHole, noDials: true, want: 300 * time.Millisecond, resent: true},
		{name: "black hole in which it dies", fault: func(m *mon) { m.BlackHole(); m.Kill() }, want: 2 * time.Second, resent: true},
		// QuorumTimeout, and then the time that it has to answer a query while others are asked
		{name: "out of quorum", fault: (*mon).LeaveQuorum, want: 5 * time.Second, more: 2 * time.Second, resent: true},
		{name: "out of quorum, and hedged", config: []func(*Config){standbys(1), hedge(100 * time.Millisecond)}, fault: (*mon).LeaveQuorum, want: 100 * time.Millisecond, resent: true},
		{name: "answers keepalives late", fault: func(m *mon) { m.Delay(1500 * time.Millisecond) }, want: 1500 * time.Millisecond, more: 1500 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := startAsking(t, tt.config...)
				after(tt.age)
				a.noDials.Store(tt.noDials)
				tt.fault(a.victim)
				r, took := a.ask()
				require.GreaterOrEqual(t, took, tt.want)
				require.LessOrEqual(t, took, tt.want+tt.more)
				if took > 0 { // otherwise it is a matter of chance whether the call or the news was first
					require.Equal(t, tt.resent, r.Resent)
				}
				if tt.resent || !a.victim.Alive() {
					require.NotEqual(t, a.victim.Name(), r.Mon)
				}
				a.noDials.Store(false)
				a.victim.Heal()
				a.victim.JoinQuorum()
				after(time.Minute)
				_, took = a.ask()
				require.Zero(t, took, "and it is as before")
			})
		})
	}
}

// TestSilenceIsNoticedInTheBackground: nobody asks, so it takes as long as until the next keepalive, and its answer.
func TestSilenceIsNoticedInTheBackground(t *testing.T) {
	for _, fault := range []func(*montest.Mon){(*montest.Mon).Freeze, (*montest.Mon).BlackHole} {
		bubble(t, func(t *testing.T) {
			a := startAsking(t)
			fault(a.victim)
			after(8 * time.Second)
			synctest.Wait()
			require.NotEqual(t, a.victim.Name(), a.current(a.client).Name())
			_, took := a.ask()
			require.Zero(t, took)
		})
	}
}

// TestNoFalseAlarm: monitors that are slow in all the ways that are not death keep their clients.
func TestNoFalseAlarm(t *testing.T) {
	tests := []struct {
		name string
		do   func(a *asking)
	}{
		{"answers take long, but no longer than they may", func(a *asking) {
			a.victim.Delay(1900 * time.Millisecond)
			for range 20 {
				a.ask()
			}
		}},
		{"answers take longer and longer", func(a *asking) {
			for d := 100 * time.Millisecond; d < 10*time.Second; d += 100 * time.Millisecond {
				a.victim.Delay(d)
				a.ask()
			}
		}},
		{"no keepalive is answered, but everything else is", func(a *asking) {
			a.victim.DropKeepalives()
			for range 100 {
				a.ask()
				after(1900 * time.Millisecond)
			}
		}},
		{"a large request takes a while", func(a *asking) {
			a.victim.SlowRead(200_000)
			_, err := a.client.Command(a.t.Context(), Command{Prefix: "fsid", Input: make([]byte, 3_000_000)})
			require.NoError(a.t, err)
		}},
		{"it stops again and again, for a second", func(a *asking) {
			for range 60 {
				a.victim.Freeze()
				thaw := time.AfterFunc(time.Second, a.victim.Thaw)
				a.ask()
				thaw.Stop()
				a.victim.Thaw()
				after(300 * time.Millisecond)
			}
		}},
		{"requests come in slowly", func(a *asking) {
			for _, m := range a.Mons() {
				m.SlowRead(10_000)
			}
			ctx, cancel := context.WithTimeout(a.t.Context(), 5*time.Minute)
			defer cancel()
			_, err := a.client.Command(ctx, Command{Prefix: "fsid", Input: make([]byte, 50_000)})
			require.NoError(a.t, err)
		}},
		{"a command takes long", func(a *asking) {
			a.HandleCommand("ponder", func(montest.Command) montest.Result { after(4 * time.Second); return montest.Result{} })
			_, err := a.client.Command(a.t.Context(), Command{Prefix: "ponder"})
			require.NoError(a.t, err)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := startAsking(t)
				tt.do(a)
				after(time.Second)
				synctest.Wait()
				for _, e := range a.events {
					require.NotEqual(t, SessionLost, e.Kind, "%v", e)
				}
				require.Equal(t, a.victim.Name(), a.current(a.client).Name())
			})
		})
	}
}
