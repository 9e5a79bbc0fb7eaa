package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What it does with a cluster is tested in bench/failover, beside librados.

func TestNotUnderstood(t *testing.T) {
	for _, line := range []string{"", "read", "loop", "mark", "herd", "herd 0", "herd x", "watch", "stampede", "flapped", "sit"} {
		err := run(t.Context(), nil, strings.NewReader(line+"\n"), &bytes.Buffer{})
		require.ErrorIs(t, err, errUsage, line)
	}
}

func TestNothingToDo(t *testing.T) {
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), nil, strings.NewReader("close\n"), &stdout))
	require.Regexp(t, `^{"version":"go[^"]+"}\n{}\n$`, stdout.String())
	busy(strings.NewReader(""))
}

func TestNoCluster(t *testing.T) {
	t.Setenv("CEPH_CONF", filepath.Join(t.TempDir(), "none.conf"))
	for _, line := range []string{"connect", "herd 2", "flap"} {
		require.ErrorContains(t, run(t.Context(), nil, strings.NewReader(line+"\n"), &bytes.Buffer{}), line+": ")
	}
	path := filepath.Join(t.TempDir(), "ceph.conf")
	require.NoError(t, os.WriteFile(path, []byte("[global]\nmon_host = 127.0.0.1\n"), 0o600))
	t.Setenv("CEPH_CONF", path)
	require.ErrorContains(t, run(t.Context(), []string{"option"}, strings.NewReader("connect\n"), &bytes.Buffer{}), `"option" is not NAME=VALUE`)
	require.Error(t, run(t.Context(), []string{"mon_client_ping_interval=soon"}, strings.NewReader("connect\n"), &bytes.Buffer{}))
}
