package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// The kinds of load, as the programs name them; c/load.c says what they are.
const (
	kindConnect          = "connect"
	kindCommand          = "command"
	kindVersion          = "version"
	kindPipelinedCommand = "pipelined-command"
	kindPipelinedVersion = "pipelined-version"
)

// The sections that results are in.
const (
	sectionConnect    = "connect"
	sectionLatency    = "latency"
	sectionThroughput = "throughput"
	sectionLarge      = "large"
)

// Commands that are run. replyKey has a value of replyBytes.
const (
	noCommand  = `{}`
	fsid       = `{"prefix":"fsid"}`
	bigReply   = `{"prefix":"config-key get","key":"` + replyKey + `"}`
	replyKey   = "bench/reply"
	replyBytes = 1_150_000
	inputBytes = 8 << 20
)

// inFlight is how many operations are in flight where they are pipelined.
const inFlight = 1000

// scenario is what the sides are made to do.
type scenario struct {
	Name     string        `json:"name"`
	Section  string        `json:"section"`
	Work     string        `json:"work"` // as results name it
	Kind     string        `json:"kind"`
	Callers  int           `json:"callers"`
	Handles  int           `json:"handles"`
	Command  string        `json:"command"`
	Input    int           `json:"input_bytes"`
	Duration time.Duration `json:"duration_ns"`

	// Mons is how many monitors the cluster has; Silent says that nothing gets to one of them, nor from it.
	Mons   int  `json:"mons"`
	Silent bool `json:"silent,omitempty"`
	// Sides are those that can do it.
	Sides []string `json:"sides"`

	modes []string // nil: all
}

// times are how long a load takes. Many short rounds tell more on a busy machine than a few long ones.
const (
	connectTime    = 300 * time.Millisecond
	latencyTime    = 400 * time.Millisecond
	throughputTime = 300 * time.Millisecond
	largeTime      = 350 * time.Millisecond
)

var scenarios = allScenarios()

func allScenarios() []scenario {
	connect := scenario{Section: sectionConnect, Kind: kindConnect, Callers: 1, Command: noCommand, Duration: connectTime}
	one, three, silent := connect, connect, connect
	one.Name, one.Work, one.Mons = "connect-1", "1 monitor", 1
	three.Name, three.Work, three.Mons = "connect-3", "3 monitors", 3
	silent.Name, silent.Work, silent.Mons, silent.Silent, silent.modes = "connect-silent", "3 monitors, one silent", 3, true, []string{"secure"}
	all := []scenario{one, three, silent}

	for _, what := range []struct{ name, work, kind, pipelined, command string }{
		{"version", "version query", kindVersion, kindPipelinedVersion, noCommand},
		{"fsid", "fsid", kindCommand, kindPipelinedCommand, fsid},
	} {
		ask := scenario{Kind: what.kind, Command: what.command, Callers: 1}
		latency := ask
		latency.Section, latency.Name, latency.Work = sectionLatency, "latency-"+what.name, what.work+", 1 caller"
		latency.Duration = latencyTime
		all = append(all, latency)

		ask.Section, ask.Duration = sectionThroughput, throughputTime
		for _, callers := range []int{8, 32, 128} {
			many := ask
			many.Callers = callers
			many.Name = fmt.Sprintf("throughput-%s-%d", what.name, callers)
			many.Work = fmt.Sprintf("%s, %d callers", what.work, callers)
			all = append(all, many)
		}
		// What librados has instead of pipelining.
		handles := ask
		handles.Callers, handles.Handles, handles.Sides = 128, 32, []string{sideLibrados}
		handles.Name, handles.Work = "throughput-"+what.name+"-handles", what.work+", 128 callers with 32 handles"
		pipelined := ask
		pipelined.Callers, pipelined.Kind, pipelined.Sides = inFlight, what.pipelined, []string{sideGo, sideC}
		pipelined.Name, pipelined.Work = "throughput-"+what.name+"-pipelined", what.work+", pipelined"
		all = append(all, handles, pipelined)
	}

	large := scenario{Section: sectionLarge, Kind: kindCommand, Callers: 1, Duration: largeTime}
	reply, input := large, large
	reply.Name, reply.Work, reply.Command = "large-reply", "reply", bigReply
	input.Name, input.Work, input.Command, input.Input = "large-input", "input", fsid, inputBytes
	all = append(all, reply, input)

	for i := range all {
		sc := &all[i]
		sc.Mons, sc.Handles = max(sc.Mons, 1), max(sc.Handles, 1)
		if sc.Sides == nil {
			sc.Sides = sides
		}
	}
	return all
}

// load is a scenario in one mode.
type load struct {
	scenario
	Mode string `json:"mode"`
}

func (l load) String() string { return l.Section + ", " + l.Work + ", " + l.Mode }

// has reports whether a side takes part.
func (l load) has(side string) bool { return slices.Contains(l.Sides, side) }

// loads returns what the settings ask for.
func (s settings) loads() []load {
	var all []load
	for _, sc := range scenarios {
		if !s.scenarios.MatchString(sc.Name) {
			continue
		}
		ms := max(1, math.Round(float64(sc.Duration.Milliseconds())*s.scale))
		sc.Duration = time.Duration(ms) * time.Millisecond
		for _, mode := range s.modes {
			if sc.modes == nil || slices.Contains(sc.modes, mode) {
				all = append(all, load{sc, mode})
			}
		}
	}
	return all
}

// clusterSizes returns how many monitors the clusters have that the loads need.
func clusterSizes(loads []load) []int {
	var sizes []int
	for _, l := range loads {
		if !slices.Contains(sizes, l.Mons) {
			sizes = append(sizes, l.Mons)
		}
	}
	slices.Sort(sizes)
	return sizes
}
