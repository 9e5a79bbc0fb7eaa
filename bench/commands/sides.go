package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

const (
	startTimeout = 90 * time.Second // for the cluster
	buildTimeout = 5 * time.Minute  // for both programs; go may have to compile everything
	loadTimeout  = 5 * time.Minute  // for one load, which takes a second
)

//go:embed librados/librados_bench.c
var libradosSource []byte

// clientPackage is our side.
const clientPackage = "github.com/libmonclient/libmonclient/bench/commands/client"

// The sides, as results name them.
const (
	ours     = "ours"
	librados = "librados"
)

// bench is a cluster and the programs of both sides.
type bench struct {
	dir     string // of the programs
	cluster *realceph.Cluster
}

// newBench builds the programs and starts the cluster.
func newBench(ctx context.Context, release realceph.Release) (b *bench, err error) {
	if _, err := release.Tree(); err != nil {
		return nil, err
	}
	b = new(bench)
	if b.dir, err = os.MkdirTemp("", "libmonclient-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	buildCtx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if err := errors.Join(b.buildOurs(buildCtx), b.buildLibrados(buildCtx, release)); err != nil {
		return nil, err
	}
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	b.cluster, err = realceph.Start(startCtx, realceph.Options{
		Release: release, Mons: 1,
		// A monitor notes every command in the cluster's log, which it commits to disk: thousands of entries a second,
		// more work than the commands, and stalls of a second.
		Conf: map[string]string{"clog_to_monitors": "false"},
	})
	return b, err
}

// close stops the cluster and removes everything.
func (b *bench) close() error {
	var err error
	if b.cluster != nil {
		err = b.cluster.Stop()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

func (b *bench) program(side string) string { return filepath.Join(b.dir, side) }

func (b *bench) buildOurs(ctx context.Context) error {
	cmd, err := tool(ctx, "go", "Go", "build", "-buildvcs=false", "-trimpath", "-o", b.program(ours), clientPackage)
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	return output(cmd, "go build")
}

// buildLibrados compiles the C program. The host's linker cannot find what librados needs in turn, nor has the host's C
// library all symbols of the tree's; the tree's loader will.
func (b *bench) buildLibrados(ctx context.Context, release realceph.Release) error {
	tree, err := release.Tree()
	if err != nil {
		return err
	}
	libs, err := filepath.Glob(filepath.Join(tree, "usr/lib/*-linux-*/librados.so.2"))
	if err != nil || len(libs) != 1 {
		return fmt.Errorf("%s holds %d librados.so.2, want 1; remove it and run %s", tree, len(libs), release.InstallCommand())
	}
	source := filepath.Join(b.dir, "librados_bench.c")
	if err := os.WriteFile(source, libradosSource, 0o600); err != nil {
		return err
	}
	cmd, err := tool(ctx, "cc", "gcc and libc6-dev", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
		"-I"+filepath.Join(tree, "usr/include"), "-o", b.program(librados), source, libs[0], "-Wl,--allow-shlib-undefined")
	if err != nil {
		return err
	}
	return output(cmd, "cc")
}

// tool returns a command of the host's, which the packages have.
func tool(ctx context.Context, name, packages string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s %w: install %s", name, errMissing, packages)
	}
	return exec.CommandContext(ctx, path, args...), nil
}

// output runs a command whose output matters only when it fails.
func output(cmd *exec.Cmd, name string) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// sample is what one side measured of one load.
type sample struct {
	Version     string  `json:"version"`
	Wall        int64   `json:"wall_ns"`
	User        int64   `json:"user_ns"`
	System      int64   `json:"system_ns"`
	Switches    int64   `json:"switches"`
	OutputBytes int64   `json:"output_bytes"`
	RSS         int64   `json:"rss_bytes"`
	Anon        int64   `json:"anon_bytes"`
	Allocs      int64   `json:"allocs,omitempty"`      // ours only
	AllocBytes  int64   `json:"alloc_bytes,omitempty"` // ours only
	Latencies   []int64 `json:"latencies_ns"`
}

// runSide has one side run one load. flags are for our side's program.
func (b *bench) runSide(ctx context.Context, side string, l load, flags ...string) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	kind := "command"
	if l.Connect {
		kind = "connect"
	}
	args := append(flags, kind, l.Mode, strconv.Itoa(l.Callers), strconv.Itoa(l.N), l.Command)
	var cmd *exec.Cmd
	if side == librados {
		var err error
		if cmd, err = b.cluster.Release.Command(ctx, b.program(side), args...); err != nil {
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
	cmd.Env = append(cmd.Env, "CEPH_CONF="+b.cluster.ConfPath)
	var stderr strings.Builder
	cmd.Stderr = &stderr

	// The tree's programs are killed when the thread that started them ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: %s, %s: %w\n%s", side, l.Mode, l.Name, err, stderr.String())
	}
	var s sample
	if err := json.Unmarshal(out, &s); err != nil {
		return s, fmt.Errorf("%s: %s, %s: what it printed: %w", side, l.Mode, l.Name, err)
	}
	if len(s.Latencies) != l.N {
		return s, fmt.Errorf("%s: %s, %s: measured %d operations, want %d", side, l.Mode, l.Name, len(s.Latencies), l.N)
	}
	return s, nil
}

// profile runs our side once more for each load, with both profiles.
func (b *bench) profile(ctx context.Context, s settings) error {
	if err := os.MkdirAll(s.profile, 0o755); err != nil {
		return err
	}
	for _, l := range s.loads() {
		file := func(what string) string {
			return filepath.Join(s.profile, fmt.Sprintf("%s-%s-%s.prof", l.Mode, l.Name, what))
		}
		// Not both at once: the profile of all allocations costs time.
		if _, err := b.runSide(ctx, ours, l, "-cpuprofile", file("cpu")); err != nil {
			return err
		}
		if _, err := b.runSide(ctx, ours, l, "-memprofile", file("allocs")); err != nil {
			return err
		}
	}
	return nil
}
