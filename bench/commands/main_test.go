package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	benchresult "github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(realceph.MainWithNetwork(m)) }

// tinyRuns are what TestTinyRun has run: every kind of load and every cluster on Reef; on others what depends on the release.
var tinyRuns = map[realceph.Release][]string{
	realceph.Reef:     {"-scenarios", "connect|latency|throughput-version-(8|handles|pipelined)|throughput-fsid-pipelined|large"},
	realceph.Pacific:  {"-scenarios", "connect-1|latency|large", "-modes", "crc"},
	realceph.Tentacle: {"-scenarios", "connect-1|latency|large", "-modes", "crc"},
}

// TestTinyRun builds all sides and has them run everything once, so that neither rots.
func TestTinyRun(t *testing.T) {
	for _, release := range realceph.Releases() {
		t.Run(string(release), func(t *testing.T) {
			realceph.Require(t, release)
			t.Parallel()
			dir := t.TempDir()
			text, js, results := filepath.Join(dir, "text"), filepath.Join(dir, "json"), filepath.Join(dir, "results")
			args := slices.Concat(tinyRuns[release], []string{"-release", string(release), "-rounds", "1", "-scale", "0.01",
				"-text", text, "-json", js, "-results", results})
			profiles := filepath.Join(dir, "profiles")
			if release == realceph.Pacific {
				args = append(args, "-profile", profiles)
			}
			s, err := parse(args, &bytes.Buffer{})
			require.NoError(t, err)
			var stdout, stderr bytes.Buffer
			require.NoError(t, run(t.Context(), args, &stdout, &stderr))
			require.Contains(t, stdout.String(), "Ceph "+string(release)+"; go is go")
			require.Contains(t, stderr.String(), "round 1 of 1: connect, 1 monitor, crc\n")
			require.NotContains(t, stderr.String(), "left out")

			b, err := os.ReadFile(js)
			require.NoError(t, err)
			var r report
			require.NoError(t, json.Unmarshal(b, &r))
			require.Equal(t, string(release), r.Release)
			require.Contains(t, r.Versions[sideLibrados], "librados 3.")
			require.Contains(t, r.Versions[sideC], "libmonclient ")
			require.Len(t, r.Results, len(s.loads()))
			lines := 0
			for _, res := range r.Results {
				require.Len(t, res.Rounds, 1, "%v", res)
				require.Len(t, res.Rounds[0], len(res.Sides), "%v", res)
				for side, f := range res.Rounds[0] {
					lines++
					require.GreaterOrEqual(t, f.N, 1, "%s: %v", side, res)
					require.Positive(t, f.WallMedian, "%s: %v", side, res)
					require.GreaterOrEqual(t, f.WallP99, f.WallMedian, "%s: %v", side, res)
					require.Greater(t, f.RSS, f.Anon, "%s: %v", side, res)
					// librados tries several monitors more than once; whatever it does, it is counted.
					if res.Section == sectionConnect && side != sideC {
						require.GreaterOrEqual(t, f.Connections, 1.0, "%s: %v", side, res)
					}
				}
				if res.has(sideGo) {
					require.Positive(t, res.Rounds[0][sideGo].Allocs, "%v", res)
				}
				require.Equal(t, res.Name == "large-reply", res.OutputBytes == replyBytes, "%v: %d bytes", res, res.OutputBytes)
			}

			b, err = os.ReadFile(text)
			require.NoError(t, err)
			require.Equal(t, lines, strings.Count(string(b), "\nBenchmarkClient/scenario="))
			_, err = benchresult.Read(results)
			require.NoError(t, err)
			if release == realceph.Pacific {
				files, err := filepath.Glob(filepath.Join(profiles, "*.prof"))
				require.NoError(t, err)
				require.Len(t, files, 2*len(s.loads()))
			}
		})
	}
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-release tentacle -rounds 3 -scale 0.5 -modes crc -scenarios ^large|^connect -text T -json J -results R -profile P"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, realceph.Tentacle, s.release)
	require.Equal(t, []string{"T", "J", "R", "P"}, []string{s.text, s.json, s.results, s.profile})
	var got []string
	for _, l := range s.loads() {
		got = append(got, fmt.Sprint(l.Mode, " ", l.Name, " ", l.Duration))
	}
	require.Equal(t, []string{"crc connect-1 150ms", "crc connect-3 150ms", "crc large-reply 175ms", "crc large-input 175ms"}, got)
	require.Equal(t, []int{1, 3}, clusterSizes(s.loads()))

	s, err = parse([]string{"-scenarios", "silent", "-scale", "0.0001"}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Len(t, s.loads(), 1, "in one mode only")
	require.Equal(t, []string{"connect", "secure", "1", "1", "1", "0", "{}"}, s.loads()[0].words(), "a millisecond at least")
	require.Equal(t, []int{3}, clusterSizes(s.loads()))
}

// TestScenarios holds them to the names by which results are found again.
func TestScenarios(t *testing.T) {
	names := map[string]bool{}
	works := map[string]bool{}
	for _, sc := range scenarios {
		require.False(t, names[sc.Name], sc.Name)
		names[sc.Name] = true
		id := sc.Section + ": " + sc.Work
		require.False(t, works[id], id)
		works[id] = true
		require.Contains(t, quantities, sc.Section)
		require.Positive(t, sc.Callers, sc.Name)
		require.Positive(t, sc.Handles, sc.Name)
		require.Positive(t, sc.Duration, sc.Name)
		require.NotEmpty(t, sc.Sides, sc.Name)
	}
	for _, id := range []string{
		"connect: 1 monitor", "connect: 3 monitors", "connect: 3 monitors, one silent",
		"latency: version query, 1 caller", "latency: fsid, 1 caller",
		"throughput: version query, 8 callers", "throughput: version query, 32 callers", "throughput: version query, 128 callers",
		"throughput: version query, pipelined", "throughput: fsid, 128 callers", "throughput: fsid, pipelined",
		"large: reply", "large: input",
	} {
		require.True(t, works[id], id)
	}
}

func TestBadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-no-such-flag":     "flag provided but not defined",
		"-release mimic":    `no release called "mimic"`,
		"-rounds 0":         "-rounds: 0 is not positive",
		"-scale 0":          "-scale: 0 is not above 0",
		"-scale NaN":        "-scale: NaN is not above 0",
		"-modes secure,x":   `-modes: "x" is neither`,
		"-scenarios (":      "-scenarios: error parsing regexp",
		"-scenarios nobody": `-scenarios: nothing matches "nobody"`,
		"more":              `unexpected argument "more"`,
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

func TestFigures(t *testing.T) {
	s := sample{Wall: 1000, User: 300, System: 100, Switches: 20, Connections: 200, Allocs: 30, AllocBytes: 640, RSS: 7, Anon: 5}
	for i := range 100 {
		s.Latencies = append(s.Latencies, int64(100-i)) // 100 down to 1
	}
	require.Equal(t, figures{
		N: 100, WallMedian: 51, WallP95: 96, WallP99: 100, WallMax: 100, Elapsed: 10, Throughput: 1e8, CPU: 4, User: 3, System: 1,
		Switches: 0.2, Connections: 2, Allocs: 0.3, AllocBytes: 6.4, RSS: 7, Anon: 5,
	}, s.figures())
	require.Equal(t, int64(100), s.Latencies[0], "left as they were")
}

// find returns the load of a name, in crc.
func find(t *testing.T, name string) load {
	i := slices.IndexFunc(scenarios, func(sc scenario) bool { return sc.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return load{scenarios[i], "crc"}
}

// rates are rounds of which each has so many operations a second on each side.
func rates(all ...map[string]float64) []round {
	var rounds []round
	for _, rate := range all {
		r := round{}
		for side, v := range rate {
			r[side] = figures{Throughput: v, CPU: 1e9 / v, Connections: -1}
		}
		rounds = append(rounds, r)
	}
	return rounds
}

func TestMeasurements(t *testing.T) {
	type m = map[string]float64
	r := &report{Results: []*result{
		{load: find(t, "latency-version"), Rounds: rates(m{"go": 10, "c": 9, "librados": 5}, m{"go": 11, "c": 8, "librados": 4})},
		{load: find(t, "throughput-version-8"), Rounds: rates(m{"go": 100, "c": 90, "librados": 50}, m{"go": 110, "c": 80, "librados": 20})},
		{load: find(t, "throughput-version-handles"), Rounds: rates(m{"librados": 30}, m{"librados": 40})},
		{load: find(t, "throughput-version-pipelined"), Rounds: rates(m{"go": 200, "c": 150}, m{"go": 300, "c": 160})},
		{load: find(t, "throughput-fsid-pipelined"), Rounds: rates(m{"go": 70, "c": 60})},
		{load: find(t, "large-reply"), OutputBytes: 1000, Rounds: rates(m{"go": 3, "c": 2, "librados": 4})},
		{load: find(t, "large-input"), OutputBytes: 37, Rounds: rates(m{"go": 3, "c": 2, "librados": 4})},
		{load: find(t, "connect-1"), Rounds: rates(m{"go": 3, "c": 2, "librados": 4})},
	}}
	all := map[string]benchresult.Measurement{}
	for _, m := range r.measurements() {
		require.NoError(t, m.Check())
		require.NotContains(t, all, m.ID(), "twice")
		all[m.ID()] = m
	}

	got := all["throughput | version query, pipelined | crc | throughput | go"]
	require.Equal(t, []float64{200, 300}, got.Ours)
	require.Equal(t, []float64{50, 40}, got.Theirs, "the fastest of each round")
	require.Equal(t, "librados", got.Other)
	require.True(t, got.Higher)
	require.Equal(t, []float64{1e9 / 50, 1e9 / 40}, all["throughput | version query, pipelined | crc | cpu | c"].Theirs, "of that way")
	require.Empty(t, all["throughput | fsid, pipelined | crc | throughput | go"].Other, "librados has not done it at all")

	require.Equal(t, []float64{5, 4}, all["throughput | version query, 1 caller | crc | throughput | c"].Theirs)
	require.Empty(t, all["latency | version query, 1 caller | crc | allocs | go"].Other)
	require.NotContains(t, all, "latency | version query, 1 caller | crc | allocs | c")
	require.Equal(t, []float64{3000}, all["large | reply | crc | bandwidth | go"].Ours)
	require.Equal(t, []float64{4 * inputBytes}, all["large | input | crc | bandwidth | go"].Theirs)
	require.Contains(t, all, "connect | 1 monitor | crc | cpu | go")
	require.NotContains(t, all, "connect | 1 monitor | crc | connections | go", "not known")
	for id := range all {
		require.NotContains(t, id, "handles")
	}
}

func TestReport(t *testing.T) {
	three := func(ours, librados float64) round {
		return round{
			sideGo: {N: 10, WallMedian: ours, CPU: ours, Allocs: 25}, sideC: {N: 9, WallMedian: 2 * ours, CPU: ours},
			sideLibrados: {N: 8, WallMedian: librados, CPU: librados},
		}
	}
	r := &report{
		Release: "reef", Versions: map[string]string{sideGo: "go1", sideLibrados: "librados 3"}, GOOS: "linux", GOARCH: "amd64", CPUs: 2,
		LeftOut: []string{"something: no root"},
		Results: []*result{{load: find(t, "throughput-fsid-8"), OutputBytes: 37, Rounds: []round{three(1500, 1000), three(4e6, 2e6), three(100, 1000)}}},
	}
	rows := r.rows(r.Results[0])
	require.Equal(t, "wall, p50", rows[0].Metric)
	require.Equal(t, map[string]float64{sideGo: 1500, sideC: 3000, sideLibrados: 1000}, rows[0].Sides)
	require.Equal(t, map[string]ratio{sideGo: {1.5, 0.1, 2}, sideC: {3, 0.2, 4}}, rows[0].Ratios)

	var b bytes.Buffer
	require.NoError(t, r.writeTable(&b))
	require.Equal(t, `Ceph reef; go is go1, librados is librados 3; linux/amd64, 2 CPUs
left out: something: no root

throughput, fsid, 8 callers, crc: 3 × 300ms
  by operation      go       c  librados  go's ratio    (range)  c's ratio    (range)
     wall, p50  1.5 µs  3.0 µs    1.0 µs        1.50  0.10–2.00       3.00  0.20–4.00
     wall, p99  0.0 µs  0.0 µs    0.0 µs                                             
      a second       0       0         0                                             
           cpu  1.5 µs  1.5 µs    1.0 µs        1.50  0.10–2.00       1.50  0.10–2.00
      switches     0.0     0.0       0.0                                             
   allocations    25.0                                                               
     allocated     0 B                                                               
`, b.String())

	b.Reset()
	require.NoError(t, r.writeText(&b))
	lines := strings.Split(b.String(), "\n")
	require.Equal(t, "BenchmarkClient/scenario=throughput-fsid-8/mode=crc/client=go-2\t10\t0 ns/op\t1500 p50-ns/op\t0 p99-ns/op\t1500 cpu-ns/op\t0.00 switches/op\t0 rss-bytes\t0 B/op\t25 allocs/op", lines[4])
	require.Equal(t, "BenchmarkClient/scenario=throughput-fsid-8/mode=crc/client=librados-2\t8\t0 ns/op\t1000 p50-ns/op\t0 p99-ns/op\t1000 cpu-ns/op\t0.00 switches/op\t0 rss-bytes", lines[6])

	b.Reset()
	require.NoError(t, r.writeJSON(&b))
	var back struct {
		Release string
		Results []struct {
			Name, Mode string
			Rounds     []round
			Rows       []row
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	require.Equal(t, "reef", back.Release)
	require.Equal(t, "throughput-fsid-8 crc", back.Results[0].Name+" "+back.Results[0].Mode)
	require.Equal(t, r.Results[0].Rounds, back.Results[0].Rounds)
	require.InDelta(t, 1.5, back.Results[0].Rows[0].Ratios[sideGo].Median, 1e-9)
}

func TestPrint(t *testing.T) {
	for ns, want := range map[float64]string{0: "0.0 µs", 1234: "1.2 µs", 123456: "123 µs", 1234567: "1.23 ms", 12345678: "12.3 ms", 123456789: "123 ms"} {
		require.Equal(t, want, printTime(ns))
	}
	for n, want := range map[float64]string{12: "12 B", 1536: "1.5 KiB", 3 << 19: "1.5 MiB"} {
		require.Equal(t, want, printBytes(n))
	}
	require.Equal(t, "1235", printNumber(1234.5))
}
