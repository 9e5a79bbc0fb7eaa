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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/bench/profile"
	"github.com/libmonclient/libmonclient/bench/result"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, "ceiling:", err)
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
	}
	return 1
}

// settings is the parsed command line.
type settings struct {
	rounds   int
	duration time.Duration
	modes    []string
	loads    []load
	inflight int
	results  string
	profiles profile.Files
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("ceiling", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&s.rounds, "rounds", 4, "how often each load runs")
	fs.DurationVar(&s.duration, "duration", 500*time.Millisecond, "how long it runs")
	modes := fs.String("modes", "secure,crc", "connection modes")
	names := fs.String("loads", ".", "only the loads that match `REGEXP`")
	fs.IntVar(&s.inflight, "inflight", 1000, "how many operations are in flight where they are pipelined")
	fs.StringVar(&s.results, "results", "", "append the measurements to `FILE`")
	fs.StringVar(&s.profiles.CPU, "cpuprofile", "", "write a CPU profile to `FILE`")
	fs.StringVar(&s.profiles.Mem, "memprofile", "", "write a profile of all allocations, which takes time of its own, to `FILE`")
	if err := fs.Parse(args); err != nil {
		return s, errUsage
	}
	wrong := func(format string, args ...any) (settings, error) {
		fmt.Fprintf(stderr, "ceiling: "+format+"\n", args...)
		return s, errUsage
	}
	matching, err := regexp.Compile(*names)
	if err != nil {
		return wrong("-loads: %v", err)
	}
	for _, l := range loads {
		if matching.MatchString(l.name) {
			s.loads = append(s.loads, l)
		}
	}
	for mode := range strings.SplitSeq(*modes, ",") {
		if mode != "secure" && mode != "crc" {
			return wrong("-modes: %q is neither secure nor crc", mode)
		}
		if slices.Contains(s.modes, mode) {
			return wrong("-modes: %q twice", mode)
		}
		s.modes = append(s.modes, mode)
	}
	switch {
	case fs.NArg() > 0:
		return wrong("unexpected argument %q", fs.Arg(0))
	case s.rounds < 1:
		return wrong("-rounds: %d is not positive", s.rounds)
	case s.duration <= 0:
		return wrong("-duration: %v is not positive", s.duration)
	case s.inflight < 1:
		return wrong("-inflight: %d is not positive", s.inflight)
	case len(s.loads) == 0:
		return wrong("-loads: nothing matches %q", *names)
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	series, err := s.measure(ctx, stderr)
	if err != nil {
		return err
	}
	if err := writeTable(stdout, series); err != nil {
		return err
	}
	if s.results == "" {
		return nil
	}
	var all []result.Measurement
	for _, one := range series {
		all = append(all, one.measurements()...)
	}
	return result.Append(s.results, all...)
}
