package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/bench/result"
)

const (
	growParallel = 64                     // how many clients connect at a time where that is not what is measured
	settleTime   = 700 * time.Millisecond // before a process is looked at
	idleClients  = 100
	keepalive    = 10 * time.Second // mon_client_ping_interval, of both sides
)

// scale is the section.
func (b *bench) scale(ctx context.Context) ([]result.Measurement, error) {
	var all []result.Measurement
	for _, mode := range b.modes {
		for _, part := range []func(context.Context, string) ([]result.Measurement, error){b.connectMany, b.footprints, b.idleTraffic} {
			ms, err := part(ctx, mode)
			if err != nil {
				return nil, err
			}
			all = append(all, ms...)
		}
	}
	return all, nil
}

// sideBySide is a measurement of both sides.
func sideBySide(section, work, mode, quantity string, unit result.Unit) result.Measurement {
	return result.Measurement{Section: section, Work: work, Mode: mode, Quantity: quantity, Side: ours, Unit: unit, Other: librados}
}

// add adds a round's value of a side.
func add(m *result.Measurement, side string, v float64) {
	if side == ours {
		m.Ours = append(m.Ours, v)
	} else {
		m.Theirs = append(m.Theirs, v)
	}
}

// inTurns returns the sides, another one first each round.
func inTurns(round int) []string {
	if round%2 == 1 {
		return []string{librados, ours}
	}
	return []string{ours, librados}
}

// connectMany has each side connect many clients, each time in a process that has done it once.
func (b *bench) connectMany(ctx context.Context, mode string) ([]result.Measurement, error) {
	var all []result.Measurement
	for _, way := range []struct {
		name     string
		parallel int
	}{{"one by one", 1}, {"in parallel", b.parallel}} {
		work := fmt.Sprintf("connect %d, %s", b.connect, way.name)
		elapsed := sideBySide(sectionScale, work, mode, "elapsed", result.Nanoseconds)
		cpu := sideBySide(sectionScale, work, mode, "cpu", result.Nanoseconds)
		for n := range b.rounds {
			for _, name := range inTurns(n) {
				a, err := b.connectOnce(ctx, name, mode, way.parallel)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", work, err)
				}
				b.say("%s, %s, round %d of %d: %s: %v", mode, work, n+1, b.rounds, name, time.Duration(a.NS).Round(time.Millisecond))
				add(&elapsed, name, float64(a.NS))
				add(&cpu, name, float64(a.CPU)/float64(b.connect))
			}
		}
		all = append(all, elapsed, cpu)
	}
	return all, nil
}

func (b *bench) connectOnce(ctx context.Context, name, mode string, parallel int) (a answer, err error) {
	s, err := b.start(ctx, name, mode)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.warmUp(ctx); err != nil {
		return a, err
	}
	a, err = s.ask(ctx, "connect %d %d", b.connect, parallel)
	if err != nil {
		return a, err
	}
	_, err = s.ask(ctx, "close")
	return a, err
}

// warmUp connects one client and closes it.
func (s *side) warmUp(ctx context.Context) error {
	for _, line := range []string{"connect 1 1", "close"} {
		if _, err := s.ask(ctx, "%s", line); err != nil {
			return err
		}
	}
	return nil
}

// footprints looks at processes with more and more clients.
func (b *bench) footprints(ctx context.Context, mode string) (all []result.Measurement, err error) {
	of := map[string][]stage{}
	for name, counts := range map[string][]int{ours: b.clients, librados: b.librados} {
		if len(counts) == 0 {
			continue
		}
		if of[name], err = b.grow(ctx, name, mode, counts); err != nil {
			return nil, err
		}
	}
	return footprintMeasurements(mode, of[ours], of[librados]), nil
}

// stage is a process with a number of clients; with none it is the base.
type stage struct {
	clients int
	footprint
	goroutines int64 // ours only
}

// grow has a process connect more and more clients, and returns the stages, the base first.
func (b *bench) grow(ctx context.Context, name, mode string, counts []int) (stages []stage, err error) {
	s, err := b.start(ctx, name, mode)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.warmUp(ctx); err != nil {
		return nil, err
	}
	word := "connect"
	if name == ours {
		word = "share"
	}
	have := 0
	for _, n := range append([]int{0}, counts...) {
		if n > have {
			a, err := s.ask(ctx, "%s %d %d", word, n-have, growParallel)
			if err != nil {
				return nil, fmt.Errorf("%d clients: %w", n, err)
			}
			b.say("%s, %d clients: %s: %d more in %v", mode, n, name, n-have, time.Duration(a.NS).Round(time.Millisecond))
			have = n
		}
		if err := pause(ctx, settleTime); err != nil {
			return nil, err
		}
		one := stage{clients: n}
		if one.footprint, err = look(s.cmd.Process.Pid); err != nil {
			return nil, err
		}
		if name == ours {
			a, err := s.ask(ctx, "runtime")
			if err != nil {
				return nil, err
			}
			if a.Clients != n {
				return nil, fmt.Errorf("%s has %d clients, want %d", name, a.Clients, n)
			}
			one.goroutines = int64(a.Goroutines)
		}
		stages = append(stages, one)
	}
	if name == ours && b.heap != "" {
		if _, err := s.ask(ctx, "profile %s", b.heap); err != nil {
			return nil, err
		}
	}
	_, err = s.ask(ctx, "close")
	return stages, err
}

