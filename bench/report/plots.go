package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// Ticks of the logarithmic scales.
var (
	ratioTicks = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}
	timeTicks  = []float64{1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}
	bytesTicks = []float64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20}
)

// pictured are the ratios of the first plot. Where more is better their inverse is drawn: the time of one.
var pictured = []struct{ label, id string }{
	{"connect and close: time", id("connect", "3 monitors", "secure", "wall p50", "go")},
	{"processor time", id("connect", "3 monitors", "secure", "cpu", "go")},
	{"500 clients at once: time", id("scale", "connect 500, in parallel", "secure", "elapsed", "go")},
	{"version query: time", id("latency", "version query, 1 caller", "secure", "wall p50", "go")},
	{"processor time", id("latency", "version query, 1 caller", "secure", "cpu", "go")},
	{"128 callers: time of each", id("throughput", "version query, 128 callers", "secure", "throughput", "go")},
	{"processor time", id("throughput", "version query, 128 callers", "secure", "cpu", "go")},
	{"command: time", id("latency", "fsid, 1 caller", "secure", "wall p50", "go")},
	{"processor time", id("latency", "fsid, 1 caller", "secure", "cpu", "go")},
	{"large reply: time", id("large", "reply", "secure", "bandwidth", "go")},
	{"processor time", id("large", "reply", "secure", "cpu", "go")},
	{"large input: time", id("large", "input", "secure", "bandwidth", "go")},
	{"processor time", id("large", "input", "secure", "cpu", "go")},
	{"100 clients: memory of each", id("scale", "100 clients", "secure", "resident per client", "go")},
	{"idle client: traffic", id("scale", "idle client", "secure", "traffic per hour", "go")},
	{"killed monitor: gap", id("failover", "kill, go", "", "gap", "go")},
	{"frozen monitor: gap", id("failover", "freeze, go", "", "gap", "go")},
	{"monc status, ceph -s: time", id("process", "status", "", "wall p50", "monc")},
	{"asyncio, python3-rados: time", id("python", "version query, 1000 in flight", "", "throughput", "asyncio")},
}

// plots returns the plots by file name; those that there is nothing for are left out.
func plots(s *set) map[string]string {
	all := map[string]string{
		"ratios.svg":     ratioPlot(s),
		"throughput.svg": throughputPlot(s),
		"failover.svg":   failoverPlot(s),
		"memory.svg":     memoryPlot(s),
	}
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}

// captions are what the plots are for those who do not see them, in the order of the report.
var captions = []struct{ file, text string }{
	{"ratios.svg", "Time, processor time, memory and traffic, divided by librados's"},
	{"throughput.svg", "Version queries a second by the number of callers"},
	{"failover.svg", "Time to the next success after a monitor has failed"},
	{"memory.svg", "Resident memory per connected client"},
}

func ratioPlot(s *set) string {
	var g group
	for _, r := range pictured {
		m := s.byID[r.id]
		if m == nil {
			continue
		}
		sp, ok := m.Ratio()
		if !ok || sp.Lowest <= 0 {
			continue
		}
		if m.Higher {
			sp = result.Spread{Median: 1 / sp.Median, Lowest: 1 / sp.Highest, Highest: 1 / sp.Lowest}
		}
		b := bar{label: r.label, class: "ours", value: sp, text: number(sp.Median)}
		if sp.Median > 1 {
			b.class = "bad"
		}
		g.bars = append(g.bars, b)
	}
	if len(g.bars) == 0 {
		return ""
	}
	return bars("What this library needs, where librados needs 1",
		"Medians and ranges of the rounds’ ratios, secure mode, log scale; to the left is less",
		[]group{g}, ratioTicks, 1, func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) })
}

func throughputPlot(s *set) string {
	var categories []string
	librados, c, ours := curve{label: "librados", class: "theirs"}, curve{label: "C", class: "ours2"}, curve{label: "Go", class: "ours"}
	for _, category := range []string{"1 caller", "8 callers", "32 callers", "128 callers", "pipelined"} {
		points, some := []float64{-1, -1, -1}, false
		for i, side := range []string{"go", "c"} {
			if m := s.byID[id("throughput", "version query, "+category, "secure", "throughput", side)]; m != nil {
				points[i] = result.Median(m.Ours)
				some = true
				if len(m.Theirs) > 0 && i == 0 {
					points[2] = result.Median(m.Theirs)
				}
			}
		}
		if !some {
			continue
		}
		categories = append(categories, category)
		ours.points, c.points, librados.points = append(ours.points, points[0]), append(c.points, points[1]), append(librados.points, points[2])
	}
	if len(categories) == 0 {
		return ""
	}
	step, highest := 10e3, 0.0
	for _, v := range slices.Concat(ours.points, c.points, librados.points) {
		highest = max(highest, v)
	}
	for highest/step > 8 {
		step *= 2
	}
	return curves("Version queries a second on one handle", "One real monitor on the same machine, secure mode", categories, []curve{ours, c, librados}, step,
		func(v float64) string { return strings.TrimSuffix(quantity(v, result.PerSecond), "/s") })
}

func failoverPlot(s *set) string {
	var groups []group
	for _, fault := range []struct{ work, label string }{
		{"kill, go", "The monitor is killed"}, {"freeze, go", "It freezes"}, {"blackhole, go", "It vanishes from the network"},
	} {
		g := group{label: fault.label}
		for _, side := range []struct{ side, label, class string }{
			{"go", "this library", "ours"}, {"go, standby", "with a standby session", "ours2"}, {"go, hedged", "and reads hedged after 0.1 s", "ours3"},
		} {
			m := s.byID[id("failover", fault.work, "", "gap", side.side)]
			if m == nil {
				continue
			}
			if side.side == "go" && len(m.Theirs) > 0 {
				g.bars = append(g.bars, timeBar("librados", "theirs", m.Theirs))
			}
			g.bars = append(g.bars, timeBar(side.label, side.class, m.Ours))
		}
		if len(g.bars) > 0 {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return ""
	}
	return bars("When the session's monitor fails: time until a read is answered", "Three real monitors; medians and ranges of the rounds, log scale",
		groups, timeTicks, 0, func(v float64) string { return quantity(v, result.Nanoseconds) })
}

func timeBar(label, class string, values []float64) bar {
	sp := result.SpreadOf(values)
	return bar{label: label, class: class, value: sp, text: quantity(sp.Median, result.Nanoseconds)}
}

func memoryPlot(s *set) string {
	var groups []group
	for _, n := range []struct{ work, label string }{
		{"1 client", "1 client"}, {"100 clients", "100 clients in one process"}, {"1000 clients", "1,000 clients"}, {"10000 clients", "10,000 clients"},
	} {
		m := s.byID[id("scale", n.work, "secure", "resident per client", "go")]
		if m == nil {
			continue
		}
		g := group{label: n.label}
		if len(m.Theirs) > 0 {
			g.bars = append(g.bars, memoryBar("librados", "theirs", m.Theirs))
		}
		g.bars = append(g.bars, memoryBar("this library", "ours", m.Ours))
		groups = append(groups, g)
	}
	if len(groups) == 0 {
		return ""
	}
	return bars("Resident memory per connected client", "Over that of the process without any; log scale", groups, bytesTicks, 0,
		func(v float64) string { return quantity(v, result.Bytes) })
}

func memoryBar(label, class string, values []float64) bar {
	sp := result.SpreadOf(values)
	return bar{label: label, class: class, value: sp, text: quantity(sp.Median, result.Bytes)}
}
