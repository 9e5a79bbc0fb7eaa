package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	benchresult "github.com/libmonclient/libmonclient/bench/result"
)

// metric is one row of the table.
type metric struct {
	name  string
	of    func(res *result, f figures) float64
	print func(v float64) string

	sections []string // nil: all
	goOnly   bool
}

var metrics = []metric{
	{name: "wall, p50", of: wallP50.of, print: printTime},
	{name: "wall, p95", of: wallP95.of, print: printTime, sections: []string{sectionConnect, sectionLatency}},
	{name: "wall, p99", of: wallP99.of, print: printTime},
	{name: "elapsed", of: elapsed.of, print: printTime, sections: []string{sectionConnect}},
	{name: "a second", of: throughput.of, print: printNumber, sections: []string{sectionLatency, sectionThroughput}},
	{name: "bytes a second", of: bandwidth.of, print: printBytes, sections: []string{sectionLarge}},
	{name: "cpu", of: cpu.of, print: printTime},
	{name: "switches", of: func(_ *result, f figures) float64 { return f.Switches }, print: printCount},
	{name: "connections", of: connections.of, print: printCount, sections: []string{sectionConnect}},
	{name: "allocations", of: allocs.of, print: printCount, goOnly: true},
	{name: "allocated", of: allocated.of, print: printBytes, goOnly: true},
	{name: "resident", of: func(_ *result, f figures) float64 { return f.RSS }, print: printBytes, sections: []string{sectionLatency}},
	{name: "anonymous", of: func(_ *result, f figures) float64 { return f.Anon }, print: printBytes, sections: []string{sectionLatency}},
}

// row is one row of the table, by the medians of the rounds.
type row struct {
	Metric string             `json:"metric"`
	Sides  map[string]float64 `json:"sides"`
	// Ratios are of our sides to librados.
	Ratios map[string]ratio `json:"ratios,omitempty"`

	print func(v float64) string
}

// ratio is the median of the rounds' ratios, and their range.
type ratio struct {
	Median  float64 `json:"median"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

// rows are the table of one load.
func (r *report) rows(res *result) []row {
	var rows []row
	for _, m := range metrics {
		if m.sections != nil && !slices.Contains(m.sections, res.Section) {
			continue
		}
		row := row{Metric: m.name, Sides: map[string]float64{}, Ratios: map[string]ratio{}, print: m.print}
		values := map[string][]float64{}
		for n, round := range res.Rounds {
			for side, f := range round {
				values[side] = append(values[side], m.of(res, f))
			}
			if f, ok := r.librados(res, n); ok && !res.has(sideLibrados) {
				values[sideLibrados] = append(values[sideLibrados], m.of(res, f))
			}
		}
		for side, v := range values {
			if m.goOnly && side != sideGo || slices.Min(v) < 0 { // not known
				continue
			}
			row.Sides[side] = benchresult.Median(v)
			one := benchresult.Measurement{Ours: v, Theirs: values[sideLibrados]}
			if side == sideLibrados || m.goOnly {
				continue
			}
			if s, ok := one.Ratio(); ok {
				row.Ratios[side] = ratio{s.Median, s.Lowest, s.Highest}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// writeTable prints the results for people.
func (r *report) writeTable(w io.Writer) error {
	var versions []string
	for _, side := range sides {
		if v, ok := r.Versions[side]; ok {
			versions = append(versions, side+" is "+v)
		}
	}
	fmt.Fprintf(w, "Ceph %s; %s; %s/%s, %d CPUs\n", r.Release, strings.Join(versions, ", "), r.GOOS, r.GOARCH, r.CPUs)
	for _, out := range r.LeftOut {
		fmt.Fprintf(w, "left out: %s\n", out)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, res := range r.Results {
		fmt.Fprintf(t, "\n%v", res.load)
		if res.payload() > 1000 {
			fmt.Fprintf(t, ", %s", printBytes(float64(res.payload())))
		}
		fmt.Fprintf(t, ": %d × %v\n", len(res.Rounds), res.Duration)
		fmt.Fprint(t, "by operation\t")
		for _, side := range sides {
			fmt.Fprintf(t, "%s\t", side)
		}
		fmt.Fprint(t, "go's ratio\t(range)\tc's ratio\t(range)\t\n")
		for _, row := range r.rows(res) {
			fmt.Fprintf(t, "%s\t", row.Metric)
			for _, side := range sides {
				if v, ok := row.Sides[side]; ok {
					fmt.Fprint(t, row.print(v))
				}
				fmt.Fprint(t, "\t")
			}
			for _, side := range []string{sideGo, sideC} {
				if ratio, ok := row.Ratios[side]; ok {
					fmt.Fprintf(t, "%.2f\t%.2f–%.2f\t", ratio.Median, ratio.Lowest, ratio.Highest)
				} else {
					fmt.Fprint(t, "\t\t")
				}
			}
			fmt.Fprintln(t)
		}
	}
	return t.Flush()
}

// writeText prints the results as Go benchmarks do, a line for each side and round.
func (r *report) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: github.com/libmonclient/libmonclient/bench/commands\nrelease: %s\n", r.GOOS, r.GOARCH, r.Release)
	for _, res := range r.Results {
		for _, round := range res.Rounds {
			for _, side := range res.Sides {
				f := round[side]
				fmt.Fprintf(&b, "BenchmarkClient/scenario=%s/mode=%s/client=%s-%d\t%d\t%.0f ns/op\t%.0f p50-ns/op\t%.0f p99-ns/op\t%.0f cpu-ns/op\t%.2f switches/op\t%.0f rss-bytes",
					res.Name, res.Mode, side, r.CPUs, f.N, f.Elapsed, f.WallMedian, f.WallP99, f.CPU, f.Switches, f.RSS)
				if side == sideGo {
					fmt.Fprintf(&b, "\t%.0f B/op\t%.0f allocs/op", f.AllocBytes, f.Allocs)
				}
				b.WriteByte('\n')
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeJSON prints everything, the rows of the table included.
func (r *report) writeJSON(w io.Writer) error {
	type withRows struct {
		*result
		Rows []row `json:"rows"`
	}
	whole := struct {
		*report
		Results []withRows `json:"results"` // instead of the report's
	}{report: r}
	for _, res := range r.Results {
		whole.Results = append(whole.Results, withRows{res, r.rows(res)})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(whole)
}

func printTime(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%.0f ms", ns/1e6)
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	case d >= 100*time.Microsecond:
		return fmt.Sprintf("%.0f µs", ns/1e3)
	}
	return fmt.Sprintf("%.1f µs", ns/1e3)
}

func printCount(v float64) string { return fmt.Sprintf("%.1f", v) }

func printNumber(v float64) string { return fmt.Sprintf("%.0f", math.Round(v)) }

func printBytes(v float64) string {
	switch {
	case v >= 1<<20:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	case v >= 1<<10:
		return fmt.Sprintf("%.1f KiB", v/(1<<10))
	}
	return fmt.Sprintf("%.0f B", v)
}
