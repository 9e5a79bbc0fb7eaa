package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/libmonclient/libmonclient/bench/result"
)

// writeTable prints the medians for people.
func writeTable(w io.Writer, title string, all []result.Measurement) error {
	fmt.Fprintln(w, title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	last := ""
	for i := range all {
		m := &all[i]
		head := fmt.Sprintf("%s: %s", m.Section, m.Work)
		if m.Mode != "" {
			head += ", " + m.Mode
		}
		if head != last {
			fmt.Fprintf(t, "\n%s\n\tours\ttheirs\tratio\t(range)\t\n", head)
			last = head
		}
		fmt.Fprintf(t, "%s\t%s\t", m.Quantity, printValue(result.Median(m.Ours), m.Unit))
		if len(m.Theirs) > 0 {
			fmt.Fprint(t, printValue(result.Median(m.Theirs), m.Unit))
		}
		if r, ok := m.Ratio(); ok {
			fmt.Fprintf(t, "\t%.3f\t%.3f–%.3f\t\n", r.Median, r.Lowest, r.Highest)
		} else {
			fmt.Fprint(t, "\t\t\t\n")
		}
	}
	return t.Flush()
}

func printValue(v float64, unit result.Unit) string {
	switch unit {
	case result.Nanoseconds:
		switch d := time.Duration(v); {
		case d >= time.Second:
			return fmt.Sprintf("%.2f s", d.Seconds())
		case d >= time.Millisecond:
			return fmt.Sprintf("%.2f ms", v/1e6)
		}
		return fmt.Sprintf("%.0f µs", v/1e3)
	case result.Bytes:
		switch {
		case v >= 1<<20:
			return fmt.Sprintf("%.1f MiB", v/(1<<20))
		case v >= 1<<10:
			return fmt.Sprintf("%.1f KiB", v/(1<<10))
		}
		return fmt.Sprintf("%.0f B", v)
	}
	return fmt.Sprintf("%.2f", v)
}
