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

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTinyRun builds both sides and has them run everything once, on each release, so that neither rots.
func TestTinyRun(t *testing.T) {
	for _, release := range realceph.Releases() {
		t.Run(string(release), func(t *testing.T) {
			realceph.Require(t, release)
			dir := t.TempDir()
			text, js, profiles := filepath.Join(dir, "text"), filepath.Join(dir, "json"), filepath.Join(dir, "profiles")
			args := []string{"-release", string(release), "-rounds", "1", "-scale", "0.002", "-text", text, "-json", js}
			if release == realceph.Reef {
				args = append(args, "-profile", profiles)
			}
			var stdout, stderr bytes.Buffer
			require.NoError(t, run(t.Context(), args, &stdout, &stderr))
			require.Contains(t, stdout.String(), "Ceph "+string(release)+", one monitor; ours by go")
			require.Contains(t, stderr.String(), "round 1 of 1: crc, connect, a command, close\n")

			b, err := os.ReadFile(js)
			require.NoError(t, err)
			var r report
			require.NoError(t, json.Unmarshal(b, &r))
			require.Equal(t, string(release), r.Release)
			require.Contains(t, r.Librados, "librados 3.")
			require.Len(t, r.Results, 2*len(scenarios))
			for _, res := range r.Results {
				require.Len(t, res.Rounds, 1, res.Name)
				for _, side := range []string{ours, librados} {
					f := res.Rounds[0].of(side)
					require.Positive(t, f.WallMedian, "%s %s", side, res.Name)
					require.GreaterOrEqual(t, f.WallP99, f.WallMedian, "%s %s", side, res.Name)
					require.Positive(t, f.RSS, "%s %s", side, res.Name)
					require.Greater(t, f.RSS, f.Anon, "%s %s", side, res.Name)
				}
				require.Positive(t, res.Rounds[0].Ours.Allocs, res.Name)
				require.Equal(t, res.Name == "large", res.OutputBytes > 10_000, "%s: %d bytes", res.Name, res.OutputBytes)
			}

			b, err = os.ReadFile(text)
			require.NoError(t, err)
			require.Equal(t, 2*2*len(scenarios), strings.Count(string(b), "\nBenchmarkClient/scenario="))
			if release == realceph.Reef {
				files, err := filepath.Glob(filepath.Join(profiles, "*.prof"))
				require.NoError(t, err)
				require.Len(t, files, 2*2*len(scenarios))
			}
		})
	}
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-release tentacle -rounds 3 -scale 0.5 -modes crc -scenarios ^small|^conn -text T -json J -profile P"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, realceph.Tentacle, s.release)
	require.Equal(t, []string{"T", "J", "P"}, []string{s.text, s.json, s.profile})
	var got []string
	for _, l := range s.loads() {
		got = append(got, fmt.Sprintf("%s %s %d", l.Mode, l.Name, l.N))
	}
	require.Equal(t, []string{"crc small 1000", "crc connect 10"}, got)
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
	s := sample{Wall: 1000, User: 300, System: 100, Switches: 20, Allocs: 30, AllocBytes: 640, RSS: 7, Anon: 5}
	for i := range 100 {
		s.Latencies = append(s.Latencies, int64(100-i)) // 100 down to 1
	}
	require.Equal(t, figures{
		WallMedian: 51, WallP99: 100, WallMax: 100, Elapsed: 10, CPU: 4, User: 3, System: 1, Switches: 0.2,
		Allocs: 0.3, AllocBytes: 6.4, RSS: 7, Anon: 5,
	}, s.figures())
	require.Equal(t, int64(100), s.Latencies[0], "left as they were")
}

func TestReport(t *testing.T) {
	pair := func(ours, librados float64) round {
		return round{figures{WallMedian: ours, CPU: ours, Allocs: 25}, figures{WallMedian: librados, CPU: librados}}
	}
	l := load{scenario{Name: "large", Text: "a command", Callers: 1, Command: `{"prefix":"x"}`, N: 10}, "crc"}
	r := &report{
		Release: "reef", Ours: "go1", Librados: "librados 3", GOOS: "linux", GOARCH: "amd64", CPUs: 2,
		Results: []result{{load: l, OutputBytes: 5, Rounds: []round{pair(1500, 1000), pair(4e6, 2e6), pair(100, 1000)}}},
	}
	rows := r.Results[0].rows()
	require.Equal(t, "wall, median", rows[0].Metric)
	require.Equal(t, [5]float64{1500, 1000, 1.5, 0.1, 2}, [5]float64{rows[0].Ours, rows[0].Librados, rows[0].Ratio, rows[0].Lowest, rows[0].Highest})

	var b bytes.Buffer
	require.NoError(t, r.writeTable(&b))
	require.Equal(t, `Ceph reef, one monitor; ours by go1, librados 3; linux/amd64, 2 CPUs

crc: a command (x, 5 bytes), 3 × 10
  by operation    ours  librados  ratio    (range)
  wall, median  1.5 µs    1.0 µs   1.50  0.10–2.00
     wall, p99  0.0 µs                            
           cpu  1.5 µs    1.0 µs   1.50  0.10–2.00
      switches     0.0                            
   allocations    25.0                            
     allocated     0 B                            
`, b.String())

	b.Reset()
	require.NoError(t, r.writeText(&b))
	lines := strings.Split(b.String(), "\n")
	require.Equal(t, "BenchmarkClient/scenario=large/mode=crc/client=ours-2\t10\t0 ns/op\t1500 p50-ns/op\t0 p99-ns/op\t1500 cpu-ns/op\t0.00 switches/op\t0 rss-bytes\t0 B/op\t25 allocs/op", lines[4])
	require.Equal(t, "BenchmarkClient/scenario=large/mode=crc/client=librados-2\t10\t0 ns/op\t1000 p50-ns/op\t0 p99-ns/op\t1000 cpu-ns/op\t0.00 switches/op\t0 rss-bytes", lines[5])

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
	require.Equal(t, "large crc", back.Results[0].Name+" "+back.Results[0].Mode)
	require.Equal(t, r.Results[0].Rounds, back.Results[0].Rounds)
	require.InDelta(t, 1.5, back.Results[0].Rows[0].Ratio, 1e-9)
}

func TestPrint(t *testing.T) {
	for ns, want := range map[float64]string{0: "0.0 µs", 1234: "1.2 µs", 123456: "123 µs", 1234567: "1.23 ms", 12345678: "12.3 ms", 123456789: "123 ms"} {
		require.Equal(t, want, printTime(ns))
	}
	for n, want := range map[float64]string{12: "12 B", 1536: "1.5 KiB", 3 << 19: "1.5 MiB"} {
		require.Equal(t, want, printBytes(n))
	}
	require.InDelta(t, 2.5, median([]float64{4, 1, 2, 3}), 0)
	require.Equal(t, "{", prefix("{"))
}
