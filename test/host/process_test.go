//go:build linux

package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// host is a process to run: a program of testdata with a scenario.
type host struct {
	program  string
	scenario string
	extra    string
	form     string // of the library
	linked   bool   // against the library, instead of dlopen
	flags    []string
	env      []string // instead of none at all
	dir      string   // instead of the package's
}

// result is how a process ended and what it printed.
type result struct {
	exit           int            // when it was not
	signal         syscall.Signal // by a signal
	stdout, stderr string
}

// patience is how long a process may take. Most need less than a second.
const patience = 60 * time.Second

// run runs a host until it ends, by itself.
func (h host) run(t *testing.T) result {
	t.Helper()
	lib, err := shared.library(h.form)
	require.NoError(t, err)
	flags := h.flags
	if h.linked {
		flags = append([]string{"-DLINKED", lib, "-Wl,-rpath," + lib[:len(lib)-len("/libmonclient.so.0")]}, flags...)
	}
	program, err := shared.program(h.program, flags...)
	require.NoError(t, err)
	mons, err := shared.monitors()
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, lib, mons.MonHost(), mons.Key("client.admin").Reveal(), h.scenario)
	if h.extra != "" {
		cmd.Args = append(cmd.Args, h.extra)
	}
	cmd.Env = append([]string{"PATH=/usr/bin:/bin"}, h.env...)
	cmd.Dir = h.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		require.FailNow(t, "the process hangs", "%s %q: %s\n%s%s", h.program, h.scenario, err, &stdout, &stderr)
	}
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		require.NoError(t, err)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	r := result{exit: -1, stdout: stdout.String(), stderr: stderr.String()}
	if status.Signaled() {
		r.signal = status.Signal()
	} else {
		r.exit = status.ExitStatus()
	}
	return r
}

// String is what a failed test shows.
func (r result) String() string {
	how := fmt.Sprintf("exit status %d", r.exit)
	if r.signal != 0 {
		how = "died of signal: " + r.signal.String()
	}
	return fmt.Sprintf("%s\nstdout: %q\nstderr: %s", how, r.stdout, r.stderr)
}

// ends runs a host that must end just so.
func (h host) ends(t *testing.T, want result) {
	t.Helper()
	if got := h.run(t); got != want {
		t.Fatalf("%s %q %q: %s\nwant %s", h.program, h.scenario, h.extra, got, want)
	}
}

// ok runs a host that must end with status 0 and print nothing.
func (h host) ok(t *testing.T) {
	t.Helper()
	h.ends(t, result{})
}
