package main

import (
	"fmt"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// markdown returns RESULTS.md.
func markdown(h *head, s *set, plots map[string]string) string {
	var b strings.Builder
	b.WriteString("# What was measured\n\n<!-- Written by bench/report. Do not edit; run make bench. -->\n\n")
	h.write(&b)
	b.WriteString("\nEvery number is the median of the rounds, in which the sides took turns, with the lowest and the highest in parentheses. Times\n" +
		"depend on the machine and on what else it did; ratios, ours divided by the other's in the same round, do so less. A ratio below 1 is\n" +
		"good unless the quantity is marked ↑: of those, more is better.\n\n")
	for _, c := range captions {
		if plots[c.file] != "" {
			fmt.Fprintf(&b, "![%s](%s)\n\n", c.text, c.file)
		}
	}
	writeAims(&b, s)
	for _, section := range s.sectionNames() {
		fmt.Fprintf(&b, "\n## %s\n\n", title(section))
		writeSection(&b, s, section)
	}
	return b.String()
}

// writeSection writes one section's table, in the file's order.
func writeSection(b *strings.Builder, s *set, section string) {
	var modes, others bool
	var ms []*result.Measurement
	for i := range s.all {
		if m := &s.all[i]; m.Section == section {
			ms = append(ms, m)
			modes = modes || m.Mode != ""
			others = others || m.Other != ""
		}
	}
	columns := []string{"work"}
	if modes {
		columns = append(columns, "mode")
	}
	columns = append(columns, "quantity", "side", "ours")
	if others {
		columns = append(columns, "beside", "theirs", "ratio")
	}
	row(b, columns)
	b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	var last string
	for _, m := range ms {
		work := m.Work
		if work == last {
			work = ""
		}
		last = m.Work
		cells := []string{work}
		if modes {
			cells = append(cells, m.Mode)
		}
		what := m.Quantity
		if m.Higher {
			what += " ↑"
		}
		cells = append(cells, what, m.Side, spread(result.SpreadOf(m.Ours), m.Unit))
		if others {
			theirs, quotient := "", ""
			if m.Other != "" {
				theirs = spread(result.SpreadOf(m.Theirs), m.Unit)
			}
			if r, ok := m.Ratio(); ok {
				quotient = ratio(r)
			}
			cells = append(cells, m.Other, theirs, quotient)
		}
		row(b, cells)
	}
}

func row(b *strings.Builder, cells []string) {
	for _, cell := range cells {
		b.WriteString("| " + strings.ReplaceAll(cell, "|", "\\|") + " ")
	}
	b.WriteString("|\n")
}
