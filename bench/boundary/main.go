package main

import (
	"context"
	"debug/elf"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

//go:embed c/boundary.c
var boundarySource []byte

//go:embed c/load.c
var loadSource []byte

// How many commands one round has at a scale of 1.
const (
	commands = 20_000
	queued   = 100_000

	runTimeout = 5 * time.Minute // for a program, which takes seconds
)

var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil:
		return
	case errors.Is(err, errUsage):
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "boundary:", err)
	if errors.Is(err, realceph.ErrNotInstalled) {
		os.Exit(3)
	}
	os.Exit(1)
}

type settings struct {
	release realceph.Release
	rounds  int
	scale   float64
	text    string
	results string
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	fs := flag.NewFlagSet("boundary", flag.ContinueOnError)
	fs.SetOutput(stderr)
	release := fs.String("release", string(realceph.Reef), "whose librados: pacific, reef or tentacle")
	fs.IntVar(&s.rounds, "rounds", 5, "how often everything runs")
	fs.Float64Var(&s.scale, "scale", 1, "multiplies the number of commands")
	fs.StringVar(&s.text, "text", "", "append the results, as Go benchmarks print them, to `FILE`")
	fs.StringVar(&s.results, "results", "", "append the measurements to `FILE`")
	if fs.Parse(args) != nil {
		return s, errUsage
	}
	if s.release, err = realceph.ParseRelease(*release); err == nil && (s.rounds < 1 || !(s.scale > 0 && s.scale <= 100) || fs.NArg() > 0) {
		err = errors.New("-rounds is from 1 on, -scale above 0 and at most 100, and there are no other arguments")
	}
	if err != nil {
		fmt.Fprintln(stderr, "boundary:", err)
		return s, errUsage
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	root, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	tree, err := s.release.Tree()
	if err != nil {
		return err
	}
	b := bench{root: root, tree: tree}
	if b.dir, err = os.MkdirTemp("", "libmonclient-boundary-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.build(ctx); err != nil {
		return err
	}
	var crossings []map[string]crossing
	for range s.rounds {
		c, err := b.cross(ctx, int(commands*s.scale), int(queued*s.scale))
		if err != nil {
			return err
		}
		crossings = append(crossings, c)
	}
	writeCrossings(stdout, crossings)
	libraries, err := b.loads(ctx, stdout, s)
	if err != nil {
		return err
	}
	if s.text != "" {
		if err := appendText(s.text, crossings); err != nil {
			return err
		}
	}
	if s.results == "" {
		return nil
	}
	return result.Append(s.results, append(crossingMeasurements(crossings), libraries...)...)
}

// moduleDir returns the root of the repository, where the scripts are.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	return strings.TrimSpace(string(out)), err
}

type bench struct {
	root string // of the repository
	tree string // of the release
	dir  string // of the programs
}

// build builds the libraries and the programs.
func (b *bench) build(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	for _, args := range [][]string{{"build/lib.sh"}, {"build/lib.sh", "test"}} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = b.root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	lib := filepath.Join(b.root, "lib/test")
	return errors.Join(
		b.compile(ctx, "boundary", boundarySource, "-pthread", "-I"+filepath.Join(b.root, "include"), "-I"+filepath.Join(b.root, "test/capi"),
			"-L"+lib, "-lmonclient", "-Wl,-rpath,"+lib),
		b.compile(ctx, "load", loadSource, "-ldl"))
}

func (b *bench) compile(ctx context.Context, name string, source []byte, flags ...string) error {
	file := filepath.Join(b.dir, name+".c")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		return err
	}
	args := append([]string{"-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", filepath.Join(b.dir, name), file}, flags...)
	if out, err := exec.CommandContext(ctx, "cc", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("cc %s.c: %w\n%s", name, err, out)
	}
	return nil
}

// crossing is what one operation costs.
type crossing struct{ ns, allocs float64 }

// cross runs boundary.c once.
func (b *bench) cross(ctx context.Context, commands, queued int) (map[string]crossing, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, "boundary"), strconv.Itoa(max(commands, 1)), strconv.Itoa(max(queued, 1000)))
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("boundary.c: %w\n%s", err, &stderr)
	}
	results := map[string]crossing{}
	for line := range strings.Lines(string(out)) {
		var name string
		var c crossing
		if _, err := fmt.Sscan(line, &name, &c.ns, &c.allocs); err != nil {
			return nil, fmt.Errorf("boundary.c: %q: %w", line, err)
		}
		results[name] = c
	}
	return results, nil
}

// rows are what boundary.c measures, and what each is compared with.
var rows = []struct{ name, beside string }{
	{"call-c", ""}, {"call", ""}, {"poll-empty", ""},
	{"go", ""}, {"sync", "go"}, {"callback", "go"}, {"queue", "go"},
	{"go-1000", ""}, {"queue-1000", "go-1000"}, {"callback-1000", "go-1000"},
}

