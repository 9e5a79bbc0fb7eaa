// Command client is this repository's side of the benchmark in bench/commands, in Go. The C libraries' sides are made of
// bench/commands/c. All understand
//
//	PROGRAM KIND MODE MILLISECONDS CALLERS HANDLES INPUT JSON
//
// and print one line of JSON; c/load.c says what the words mean.
//
// With -cpuprofile and -memprofile in front of the arguments it writes profiles of the measured part.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/bench/profile"
	"github.com/libmonclient/libmonclient/monclient"
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong usage")

// The kinds of load.
const (
	kindConnect          = "connect"
	kindCommand          = "command"
	kindVersion          = "version"
	kindPipelinedCommand = "pipelined-command"
	kindPipelinedVersion = "pipelined-version"
)

var kinds = []string{kindConnect, kindCommand, kindVersion, kindPipelinedCommand, kindPipelinedVersion}

// job is the parsed command line.
type job struct {
	kind    string
	mode    string
	length  time.Duration
	callers int // or how many are in flight
	handles int
	command monclient.Command

	dials *atomic.Int64
}

// measurement is what is printed.
type measurement struct {
	Version     string  `json:"version"`
	Wall        int64   `json:"wall_ns"`
	User        int64   `json:"user_ns"`
	System      int64   `json:"system_ns"`
	Switches    int64   `json:"switches"`
	Connections int64   `json:"connections"`
	OutputBytes int64   `json:"output_bytes"`
	RSS         int64   `json:"rss_bytes"`
	Anon        int64   `json:"anon_bytes"`
	Allocs      uint64  `json:"allocs"`
	AllocBytes  uint64  `json:"alloc_bytes"`
	Latencies   []int64 `json:"latencies_ns"`
}

const maxNumber = 1 << 30

func parse(args []string, stderr io.Writer) (job, profile.Files, error) {
	var p profile.Files
	fs := flag.NewFlagSet("client", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: client [flags] KIND MODE MILLISECONDS CALLERS HANDLES INPUT JSON")
		fs.PrintDefaults()
	}
	fs.StringVar(&p.CPU, "cpuprofile", "", "write a CPU profile to `FILE`")
	fs.StringVar(&p.Mem, "memprofile", "", "write a profile of all allocations to `FILE`")
	if err := fs.Parse(args); err != nil {
		return job{}, p, errUsage
	}
	words := fs.Args()
	if len(words) != 7 {
		fs.Usage()
		return job{}, p, errUsage
	}
	wrong := func(format string, args ...any) (job, profile.Files, error) {
		fmt.Fprintf(stderr, "client: "+format+"\n", args...)
		return job{}, p, errUsage
	}
	j := job{kind: words[0], mode: words[1], command: monclient.Raw(words[6]), dials: new(atomic.Int64)}
	if !slices.Contains(kinds, j.kind) {
		return wrong("%q is none of %q", j.kind, kinds)
	}
	var ms, input int
	for _, number := range []struct {
		name  string
		to    *int
		text  string
		least int
	}{{"MILLISECONDS", &ms, words[2], 1}, {"CALLERS", &j.callers, words[3], 1}, {"HANDLES", &j.handles, words[4], 1}, {"INPUT", &input, words[5], 0}} {
		n, err := strconv.Atoi(number.text)
		if err != nil || n < number.least || n > maxNumber {
			return wrong("%s: %q is no number from %d to %d", number.name, number.text, number.least, maxNumber)
		}
		*number.to = n
	}
	j.length = time.Duration(ms) * time.Millisecond
	if input > 0 {
		j.command.Input = bytes.Repeat([]byte("x"), input)
	}
	return j, p, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	j, profiles, err := parse(args, stderr)
	if err != nil {
		return err
	}
	m, err := j.measure(ctx, profiles)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(m)
}

func (j job) measure(ctx context.Context, profiles profile.Files) (*measurement, error) {
	var sessions []*monclient.Client
	if j.kind != kindConnect { // whose operations have sessions of their own
		for range j.handles {
			c, err := j.open(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			if _, err := j.ask(ctx, c); err != nil {
				return nil, err
			}
			sessions = append(sessions, c)
		}
	}
	m := &measurement{Version: runtime.Version()}
	var err error
	if m.RSS, m.Anon, err = residentMemory(); err != nil {
		return nil, err
	}

	// A tenth of the load goes first and is not measured.
	if _, _, err := j.load(ctx, sessions, j.length/10); err != nil {
		return nil, err
	}
	if err := profiles.Start(); err != nil {
		return nil, err
	}
	var allocsBefore, allocsAfter runtime.MemStats
	runtime.ReadMemStats(&allocsBefore)
	dialled := j.dials.Load()
	before, err := cpuUsage()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	m.Latencies, m.OutputBytes, err = j.load(ctx, sessions, j.length)
	m.Wall = int64(time.Since(begin))
	if err != nil {
		return nil, err
	}
	after, err := cpuUsage()
	if err != nil {
		return nil, err
	}
	runtime.ReadMemStats(&allocsAfter)
	m.Connections = j.dials.Load() - dialled
	m.User, m.System, m.Switches = after.user-before.user, after.system-before.system, after.switches-before.switches
	m.Allocs, m.AllocBytes = allocsAfter.Mallocs-allocsBefore.Mallocs, allocsAfter.TotalAlloc-allocsBefore.TotalAlloc
	return m, profiles.Stop()
}
