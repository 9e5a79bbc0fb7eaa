package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/bench/profile"
	"github.com/libmonclient/libmonclient/monclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What it does with a cluster is tested in bench/commands, beside librados.

func TestParse(t *testing.T) {
	j, p, err := parse([]string{"-cpuprofile", "C", "-memprofile", "M", "pipelined-command", "secure", "400", "16", "2", "3", `{"prefix":"fsid"}`}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, profile.Files{CPU: "C", Mem: "M"}, p)
	require.Equal(t, []string{`{"prefix":"fsid"}`}, j.command.JSON)
	require.Equal(t, "xxx", string(j.command.Input))
	j.command, j.dials = monclient.Command{}, nil
	require.Equal(t, job{kind: kindPipelinedCommand, mode: "secure", length: 400 * time.Millisecond, callers: 16, handles: 2}, j)

	for name, args := range map[string][]string{
		"nothing":       nil,
		"too few":       {"command", "secure", "1", "1", "1", "0"},
		"too many":      {"command", "secure", "1", "1", "1", "0", "{}", "x"},
		"a kind":        {"measure", "secure", "1", "1", "1", "0", "{}"},
		"no time":       {"command", "secure", "0", "1", "1", "0", "{}"},
		"no callers":    {"command", "secure", "1", "0", "1", "0", "{}"},
		"no handles":    {"command", "secure", "1", "1", "-1", "0", "{}"},
		"no number":     {"command", "secure", "1", "1", "1", "many", "{}"},
		"a huge number": {"command", "secure", "1", "1", "1", "1073741825", "{}"},
		"a flag":        {"-x"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			require.ErrorIs(t, run(t.Context(), args, &bytes.Buffer{}, &stderr), errUsage)
			require.NotEmpty(t, stderr.String())
		})
	}
}

func TestNoCluster(t *testing.T) {
	t.Setenv("CEPH_CONF", filepath.Join(t.TempDir(), "none.conf"))
	var stdout bytes.Buffer
	require.Error(t, run(t.Context(), []string{"command", "secure", "1", "1", "1", "0", "{}"}, &stdout, &bytes.Buffer{}))
	require.Empty(t, stdout.String())
}
