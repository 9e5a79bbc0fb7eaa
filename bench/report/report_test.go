package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/bench/result"
)

// everything returns a measurement for every ID that an aim or a plot names; ours are value times the other's.
func everything(value float64) []result.Measurement {
	seen := map[string]bool{}
	var ms []result.Measurement
	add := func(text string) {
		if seen[text] {
			return
		}
		seen[text] = true
		f := strings.Split(text, " | ")
		m := result.Measurement{Section: f[0], Work: f[1], Mode: f[2], Quantity: f[3], Side: f[4], Unit: result.Nanoseconds,
			Ours: []float64{100 * value, 110 * value, 90 * value}, Other: "librados", Theirs: []float64{100, 100, 100}}
		switch f[3] {
		case "throughput":
			m.Unit, m.Higher = result.PerSecond, true
		case "bandwidth":
			m.Unit, m.Higher = result.BytesPerSec, true
		}
		ms = append(ms, m)
	}
	for _, a := range aims() {
		for _, id := range a.ids() {
			add(id)
		}
	}
	for _, p := range pictured {
		add(p.id)
	}
	return ms
}

func mustSet(t *testing.T, ms []result.Measurement) *set {
	t.Helper()
	s, err := newSet(ms)
	require.NoError(t, err)
	return s
}

func TestAMeasurementIsThereOnce(t *testing.T) {
	ms := everything(1)
	_, err := newSet(append(ms, ms[0]))
	require.ErrorContains(t, err, ms[0].ID()+" is there twice")
	path := filepath.Join(t.TempDir(), "results")
	require.NoError(t, result.Append(path, ms[0], ms[0]))
	_, err = readSet(path)
	require.ErrorContains(t, err, path)
}

// TestAimsOfNothing: without measurements, nothing is met.
func TestAimsOfNothing(t *testing.T) {
	s := mustSet(t, nil)
	for _, a := range aims() {
		v := a.judge(s)
		require.Equal(t, notMeasured, v.state, a.words)
		require.Empty(t, v.measured, a.words)
		require.ElementsMatch(t, a.ids(), unique(v.missing), a.words)
	}
}

func unique(all []string) []string {
	seen := map[string]bool{}
	var some []string
	for _, s := range all {
		if !seen[s] {
			some = append(some, s)
		}
		seen[s] = true
	}
	return some
}

// TestEveryAimIsMetOrNot judges every aim by numbers far on either side of its limit, and without one of its measurements.
func TestEveryAimIsMetOrNot(t *testing.T) {
	for _, a := range aims() {
		t.Run(a.words, func(t *testing.T) {
			good, bad := mustSet(t, nil), mustSet(t, nil)
			for _, m := range everything(1) {
				require.NotNil(t, m.Ours)
				// The first ID of a term is what the aim is about; in a quotient the others stay.
				scaled := func(factor float64) *result.Measurement {
					n := m
					n.Ours = []float64{100 * factor, 100 * factor}
					n.Theirs = []float64{100, 100}
					return &n
				}
				small, large := scaled(0), scaled(1e12)
				if a.atLeast {
					small, large = large, small
				}
				if isFirst(a, m.ID()) {
					good.byID[m.ID()], bad.byID[m.ID()] = small, large
				} else {
					good.byID[m.ID()], bad.byID[m.ID()] = scaled(1), scaled(1)
				}
			}
			v := a.judge(good)
			require.Equal(t, met, v.state)
			require.NotEmpty(t, v.measured)
			require.Empty(t, v.missing)
			v = a.judge(bad)
			require.Equal(t, notMet, v.state)
			last := a.ids()[len(a.ids())-1]
			delete(good.byID, last)
			v = a.judge(good)
			require.Equal(t, notMeasured, v.state, "without %s", last)
			require.Equal(t, []string{last}, v.missing)
		})
	}
}

// isFirst reports whether the ID is the subject of a term: the first one, and the first processor time of the pipelined work.
func isFirst(a aim, id string) bool {
	for _, t := range a.terms {
		if t.ids[0] == id || len(t.ids) == 8 && t.ids[4] == id {
			return true
		}
	}
	return false
}

func TestWhatIsMissingDoesNotHideWhatIsNotMet(t *testing.T) {
	a := aims()[0]
	bad := result.Measurement{Section: "connect", Work: "1 monitor", Mode: "crc", Quantity: "wall p50", Side: "go", Unit: result.Nanoseconds,
		Ours: []float64{9}, Other: "librados", Theirs: []float64{10}}
	v := a.judge(mustSet(t, []result.Measurement{bad}))
	require.Equal(t, notMet, v.state)
	require.Equal(t, "0.90 (1 monitor, crc)", v.measured)
	require.Len(t, v.missing, len(a.ids())-1)

	bad.Other, bad.Theirs = "", nil
	v = a.judge(mustSet(t, []result.Measurement{bad}))
	require.Equal(t, notMeasured, v.state, "there is nobody to compare with")
}

func TestNoSlower(t *testing.T) {
	a := aim{limit: 1, noSlower: true}
	require.True(t, a.holds(result.Spread{Median: 1, Lowest: 1, Highest: 1}))
	require.True(t, a.holds(result.Spread{Median: 1.04, Lowest: 0.9, Highest: 1.3}))
	require.False(t, a.holds(result.Spread{Median: 1.04, Lowest: 1.01, Highest: 1.3}), "all rounds agree")
	require.False(t, a.holds(result.Spread{Median: 1.06, Lowest: 0.5, Highest: 1.3}), "too far")
	a.atLeast = true
	require.True(t, a.holds(result.Spread{Median: 0.96, Lowest: 0.9, Highest: 1.01}))
	require.False(t, a.holds(result.Spread{Median: 0.96, Lowest: 0.9, Highest: 0.99}))
	require.False(t, a.holds(result.Spread{Median: 0.94, Lowest: 0.9, Highest: 1.2}))
}

