package monclient

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// seen returns the next event of a watch.
func seen[T any](t *testing.T, w *Watch[T]) WatchEvent[T] {
	t.Helper()
	e, err := w.Next(t.Context())
	require.NoError(t, err)
	return e
}

// requireQuiet requires that a watch has nothing to say.
func requireQuiet[T any](t *testing.T, w *Watch[T]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	e, err := w.Next(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "%+v", e)
}

// failOver ends the session, and returns whom the next one is with.
func (c *cluster) failOver(client *Client) *montest.Mon {
	c.t.Helper()
	lost := c.current(client)
	lost.Kill()
	synctest.Wait()
	now := c.current(client)
	require.NotEqual(c.t, lost.Name(), now.Name())
	return now
}

func TestWatchedMapsAreValuesThatAreShared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		watchTwice(t, c, client, "monmap", client.WatchMonMap, func(m *cephmap.MonMap) uint32 { return m.Epoch })
		watchTwice(t, c, client, "mgrmap", client.WatchMgrMap, func(m *cephmap.MgrMap) uint32 { return m.Epoch })
		watchTwice(t, c, client, "fsmap", client.WatchFSMap, func(m *cephmap.FSMap) uint32 { return m.Epoch })
		watchTwice(t, c, client, "servicemap", client.WatchServiceMap, func(m *cephmap.ServiceMap) uint32 { return m.Epoch })
	})
}

func watchTwice[T any](t *testing.T, c *cluster, client *Client, what string, watch func(WatchOptions) (*Watch[T], error), epoch func(T) uint32) {
	t.Helper()
	one, err := watch(WatchOptions{})
	require.NoError(t, err)
	defer one.Close()
	two, err := watch(WatchOptions{All: true})
	require.NoError(t, err)
	defer two.Close()
	untyped, err := client.WatchAny(WatchSpec{What: what})
	require.NoError(t, err)
	defer untyped.Close()
	first := seen(t, one)
	require.True(t, first.Synced)
	require.True(t, first.Full)
	require.NotEmpty(t, first.Raw)
	require.Zero(t, first.Missed)
	require.EqualValues(t, first.Epoch, epoch(first.Value))
	require.Equal(t, first, seen(t, two))
	require.Equal(t, any(first.Value), seen(t, untyped).Value)
	_, err = json.Marshal(first.Value)
	require.NoError(t, err)

	c.failOver(client)
	require.NoError(t, c.Advance(what, 3))
	synctest.Wait()
	last := seen(t, one)
	require.Equal(t, first.Epoch+3, last.Epoch)
	require.EqualValues(t, last.Epoch, epoch(last.Value))
	require.Same(t, any(last.Value), seen(t, untyped).Value, "decoded once") // all of them got it in one message
	later, err := watch(WatchOptions{Start: last.Epoch + 1})
	require.NoError(t, err)
	defer later.Close()
	requireQuiet(t, later)
	for _, mon := range c.Mons() {
		if !mon.Alive() {
			require.NoError(t, mon.Start())
		}
	}
	require.NoError(t, c.Advance(what, 1))
	require.Equal(t, last.Epoch+1, seen(t, later).Epoch)
}

func TestSlowWatchHasTheNewestMap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		newest, err := client.WatchMgrMap(WatchOptions{})
		require.NoError(t, err)
		all, err := client.WatchMgrMap(WatchOptions{All: true, MaxEvents: 3})
		require.NoError(t, err)
		synctest.Wait()
		first := client.latestEpoch(t, "mgrmap")
		for range 5 {
			require.NoError(t, c.Advance("mgrmap", 1))
			synctest.Wait()
		}
		e := seen(t, newest)
		require.Equal(t, first+5, e.Epoch)
		require.Equal(t, 5, e.Missed, "those that it has replaced")
		var epochs []uint64
		for range 3 {
			e := seen(t, all)
			epochs = append(epochs, e.Epoch)
			require.Equal(t, len(epochs) == 1, e.Missed == 3, "a gap, and it is marked")
		}
		require.Equal(t, counted(first+3, first+5), epochs)
	})
}

func (c *Client) latestEpoch(t *testing.T, what string) uint64 {
	t.Helper()
	epoch, err := c.Latest(t.Context(), what)
	require.NoError(t, err)
	return epoch
}

func TestWatchedOSDMapsHaveNoGapsAndSayWhichIsTheNewest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		require.NoError(t, c.Advance("osdmap", 99)) // epoch 100: three batches
		client := c.connect()
		w, err := client.WatchOSDMap(WatchOptions{Start: 5, All: true})
		require.NoError(t, err)
		take := func(first, last, synced uint64) {
			t.Helper()
			for epoch := first; epoch <= last; epoch++ {
				e := seen(t, w)
				require.Equal(t, epoch, e.Epoch)
				require.EqualValues(t, epoch, e.Value.Epoch)
				require.False(t, e.Full)
				require.Equal(t, epoch >= synced, e.Synced, epoch)
				require.Zero(t, e.Missed)
				require.NoError(t, cephmap.VerifyOSDMapIncremental(e.Raw))
			}
		}
		take(5, 100, 100)
		c.current(client).Kill()
		require.NoError(t, c.Advance("osdmap", 60)) // while there is no session
		synctest.Wait()
		take(101, 160, 160)
		require.NoError(t, c.Advance("osdmap", 1))
		take(161, 161, 161)
	})
}

