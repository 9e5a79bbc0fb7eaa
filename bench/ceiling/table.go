package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"

	"github.com/libmonclient/libmonclient/bench/result"
)

// quantity is what a sample tells.
type quantity struct {
	name   string
	unit   result.Unit
	higher bool
	of     func(s sample) float64
	print  func(v float64) string
	when   func(l load) bool // nil: always
}

func byOperation(total float64, s sample) float64 { return total / float64(s.ops) }

func isPipelined(l load) bool { return l.pipelined }
func isCaller(l load) bool    { return !l.pipelined }

var quantities = []quantity{
	{name: "throughput", unit: result.PerSecond, higher: true, print: perSecond, when: isPipelined,
		of: func(s sample) float64 { return float64(s.ops) / s.elapsed.Seconds() }},
	{name: "wall p50", unit: result.Nanoseconds, print: microseconds, when: isCaller,
		of: func(s sample) float64 { return float64(s.latencies[len(s.latencies)/2]) }},
	{name: "wall p99", unit: result.Nanoseconds, print: microseconds, when: isCaller,
		of: func(s sample) float64 { return float64(s.latencies[len(s.latencies)*99/100]) }},
	{name: "cpu", unit: result.Nanoseconds, print: microseconds,
		of: func(s sample) float64 { return byOperation(float64(s.cpu), s) }},
	{name: "throughput per processor", unit: result.PerSecond, higher: true, print: perSecond,
		of: func(s sample) float64 { return float64(s.ops) / max(s.cpu.Seconds(), 1e-9) }},
	{name: "allocs", unit: result.Count, print: count,
		of: func(s sample) float64 { return byOperation(float64(s.allocs), s) }},
	{name: "allocated", unit: result.Bytes, print: count,
		of: func(s sample) float64 { return byOperation(float64(s.allocBytes), s) }},
}

// measurements returns what bench/report makes a table of.
func (one *series) measurements() []result.Measurement {
	var all []result.Measurement
	for _, q := range quantities {
		if q.when != nil && !q.when(one.load) {
			continue
		}
		m := result.Measurement{
			Section: "ceiling", Work: one.name, Mode: one.mode, Quantity: q.name, Side: "go", Unit: q.unit, Higher: q.higher,
		}
		for _, s := range one.samples {
			m.Ours = append(m.Ours, q.of(s))
		}
		all = append(all, m)
	}
	return all
}

// writeTable prints the medians for people.
func writeTable(w io.Writer, all []*series) error {
	fmt.Fprintf(w, "%s, %s/%s, %d processors; the monitor's work included, by operation\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "mode\tload\t")
	for _, q := range quantities {
		fmt.Fprintf(t, "%s\t", q.name)
	}
	fmt.Fprintln(t)
	for _, one := range all {
		fmt.Fprintf(t, "%s\t%s\t", one.mode, one.name)
		values := map[string]float64{}
		for _, m := range one.measurements() {
			values[m.Quantity] = result.Median(m.Ours)
		}
		for _, q := range quantities {
			if v, ok := values[q.name]; ok {
				fmt.Fprint(t, q.print(v))
			}
			fmt.Fprint(t, "\t")
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func perSecond(v float64) string    { return fmt.Sprintf("%.0f/s", v) }
func microseconds(v float64) string { return fmt.Sprintf("%.2f µs", v/1e3) }
func count(v float64) string        { return fmt.Sprintf("%.1f", v) }
