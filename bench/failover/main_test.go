package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	results "github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(realceph.MainWithNetwork(m)) }

// TestTinyRuns has every mode run once against real monitors, so that it does not rot. What takes librados half a minute is
// left to our side.
func TestTinyRuns(t *testing.T) {
	tests := []struct {
		name    string
		release realceph.Release
		args    string
		want    []string
	}{
		{"kill", realceph.Reef, "-faults kill -variants waiting -rounds 1", []string{
			"Ceph reef, three monitors; ours by go", ", librados 3.", "\nkill, waiting, 1 rounds\n",
			"librados  ", "ours, standby  ", "ours, standby, hedged  ", "median ≤ 0.20",
		}},
		{"kill, tentacle", realceph.Tentacle, "-faults kill -variants go -rounds 1 -sides ^librados|^ours$", []string{"Ceph tentacle", ", librados 3."}},
		{"silent", realceph.Reef, "-faults freeze,blackhole -variants go -silent-rounds 1 -phase 0s -sides ^ours", []string{
			"no librados", "\nfreeze, go, 1 rounds\n", "\nblackhole, go, 1 rounds\n", "worst < 500 ms",
		}},
		{"flap", realceph.Reef, "-flap 1s", []string{"false failovers  ", "monclient_standby_sessions=1"}},
		{"herd", realceph.Reef, "-herd 6 -herd-librados 6", []string{"the monitor with most sessions is killed", "librados 3."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			realceph.Require(t, tt.release)
			dir := t.TempDir()
			text, js, measured := filepath.Join(dir, "text"), filepath.Join(dir, "json"), filepath.Join(dir, "results")
			args := append(strings.Fields(tt.args), "-release", string(tt.release), "-text", text, "-json", js)
			faults := strings.Contains(tt.args, "-faults")
			if faults {
				args = append(args, "-results", measured)
			}
			var stdout, stderr bytes.Buffer
			require.NoError(t, run(t.Context(), args, &stdout, &stderr), &stderr)
			for _, want := range tt.want {
				require.Contains(t, stdout.String(), want)
			}
			b, err := os.ReadFile(text)
			require.NoError(t, err)
			require.Equal(t, stdout.String(), string(b))
			b, err = os.ReadFile(js)
			require.NoError(t, err)
			var report struct{ Release string }
			require.NoError(t, json.Unmarshal(b, &report))
			require.Equal(t, string(tt.release), report.Release)
			if faults {
				ms, err := results.Read(measured)
				require.NoError(t, err)
				require.NotEmpty(t, ms)
			}
		})
	}
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-release tentacle -faults freeze,kill -variants waiting -sides ours -rounds 4 -silent-rounds 2 -phase 1s -text T -json J"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, realceph.Tentacle, s.release)
	require.Equal(t, []string{"freeze", "kill"}, []string{s.faults[0].name, s.faults[1].name})
	require.Equal(t, []variant{waiting}, s.variants)
	require.Equal(t, []string{bare, standby, hedged}, []string{s.sides[0].name, s.sides[1].name, s.sides[2].name})
	require.Equal(t, []any{4, 2, time.Second, "T", "J"}, []any{s.rounds, s.silentRounds, s.phase, s.text, s.json})
	require.False(t, s.network())

	s, err = parse(nil, &bytes.Buffer{})
	require.NoError(t, err)
	require.True(t, s.network(), "a black hole is among the faults")
	require.Len(t, s.sides, len(sideSpecs))
	require.Empty(t, s.options)

	s, err = parse(strings.Fields("-quick -rounds 5 -results R"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, []any{5, 1, "R"}, []any{s.rounds, s.silentRounds, s.results}, "what is given is not replaced")
	require.Equal(t, []variant{idle}, s.variants)

	s, err = parse([]string{"-flap", "1m"}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, []string{flapOptions}, s.options)
	require.False(t, s.network())

	s, err = parse([]string{"-herd", "7", "-options", "a=1,b=2"}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, []string{"a=1", "b=2"}, s.options)
}

func TestBadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-no-such-flag":      "flag provided but not defined",
		"-release mimic":     `no release called "mimic"`,
		"-faults fire":       `-faults: there is no "fire"`,
		"-variants sitting":  `-variants: "sitting" is neither`,
		"-sides (":           "-sides: error parsing regexp",
		"-sides nobody":      `-sides: nothing matches "nobody"`,
		"-rounds 0":          "-rounds, -silent-rounds: 0 and 3 are not both positive",
		"-phase -1s":         "-phase, -flap: -1s and 0s are not times",
		"-herd -1":           "-herd, -herd-librados: -1 and 100 are not numbers",
		"-herd 1 -flap 1s":   "exclude each other",
		"-herd 1 -results R": "-results is for faults",
		"more":               `unexpected argument "more"`,
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

func TestTurns(t *testing.T) {
	a, b, c := &side{}, &side{}, &side{}
	m := &measurement{sides: []*side{a, b, c}}
	require.Equal(t, [][]*side{{b}, {c}, {a}}, m.turns(fault{}, 1))
	require.Equal(t, [][]*side{{a, b, c}}, m.turns(fault{silent: true}, 1))
}

func TestPeakOf(t *testing.T) {
	ms := func(at ...int64) []int64 {
		for i := range at {
			at[i] *= int64(time.Millisecond)
		}
		return at
	}
	require.Equal(t, peak{}, peakOf(nil))
	require.Equal(t, peak{Total: 7, In10: 3, In100: 5, LastNS: int(300 * time.Millisecond)}, peakOf(ms(300, 0, 5, 9, 10, 99, 200)))
}

func TestReport(t *testing.T) {
	rounds := func(ms ...int64) []round {
		var all []round
		for i, n := range ms {
			all = append(all, round{Mon: "a", Leader: i == 0, NS: n * 1e6, After: n * 5e5, Reads: 1})
		}
		return all
	}
	failed := rounds(8)
	failed[0].Errors = 2
	r := &report{Release: "reef", Ours: "go1", Librados: "librados 3", CPUs: 2, Load: "0.10", Results: []*result{
		{Fault: "kill", Variant: idle, Side: librados, Rounds: rounds(10, 20, 40)},
		{Fault: "kill", Variant: idle, Side: bare, Rounds: rounds(30, 10, 20)},
		{Fault: "kill", Variant: idle, Side: standby, Rounds: failed},
		{Fault: "freeze", Variant: waiting, Side: librados, Rounds: rounds(32000), silent: true},
		{Fault: "freeze", Variant: waiting, Side: bare, Rounds: rounds(3000), silent: true},
		{Fault: "freeze", Variant: waiting, Side: hedged, Rounds: rounds(100), silent: true},
	}}
	var b bytes.Buffer
	require.NoError(t, r.writeTable(&b))
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	require.Equal(t, []string{
		"Ceph reef, three monitors; ours by go1, librados 3; 2 CPUs, load before 0.10",
		"",
		"kill, go, 3 rounds",
		"side median worst ratio (worst) after close ratio leader peon errors goal",
		"librados 20.0 ms 40.0 ms 10.0 ms 10.0 ms 30.0 ms 0",
		"ours 20.0 ms 30.0 ms 1.000 0.750 10.0 ms 1.000 30.0 ms 15.0 ms 0 median ≤ 1.00 met",
		"",
		"kill, go, 1 rounds",
		"side median worst ratio (worst) after close ratio leader peon errors goal",
		"ours, standby 8.00 ms 8.00 ms 0.400 0.200 4.00 ms 0.400 8.00 ms - 2 median ≤ 0.20 MISSED",
		"",
		"freeze, waiting, 1 rounds",
		"side median worst ratio (worst) after close ratio leader peon errors goal",
		"librados 32.00 s 32.00 s - 32.00 s - 0",
		"ours 3.00 s 3.00 s 0.094 0.094 - 3.00 s - 0 median ≤ 0.10 met",
		"ours, standby, hedged 100 ms 100 ms 0.003 0.003 - 100 ms - 0 worst < 500 ms met",
	}, lines)

	b.Reset()
	require.NoError(t, r.writeJSON(&b))
	var back struct {
		Librados string
		Results  []struct {
			Rounds []round
			Median int64 `json:"median_ns"`
			Met    bool
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	require.Equal(t, "librados 3", back.Librados)
	require.Len(t, back.Results, 6)
	require.Equal(t, int64(20e6), back.Results[1].Median)
	require.Equal(t, r.Results[1].Rounds, back.Results[1].Rounds)
	require.False(t, back.Results[2].Met)

	r.Results, r.Librados = r.Results[1:2], ""
	require.Empty(t, r.rows()[0].Goal, "nothing to compare with")
}

func TestFlapReport(t *testing.T) {
	r := &flapReport{}
	r.take(answer{Reads: 3, Latencies: []int64{5, 1, 3}, Events: map[string]int{"connected": 4, "lost": 1, "standby": 3, "standby lost": 2}})
	require.Equal(t, 3, r.Failovers)
	require.Equal(t, []int64{3, 5, 5}, []int64{r.Median, r.P99, r.Worst})
	r.take(answer{})
}

func TestPrintTime(t *testing.T) {
	for ns, want := range map[int64]string{0: "0 µs", 1234: "1 µs", 1234567: "1.23 ms", 12345678: "12.3 ms", 123456789: "123 ms", 1234567890: "1.23 s"} {
		require.Equal(t, want, printTime(ns))
	}
	require.Equal(t, "-", orNone(0))
	require.Zero(t, median(nil))
	require.Equal(t, int64(2), median([]int64{4, 1, 2, 3}))
}

func TestMeasurements(t *testing.T) {
	rounds := func(ns ...int64) []round {
		var all []round
		for _, n := range ns {
			all = append(all, round{NS: n, After: n / 2})
		}
		return all
	}
	r := &report{Results: []*result{
		{Fault: "kill", Variant: idle, Side: librados, Rounds: rounds(8, 6)},
		{Fault: "kill", Variant: idle, Side: bare, Rounds: rounds(4, 2)},
		{Fault: "freeze", Variant: idle, Side: standby, Rounds: rounds(1), silent: true},
		{Fault: "kill", Variant: waiting, Side: hedged, Rounds: rounds(2)},
	}}
	var got []string
	for _, m := range r.measurements() {
		require.NoError(t, m.Check())
		got = append(got, fmt.Sprintf("%s %v %s %v", m.ID(), m.Ours, m.Other, m.Theirs))
	}
	require.Equal(t, []string{
		"failover | kill, go |  | gap | go [4 2] librados [8 6]",
		"failover | kill, go |  | gap after close | go [2 1] librados [4 3]",
		"failover | freeze, go |  | gap | go, standby [1]  []",
		"failover | kill, waiting |  | gap | go, hedged [2]  []",
		"failover | kill, waiting |  | gap after close | go, hedged [1]  []",
	}, got)
}
