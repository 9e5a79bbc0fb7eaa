package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// report is everything about one run of faults.
type report struct {
	Release  string    `json:"release"`
	Ours     string    `json:"ours"`     // the Go version
	Librados string    `json:"librados"` // its version, empty without that side
	CPUs     int       `json:"cpus"`
	Load     string    `json:"load"` // of the machine before the run
	Results  []*result `json:"-"`
}

// row is one line of the table.
type row struct {
	*result
	Median int64 `json:"median_ns"`
	Worst  int64 `json:"worst_ns"`
	// MedianLeader and MedianPeon are of the rounds that hit the leader, and another monitor; 0 where there were none.
	MedianLeader int64 `json:"median_leader_ns,omitempty"`
	MedianPeon   int64 `json:"median_peon_ns,omitempty"`
	// MedianAfter is what of it came after the monitor's connections were closed, where they were.
	MedianAfter int64 `json:"median_after_close_ns,omitempty"`
	Failed      int64 `json:"failed"` // reads that ended with an error
	// RatioMedian and RatioWorst are the numbers divided by librados's; 0 for librados, and without it.
	RatioMedian float64 `json:"ratio_median,omitempty"`
	RatioWorst  float64 `json:"ratio_worst,omitempty"`
	RatioAfter  float64 `json:"ratio_after_close,omitempty"`
	Goal        string  `json:"goal,omitempty"` // none without librados if it is a ratio
	Met         bool    `json:"met"`            // always without a goal
}

// goal is what a side is to reach: a ratio of the medians, or a time of the worst round.
type goal struct {
	ratio float64
	worst time.Duration
}

// goalOf returns the project's goal for a side, none for librados.
func goalOf(side string, silent bool) (goal, bool) {
	switch {
	case side == librados:
		return goal{}, false
	case silent && side == hedged:
		return goal{worst: 500 * time.Millisecond}, true
	case silent:
		return goal{ratio: 0.1}, true
	case side == bare:
		return goal{ratio: 1}, true
	}
	return goal{ratio: 0.2}, true
}

func (g goal) String() string {
	if g.worst > 0 {
		return "worst < " + printTime(int64(g.worst))
	}
	return fmt.Sprintf("median ≤ %.2f", g.ratio)
}

// met judges a row.
func (g goal) met(r row) bool {
	if g.worst > 0 {
		return r.Worst < int64(g.worst)
	}
	return r.RatioMedian <= g.ratio
}

// times returns those of the rounds that are wanted.
func (r *result) times(want func(round) bool) []int64 {
	var all []int64
	for _, one := range r.Rounds {
		if want(one) {
			all = append(all, one.NS)
		}
	}
	return all
}

func (r *report) rows() []row {
	var rows []row
	type key struct {
		fault   string
		variant variant
	}
	base := map[key]row{}
	for _, res := range r.Results {
		all := res.times(func(round) bool { return true })
		one := row{
			result: res, Median: median(all), Worst: slices.Max(all), Met: true,
			MedianLeader: median(res.times(func(one round) bool { return one.Leader })),
			MedianPeon:   median(res.times(func(one round) bool { return !one.Leader })),
		}
		var after []int64
		for _, r := range res.Rounds {
			one.Failed += r.Errors
			if !res.silent {
				after = append(after, r.After)
			}
		}
		one.MedianAfter = median(after)
		k := key{res.Fault, res.Variant}
		if res.Side == librados {
			base[k] = one
		} else if b, ok := base[k]; ok {
			one.RatioMedian = float64(one.Median) / float64(b.Median)
			one.RatioWorst = float64(one.Worst) / float64(b.Worst)
			if b.MedianAfter > 0 {
				one.RatioAfter = float64(one.MedianAfter) / float64(b.MedianAfter)
			}
		}
		if g, ok := goalOf(res.Side, res.silent); ok && (g.worst > 0 || one.RatioMedian > 0) {
			one.Goal, one.Met = g.String(), g.met(one)
		}
		rows = append(rows, one)
	}
	return rows
}

// writeTable prints the results for people.
func (r *report) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "Ceph %s, three monitors; ours by %s, %s; %d CPUs, load before %s\n", r.Release, r.Ours, orNo(r.Librados), r.CPUs, r.Load)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	var last string
	for _, one := range r.rows() {
		if title := fmt.Sprintf("%s, %s, %d rounds", one.Fault, one.Variant, len(one.Rounds)); title != last {
			fmt.Fprintf(t, "\n%s\nside\tmedian\tworst\tratio\t(worst)\tafter close\tratio\tleader\tpeon\terrors\tgoal\t\t\n", title)
			last = title
		}
		verdict := ""
		switch {
		case one.Goal != "" && one.Met:
			verdict = "met"
		case one.Goal != "":
			verdict = "MISSED"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t\n",
			one.Side, printTime(one.Median), printTime(one.Worst), printRatio(one.RatioMedian), printRatio(one.RatioWorst),
			orNone(one.MedianAfter), printRatio(one.RatioAfter), orNone(one.MedianLeader), orNone(one.MedianPeon), one.Failed, one.Goal, verdict)
	}
	return t.Flush()
}

// writeJSON prints everything, the rows of the table included.
func (r *report) writeJSON(w io.Writer) error {
	return writeJSON(w, struct {
		*report
		Results []row `json:"results"`
	}{r, r.rows()})
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// median returns the middle value, the mean of both middle ones for an even number, 0 for none.
func median(values []int64) int64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

func printTime(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%.0f ms", float64(ns)/1e6)
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(ns)/1e6)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(ns)/1e6)
	}
	return fmt.Sprintf("%.0f µs", float64(ns)/1e3)
}

// printRatio prints nothing for 0, which is none.
func printRatio(r float64) string {
	if r == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f", r)
}

func orNone(ns int64) string {
	if ns == 0 {
		return "-"
	}
	return printTime(ns)
}

func orNo(librados string) string {
	if librados == "" {
		return "no librados"
	}
	return librados
}
