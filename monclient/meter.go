package monclient

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// meter counts what Stats tells. The client's goroutine counts, and mostly takes mu, which is free then: once for a command,
// when it ends. What is counted elsewhere is atomic.
type meter struct {
	inFlight   atomic.Int64
	queued     atomic.Int64
	dropped    atomic.Uint64
	logUnacked atomic.Int64
	traffic    msgr2.Traffic // of all connections
	osdmaps    struct{ full, applied, repaired atomic.Uint64 }

	mu        sync.Mutex
	counters  Stats // the plain numbers, and the maps that count by a word
	connected bool
	closed    bool
	commands  map[commandKey]*histogram
	prefixes  map[string]bool // that commands has
	live      []*session      // whose connections have not ended
	trips     map[denc.EntityAddr]*trip
	newest    map[string]uint64 // epochs, by map
	held      map[string]uint64 // of the maps that are subscribed to
	auth      cephx.AuthState
}

func (m *meter) init() {
	m.counters.SessionsLost = map[string]uint64{}
	m.counters.AttemptsFailed = map[string]uint64{}
	m.commands = make(map[commandKey]*histogram)
	m.prefixes = make(map[string]bool)
	m.trips = make(map[denc.EntityAddr]*trip)
	m.newest = make(map[string]uint64)
	m.held = make(map[string]uint64)
}

// read fills in what mu guards, but for the round trips. The caller holds mu.
func (m *meter) read(s *Stats, now time.Time) {
	k := &m.counters
	switch {
	case m.closed:
		s.State = StateClosed
	case m.connected:
		s.State, s.Mon = StateConnected, k.Mon
	}
	s.Sessions, s.Failovers, s.SessionsLost = k.Sessions, k.Failovers, maps.Clone(k.SessionsLost)
	s.Hunts, s.HuntRounds, s.Attempts, s.AttemptsFailed = k.Hunts, k.HuntRounds, k.Attempts, maps.Clone(k.AttemptsFailed)
	s.Standbys, s.Resends, s.Hedges, s.Subscriptions = k.Standbys, k.Resends, k.Hedges, k.Subscriptions
	s.Commands = make([]CommandStats, 0, len(m.commands))
	for key, h := range m.commands {
		s.Commands = append(s.Commands, h.stats(key))
	}
	for what, epoch := range m.held {
		s.Maps[what] = mapStats(epoch, m.newest[what])
	}
	if newest := m.newest["monmap"]; newest > 0 {
		s.Maps["monmap"] = MapStats{Newest: newest}
	}
	for _, service := range m.auth.Services() {
		if t, ok := m.auth.Ticket(service); ok && !t.Expires.IsZero() {
			s.Tickets[service.String()] = Duration(t.Expires.Sub(now))
		}
	}
}

// count changes what mu guards.
func (m *meter) count(f func(k *Stats)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.counters)
}

// event counts what has happened to the session.
func (m *meter) event(e *SessionEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &m.counters
	switch e.Kind {
	case SessionHunting:
		k.HuntRounds++
	case SessionAttempt:
		k.AttemptsFailed[e.Attempt.Step]++
	case SessionConnected, SessionFailedOver:
		k.Sessions++
		if e.Kind == SessionFailedOver {
			k.Failovers++
		}
		m.connected, k.Mon = true, e.Mon
	case SessionLost:
		k.SessionsLost[causeOf(e.Err)]++
		m.connected, k.Mon = false, ""
	}
}

// close notes that the client has ended.
func (m *meter) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.connected = true, false
	m.counters.Standbys = 0
}

// Causes of lost sessions.
var causes = []struct {
	name string
	errs []error
}{
	{"keepalive", []error{ErrKeepalive}},
	{"quorum", []error{ErrNoQuorum}},
	{"removed", []error{errRemoved}},
	{"auth", []error{cephx.ErrRejected, cephx.ErrWrongKey, cephx.ErrNoTicket, cephx.ErrProtocol}},
	{"protocol", []error{
		ErrForeignCluster, ErrBadMap, msgr2.ErrFrame, msgr2.ErrTooLarge, msgr2.ErrSignature, denc.ErrShort, denc.ErrMalformed, denc.ErrCompat, denc.ErrTrailing,
	}},
	{"network", []error{io.ErrUnexpectedEOF, io.ErrClosedPipe}},
	{"closed", []error{io.EOF}},
}

