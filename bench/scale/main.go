package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, "scale:", err)
	}
	os.Exit(exitStatus(err))
}

var errUsage = errors.New("wrong usage")

func exitStatus(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errMissing), errors.Is(err, realceph.ErrNotInstalled):
		return 3
	}
	return 1
}

// The sections.
const (
	sectionScale        = "scale"
	sectionSubscription = "subscription"
	sectionProcess      = "process"
)

var sections = []string{sectionScale, sectionSubscription, sectionProcess}

// settings is the parsed command line.
type settings struct {
	release  realceph.Release
	sections []string
	modes    []string
	rounds   int
	connect  int
	parallel int
	clients  []int // ascending
	librados []int // likewise
	idle     time.Duration
	watches  int
	changes  int
	runs     int
	results  string
	heap     string
}

// maxClients bounds what -clients may ask for: beyond it loopback has no ports.
const maxClients = 28_000

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("scale", flag.ContinueOnError)
	fs.SetOutput(stderr)
	release := fs.String("release", string(realceph.Reef), "pacific, reef or tentacle")
	names := fs.String("sections", strings.Join(sections, ","), "what to measure")
	modes := fs.String("modes", "secure", "connection modes: secure, crc")
	fs.IntVar(&s.rounds, "rounds", 2, "how often each side connects many clients")
	fs.IntVar(&s.connect, "connect", 500, "how many clients each side connects")
	fs.IntVar(&s.parallel, "parallel", 32, "how many at a time, where not one by one")
	clients := fs.String("clients", "1,100,300,1000,10000", "with how many clients ours is looked at")
	librados := fs.String("librados", "1,100,300", "and librados")
	fs.DurationVar(&s.idle, "idle", 20*time.Second, "how long idle clients are watched; 0: not at all")
	fs.IntVar(&s.watches, "watches", 5, "how often new clients watch changes of the map")
	fs.IntVar(&s.changes, "changes", 50, "how many changes each of them watches")
	fs.IntVar(&s.runs, "runs", 7, "how often each process runs")
	fs.StringVar(&s.results, "results", "", "append the measurements to `FILE`")
	fs.StringVar(&s.heap, "heap", "", "have our side write profiles, with the most clients, to `PREFIX`-*.prof")
	if err := fs.Parse(args); err != nil {
		return s, errUsage
	}
	wrong := func(format string, args ...any) (settings, error) {
		fmt.Fprintf(stderr, "scale: "+format+"\n", args...)
		return s, errUsage
	}
	var err error
	if s.release, err = realceph.ParseRelease(*release); err != nil {
		return wrong("%v", err)
	}
	if s.sections, err = words(*names, sections); err != nil {
		return wrong("-sections: %v", err)
	}
	if s.modes, err = words(*modes, []string{"secure", "crc"}); err != nil {
		return wrong("-modes: %v", err)
	}
	if s.clients, err = counts(*clients); err != nil {
		return wrong("-clients: %v", err)
	}
	if s.librados, err = counts(*librados); err != nil {
		return wrong("-librados: %v", err)
	}
	switch {
	case fs.NArg() > 0:
		return wrong("unexpected argument %q", fs.Arg(0))
	case min(s.rounds, s.watches, s.changes, s.runs) < 1:
		return wrong("-rounds, -watches, -changes, -runs: %d, %d, %d and %d are not all positive", s.rounds, s.watches, s.changes, s.runs)
	case s.connect < 1 || s.connect > maxClients:
		return wrong("-connect: %d is not from 1 to %d", s.connect, maxClients)
	case s.parallel < 1 || s.parallel > 1000:
		return wrong("-parallel: %d is not from 1 to 1000", s.parallel)
	case s.idle < 0:
		return wrong("-idle: %v is not a time", s.idle)
	}
	return s, nil
}

// words reads a list of known words.
func words(text string, known []string) ([]string, error) {
	var all []string
	for word := range strings.SplitSeq(text, ",") {
		if !slices.Contains(known, word) {
			return nil, fmt.Errorf("%q is none of %q", word, known)
		}
		if slices.Contains(all, word) {
			return nil, fmt.Errorf("%q is there twice", word)
		}
		all = append(all, word)
	}
	return all, nil
}

// counts reads a list of numbers of clients, which may be empty.
func counts(text string) ([]int, error) {
	var all []int
	if text == "" {
		return nil, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > maxClients {
			return nil, fmt.Errorf("%q is not a number from 1 to %d", word, maxClients)
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// startTimeout is for the cluster.
const startTimeout = 90 * time.Second

// bench is what the sections have: a cluster, the programs, and the settings.
type bench struct {
	settings
	*programs
	cluster *realceph.Cluster
	stderr  io.Writer
}

// say tells how far it is.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.stderr, "scale: "+format+"\n", args...)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	limit, err := raiseDescriptors(max(slices.Max(append(s.clients, s.connect)), slices.Max(append(s.librados, 1))*descriptorsOfLibrados) + spareDescriptors)
	if err != nil {
		return err
	}
	// The release's programs are killed when the thread that started them ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := buildPrograms(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, err := realceph.Start(startCtx, realceph.Options{
		Release: s.release, Mons: 3,
		Conf: map[string]string{
			// A monitor notes every command in the cluster's log, which it commits to disk.
			"clog_to_monitors": "false",
			// And it waits for a second whether more changes come, of which nothing depends here but how long it takes.
			"paxos_propose_interval": "0.05", "paxos_min_wait": "0.01",
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	b := &bench{settings: s, programs: p, cluster: c, stderr: stderr}
	b.clients = b.within(limit, b.clients, 1)
	b.librados = b.within(limit, b.librados, descriptorsOfLibrados)
	var all []result.Measurement
	for _, section := range s.sections {
		var ms []result.Measurement
		switch section {
		case sectionScale:
			ms, err = b.scale(ctx)
		case sectionSubscription:
			ms, err = b.subscription(ctx)
		case sectionProcess:
			ms, err = b.process(ctx)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", section, err), crashed(c))
		}
		all = append(all, ms...)
	}
	if err := writeTable(stdout, fmt.Sprintf("Ceph %s, three monitors; ours by %s; %d CPUs", s.release, runtime.Version(), runtime.NumCPU()), all); err != nil {
		return err
	}
	if s.results == "" {
		return nil
	}
	return result.Append(s.results, all...)
}

const (
	spareDescriptors      = 500 // what a program or a monitor has open besides
	descriptorsOfLibrados = 12  // by client, a little more than it takes
)

// within returns the numbers of clients that the limit of descriptors allows.
func (b *bench) within(limit int, counts []int, each int) []int {
	var possible []int
	for _, n := range counts {
		if n*each+spareDescriptors > limit {
			b.say("%d clients take more than the %d file descriptors that a process may have: left out (ulimit -Hn)", n, limit)
			continue
		}
		possible = append(possible, n)
	}
	return possible
}

// crashed returns an error when a daemon has ended by itself.
func crashed(c *realceph.Cluster) error {
	if names := c.Crashed(); len(names) > 0 {
		return fmt.Errorf("crashed: %q\n%s", names, c.Logs(40))
	}
	return nil
}

// pause waits, for a time that is part of a measurement.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
