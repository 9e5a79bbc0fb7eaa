package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/bench/result"
)

func measurement(work string, ours ...float64) result.Measurement {
	m := result.Measurement{Section: "latency", Work: work, Quantity: "wall p50", Side: "go", Unit: result.Nanoseconds, Ours: ours, Other: "librados"}
	for range ours {
		m.Theirs = append(m.Theirs, 10)
	}
	return m
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name    string
		was, is []float64
		higher  bool
		want    change
	}{
		{"the same", []float64{5, 6, 7}, []float64{5, 6, 7}, false, same},
		{"twice, but within the old spread", []float64{3, 5, 11}, []float64{10, 10, 10}, false, same},
		{"twice, but within the new spread", []float64{5, 5, 5}, []float64{5, 10, 12}, false, same},
		{"worse", []float64{5, 5, 6}, []float64{7, 7, 7}, false, worse},
		{"much worse", []float64{5, 5, 6}, []float64{7, 8, 9}, false, muchWorse},
		{"better", []float64{5, 5, 6}, []float64{1, 2, 3}, false, better},
		{"more of what is good", []float64{5, 5, 6}, []float64{7, 8, 9}, true, better},
		{"much less of what is good", []float64{5, 5, 6}, []float64{1, 2, 3}, true, muchWorse},
		{"less of what is good", []float64{5, 5, 6}, []float64{4, 4, 4}, true, worse},
		{"of nothing", []float64{0, 0, 0}, []float64{4, 4, 4}, false, same},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			was, is := measurement("x", tt.was...), measurement("x", tt.is...)
			was.Higher, is.Higher = tt.higher, tt.higher
			got, _ := compare(&was, &is, 1.5)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestCheck(t *testing.T) {
	allocs := func(n float64) result.Measurement {
		return result.Measurement{Section: "codecs", Work: "w", Quantity: "allocs", Side: "go", Unit: result.Count, Ours: []float64{n}}
	}
	other := measurement("changed", 1)
	other.Other = "ceph"
	was := mustSet(t, []result.Measurement{measurement("a", 5, 5), measurement("b", 5, 5), measurement("c", 1), measurement("changed", 1), allocs(3)})
	is := mustSet(t, []result.Measurement{measurement("a", 6, 6), measurement("b", 2, 2), measurement("d", 1), other, allocs(9)})
	var b bytes.Buffer
	require.True(t, check(&b, was, is, 1.5))
	require.Equal(t, `worse       latency | a |  | wall p50 | go: the ratio was 0.50 and is 0.60, 1.20 × worse
better      latency | b |  | wall p50 | go: the ratio was 0.50 and is 0.20, 2.50 × better
new         latency | d |  | wall p50 | go
different   latency | changed |  | wall p50 | go: measured in another way than it was
allocations codecs | w |  | allocs | go: were 3 and are 9
gone        latency | c |  | wall p50 | go
2 ratios compared: 1 better, 1 worse, 0 worse by more than 1.50 ×
`, b.String())
	b.Reset()
	require.False(t, check(&b, was, is, 1.1))
	require.Contains(t, b.String(), "MUCH WORSE  latency | a")
}

const benchOutput = `goos: linux
pkg: github.com/libmonclient/libmonclient/msgr2
BenchmarkFrame/crc/encode/65536/codec-2   	 100	  5000 ns/op	20000.00 MB/s	   0 B/op	   0 allocs/op
BenchmarkFrame/crc/encode/65536/limit-2   	 100	  2500 ns/op	40000.00 MB/s	   0 B/op	   0 allocs/op
BenchmarkFrame/crc/encode/65536/codec-2   	 100	  5000 ns/op	30000.00 MB/s	   0 B/op	   0 allocs/op
BenchmarkFrame/crc/encode/65536/limit-2   	 100	  2500 ns/op	30000.00 MB/s	   0 B/op	   0 allocs/op
BenchmarkSeal/crc/4096-2   	 100	  7.5 ns/op	   1 B/op	   2 allocs/op	  9 cpu-ns/op
PASS
pkg: github.com/libmonclient/libmonclient/monclient/cephmap
BenchmarkOSDMapDecode-2   	 10	  100 ns/op	350.5 MB/s	   1 B/op	   2 allocs/op
BenchmarkOSDMapJSON/createsimple-2   	 10	  100 ns/op
BenchmarkSeal/crc/512-2   	 100	  7.5 ns/op
ok  	x	1.2s
`

func TestConvert(t *testing.T) {
	all, err := parseBenchmarks(strings.NewReader(benchOutput))
	require.NoError(t, err)
	ms, err := convert(all)
	require.NoError(t, err)
	s := mustSet(t, ms)
	m := s.byID["codecs | frame of 64 KiB, encode | crc | bandwidth | go"]
	require.NotNil(t, m)
	require.Equal(t, []float64{20e9, 30e9}, m.Ours)
	require.Equal(t, []float64{40e9, 30e9}, m.Theirs)
	require.Equal(t, "crc32c", m.Other)
	require.True(t, m.Higher)
	require.Equal(t, []float64{0, 0}, s.byID["codecs | frame of 64 KiB, encode | crc | allocs | go"].Ours)
	require.Equal(t, []float64{350.5e6}, s.byID["osdmap | decode |  | bandwidth | go"].Ours)
	require.Equal(t, []float64{100}, s.byID["osdmap | JSON, createsimple |  | wall | go"].Ours)
	require.Equal(t, []float64{7.5}, s.byID["codecs | msgr2 Seal/crc/4096 |  | wall | go"].Ours)
	require.Equal(t, []float64{9}, s.byID["codecs | msgr2 Seal/crc/4096 |  | cpu | go"].Ours)
	require.Equal(t, "codecs | cephmap Seal/crc/512 |  | wall | go", ms[7].ID(), "in order")
	for i := range ms {
		require.NoError(t, ms[i].Check())
	}
	for text, want := range map[string]string{
		"BenchmarkFrame/crc/encode/65536/codec-2 1 5 ns/op":  "has no limit",
		"BenchmarkFrame/crc/encode/7/codec-2 1 5 ns/op":      "want Frame/MODE",
		"BenchmarkFrame/blue/encode/65536/codec-2 1 5 ns/op": `"blue" is no mode`,
		"BenchmarkX-2 1 many ns/op":                          "many",
		"--- FAIL: BenchmarkX":                               "have failed",
	} {
		all, err := parseBenchmarks(strings.NewReader(text))
		if err == nil {
			_, err = convert(all)
		}
		require.ErrorContains(t, err, want)
	}
}

// TestFrameIDs: the aims look for what the benchmarks' names become.
func TestFrameIDs(t *testing.T) {
	var text strings.Builder
	for _, mode := range []string{"crc", "secure"} {
		for _, direction := range []string{"encode", "decode"} {
			for size := range sizes {
				for _, what := range []string{"codec", "limit"} {
					text.WriteString("BenchmarkFrame/" + mode + "/" + direction + "/" + size + "/" + what + " 1 5 ns/op 7 MB/s 0 allocs/op\n")
				}
			}
		}
	}
	all, err := parseBenchmarks(strings.NewReader(text.String()))
	require.NoError(t, err)
	ms, err := convert(all)
	require.NoError(t, err)
	s := mustSet(t, ms)
	for _, id := range append(frameIDs("bandwidth"), frameIDs("allocs")...) {
		require.Contains(t, s.byID, id)
	}
}

func TestCompareNatural(t *testing.T) {
	require.Negative(t, compareNatural("a 512", "a 4096"))
	require.Positive(t, compareNatural("b", "a 1"))
	require.Zero(t, compareNatural("x 07 y", "x 7 y"))
	require.Negative(t, compareNatural("x", "x 1"))
	require.Negative(t, compareNatural("1 a", "1 b"))
}

func TestMachine(t *testing.T) {
	require.Equal(t, "18.2.7 reef", cephVersion("a tree 1\nceph version 18.2.7 (6b0e98805) reef (stable)\nDebian trixie\n"))
	require.Empty(t, cephVersion("nothing\n"))
	require.Equal(t, "An Old Processor", field("processor\t: 0\nmodel name\t: An Old  Processor\n", "model name"))
	require.Empty(t, field("", "model name"))
}

func TestMerge(t *testing.T) {
	of := machine{CPU: "x"}
	was := &head{Machine: of, Runs: []measuring{{Date: "1", Sections: []string{"connect", "scale"}}, {Date: "2", Sections: []string{"python"}}}}
	now := &head{Machine: of, Runs: []measuring{{Date: "3"}}}
	h, err := was.merge(now, []string{"scale", "python"})
	require.NoError(t, err)
	require.Equal(t, []measuring{{Date: "1", Sections: []string{"connect"}}, {Date: "3", Sections: []string{"scale", "python"}}}, h.Runs)
	require.Len(t, was.Runs[0].Sections, 2, "as it was")

	elsewhere := &head{Machine: machine{CPU: "y"}, Runs: []measuring{{Date: "4"}}}
	_, err = was.merge(elsewhere, []string{"scale"})
	require.ErrorContains(t, err, `["connect" "python"] were measured on another machine`)
	h, err = was.merge(elsewhere, []string{"connect", "scale", "python"})
	require.NoError(t, err)
	require.Equal(t, "y", h.Machine.CPU)
	_, err = was.merge(was, nil)
	require.ErrorContains(t, err, "2 runs")
	var none *head
	h, err = none.merge(now, []string{"scale"})
	require.NoError(t, err)
	require.Len(t, h.Runs, 1)
}

// TestProgram takes measurements into an empty directory, others instead of some of them, and compares.
func TestProgram(t *testing.T) {
	dir, tmp := t.TempDir(), t.TempDir()
	do := func(stdin string, args ...string) (string, error) {
		var stdout, stderr bytes.Buffer
		err := run(args, strings.NewReader(stdin), &stdout, &stderr)
		return stdout.String() + stderr.String(), err
	}
	file := func(name, text string) string {
		path := filepath.Join(tmp, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	machine := file("machine", `{"machine": {"cpu": "x"}, "runs": [{"date": "today"}]}`)
	first, second := filepath.Join(tmp, "first"), filepath.Join(tmp, "second")
	require.NoError(t, result.Append(first, everything(0.5)...))
	_, err := do("", "take", first, machine, dir)
	require.NoError(t, err)
	for _, name := range []string{resultsFile, machineFile, tableFile, "ratios.svg"} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	_, err = do(benchOutput, "convert", "-results", second)
	require.NoError(t, err)
	_, err = do("", "take", second, machine, dir)
	require.NoError(t, err)
	s, err := readSet(filepath.Join(dir, resultsFile))
	require.NoError(t, err)
	require.Contains(t, s.byID, "codecs | msgr2 Seal/crc/4096 |  | wall | go")
	require.NotContains(t, s.byID, "codecs | frame of 1 MiB, encode | crc | bandwidth | go", "its section was measured anew")
	require.Contains(t, s.byID, "process | status |  | wall p50 | monc")

	require.NoError(t, os.Remove(filepath.Join(dir, tableFile)))
	_, err = do("", "write", dir)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, tableFile))
	out, err := do("", "check", first, filepath.Join(dir, resultsFile))
	require.NoError(t, err)
	require.Contains(t, out, "gone        codecs | frame of 1 MiB, encode")
	slow := filepath.Join(tmp, "slow")
	require.NoError(t, result.Append(slow, everything(5)...))
	out, err = do("", "check", first, slow)
	require.ErrorIs(t, err, errWorse)
	require.Contains(t, out, "MUCH WORSE")
	_, err = do("", "check", "-factor", "100", first, slow)
	require.NoError(t, err)

	for _, args := range [][]string{nil, {"dance"}, {"take", "a"}, {"write"}, {"check", "-factor", "0.5", "a", "b"}, {"check", "-colour", "a", "b"}, {"convert"}, {"machine", "x"}} {
		_, err = do("", args...)
		require.ErrorIs(t, err, errUsage, "%q", args)
	}
	for want, args := range map[string][]string{
		"no benchmark's result": {"convert", "-results", filepath.Join(tmp, "third")},
		"no measurement":        {"take", file("empty", ""), machine, dir},
		"unknown field":         {"take", first, file("wrong", `{"colour": 1}`), dir},
		"no such file":          {"check", first, filepath.Join(tmp, "none")},
	} {
		_, err = do("", args...)
		require.ErrorContains(t, err, want)
	}
}
