package cephmap

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// TestOSDMapWatches has watches of the osdmap be slow, resume, and want what the monitors have trimmed.
func TestOSDMapWatches(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			t.Parallel()
			c, err := realceph.Start(deadline(t), realceph.Options{Release: rel, Mons: 1, Conf: map[string]string{
				"paxos_propose_interval": "0.02", "paxos_min_wait": "0.02",
				"mon_tick_interval": "1",
			}})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.Stop()) })
			w := osdmapWatches{c, connect(t, c)}
			w.run(t)
		})
	}
}

type osdmapWatches struct {
	*realceph.Cluster
	client *monclient.Client
}

func (w *osdmapWatches) run(t *testing.T) {
	w.change(t, 60)
	all := monclient.WatchOptions{All: true}
	slow := w.watch(t, w.client, monclient.WatchOptions{All: true, Start: 1, MaxEvents: 7})
	w.take(t, slow, 1, 5)
	history := w.watch(t, w.client, monclient.WatchOptions{All: true, Start: 30})
	base := w.take(t, history, 30, 40)
	newest := w.newest(t)
	w.take(t, history, 41, newest)
	w.take(t, slow, 6, 20)

	// Another client goes on from a map that this one has, with changes alone.
	other := connect(t, w.Cluster)
	all.Base = base
	resumed := w.watch(t, other, all)
	w.take(t, resumed, 41, newest)
	require.Zero(t, other.Stats().OSDMaps.Full)

	// All of them go on, over the end of the monitor.
	mon := w.Mons()[0].Name
	require.NoError(t, w.KillMon(mon))
	require.NoError(t, w.StartMon(mon))
	w.change(t, 50)
	now := w.newest(t)
	w.take(t, resumed, newest+1, now)
	w.take(t, history, newest+1, now)
	w.take(t, slow, 21, 30)
	require.Zero(t, other.Stats().OSDMaps.Full)
	require.Zero(t, other.Stats().OSDMaps.Repaired)
	m, err := other.OSDMap(deadline(t))
	require.NoError(t, err)
	require.Equal(t, w.getMap(t, now), m.AppendTo(nil))

	// What the slow one has not fetched is trimmed; it goes on with the oldest map that there is.
	for name, value := range map[string]string{"mon_min_osdmap_epochs": "20", "paxos_service_trim_min": "1"} {
		w.ask(t, "config set", map[string]any{"who": "mon", "name": name, "value": value})
	}
	require.Eventually(t, func() bool {
		_, oldest, err := w.client.Version(deadline(t), "osdmap")
		require.NoError(t, err)
		return oldest > 60
	}, time.Minute, 50*time.Millisecond)
	for what, begin := range map[string]struct {
		watch *monclient.Watch[*cephmap.OSDMap]
		next  uint64
	}{
		"slow":    {slow, 31},
		"resumed": {w.watch(t, connect(t, w.Cluster), all), 41},
		"begun":   {w.watch(t, other, monclient.WatchOptions{All: true, Start: 50}), 50},
	} {
		next := begin.next
		for full := 0; next <= now; next++ {
			e, err := begin.watch.Next(deadline(t))
			require.NoError(t, err, what)
			if e.Full {
				require.Zero(t, full, what)
				require.Greater(t, e.Epoch, uint64(60), what)
				full++
			}
			require.EqualValues(t, e.Epoch-next, e.Missed, what)
			require.True(t, e.Full || e.Missed == 0, what)
			if full > 0 { // what waited before is not there any more
				require.Equal(t, w.getMap(t, e.Epoch), e.Value.AppendTo(nil), "%s: %d", what, e.Epoch)
			}
			next = e.Epoch
		}
	}
}

// watch returns a watch that the test's end closes.
func (w *osdmapWatches) watch(t *testing.T, client *monclient.Client, o monclient.WatchOptions) *monclient.Watch[*cephmap.OSDMap] {
	t.Helper()
	watch, err := client.WatchOSDMap(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, watch.Close()) })
	return watch
}

// take requires that a watch has these epochs, as changes, and that they make the monitors' maps.
func (w *osdmapWatches) take(t *testing.T, watch *monclient.Watch[*cephmap.OSDMap], first, last uint64) (m *cephmap.OSDMap) {
	t.Helper()
	for epoch := first; epoch <= last; epoch++ {
		e, err := watch.Next(deadline(t))
		require.NoError(t, err)
		require.Equal(t, epoch, e.Epoch)
		require.False(t, e.Full, epoch)
		require.Zero(t, e.Missed, epoch)
		m = e.Value
	}
	require.Equal(t, w.getMap(t, last), m.AppendTo(nil))
	return m
}

// change makes n epochs.
func (w *osdmapWatches) change(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		prefix := "osd set"
		if i%2 == 1 {
			prefix = "osd unset"
		}
		w.ask(t, prefix, map[string]any{"key": "noout"})
	}
}

// ask returns what the monitors answer to a command that has to succeed.
func (w *osdmapWatches) ask(t *testing.T, prefix string, args map[string]any) []byte {
	t.Helper()
	reply, err := w.client.Command(deadline(t), monclient.Command{Prefix: prefix, Args: args})
	require.NoError(t, err)
	require.Equal(t, denc.Errno(0), monclient.Errno(reply.Err()), "%s: %s", prefix, reply.Status)
	return reply.Output
}

func (w *osdmapWatches) newest(t *testing.T) uint64 {
	t.Helper()
	newest, _, err := w.client.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	return newest
}

func (w *osdmapWatches) getMap(t *testing.T, epoch uint64) []byte {
	t.Helper()
	return w.ask(t, "osd getmap", map[string]any{"epoch": epoch})
}
