package monclient

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// Values of Stats.State.
const (
	StateConnected = "connected" // there is a session
	StateHunting   = "hunting"   // a monitor is being looked for
	StateClosed    = "closed"    // Close has returned, or is about to
)

// Stats are numbers of a client: those that only grow count from Connect on, the others tell how things are. In JSON
// durations are seconds, and what there is none of is an empty object or list.
type Stats struct {
	// State is one of StateConnected, StateHunting and StateClosed; Mon is the monitor of the session, if there is one.
	State string `json:"state"`
	Mon   string `json:"mon"`

	// Sessions counts the sessions that have begun, Failovers those among them that a standby has taken over, and
	// SessionsLost those that have ended before Close, by cause: auth, closed (by the monitor), keepalive, network, panic,
	// protocol, quorum, removed (from the monmap) or other.
	Sessions     uint64            `json:"sessions"`
	Failovers    uint64            `json:"failovers"`
	SessionsLost map[string]uint64 `json:"sessions_lost"`
	// Hunts counts the searches for a monitor, the first one included, and HuntRounds how often, in all of them, trying
	// the monitors began: the rounds of one hunt are those in which no monitor was of use, and the last.
	Hunts      uint64 `json:"hunts"`
	HuntRounds uint64 `json:"hunt_rounds"`
	// Attempts counts connection attempts, for standbys too, and AttemptsFailed those that have failed, by Attempt.Step.
	// The difference are those that led to a connection, still run, or were given up because another one was faster.
	Attempts       uint64            `json:"attempts"`
	AttemptsFailed map[string]uint64 `json:"attempts_failed"`
	// Standbys is how many standbys could take over.
	Standbys int `json:"standbys"`
	// RoundTrips are what keepalives have shown of each monitor, by name.
	RoundTrips map[string]RoundTrip `json:"round_trips"`

	// CallsInFlight is how many calls have no outcome yet: commands, queries, and what waits for a map or a session.
	CallsInFlight int `json:"calls_in_flight"`
	// Resends counts calls that were sent again on another session, Hedges those that another monitor was asked as well.
	Resends uint64 `json:"resends"`
	Hedges  uint64 `json:"hedges"`
	// Commands are the commands that have ended, in the order of prefix and outcome. Those of the client itself count, too.
	Commands []CommandStats `json:"commands"`
	// CommandBuckets are the upper bounds of CommandStats.Buckets.
	CommandBuckets Durations `json:"command_buckets"`

	// Maps are the maps that are held, by name: the monmap, and those with epochs that are subscribed to.
	Maps map[string]MapStats `json:"maps"`
	// OSDMaps is what became of the osdmaps that have come, for watches and for calls that need the map.
	OSDMaps OSDMapStats `json:"osdmaps"`
	// Tickets is how long tickets are still valid, by service: auth, and for example mgr. It is negative once they have
	// expired. Those that never expire are left out.
	Tickets map[string]Duration `json:"tickets"`

	// BytesReceived and BytesSent are all bytes of the client's connections, with what the protocol, and encryption, add;
	// MessagesReceived and MessagesSent are the messages among them.
	BytesReceived    uint64 `json:"bytes_received"`
	BytesSent        uint64 `json:"bytes_sent"`
	MessagesReceived uint64 `json:"messages_received"`
	MessagesSent     uint64 `json:"messages_sent"`

	// Subscriptions is how many there are, EventsQueued how many events wait for them to be fetched, and EventsDropped how
	// many were dropped because that was too slow. What SubscribeOptions.Latest replaces does not count as dropped.
	Subscriptions int    `json:"subscriptions"`
	EventsQueued  int    `json:"events_queued"`
	EventsDropped uint64 `json:"events_dropped"`
	// LogUnacked is how many entries for the cluster log no monitor has acknowledged yet.
	LogUnacked int `json:"log_unacked"`
}

// RoundTrip is how long a monitor takes to answer keepalives; zero when it has not answered any.
type RoundTrip struct {
	Last     time.Duration // the newest
	Smoothed time.Duration // a moving average, by which it is decided whether a monitor is near, or late
	Min      time.Duration // the shortest
}

