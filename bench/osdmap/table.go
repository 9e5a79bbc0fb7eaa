package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/libmonclient/libmonclient/bench/result"
)

// section is that of all measurements.
const section = "osdmap"

// measurements returns what the works cost. Applying is compared with decoding, which it stands for.
func measurements(costs []cost) []result.Measurement {
	var all []result.Measurement
	for _, c := range costs {
		m := func(quantity string, unit result.Unit, values []float64) *result.Measurement {
			all = append(all, result.Measurement{
				Section: section, Work: c.name + ", createsimple", Quantity: quantity, Side: "go", Unit: unit, Ours: values,
			})
			return &all[len(all)-1]
		}
		m("wall", result.Nanoseconds, c.wall)
		cpu := m("cpu", result.Nanoseconds, c.cpu)
		if c.name == "apply" {
			cpu.Other, cpu.Theirs = "decode", costs[0].cpu
		}
		if len(c.bandwidth) > 0 {
			m("bandwidth", result.BytesPerSec, c.bandwidth).Higher = true
		}
		m("allocs", result.Count, c.allocs)
		m("allocated", result.Bytes, c.allocated)
	}
	return all
}

// catchUpMeasurements returns what it took both sides.
func (s settings) catchUpMeasurements(rounds []round) []result.Measurement {
	m := func(quantity string, of func(sample) int64) result.Measurement {
		m := result.Measurement{
			Section: section, Work: fmt.Sprintf("catch up %d epochs", s.epochs), Mode: "secure", Quantity: quantity, Side: "go",
			Unit: result.Nanoseconds, Other: "librados",
		}
		for _, r := range rounds {
			m.Ours = append(m.Ours, float64(of(r.ours)))
			m.Theirs = append(m.Theirs, float64(of(r.librados)))
		}
		return m
	}
	return []result.Measurement{
		m("elapsed", func(s sample) int64 { return s.Elapsed }),
		m("cpu", func(s sample) int64 { return s.CPU }),
	}
}

// writeTable prints the medians, and the ratios with what they lie in.
func writeTable(w io.Writer, title string, all []result.Measurement) error {
	fmt.Fprintln(w, title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "work\tquantity\tours\ttheirs\tratio\t(range)\t")
	for i := range all {
		m := &all[i]
		theirs, ratio, spread := "", "", ""
		if r, ok := m.Ratio(); ok {
			theirs = printed(m.Unit, result.Median(m.Theirs)) + " " + m.Other
			ratio, spread = fmt.Sprintf("%.3f", r.Median), fmt.Sprintf("%.3f–%.3f", r.Lowest, r.Highest)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t\n", m.Work, m.Quantity, printed(m.Unit, result.Median(m.Ours)), theirs, ratio, spread)
	}
	return t.Flush()
}

// printed returns a value as people read it.
func printed(unit result.Unit, v float64) string {
	switch unit {
	case result.Nanoseconds:
		return fmt.Sprintf("%.3f ms", v/1e6)
	case result.BytesPerSec:
		return fmt.Sprintf("%.0f MB/s", v/1e6)
	case result.Bytes:
		return fmt.Sprintf("%.1f kB", v/1e3)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}
