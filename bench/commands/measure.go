package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
)

// round is one run of one load on all of its sides.
type round map[string]figures

// figures are what a sample comes to, by operation but for throughput and memory. Times are nanoseconds.
type figures struct {
	N           int     `json:"n"`
	WallMedian  float64 `json:"wall_median_ns"`
	WallP95     float64 `json:"wall_p95_ns"`
	WallP99     float64 `json:"wall_p99_ns"`
	WallMax     float64 `json:"wall_max_ns"` // not in the table; it explains an elapsed out of line
	Elapsed     float64 `json:"elapsed_ns"`
	Throughput  float64 `json:"throughput_per_s"`
	CPU         float64 `json:"cpu_ns"`
	User        float64 `json:"user_ns"`
	System      float64 `json:"system_ns"`
	Switches    float64 `json:"switches"`
	Connections float64 `json:"connections"` // below 0: not known
	Allocs      float64 `json:"allocs"`      // of Go's heap, sideGo only
	AllocBytes  float64 `json:"alloc_bytes"` // likewise
	RSS         float64 `json:"rss_bytes"`
	Anon        float64 `json:"anon_bytes"`
}

func (s sample) figures() figures {
	n := float64(len(s.Latencies))
	sorted := slices.Sorted(slices.Values(s.Latencies))
	percentile := func(p int) float64 { return float64(sorted[len(sorted)*p/100]) }
	return figures{
		N:           len(s.Latencies),
		WallMedian:  percentile(50),
		WallP95:     percentile(95),
		WallP99:     percentile(99),
		WallMax:     float64(sorted[len(sorted)-1]),
		Elapsed:     float64(s.Wall) / n,
		Throughput:  n / float64(s.Wall) * 1e9,
		CPU:         float64(s.User+s.System) / n,
		User:        float64(s.User) / n,
		System:      float64(s.System) / n,
		Switches:    float64(s.Switches) / n,
		Connections: float64(s.Connections) / n,
		Allocs:      float64(s.Allocs) / n,
		AllocBytes:  float64(s.AllocBytes) / n,
		RSS:         float64(s.RSS),
		Anon:        float64(s.Anon),
	}
}

// result is everything about one load.
type result struct {
	load
	OutputBytes int64   `json:"output_bytes"`
	Rounds      []round `json:"rounds"`
}

// report is everything about one run.
type report struct {
	Release  string            `json:"release"`
	Versions map[string]string `json:"versions"` // of the sides
	GOOS     string            `json:"goos"`
	GOARCH   string            `json:"goarch"`
	CPUs     int               `json:"cpus"`
	LeftOut  []string          `json:"left_out,omitempty"` // what could not be measured here, and why
	Results  []*result         `json:"results"`
}

// measure starts one cluster after the other and runs its loads. It tells progress on stderr.
func (b *bench) measure(ctx context.Context, s settings, stderr io.Writer) (*report, error) {
	r := &report{
		Release: string(s.release), Versions: map[string]string{},
		GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, CPUs: runtime.NumCPU(),
	}
	loads := s.loads()
	for _, l := range loads {
		r.Results = append(r.Results, &result{load: l})
	}
	for _, mons := range clusterSizes(loads) {
		if err := b.withCluster(ctx, mons, loads, func(c *cluster) error { return b.measureOn(ctx, c, s, r, stderr) }); err != nil {
			return nil, err
		}
	}
	r.Results = slices.DeleteFunc(r.Results, func(res *result) bool { return len(res.Rounds) == 0 })
	return r, nil
}

// measureOn runs the loads of one cluster, round by round, the sides in turn.
func (b *bench) measureOn(ctx context.Context, c *cluster, s settings, r *report, stderr io.Writer) error {
	var here []*result
	for _, res := range r.Results {
		switch {
		case res.Mons != c.mons:
		case res.Silent && c.noNetwork != nil:
			out := fmt.Sprintf("%v: %v", res.load, c.noNetwork)
			fmt.Fprintln(stderr, "left out:", out)
			r.LeftOut = append(r.LeftOut, out)
		default:
			here = append(here, res)
		}
	}
	for n := range s.rounds {
		for _, res := range here {
			fmt.Fprintf(stderr, "round %d of %d: %v\n", n+1, s.rounds, res.load)
			if err := b.measureRound(ctx, c, res, n, r); err != nil {
				return errors.Join(err, c.trouble())
			}
		}
	}
	if s.profile == "" {
		return nil
	}
	for _, res := range here {
		if err := b.profile(ctx, c, s.profile, res.load); err != nil {
			return err
		}
	}
	return nil
}

// measureRound runs one load on all of its sides; the n-th round begins with the n-th side.
func (b *bench) measureRound(ctx context.Context, c *cluster, res *result, n int, r *report) error {
	first := n % len(res.Sides)
	turns := slices.Concat(res.Sides[first:], res.Sides[:first])
	round := round{}
	outputs := map[string]int64{}
	err := c.prepared(res.load, func() error {
		for _, side := range turns {
			s, err := b.runSide(ctx, c, side, res.load)
			if err != nil {
				return err
			}
			round[side], outputs[side] = s.figures(), s.OutputBytes
			res.OutputBytes = s.OutputBytes
			r.Versions[side] = s.Version
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, n := range outputs {
		if n != res.OutputBytes {
			return fmt.Errorf("%v: the sides got outputs of other sizes: %v", res.load, outputs)
		}
	}
	res.Rounds = append(res.Rounds, round)
	return nil
}

// writeFiles writes what -text and -json ask for.
func (r *report) writeFiles(text, json string) error {
	if text != "" {
		if err := writeFile(text, os.O_APPEND, r.writeText); err != nil {
			return err
		}
	}
	if json != "" {
		return writeFile(json, os.O_TRUNC, r.writeJSON)
	}
	return nil
}

func writeFile(path string, flag int, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
