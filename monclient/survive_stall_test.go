package monclient

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// sleeper is what stops a whole client, as a laptop does whose lid is closed: its goroutine, and what its connections have
// to say. Time goes on, and so do the monitors.
type sleeper struct {
	mu    sync.Mutex
	awake chan struct{} // nil: it is
}

// sleepyConn is a client's end of a connection.
type sleepyConn struct {
	net.Conn
	s *sleeper
}

func (s *sleeper) wait() {
	s.mu.Lock()
	awake := s.awake
	s.mu.Unlock()
	if awake != nil {
		<-awake
	}
}

func (c *sleepyConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.s.wait()
	return n, err
}

func (c *sleepyConn) Write(p []byte) (int, error) {
	c.s.wait()
	return c.Conn.Write(p)
}

// inDial has the connections of a configuration stop with the client.
func (s *sleeper) inDial(cfg *Config) {
	dial := cfg.Dial
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &sleepyConn{nc, s}, nil
	}
}

// sleep stops the client for d. Of what wakes up then, its own goroutine is the first, with a timer that is late; what
// waits in the sockets is read when that has done all that it wants to.
func (s *sleeper) sleep(client *Client, d time.Duration) {
	s.mu.Lock()
	s.awake = make(chan struct{})
	s.mu.Unlock()
	_ = client.core.post(func() { <-time.After(d) })
	after(d)
	synctest.Wait()
	s.mu.Lock()
	close(s.awake)
	s.awake = nil
	s.mu.Unlock()
	synctest.Wait()
}

// TestSleepingClient: a client that was stopped for long must not take its own sleep for the monitor's silence.
func TestSleepingClient(t *testing.T) {
	tests := []struct {
		name   string
		config []func(*Config)
		before func(t *testing.T, a *asking, answered chan error)
	}{
		{name: "nothing was asked", before: func(*testing.T, *asking, chan error) {}},
		{name: "something was asked", before: func(t *testing.T, a *asking, answered chan error) {
			a.victim.Delay(10 * time.Millisecond)
			go func() {
				_, err := a.client.Command(t.Context(), Command{Prefix: "fsid", Resend: ResendNever})
				answered <- err
			}()
			after(5 * time.Millisecond) // the answer, and that to the keepalive, come while it sleeps
		}},
		{name: "something was asked, with a standby", config: []func(*Config){standbys(1)}, before: func(t *testing.T, a *asking, answered chan error) {
			a.victim.Delay(10 * time.Millisecond)
			go func() {
				_, err := a.client.Command(t.Context(), Command{Prefix: "fsid", Resend: ResendNever})
				answered <- err
			}()
			after(5 * time.Millisecond)
		}},
		{name: "a keepalive is under way", before: func(_ *testing.T, a *asking, _ chan error) {
			a.victim.Delay(10 * time.Millisecond)
			after(5*time.Second + 5*time.Millisecond)
		}},
	}
	for _, tt := range tests {
		for _, d := range []time.Duration{time.Second, 3 * time.Second, time.Minute, 8 * time.Hour} {
			t.Run(tt.name+"/"+d.String(), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					var s sleeper
					a := startAsking(t, append([]func(*Config){s.inDial}, tt.config...)...)
					answered := make(chan error, 1)
					tt.before(t, a, answered)
					s.sleep(a.client, d)
					a.victim.Heal()
					after(30 * time.Second)
					synctest.Wait()
					select {
					case err := <-answered:
						require.NoError(t, err, "the answer was in the socket")
					default:
					}
					for _, e := range a.events {
						require.NotEqual(t, SessionLost, e.Kind, "%v", e)
					}
					_, took := a.ask()
					require.Zero(t, took)

					s.sleep(a.client, d) // and when the monitor has gone meanwhile, that is noticed as soon as ever
					a.victim.Freeze()
					_, took = a.ask()
					require.LessOrEqual(t, took, 3*time.Second)
				})
			})
		}
	}
}

// TestSleepingClientWithoutItsMonitor: the monitor went while the client slept.
func TestSleepingClientWithoutItsMonitor(t *testing.T) {
	for _, fault := range []func(*montest.Mon){(*montest.Mon).Kill, (*montest.Mon).Freeze, (*montest.Mon).BlackHole} {
		bubble(t, func(t *testing.T) {
			var s sleeper
			a := startAsking(t, s.inDial)
			fault(a.victim)
			s.sleep(a.client, time.Hour)
			_, took := a.ask()
			require.LessOrEqual(t, took, 3*time.Second)
		})
	}
}

// TestSleepingInTheMiddleOfAHandshake: what the new monitor has said waits in the socket.
func TestSleepingInTheMiddleOfAHandshake(t *testing.T) {
	for _, d := range []time.Duration{3 * time.Second, time.Minute, 8 * time.Hour} {
		bubble(t, func(t *testing.T) {
			var s sleeper
			a := startAsking(t, s.inDial)
			for _, m := range a.Mons() {
				m.Delay(10 * time.Millisecond)
			}
			a.victim.Kill()
			ends := make(endings)
			ends.start(t, a.client, "in the end", 0)
			after(15 * time.Millisecond)
			s.sleep(a.client, d)
			_, took := a.ask()
			require.LessOrEqual(t, took, 3*time.Second)
			synctest.Wait()
			require.Equal(t, []error{nil}, ends["in the end"])
			after(time.Minute)
			require.Equal(t, 1, a.openConns())
		})
	}
}
