package monclient

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestOSDMap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		busy(t, client, 10)
		newest := client.latestEpoch(t, "osdmap")
		// Many at once need one map between them, and it is read once.
		var all sync.WaitGroup
		maps := make([]*cephmap.OSDMap, 50)
		for i := range maps {
			all.Go(func() {
				m, err := client.OSDMap(t.Context())
				require.NoError(t, err)
				maps[i] = m
			})
		}
		all.Wait()
		for _, m := range maps {
			require.Same(t, maps[0], m)
		}
		require.EqualValues(t, newest, maps[0].Epoch)
		require.Equal(t, getMap(t, client, newest), maps[0].AppendTo(nil))
		require.Equal(t, OSDMapStats{Full: 1}, client.Stats().OSDMaps)

		// Later ones need what has changed, from whichever monitor, and whatever is sent for others.
		w := watchOSDMap(t, client, WatchOptions{Base: maps[0], All: true})
		synctest.Wait()
		c.failOver(client)
		busy(t, client, 50)
		var m *cephmap.OSDMap
		_, err := client.StartOSDMap(0, func(next *cephmap.OSDMap, err error) {
			require.NoError(t, err)
			m = next
		})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, getMap(t, client, newest+50), m.AppendTo(nil))
		takeEpochs(t, w, newest+1, newest+50)
		again, err := client.OSDMap(t.Context())
		require.NoError(t, err)
		require.Same(t, m, again, "it is the newest")
		pools, err := client.Pools(t.Context())
		require.NoError(t, err)
		require.Len(t, pools, len(m.PoolNames))
		s := client.Stats().OSDMaps
		require.Equal(t, uint64(1), s.Full)
		require.Zero(t, s.Repaired)

		// Where the monitors have trimmed what has changed, the oldest map is the one to go on from.
		busy(t, client, 10)
		require.NoError(t, c.TrimOSDMaps(uint32(newest)+55))
		m, err = client.OSDMap(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, newest+60, m.Epoch)
		require.Equal(t, getMap(t, client, newest+60), m.AppendTo(nil))
	})
}

func TestOSDMapDoesNotCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		_, err := client.StartOSDMap(0, nil)
		require.Equal(t, denc.EINVAL, Errno(err))
		c.Mon("a").ControlAll(monmsg.TypeMonSubscribe, montest.Drop)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.OSDMap(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "monclient: osdmap: ")
		ended := make(chan error, 2)
		call, err := client.StartOSDMap(-1, func(_ *cephmap.OSDMap, err error) { ended <- err })
		require.NoError(t, err)
		synctest.Wait()
		call.Cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		_, err = client.StartOSDMap(-1, func(_ *cephmap.OSDMap, err error) { ended <- err })
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, client.Close())
		require.ErrorIs(t, <-ended, ErrClosed)
		_, err = client.OSDMap(t.Context())
		require.ErrorIs(t, err, ErrClosed)
	})
}
