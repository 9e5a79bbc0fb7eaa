package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What it does with a cluster is tested in bench/commands, beside librados.

func TestParse(t *testing.T) {
	j, p, err := parse([]string{"-cpuprofile", "C", "-memprofile", "M", "connect", "secure", "16", "400", `{"prefix":"fsid"}`}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, profiles{cpu: "C", mem: "M"}, p)
	require.Equal(t, []string{`{"prefix":"fsid"}`}, j.command.JSON)
	j.command.JSON = nil
	require.Equal(t, job{connect: true, mode: "secure", callers: 16, n: 400}, j)

	for name, args := range map[string][]string{
		"nothing":    nil,
		"too few":    {"command", "secure", "1", "1"},
		"too many":   {"command", "secure", "1", "1", "{}", "x"},
		"a kind":     {"measure", "secure", "1", "1", "{}"},
		"no callers": {"command", "secure", "0", "1", "{}"},
		"no number":  {"command", "secure", "1", "many", "{}"},
		"a flag":     {"-x"},
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
	require.Error(t, run(t.Context(), []string{"command", "secure", "1", "1", "{}"}, &stdout, &bytes.Buffer{}))
	require.Empty(t, stdout.String())
}
