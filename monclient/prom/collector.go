package prom

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/libmonclient/libmonclient/monclient"
)

// Source has numbers: a *monclient.Client.
type Source interface {
	Stats() monclient.Stats
}

// ErrDuplicate says that there is a client of that name already.
var ErrDuplicate = errors.New("duplicate client name")

// Collector is a prometheus.Collector over clients. It is safe for concurrent use. A client that was closed keeps its numbers
// until it is removed.
type Collector struct {
	mu      sync.Mutex
	clients map[string]Source
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector over clients, by the name that is the value of their label client. More may be added.
func NewCollector(clients map[string]*monclient.Client) *Collector {
	c := &Collector{clients: make(map[string]Source, len(clients))}
	for name, client := range clients {
		c.clients[name] = client
	}
	return c
}

// Add adds a client. The error is ErrDuplicate.
func (c *Collector) Add(name string, client Source) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.clients[name]; ok {
		return fmt.Errorf("prom: add %q: %w", name, ErrDuplicate)
	}
	c.clients[name] = client
	return nil
}

// Remove removes a client, if it is there: its metrics end.
func (c *Collector) Remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.clients, name)
}

// metric describes a metric, and how its values are found.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	write func(s *monclient.Stats, add func(value float64, labels ...string))
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("monclient_"+name, help, append([]string{"client"}, labels...), nil)
}

// one returns a metric of one value.
func one(name, help string, kind prometheus.ValueType, value func(*monclient.Stats) float64) metric {
	return metric{describe(name, help), kind, func(s *monclient.Stats, add func(float64, ...string)) { add(value(s)) }}
}

// each returns a metric of a value for each of some things, which the label names.
func each[T any](name, label, help string, kind prometheus.ValueType, of func(*monclient.Stats) map[string]T, value func(T) float64) metric {
	return metric{describe(name, help, label), kind, func(s *monclient.Stats, add func(float64, ...string)) {
		for key, v := range of(s) {
			add(value(v), key)
		}
	}}
}

func count(n uint64) float64 { return float64(n) }

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

var (
	trips = func(s *monclient.Stats) map[string]monclient.RoundTrip { return s.RoundTrips }
	held  = func(s *monclient.Stats) map[string]monclient.MapStats { return s.Maps }
)

