package prom

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// fixed is a client whose numbers stay.
type fixed monclient.Stats

func (f fixed) Stats() monclient.Stats { return monclient.Stats(f) }

const ms = time.Millisecond

// everything has something of all there is.
var everything = fixed{
	State: monclient.StateConnected, Mon: "b", Sessions: 3, Failovers: 1, SessionsLost: map[string]uint64{"keepalive": 2}, Hunts: 4, HuntRounds: 6,
	Attempts: 7, AttemptsFailed: map[string]uint64{"dial": 2, "auth": 1}, Standbys: 2,
	RoundTrips:    map[string]monclient.RoundTrip{"b": {Last: 20 * ms, Smoothed: 15 * ms, Min: 10 * ms}},
	CallsInFlight: 5, Resends: 8, Hedges: 9,
	Commands:       []monclient.CommandStats{{Prefix: "osd tree", Outcome: "ok", Count: 3, Total: monclient.Duration(2500 * ms), Buckets: []uint64{1, 2}}},
	CommandBuckets: monclient.Durations{monclient.Duration(100 * ms), monclient.Duration(time.Second)},
	Maps:           map[string]monclient.MapStats{"osdmap": {Epoch: 40, Newest: 42, Behind: 2}},
	Tickets:        map[string]monclient.Duration{"auth": monclient.Duration(90 * time.Second)},
	OSDMaps:        monclient.OSDMapStats{Full: 2, Applied: 38, Repaired: 1},
	BytesReceived:  1000, BytesSent: 2000, MessagesReceived: 10, MessagesSent: 20,
	Subscriptions: 1, EventsQueued: 11, EventsDropped: 12, LogUnacked: 13,
}

func registered(t *testing.T, clients map[string]Source) (*Collector, *prometheus.Registry) {
	t.Helper()
	c := NewCollector(nil)
	for name, client := range clients {
		require.NoError(t, c.Add(name, client))
	}
	r := prometheus.NewPedanticRegistry() // checks what is collected against what is described
	require.NoError(t, r.Register(c))
	return c, r
}

func TestText(t *testing.T) {
	_, r := registered(t, map[string]Source{"prod": everything})
	const want = `
# HELP monclient_attempts_failed_total Connection attempts that have failed.
# TYPE monclient_attempts_failed_total counter
monclient_attempts_failed_total{client="prod",step="auth"} 1
monclient_attempts_failed_total{client="prod",step="dial"} 2
# HELP monclient_attempts_total Connection attempts.
# TYPE monclient_attempts_total counter
monclient_attempts_total{client="prod"} 7
# HELP monclient_calls_in_flight Commands and other calls that have no outcome yet.
# TYPE monclient_calls_in_flight gauge
monclient_calls_in_flight{client="prod"} 5
# HELP monclient_command_duration_seconds How long commands took, from the call to the outcome.
# TYPE monclient_command_duration_seconds histogram
monclient_command_duration_seconds_bucket{client="prod",outcome="ok",prefix="osd tree",le="0.1"} 1
monclient_command_duration_seconds_bucket{client="prod",outcome="ok",prefix="osd tree",le="1"} 2
monclient_command_duration_seconds_bucket{client="prod",outcome="ok",prefix="osd tree",le="+Inf"} 3
monclient_command_duration_seconds_sum{client="prod",outcome="ok",prefix="osd tree"} 2.5
monclient_command_duration_seconds_count{client="prod",outcome="ok",prefix="osd tree"} 3
# HELP monclient_connected Whether there is a session with a monitor.
# TYPE monclient_connected gauge
monclient_connected{client="prod"} 1
# HELP monclient_events_dropped_total Events that were dropped because subscribers were too slow.
# TYPE monclient_events_dropped_total counter
monclient_events_dropped_total{client="prod"} 12
# HELP monclient_events_queued Events that wait for subscribers.
# TYPE monclient_events_queued gauge
monclient_events_queued{client="prod"} 11
# HELP monclient_failovers_total Sessions that a standby has taken over.
# TYPE monclient_failovers_total counter
monclient_failovers_total{client="prod"} 1
# HELP monclient_hedges_total Calls that another monitor was asked as well.
# TYPE monclient_hedges_total counter
monclient_hedges_total{client="prod"} 9
# HELP monclient_hunt_rounds_total How often trying the monitors began.
# TYPE monclient_hunt_rounds_total counter
monclient_hunt_rounds_total{client="prod"} 6
# HELP monclient_hunts_total Searches for a monitor.
# TYPE monclient_hunts_total counter
monclient_hunts_total{client="prod"} 4
# HELP monclient_keepalive_min_seconds How long the fastest answer to a keepalive took.
# TYPE monclient_keepalive_min_seconds gauge
monclient_keepalive_min_seconds{client="prod",mon="b"} 0.01
# HELP monclient_keepalive_seconds How long the newest keepalive took to be answered.
# TYPE monclient_keepalive_seconds gauge
monclient_keepalive_seconds{client="prod",mon="b"} 0.02
# HELP monclient_keepalive_smoothed_seconds How long keepalives take to be answered, as a moving average.
# TYPE monclient_keepalive_smoothed_seconds gauge
monclient_keepalive_smoothed_seconds{client="prod",mon="b"} 0.015
# HELP monclient_log_entries_unacked Entries for the cluster log that no monitor has acknowledged.
# TYPE monclient_log_entries_unacked gauge
monclient_log_entries_unacked{client="prod"} 13
# HELP monclient_map_epoch The newest epoch of a map that has come.
# TYPE monclient_map_epoch gauge
monclient_map_epoch{client="prod",map="osdmap"} 40
# HELP monclient_map_epochs_behind How far that is behind the newest epoch that monitors have told of.
# TYPE monclient_map_epochs_behind gauge
monclient_map_epochs_behind{client="prod",map="osdmap"} 2
# HELP monclient_osdmaps_applied_total Changes of the OSDMap that were applied.
# TYPE monclient_osdmaps_applied_total counter
monclient_osdmaps_applied_total{client="prod"} 38
# HELP monclient_osdmaps_full_total Whole OSDMaps that were read.
# TYPE monclient_osdmaps_full_total counter
monclient_osdmaps_full_total{client="prod"} 2
# HELP monclient_osdmaps_repaired_total Epochs of the OSDMap that were asked for again: missing, unreadable, or not fetched in time.
# TYPE monclient_osdmaps_repaired_total counter
monclient_osdmaps_repaired_total{client="prod"} 1
# HELP monclient_received_bytes_total Bytes that came over the network.
# TYPE monclient_received_bytes_total counter
monclient_received_bytes_total{client="prod"} 1000
# HELP monclient_received_messages_total Messages that came.
# TYPE monclient_received_messages_total counter
monclient_received_messages_total{client="prod"} 10
# HELP monclient_resends_total Calls that were sent again on another session.
# TYPE monclient_resends_total counter
monclient_resends_total{client="prod"} 8
# HELP monclient_sent_bytes_total Bytes that were written to the network.
# TYPE monclient_sent_bytes_total counter
monclient_sent_bytes_total{client="prod"} 2000
# HELP monclient_sent_messages_total Messages that were sent.
# TYPE monclient_sent_messages_total counter
monclient_sent_messages_total{client="prod"} 20
# HELP monclient_session The monitor of the session, with the value 1.
# TYPE monclient_session gauge
monclient_session{client="prod",mon="b"} 1
# HELP monclient_sessions_lost_total Sessions that have ended before the client was closed.
# TYPE monclient_sessions_lost_total counter
monclient_sessions_lost_total{cause="keepalive",client="prod"} 2
# HELP monclient_sessions_total Sessions that have begun.
# TYPE monclient_sessions_total counter
monclient_sessions_total{client="prod"} 3
# HELP monclient_standbys Standby sessions that could take over.
# TYPE monclient_standbys gauge
monclient_standbys{client="prod"} 2
# HELP monclient_subscriptions Subscriptions.
# TYPE monclient_subscriptions gauge
monclient_subscriptions{client="prod"} 1
# HELP monclient_ticket_remaining_seconds How long a ticket is still valid.
# TYPE monclient_ticket_remaining_seconds gauge
monclient_ticket_remaining_seconds{client="prod",service="auth"} 90
`
	require.NoError(t, testutil.GatherAndCompare(r, strings.NewReader(want)))
}

