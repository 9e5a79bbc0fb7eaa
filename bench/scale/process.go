package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/libmonclient/libmonclient/bench/result"
)

const (
	monc = "monc"
	ceph = "ceph"

	processTimeout = time.Minute
	memoryRuns     = 3                // in which memory is looked at, which takes time
	memoryPoll     = time.Millisecond // how often
)

// process is the section.
func (b *bench) process(ctx context.Context) ([]result.Measurement, error) {
	measurement := func(quantity string, unit result.Unit) *result.Measurement {
		return &result.Measurement{Section: sectionProcess, Work: "status", Quantity: quantity, Side: monc, Unit: unit, Other: ceph}
	}
	wall, cpu, resident := measurement("wall p50", result.Nanoseconds), measurement("cpu", result.Nanoseconds), measurement("resident", result.Bytes)
	put := func(m *result.Measurement, name string, v float64) {
		if name == monc {
			m.Ours = append(m.Ours, v)
		} else {
			m.Theirs = append(m.Theirs, v)
		}
	}
	for n := range b.runs + memoryRuns + 1 {
		b.say("monc status and ceph -s, run %d of %d", n+1, b.runs+memoryRuns+1)
		for i := range 2 {
			name := []string{monc, ceph}[(n+i)%2]
			took, err := b.processOnce(ctx, name, n > b.runs)
			switch {
			case err != nil:
				return nil, err
			case n == 0: // which reads files that are not in memory, and compiles Python
			case n > b.runs:
				put(resident, name, float64(took.peak))
			default:
				put(wall, name, float64(took.elapsed))
				put(cpu, name, float64(took.cpu))
			}
		}
	}
	return []result.Measurement{*wall, *cpu, *resident}, nil
}

// took is what a process has used.
type took struct {
	elapsed, cpu time.Duration
	peak         int64 // bytes of memory, where that was looked at
}

func (b *bench) processOnce(ctx context.Context, name string, memory bool) (took, error) {
	ctx, cancel := context.WithTimeout(ctx, processTimeout)
	defer cancel()
	var cmd *exec.Cmd
	if name == monc {
		cmd = exec.CommandContext(ctx, b.program(monc), "status")
		cmd.Env = withoutCeph(os.Environ())
	} else {
		var err error
		if cmd, err = b.cluster.Release.Command(ctx, "ceph", "-s"); err != nil {
			return took{}, err
		}
	}
	cmd.Env = append(cmd.Env, "CEPH_CONF="+b.cluster.ConfPath)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return took{}, fmt.Errorf("%s: %w", name, err)
	}
	var t took
	if memory { // before the process is waited for, so that its number is its own
		t.peak = peakOf(cmd.Process.Pid)
	}
	err := cmd.Wait()
	t.elapsed = time.Since(begin)
	if err != nil {
		return t, fmt.Errorf("%s: %w\n%s", name, err, &stderr)
	}
	t.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return t, nil
}

// peakOf returns the most memory that a child had, when it has ended.
func peakOf(pid int) (peak int64) {
	tick := time.NewTicker(memoryPoll)
	defer tick.Stop()
	for {
		f, err := look(pid)
		if err != nil || f.peak == 0 {
			return peak
		}
		peak = f.peak
		<-tick.C
	}
}
