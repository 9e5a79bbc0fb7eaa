package monclient

import (
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// follower is a function for SubscribeFunc that notes what it is told.
type follower struct {
	t      *testing.T
	epochs []uint64
	ends   []error
}

func (f *follower) told(e MapEvent, err error) {
	require.Empty(f.t, f.ends, "the last call is the last")
	if err != nil {
		require.Equal(f.t, MapEvent{}, e)
		f.ends = append(f.ends, err)
		return
	}
	require.Zero(f.t, e.Missed)
	f.epochs = append(f.epochs, e.Epoch)
}

// counted returns the numbers from first to last.
func counted(first, last uint64) (list []uint64) {
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}

func TestSubscribeFuncHasNoGapsOverAFailover(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		f := follower{t: t}
		sub, err := client.SubscribeFunc("osdmap", 0, false, f.told)
		require.NoError(t, err)
		for range maxQueuedEvents + 1 { // more than a queue takes
			require.NoError(t, c.Advance("osdmap", 1))
		}
		first := c.current(client)
		first.Kill()
		require.NoError(t, c.Advance("osdmap", 100)) // while there is no session
		synctest.Wait()
		require.NotEqual(t, first.Name(), c.current(client).Name())
		require.NoError(t, c.Advance("osdmap", 5))
		synctest.Wait()
		require.Equal(t, counted(f.epochs[0], 10+maxQueuedEvents+1+100+5), f.epochs)
		require.NoError(t, sub.Close())
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 1))
		synctest.Wait()
		require.Len(t, f.ends, 1)
		require.ErrorIs(t, f.ends[0], ErrUnsubscribed)
	})
}

func TestLastCallOfSubscribeFuncSaysWhy(t *testing.T) {
	tests := []struct {
		name    string
		what    string
		onetime bool
		end     func(client *Client, sub *Subscription)
		want    error
	}{
		{"a onetime subscription is over", "osdmap", true, func(*Client, *Subscription) {}, io.EOF},
		{"closed", "osdmap", false, func(_ *Client, s *Subscription) { s.Close(); s.Close() }, ErrUnsubscribed},
		{"the client is closed", "osdmap", false, func(c *Client, _ *Subscription) { c.Close() }, ErrClosed},
		{"closed first", "osdmap", false, func(c *Client, s *Subscription) { s.Close(); c.Close() }, ErrUnsubscribed},
		{"closed last", "osdmap", false, func(c *Client, s *Subscription) { c.Close(); s.Close() }, ErrClosed},
	}
	for _, tt := range tests {
		for _, waited := range []string{"at once", "when all is quiet"} {
			t.Run(tt.name+" "+waited, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					c := startMons(t, 1, montest.Options{})
					client := c.connect()
					_, err := client.Subscribe("log-info", 0, false)
					require.NoError(t, err)
					f := follower{t: t}
					sub, err := client.SubscribeFunc(tt.what, 0, tt.onetime, f.told)
					require.NoError(t, err)
					if waited != "at once" {
						synctest.Wait()
					}
					tt.end(client, sub)
					synctest.Wait()
					require.Len(t, f.ends, 1)
					require.ErrorIs(t, f.ends[0], tt.want)
					require.NoError(t, c.Advance("osdmap", 1))
					synctest.Wait()
					require.NoError(t, sub.Close())
					require.NoError(t, client.Close())
					require.Len(t, f.ends, 1)
				})
			})
		}
	}
}

func TestUnsubscribeFromInsideTheFunction(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 20))
		client := c.connect()
		synctest.Wait()
		f := follower{t: t}
		other := follower{t: t}
		var sub *Subscription
		taken := make(chan struct{})
		var err error
		sub, err = client.SubscribeFunc("osdmap", 3, false, func(e MapEvent, err error) {
			<-taken // sub is set
			f.told(e, err)
			if len(f.epochs) == 5 {
				for range 1000 { // far more than anything has room for
					require.NoError(t, sub.Close())
				}
			}
		})
		close(taken)
		require.NoError(t, err)
		_, err = client.SubscribeFunc("osdmap", 3, false, other.told)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, counted(3, 7), f.epochs, "and nothing that had come along")
		require.Len(t, f.ends, 1)
		require.ErrorIs(t, f.ends[0], ErrUnsubscribed)
		require.Equal(t, counted(3, 21), other.epochs)
	})
}

func TestSubscribeFromInsideTheFunction(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		var all []*follower
		_, err := client.SubscribeFunc("osdmap", 0, true, func(_ MapEvent, err error) {
			if err != nil {
				return
			}
			for range 200 {
				f := &follower{t: t}
				all = append(all, f)
				_, err := client.SubscribeFunc("osdmap", 2, true, f.told)
				require.NoError(t, err)
			}
		})
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, all, 200)
		require.NoError(t, c.Advance("osdmap", 1))
		synctest.Wait()
		for _, f := range all {
			require.Equal(t, []uint64{2}, f.epochs)
			require.Equal(t, []error{io.EOF}, f.ends)
		}
	})
}

func TestNextOfSubscribeFuncIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		f := follower{t: t}
		sub, err := client.SubscribeFunc("osdmap", 0, false, f.told)
		require.NoError(t, err)
		_, err = sub.Next(t.Context())
		require.EqualError(t, err, "monclient: next osdmap: a subscription of SubscribeFunc has no events to fetch")
		require.Equal(t, denc.EINVAL, Errno(err))
		for _, err := range sub.All(t.Context()) {
			require.ErrorContains(t, err, "no events to fetch")
		}
		require.NoError(t, client.Close())
	})
}