// MarshalJSON writes seconds, as "last", "smoothed" and "min".
func (r RoundTrip) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]Duration{"last": Duration(r.Last), "smoothed": Duration(r.Smoothed), "min": Duration(r.Min)})
}

// CommandStats are the commands of one prefix that have ended in one way.
type CommandStats struct {
	// Prefix is the command's, "osd tree" for example, if Ceph has such a command, else "other". At most 100 are told apart.
	Prefix string `json:"prefix"`
	// Outcome is "ok"; "error", a negative answer; "timeout"; "canceled"; and of those that have ended otherwise "not sent"
	// or "unknown", which it is once they were sent.
	Outcome string `json:"outcome"`
	Count   uint64 `json:"count"`
	// Total is the time that all of them took together, from the call to the outcome.
	Total Duration `json:"total"`
	// Buckets counts those that took as long as each bound of Stats.CommandBuckets, or less.
	Buckets []uint64 `json:"buckets"`
}

// MapStats is how new a map is.
type MapStats struct {
	// Epoch is the newest that has come, 0 when none has.
	Epoch uint64 `json:"epoch"`
	// Newest is the newest epoch that monitors have told of, in answer to Version or with a map; Behind is how far Epoch
	// is from it. There may be newer ones that nobody has told of.
	Newest uint64 `json:"newest"`
	Behind uint64 `json:"behind"`
}

// OSDMapStats counts what became of osdmaps.
type OSDMapStats struct {
	Full     uint64 `json:"full"`     // whole ones that were read
	Applied  uint64 `json:"applied"`  // changes that were applied
	Repaired uint64 `json:"repaired"` // epochs that were asked for again: missing, unreadable, or not fetched in time
}

// Duration is a time.Duration that is a number of seconds in JSON.
type Duration time.Duration

// Seconds returns the number of seconds.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }

// String prints it as a time.Duration.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes seconds.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.Seconds()) }

// UnmarshalJSON reads what MarshalJSON has written.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	*d = Duration(math.Round(seconds * float64(time.Second)))
	return nil
}

// Durations is a list of Duration.
type Durations []Duration

// Stats returns the client's numbers. It may be called from anywhere, functions that run on the client's goroutine
// included, every second, and after Close. It never waits for that goroutine: both take a lock for as long as it takes to
// count, or to copy the counters.
func (c *Client) Stats() Stats {
	now := time.Now()
	monmap := c.core.published.monmap.Load()
	m := &c.core.stats
	s := Stats{
		State: StateHunting, Maps: map[string]MapStats{}, Tickets: map[string]Duration{}, RoundTrips: map[string]RoundTrip{},
		CallsInFlight: int(m.inFlight.Load()), CommandBuckets: slices.Clone(commandBuckets[:]),
		BytesReceived: m.traffic.BytesIn.Load(), BytesSent: m.traffic.BytesOut.Load(),
		MessagesReceived: m.traffic.MessagesIn.Load(), MessagesSent: m.traffic.MessagesOut.Load(),
		EventsQueued: int(m.queued.Load()), EventsDropped: m.dropped.Load(), LogUnacked: int(m.logUnacked.Load()),
		OSDMaps: OSDMapStats{m.osdmaps.full.Load(), m.osdmaps.applied.Load(), m.osdmaps.repaired.Load()},
	}
	m.mu.Lock()
	m.read(&s, now)
	for addr, r := range m.roundTripsNow() {
		if name, ok := monmap.NameOf(addr); ok {
			s.RoundTrips[name] = r
		}
	}
	m.mu.Unlock()
	slices.SortFunc(s.Commands, func(a, b CommandStats) int {
		return cmp.Or(cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Outcome, b.Outcome))
	})
	if epoch := uint64(monmap.Epoch); epoch > 0 { // 0 is of the configuration
		s.Maps["monmap"] = mapStats(epoch, s.Maps["monmap"].Newest)
	}
	return s
}

// roundTrip returns what keepalives have shown of a monitor.
func (c *Client) roundTrip(addr denc.EntityAddr) RoundTrip {
	m := &c.core.stats
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.roundTripsNow()[addr]
}

func mapStats(epoch, newest uint64) MapStats {
	newest = max(newest, epoch)
	return MapStats{Epoch: epoch, Newest: newest, Behind: newest - epoch}
}
