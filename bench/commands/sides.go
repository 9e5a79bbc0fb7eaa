package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

const (
	buildTimeout = 5 * time.Minute // for all programs; go may have to compile everything
	loadTimeout  = 2 * time.Minute // for one load, which takes less than a second
	waitDelay    = 5 * time.Second // for what a command that was killed has started
)

//go:embed c/*.c c/*.h
var sources embed.FS

// clientPackage is our side in Go.
const clientPackage = "github.com/libmonclient/libmonclient/bench/commands/client"

// The sides, as results name them.
const (
	sideGo       = "go"
	sideC        = "c"
	sideLibrados = "librados"
)

var sides = []string{sideGo, sideC, sideLibrados}

// bench is the programs of all sides.
type bench struct {
	dir     string // of the programs
	release realceph.Release
}

// newBench builds the programs.
func newBench(ctx context.Context, release realceph.Release) (b *bench, err error) {
	if _, err := release.Tree(); err != nil {
		return nil, err
	}
	b = &bench{release: release}
	if b.dir, err = os.MkdirTemp("", "libmonclient-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if err := b.writeSources(); err != nil {
		return nil, err
	}
	return b, errors.Join(b.buildGo(ctx), b.buildC(ctx), b.buildLibrados(ctx))
}

// close removes everything.
func (b *bench) close() error { return os.RemoveAll(b.dir) }

func (b *bench) program(side string) string { return filepath.Join(b.dir, side) }
func (b *bench) source(name string) string  { return filepath.Join(b.dir, "src", name) }

func (b *bench) writeSources() error {
	files, err := sources.ReadDir("c")
	if err != nil {
		return err
	}
	if err := os.Mkdir(b.source(""), 0o700); err != nil {
		return err
	}
	for _, f := range files {
		text, err := sources.ReadFile("c/" + f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(b.source(f.Name()), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) buildGo(ctx context.Context) error {
	cmd, err := tool(ctx, "go", "Go", "build", "-buildvcs=false", "-trimpath", "-o", b.program(sideGo), clientPackage)
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	_, err = output(cmd, "go build")
	return err
}

// buildC builds the C library, unless that is current, and its side.
func (b *bench) buildC(ctx context.Context) error {
	cmd, err := tool(ctx, "go", "Go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	out, err := output(cmd, "go list")
	if err != nil {
		return err
	}
	root := strings.TrimSpace(out)
	if cmd, err = tool(ctx, filepath.Join(root, "build/lib.sh"), "this repository"); err != nil {
		return err
	}
	cmd.Dir = root
	if _, err = output(cmd, "build/lib.sh"); err != nil {
		return err
	}
	lib := filepath.Join(root, "lib")
	return b.compile(ctx, sideC, b.source("monclient.c"), "-I"+filepath.Join(root, "include"), "-L"+lib, "-lmonclient", "-Wl,-rpath,"+lib)
}

// buildLibrados compiles librados's side. The host's linker cannot find what librados needs in turn, nor has the host's C
// library all symbols of the tree's; the tree's loader will. The program exports its symbols because one of them is the
// libraries', too: connect.
func (b *bench) buildLibrados(ctx context.Context) error {
	tree, err := b.release.Tree()
	if err != nil {
		return err
	}
	libs, err := filepath.Glob(filepath.Join(tree, "usr/lib/*-linux-*/librados.so.2"))
	if err != nil || len(libs) != 1 {
		return fmt.Errorf("%s holds %d librados.so.2, want 1; remove it and run %s", tree, len(libs), b.release.InstallCommand())
	}
	return b.compile(ctx, sideLibrados, b.source("librados.c"), "-rdynamic", "-I"+filepath.Join(tree, "usr/include"), libs[0],
		"-Wl,--allow-shlib-undefined")
}

// compile makes a side's program of a source and load.c.
func (b *bench) compile(ctx context.Context, side, source string, flags ...string) error {
	args := []string{"-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", b.program(side), b.source("load.c"), source}
	cmd, err := tool(ctx, "cc", "gcc and libc6-dev", append(args, flags...)...)
	if err != nil {
		return err
	}
	_, err = output(cmd, "cc")
	return err
}

// tool returns a command of the host's, which the packages have.
func tool(ctx context.Context, name, packages string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s %w: install %s", name, errMissing, packages)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = waitDelay
	return cmd, nil
}

// output runs a command and returns what it has printed, and what else it has said when it fails.
func output(cmd *exec.Cmd, name string) (string, error) {
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", name, err, &stdout, &stderr)
	}
	return stdout.String(), nil
}

// sample is what one side measured of one load.
type sample struct {
	Version     string  `json:"version"`
	Wall        int64   `json:"wall_ns"`
	User        int64   `json:"user_ns"`
	System      int64   `json:"system_ns"`
	Switches    int64   `json:"switches"`
	Connections int64   `json:"connections"`
	OutputBytes int64   `json:"output_bytes"`
	RSS         int64   `json:"rss_bytes"`
	Anon        int64   `json:"anon_bytes"`
	Allocs      int64   `json:"allocs,omitempty"`      // sideGo only
	AllocBytes  int64   `json:"alloc_bytes,omitempty"` // sideGo only
	Latencies   []int64 `json:"latencies_ns"`
}

// words are a program's arguments for a load.
func (l load) words() []string {
	return []string{
		l.Kind, l.Mode, strconv.FormatInt(l.Duration.Milliseconds(), 10), strconv.Itoa(l.Callers), strconv.Itoa(l.Handles),
		strconv.Itoa(l.Input), l.Command,
	}
}

// runSide has one side run one load. flags are for sideGo's program.
func (b *bench) runSide(ctx context.Context, c *cluster, side string, l load, flags ...string) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	args := slices.Concat(flags, l.words())
	var cmd *exec.Cmd
	if side == sideLibrados {
		var err error
		if cmd, err = b.release.Command(ctx, b.program(side), args...); err != nil {
			return sample{}, err
		}
	} else {
		cmd = exec.CommandContext(ctx, b.program(side), args...)
		for _, kv := range os.Environ() {
			if !strings.HasPrefix(kv, "CEPH_") {
				cmd.Env = append(cmd.Env, kv)
			}
		}
	}
	cmd.Env = append(cmd.Env, "CEPH_CONF="+c.ConfPath)
	var stderr strings.Builder
	cmd.Stderr = &stderr

	// The tree's programs are killed when the thread that started them ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: %v: %w\n%s", side, l, err, stderr.String())
	}
	var s sample
	if err := json.Unmarshal(out, &s); err != nil {
		return s, fmt.Errorf("%s: %v: what it printed: %w", side, l, err)
	}
	if len(s.Latencies) == 0 || s.Wall <= 0 {
		return s, fmt.Errorf("%s: %v: measured %d operations in %d ns", side, l, len(s.Latencies), s.Wall)
	}
	return s, nil
}

// profile runs our side in Go once more, with both profiles.
func (b *bench) profile(ctx context.Context, c *cluster, dir string, l load) error {
	if !l.has(sideGo) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file := func(what string) string {
		return filepath.Join(dir, fmt.Sprintf("%s-%s-%s.prof", l.Mode, l.Name, what))
	}
	return c.prepared(l, func() error {
		// Not both at once: the profile of all allocations costs time.
		if _, err := b.runSide(ctx, c, sideGo, l, "-cpuprofile", file("cpu")); err != nil {
			return err
		}
		_, err := b.runSide(ctx, c, sideGo, l, "-memprofile", file("allocs"))
		return err
	})
}
