package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What it does with a cluster is tested in bench/scale, beside librados.

func TestNotUnderstood(t *testing.T) {
	for _, line := range []string{"", "dance", "connect", "connect 1", "connect 0 1", "connect 1 x", "connect 1 1 1", "at", "watch", "change 1", "seen 1", "profile", "runtime 1", "close 1"} {
		var stdout bytes.Buffer
		err := run(t.Context(), nil, strings.NewReader(line+"\n"), &stdout)
		require.ErrorIs(t, err, errUsage, line)
		require.Contains(t, stdout.String(), `{"version":"go1`)
	}
}

func TestRuntime(t *testing.T) {
	var stdout bytes.Buffer
	prefix := filepath.Join(t.TempDir(), "p")
	require.NoError(t, run(t.Context(), nil, strings.NewReader("runtime\nprofile "+prefix+"\nclose\n"), &stdout))
	require.Contains(t, stdout.String(), `"goroutines":`)
	require.FileExists(t, prefix+"-heap.prof")
	require.FileExists(t, prefix+"-goroutine.prof")
}

func TestNoCluster(t *testing.T) {
	t.Setenv("CEPH_CONF", filepath.Join(t.TempDir(), "none.conf"))
	for _, line := range []string{"connect 2 2", "share 2 1", "at 127.0.0.1"} {
		require.Error(t, run(t.Context(), nil, strings.NewReader(line+"\n"), &bytes.Buffer{}), line)
	}
	require.ErrorContains(t, run(t.Context(), []string{"x"}, strings.NewReader("connect 1 1\n"), &bytes.Buffer{}), "connect 1 1")
}

func TestArrival(t *testing.T) {
	one, ok := arrival([]seen{{4, 10, 9}, {6, 20, 19}, {7, 30, 29}}, 5)
	require.True(t, ok)
	require.Equal(t, seen{6, 20, 19}, one, "what has replaced it")
	_, ok = arrival([]seen{{4, 10, 9}}, 5)
	require.False(t, ok)
}