func TestTheBestOfTheOthers(t *testing.T) {
	m := func(ours, theirs float64) *result.Measurement {
		m := &result.Measurement{Ours: []float64{ours}}
		if theirs > 0 {
			m.Theirs = []float64{theirs}
		}
		return m
	}
	sp, ok := ofBest([]*result.Measurement{m(90, 0), m(20, 10), m(40, 30), m(50, 25)})
	require.True(t, ok)
	require.InDelta(t, 3, sp.Median, 1e-9, "ours of the first beside the best of theirs")
	_, ok = ofBest([]*result.Measurement{m(90, 0)})
	require.False(t, ok)
	sp, ok = ofCPUAtBest([]*result.Measurement{m(90, 0), m(40, 30), m(50, 25), m(5, 0), m(9, 20), m(9, 50)})
	require.True(t, ok)
	require.InDelta(t, 0.25, sp.Median, 1e-9, "5 beside the 20 of those 30")
	_, ok = ofCPUAtBest([]*result.Measurement{m(40, 30), m(5, 0)})
	require.False(t, ok)
}

func TestNumbersForPeople(t *testing.T) {
	for want, got := range map[string]string{
		"128 µs":              quantity(128_400, result.Nanoseconds),
		"1.00 ms":             quantity(999_900, result.Nanoseconds),
		"2 s":                 quantity(2e9, result.Nanoseconds),
		"0 ns":                quantity(0, result.Nanoseconds),
		"0.50 ns":             quantity(0.5, result.Nanoseconds),
		"64 KiB":              quantity(64<<10, result.Bytes),
		"14.7 MiB":            quantity(14.7*(1<<20), result.Bytes),
		"29.3 k/s":            quantity(29_312, result.PerSecond),
		"597 MB/s":            quantity(597.2e6, result.BytesPerSec),
		"17":                  quantity(17, result.Count),
		"1234":                quantity(1234, result.Count),
		"1.50":                quantity(1.5, result.Count),
		"0.0012":              number(0.00123),
		"0.033":               number(0.0333),
		"12.5 (9–13)":         spread(result.Spread{Median: 12.5, Lowest: 9, Highest: 13}, result.Count),
		"1.20 ms (0.90–2.30)": spread(result.Spread{Median: 1.2e6, Lowest: 0.9e6, Highest: 2.3e6}, result.Nanoseconds),
		"0.12 (0.11–0.13)":    ratio(result.Spread{Median: 0.12, Lowest: 0.11, Highest: 0.13}),
		"0.12":                ratio(result.Spread{Median: 0.12, Lowest: 0.12, Highest: 0.12}),
	} {
		require.Equal(t, want, got)
	}
	for unit := range scales {
		require.NotPanics(t, func() { quantity(1e-9, unit); quantity(1e18, unit) })
	}
}

func TestReport(t *testing.T) {
	h := &head{Machine: machine{CPU: "A processor", Cores: 2, Memory: 8 << 30, Kernel: "6.1", Go: "1.26", Ceph: "18.2.7 reef"},
		Runs: []measuring{{Date: "2026-11-23 19:38 UTC", Load: "0.1 0.2 0.3", Sections: []string{"connect"}}}}
	s := mustSet(t, append(everything(0.5), result.Measurement{Section: "else", Work: "a|b", Quantity: "wall", Side: "go", Unit: result.Nanoseconds, Ours: []float64{1}}))
	made := plots(s)
	require.Len(t, made, len(captions))
	text := markdown(h, s, made)
	for _, want := range []string{"A processor, 2 processors, 8 GiB", "uncommitted files", "Ceph 18.2.7 reef", "## The aims", "## Python", "## else", "a\\|b",
		"](ratios.svg)", "**NOT met**"} {
		require.Contains(t, text, want)
	}
	require.Contains(t, text, "| wall p50 | go | 50 ns (45–55) | librados | 100 ns | 0.50 (0.45–0.55) |")
	require.Equal(t, text, markdown(h, s, plots(s)), "the same every time")
	for _, one := range []float64{0.001, 1, 3, 1e6} {
		for name, svg := range plots(mustSet(t, everything(one))) {
			require.NoError(t, parseXML(svg), "%s at %v", name, one)
			require.NotContains(t, svg, "NaN")
			require.NotContains(t, svg, "Inf")
			require.Equal(t, svg, plots(mustSet(t, everything(one)))[name])
		}
	}
	require.Empty(t, plots(mustSet(t, nil)))
	require.NotContains(t, markdown(h, mustSet(t, nil), nil), ".svg")
}

// parseXML reads a whole document.
func parseXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

func TestPicturesEscapeTheirText(t *testing.T) {
	svg := bars(`a < b & "c"`, "<note>", []group{{label: "<g>", bars: []bar{{label: "&", class: "ours", value: result.Spread{Median: 2, Lowest: 1, Highest: 3}, text: "<2>"}}}},
		ratioTicks, 1, func(v float64) string { return fmt.Sprint("<", v) })
	require.NoError(t, parseXML(svg))
}

// TestCommittedReport holds the committed report to what the committed measurements make.
func TestCommittedReport(t *testing.T) {
	const dir = ".."
	if _, err := os.Stat(filepath.Join(dir, resultsFile)); errors.Is(err, fs.ErrNotExist) {
		return // nothing was measured yet
	}
	made, err := files(dir)
	require.NoError(t, err)
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%s is not what bench/report makes of %s: go run ./bench/report write bench", name, resultsFile)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	require.NoError(t, err)
	for _, path := range pictures {
		require.Contains(t, made, filepath.Base(path), "nothing makes it")
	}
}
