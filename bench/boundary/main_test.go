package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/bench/result"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFlags(t *testing.T) {
	s, err := parse([]string{"-release", "pacific", "-rounds", "2", "-results", "x"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, settings{release: "pacific", rounds: 2, scale: 1, results: "x"}, s)
	for _, args := range [][]string{{"-release", "bobtail"}, {"-rounds", "0"}, {"-scale", "0"}, {"more"}, {"-colour"}} {
		_, err := parse(args, io.Discard)
		require.ErrorIs(t, err, errUsage, "%q", args)
	}
}

func TestMeasurements(t *testing.T) {
	round := map[string]crossing{}
	for i, row := range rows {
		round[row.name] = crossing{ns: float64(i + 1), allocs: float64(i)}
	}
	ms := crossingMeasurements([]map[string]crossing{round, round})
	disk := filepath.Join(t.TempDir(), "library")
	require.NoError(t, os.WriteFile(disk, make([]byte, 700), 0o600))
	ours, err := moreThan([]loaded{{PrivateKB: 5, RSSKB: 9, Files: []string{"libc", disk}}}, []loaded{{PrivateKB: 2, RSSKB: 10, Files: []string{"libc"}}})
	require.NoError(t, err)
	require.Equal(t, costs{1, []float64{700}, []float64{3072}, []float64{0}}, ours)
	ms = append(ms, libraryMeasurements(ours, costs{disk: []float64{1400}, private: []float64{1}, resident: []float64{1}}, 0)...)
	byID := map[string]result.Measurement{}
	for _, m := range ms {
		require.NoError(t, m.Check())
		require.NotContains(t, byID, m.ID())
		byID[m.ID()] = m
	}
	require.Equal(t, []float64{700}, byID["boundary | library |  | size | c"].Ours)
	require.Equal(t, []float64{0}, byID["boundary | library |  | libraries needed | c"].Ours)
	require.Equal(t, []float64{9, 9}, byID["boundary | 1000 in flight, queue |  | wall | c"].Ours)
	require.Equal(t, []float64{8, 8}, byID["boundary | 1000 in flight, queue |  | wall | c"].Theirs)
	require.Equal(t, "go", byID["boundary | sync |  | allocs | c"].Other)
	require.Empty(t, byID["boundary | call |  | wall | c"].Other)
}

func TestPartsOfTheCLibrary(t *testing.T) {
	for name, want := range map[string]bool{"libc.so.6": true, "libpthread.so.0": true, "ld-linux-x86-64.so.2": true, "libresolv.so.2": true, "libstdc++.so.6": false, "libcrypto.so.3": false} {
		require.Equal(t, want, ofLibc(name), name)
	}
}
