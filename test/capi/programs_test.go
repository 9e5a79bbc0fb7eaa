//go:build linux

package capi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// programs are the C files with tests, the longest ones first; check.c is part of all of them.
var programs = []string{
	"threads", "survive", "waiting", "ask", "osdmap", "connect", "command", "subscribe", "dialer", "queue", "callback", "session", "config", "misuse", "panic", "version",
}

// variant is one way to run the programs.
type variant struct {
	name    string
	library string   // the argument of build/lib.sh
	flags   []string // of the compiler
	slow    int      // what loops are divided by
	limit   time.Duration
	run     func(dir string) []string // in front of the program
	env     []string
	// complaint is what valgrind must not write, where its exit status does not tell.
	complaint string
}

var variants = []variant{
	{name: "plain", library: "test", flags: []string{"-O2"}, slow: 1, limit: 5 * time.Minute},
	{
		name: "asan", library: "asan", slow: 4, limit: 10 * time.Minute,
		flags: []string{"-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"},
		env: []string{
			"ASAN_OPTIONS=detect_leaks=1:handle_segv=0:allow_user_segv_handler=1:detect_stack_use_after_return=0:exitcode=99",
			"UBSAN_OPTIONS=print_stacktrace=1",
		},
	},
	{
		// Go's runtime tells memcheck of the stacks of goroutines and of its heap, so every access is judged. The search for
		// leaks does not get along with that.
		name: "valgrind", library: "valgrind", flags: []string{"-O1"}, slow: 100, limit: 10 * time.Minute,
		run: memcheck("--leak-check=no"),
	},
	{
		// Leaks, and nothing else: without that help goroutines' stacks look like one stack that grows and shrinks, so memcheck
		// calls accesses bad that are not. Most of these it is spared by being told not to look at where Go's heap is.
		name: "valgrind-leaks", library: "test", flags: []string{"-O1"}, slow: 200, limit: 10 * time.Minute, complaint: " lost in loss record ",
		run: memcheck("--error-exitcode=0", "--error-limit=no", "--undef-value-errors=no", "--ignore-ranges="+goArenas, "--leak-check=full",
			"--errors-for-leak-kinds=definite,indirect", "--show-leak-kinds=definite,indirect"),
	},
}

// goArenas is where Go's heap is on 64-bit Linux in most runs: its address is random.
const goArenas = "0x2000000000-0x7fffffffffff"

// memcheck returns what to run a program with.
func memcheck(flags ...string) func(dir string) []string {
	return func(dir string) []string {
		words := []string{
			"valgrind", "--tool=memcheck", "--quiet", "--error-exitcode=99", "--num-callers=30", "--max-threads=2000",
			"--suppressions=" + filepath.Join(root(), "build", "lib", "valgrind.supp"), "--log-file=" + filepath.Join(dir, "valgrind.%p"),
		}
		return append(words, flags...)
	}
}

// root returns the directory of the module; tests run in their package's.
func root() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}

// built are the libraries that build/lib.sh has made or looked at already.
var built = struct {
	sync.Mutex
	errs map[string]error
}{errs: make(map[string]error)}

// library builds a library and returns its directory.
func library(t *testing.T, name string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	err, done := built.errs[name]
	if !done {
		out, runErr := exec.Command(filepath.Join(root(), "build", "lib.sh"), name).CombinedOutput()
		if runErr != nil {
			err = fmt.Errorf("build/lib.sh %s: %w\n%s", name, runErr, out)
		}
		built.errs[name] = err
	}
	require.NoError(t, err)
	return filepath.Join(root(), "lib", name)
}

// compile makes a program and returns its path.
func compile(t *testing.T, v variant, program, dir string) string {
	t.Helper()
	lib := library(t, v.library)
	binary := filepath.Join(dir, program)
	args := append([]string{
		"-std=c11", "-D_GNU_SOURCE", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I" + filepath.Join(root(), "include"), "-I.",
		"c/" + program + ".c", "c/check.c", "-o", binary,
	}, v.flags...)
	args = append(args, "-L"+lib, "-lmonclient", "-Wl,-rpath,"+lib, "-pthread")
	out, err := exec.Command(cc(), args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Empty(t, string(out))
	return binary
}

func cc() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

// outcome is what a program said of one test.
type outcome struct {
	ran, passed bool
	output      string
}

// suite is a program in one variant.
type suite struct {
	variant variant
	binary  string
	dir     string
	env     []string
}

// command returns the command that runs the program with the arguments.
func (s *suite) command(ctx context.Context, args ...string) *exec.Cmd {
	var words []string
	if s.variant.run != nil {
		words = s.variant.run(s.dir)
	}
	words = append(append(words, s.binary), args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "CEPH_") || strings.HasPrefix(v, "LD_LIBRARY_PATH=")
	}), s.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// tests returns the names of the program's tests.
