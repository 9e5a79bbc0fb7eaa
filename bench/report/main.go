package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/libmonclient/libmonclient/bench/result"
)

// The files of a directory with results.
const (
	resultsFile = "results.jsonl"
	machineFile = "machine.json"
	tableFile   = "RESULTS.md"
)

var (
	errUsage = errors.New("wrong usage")
	errWorse = errors.New("some ratio is worse")
)

const usage = `usage: report machine -release RELEASE
       report convert -results FILE <BENCHMARKS
       report take NEW MACHINE DIR
       report write DIR
       report check [-factor 1.5] OLD NEW`

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	switch {
	case err == nil:
		return
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, errWorse): // which ones has been said
	default:
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	os.Exit(1)
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return wrong(stderr, "which of them?")
	}
	flags := flag.NewFlagSet("report "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprintln(stderr, usage) }
	n := 0
	var do func(args []string) error
	switch args[0] {
	case "machine":
		release := flags.String("release", "reef", "whose librados")
		do = func([]string) error { return printMachine(stdout, *release) }
	case "convert":
		results := flags.String("results", "", "append the measurements to `FILE`")
		do = func([]string) error {
			if *results == "" {
				return wrong(stderr, "convert: -results is missing")
			}
			return convertTo(*results, stdin)
		}
	case "take":
		n = 3
		do = func(args []string) error { return take(args[0], args[1], args[2]) }
	case "write":
		n = 1
		do = func(args []string) error { return write(args[0]) }
	case "check":
		n = 2
		factor := flags.Float64("factor", 1.5, "how much worse a ratio may get")
		do = func(args []string) error {
			if !(*factor >= 1) {
				return wrong(stderr, "check: -factor %v is below 1", *factor)
			}
			return checkFiles(stdout, args[0], args[1], *factor)
		}
	default:
		return wrong(stderr, "there is no %q", args[0])
	}
	if err := flags.Parse(args[1:]); err != nil {
		return errUsage
	}
	if flags.NArg() != n {
		return wrong(stderr, "%s takes %d arguments, not %d", args[0], n, flags.NArg())
	}
	return do(flags.Args())
}

func wrong(stderr io.Writer, format string, args ...any) error {
	fmt.Fprintf(stderr, "report: "+format+"\n%s\n", append(args, usage)...)
	return errUsage
}

func printMachine(w io.Writer, release string) error {
	h, err := theMachine(release)
	if err != nil {
		return err
	}
	return encode(w, h)
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func convertTo(path string, stdin io.Reader) error {
	all, err := parseBenchmarks(stdin)
	if err != nil {
		return err
	}
	ms, err := convert(all)
	if err != nil {
		return err
	}
	if len(ms) == 0 {
		return errors.New("convert: there is no benchmark's result on standard input")
	}
	return result.Append(path, ms...)
}

// take puts new measurements into a directory, instead of those that it has of the same sections.
func take(newResults, newMachine, dir string) error {
	now, err := readSet(newResults)
	if err != nil {
		return err
	}
	measured := now.sectionNames()
	if len(measured) == 0 {
		return fmt.Errorf("%s has no measurement", newResults)
	}
	with, err := readHead(newMachine)
	if err != nil {
		return err
	}
	was, err := readHead(filepath.Join(dir, machineFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	h, err := was.merge(with, measured)
	if err != nil {
		return err
	}
	old, err := result.Read(filepath.Join(dir, resultsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	old = slices.DeleteFunc(old, func(m result.Measurement) bool { return slices.Contains(measured, m.Section) })
	whole, err := newSet(slices.Concat(old, now.all))
	if err != nil {
		return err
	}
	// By section, so that the file differs from the one before only where something was measured anew.
	var ordered []result.Measurement
	for _, section := range whole.sectionNames() {
		for _, m := range whole.all {
			if m.Section == section {
				ordered = append(ordered, m)
			}
		}
	}
	temporary := filepath.Join(dir, "."+resultsFile+".new")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := result.Append(temporary, ordered...); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, filepath.Join(dir, resultsFile)); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, machineFile))
	if err != nil {
		return err
	}
	if err := errors.Join(encode(f, h), f.Close()); err != nil {
		return err
	}
	return write(dir)
}

// files returns what a directory's results and machine make, by file name.
func files(dir string) (map[string]string, error) {
	s, err := readSet(filepath.Join(dir, resultsFile))
	if err != nil {
		return nil, err
	}
	h, err := readHead(filepath.Join(dir, machineFile))
	if err != nil {
		return nil, err
	}
	made := plots(s)
	made[tableFile] = markdown(h, s, made)
	return made, nil
}

func write(dir string) error {
	made, err := files(dir)
	if err != nil {
		return err
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func checkFiles(w io.Writer, old, now string, factor float64) error {
	was, err := readSet(old)
	if err != nil {
		return err
	}
	is, err := readSet(now)
	if err != nil {
		return err
	}
	if !check(w, was, is, factor) {
		return errWorse
	}
	return nil
}
