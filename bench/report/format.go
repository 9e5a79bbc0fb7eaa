package main

import (
	"math"
	"strconv"

	"github.com/libmonclient/libmonclient/bench/result"
)

// scale is a unit that people read.
type scale struct {
	factor float64
	name   string
}

// scales has the scales of a unit, the largest first.
var scales = map[result.Unit][]scale{
	result.Nanoseconds: {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}},
	result.Bytes:       {{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}},
	result.PerSecond:   {{1e6, "M/s"}, {1e3, "k/s"}, {1, "/s"}},
	result.BytesPerSec: {{1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}},
	result.Count:       {{1, ""}},
}

// scaleFor returns the scale in which v is a number with a digit before the point.
func scaleFor(v float64, u result.Unit) scale {
	all := scales[u]
	for _, s := range all {
		if round3(v) >= s.factor {
			return s
		}
	}
	return all[len(all)-1]
}

// round3 rounds to three digits, so that 999.9 µs are 1 ms.
func round3(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-2)
	return math.Round(v/unit) * unit
}

// number prints v with three digits, more only before the point.
func number(v float64) string {
	switch a := math.Abs(round3(v)); {
	case a == 0:
		return "0"
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return trimmed(v, 1)
	case a >= 1:
		return trimmed(v, 2)
	case a >= 0.1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a >= 0.01:
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// trimmed prints whole numbers without a point.
func trimmed(v float64, digits int) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// quantity prints a value in a unit: "128 µs".
func quantity(v float64, u result.Unit) string {
	s := scaleFor(v, u)
	return withUnit(number(v/s.factor), s.name)
}

func withUnit(n, unit string) string {
	if unit == "" {
		return n
	}
	return n + " " + unit
}

// spread prints a median and what it lies in, in one unit: "128 µs (120–141)".
func spread(sp result.Spread, u result.Unit) string {
	s := scaleFor(sp.Median, u)
	text := withUnit(number(sp.Median/s.factor), s.name)
	if low, high := number(sp.Lowest/s.factor), number(sp.Highest/s.factor); low != high {
		text += " (" + low + "–" + high + ")"
	}
	return text
}

// ratio prints the spread of a ratio: "0.12 (0.11–0.13)".
func ratio(sp result.Spread) string {
	text := number(sp.Median)
	if low, high := number(sp.Lowest), number(sp.Highest); low != high {
		text += " (" + low + "–" + high + ")"
	}
	return text
}
