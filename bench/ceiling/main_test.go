package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/bench/profile"
	"github.com/libmonclient/libmonclient/bench/result"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTinyRun has everything run for a moment, so that it does not rot.
func TestTinyRun(t *testing.T) {
	dir := t.TempDir()
	results, cpu, mem := filepath.Join(dir, "results"), filepath.Join(dir, "cpu"), filepath.Join(dir, "mem")
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-rounds", "2", "-duration", "20ms", "-inflight", "10", "-results", results, "-cpuprofile", cpu, "-memprofile", mem}, &stdout, &stderr))
	require.Contains(t, stdout.String(), "version query, pipelined")
	require.Contains(t, stderr.String(), "round 2 of 2")
	require.FileExists(t, cpu)
	require.FileExists(t, mem)
	ms, err := result.Read(results)
	require.NoError(t, err)
	there := map[string]bool{}
	for _, m := range ms {
		there[m.ID()] = true
		require.Len(t, m.Ours, 2)
	}
	for _, id := range []string{
		"ceiling | version query, pipelined | secure | throughput | go",
		"ceiling | version query, pipelined | crc | cpu | go",
		"ceiling | version query, pipelined | crc | allocs | go",
		"ceiling | version query, 1 caller | secure | wall p50 | go",
		"ceiling | command, 1 caller | crc | wall p99 | go",
	} {
		require.Contains(t, there, id)
	}
	require.NotContains(t, there, "ceiling | version query, 1 caller | secure | throughput | go")
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-rounds 3 -duration 1s -modes crc -loads ^command -inflight 7 -results R -cpuprofile C -memprofile M"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, settings{
		rounds: 3, duration: time.Second, modes: []string{"crc"}, loads: loads[2:], inflight: 7, results: "R", profiles: profile.Files{CPU: "C", Mem: "M"},
	}, s)
}

func TestBadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-no-such-flag":  "flag provided but not defined",
		"-rounds 0":      "-rounds: 0 is not positive",
		"-duration 0s":   "-duration: 0s is not positive",
		"-modes x":       `-modes: "x" is neither`,
		"-modes crc,crc": `-modes: "crc" twice`,
		"-loads (":       "-loads: error parsing regexp",
		"-loads nobody":  `-loads: nothing matches "nobody"`,
		"-inflight 0":    "-inflight: 0 is not positive",
		"more":           `unexpected argument "more"`,
	} {
		var stderr bytes.Buffer
		require.Equal(t, 2, exitStatus(run(t.Context(), strings.Fields(args), &bytes.Buffer{}, &stderr)), args)
		require.Contains(t, stderr.String(), want)
	}
}

func TestMeasurements(t *testing.T) {
	one := &series{load: loads[0], mode: "crc", samples: []sample{
		{ops: 100, elapsed: time.Second, cpu: 2 * time.Second, allocs: 50, allocBytes: 1000},
		{ops: 300, elapsed: time.Second, cpu: time.Second, allocs: 0},
	}}
	values := map[string][]float64{}
	for _, m := range one.measurements() {
		require.NoError(t, m.Check())
		values[m.Quantity] = m.Ours
	}
	require.InDeltaMapValues(t, map[string]float64{"throughput": 100, "cpu": 2e7, "throughput per processor": 50, "allocs": 0.5, "allocated": 10},
		map[string]float64{
			"throughput": values["throughput"][0], "cpu": values["cpu"][0], "throughput per processor": values["throughput per processor"][0],
			"allocs": values["allocs"][0], "allocated": values["allocated"][0],
		}, 1e-9)
	require.InDelta(t, 300, values["throughput"][1], 1e-9)

	one = &series{load: loads[1], mode: "crc", samples: []sample{{ops: 3, elapsed: time.Second, latencies: []time.Duration{1000, 2000, 9000}}}}
	var table bytes.Buffer
	require.NoError(t, writeTable(&table, []*series{one}))
	require.Contains(t, table.String(), "2.00 µs   9.00 µs")
}
