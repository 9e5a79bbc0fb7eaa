package monclient_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// panicConfig returns a configuration that counts panics.
func panicConfig(mons *montest.Cluster, told *atomic.Int32) monclient.Config {
	return monclient.Config{
		MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial,
		OnPanic: func(_ any, stack []byte) {
			if len(stack) > 0 {
				told.Add(1)
			}
		},
	}
}

func TestPanicInACompletionEndsTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		mons := montest.Start(t, montest.Options{Mons: 3})
		c, err := monclient.Connect(t.Context(), panicConfig(mons, &told))
		require.NoError(t, err)
		defer c.Close()
		var ends []error
		_, err = c.SubscribeFunc("osdmap", 0, false, func(_ monclient.MapEvent, err error) {
			if err != nil {
				ends = append(ends, err)
				panic("again")
			}
		})
		require.NoError(t, err)
		mons.LoseQuorum() // so that nothing is answered
		var completed []error
		for range 3 {
			_, err = c.StartCommand(monclient.Command{Prefix: "status"}, -1, func(_ *monclient.Reply, err error) {
				completed = append(completed, err)
				if len(completed) == 2 {
					panic("and again")
				}
			})
			require.NoError(t, err)
		}
		synctest.Wait()
		call, err := c.StartCommand(monclient.Command{Prefix: "status"}, -1, func(*monclient.Reply, error) { panic("at first") })
		require.NoError(t, err)
		call.Cancel()

		_, err = c.Command(t.Context(), monclient.Command{Prefix: "status"})
		var caught *monclient.PanicError
		require.ErrorAs(t, err, &caught)
		require.Equal(t, "at first", caught.Value)
		require.Contains(t, string(caught.Stack), "TestPanicInACompletionEndsTheClient")
		require.NoError(t, c.Close())
		require.Len(t, completed, 3, "each is completed, once")
		for _, err := range append(completed, ends...) {
			require.ErrorAs(t, err, &caught)
		}
		require.Len(t, ends, 1)
		require.Equal(t, int32(3), told.Load())
	})
}

func TestPanicInAnAttemptEndsTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told, dials atomic.Int32
		mons := montest.Start(t, montest.Options{Mons: 1})
		cfg := panicConfig(mons, &told)
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) == 1 {
				panic("in dial")
			}
			return mons.Dial(ctx, network, address)
		}
		var failed []error
		cfg.OnSession = func(e monclient.SessionEvent) {
			if e.Kind == monclient.SessionAttempt {
				failed = append(failed, e.Attempt.Err)
			}
		}
		c, err := monclient.Connect(t.Context(), cfg)
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.Equal(t, int32(1), told.Load())
		require.Len(t, failed, 1)
		require.EqualError(t, failed[0], "internal error: panic: in dial")
	})
}
