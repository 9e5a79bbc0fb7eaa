package result

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// Unit is what values are in.
type Unit string

// The units.
const (
	Nanoseconds Unit = "ns"
	Bytes       Unit = "B"
	PerSecond   Unit = "1/s" // of operations
	BytesPerSec Unit = "B/s"
	Count       Unit = "count"
)

var units = []Unit{Nanoseconds, Bytes, PerSecond, BytesPerSec, Count}

// Measurement is one quantity of some work, by rounds.
type Measurement struct {
	// Section, Work, Mode, Quantity and Side together are what tells it from others.
	Section  string `json:"section"`        // of the report: connect, commands, ...
	Work     string `json:"work"`           // what is done: "fsid, 8 callers"
	Mode     string `json:"mode,omitempty"` // secure or crc, where it matters
	Quantity string `json:"quantity"`       // "wall p50", "cpu", "resident"
	Side     string `json:"side"`           // what of ours: go, c, python, monc

	Unit   Unit `json:"unit"`
	Higher bool `json:"higher_is_better,omitempty"`

	Ours []float64 `json:"ours"`
	// Other is whom ours is compared with: librados, python3-rados, ceph, Go's standard library. None: nobody, and there
	// are no Theirs.
	Other  string    `json:"other,omitempty"`
	Theirs []float64 `json:"theirs,omitempty"`
}

// ID is the name of a measurement, which stays the same from run to run.
func (m *Measurement) ID() string {
	return strings.Join([]string{m.Section, m.Work, m.Mode, m.Quantity, m.Side}, " | ")
}

// Check returns what is wrong with a measurement.
func (m *Measurement) Check() error {
	var wrong error
	complain := func(field, format string, args ...any) {
		wrong = errors.Join(wrong, fmt.Errorf("measurement %s: %s %s", m.ID(), field, fmt.Sprintf(format, args...)))
	}
	for field, text := range map[string]string{"section": m.Section, "work": m.Work, "quantity": m.Quantity, "side": m.Side} {
		if text == "" {
			complain(field, "is empty")
		}
	}
	if !slices.Contains(units, m.Unit) {
		complain("unit", "%q is none of %q", m.Unit, units)
	}
	if len(m.Ours) == 0 {
		complain("ours", "is empty")
	}
	if (m.Other == "") != (len(m.Theirs) == 0) {
		complain("theirs", "has %d values, and other is %q", len(m.Theirs), m.Other)
	}
	for field, values := range map[string][]float64{"ours": m.Ours, "theirs": m.Theirs} {
		for _, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				complain(field, "has %v", v)
			}
		}
	}
	return wrong
}

// Spread is a median and what it lies in.
type Spread struct {
	Median, Lowest, Highest float64
}

// SpreadOf returns the spread of values, of which there must be one.
func SpreadOf(values []float64) Spread {
	return Spread{Median(values), slices.Min(values), slices.Max(values)}
}

// Median returns the middle value, the mean of both middle ones for an even number.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Ratio returns ours divided by theirs: the spread of the rounds' own ratios, where both sides have as many rounds, which
// took turns; otherwise the ratio of the medians. There is none without another side, and none of nothing.
func (m *Measurement) Ratio() (Spread, bool) {
	if len(m.Theirs) == 0 {
		return Spread{}, false
	}
	if len(m.Ours) != len(m.Theirs) {
		theirs := Median(m.Theirs)
		if theirs == 0 {
			return Spread{}, false
		}
		r := Median(m.Ours) / theirs
		return Spread{r, r, r}, true
	}
	ratios := make([]float64, len(m.Ours))
	for i := range m.Ours {
		if m.Theirs[i] == 0 {
			return Spread{}, false
		}
		ratios[i] = m.Ours[i] / m.Theirs[i]
	}
	return SpreadOf(ratios), true
}

// Append adds measurements to the file at path, which need not exist.
func Append(path string, ms ...Measurement) (err error) {
	var b bytes.Buffer
	for i := range ms {
		if err := ms[i].Check(); err != nil {
			return err
		}
		if err := json.NewEncoder(&b).Encode(&ms[i]); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Close())
}

// Read returns the measurements of a file. An empty line is none.
func Read(path string) ([]Measurement, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var ms []Measurement
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			var m Measurement
			d := json.NewDecoder(bytes.NewReader(line))
			d.DisallowUnknownFields()
			if err := d.Decode(&m); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, n, err)
			}
			if err := m.Check(); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, n, err)
			}
			ms = append(ms, m)
		}
		if err != nil {
			return ms, nil
		}
	}
}
