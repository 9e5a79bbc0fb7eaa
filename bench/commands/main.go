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
	"strings"
	"syscall"

	benchresult "github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, "commands:", err)
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
	release   realceph.Release
	rounds    int
	scale     float64
	modes     []string
	scenarios *regexp.Regexp
	text      string
	json      string
	results   string
	profile   string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("commands", flag.ContinueOnError)
	fs.SetOutput(stderr)
	release := fs.String("release", string(realceph.Reef), "pacific, reef or tentacle")
	fs.IntVar(&s.rounds, "rounds", 7, "how often each side runs each load")
	fs.Float64Var(&s.scale, "scale", 1, "multiplies the time of every load")
	modes := fs.String("modes", "secure,crc", "connection modes")
	scenarios := fs.String("scenarios", ".", "only the scenarios that match `REGEXP`")
	fs.StringVar(&s.text, "text", "", "append the results, as Go benchmarks print them, to `FILE`")
	fs.StringVar(&s.json, "json", "", "write everything that was measured to `FILE`")
	fs.StringVar(&s.results, "results", "", "append the results to `FILE`, in the form that all benchmarks share")
	fs.StringVar(&s.profile, "profile", "", "run our side in Go once more for each load, and write its profiles to `DIR`")
	if err := fs.Parse(args); err != nil {
		return s, errUsage
	}
	wrong := func(format string, args ...any) (settings, error) {
		fmt.Fprintf(stderr, "commands: "+format+"\n", args...)
		return s, errUsage
	}
	var err error
	if s.release, err = realceph.ParseRelease(*release); err != nil {
		return wrong("%v", err)
	}
	if s.scenarios, err = regexp.Compile(*scenarios); err != nil {
		return wrong("-scenarios: %v", err)
	}
	for mode := range strings.SplitSeq(*modes, ",") {
		if mode != "secure" && mode != "crc" {
			return wrong("-modes: %q is neither secure nor crc", mode)
		}
		s.modes = append(s.modes, mode)
	}
	switch {
	case fs.NArg() > 0:
		return wrong("unexpected argument %q", fs.Arg(0))
	case s.rounds < 1:
		return wrong("-rounds: %d is not positive", s.rounds)
	case !(s.scale > 0 && s.scale <= 1000): // NaN, too
		return wrong("-scale: %v is not above 0 and at most 1000", s.scale)
	case len(s.loads()) == 0:
		return wrong("-scenarios: nothing matches %q", *scenarios)
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, s.release)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	r, err := b.measure(ctx, s, stderr)
	if err != nil {
		return err
	}
	if err := errors.Join(r.writeTable(stdout), r.writeFiles(s.text, s.json)); err != nil {
		return err
	}
	if s.results == "" {
		return nil
	}
	return benchresult.Append(s.results, r.measurements()...)
}
