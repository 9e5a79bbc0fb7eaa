package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// benchmark is what go test printed of one benchmark, by rounds.
type benchmark struct {
	pkg, name string
	values    map[string][]float64 // by unit
}

var cpuSuffix = regexp.MustCompile(`-\d+$`)

// parseBenchmarks reads what go test -bench prints. Everything else in it is passed over, but for a failure.
func parseBenchmarks(r io.Reader) ([]*benchmark, error) {
	byName := map[string]*benchmark{}
	var all []*benchmark
	pkg := ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if p, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = p
			continue
		}
		if strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "--- FAIL") || strings.HasPrefix(line, "panic:") {
			return nil, fmt.Errorf("the benchmarks have failed: %s", line)
		}
		f := strings.Fields(line)
		if len(f) < 4 || len(f)%2 != 0 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := cpuSuffix.ReplaceAllString(strings.TrimPrefix(f[0], "Benchmark"), "")
		b := byName[pkg+" "+name]
		if b == nil {
			b = &benchmark{pkg: pkg, name: name, values: map[string][]float64{}}
			byName[pkg+" "+name] = b
			all = append(all, b)
		}
		for i := 2; i < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			b.values[f[i+1]] = append(b.values[f[i+1]], v)
		}
	}
	return all, lines.Err()
}

// convert makes measurements of benchmarks: the frame codec beside the machine's limit, the OSD map's in their own section,
// and every other one with its package's name.
func convert(all []*benchmark) ([]result.Measurement, error) {
	var frames, osdmap, others []result.Measurement
	limits := map[string]*benchmark{}
	for _, b := range all {
		if codec, ok := strings.CutSuffix(b.name, "/limit"); ok {
			limits[codec] = b
		}
	}
	for _, b := range all {
		dir := b.pkg[strings.LastIndexByte(b.pkg, '/')+1:]
		switch {
		case strings.HasPrefix(b.name, "Frame/"):
			codec, ok := strings.CutSuffix(b.name, "/codec")
			if !ok {
				continue
			}
			ms, err := frame(b, limits[codec])
			if err != nil {
				return nil, err
			}
			frames = append(frames, ms...)
		case strings.HasPrefix(b.name, "OSDMap"):
			osdmap = append(osdmap, plain(b, "osdmap", osdmapWork(b.name))...)
		default:
			others = append(others, plain(b, "codecs", dir+" "+b.name)...)
		}
	}
	// Some of them come from a map, whose order changes.
	order := func(a, b result.Measurement) int { return compareNatural(a.Work, b.Work) }
	slices.SortStableFunc(others, order)
	ms := slices.Concat(osdmap, frames, others)
	_, err := newSet(ms)
	return ms, err
}

// osdmapWork returns "decode" for OSDMapDecode and OSDMapDecode/large, and "decode, x" for OSDMapDecode/x.
func osdmapWork(name string) string {
	what, variant, _ := strings.Cut(strings.TrimPrefix(name, "OSDMap"), "/")
	if strings.ToUpper(what) != what {
		what = strings.ToLower(what)
	}
	if variant == "" || variant == "large" {
		return what
	}
	return what + ", " + strings.ReplaceAll(variant, "/", ", ")
}

// plain returns the measurements of a benchmark that stands alone.
func plain(b *benchmark, section, work string) []result.Measurement {
	var ms []result.Measurement
	for _, q := range []struct {
		quantity, unit string
		as             result.Unit
		factor         float64
		higher         bool
	}{
		{"wall", "ns/op", result.Nanoseconds, 1, false},
		{"cpu", "cpu-ns/op", result.Nanoseconds, 1, false},
		{"bandwidth", "MB/s", result.BytesPerSec, 1e6, true},
		{"allocated", "B/op", result.Bytes, 1, false},
		{"allocs", "allocs/op", result.Count, 1, false},
	} {
		if values := b.values[q.unit]; len(values) > 0 {
			m := result.Measurement{Section: section, Work: work, Quantity: q.quantity, Side: "go", Unit: q.as, Higher: q.higher}
			for _, v := range values {
				m.Ours = append(m.Ours, v*q.factor)
			}
			ms = append(ms, m)
		}
	}
	return ms
}

// sizes are those of frames that the aims name.
var sizes = map[string]string{"4096": "4 KiB", "65536": "64 KiB", "1048576": "1 MiB"}

// frame returns the measurements of Frame/MODE/DIRECTION/SIZE/codec beside its limit.
func frame(b, limit *benchmark) ([]result.Measurement, error) {
	f := strings.Split(b.name, "/")
	if len(f) != 5 || sizes[f[3]] == "" {
		return nil, fmt.Errorf("benchmark %s: want Frame/MODE/DIRECTION/SIZE/codec", b.name)
	}
	other, ok := map[string]string{"crc": "crc32c", "secure": "AES-GCM"}[f[1]]
	if !ok {
		return nil, fmt.Errorf("benchmark %s: %q is no mode", b.name, f[1])
	}
	if limit == nil {
		return nil, fmt.Errorf("benchmark %s has no limit beside it", b.name)
	}
	var ms []result.Measurement
	theirs := plain(limit, "codecs", "limit")
	for _, m := range plain(b, "codecs", frameWork(sizes[f[3]], f[2])) {
		m.Mode = f[1]
		switch m.Quantity {
		case "bandwidth":
			m.Other = other
			for _, t := range theirs {
				if t.Quantity == m.Quantity {
					m.Theirs = t.Ours
				}
			}
		case "allocs":
		default:
			continue
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// compareNatural compares so that 4096 comes before 10000.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			na, nb := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(na) != len(nb) {
				return len(na) - len(nb)
			}
			if c := strings.Compare(na, nb); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits returns how many digits s begins with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
