package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"
)

// metric is one row of the table.
type metric struct {
	name  string
	of    func(f figures) float64
	print func(v float64) string

	oursOnly bool
	when     func(l load) bool // nil: always
}

func manyCallers(l load) bool { return l.Callers > 1 }
func smallOnly(l load) bool   { return l.Name == "small" } // memory does not depend on the load

var metrics = []metric{
	{name: "wall, median", of: func(f figures) float64 { return f.WallMedian }, print: printTime},
	{name: "wall, p99", of: func(f figures) float64 { return f.WallP99 }, print: printTime},
	{name: "elapsed", of: func(f figures) float64 { return f.Elapsed }, print: printTime, when: manyCallers},
	{name: "cpu", of: func(f figures) float64 { return f.CPU }, print: printTime},
	{name: "switches", of: func(f figures) float64 { return f.Switches }, print: printCount},
	{name: "allocations", of: func(f figures) float64 { return f.Allocs }, print: printCount, oursOnly: true},
	{name: "allocated", of: func(f figures) float64 { return f.AllocBytes }, print: printBytes, oursOnly: true},
	{name: "resident", of: func(f figures) float64 { return f.RSS }, print: printBytes, when: smallOnly},
	{name: "anonymous", of: func(f figures) float64 { return f.Anon }, print: printBytes, when: smallOnly},
}

// row is one row of the table, by the medians of the rounds.
type row struct {
	Metric   string  `json:"metric"`
	Ours     float64 `json:"ours"`
	Librados float64 `json:"librados,omitempty"`
	// Ratio is the median of the rounds' ratios, Lowest and Highest their range.
	Ratio   float64 `json:"ratio,omitempty"`
	Lowest  float64 `json:"lowest,omitempty"`
	Highest float64 `json:"highest,omitempty"`

	print func(v float64) string
}

func (res result) rows() []row {
	var rows []row
	for _, m := range metrics {
		if m.when != nil && !m.when(res.load) {
			continue
		}
		var o, l, ratios []float64
		for _, round := range res.Rounds {
			a, b := m.of(round.Ours), m.of(round.Librados)
			o, l = append(o, a), append(l, b)
			if b > 0 {
				ratios = append(ratios, a/b)
			}
		}
		r := row{Metric: m.name, Ours: median(o), print: m.print}
		if !m.oursOnly {
			r.Librados = median(l)
		}
		if !m.oursOnly && len(ratios) > 0 {
			r.Ratio, r.Lowest, r.Highest = median(ratios), math.Inf(1), math.Inf(-1)
			for _, v := range ratios {
				r.Lowest, r.Highest = min(r.Lowest, v), max(r.Highest, v)
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// writeTable prints the results for people.
func (r *report) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "Ceph %s, one monitor; ours by %s, %s; %s/%s, %d CPUs\n", r.Release, r.Ours, r.Librados, r.GOOS, r.GOARCH, r.CPUs)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, res := range r.Results {
		fmt.Fprintf(t, "\n%s: %s (%s, %d bytes), %d × %d\n", res.Mode, res.Text, prefix(res.Command), res.OutputBytes, len(res.Rounds), res.N)
		fmt.Fprintf(t, "by operation\tours\tlibrados\tratio\t(range)\t\n")
		for _, row := range res.rows() {
			if row.Ratio == 0 {
				fmt.Fprintf(t, "%s\t%s\t\t\t\t\n", row.Metric, row.print(row.Ours))
				continue
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%.2f\t%.2f–%.2f\t\n", row.Metric, row.print(row.Ours), row.print(row.Librados), row.Ratio, row.Lowest, row.Highest)
		}
	}
	return t.Flush()
}

// prefix returns a command's prefix.
func prefix(command string) string {
	var object struct {
		Prefix string `json:"prefix"`
	}
	if json.Unmarshal([]byte(command), &object) != nil {
		return command
	}
	return object.Prefix
}

// writeText prints the results as Go benchmarks do, a line for each side and round.
func (r *report) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: github.com/libmonclient/libmonclient/bench/commands\nrelease: %s\n", r.GOOS, r.GOARCH, r.Release)
	for _, res := range r.Results {
		for _, round := range res.Rounds {
			for _, side := range []string{ours, librados} {
				f := round.of(side)
				fmt.Fprintf(&b, "BenchmarkClient/scenario=%s/mode=%s/client=%s-%d\t%d\t%.0f ns/op\t%.0f p50-ns/op\t%.0f p99-ns/op\t%.0f cpu-ns/op\t%.2f switches/op\t%.0f rss-bytes",
					res.Name, res.Mode, side, r.CPUs, res.N, f.Elapsed, f.WallMedian, f.WallP99, f.CPU, f.Switches, f.RSS)
				if side == ours {
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
		result
		Rows []row `json:"rows"`
	}
	whole := struct {
		*report
		Results []withRows `json:"results"` // instead of the report's
	}{report: r}
	for _, res := range r.Results {
		whole.Results = append(whole.Results, withRows{res, res.rows()})
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

func printBytes(v float64) string {
	switch {
	case v >= 1<<20:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	case v >= 1<<10:
		return fmt.Sprintf("%.1f KiB", v/(1<<10))
	}
	return fmt.Sprintf("%.0f B", v)
}
