package main

import (
	"strings"

	benchresult "github.com/libmonclient/libmonclient/bench/result"
)

// quantity is one of the numbers that results have of a load.
type quantity struct {
	name   string
	unit   benchresult.Unit
	higher bool
	of     func(res *result, f figures) float64

	goOnly bool                 // nobody else has it
	known  func(f figures) bool // nil: always
}

var (
	wallP50 = quantity{name: "wall p50", unit: benchresult.Nanoseconds, of: func(_ *result, f figures) float64 { return f.WallMedian }}
	wallP95 = quantity{name: "wall p95", unit: benchresult.Nanoseconds, of: func(_ *result, f figures) float64 { return f.WallP95 }}
	wallP99 = quantity{name: "wall p99", unit: benchresult.Nanoseconds, of: func(_ *result, f figures) float64 { return f.WallP99 }}
	elapsed = quantity{name: "elapsed", unit: benchresult.Nanoseconds, of: func(_ *result, f figures) float64 { return f.Elapsed }}
	cpu     = quantity{name: "cpu", unit: benchresult.Nanoseconds, of: func(_ *result, f figures) float64 { return f.CPU }}

	throughput = quantity{name: "throughput", unit: benchresult.PerSecond, higher: true, of: func(_ *result, f figures) float64 { return f.Throughput }}
	bandwidth  = quantity{
		name: "bandwidth", unit: benchresult.BytesPerSec, higher: true,
		of: func(res *result, f figures) float64 { return f.Throughput * float64(res.payload()) },
	}
	connections = quantity{
		name: "connections", unit: benchresult.Count, of: func(_ *result, f figures) float64 { return f.Connections },
		known: func(f figures) bool { return f.Connections >= 0 },
	}
	allocs    = quantity{name: "allocs", unit: benchresult.Count, of: func(_ *result, f figures) float64 { return f.Allocs }, goOnly: true}
	allocated = quantity{name: "allocated", unit: benchresult.Bytes, of: func(_ *result, f figures) float64 { return f.AllocBytes }, goOnly: true}
)

// quantities are what results have of a load, by its section.
var quantities = map[string][]quantity{
	sectionConnect:    {wallP50, wallP99, elapsed, cpu, connections},
	sectionLatency:    {wallP50, wallP95, wallP99, cpu, allocs, allocated},
	sectionThroughput: {throughput, cpu, allocs, allocated},
	sectionLarge:      {bandwidth, wallP50, cpu, allocated},
}

// payload is how many bytes one operation moves.
func (res *result) payload() int64 { return max(res.OutputBytes, int64(res.Input)) }

// measurements returns everything in the one form of all benchmarks: each of our sides beside librados, and what is pipelined
// beside the fastest that librados has done of the same in that round, in whatever way.
func (r *report) measurements() []benchresult.Measurement {
	var all []benchresult.Measurement
	for _, res := range r.Results {
		for _, side := range []string{sideGo, sideC} {
			if res.has(side) {
				all = append(all, r.measurementsOf(res, side, res.Section, res.Work)...)
			}
		}
	}
	// One caller's throughput is in its latencies.
	for _, res := range r.Results {
		if res.Section != sectionLatency {
			continue
		}
		for _, side := range []string{sideGo, sideC} {
			if res.has(side) {
				all = append(all, r.measurementsOf(res, side, sectionThroughput, res.Work)...)
			}
		}
	}
	return all
}

func (r *report) measurementsOf(res *result, side, section, work string) []benchresult.Measurement {
	var all []benchresult.Measurement
	for _, q := range quantities[section] {
		m := benchresult.Measurement{
			Section: section, Work: work, Mode: res.Mode, Quantity: q.name, Side: side, Unit: q.unit, Higher: q.higher,
		}
		complete := true // what is known of one round is known of all
		for n, round := range res.Rounds {
			f := round[side]
			if q.known != nil && !q.known(f) || q.goOnly && side != sideGo {
				complete = false
				break
			}
			m.Ours = append(m.Ours, q.of(res, f))
			if theirs, ok := r.librados(res, n); ok && !q.goOnly {
				m.Theirs = append(m.Theirs, q.of(res, theirs))
			}
		}
		if !complete {
			continue
		}
		if len(m.Theirs) == len(m.Ours) {
			m.Other = sideLibrados
		} else {
			m.Theirs = nil
		}
		all = append(all, m)
	}
	return all
}

// librados returns its figures of a round: of the load, or of its fastest way where it does not have what is loaded.
func (r *report) librados(res *result, n int) (best figures, ok bool) {
	if res.has(sideLibrados) {
		f, ok := res.Rounds[n][sideLibrados]
		return f, ok
	}
	for _, other := range r.Results {
		same := other.Mode == res.Mode && other.Mons == res.Mons && strings.TrimPrefix(res.Kind, "pipelined-") == other.Kind &&
			other.Command == res.Command && other.Input == res.Input
		if !same || n >= len(other.Rounds) {
			continue
		}
		if f, has := other.Rounds[n][sideLibrados]; has && f.Throughput > best.Throughput {
			best, ok = f, true
		}
	}
	return best, ok
}
