// Command client is this repository's side of the benchmark in bench/commands; librados/librados_bench.c is the other one.
// Both understand
//
//	PROGRAM command|connect MODE CALLERS N JSON
//
// and print one line of JSON. "command" opens one session and runs the command N times in it; "connect" opens a
// session, runs the command and closes the session, N times. CALLERS goroutines share the N. MODE is secure or crc. The
// cluster is that of the environment's CEPH_CONF.
//
// With -cpuprofile and -memprofile in front of the arguments it writes profiles of the measured part.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
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

// job is the parsed command line.
type job struct {
	connect bool
	mode    string
	callers int
	n       int
	command monclient.Command
}

// measurement is what is printed.
type measurement struct {
	Version     string  `json:"version"`
	Wall        int64   `json:"wall_ns"`
	User        int64   `json:"user_ns"`
	System      int64   `json:"system_ns"`
	Switches    int64   `json:"switches"`
	OutputBytes int64   `json:"output_bytes"`
	RSS         int64   `json:"rss_bytes"`
	Anon        int64   `json:"anon_bytes"`
	Allocs      uint64  `json:"allocs"`
	AllocBytes  uint64  `json:"alloc_bytes"`
	Latencies   []int64 `json:"latencies_ns"`
}

func parse(args []string, stderr io.Writer) (job, profiles, error) {
	var p profiles
	fs := flag.NewFlagSet("client", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: client [flags] command|connect MODE CALLERS N JSON")
		fs.PrintDefaults()
	}
	fs.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile to `FILE`")
	fs.StringVar(&p.mem, "memprofile", "", "write a profile of all allocations to `FILE`")
	if err := fs.Parse(args); err != nil {
		return job{}, p, errUsage
	}
	words := fs.Args()
	if len(words) != 5 || words[0] != "command" && words[0] != "connect" {
		fs.Usage()
		return job{}, p, errUsage
	}
	j := job{connect: words[0] == "connect", mode: words[1], command: monclient.Raw(words[4])}
	for _, number := range []struct {
		to   *int
		text string
	}{{&j.callers, words[2]}, {&j.n, words[3]}} {
		n, err := strconv.Atoi(number.text)
		if err != nil || n < 1 {
			fmt.Fprintf(stderr, "client: %q is not a positive number\n", number.text)
			return job{}, p, errUsage
		}
		*number.to = n
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

func (j job) measure(ctx context.Context, profiles profiles) (*measurement, error) {
	var shared *monclient.Client // nil: every operation has a session of its own
	if !j.connect {
		var err error
		if shared, err = j.open(ctx); err != nil {
			return nil, err
		}
		defer shared.Close()
		if _, err := j.execute(ctx, shared); err != nil {
			return nil, err
		}
	}
	m := &measurement{Version: runtime.Version(), Latencies: make([]int64, j.n)}
	var err error
	if m.RSS, m.Anon, err = residentMemory(); err != nil {
		return nil, err
	}

	// A tenth of the load goes first and is not measured.
	if _, err := j.load(ctx, shared, make([]int64, j.n/10+1)); err != nil {
		return nil, err
	}
	if err := profiles.start(); err != nil {
		return nil, err
	}
	var allocsBefore, allocsAfter runtime.MemStats
	runtime.ReadMemStats(&allocsBefore)
	before, err := cpuUsage()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	m.OutputBytes, err = j.load(ctx, shared, m.Latencies)
	m.Wall = int64(time.Since(begin))
	if err != nil {
		return nil, err
	}
	after, err := cpuUsage()
	if err != nil {
		return nil, err
	}
	runtime.ReadMemStats(&allocsAfter)
	m.User, m.System, m.Switches = after.user-before.user, after.system-before.system, after.switches-before.switches
	m.Allocs, m.AllocBytes = allocsAfter.Mallocs-allocsBefore.Mallocs, allocsAfter.TotalAlloc-allocsBefore.TotalAlloc
	return m, profiles.stop()
}

// load runs one operation for each latency and returns the size of an output.
func (j job) load(ctx context.Context, shared *monclient.Client, latencies []int64) (output int64, err error) {
	if j.callers == 1 {
		var next atomic.Int64
		return j.caller(ctx, shared, latencies, &next)
	}
	var (
		next    atomic.Int64
		wg      sync.WaitGroup
		outputs = make([]int64, j.callers)
		errs    = make([]error, j.callers)
	)
	for i := range j.callers {
		wg.Go(func() { outputs[i], errs[i] = j.caller(ctx, shared, latencies, &next) })
	}
	wg.Wait()
	for i := range outputs {
		output = max(output, outputs[i])
	}
	return output, errors.Join(errs...)
}

func (j job) caller(ctx context.Context, shared *monclient.Client, latencies []int64, next *atomic.Int64) (output int64, err error) {
	for {
		i := next.Add(1) - 1
		if i >= int64(len(latencies)) {
			return output, nil
		}
		begin := time.Now()
		if output, err = j.operation(ctx, shared); err != nil {
			return 0, err
		}
		latencies[i] = int64(time.Since(begin))
	}
}

func (j job) operation(ctx context.Context, shared *monclient.Client) (output int64, err error) {
	if shared != nil {
		return j.execute(ctx, shared)
	}
	own, err := j.open(ctx)
	if err != nil {
		return 0, err
	}
	defer own.Close()
	return j.execute(ctx, own)
}

// open does what librados is asked to do: read the configuration, set two options, connect.
func (j job) open(ctx context.Context) (*monclient.Client, error) {
	conf := cephconf.New(cephconf.System{})
	if _, err := conf.Load(nil); err != nil {
		return nil, err
	}
	for option, value := range map[string]string{"ms_mon_client_mode": j.mode, "client_mount_timeout": "30"} {
		if err := conf.Set(option, value); err != nil {
			return nil, err
		}
	}
	cfg, err := monclient.FromConf(ctx, conf)
	if err != nil {
		return nil, err
	}
	c, err := monclient.Connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if s, ok := c.Session(); !ok || s.Mode != j.mode {
		c.Close()
		return nil, fmt.Errorf("the session's mode is %q, want %q", s.Mode, j.mode)
	}
	return c, nil
}

func (j job) execute(ctx context.Context, c *monclient.Client) (output int64, err error) {
	reply, err := c.Command(ctx, j.command)
	if err != nil {
		return 0, err
	}
	return int64(len(reply.Output)), reply.Err()
}
