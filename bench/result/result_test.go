package result

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func valid() Measurement {
	return Measurement{
		Section: "commands", Work: "fsid", Mode: "crc", Quantity: "wall p50", Side: "go", Unit: Nanoseconds,
		Ours: []float64{3, 1, 2}, Other: "librados", Theirs: []float64{4, 4, 2},
	}
}

func TestCheck(t *testing.T) {
	m := valid()
	require.NoError(t, m.Check())
	for field, change := range map[string]func(m *Measurement){
		"section":  func(m *Measurement) { m.Section = "" },
		"work":     func(m *Measurement) { m.Work = "" },
		"quantity": func(m *Measurement) { m.Quantity = "" },
		"side":     func(m *Measurement) { m.Side = "" },
		"unit":     func(m *Measurement) { m.Unit = "weeks" },
		"ours":     func(m *Measurement) { m.Ours = nil },
		"ours has": func(m *Measurement) { m.Ours[0] = math.NaN() },
		"theirs":   func(m *Measurement) { m.Theirs = nil },
		"other":    func(m *Measurement) { m.Other = "" },
	} {
		t.Run(field, func(t *testing.T) {
			m := valid()
			change(&m)
			require.ErrorContains(t, m.Check(), field)
			require.Error(t, Append(filepath.Join(t.TempDir(), "results"), m))
		})
	}
}

func TestRatio(t *testing.T) {
	m := valid()
	r, ok := m.Ratio()
	require.True(t, ok)
	require.Equal(t, Spread{0.75, 0.25, 1}, r, "of the rounds")
	m.Ours = []float64{2, 4}
	r, ok = m.Ratio()
	require.True(t, ok)
	require.Equal(t, Spread{0.75, 0.75, 0.75}, r, "of the medians")
	m.Theirs = []float64{0, 1}
	_, ok = m.Ratio()
	require.False(t, ok, "of nothing")
	m.Other, m.Theirs = "", nil
	_, ok = m.Ratio()
	require.False(t, ok, "of nobody")
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results")
	m := valid()
	require.NoError(t, Append(path, m))
	require.NoError(t, Append(path, m, m))
	got, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, []Measurement{m, m, m}, got)

	for text, want := range map[string]string{
		"{}\n":                     ":1: measurement",
		"\n{\"section\": 1}\n":     ":2: json: cannot unmarshal",
		"{\"sektion\": \"1\"}":     ":1: json: unknown field",
		"no measurement at all\n ": ":1: invalid character",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Read(path)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.WriteFile(path, []byte("\n \n"), 0o600))
	got, err = Read(path)
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = Read(path + ".none")
	require.ErrorIs(t, err, os.ErrNotExist)
}
