package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, "osdmap:", err)
	}
	os.Exit(exitStatus(err))
}

var (
	errUsage = errors.New("wrong usage")
	// errMissing says that a tool of the host is not installed.
	errMissing = errors.New("is not installed")
)

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

// settings is the parsed command line.
type settings struct {
	release realceph.Release
	rounds  int
	osds    int
	pools   int
	upmaps  int
	epochs  int
	room    int
	results string
}

// limits are those that the flags have.
var limits = []struct {
	flag, usage       string
	of                func(*settings) *int
	byDefault, lo, hi int
}{
	{"rounds", "how often everything is measured", func(s *settings) *int { return &s.rounds }, 9, 1, 1000},
	{"osds", "OSDs of the large map", func(s *settings) *int { return &s.osds }, 10_000, 30, 60_000},
	{"pools", "pools of the large map", func(s *settings) *int { return &s.pools }, 1000, 1, 100_000},
	{"upmaps", "upmaps of the large map", func(s *settings) *int { return &s.upmaps }, 100_000, 10, 10_000_000},
	{"epochs", "how many epochs there are to catch up with", func(s *settings) *int { return &s.epochs }, 100, 1, 400},
	{"room", "for how many OSDs the map has room whose epochs these are", func(s *settings) *int { return &s.room }, 1000, 1, 10_000},
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("osdmap", flag.ContinueOnError)
	fs.SetOutput(stderr)
	release := fs.String("release", string(realceph.Reef), "pacific, reef or tentacle")
	for _, l := range limits {
		fs.IntVar(l.of(&s), l.flag, l.byDefault, l.usage)
	}
	fs.StringVar(&s.results, "results", "", "append the measurements to `FILE`")
	if err := fs.Parse(args); err != nil {
		return s, errUsage
	}
	wrong := func(format string, args ...any) (settings, error) {
		fmt.Fprintf(stderr, "osdmap: "+format+"\n", args...)
		return s, errUsage
	}
	var err error
	if s.release, err = realceph.ParseRelease(*release); err != nil {
		return wrong("%v", err)
	}
	if fs.NArg() > 0 {
		return wrong("unexpected argument %q", fs.Arg(0))
	}
	for _, l := range limits {
		if n := *l.of(&s); n < l.lo || n > l.hi {
			return wrong("-%s: %d is not from %d to %d", l.flag, n, l.lo, l.hi)
		}
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if _, err := s.release.Tree(); err != nil {
		return err
	}
	caughtUp, err := catchUp(ctx, s, stderr)
	if err != nil {
		return err
	}
	l, err := newLarge(ctx, s)
	if err != nil {
		return err
	}
	costs, err := l.measure(ctx, s.rounds, stderr)
	if err != nil {
		return err
	}
	all := append(measurements(costs), s.catchUpMeasurements(caughtUp)...)
	if err := writeTable(stdout, fmt.Sprintf("Ceph %s; %s", s.release, l), all); err != nil {
		return err
	}
	if s.results == "" {
		return nil
	}
	return result.Append(s.results, all...)
}