// causeOf returns the cause of a lost session in one word.
func causeOf(err error) string {
	for _, c := range causes {
		if slices.ContainsFunc(c.errs, func(target error) bool { return errors.Is(err, target) }) {
			return c.name
		}
	}
	var refusal *cephx.AuthError
	var bug *PanicError
	var number syscall.Errno
	var network *net.OpError
	switch {
	case errors.As(err, &refusal):
		return "auth"
	case errors.As(err, &bug):
		return "panic"
	case errors.As(err, &number), errors.As(err, &network):
		return "network"
	}
	return "other"
}

// tickets notes which tickets there are.
func (m *meter) tickets(auth cephx.AuthState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.auth = auth
}

// trip is what keepalives have shown of a monitor.
type trip struct {
	RoundTrip
	at time.Time // of the newest answer
}

// begin and end keep live.
func (m *meter) begin(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live = append(m.live, s)
}

func (m *meter) end(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live = slices.DeleteFunc(m.live, func(other *session) bool { return other == s })
}

// roundTrip notes the newest answer to a session's keepalives; smoothed is what comes of it.
func (m *meter) roundTrip(s *session, smoothed time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.trips[s.attempt.addr]
	if t == nil {
		t = new(trip)
		m.trips[s.attempt.addr] = t
	}
	t.add(s.conn.LastAck())
	t.Smoothed = smoothed
}

func (t *trip) add(at time.Time, rtt time.Duration) {
	if !at.After(t.at) {
		return
	}
	rtt = max(rtt, 1)
	t.at, t.Last = at, rtt
	if t.Min == 0 || rtt < t.Min {
		t.Min = rtt
	}
	if t.Smoothed == 0 {
		t.Smoothed = rtt
	}
}

// roundTripsNow returns what is known of all monitors, and adds what live connections have heard since the client's
// goroutine has looked. The caller holds mu.
func (m *meter) roundTripsNow() map[denc.EntityAddr]RoundTrip {
	trips := make(map[denc.EntityAddr]*trip, len(m.trips))
	for addr, t := range m.trips {
		now := *t
		trips[addr] = &now
	}
	for _, s := range m.live {
		t := trips[s.attempt.addr]
		if t == nil {
			t = new(trip)
			trips[s.attempt.addr] = t
		}
		t.add(s.conn.LastAck())
	}
	all := make(map[denc.EntityAddr]RoundTrip, len(trips))
	for addr, t := range trips {
		if !t.at.IsZero() {
			all[addr] = t.RoundTrip
		}
	}
	return all
}

// forget drops what is known of a monitor that is no more.
func (m *meter) forget(addr denc.EntityAddr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.trips, addr)
}

// epochMaps are the maps that have epochs.
var epochMaps = []string{"monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap"}

// subscribed notes what is subscribed to.
func (m *meter) subscribed(t *subscriptions) {
	n := 0
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range t.entries {
		n += len(e.subscribers)
	}
	m.counters.Subscriptions = n
	for what := range m.held {
		if t.entries[what] == nil {
			delete(m.held, what)
		}
	}
	for what := range t.entries {
		if _, known := m.held[what]; !known && what != "monmap" && slices.Contains(epochMaps, what) {
			m.held[what] = 0
		}
	}
}

// delivered notes that maps have come, in the order of their epochs.
func (m *meter) delivered(what string, events []MapEvent) {
	if len(events) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if had, ok := m.held[what]; ok {
		m.held[what] = max(had, events[len(events)-1].Epoch)
	}
}

// dropped counts events that a subscriber has not fetched in time; first: those before them it has.
func (c *core) dropped(s *Subscription, n int, first bool) {
	if n == 0 || s.latest {
		return
	}
	c.stats.dropped.Add(uint64(n)) //nolint:gosec // not negative
	if first {
		c.note(logDropped, "what", s.what)
	}
}

// told notes that a monitor has told of an epoch.
func (m *meter) told(what string, epoch uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if what == "mdsmap" {
		what = "fsmap"
	}
	m.newest[what] = max(m.newest[what], epoch)
}

// commandBuckets are the upper bounds of the histograms: a monitor nearby answers in less than a millisecond.
var commandBuckets = [...]Duration{
	Duration(500 * time.Microsecond), Duration(time.Millisecond), Duration(2500 * time.Microsecond), Duration(5 * time.Millisecond),
	Duration(10 * time.Millisecond), Duration(25 * time.Millisecond), Duration(50 * time.Millisecond), Duration(100 * time.Millisecond),
	Duration(250 * time.Millisecond), Duration(500 * time.Millisecond), Duration(time.Second), Duration(2500 * time.Millisecond),
	Duration(5 * time.Second), Duration(10 * time.Second), Duration(30 * time.Second), Duration(60 * time.Second),
}

