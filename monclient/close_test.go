package monclient

import (
	"context"
	"net"
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
			cfg, err := Config{MonMap: mons.MonMap(), Dial: dial, OnSession: func(e SessionEvent) {
				if e.Kind == SessionAttempt { // mon.c refuses
					<-time.After(time.Second) // until the other two have let us in and are waiting to be looked at
					close(c.closing)
				}
			}}.resolved(t.Context())
			require.NoError(t, err)
			c = newCore(cfg)
			go c.run()
			<-c.ended
		})
	}
}