// perClient are the quantities of a stage, less the base, by client.
var perClient = []struct {
	name     string
	unit     result.Unit
	of       func(s stage) int64
	oursOnly bool
}{
	{name: "resident per client", unit: result.Bytes, of: func(s stage) int64 { return s.resident }},
	{name: "anonymous per client", unit: result.Bytes, of: func(s stage) int64 { return s.anonymous }},
	{name: "fds per client", unit: result.Count, of: func(s stage) int64 { return s.descriptors }},
	{name: "threads per client", unit: result.Count, of: func(s stage) int64 { return s.threads }},
	{name: "goroutines per client", unit: result.Count, of: func(s stage) int64 { return s.goroutines }, oursOnly: true},
}

// footprintMeasurements makes measurements of stages, whose first is the base. Only ours has all numbers of clients.
func footprintMeasurements(mode string, mine, theirs []stage) []result.Measurement {
	var all []result.Measurement
	for _, one := range mine[min(1, len(mine)):] {
		work := fmt.Sprintf("%d clients", one.clients)
		if one.clients == 1 {
			work = "1 client"
		}
		i := slices.IndexFunc(theirs, func(s stage) bool { return s.clients == one.clients })
		make1 := func(quantity string, unit result.Unit, mineIs, theirsIs func() float64) {
			m := sideBySide(sectionScale, work, mode, quantity, unit)
			m.Ours = []float64{mineIs()}
			if i < 0 || theirsIs == nil {
				m.Other = ""
			} else {
				m.Theirs = []float64{theirsIs()}
			}
			all = append(all, m)
		}
		make1("resident", result.Bytes, func() float64 { return float64(one.resident) }, func() float64 { return float64(theirs[i].resident) })
		for _, q := range perClient {
			// A process may have less of something than at the base, of threads for example: that is none by client.
			by := func(s, base stage) float64 { return max(0, float64(q.of(s)-q.of(base))/float64(s.clients)) }
			theirsIs := func() float64 { return by(theirs[i], theirs[0]) }
			if q.oursOnly {
				theirsIs = nil
			}
			make1(q.name, q.unit, func() float64 { return by(one, mine[0]) }, theirsIs)
		}
	}
	return all
}

// idleTraffic has clients of both sides do nothing at the same time.
func (b *bench) idleTraffic(ctx context.Context, mode string) (_ []result.Measurement, err error) {
	if b.idle == 0 {
		return nil, nil
	}
	sides := make([]*side, 2)
	for i, name := range inTurns(0) {
		if sides[i], err = b.start(ctx, name, mode); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, sides[i].close()) }()
		if _, err := sides[i].ask(ctx, "connect %d %d", idleClients, growParallel); err != nil {
			return nil, err
		}
	}
	b.say("%s, %d idle clients of each side, for %v", mode, idleClients, b.idle+keepalive/2)
	if err := pause(ctx, keepalive/2); err != nil {
		return nil, err
	}
	before, err := trafficOf(sides)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := pause(ctx, b.idle); err != nil {
		return nil, err
	}
	elapsed := time.Since(begin)
	after, err := trafficOf(sides)
	if err != nil {
		return nil, err
	}
	bytes := sideBySide(sectionScale, "idle client", mode, "traffic per hour", result.Bytes)
	packets := sideBySide(sectionScale, "idle client", mode, "packets per hour", result.Count)
	for i, s := range sides {
		sum, ended := exchanged(before[i], after[i])
		b.say("%s, idle: %s: %d connections before, %d after, of which %d are new", mode, s.name, len(before[i]), len(after[i]), len(after[i])-len(before[i])+ended)
		add(&bytes, s.name, perHour(sum.bytes, idleClients, elapsed))
		add(&packets, s.name, perHour(sum.packets, idleClients, elapsed))
		if _, err := s.ask(ctx, "close"); err != nil {
			return nil, err
		}
	}
	return []result.Measurement{bytes, packets}, nil
}

// trafficOf returns the traffic of each side's connections until now.
func trafficOf(sides []*side) ([]map[uint32]traffic, error) {
	everybody, err := connections()
	if err != nil {
		return nil, err
	}
	of := make([]map[uint32]traffic, len(sides))
	for i, s := range sides {
		own, err := sockets(s.cmd.Process.Pid)
		if err != nil {
			return nil, err
		}
		of[i] = map[uint32]traffic{}
		for inode := range own {
			if t, ok := everybody[inode]; ok {
				of[i][inode] = t
			}
		}
		if len(of[i]) < idleClients {
			return nil, fmt.Errorf("%s has %d connections for %d clients", s.name, len(of[i]), idleClients)
		}
	}
	return of, nil
}

// exchanged returns what went over the connections that there are now, and how many have ended meanwhile: what went over those
// nobody knows any more.
func exchanged(before, after map[uint32]traffic) (sum traffic, ended int) {
	for inode, now := range after {
		sum.bytes += now.bytes - before[inode].bytes // 0 for a new one
		sum.packets += now.packets - before[inode].packets
	}
	for inode := range before {
		if _, ok := after[inode]; !ok {
			ended++
		}
	}
	return sum, ended
}

func perHour(total, clients int64, elapsed time.Duration) float64 {
	return float64(total) / float64(clients) / elapsed.Hours()
}