func TestWatchGoesOnAfterAMapThatCannotBeRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		w, err := client.WatchMgrMap(WatchOptions{})
		require.NoError(t, err)
		var told []string
		f, err := client.WatchFunc(WatchSpec{What: "mgrmap"}, func(e WatchEvent[any], err error) {
			told = append(told, fmt.Sprint(e.Epoch, " ", err))
		})
		require.NoError(t, err)
		first := seen(t, w)
		synctest.Wait()
		bad := &monmsg.MMgrMap{Map: []byte{14, 6, 4, 0, 0, 0, 200, 0, 0, 0}}
		c.Mon("a").Send(bad)
		e, err := w.Next(t.Context())
		var why *MapError
		require.ErrorAs(t, err, &why)
		require.Equal(t, "mgrmap", why.What)
		require.Equal(t, uint64(200), why.Epoch)
		require.ErrorContains(t, err, "monclient: mgrmap 200: ")
		require.Equal(t, denc.EPROTO, Errno(err))
		require.Equal(t, uint64(200), e.Epoch)
		require.Equal(t, bad.Map, e.Raw)
		require.NoError(t, c.Advance("mgrmap", 250))
		n := 0
		for e, err := range w.All(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, first.Epoch+250, e.Epoch)
			n++
			break
		}
		require.Equal(t, 1, n)
		require.NoError(t, f.Close())
		synctest.Wait()
		require.Equal(t, []string{
			fmt.Sprint(first.Epoch, " <nil>"), "200 " + why.Error(), fmt.Sprint(first.Epoch+250, " <nil>"), "0 unsubscribed",
		}, told)
	})
}

func TestEndOfAWatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		one, err := client.WatchKV("a", WatchOptions{})
		require.NoError(t, err)
		two, err := client.WatchLog(LogOptions{})
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, one.Close())
		_, err = one.Next(t.Context())
		require.ErrorIs(t, err, ErrUnsubscribed)
		require.NoError(t, client.Close())
		n := 0
		for _, err := range two.All(t.Context()) {
			require.ErrorIs(t, err, ErrClosed)
			n++
		}
		require.Equal(t, 1, n)
		_, err = client.WatchConfig(WatchOptions{})
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestWatchesThatMakeNoSense(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		nothing := func(WatchEvent[any], error) {}
		for text, f := range map[string]func() error{
			`"osdmaps" is none of`:                             func() error { _, err := client.WatchAny(WatchSpec{What: "osdmaps"}); return err },
			`"fsmap.user" is none of`:                          func() error { _, err := client.WatchFunc(WatchSpec{What: "fsmap.user"}, nothing); return err },
			`"kv:" is none of`:                                 func() error { _, err := client.WatchAny(WatchSpec{What: "kv:"}); return err },
			`"log-loud" is none of`:                            func() error { _, err := client.WatchAny(WatchSpec{What: "log-loud"}); return err },
			`watch kv:: no prefix`:                             func() error { _, err := client.WatchKV("", WatchOptions{}); return err },
			`watch log: LogOptions.Level is LogLevel(9)`:       func() error { _, err := client.WatchLog(LogOptions{Level: 9}); return err },
			`watch osdmap: WatchOptions.MaxEvents is negative`: func() error { _, err := client.WatchOSDMap(WatchOptions{MaxEvents: -1}); return err },
			`watch monmap: WatchOptions.Base is for osdmap`: func() error {
				_, err := client.WatchMonMap(WatchOptions{Base: new(cephmap.OSDMap)})
				return err
			},
			`watch osdmap: WatchOptions.Start is 7 and the Base of epoch 5`: func() error {
				_, err := client.WatchOSDMap(WatchOptions{Start: 7, Base: &cephmap.OSDMap{Epoch: 5}})
				return err
			},
			`watch osdmap: WatchOptions.Start is 5 and the Base of epoch 5`: func() error {
				spec := WatchSpec{What: "osdmap", WatchOptions: WatchOptions{Start: 5, Base: &cephmap.OSDMap{Epoch: 5}}}
				_, err := client.WatchFunc(spec, nothing)
				return err
			},
			`watch monmap: WatchOptions.MaxBytes is negative`: func() error { _, err := client.WatchMonMap(WatchOptions{MaxBytes: -1}); return err },
			`watch monmap: WatchSpec.Channel is for logs`:     func() error { _, err := client.WatchAny(WatchSpec{What: "monmap", Channel: "audit"}); return err },
			`watch monmap: the function to call is nil`:       func() error { _, err := client.WatchFunc(WatchSpec{What: "monmap"}, nil); return err },
			`Command.Barrier: unknown map: "nosuchmap" is none `: func() error {
				_, err := client.Command(t.Context(), Command{Prefix: "x", Barrier: "nosuchmap"})
				return err
			},
		} {
			err := f()
			require.ErrorContains(t, err, text)
			require.Equal(t, denc.EINVAL, Errno(err), text)
		}
	})
}
