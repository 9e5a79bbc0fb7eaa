package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	results "github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, "failover:", err)
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

// startTimeout is for the cluster.
const startTimeout = 90 * time.Second

// settings is the parsed command line.
type settings struct {
	release      realceph.Release
	faults       []fault
	variants     []variant
	sides        []sideSpec
	rounds       int
	silentRounds int
	phase        time.Duration
	text         string
	json         string
	results      string

	flap         time.Duration
	herd         int
	herdLibrados int
	options      []string // of our client in -flap and -herd
}

// flapOptions are what -flap sets unless -options does.
const flapOptions = "monclient_standby_sessions=1"

// quickDefaults are what -quick sets.
var quickDefaults = []struct{ flag, value string }{{"variants", string(idle)}, {"rounds", "2"}, {"silent-rounds", "1"}}

func quickFlags() []string {
	var all []string
	for _, q := range quickDefaults {
		all = append(all, "-"+q.flag+" "+q.value)
	}
	return all
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("failover", flag.ContinueOnError)
	fs.SetOutput(stderr)
	release := fs.String("release", string(realceph.Reef), "pacific, reef or tentacle")
	names := fs.String("faults", "kill,freeze,"+blackHole, "what befalls the monitor")
	variants := fs.String("variants", "go,waiting", "what the client does at that time")
	sides := fs.String("sides", ".", "only the sides that match `REGEXP`")
	fs.IntVar(&s.rounds, "rounds", 10, "how often each side meets a fault that closes connections")
	fs.IntVar(&s.silentRounds, "silent-rounds", 3, "how often each side meets another fault, which takes librados half a minute")
	fs.DurationVar(&s.phase, "phase", 10*time.Second, "the longest time that clients are idle before a silent fault")
	fs.StringVar(&s.text, "text", "", "write the table to `FILE`, too")
	fs.StringVar(&s.json, "json", "", "write everything that was measured to `FILE`")
	fs.StringVar(&s.results, "results", "", "append the measurements to `FILE`")
	quick := fs.Bool("quick", false, "in two minutes: "+strings.Join(quickFlags(), " ")+", unless they are given")
	fs.DurationVar(&s.flap, "flap", 0, "instead: count false failovers at full load for so long")
	fs.IntVar(&s.herd, "herd", 0, "instead: have `N` clients of ours lose their monitor")
	fs.IntVar(&s.herdLibrados, "herd-librados", 100, "and so many of librados's; 0: none")
	options := fs.String("options", "", "what our client has set in -flap (default "+flapOptions+") and -herd, `NAME=VALUE,...`")
	if err := fs.Parse(args); err != nil {
		return s, errUsage
	}
	if *quick {
		given := map[string]bool{}
		fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
		for _, q := range quickDefaults {
			if !given[q.flag] {
				if err := fs.Set(q.flag, q.value); err != nil {
					return s, err
				}
			}
		}
	}
	wrong := func(format string, args ...any) (settings, error) {
		fmt.Fprintf(stderr, "failover: "+format+"\n", args...)
		return s, errUsage
	}
	var err error
	if s.release, err = realceph.ParseRelease(*release); err != nil {
		return wrong("%v", err)
	}
	for name := range strings.SplitSeq(*names, ",") {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
		if i < 0 {
			return wrong("-faults: there is no %q", name)
		}
		s.faults = append(s.faults, faults[i])
	}
	for name := range strings.SplitSeq(*variants, ",") {
		if v := variant(name); v != idle && v != waiting {
			return wrong("-variants: %q is neither %s nor %s", name, idle, waiting)
		}
		s.variants = append(s.variants, variant(name))
	}
	matching, err := regexp.Compile(*sides)
	if err != nil {
		return wrong("-sides: %v", err)
	}
	for _, spec := range sideSpecs {
		if matching.MatchString(spec.name) {
			s.sides = append(s.sides, spec)
		}
	}
	if *options == "" && s.flap > 0 {
		*options = flapOptions
	}
	if *options != "" {
		s.options = strings.Split(*options, ",")
	}
	switch {
	case fs.NArg() > 0:
		return wrong("unexpected argument %q", fs.Arg(0))
	case s.rounds < 1 || s.silentRounds < 1:
		return wrong("-rounds, -silent-rounds: %d and %d are not both positive", s.rounds, s.silentRounds)
	case s.phase < 0 || s.flap < 0:
		return wrong("-phase, -flap: %v and %v are not times", s.phase, s.flap)
	case s.herd < 0 || s.herdLibrados < 0:
		return wrong("-herd, -herd-librados: %d and %d are not numbers of clients", s.herd, s.herdLibrados)
	case s.results != "" && (s.flap > 0 || s.herd > 0):
		return wrong("-results is for faults, not for -flap and -herd")
	case s.flap > 0 && s.herd > 0:
		return wrong("-flap and -herd exclude each other")
	case len(s.sides) == 0:
		return wrong("-sides: nothing matches %q", *sides)
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	// The release's programs are killed when the thread that started them ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := buildPrograms(ctx, s.release)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, err := realceph.Start(startCtx, realceph.Options{
		Release: s.release, Mons: 3, Network: s.network(), Conf: monConf,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if err := waitQuorum(ctx, c); err != nil {
		return err
	}
	var r written
	switch {
	case s.flap > 0:
		r, err = s.runFlap(ctx, p, c, stderr)
	case s.herd > 0:
		r, err = s.runHerd(ctx, p, c, stderr)
	default:
		r, err = s.runFaults(ctx, p, c, stderr)
	}
	if err != nil {
		return err
	}
	err = errors.Join(r.writeTable(stdout), writeFile(s.text, r.writeTable), writeFile(s.json, r.writeJSON))
	if faults, ok := r.(*report); ok && s.results != "" {
		err = errors.Join(err, results.Append(s.results, faults.measurements()...))
	}
	return err
}

// network reports whether the cluster needs a network of its own.
func (s settings) network() bool {
	return s.flap == 0 && s.herd == 0 && slices.ContainsFunc(s.faults, func(f fault) bool { return f.name == blackHole })
}

// written is what a run has found out.
type written interface {
	writeTable(w io.Writer) error
	writeJSON(w io.Writer) error
}

// runFaults runs the sides beside each other.
func (s settings) runFaults(ctx context.Context, p *programs, c *realceph.Cluster, stderr io.Writer) (_ *report, err error) {
	m := &measurement{settings: s, cluster: c, stderr: stderr}
	r := &report{Release: string(s.release), Ours: runtime.Version(), CPUs: runtime.NumCPU(), Load: loadAverage()}
	for _, spec := range s.sides {
		one, err2 := p.start(ctx, spec, c)
		if err2 != nil {
			return nil, err2
		}
		defer func() { err = errors.Join(err, one.close()) }()
		m.sides = append(m.sides, one)
		if spec.name == librados {
			r.Librados = one.version
		}
	}
	r.Results, err = m.measure(ctx)
	return r, err
}

// loadAverage returns the machine's of the last minute.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// writeFile writes a file when it has a name.
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