func (s *suite) tests(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command(s.binary, "--list")
	cmd.Env = append(os.Environ(), s.env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.Fields(string(out))
}

// run runs tests and returns how each that was begun has ended. A program ends with the first test that fails.
func (s *suite) run(t *testing.T, tests []string) map[string]*outcome {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), s.variant.limit, errors.New("the program takes too long"))
	defer cancel()
	cmd := s.command(ctx, append([]string{"--slow", strconv.Itoa(s.variant.slow)}, tests...)...)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	results := make(map[string]*outcome)
	var current *outcome
	lines := bufio.NewScanner(&both)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		name, _, _ := strings.Cut(rest, " ")
		switch {
		case verb == "RUN" && slices.Contains(tests, name):
			current = &outcome{ran: true}
			results[name] = current
		case verb == "PASS" && results[name] != nil:
			results[name].passed = true
		case strings.Contains(lines.Text(), "suspiciously large range") || strings.Contains(lines.Text(), goArenas):
			// valgrind is surprised and does it
		case current != nil:
			current.output += lines.Text() + "\n"
		default:
			t.Log(lines.Text())
		}
	}
	if s.variant.complaint != "" && err == nil {
		if report := s.reports(t); strings.Contains(report, s.variant.complaint) {
			require.NotNil(t, current)
			current.passed = false
			current.output += report
		}
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		said := fmt.Sprintf("%v\n%s", err, s.reports(t))
		if current == nil {
			require.FailNow(t, "the program did not begin", said)
		}
		current.passed = false
		current.output += said
	}
	return results
}

// reports returns what valgrind has written, and forgets it.
func (s *suite) reports(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.dir, "valgrind.*"))
	require.NoError(t, err)
	var all strings.Builder
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		all.Write(b)
		require.NoError(t, os.Remove(p))
	}
	return all.String()
}

func TestPrograms(t *testing.T) {
	mons := montest.Start(t, montest.Options{Mons: 3, TCP: true})
	conf, err := mons.WriteConf(t.TempDir())
	require.NoError(t, err)
	osdmaps := filepath.Join(root(), "monclient", "cephmap", "testdata", "reef", "osd")
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			for _, program := range programs {
				t.Run(program, func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					s := &suite{variant: v, dir: dir, env: append([]string{"MONCLIENT_TEST_CONF=" + conf, "MONCLIENT_TEST_OSDMAPS=" + osdmaps}, v.env...)}
					s.binary = compile(t, v, program, dir)
					left := s.tests(t)
					require.NotEmpty(t, left)
					for len(left) > 0 {
						results := s.run(t, left)
						for _, name := range left {
							if o := results[name]; o != nil {
								t.Run(name, func(t *testing.T) { require.True(t, o.passed, "%s", o.output) })
							}
						}
						before := len(left)
						left = slices.DeleteFunc(left, func(name string) bool { return results[name] != nil })
						require.Less(t, len(left), before, "no test was run")
					}
				})
			}
		})
	}
}

// TestCoverage holds the programs against the header: every function that it declares is called somewhere.
func TestCoverage(t *testing.T) {
	header, err := os.ReadFile(filepath.Join(root(), "include", "monclient.h"))
	require.NoError(t, err)
	var sources strings.Builder
	for _, program := range append([]string{"check"}, programs...) {
		b, err := os.ReadFile(filepath.Join("c", program+".c"))
		require.NoError(t, err)
		sources.Write(b)
	}
	n := 0
	for line := range strings.Lines(string(header)) {
		declaration, ok := strings.CutPrefix(line, "MONCLIENT_API ")
		if !ok {
			continue
		}
		before, _, _ := strings.Cut(declaration, "(")
		name := strings.TrimLeft(before[strings.LastIndexAny(before, " *")+1:], "*")
		require.Contains(t, sources.String(), name+"(", "no program calls %s", name)
		n++
	}
	require.Greater(t, n, 40)
	files, err := filepath.Glob("c/*.c")
	require.NoError(t, err)
	require.Len(t, files, len(programs)+1, "a program is missing from the list")
}
