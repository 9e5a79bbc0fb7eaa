package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// aim is something that the project wants to reach, and how to tell whether it does.
type aim struct {
	words   string
	limit   float64
	atLeast bool // the limit; otherwise at most
	// noSlower forgives what is within the noise: up to nearly, if some round was on the right side of the limit.
	noSlower bool
	print    func(v float64) string
	// terms must all hold. The worst one is what the aim has reached.
	terms []term
}

// nearly is how far from the limit a "no slower" may be, if the rounds disagree.
const nearly = 1.05

// term is one number that an aim is judged by.
type term struct {
	name string   // empty: there is but one
	ids  []string // what it is computed from
	of   func(ms []*result.Measurement) (result.Spread, bool)
}

// state is what has become of an aim.
type state string

const (
	met         state = "met"
	notMet      state = "**NOT met**"
	notMeasured state = "not measured"
)

// verdict is an aim judged.
type verdict struct {
	state    state
	measured string // the number for people, empty if there is none
	missing  []string
}

// judge computes an aim from the measurements.
func (a *aim) judge(s *set) verdict {
	var v verdict
	var worst *term
	var at result.Spread
	for i := range a.terms {
		t := &a.terms[i]
		ms, missing := s.get(t.ids)
		v.missing = append(v.missing, missing...)
		if len(missing) > 0 {
			continue
		}
		sp, ok := t.of(ms)
		if !ok {
			v.missing = append(v.missing, t.ids...) // nobody to compare with
			continue
		}
		if worst == nil || a.worse(sp, at) {
			worst, at = t, sp
		}
	}
	if worst != nil {
		v.measured = a.print(at.Median)
		if worst.name != "" {
			v.measured += " (" + worst.name + ")"
		}
	}
	switch {
	case worst != nil && !a.holds(at):
		v.state = notMet
	case len(v.missing) > 0:
		v.state = notMeasured
	default:
		v.state = met
	}
	return v
}

// get returns the measurements of the IDs, and the IDs that there is nothing of.
func (s *set) get(ids []string) (ms []*result.Measurement, missing []string) {
	for _, id := range ids {
		if m := s.byID[id]; m != nil {
			ms = append(ms, m)
		} else {
			missing = append(missing, id)
		}
	}
	return ms, missing
}

func (a *aim) holds(sp result.Spread) bool {
	if a.atLeast {
		return sp.Median >= a.limit || a.noSlower && sp.Highest >= a.limit && sp.Median >= a.limit/nearly
	}
	return sp.Median <= a.limit || a.noSlower && sp.Lowest <= a.limit && sp.Median <= a.limit*nearly
}

// worse reports whether sp is further from the aim than other. What does not hold is worse than what does.
func (a *aim) worse(sp, other result.Spread) bool {
	if h, o := a.holds(sp), a.holds(other); h != o {
		return o
	}
	if a.atLeast {
		return sp.Median < other.Median
	}
	return sp.Median > other.Median
}

