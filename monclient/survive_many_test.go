package monclient

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/racecheck"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// crowd are many clients of one monitor.
type crowd struct {
	*cluster
	clients []*Client

	mu    sync.Mutex
	dials [][]time.Time // by client
}

// startCrowd connects clients, all of them to mon.a.
func startCrowd(t *testing.T, n int, change ...func(*Config)) *crowd {
	t.Helper()
	c := &crowd{cluster: startMons(t, 1, montest.Options{Mons: 3}), dials: make([][]time.Time, n)}
	for _, name := range []string{"b", "c"} {
		c.Mon(name).Refuse()
	}
	for i := range n {
		c.clients = append(c.clients, c.connect(func(cfg *Config) {
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				c.mu.Lock()
				c.dials[i] = append(c.dials[i], time.Now())
				c.mu.Unlock()
				return c.dial(ctx, network, address)
			}
			for _, f := range change {
				f(cfg)
			}
		}))
	}
	for _, name := range []string{"b", "c"} {
		c.Mon(name).Heal()
	}
	after(2 * time.Minute) // nobody remembers that b and c have refused
	for i := range c.dials {
		c.dials[i] = nil
	}
	return c
}

// since returns how many connections were begun in each 10 ms from a time on, and the most that one client has.
func (c *crowd) since(start time.Time, span time.Duration) (buckets []int, peak, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	buckets = make([]int, span/(10*time.Millisecond))
	for _, dials := range c.dials {
		of := 0
		for _, at := range dials {
			if d := at.Sub(start); d >= 0 && d < span {
				buckets[d/(10*time.Millisecond)]++
				of++
			}
		}
		most = max(most, of)
	}
	return buckets, slices.Max(buckets), most
}

func (c *crowd) askAll() (wait func()) {
	var wg sync.WaitGroup
	for _, client := range c.clients {
		wg.Go(func() {
			_, err := client.Command(c.t.Context(), Command{Prefix: "fsid"})
			require.NoError(c.t, err)
		})
	}
	return wg.Wait
}

func crowdSize() int {
	if racecheck.Enabled {
		return 200
	}
	return 1000
}

// TestManyClientsLoseTheirMonitor: all at the same instant. None of them makes more connections than it needs, and when
// nothing is there to be connected to, they do not come back in step.
func TestManyClientsLoseTheirMonitor(t *testing.T) {
	t.Run("the others are there", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			n := crowdSize()
			c := startCrowd(t, n)
			start := time.Now()
			c.Mon("a").Kill()
			c.askAll()()
			require.Less(t, time.Since(start), time.Second)
			buckets, peak, most := c.since(start, time.Second)
			t.Logf("%d clients: at most %d connections begun in 10 ms, %d by one client; %v", n, peak, most, buckets[:10])
			require.Equal(t, 1, most, "nothing has failed, so one connection is enough")
			share := map[string]int{}
			for _, client := range c.clients {
				share[c.current(client).Name()]++
			}
			t.Logf("they are with %v", share)
			require.InDelta(t, n/2, share["b"], float64(n)/8, "they are spread")
			require.Equal(t, n, c.openConns())
		})
	})
	t.Run("the others are slow", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			n := crowdSize()
			c := startCrowd(t, n)
			for _, m := range c.Mons() {
				m.Delay(20 * time.Millisecond) // with every flight of the handshake
			}
			start := time.Now()
			c.Mon("a").Kill()
			c.askAll()()
			took := time.Since(start)
			synctest.Wait()
			_, peak, most := c.since(start, time.Second)
			t.Logf("%d clients: %v, at most %d connections begun in 10 ms, %d by one client", n, took, peak, most)
			require.LessOrEqual(t, most, 3, "one for each monitor")
			require.Equal(t, n, c.openConns())
		})
	})
	t.Run("there are no others", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			n := crowdSize()
			c := startCrowd(t, n)
			start := time.Now()
			for _, m := range c.Mons() {
				m.Kill()
			}
			wait := c.askAll()
			after(5*time.Second + time.Millisecond)
			buckets, _, most := c.since(start, 5*time.Second)
			first := buckets[0]
			again := slices.Max(buckets[1:])
			t.Logf("%d clients: %d connections begun at once, then at most %d in 10 ms, %d by one client in 5 s", n, first, again, most)
			require.LessOrEqual(t, first, 3*n)
			require.LessOrEqual(t, again, 3*n/4, "they do not come back in step")
			require.LessOrEqual(t, most, 3*8, "rounds grow apart")
			for _, m := range c.Mons() {
				require.NoError(t, m.Start())
			}
			wait()
			require.LessOrEqual(t, time.Since(start), 25*time.Second)
		})
	})
	t.Run("it is frozen", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			n := crowdSize()
			c := startCrowd(t, n)
			start := time.Now()
			c.Mon("a").Freeze()
			c.askAll()()
			require.LessOrEqual(t, time.Since(start), 4*time.Second)
			_, peak, most := c.since(start, 5*time.Second)
			t.Logf("%d clients: at most %d connections begun in 10 ms, %d by one client", n, peak, most)
			require.Equal(t, 1, most)
			require.Equal(t, n, c.openConns())
		})
	})
}