var metrics = []metric{
	one("connected", "Whether there is a session with a monitor.", gauge, func(s *monclient.Stats) float64 {
		if s.State == monclient.StateConnected {
			return 1
		}
		return 0
	}),
	each("session", "mon", "The monitor of the session, with the value 1.", gauge, func(s *monclient.Stats) map[string]uint64 {
		if s.Mon == "" {
			return nil
		}
		return map[string]uint64{s.Mon: 1}
	}, count),
	one("sessions_total", "Sessions that have begun.", counter, func(s *monclient.Stats) float64 { return count(s.Sessions) }),
	one("failovers_total", "Sessions that a standby has taken over.", counter, func(s *monclient.Stats) float64 { return count(s.Failovers) }),
	each("sessions_lost_total", "cause", "Sessions that have ended before the client was closed.", counter,
		func(s *monclient.Stats) map[string]uint64 { return s.SessionsLost }, count),
	one("hunts_total", "Searches for a monitor.", counter, func(s *monclient.Stats) float64 { return count(s.Hunts) }),
	one("hunt_rounds_total", "How often trying the monitors began.", counter, func(s *monclient.Stats) float64 { return count(s.HuntRounds) }),
	one("attempts_total", "Connection attempts.", counter, func(s *monclient.Stats) float64 { return count(s.Attempts) }),
	each("attempts_failed_total", "step", "Connection attempts that have failed.", counter,
		func(s *monclient.Stats) map[string]uint64 { return s.AttemptsFailed }, count),
	one("standbys", "Standby sessions that could take over.", gauge, func(s *monclient.Stats) float64 { return float64(s.Standbys) }),

	each("keepalive_seconds", "mon", "How long the newest keepalive took to be answered.", gauge, trips,
		func(r monclient.RoundTrip) float64 { return r.Last.Seconds() }),
	each("keepalive_smoothed_seconds", "mon", "How long keepalives take to be answered, as a moving average.", gauge, trips,
		func(r monclient.RoundTrip) float64 { return r.Smoothed.Seconds() }),
	each("keepalive_min_seconds", "mon", "How long the fastest answer to a keepalive took.", gauge, trips,
		func(r monclient.RoundTrip) float64 { return r.Min.Seconds() }),

	one("calls_in_flight", "Commands and other calls that have no outcome yet.", gauge, func(s *monclient.Stats) float64 { return float64(s.CallsInFlight) }),
	one("resends_total", "Calls that were sent again on another session.", counter, func(s *monclient.Stats) float64 { return count(s.Resends) }),
	one("hedges_total", "Calls that another monitor was asked as well.", counter, func(s *monclient.Stats) float64 { return count(s.Hedges) }),

	each("map_epoch", "map", "The newest epoch of a map that has come.", gauge, held, func(m monclient.MapStats) float64 { return count(m.Epoch) }),
	each("map_epochs_behind", "map", "How far that is behind the newest epoch that monitors have told of.", gauge, held,
		func(m monclient.MapStats) float64 { return count(m.Behind) }),
	one("osdmaps_full_total", "Whole OSDMaps that were read.", counter, func(s *monclient.Stats) float64 { return count(s.OSDMaps.Full) }),
	one("osdmaps_applied_total", "Changes of the OSDMap that were applied.", counter, func(s *monclient.Stats) float64 { return count(s.OSDMaps.Applied) }),
	one("osdmaps_repaired_total", "Epochs of the OSDMap that were asked for again: missing, unreadable, or not fetched in time.", counter,
		func(s *monclient.Stats) float64 { return count(s.OSDMaps.Repaired) }),
	each("ticket_remaining_seconds", "service", "How long a ticket is still valid.", gauge,
		func(s *monclient.Stats) map[string]monclient.Duration { return s.Tickets }, monclient.Duration.Seconds),

	one("received_bytes_total", "Bytes that came over the network.", counter, func(s *monclient.Stats) float64 { return count(s.BytesReceived) }),
	one("sent_bytes_total", "Bytes that were written to the network.", counter, func(s *monclient.Stats) float64 { return count(s.BytesSent) }),
	one("received_messages_total", "Messages that came.", counter, func(s *monclient.Stats) float64 { return count(s.MessagesReceived) }),
	one("sent_messages_total", "Messages that were sent.", counter, func(s *monclient.Stats) float64 { return count(s.MessagesSent) }),

	one("subscriptions", "Subscriptions.", gauge, func(s *monclient.Stats) float64 { return float64(s.Subscriptions) }),
	one("events_queued", "Events that wait for subscribers.", gauge, func(s *monclient.Stats) float64 { return float64(s.EventsQueued) }),
	one("events_dropped_total", "Events that were dropped because subscribers were too slow.", counter, func(s *monclient.Stats) float64 { return count(s.EventsDropped) }),
	one("log_entries_unacked", "Entries for the cluster log that no monitor has acknowledged.", gauge, func(s *monclient.Stats) float64 { return float64(s.LogUnacked) }),
}

var commandDuration = describe("command_duration_seconds", "How long commands took, from the call to the outcome.", "prefix", "outcome")

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range metrics {
		to <- m.desc
	}
	to <- commandDuration
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	clients := maps.Clone(c.clients)
	c.mu.Unlock()
	for name, client := range clients {
		s := client.Stats()
		for _, m := range metrics {
			m.write(&s, func(value float64, labels ...string) {
				to <- prometheus.MustNewConstMetric(m.desc, m.kind, value, append([]string{name}, labels...)...)
			})
		}
		for _, cmd := range s.Commands {
			buckets := make(map[float64]uint64, len(cmd.Buckets))
			for i, n := range cmd.Buckets {
				buckets[s.CommandBuckets[i].Seconds()] = n
			}
			to <- prometheus.MustNewConstHistogram(commandDuration, cmd.Count, cmd.Total.Seconds(), buckets, name, cmd.Prefix, cmd.Outcome)
		}
	}
}
