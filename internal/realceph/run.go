package realceph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Result is what a finished program left behind.
type Result struct {
	Stdout, Stderr []byte
	// Code is the exit status, or -1 when the program could not be run or was killed.
	Code int
	// Err says why Code is not 0; it quotes the end of Stderr.
	Err error
}

// Command returns a command that runs a program of the release with the release's own libraries. The
// program is a name in the tree's usr/bin, "ceph" included, or the absolute path of any other dynamically
// linked program, for example one that was built against the tree's librados. The host's CEPH_ and PYTHON
// variables do not reach it.
func (r Release) Command(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	t, err := r.tree()
	if err != nil {
		return nil, err
	}
	return t.command(ctx, program, args...), nil
}

// Tool runs one of the release's tools, such as monmaptool or ceph-authtool, without a cluster.
func (r Release) Tool(ctx context.Context, name string, args ...string) Result {
	t, err := r.tree()
	if err != nil {
		return Result{Code: -1, Err: err}
	}
	return run(t.command(ctx, name, args...), name)
}

func (t tree) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	argv := t.argv(program)
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:], args...)...)
	cmd.Env = append(cleanEnviron(), t.environ()...)
	cmd.WaitDelay = 2 * time.Second
	setDeathSignal(cmd)
	return cmd
}

// argv returns the words that run a program of the tree.
func (t tree) argv(program string) []string {
	libs := []string{t.libs, filepath.Join(t.libs, "ceph")}
	for _, alternative := range []string{"blas", "lapack"} { // what update-alternatives would link
		libs = append(libs, filepath.Join(t.libs, alternative))
	}
	argv := []string{t.loader, "--library-path", strings.Join(libs, ":")}
	switch {
	case filepath.IsAbs(program):
		return append(argv, program)
	case program == "ceph": // a Python script
		return append(argv, filepath.Join(t.dir, "usr/bin/python3"), filepath.Join(t.dir, "usr/bin/ceph"))
	}
	return append(argv, filepath.Join(t.dir, "usr/bin", program))
}

func (t tree) environ() []string {
	return []string{"PYTHONHOME=" + filepath.Join(t.dir, "usr"), "PYTHONNOUSERSITE=1"}
}

func cleanEnviron() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CEPH_") && !strings.HasPrefix(kv, "PYTHON") && !strings.HasPrefix(kv, "LD_") {
			env = append(env, kv)
		}
	}
	return env
}

// wrapper returns a shell script that runs a program of the tree, for callers that are not Go.
func (t tree) wrapper(program, conf string) string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\nunset PYTHONPATH LD_LIBRARY_PATH LD_PRELOAD\n")
	for _, kv := range t.environ() {
		name, value, _ := strings.Cut(kv, "=")
		fmt.Fprintf(&b, "export %s=%s\n", name, shellQuote(value))
	}
	fmt.Fprintf(&b, ": \"${CEPH_CONF:=%s}\"\nexport CEPH_CONF\nexec", conf)
	for _, word := range t.argv(program) {
		b.WriteString(" " + shellQuote(word))
	}
	b.WriteString(" \"$@\"\n")
	return b.String()
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// run runs cmd to its end. It keeps its thread meanwhile, because the parent-death signal is sent when the
// parent's thread ends, not its process.
func run(cmd *exec.Cmd, name string) Result {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return runFrom(cmd, name, cmd.Start)
}

// runFrom is run for a command that start starts.
func runFrom(cmd *exec.Cmd, name string, start func() error) Result {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := start()
	if err == nil {
		err = cmd.Wait()
	}
	res := Result{Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
	if err == nil {
		return res
	}
	res.Code = -1
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		res.Code = exit.ExitCode()
	}
	if text := lastLines(res.Stderr, 10); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	res.Err = fmt.Errorf("realceph: %s: %w", name, err)
	return res
}

// lastLines returns at most n lines from the end of b.
func lastLines(b []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
