package cephmap

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

//go:embed service.py
var serviceScript []byte

// run has a program run until the test ends: then its input does, and who does not care for that is killed.
func run(t *testing.T, cmd *exec.Cmd, kill func()) (stdout io.Reader) {
	t.Helper()
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, stdoutWriter := io.Pipe()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdoutWriter, &stderr
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the kernel kills the process when the thread that started it ends
		defer runtime.UnlockOSThread()
		err := cmd.Run()
		stdoutWriter.Close()
		ended <- err
	}()
	t.Cleanup(func() {
		in.Close()
		kill()
		out.Close()
		<-ended
		if t.Failed() {
			t.Logf("%s\n%s", cmd, &stderr)
		}
	})
	return out
}

// registerService has the release's librados register a service daemon.
func registerService(t *testing.T, c *realceph.Cluster) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "service.py")
	require.NoError(t, os.WriteFile(script, serviceScript, 0o600))
	ctx, kill := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd, err := c.Release.Command(ctx, "python3", script, c.ConfPath)
	require.NoError(t, err)
	cmd.Env = append(cmd.Env, "NODE_NAME=host", "CONTAINER_NAME=container", "POD_NAME=pod") // Ceph takes them for the metadata
	line, err := bufio.NewReader(run(t, cmd, kill)).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "registered\n", line)
}

// startDaemon starts a daemon such as mgr.y beside those of the cluster, with a key of its own.
func startDaemon(t *testing.T, c *realceph.Cluster, program, kind, id string, caps ...string) {
	t.Helper()
	name := kind + "." + id
	dir := filepath.Join(c.Dir, name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	keyring := filepath.Join(dir, "keyring")
	ceph(t, c, append([]string{"auth", "get-or-create", name, "-o", keyring}, caps...)...)
	ctx, kill := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd, err := c.Release.Command(ctx, program, "-f", "--conf", c.ConfPath, "-i", id, "--keyring", keyring)
	require.NoError(t, err)
	cmd.Dir = c.Dir
	out := run(t, cmd, kill)
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the program
}

// startMDS starts metadata servers where the release's tree has them, which those of build/install-ceph.sh do not.
func startMDS(t *testing.T, c *realceph.Cluster, ids ...string) bool {
	t.Helper()
	tree, err := c.Release.Tree()
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(tree, "usr/bin/ceph-mds")); err != nil {
		return false
	}
	for _, id := range ids {
		startDaemon(t, c, "ceph-mds", "mds", id, "mon", "profile mds", "osd", "allow *", "mds", "allow *", "mgr", "profile mds")
	}
	return true
}
