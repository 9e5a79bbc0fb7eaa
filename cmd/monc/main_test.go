package main

import (
	"bytes"
	"context"
	stdflag "flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var update = stdflag.Bool("update", false, "write the golden files anew")

// asProgram is set in the environment where the test program is to be monc.
const asProgram = "MONC_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	stdflag.Parse()
	goleak.VerifyTestMain(m)
}

// outcome is what a run of monc came to.
type outcome struct {
	code   int
	stdout string
	stderr string
}

// world is what monc is run in: no environment but what a test gives.
type world struct {
	vars     map[string]string
	stdin    string
	stdout   io.Writer // nil: kept
	terminal bool
	now      time.Time // zero: a day in 2024
}

func (w world) env(stdout, stderr io.Writer) env {
	vars := map[string]string{"HOME": "/nonexistent", "CEPH_CONF": os.DevNull}
	maps.Copy(vars, w.vars)
	now := w.now
	if now.IsZero() {
		now = time.Date(2024, 2, 29, 12, 0, 0, 123e6, time.UTC)
	}
	if w.stdout != nil {
		stdout = w.stdout
	}
	return env{
		stdin: strings.NewReader(w.stdin), stdout: stdout, stderr: stderr, stdoutTerminal: w.terminal, stderrTerminal: w.terminal,
		lookupEnv: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		now:       func() time.Time { return now },
	}
}

func (w world) run(t *testing.T, args ...string) outcome {
	t.Helper()
	return w.runContext(t.Context(), args...)
}

func (w world) runContext(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(ctx, w.env(&stdout, &stderr), args)
	return outcome{code, stdout.String(), stderr.String()}
}

// golden compares text with a file in testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	require.Equal(t, readGolden(t, name), text)
}

func readGolden(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(b)
}

// writeFile returns the path of a file of the test's own.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
