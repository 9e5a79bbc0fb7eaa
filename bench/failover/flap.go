package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// leaving are the events, by the client's names, that tell of a session's end.
var leaving = []string{"lost", "standby lost"}

// flapReport is what became of a client at full load.
type flapReport struct {
	Release string         `json:"release"`
	Ours    string         `json:"ours"` // the Go version
	Options []string       `json:"options"`
	Seconds float64        `json:"seconds"`
	CPUs    int            `json:"cpus"`
	Busy    int            `json:"busy"` // processes that kept them busy
	Load    string         `json:"load"` // of the machine, at the end
	Events  map[string]int `json:"events"`
	Told    []string       `json:"told"` // the events in words
	// Elections of the monitors meanwhile: they may be starved, too.
	Elections int64 `json:"elections"`
	Failovers int   `json:"failovers"` // none is right
	Reads     int64 `json:"reads"`
	Errors    int64 `json:"errors"`
	Median    int64 `json:"median_ns"` // of the reads
	P99       int64 `json:"p99_ns"`
	Worst     int64 `json:"worst_ns"`
	// Load reads are what the client that keeps the monitors busy has read.
	LoadReads int64 `json:"load_reads"`
}

func (s settings) runFlap(ctx context.Context, p *programs, c *realceph.Cluster, stderr io.Writer) (_ *flapReport, err error) {
	watched, err := p.start(ctx, sideSpec{name: bare, options: s.options}, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, watched.close()) }()
	loader, err := p.start(ctx, sideSpec{name: bare}, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, loader.close()) }()

	r := &flapReport{Release: string(s.release), Ours: watched.version, Options: s.options, CPUs: runtime.NumCPU(), Busy: runtime.NumCPU() + 1}
	before, err := elections(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, step := range []struct {
		side *side
		line string
	}{{watched, "flap"}, {loader, "connect"}, {loader, "loop"}} {
		if _, err := step.side.ask(ctx, step.line); err != nil {
			return nil, err
		}
	}
	stop, err := keepBusy(ctx, p, r.Busy)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(stderr, "full load for %v\n", s.flap)
	begin := time.Now()
	err = pause(ctx, s.flap)
	r.Seconds, r.Load = time.Since(begin).Seconds(), loadAverage()
	var a answer
	if err == nil {
		a, err = watched.ask(ctx, "flapped") // still at full load
	}
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	load, err := loader.ask(ctx, "mark")
	if err != nil {
		return nil, err
	}
	after, err := elections(ctx, c)
	if err := errors.Join(err, crashed(c)); err != nil {
		return nil, err
	}
	r.Elections, r.LoadReads = (after-before+1)/2, load.Reads
	r.take(a)
	return r, nil
}

// take fills in what the client tells.
func (r *flapReport) take(a answer) {
	r.Events, r.Told, r.Reads, r.Errors = a.Events, a.Told, a.Reads, a.Errors
	for _, kind := range leaving {
		r.Failovers += a.Events[kind]
	}
	if n := len(a.Latencies); n > 0 {
		sorted := slices.Sorted(slices.Values(a.Latencies))
		r.Median, r.P99, r.Worst = median(sorted), sorted[min(n-1, n*99/100)], sorted[n-1]
	}
}

// keepBusy starts n processes that do nothing else; stop ends them.
func keepBusy(ctx context.Context, p *programs, n int) (stop func() error, err error) {
	var stops []func() error
	stop = func() error {
		var errs []error
		for _, one := range stops {
			errs = append(errs, one())
		}
		return errors.Join(errs...)
	}
	for range n {
		cmd := p.client(ctx, "busy")
		stdin, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		stops = append(stops, func() error { return endBusy(cmd, stdin) })
	}
	return stop, nil
}

func endBusy(cmd *exec.Cmd, stdin io.Closer) error {
	return errors.Join(stdin.Close(), cmd.Wait())
}

// elections returns the monitors' newest election epoch, which grows by two with every election.
func elections(ctx context.Context, c *realceph.Cluster) (int64, error) {
	var newest int64
	for _, m := range c.Mons() {
		b, err := c.Admin(ctx, "mon."+m.Name, map[string]any{"prefix": "mon_status"})
		if err != nil {
			return 0, err
		}
		var status struct {
			Epoch int64 `json:"election_epoch"`
		}
		if err := json.Unmarshal(b, &status); err != nil {
			return 0, fmt.Errorf("mon_status of mon.%s: %w", m.Name, err)
		}
		newest = max(newest, status.Epoch)
	}
	return newest, nil
}

func (r *flapReport) writeTable(w io.Writer) error {
	verdict := "met"
	if r.Failovers > 0 {
		verdict = "MISSED"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Ceph %s, three monitors; ours by %s with %q\n", r.Release, r.Ours, r.Options)
	fmt.Fprintf(&b, "%.0f s with %d busy processes on %d CPUs, load at the end %s\n\n", r.Seconds, r.Busy, r.CPUs, r.Load)
	fmt.Fprintf(&b, "false failovers  %d (goal: 0, %s)\n", r.Failovers, verdict)
	fmt.Fprintf(&b, "events           %v\n", r.Events)
	fmt.Fprintf(&b, "elections        %d\n", r.Elections)
	fmt.Fprintf(&b, "reads            %d, %d errors; median %s, p99 %s, longest %s\n", r.Reads, r.Errors, printTime(r.Median), printTime(r.P99), printTime(r.Worst))
	fmt.Fprintf(&b, "other reads      %d\n", r.LoadReads)
	for _, text := range r.Told {
		fmt.Fprintf(&b, "  %s\n", text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *flapReport) writeJSON(w io.Writer) error { return writeJSON(w, r) }
