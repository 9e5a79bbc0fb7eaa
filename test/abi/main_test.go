//go:build linux

package abi

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is for one program; the slowest compiles the library again.
const limit = 4 * time.Minute

// root is the directory of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

// command is a program with a time limit, which runs in the module's directory.
func command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = root(t)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// output runs a program that must succeed.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", cmd, out)
	return string(out)
}

// run is both.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return output(t, command(t, name, args...))
}

// need has a program installed that may be absent.
func need(t *testing.T, program string, packages ...string) {
	t.Helper()
	run(t, "bash", append([]string{"-c", `. build/host.sh && need "$@"`, "need", program}, packages...)...)
}

// cc is the C compiler that go uses.
var cc = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("bash", "-c", "cd ../.. && . build/host.sh && need_go && CGO_ENABLED=1 go env CC && "+
		`need "$(go env CC)" gcc libc6-dev >&2`).Output()
	return strings.TrimSpace(string(out)), err
})

func compiler(t *testing.T) string {
	t.Helper()
	name, err := cc()
	require.NoError(t, err)
	return name
}

var build = sync.OnceValues(func() ([]byte, error) { return exec.Command("../../build/lib.sh").CombinedOutput() })

// library builds the library and returns where it is.
func library(t *testing.T) string {
	t.Helper()
	seeSources(t)
	out, err := build()
	require.NoError(t, err, "build/lib.sh\n%s", out)
	return filepath.Join(root(t), "lib")
}

// seeSources lists the directories of the module: go test keeps results until something changes that the test has
// looked at, and does not see what other programs look at.
func seeSources(t *testing.T) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root(t), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{".git", "bin", "lib"}, d.Name()) && filepath.Dir(path) == root(t) {
			return filepath.SkipDir
		}
		return err
	}))
}

// write makes a file and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	return path
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return string(b)
}
