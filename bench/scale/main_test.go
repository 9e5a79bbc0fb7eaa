package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTinyRun builds both sides and has them do everything once, so that neither rots. What takes long is left out.
func TestTinyRun(t *testing.T) {
	realceph.Require(t, realceph.Reef)
	file := filepath.Join(t.TempDir(), "results")
	var stdout, stderr bytes.Buffer
	args := "-connect 3 -parallel 2 -clients 1,3 -librados 1 -idle 0 -rounds 1 -watches 1 -changes 2 -runs 1 -results "
	require.NoError(t, run(t.Context(), append(strings.Fields(args), file), &stdout, &stderr), &stderr)
	require.Contains(t, stdout.String(), "Ceph reef, three monitors; ours by go")
	ms, err := result.Read(file)
	require.NoError(t, err)
	compared := map[string]bool{}
	for _, m := range ms {
		require.NotContains(t, compared, m.ID())
		compared[m.ID()] = len(m.Theirs) > 0
	}
	for id, want := range map[string]bool{
		"scale | connect 3, one by one | secure | elapsed | go":                     true,
		"scale | connect 3, in parallel | secure | cpu | go":                        true,
		"scale | 1 client | secure | resident | go":                                 true,
		"scale | 1 client | secure | fds per client | go":                           true,
		"scale | 3 clients | secure | resident per client | go":                     false,
		"scale | 3 clients | secure | goroutines per client | go":                   false,
		"subscription | osdmap change | secure | delay p50 | go":                    false,
		"subscription | osdmap change, leader | secure | delay p99 | go":            false,
		"subscription | osdmap change, since it was read | secure | delay p50 | go": false,
		"process | status |  | wall p50 | monc":                                     true,
		"process | status |  | resident | monc":                                     true,
		"subscription | osdmap change, other process | secure | delay p95 | go":     false,
	} {
		got, there := compared[id]
		require.True(t, there, id)
		require.Equal(t, want, got, id)
	}
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-release tentacle -sections process,scale -modes crc,secure -rounds 3 -connect 7 -parallel 5 -clients 10,1,10 -librados= -idle 3s -watches 4 -changes 8 -runs 9 -results R -heap H"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, settings{
		release: realceph.Tentacle, sections: []string{sectionProcess, sectionScale}, modes: []string{"crc", "secure"}, rounds: 3, connect: 7,
		parallel: 5, clients: []int{1, 10}, idle: 3 * time.Second, watches: 4, changes: 8, runs: 9, results: "R", heap: "H",
	}, s)

	s, err = parse(nil, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, sections, s.sections)
	require.Zero(t, s.idle%keepalive, "a whole number of keepalives")
	require.Equal(t, []int{1, 100, 300, 1000, 10000}, s.clients)
}

func TestBadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-no-such-flag":       "flag provided but not defined",
		"-release mimic":      `no release called "mimic"`,
		"-sections scale,all": `-sections: "all" is none of`,
		"-modes crc,crc":      `-modes: "crc" is there twice`,
		"-clients 0":          `-clients: "0" is not a number from 1 to`,
		"-clients 1,x":        `-clients: "x" is not a number`,
		"-librados 1000000":   `-librados: "1000000" is not a number`,
		"-rounds 0":           "-rounds, -watches, -changes, -runs: 0, 5, 50 and 7 are not all positive",
		"-connect 0":          "-connect: 0 is not from 1 to",
		"-parallel 0":         "-parallel: 0 is not from 1 to",
		"-idle -1s":           "-idle: -1s is not a time",
		"more":                `unexpected argument "more"`,
	} {
		var stderr bytes.Buffer
		require.Equal(t, 2, exitStatus(run(t.Context(), strings.Fields(args), &bytes.Buffer{}, &stderr)), args)
		require.Contains(t, stderr.String(), want)
	}
}

func TestMissing(t *testing.T) {
	t.Setenv("LIBMONCLIENT_CEPH_DIR", t.TempDir())
	err := run(t.Context(), nil, &bytes.Buffer{}, &bytes.Buffer{})
	require.ErrorContains(t, err, "run build/install-ceph.sh reef")
	require.Equal(t, 3, exitStatus(err))

	t.Setenv("PATH", t.TempDir())
	_, err = tool(t.Context(), "cc", "gcc and libc6-dev")
	require.EqualError(t, err, "cc is not installed: install gcc and libc6-dev")
	require.Equal(t, 3, exitStatus(err))
	require.Equal(t, 1, exitStatus(errors.New("another")))
}

func TestWithin(t *testing.T) {
	var stderr bytes.Buffer
	b := &bench{stderr: &stderr}
	require.Equal(t, []int{1, 100}, b.within(1000, []int{1, 100, 10000}, 1))
	require.Contains(t, stderr.String(), "10000 clients take more than the 1000 file descriptors")
	require.Equal(t, []int{1}, b.within(1000, []int{1, 100}, 12))
}

