package integration

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// next returns the next event of a subscription.
func next(t *testing.T, s *monclient.Subscription) monclient.MapEvent {
	t.Helper()
	e, err := s.Next(deadline(t))
	require.NoError(t, err)
	require.Zero(t, e.Missed)
	return e
}

// until returns the first event that is wanted, of which there may be others before.
func until(t *testing.T, s *monclient.Subscription, wanted func(monclient.MapEvent) bool) monclient.MapEvent {
	t.Helper()
	ctx := deadline(t)
	for {
		e, err := s.Next(ctx)
		require.NoError(t, err)
		require.Zero(t, e.Missed)
		if wanted(e) {
			return e
		}
	}
}

func subscribe(t *testing.T, c *monclient.Client, what string, start uint64, onetime bool) *monclient.Subscription {
	t.Helper()
	s, err := c.Subscribe(what, start, onetime)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// testSubscribe has the ceph command make changes, and sees them come.
func testSubscribe(t *testing.T, e env) {
	c := e.connect(t)

	t.Run("monmap", func(t *testing.T) {
		s := subscribe(t, c, "monmap", 0, false)
		first := next(t, s)
		require.True(t, first.Full)
		require.EqualValues(t, c.MonMap().Epoch, first.Epoch)
		e.ceph(t, "mon", "set-weight", "b", "7")
		second := until(t, s, func(m monclient.MapEvent) bool { return m.Epoch > first.Epoch })
		m, err := cephmap.DecodeMonMap(second.Data)
		require.NoError(t, err)
		require.EqualValues(t, second.Epoch, m.Epoch)
		mon, ok := m.Mon("b")
		require.True(t, ok)
		require.EqualValues(t, 7, mon.Weight)
		require.GreaterOrEqual(t, c.MonMap().Epoch, m.Epoch)
		e.ceph(t, "mon", "set-weight", "b", "0")
	})

	t.Run("osdmap", func(t *testing.T) {
		s := subscribe(t, c, "osdmap", 0, false)
		first := next(t, s)
		require.True(t, first.Full)
		require.NoError(t, cephmap.VerifyOSDMap(first.Data))
		e.ceph(t, "osd", "set", "nodeep-scrub")
		e.ceph(t, "osd", "unset", "nodeep-scrub")
		last := epoch(t, e.ceph(t, "osd", "dump", "--format", "json"))
		require.GreaterOrEqual(t, last, first.Epoch+2)
		for want := first.Epoch + 1; want <= last; want++ {
			inc := next(t, s)
			require.Equal(t, want, inc.Epoch)
			require.False(t, inc.Full)
			h, err := cephmap.DecodeOSDMapIncrementalHeader(inc.Data)
			require.NoError(t, err)
			require.EqualValues(t, want, h.Epoch)
			require.Equal(t, c.FSID(), h.FSID)
		}
	})

	t.Run("config", func(t *testing.T) {
		s := subscribe(t, c, "config", 0, false)
		options := func(m monclient.MapEvent) string {
			config, ok := m.Message.(*monmsg.MConfig)
			require.True(t, ok)
			return config.Options["mon_client_log_interval"]
		}
		require.Empty(t, options(next(t, s)))
		e.ceph(t, "config", "set", "client.admin", "mon_client_log_interval", "5")
		require.Contains(t, options(until(t, s, func(m monclient.MapEvent) bool { return options(m) != "" })), "5")
		e.ceph(t, "config", "rm", "client.admin", "mon_client_log_interval")
		until(t, s, func(m monclient.MapEvent) bool { return options(m) == "" })
	})

	t.Run("kv", func(t *testing.T) {
		s := subscribe(t, c, "kv:integration/", 0, false)
		values := func(m monclient.MapEvent) *monmsg.MKVData {
			kv, ok := m.Message.(*monmsg.MKVData)
			require.True(t, ok)
			require.Equal(t, "integration/", kv.Prefix)
			require.Equal(t, !kv.Incremental, m.Full)
			return kv
		}
		require.True(t, next(t, s).Full)
		const key = "integration/watched"
		e.ceph(t, "config-key", "set", key, "value")
		until(t, s, func(m monclient.MapEvent) bool { return string(values(m).Values[key]) == "value" })
		e.ceph(t, "config-key", "rm", key)
		until(t, s, func(m monclient.MapEvent) bool {
			v, ok := values(m).Values[key]
			return ok && v == nil
		})
	})

	t.Run("log", func(t *testing.T) {
		s := subscribe(t, c, "log-info", 0, false)
		text := "a line for " + t.Name()
		e.ceph(t, "log", text)
		until(t, s, func(m monclient.MapEvent) bool {
			log, ok := m.Message.(*monmsg.MLog)
			require.True(t, ok)
			for _, entry := range log.Entries {
				if strings.Contains(entry.Message, text) {
					require.Equal(t, monmsg.LogInfo, entry.Priority)
					return true
				}
			}
			return false
		})
	})

	t.Run("fsmap", func(t *testing.T) {
		all, users := subscribe(t, c, "fsmap", 0, false), subscribe(t, c, "fsmap.user", 0, false)
		first := next(t, all)
		require.Equal(t, first.Epoch, next(t, users).Epoch)
		e.ceph(t, "fs", "flag", "set", "enable_multiple", "true", "--yes-i-really-mean-it")
		newer := func(m monclient.MapEvent) bool { return m.Epoch > first.Epoch }
		h, err := cephmap.DecodeFSMapHeader(until(t, all, newer).Data)
		require.NoError(t, err)
		require.Greater(t, uint64(h.Epoch), first.Epoch)
		until(t, users, newer)
	})

	for _, what := range []string{"mgrmap", "servicemap"} {
		t.Run(what, func(t *testing.T) {
			s := subscribe(t, c, what, 0, true)
			m := next(t, s)
			require.True(t, m.Full)
			require.NotEmpty(t, m.Data)
			_, err := s.Next(deadline(t))
			require.ErrorIs(t, err, io.EOF)
		})
	}

	t.Run("two of one map", func(t *testing.T) {
		one, two := subscribe(t, c, "monmap", 0, true), subscribe(t, c, "monmap", 0, true)
		require.Equal(t, next(t, one).Data, next(t, two).Data)
	})

	_, err := c.Subscribe("nosuchmap", 0, false)
	require.ErrorIs(t, err, monclient.ErrUnknownMap)
}

// testSubscribeMgrMap changes the map of the managers, which without one changes only when told to.
func testSubscribeMgrMap(t *testing.T, e env) {
	c := e.connect(t)
	s := subscribe(t, c, "mgrmap", 0, false)
	first := next(t, s)
	e.ceph(t, "mgr", "module", "enable", "iostat", "--force")
	second := until(t, s, func(m monclient.MapEvent) bool { return m.Epoch > first.Epoch })
	require.Contains(t, string(second.Data), "iostat")
	require.Equal(t, second.Epoch, epoch(t, e.ceph(t, "mgr", "dump", "--format", "json")))
}

// testManyEpochs asks once for more epochs than a monitor puts into one message.
func testManyEpochs(t *testing.T, e env) {
	c := e.connect(t)
	for i := range 45 {
		key := map[string]any{"newmax": 100 + i}
		output(t, c, monclient.Command{Prefix: "osd setmaxosd", Args: key})
	}
	newest, oldest, err := c.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	require.Greater(t, newest, uint64(45))
	require.EqualValues(t, 1, oldest)

	s := subscribe(t, c, "osdmap", 1, true)
	last := uint64(0)

	for m, err := range s.All(deadline(t)) {
		require.NoError(t, err)
		require.Zero(t, m.Missed)
		require.Equal(t, last+1, m.Epoch)
		if m.Full {
			require.NoError(t, cephmap.VerifyOSDMap(m.Data))
		} else {
			require.NoError(t, cephmap.VerifyOSDMapIncremental(m.Data))
		}
		last = m.Epoch
	}
	require.Equal(t, newest, last)

	// What was seen is not sent again, and what is not there yet is waited for.
	later := subscribe(t, c, "osdmap", newest+1, false)
	output(t, c, monclient.Command{Prefix: "osd setmaxosd", Args: map[string]any{"newmax": 10}})
	require.Equal(t, newest+1, next(t, later).Epoch)
}

func testWaitForMap(t *testing.T, e env) {
	c := e.connect(t)
	for _, what := range []string{"monmap", "osdmap", "mgrmap", "fsmap", "servicemap"} {
		got, err := c.WaitForMap(deadline(t), what, 0)
		require.NoError(t, err, what)
		require.Positive(t, got, what)
	}
	newest, _, err := c.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	got, err := c.WaitForMap(deadline(t), "osdmap", newest)
	require.NoError(t, err)
	require.GreaterOrEqual(t, got, newest)

	ctx := deadline(t)
	type answer struct {
		epoch uint64
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		got, err := c.WaitForMap(ctx, "osdmap", newest+1)
		answers <- answer{got, err}
	}()
	e.ceph(t, "osd", "set", "noscrub")
	a := <-answers
	require.NoError(t, a.err)
	require.Greater(t, a.epoch, newest)

	// The session has brought these already, and they come again.
	for _, epoch := range []uint64{newest, a.epoch} {
		got, err := c.WaitForMap(deadline(t), "osdmap", epoch)
		require.NoError(t, err)
		require.GreaterOrEqual(t, got, epoch)
	}
	for _, epoch := range []uint64{newest, a.epoch, 1} {
		m := next(t, subscribe(t, c, "osdmap", epoch, false))
		require.Equal(t, epoch, m.Epoch)
		require.False(t, m.Full)
	}
	e.ceph(t, "osd", "unset", "noscrub")
}
