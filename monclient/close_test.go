package monclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// TestCloseWhenAnAttemptSucceedsTooLate: two monitors have let the client in, and it is closed before it has looked at
// that. The end of the bubble, and goleak, see a connection that nobody closed.
func TestCloseWhenAnAttemptSucceedsTooLate(t *testing.T) {
	for range 30 { // whether the news is looked at before the end is a matter of chance
		synctest.Test(t, func(t *testing.T) {
			mons := montest.Start(t, montest.Options{Mons: 3, NoAuth: true})
			dead := mons.Mon("c")
			dead.Kill()
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != dead.Addr().AddrPort().String() {
					<-time.After(time.Millisecond) // mon.c is the first to answer
				}
				return mons.Dial(ctx, network, address)
			}
			var c *core
			monmap := mons.MonMap()
			for i := range monmap.Mons {
				if monmap.Mons[i].Name != dead.Name() {
					monmap.Mons[i].Priority = 1 // mon.c is tried first
				}
			}
			cfg, err := Config{MonMap: monmap, HuntStagger: 1, Dial: dial, OnSession: func(e SessionEvent) {
				if e.Kind == SessionAttempt { // mon.c refuses
					<-time.After(time.Second) // until the other two have let us in and are waiting to be looked at
					c.intake.close(ErrClosed)
				}
			}}.resolved(t.Context())
			require.NoError(t, err)
			c = newCore(cfg)
			go c.run()
			<-c.ended
		})
	}
}

// TestNothingIsLostBetweenCallersAndClose: whatever was accepted is completed once, whatever was not, never.
func TestNothingIsLostBetweenCallersAndClose(t *testing.T) {
	for range 5 {
		bubble(t, func(t *testing.T) {
			c := startMons(t, 1, montest.Options{NoAuth: true})
			for range 40 {
				storm(t, c.connect())
			}
		})
	}
}

// storm has many goroutines use a client that is closed meanwhile.
func storm(t *testing.T, client *Client) {
	var (
		accepted, completed [4]atomic.Int64 // commands, versions, maps, subscriptions
		wg                  sync.WaitGroup
	)
	closed := func(err error) bool {
		if err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("not closed: %v", err)
		}
		return err != nil
	}
	for i := range 8 {
		wg.Go(func() {
			for {
				var call *Call
				var err error
				switch i % 4 {
				case 0:
					call, err = client.StartCommand(Command{Prefix: "status"}, time.Minute, func(*Reply, error) { completed[0].Add(1) })
				case 1:
					call, err = client.StartVersion("osdmap", -1, func(uint64, uint64, error) { completed[1].Add(1) })
				case 2:
					call, err = client.StartWaitForMap("osdmap", 1000, 0, func(uint64, error) { completed[2].Add(1) })
				case 3:
					var sub *Subscription
					sub, err = client.SubscribeFunc("mgrmap", 1000, false, func(_ MapEvent, err error) {
						if err != nil {
							completed[3].Add(1)
						}
					})
					if err == nil && i > 3 {
						sub.Close()
					}
				}
				if closed(err) {
					return
				}
				accepted[i%4].Add(1)
				if call != nil && i > 3 {
					call.Cancel()
				}
				runtime.Gosched()
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for {
				if _, err := client.Command(t.Context(), Command{Prefix: "status"}); closed(err) {
					return
				}
			}
		})
	}
	for range rand.IntN(100) {
		runtime.Gosched()
	}
	client.Close()
	wg.Wait()
	for i := range accepted {
		require.Equal(t, accepted[i].Load(), completed[i].Load(), "of kind %d", i)
	}
}
