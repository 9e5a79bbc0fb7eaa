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

// round is one run of one load on both sides.
type round struct {
	Ours     figures `json:"ours"`
	Librados figures `json:"librados"`
}

func (r round) of(side string) figures {
	if side == ours {
		return r.Ours
	}
	return r.Librados
}

// figures are what a sample comes to, by operation. Times are nanoseconds.
type figures struct {
	WallMedian float64 `json:"wall_median_ns"`
	WallP99    float64 `json:"wall_p99_ns"`
	WallMax    float64 `json:"wall_max_ns"` // not in the table; it explains an elapsed out of line
	Elapsed    float64 `json:"elapsed_ns"`
	CPU        float64 `json:"cpu_ns"`
	User       float64 `json:"user_ns"`
	System     float64 `json:"system_ns"`
	Switches   float64 `json:"switches"`
	Allocs     float64 `json:"allocs"`      // ours only
	AllocBytes float64 `json:"alloc_bytes"` // ours only
	RSS        float64 `json:"rss_bytes"`
	Anon       float64 `json:"anon_bytes"`
}

func (s sample) figures() figures {
	n := float64(len(s.Latencies))
	sorted := slices.Sorted(slices.Values(s.Latencies))
	return figures{
		WallMedian: float64(sorted[len(sorted)/2]),
		WallP99:    float64(sorted[len(sorted)*99/100]),
		WallMax:    float64(sorted[len(sorted)-1]),
		Elapsed:    float64(s.Wall) / n,
		CPU:        float64(s.User+s.System) / n,
		User:       float64(s.User) / n,
		System:     float64(s.System) / n,
		Switches:   float64(s.Switches) / n,
		Allocs:     float64(s.Allocs) / n,
		AllocBytes: float64(s.AllocBytes) / n,
		RSS:        float64(s.RSS),
		Anon:       float64(s.Anon),
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
	Release  string   `json:"release"`
	Ours     string   `json:"ours"`     // the Go version
	Librados string   `json:"librados"` // its version
	GOOS     string   `json:"goos"`
	GOARCH   string   `json:"goarch"`
	CPUs     int      `json:"cpus"`
	Results  []result `json:"results"`
}

// measure runs all loads, round by round, the sides in turn. It tells progress on stderr.
func (b *bench) measure(ctx context.Context, s settings, stderr io.Writer) (*report, error) {
	r := &report{Release: string(s.release), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, CPUs: runtime.NumCPU()}
	for _, l := range s.loads() {
		r.Results = append(r.Results, result{load: l})
	}
	for n := range s.rounds {
		for i := range r.Results {
			res := &r.Results[i]
			fmt.Fprintf(stderr, "round %d of %d: %s, %s\n", n+1, s.rounds, res.Mode, res.Text)
			sides := []string{ours, librados}
			if n%2 == 1 {
				slices.Reverse(sides)
			}
			samples := map[string]sample{}
			for _, side := range sides {
				var err error
				if samples[side], err = b.runSide(ctx, side, res.load); err != nil {
					return nil, errors.Join(err, b.clusterTrouble())
				}
			}
			o, l := samples[ours], samples[librados]
			if o.OutputBytes != l.OutputBytes {
				return nil, fmt.Errorf("%s, %s: our side got an output of %d bytes, librados one of %d", res.Mode, res.Name, o.OutputBytes, l.OutputBytes)
			}
			res.OutputBytes = o.OutputBytes
			res.Rounds = append(res.Rounds, round{o.figures(), l.figures()})
			r.Ours, r.Librados = o.Version, l.Version
		}
	}
	return r, nil
}

// clusterTrouble returns an error when a daemon has crashed.
func (b *bench) clusterTrouble() error {
	if crashed := b.cluster.Crashed(); len(crashed) > 0 {
		return fmt.Errorf("crashed: %q\n%s", crashed, b.cluster.Logs(40))
	}
	return nil
}

// median returns the middle value, the mean of both middle ones for an even number.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
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
