package compat

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// output is what a program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// watcher is ceph -w, until Ctrl-C.
type watcher struct {
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
}

func (s side) watch(ctx context.Context, t *testing.T, args ...string) *watcher {
	t.Helper()
	w := &watcher{cmd: s.script(ctx, t, args...), ended: make(chan struct{})}
	w.cmd.Stdout, w.cmd.Stderr = &w.stdout, &w.stderr
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the kernel kills the process when the thread that started it ends
		defer runtime.UnlockOSThread()
		err := w.cmd.Start()
		started <- err
		if err == nil {
			_ = w.cmd.Wait() // its state tells
		}
		close(w.ended)
	}()
	require.NoError(t, <-started)
	return w
}

// interrupt is Ctrl-C, and the end.
func (w *watcher) interrupt(t *testing.T) result {
	t.Helper()
	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	<-w.ended
	return result{w.stdout.String(), w.stderr.String(), w.cmd.ProcessState.ExitCode()}
}

// logged are the lines of the cluster log.
var logged = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT.*\n`)

// testWatch has both follow the cluster log for a while.
func (e env) testWatch(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// Who has started this test may ignore Ctrl-C, and the programs would, too. What is caught here has its default action there.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt)
	want, got := e.librados.watch(ctx, t, "-w"), e.ours.watch(ctx, t, "-w")
	signal.Stop(caught)

	// Entries are written until both tell of one. From that one on both must tell of all.
	begin := func(n int) string { return "compat begin " + strings.Repeat("|", n) + "." }
	n := 0
	for told := false; !told; {
		n++
		e.change(t, "log", begin(n))
		for range 5 {
			if told = strings.Contains(want.stdout.String(), begin(n)) && strings.Contains(got.stdout.String(), begin(n)); told {
				break
			}
			<-time.After(pause)
			require.NoError(t, ctx.Err(), "nothing of the log\n%s\n%s\n%s", &want.stdout, &got.stdout, &got.stderr)
		}
	}
	last := "compat end"
	for _, text := range []string{"compat one", "compat two words", last} {
		e.change(t, "log", text)
	}
	for _, w := range []*watcher{want, got} {
		for !strings.Contains(w.stdout.String(), last) {
			<-time.After(pause)
			require.NoError(t, ctx.Err(), "no end of the log\n%s\n%s", &w.stdout, &w.stderr)
		}
	}
	theirs, ours := want.interrupt(t), got.interrupt(t)
	require.Zero(t, theirs.Code, theirs)

	// At first the status, then the log.
	entries := func(r result) (found []string) {
		all := logged.FindAllString(r.Stdout, -1)
		from := slices.IndexFunc(all, func(line string) bool { return strings.Contains(line, begin(n)) })
		to := slices.IndexFunc(all, func(line string) bool { return strings.Contains(line, last) })
		return all[from : to+1]
	}
	require.Equal(t, entries(theirs), entries(ours))
	theirs.Stdout, ours.Stdout = logged.ReplaceAllString(theirs.Stdout, ""), logged.ReplaceAllString(ours.Stdout, "")
	require.Equal(t, step{}.stable(theirs), step{}.stable(ours))
}
