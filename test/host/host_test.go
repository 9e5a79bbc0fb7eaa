//go:build linux

package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// each runs a scenario of a program for each argument.
func each(t *testing.T, h host, extras ...string) {
	t.Helper()
	for _, h.extra = range extras {
		t.Run(h.extra, h.ok)
	}
}

func TestDispositions(t *testing.T) {
	for _, before := range []string{"none", "handlers", "ignored"} {
		t.Run(before, func(t *testing.T) {
			r := host{program: "signals", scenario: "dispositions", extra: before}.run(t)
			t.Logf("what loading changes:\n%s", r.stdout)
			require.Equal(t, result{stdout: r.stdout}, r)
		})
	}
}

func TestHandlers(t *testing.T) {
	each(t, host{program: "signals", scenario: "handlers"}, "before", "after")
	t.Run("linked", host{program: "signals", scenario: "handlers", extra: "after", linked: true}.ok)
}

func TestProfilingTimer(t *testing.T) { host{program: "signals", scenario: "profile"}.ok(t) }

func TestIgnoredSignals(t *testing.T) {
	each(t, host{program: "signals", scenario: "ignored"}, "before", "after")
}

func TestFaultsOfTheHost(t *testing.T) {
	each(t, host{program: "faults", scenario: "faults"}, "before", "after")
}

// TestDefaultActions: a process dies of what it would have died of without the library, and as quietly.
func TestDefaultActions(t *testing.T) {
	signals := []syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGALRM, syscall.SIGTERM, syscall.SIGPROF,
		syscall.SIGPIPE, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT,
	}
	for _, sig := range signals {
		for _, scenario := range []string{"unloaded", "loaded", "working", "in thread", "after close", "in callback"} {
			if scenario == "in callback" && sig == syscall.SIGPIPE {
				continue // blocked there: see TestBrokenPipeInCallback
			}
			t.Run(fmt.Sprintf("%s %s", sig, scenario), func(t *testing.T) {
				host{program: "faults", scenario: "dies " + scenario, extra: strconv.Itoa(int(sig))}.ends(t, result{exit: -1, signal: sig})
			})
		}
	}
}

// TestBrokenPipeInCallback: the threads of callbacks block SIGPIPE, so that a write fails with EPIPE there.
func TestBrokenPipeInCallback(t *testing.T) {
	host{program: "faults", scenario: "broken pipe in callback"}.ok(t)
}

// TestFaultInDialer: a dialer runs with a frame of Go below it, so that Go's runtime takes a fault there for its own. It says so
// and ends the process.
func TestFaultInDialer(t *testing.T) {
	r := host{program: "faults", scenario: "dies in dial", extra: strconv.Itoa(int(syscall.SIGSEGV))}.run(t)
	require.Equal(t, syscall.SIGQUIT, r.signal, "%s", r) // how a c-shared runtime collects the stacks of all its threads
	require.Empty(t, r.stdout)
	require.Contains(t, r.stderr, "SIGSEGV: segmentation violation")
}

func TestBlockedSignals(t *testing.T) {
	each(t, host{program: "masks", scenario: "waiting"}, "sigwait", "signalfd")
	for _, how := range []string{"sigwait", "signalfd"} {
		t.Run("linked "+how, host{program: "masks", scenario: "waiting", extra: how, linked: true}.ok)
	}
	t.Run("threads of the library", host{program: "masks", scenario: "library masks"}.ok)
	t.Run("threads of the library, linked", host{program: "masks", scenario: "library masks", linked: true}.ok)
}

func TestMasks(t *testing.T)        { host{program: "masks", scenario: "masks"}.ok(t) }
func TestSignalStacks(t *testing.T) { host{program: "masks", scenario: "stacks"}.ok(t) }
func TestInterruptions(t *testing.T) {
	host{program: "masks", scenario: "interruptions"}.ok(t)
}

// TestTraces: nothing is printed, written, opened for good or changed.
func TestTraces(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	host{program: "quiet", scenario: "traces", dir: dir, env: []string{"HOME=" + home, "TMPDIR=" + home, "TZ=Asia/Tokyo"}}.ok(t)
	for _, d := range []string{dir, home} {
		files, err := os.ReadDir(d)
		require.NoError(t, err)
		require.Empty(t, files)
	}
}

func TestEnvironmentIsNotRead(t *testing.T) {
	dir := t.TempDir()
	nonsense := filepath.Join(dir, "nonsense.conf")
	require.NoError(t, os.WriteFile(nonsense, []byte("[[[ no file of options\nmon_host ==\n"), 0o600))
	host{program: "quiet", scenario: "environment", env: []string{
		"CEPH_ARGS=--name client.nobody --mon-host 256.0.0.1 --no-such '", "CEPH_CONF=" + nonsense, "CEPH_KEYRING=" + nonsense,
		"CEPH_KEY=nonsense", "HOME=/nonexistent",
	}}.ok(t)
}

// TestPanics: bugs inside are a status of a call, and nothing on stderr.
func TestPanics(t *testing.T) {
	host{program: "quiet", scenario: "panics", form: "test", linked: true, flags: []string{"-DMONCLIENTTEST"}}.ok(t)
}

func TestFork(t *testing.T) {
	for _, scenario := range []string{"children", "callback", "spawning", "load afterwards", "early"} {
		t.Run(scenario, host{program: "fork", scenario: scenario}.ok)
	}
	t.Run("children, linked", host{program: "fork", scenario: "children", linked: true}.ok)
}

func TestTwoLibrariesOfGo(t *testing.T) {
	other, err := shared.other()
	require.NoError(t, err)
	for _, scenario := range []string{"other first", "other second"} {
		t.Run(scenario, host{program: "twolibs", scenario: scenario, extra: other}.ok)
	}
}

func TestLoading(t *testing.T) {
	each(t, host{program: "threads", scenario: "in ended thread"}, "local", "global")
	t.Run("several at once", host{program: "threads", scenario: "several at once"}.ok)
	t.Run("closed", host{program: "threads", scenario: "closed"}.ok)
}

func TestThreads(t *testing.T) {
	for _, kib := range []int{16, 64, 1024} {
		t.Run(fmt.Sprintf("stacks of %d KiB", kib), host{program: "threads", scenario: "small stacks", extra: strconv.Itoa(kib << 10)}.ok)
	}
	t.Run("short", host{program: "threads", scenario: "short threads"}.ok)
	t.Run("many", host{program: "threads", scenario: "many threads"}.ok)
	t.Run("cancelled", host{program: "threads", scenario: "cancelled"}.ok)
	t.Run("user ids", host{program: "threads", scenario: "user ids"}.ok)
}

func TestErrorsOfEndedThreads(t *testing.T) {
	host{program: "threads", scenario: "errors end", form: "asan", linked: true, flags: []string{"-fsanitize=address"}}.ok(t)
}

// TestExits: a process may end in any way while the library works, a hundred times in all.
func TestExits(t *testing.T) {
	for _, c := range []struct {
		scenario    string
		exit, times int
	}{
		{"exit", 17, 20},
		{"return", 0, 15},
		{"quick_exit", 17, 10},
		{"_exit", 17, 5},
		{"exit in thread", 17, 15},
		{"exit in callback", 17, 15},
		{"pthread_exit", 17, 5},
		{"atexit", 18, 10},
		{"destructor", 18, 5},
	} {
		for i := range c.times {
			t.Run(fmt.Sprintf("%s %d", c.scenario, i), func(t *testing.T) {
				host{program: "exits", scenario: c.scenario}.ends(t, result{exit: c.exit})
			})
		}
	}
}