func TestFootprintMeasurements(t *testing.T) {
	one := func(clients int, resident, threads, fds, goroutines int64) stage {
		return stage{clients, footprint{resident: resident, anonymous: resident / 2, threads: threads, descriptors: fds}, goroutines}
	}
	ms := footprintMeasurements("crc",
		[]stage{one(0, 1000, 9, 10, 2), one(1, 1500, 9, 11, 5), one(10, 2000, 8, 20, 32)},
		[]stage{one(0, 4000, 1, 10, 0), one(10, 24000, 121, 110, 0)})
	var got []string
	for _, m := range ms {
		require.NoError(t, m.Check())
		got = append(got, fmt.Sprintf("%s: %v %v", m.ID(), m.Ours, m.Theirs))
	}
	require.Equal(t, []string{
		"scale | 1 client | crc | resident | go: [1500] []",
		"scale | 1 client | crc | resident per client | go: [500] []",
		"scale | 1 client | crc | anonymous per client | go: [250] []",
		"scale | 1 client | crc | fds per client | go: [1] []",
		"scale | 1 client | crc | threads per client | go: [0] []",
		"scale | 1 client | crc | goroutines per client | go: [3] []",
		"scale | 10 clients | crc | resident | go: [2000] [24000]",
		"scale | 10 clients | crc | resident per client | go: [100] [2000]",
		"scale | 10 clients | crc | anonymous per client | go: [50] [1000]",
		"scale | 10 clients | crc | fds per client | go: [1] [10]",
		"scale | 10 clients | crc | threads per client | go: [0] [12]",
		"scale | 10 clients | crc | goroutines per client | go: [3] []",
	}, got)
	require.Empty(t, footprintMeasurements("crc", nil, nil))
}

func TestTraffic(t *testing.T) {
	sum, ended := exchanged(
		map[uint32]traffic{1: {100, 10}, 2: {50, 5}},
		map[uint32]traffic{1: {160, 14}, 3: {7, 1}})
	require.Equal(t, traffic{67, 5}, sum)
	require.Equal(t, 1, ended)
	require.InDelta(t, 360, perHour(20, 10, 20*time.Second), 1e-9)
}

func TestDelays(t *testing.T) {
	got, err := delays([]change{{Epoch: 5, Ack: 100, At: []int64{90, 130}, Read: []int64{80, 127}}, {Epoch: 6, Ack: 200, At: []int64{210, 205}, Read: []int64{206, 207}}},
		[][]seen{{{4, 1}, {5, 101}, {6, 202}}, {{4, 1}, {6, 250}}}, 1)
	require.NoError(t, err)
	require.Equal(t, map[string][]int64{
		seenAnywhere: {0, 30, 10, 5},
		seenAtLeader: {30, 5},
		seenAtPeon:   {0, 10},
		seenOutside:  {1, 150, 2, 50},
		ofTheClient:  {10, 3, 4, 0},
	}, got)
	_, err = delays([]change{{Epoch: 5, Ack: 1, At: []int64{1, 1}}}, [][]seen{{{4, 1}}}, 0)
	require.ErrorContains(t, err, "epoch 5 was not seen by another process")
	_, err = delays(nil, nil, 0)
	require.ErrorContains(t, err, "nobody has seen any")

	ms := delayMeasurements(seenAnywhere, "crc")
	var round []int64
	for i := range 100 {
		round = append(round, int64(100-i)) // 100 down to 1
	}
	addDelays(ms, round)
	addDelays(ms, []int64{7})
	require.Equal(t, [][]float64{{51, 7}, {96, 7}, {100, 7}}, [][]float64{ms[0].Ours, ms[1].Ours, ms[2].Ours})
	require.Equal(t, "subscription | osdmap change | crc | delay p95 | go", ms[1].ID())
}

func TestTable(t *testing.T) {
	a := sideBySide(sectionScale, "connect 500, one by one", "crc", "elapsed", result.Nanoseconds)
	a.Ours, a.Theirs = []float64{1e9, 2e9}, []float64{4e9, 4e9}
	b := sideBySide(sectionScale, "connect 500, one by one", "crc", "cpu", result.Nanoseconds)
	b.Ours, b.Other = []float64{5e6}, ""
	c := sideBySide(sectionProcess, "status", "", "resident", result.Bytes)
	c.Ours, c.Theirs = []float64{3 << 19}, []float64{3 << 20}
	var out bytes.Buffer
	require.NoError(t, writeTable(&out, "title", []result.Measurement{a, b, c}))
	require.Equal(t, `title

scale: connect 500, one by one, crc
              ours  theirs  ratio      (range)
  elapsed   1.50 s  4.00 s  0.375  0.250–0.500
      cpu  5.00 ms                            

process: status
               ours   theirs  ratio      (range)
  resident  1.5 MiB  3.0 MiB  0.500  0.500–0.500
`, out.String())
	for v, want := range map[float64]string{1: "1 B", 2048: "2.0 KiB"} {
		require.Equal(t, want, printValue(v, result.Bytes))
	}
	require.Equal(t, "1 µs", printValue(1234, result.Nanoseconds))
	require.Equal(t, "1.50", printValue(1.5, result.Count))
}