func writeCrossings(w io.Writer, rounds []map[string]crossing) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "crossing\tns\tallocations\tto Go's\tmore ns\tmore allocations\t")
	for _, row := range rows {
		var ns, allocs, ratio, moreNS, moreAllocs []float64
		for _, round := range rounds {
			c := round[row.name]
			ns, allocs = append(ns, c.ns), append(allocs, c.allocs)
			if base, ok := round[row.beside]; ok {
				ratio = append(ratio, c.ns/base.ns)
				moreNS, moreAllocs = append(moreNS, c.ns-base.ns), append(moreAllocs, c.allocs-base.allocs)
			}
		}
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t", row.name, result.Median(ns), result.Median(allocs))
		if row.beside != "" {
			fmt.Fprintf(t, "%.2f\t%.0f\t%.1f\t", result.Median(ratio), result.Median(moreNS), result.Median(moreAllocs))
		} else {
			fmt.Fprint(t, "\t\t\t")
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // to a terminal
}

func appendText(file string, rounds []map[string]crossing) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	for _, round := range rounds {
		for _, row := range rows {
			c := round[row.name]
			fmt.Fprintf(f, "BenchmarkBoundary/%s 1 %.1f ns/op %.2f allocs/op\n", row.name, c.ns, c.allocs)
		}
	}
	return f.Close()
}

// loaded is what load.c prints.
type loaded struct {
	PrivateKB float64  `json:"private_kb"`
	RSSKB     float64  `json:"rss_kb"`
	Files     []string `json:"files"`
}

// loads compares the libraries before anything is done with them.
func (b *bench) loads(ctx context.Context, w io.Writer, s settings) ([]result.Measurement, error) {
	librados, err := filepath.Glob(filepath.Join(b.tree, "usr/lib/*-linux-*/librados.so.2"))
	if err != nil || len(librados) != 1 {
		return nil, fmt.Errorf("%s holds %d librados.so.2", b.tree, len(librados))
	}
	treeLib := filepath.Dir(librados[0])
	loaders, err := filepath.Glob(filepath.Join(b.tree, "usr/lib*/ld-linux-*.so.*"))
	if err != nil || len(loaders) == 0 {
		return nil, fmt.Errorf("%s has no loader", b.tree)
	}
	inTree := []string{loaders[0], "--library-path", treeLib + ":" + filepath.Join(treeLib, "ceph")}
	program, library := filepath.Join(b.dir, "load"), filepath.Join(b.root, "lib/libmonclient.so.0")
	sides := []struct {
		name string
		argv []string
	}{
		{"ours", []string{program, library}},
		{"none", []string{program}},
		{"librados", append(slices.Clone(inTree), program, librados[0])},
		{"none, in its tree", append(slices.Clone(inTree), program)},
	}
	rounds := map[string][]loaded{}
	for range s.rounds {
		for _, side := range sides {
			var l loaded
			out, err := exec.CommandContext(ctx, side.argv[0], side.argv[1:]...).Output()
			if err == nil {
				err = json.Unmarshal(out, &l)
			}
			if err != nil {
				return nil, fmt.Errorf("load %s: %w", side.name, err)
			}
			rounds[side.name] = append(rounds[side.name], l)
		}
	}
	ours, err1 := moreThan(rounds["ours"], rounds["none"])
	theirs, err2 := moreThan(rounds["librados"], rounds["none, in its tree"])
	needed, err3 := librariesNeeded(library)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nloading\tfiles\ton disk, MiB\tprivate, MiB\tresident, MiB\t")
	for _, side := range []struct {
		name string
		costs
	}{{"ours", ours}, {"librados", theirs}} {
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t\n", side.name, side.files, side.disk[0]/(1<<20),
			result.Median(side.private)/(1<<20), result.Median(side.resident)/(1<<20))
	}
	return libraryMeasurements(ours, theirs, needed), t.Flush()
}

// costs are what a library costs a process, in bytes.
type costs struct {
	files                   int
	disk, private, resident []float64
}

// moreThan returns what the rounds cost more than those without the library.
func moreThan(with, without []loaded) (c costs, err error) {
	disk := 0.0
	for _, file := range with[0].Files {
		if slices.Contains(without[0].Files, file) {
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			return c, err
		}
		disk, c.files = disk+float64(info.Size()), c.files+1
	}
	c.disk = []float64{disk}
	for i := range with {
		c.private = append(c.private, max(0, with[i].PrivateKB-without[i].PrivateKB)*1024)
		c.resident = append(c.resident, max(0, with[i].RSSKB-without[i].RSSKB)*1024)
	}
	return c, nil
}

// librariesNeeded returns how many libraries besides the C library, in all its parts, the one at path asks the loader for.
func librariesNeeded(path string) (n int, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	all, err := f.ImportedLibraries()
	for _, name := range all {
		if !ofLibc(name) {
			n++
		}
	}
	return n, err
}

func ofLibc(name string) bool {
	name, _, _ = strings.Cut(name, ".so")
	return slices.Contains([]string{"libc", "libpthread", "libdl", "libresolv", "librt", "libm"}, name) || strings.HasPrefix(name, "ld-linux")
}
