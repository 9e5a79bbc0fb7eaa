package compat

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
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// patience is how long a program may take. It is only ever used up by a test that fails.
const patience = time.Minute

// root is that of the repository.
var root = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
})

// library is libmonclient.so, built.
var library = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("build/lib.sh")
	cmd.Dir = root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build/lib.sh: %w\n%s", err, out)
	}
	return filepath.Join(root(), "lib", "libmonclient.so.0"), nil
})

// env is a cluster, and who uses it.
type env struct {
	*realceph.Cluster
	librados, ours side
}

// side is one of the two that are compared: the release's own Python, with one rados or with the other.
type side struct {
	name string
	c    *realceph.Cluster
	ceph []string // how Python runs the ceph script
	env  []string
	home string
}

func newEnv(t *testing.T, c *realceph.Cluster) env {
	t.Helper()
	tree, err := c.Release.Tree()
	require.NoError(t, err)
	lib, err := library()
	require.NoError(t, err)
	script := filepath.Join(tree, "usr/bin/ceph")
	home := t.TempDir()
	common := []string{"CEPH_CONF=" + c.ConfPath, "HOME=" + home, "PYTHONPYCACHEPREFIX=" + filepath.Join(home, "pycache")}
	return env{
		Cluster:  c,
		librados: side{"librados", c, []string{script}, common, home},
		ours: side{"monclient", c, []string{"-m", "monclient.ceph"}, append(common,
			"MONCLIENT_CEPH="+script, "LIBMONCLIENT="+lib, "PYTHONPATH="+filepath.Join(root(), "bindings/python/src")), home},
	}
}

// result is what a program printed and how it ended.
type result struct {
	Stdout, Stderr string
	Code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%s--- stderr\n%s", r.Code, r.Stdout, r.Stderr)
}

// python returns a command that runs the release's Python.
func (s side) python(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd, err := s.c.Release.Command(ctx, "python3", args...)
	require.NoError(t, err)
	cmd.Env = append(cmd.Env, s.env...)
	cmd.Dir = s.home
	return cmd
}

// script returns a command that runs the ceph script.
func (s side) script(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return s.python(ctx, t, append(append([]string(nil), s.ceph...), args...)...)
}

// run runs a command to its end.
func (s side) run(t *testing.T, cmd *exec.Cmd, stdin string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	runtime.LockOSThread() // the kernel kills the process when the thread that started it ends
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	r := result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	// librados crashes now and then when it pings. That differs from what it does otherwise.
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || r.Code < 0 && s.name != "librados" {
		t.Errorf("%s: %v: %v\n%v", s.name, cmd.Args, err, r)
	}
	return r
}

// change runs the release's own ceph command, which must succeed.
func (e env) change(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, e.Ceph(ctx, args...).Err)
}

// write makes a file, and returns its path.
func (e env) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(e.librados.home, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
