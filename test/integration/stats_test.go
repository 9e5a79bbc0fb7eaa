package integration

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/prom"
)

// testStats looks at the numbers of a client after some commands, and after its monitor was killed.
func testStats(t *testing.T, e env) {
	cfg := e.config(t)
	cfg.StandbySessions = 1
	cfg.PingInterval, cfg.ProbeInterval = 50*time.Millisecond, 50*time.Millisecond // so that there are round trips soon
	c := connect(t, cfg)
	maps := subscribe(t, c, "osdmap", 0, false)
	first := next(t, maps)

	for range 5 {
		output(t, c, monclient.Command{Prefix: "osd dump", Format: "json"})
	}
	reply, err := c.Command(deadline(t), monclient.Command{Prefix: "config-key get", Args: map[string]any{"key": "there is none"}})
	require.NoError(t, err)
	require.Negative(t, reply.Retval)
	reply, err = c.Command(deadline(t), monclient.Command{Prefix: "no such command"})
	require.NoError(t, err)
	require.Negative(t, reply.Retval)
	newest, _, err := c.Version(deadline(t), "osdmap")
	require.NoError(t, err)

	eventually(t, func() string {
		switch s := c.Stats(); {
		case s.Standbys != 1:
			return "no standby"
		case len(s.RoundTrips) < 2:
			return "no round trips"
		}
		return ""
	})
	session, ok := c.Session()
	require.True(t, ok)
	s := c.Stats()
	require.Equal(t, monclient.StateConnected, s.State)
	require.Equal(t, session.Mon, s.Mon)
	require.Equal(t, []uint64{1, 1, 0}, []uint64{s.Sessions, s.Hunts, s.Failovers})
	require.Zero(t, s.CallsInFlight)
	counts := make(map[string]uint64)
	for _, cmd := range s.Commands {
		counts[cmd.Prefix+": "+cmd.Outcome] = cmd.Count
		require.Positive(t, cmd.Total)
		require.Equal(t, cmd.Count, cmd.Buckets[len(cmd.Buckets)-1], "all of them within a minute")
	}
	require.Equal(t, map[string]uint64{"osd dump: ok": 5, "config-key get: error": 1, "other: error": 1}, counts)
	for mon, r := range s.RoundTrips {
		require.Positive(t, r.Min, mon)
		require.LessOrEqual(t, r.Min, r.Last, mon)
		require.Less(t, r.Smoothed, time.Second, mon)
	}
	require.Positive(t, session.RoundTrip.Min)
	require.GreaterOrEqual(t, s.Maps["osdmap"].Epoch, first.Epoch)
	require.GreaterOrEqual(t, s.Maps["osdmap"].Newest, newest)
	require.Equal(t, uint64(c.MonMap().Epoch), s.Maps["monmap"].Epoch)
	for _, service := range []string{"auth", "mgr", "osd"} {
		require.Positive(t, s.Tickets[service], service)
		require.Less(t, time.Duration(s.Tickets[service]), 100*time.Hour, service)
	}
	require.Greater(t, s.BytesReceived, s.MessagesReceived*30)
	require.Greater(t, s.BytesSent, s.MessagesSent*30)
	require.GreaterOrEqual(t, s.MessagesReceived, uint64(9), "maps, and eight answers")
	require.Equal(t, 1, s.Subscriptions)

	require.NoError(t, e.KillMon(session.Mon))
	eventually(t, func() string { return different(c.Stats().Failovers, 1) })
	s = c.Stats()
	require.NotEqual(t, session.Mon, s.Mon)
	require.Equal(t, []uint64{2, 1}, []uint64{s.Sessions, s.Hunts}, "nobody was looked for")
	lost := uint64(0)
	for _, n := range s.SessionsLost {
		lost += n
	}
	require.Equal(t, uint64(1), lost, s.SessionsLost)
	testMetrics(t, c)

	require.NoError(t, e.StartMon(session.Mon))
	require.NoError(t, e.WaitQuorum(deadline(t), 3))
	require.NoError(t, c.Close())
	s = c.Stats()
	require.Equal(t, monclient.StateClosed, s.State)
	_, err = json.Marshal(s)
	require.NoError(t, err)
}

// different says that a count is not what it should be.
func different(got, want uint64) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%d, want %d", got, want)
}

// testMetrics reads the numbers as Prometheus does.
func testMetrics(t *testing.T, c *monclient.Client) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(prom.NewCollector(map[string]*monclient.Client{"test": c})))
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	want := `
# HELP monclient_failovers_total Sessions that a standby has taken over.
# TYPE monclient_failovers_total counter
monclient_failovers_total{client="test"} 1
# HELP monclient_sessions_total Sessions that have begun.
# TYPE monclient_sessions_total counter
monclient_sessions_total{client="test"} 2
# HELP monclient_subscriptions Subscriptions.
# TYPE monclient_subscriptions gauge
monclient_subscriptions{client="test"} 1
`
	require.NoError(t, testutil.ScrapeAndCompare(server.URL+"/metrics", strings.NewReader(want),
		"monclient_failovers_total", "monclient_sessions_total", "monclient_subscriptions"))
}
