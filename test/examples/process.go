//go:build linux

package examples

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a program may take for anything. It is only ever used up by a test that fails.
const patience = 30 * time.Second

// Result is what a program printed and how it ended.
type Result struct {
	Stdout, Stderr string
	// Code is the exit code; for a program that a signal has ended the negative number of that.
	Code int
}

// String prints the result in a failure.
func (r Result) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%.3000s--- stderr\n%.3000s", r.Code, r.Stdout, r.Stderr)
}

// Process is a program that runs.
type Process struct {
	Stdin io.WriteCloser

	tb     testing.TB
	cmd    *exec.Cmd
	stdout output
	stderr output
}

// Start starts a program on the cluster of a ceph.conf, or on none for "". The end of the test kills it.
func (p Programs) Start(tb testing.TB, conf, name string, args ...string) *Process {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, filepath.Join(p.Dir, name), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + tb.TempDir()}, p.env...)
	if conf != "" {
		cmd.Env = append(cmd.Env, "CEPH_CONF="+conf)
	}
	q := &Process{tb: tb, cmd: cmd}
	q.stdout.grown, q.stderr.grown = make(chan struct{}), make(chan struct{})
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &q.stdout, &q.stderr, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if q.Stdin, err = cmd.StdinPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		cancel()
		if cmd.ProcessState == nil {
			_ = cmd.Wait() // it was killed
		}
	})
	return q
}

// Run runs a program to its end, with nothing on its standard input.
func (p Programs) Run(tb testing.TB, conf, name string, args ...string) Result {
	tb.Helper()
	q := p.Start(tb, conf, name, args...)
	_ = q.Stdin.Close() // the program may have ended
	return q.Wait()
}

// Wait waits for the end of the program. It fails the test when that does not come, or a sanitizer complains.
func (q *Process) Wait() Result {
	q.tb.Helper()
	err := q.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		q.tb.Fatal(err)
	}
	r := Result{Stdout: q.stdout.String(), Stderr: q.stderr.String(), Code: q.cmd.ProcessState.ExitCode()}
	if status, ok := q.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		r.Code = -int(status.Signal())
	}
	switch r.Code {
	case SanitizerExit, -int(syscall.SIGKILL), -int(syscall.SIGABRT), -int(syscall.SIGSEGV), -int(syscall.SIGBUS):
		q.tb.Fatalf("%v: %v", q.cmd.Args, r)
	}
	return r
}

// Signal sends a signal.
func (q *Process) Signal(s syscall.Signal) {
	q.tb.Helper()
	if err := q.cmd.Process.Signal(s); err != nil {
		q.tb.Fatal(err)
	}
}

// Await waits until the standard output satisfies a condition, and returns it.
func (q *Process) Await(what string, condition func(stdout string) bool) string {
	q.tb.Helper()
	return q.await(&q.stdout, what, condition)
}

// AwaitText waits for a text on standard output and returns what was printed until then.
func (q *Process) AwaitText(text string) string {
	q.tb.Helper()
	return q.await(&q.stdout, text, func(s string) bool { return strings.Contains(s, text) })
}

// AwaitError waits for a text on standard error.
func (q *Process) AwaitError(text string) string {
	q.tb.Helper()
	return q.await(&q.stderr, text, func(s string) bool { return strings.Contains(s, text) })
}

func (q *Process) await(o *output, what string, condition func(string) bool) string {
	q.tb.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		text, grown := o.get()
		if condition(text) {
			return text
		}
		select {
		case <-grown:
		case <-timeout.C:
			r := Result{Stdout: q.stdout.String(), Stderr: q.stderr.String()}
			q.tb.Fatalf("%v: there was no %s: it still runs: %v", q.cmd.Args, what, r)
		}
	}
}

// output collects what a program prints.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // closed at the next write
}

// Write appends to the text.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	close(o.grown)
	o.grown = make(chan struct{})
	return len(b), nil
}

// String returns everything until now.
func (o *output) String() string {
	text, _ := o.get()
	return text
}

func (o *output) get() (text string, grown <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.grown
}