// ids returns what an aim is computed from, each once.
func (a *aim) ids() []string {
	var all []string
	for _, t := range a.terms {
		for _, id := range t.ids {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// ofRatio is a term that is a measurement's own ratio.
func ofRatio(ms []*result.Measurement) (result.Spread, bool) { return ms[0].Ratio() }

// ofValue is a term that is a measurement's value.
func ofValue(ms []*result.Measurement) (result.Spread, bool) {
	return result.SpreadOf(ms[0].Ours), true
}

// ofQuotient is a term that is ours of the first divided by ours of the second.
func ofQuotient(ms []*result.Measurement) (result.Spread, bool) {
	m := result.Measurement{Ours: ms[0].Ours, Theirs: ms[1].Ours}
	return m.Ratio()
}

// ofBest is ours of the first beside the best of theirs in all of them. Somebody else's fastest way need not be the one that
// is ours.
func ofBest(ms []*result.Measurement) (result.Spread, bool) {
	best := bestOf(ms)
	if best < 0 {
		return result.Spread{}, false
	}
	m := result.Measurement{Ours: ms[0].Ours, Theirs: ms[best].Theirs}
	return m.Ratio()
}

// ofCPUAtBest is ours of the first of the second half beside theirs where they are best in the first half: the two halves
// are throughputs and processor times of the same works.
func ofCPUAtBest(ms []*result.Measurement) (result.Spread, bool) {
	throughputs, cpus := ms[:len(ms)/2], ms[len(ms)/2:]
	best := bestOf(throughputs)
	if best < 0 || len(cpus[best].Theirs) == 0 {
		return result.Spread{}, false
	}
	m := result.Measurement{Ours: cpus[0].Ours, Theirs: cpus[best].Theirs}
	return m.Ratio()
}

// bestOf returns which measurement has the highest median of theirs, -1 if none has any.
func bestOf(ms []*result.Measurement) int {
	best, highest := -1, math.Inf(-1)
	for i, m := range ms {
		if len(m.Theirs) > 0 && result.Median(m.Theirs) > highest {
			best, highest = i, result.Median(m.Theirs)
		}
	}
	return best
}

// each returns a term for every ID.
func each(of func(ms []*result.Measurement) (result.Spread, bool), ids ...string) []term {
	var terms []term
	for _, id := range ids {
		t := term{ids: []string{id}, of: of}
		if len(ids) > 1 {
			t.name = name(id)
		}
		terms = append(terms, t)
	}
	return terms
}

// modes returns the IDs in both modes, side go.
func modes(section, quantity string, works ...string) []string {
	var ids []string
	for _, work := range works {
		for _, mode := range []string{"secure", "crc"} {
			ids = append(ids, id(section, work, mode, quantity, "go"))
		}
	}
	return ids
}

// callers are the works of a section throughput, the pipelined one first.
func callers(what string) []string {
	return []string{what + ", pipelined", what + ", 8 callers", what + ", 32 callers", what + ", 128 callers"}
}

// byMode returns a term for each mode, of all works and quantities.
func byMode(of func(ms []*result.Measurement) (result.Spread, bool), section string, works []string, quantities ...string) []term {
	var terms []term
	for _, mode := range []string{"secure", "crc"} {
		t := term{name: mode, of: of}
		for _, quantity := range quantities {
			for _, work := range works {
				t.ids = append(t.ids, id(section, work, mode, quantity, "go"))
			}
		}
		terms = append(terms, t)
	}
	return terms
}

func inUnit(u result.Unit) func(v float64) string {
	return func(v float64) string { return quantity(v, u) }
}

// times prints a ratio of at least.
func times(v float64) string { return number(v) + " ×" }

// aims returns the project's aims. Ratios are ours divided by librados's, medians of the rounds' own, unless the words
// say otherwise; the side is Go's unless they do.
func aims() []aim {
	version, commands := callers("version query"), callers("fsid")
	frames := frameIDs("bandwidth")
	return []aim{
		{words: "connect, authenticate, first map, close: at most 1/5 of the time", limit: 0.2, print: number,
			terms: each(ofRatio, modes("connect", "wall p50", "1 monitor", "3 monitors")...)},
		{words: "the same: at most 1/10 of the processor time", limit: 0.1, print: number,
			terms: each(ofRatio, modes("connect", "cpu", "1 monitor", "3 monitors")...)},
		{words: "500 clients connected: at most 1/5 of the time", limit: 0.2, print: number,
			terms: each(ofRatio, id("scale", "connect 500, one by one", "secure", "elapsed", "go"), id("scale", "connect 500, in parallel", "secure", "elapsed", "go"))},

		{words: "one version query: at most 0.7 of the latency", limit: 0.7, print: number,
			terms: each(ofRatio, modes("latency", "wall p50", "version query, 1 caller")...)},
		{words: "one version query: at most 1/3 of the processor time", limit: 1. / 3, print: number,
			terms: each(ofRatio, modes("latency", "cpu", "version query, 1 caller")...)},
		{words: "version queries pipelined on one handle: at least 1.5 × the best throughput of librados", limit: 1.5, atLeast: true, print: times,
			terms: byMode(ofBest, "throughput", version, "throughput")},
		{words: "version queries pipelined on one handle: at most 1/3 of librados's processor time at its best throughput", limit: 1. / 3, print: number,
			terms: byMode(ofCPUAtBest, "throughput", version, "throughput", "cpu")},
		{words: "one command: never slower", limit: 1, noSlower: true, print: number,
			terms: each(ofRatio, modes("latency", "wall p50", "fsid, 1 caller")...)},
		{words: "commands of many callers: never fewer", limit: 1, atLeast: true, noSlower: true, print: number,
			terms: each(ofRatio, modes("throughput", "throughput", commands...)...)},
		{words: "commands: at most 1/3 of the processor time", limit: 1. / 3, print: number,
			terms: each(ofRatio, append(modes("latency", "cpu", "fsid, 1 caller"), modes("throughput", "cpu", commands...)...)...)},

		{words: "large replies and inputs: no slower (in bytes a second)", limit: 1, atLeast: true, noSlower: true, print: number,
			terms: each(ofRatio, modes("large", "bandwidth", "reply", "input")...)},
		{words: "large replies and inputs: at most 2/3 of the processor time", limit: 2. / 3, print: number,
			terms: each(ofRatio, modes("large", "cpu", "reply", "input")...)},
		{words: "large replies and inputs, ours, crc to secure: at most 1.3", limit: 1.3, print: number, terms: []term{
			{name: "reply", of: ofQuotient, ids: []string{id("large", "reply", "crc", "bandwidth", "go"), id("large", "reply", "secure", "bandwidth", "go")}},
			{name: "input", of: ofQuotient, ids: []string{id("large", "input", "crc", "bandwidth", "go"), id("large", "input", "secure", "bandwidth", "go")}},
		}},

		{words: "per client: one file descriptor", limit: 1.01, print: number,
			terms: each(ofValue, perClient("fds per client")...)},
		{words: "per client: no thread", limit: 0.01, print: number,
			terms: each(ofValue, perClient("threads per client")...)},
		{words: "per client: at most 64 KiB", limit: 64 << 10, print: inUnit(result.Bytes),
			terms: each(ofValue, perClient("resident per client")...)},
		{words: "10,000 connected clients in one process: under 1 GB", limit: 1e9, print: inUnit(result.Bytes),
			terms: each(ofValue, id("scale", "10000 clients", "secure", "resident", "go"))},
		{words: "an idle client's traffic: at most librados's", limit: 1, print: number,
			terms: each(ofRatio, id("scale", "idle client", "secure", "traffic per hour", "go"))},

		{words: "a changed map is there within 1 ms of the command's own acknowledgement (median)", limit: 1e6, print: inUnit(result.Nanoseconds),
			terms: each(ofValue, id("subscription", "osdmap change", "secure", "delay p50", "go"))},
		{words: "frozen monitor: at most 1/10", limit: 0.1, print: number,
			terms: each(ofRatio, id("failover", "freeze, go", "", "gap", "go"))},
		{words: "killed monitor: no slower", limit: 1, noSlower: true, print: number,
			terms: each(ofRatio, id("failover", "kill, go", "", "gap", "go"))},

		{words: "`monc status`: at most 1/20 of `ceph -s`", limit: 0.05, print: number,
			terms: each(ofRatio, id("process", "status", "", "wall p50", "monc"))},
		{words: "asyncio with 1,000 in flight: at least 3 × python3-rados with threads", limit: 3, atLeast: true, print: times,
			terms: each(ofRatio, id("python", "version query, 1000 in flight", "", "throughput", "asyncio"))},
		{words: "`libmonclient.so`: at most 8 MB", limit: 8e6, print: inUnit(result.Bytes),
			terms: each(ofValue, id("boundary", "library", "", "size", "c"))},
		{words: "`libmonclient.so`: no dependency but libc", limit: 0, print: number,
			terms: each(ofValue, id("boundary", "library", "", "libraries needed", "c"))},

		{words: "embedded monitor, server included, on two processors: at least 250,000 pipelined version queries a second", limit: 250e3, atLeast: true,
			print: inUnit(result.PerSecond), terms: each(ofValue, modes("ceiling", "throughput", "version query, pipelined")...)},
		{words: "frame codec, from 4 KiB on: at least 80 % of the standard library's crc32c or AES-GCM", limit: 0.8, atLeast: true, print: number,
			terms: each(ofRatio, frames...)},
		{words: "frame codec: no allocation per frame", limit: 0, print: number,
			terms: each(ofValue, frameIDs("allocs")...)},

		{words: "OSD map: decodes at 300 MB/s and more on one processor", limit: 300e6, atLeast: true, print: inUnit(result.BytesPerSec),
			terms: each(ofValue, id("osdmap", "decode", "", "bandwidth", "go"))},
		{words: "OSD map: applying a typical increment takes at most 1/20 of decoding the map", limit: 0.05, print: number, terms: []term{
			{of: ofQuotient, ids: []string{id("osdmap", "apply", "", "wall", "go"), id("osdmap", "decode", "", "wall", "go")}},
		}},
	}
}

func perClient(quantity string) []string {
	var ids []string
	for _, work := range []string{"1000 clients", "10000 clients"} {
		ids = append(ids, id("scale", work, "secure", quantity, "go"))
	}
	return ids
}

// frameIDs returns what the benchmarks of the frame codec measure.
func frameIDs(quantity string) []string {
	var ids []string
	for _, mode := range []string{"crc", "secure"} {
		for _, direction := range []string{"encode", "decode"} {
			for _, size := range []string{"4 KiB", "64 KiB", "1 MiB"} {
				ids = append(ids, id("codecs", frameWork(size, direction), mode, quantity, "go"))
			}
		}
	}
	return ids
}

func frameWork(size, direction string) string { return "frame of " + size + ", " + direction }

// writeAims writes the table of aims and what each is computed from.
func writeAims(b *strings.Builder, s *set) {
	b.WriteString("## The aims\n\nRatios are this library's number divided by librados's in the same run: the median of the rounds' own. Of several numbers the\n" +
		fmt.Sprintf("worst counts. “No slower” allows for %.0f %%, if the rounds disagree about who is.\n\n", (nearly-1)*100) +
		"| | aim | measured | |\n|---:|---|---|---|\n")
	var from strings.Builder
	count := map[state]int{}
	for i, a := range aims() {
		v := a.judge(s)
		count[v.state]++
		measured := v.measured
		if measured == "" {
			measured = "–"
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s |\n", i+1, a.words, measured, v.state)
		fmt.Fprintf(&from, "%d. %s\n", i+1, listed(a.ids(), v.missing))
	}
	fmt.Fprintf(b, "\n%d met, %d not met, %d not measured.\n", count[met], count[notMet], count[notMeasured])
	b.WriteString("\n<details><summary>What each is computed from</summary>\n\n" + from.String() + "\n</details>\n")
}

// listed names IDs, and which of them are missing.
func listed(ids, missing []string) string {
	var all []string
	for _, id := range ids {
		text := "`" + id + "`"
		if slices.Contains(missing, id) {
			text += " (missing)"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