// histogram is how long commands took.
type histogram struct {
	count uint64
	total time.Duration
	in    [len(commandBuckets)]uint64 // each bucket's own
}

func (h *histogram) add(took time.Duration) {
	h.count++
	h.total += took
	for i, bound := range commandBuckets {
		if took <= time.Duration(bound) {
			h.in[i]++
			return
		}
	}
}

func (h *histogram) stats(key commandKey) CommandStats {
	s := CommandStats{Prefix: key.prefix, Outcome: key.outcome, Count: h.count, Total: Duration(h.total), Buckets: make([]uint64, len(h.in))}
	sum := uint64(0)
	for i, n := range h.in {
		sum += n
		s.Buckets[i] = sum
	}
	return s
}

type commandKey struct{ prefix, outcome string }

// started counts a call.
func (m *meter) started(call *Call) {
	m.inFlight.Add(1)
	if call.began.IsZero() {
		call.began = time.Now()
	}
}

// sent counts a call that was sent before.
func (m *meter) sent(call *Call) {
	if call.sent < 2 {
		return
	}
	m.count(func(k *Stats) {
		if call.on != nil {
			k.Hedges++
		} else {
			k.Resends++
		}
	})
}

// finished counts a call that has ended.
func (m *meter) finished(call *Call, o *outcome) {
	m.inFlight.Add(-1)
	if reply, ok := o.reply.(*monmsg.MMonGetVersionReply); ok {
		m.told(call.name, reply.Version)
	}
	if !call.command {
		return
	}
	took, key := time.Since(call.began), commandKey{call.name, outcomeOf(call, o)}
	if key.prefix == "" {
		key.prefix = prefixOf(call.text)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.prefixes[key.prefix] {
		if !commandNames()[key.prefix] || len(m.prefixes) >= maxPrefixes {
			key.prefix = otherPrefix
		} else {
			m.prefixes[key.prefix] = true
		}
	}
	h := m.commands[key]
	if h == nil {
		h = new(histogram)
		m.commands[key] = h
	}
	h.add(took)
}

// outcomeOf says in a word or two how a command has ended.
func outcomeOf(call *Call, o *outcome) string {
	switch {
	case o.err == nil && retvalOf(o.reply) >= 0:
		return "ok"
	case o.err == nil:
		return "error"
	case errors.Is(o.err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(o.err, context.Canceled):
		return "canceled"
	case call.sent == 0:
		return "not sent"
	}
	return "unknown"
}

func retvalOf(m monmsg.Message) int32 {
	switch m := m.(type) {
	case *monmsg.MMonCommandAck:
		return m.Retval
	case *monmsg.MCommandReply:
		return m.Retval
	case *monmsg.MMgrCommandReply:
		return m.Retval
	}
	return 0
}

// Commands are told apart by their prefix, as long as it is one of Ceph's and there are not too many: whatever callers put
// where a prefix belongs, they do not find it in metrics.
const (
	maxPrefixes = 100
	otherPrefix = "other"
)

//go:embed commandnames.txt
var commandNamesText string

// commandNames are the prefixes of the commands of the monitors and the managers of all releases, one a line, and of those that
// daemons have for tell.
var commandNames = sync.OnceValue(func() map[string]bool {
	names := make(map[string]bool)
	for name := range strings.Lines(commandNamesText) {
		names[strings.TrimSpace(name)] = true
	}
	return names
})

// prefix returns the prefix if it is known without a look at the text, which prefixOf takes otherwise.
func (cmd Command) prefix() string {
	if cmd.JSON == nil {
		return cmd.Prefix
	}
	return ""
}

// prefixOf returns the prefix of a command's text. Where it comes first, as it mostly does, nothing else is looked at: what
// is no JSON is nothing that a monitor would execute.
func prefixOf(text []string) string {
	if len(text) == 1 {
		if rest, ok := strings.CutPrefix(text[0], `{"prefix":`); ok {
			rest = strings.TrimPrefix(rest, " ")
			if rest, ok = strings.CutPrefix(rest, `"`); ok {
				if end := strings.IndexAny(rest, `"\`); end >= 0 && rest[end] == '"' {
					return rest[:end]
				}
			}
		}
	}
	prefix, _ := cmdtable.PrefixOf(text)
	return prefix
}