func TestNamesFollowTheConventions(t *testing.T) {
	_, r := registered(t, map[string]Source{"prod": everything})
	problems, err := testutil.GatherAndLint(r)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestEveryNumberIsThere(t *testing.T) {
	_, r := registered(t, map[string]Source{"prod": everything})
	n, err := testutil.GatherAndCount(r)
	require.NoError(t, err)
	require.Equal(t, len(metrics)+2, n, "each once, one twice, and the histogram")
	described := make(chan *prometheus.Desc, 100)
	NewCollector(nil).Describe(described)
	require.Len(t, described, len(metrics)+1)
}

func TestClientsComeAndGo(t *testing.T) {
	c, r := registered(t, map[string]Source{"one": everything})
	require.ErrorIs(t, c.Add("one", everything), ErrDuplicate)
	require.NoError(t, c.Add("two", fixed{}))
	n, err := testutil.GatherAndCount(r, "monclient_connected")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	c.Remove("one")
	c.Remove("three")
	require.NoError(t, testutil.GatherAndCompare(r, strings.NewReader(`
# HELP monclient_connected Whether there is a session with a monitor.
# TYPE monclient_connected gauge
monclient_connected{client="two"} 0
`), "monclient_connected", "monclient_session", "monclient_command_duration_seconds"))
}

func TestOfAClient(t *testing.T) {
	mons := montest.Start(t, montest.Options{Mons: 3})
	client, err := monclient.Connect(t.Context(), monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	require.NoError(t, err)
	defer client.Close()
	for range 3 {
		_, err = client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
	}
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(NewCollector(map[string]*monclient.Client{"mine": client})))
	problems, err := testutil.GatherAndLint(r)
	require.NoError(t, err)
	require.Empty(t, problems)
	families, err := r.Gather()
	require.NoError(t, err)
	var commands uint64
	for _, f := range families {
		if f.GetName() == "monclient_command_duration_seconds" {
			for _, m := range f.GetMetric() {
				commands += m.GetHistogram().GetSampleCount()
			}
		}
	}
	require.Equal(t, uint64(3), commands)
	require.NoError(t, client.Close())
	require.NoError(t, testutil.GatherAndCompare(r, strings.NewReader(`
# HELP monclient_connected Whether there is a session with a monitor.
# TYPE monclient_connected gauge
monclient_connected{client="mine"} 0
# HELP monclient_sessions_total Sessions that have begun.
# TYPE monclient_sessions_total counter
monclient_sessions_total{client="mine"} 1
`), "monclient_connected", "monclient_sessions_total"))
}
