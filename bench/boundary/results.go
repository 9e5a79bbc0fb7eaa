package main

import (
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// crossingMeasurements returns the rounds as measurements: each way through the library beside Go's own.
func crossingMeasurements(rounds []map[string]crossing) []result.Measurement {
	var ms []result.Measurement
	for _, row := range rows {
		if row.name == "go" || row.name == "go-1000" {
			continue // the other side
		}
		work := row.name
		if way, many := strings.CutSuffix(work, "-1000"); many {
			work = "1000 in flight, " + way
		}
		wall := result.Measurement{Section: "boundary", Work: work, Quantity: "wall", Side: "c", Unit: result.Nanoseconds}
		allocs := result.Measurement{Section: "boundary", Work: work, Quantity: "allocs", Side: "c", Unit: result.Count}
		if row.beside != "" {
			wall.Other, allocs.Other = "go", "go"
		}
		for _, round := range rounds {
			c := round[row.name]
			wall.Ours, allocs.Ours = append(wall.Ours, max(0, c.ns)), append(allocs.Ours, max(0, c.allocs))
			if base, ok := round[row.beside]; ok {
				wall.Theirs, allocs.Theirs = append(wall.Theirs, base.ns), append(allocs.Theirs, base.allocs)
			}
		}
		ms = append(ms, wall, allocs)
	}
	return ms
}

// libraryMeasurements returns what the libraries cost as measurements.
func libraryMeasurements(ours, theirs costs, needed int) []result.Measurement {
	library := func(quantity string, unit result.Unit, ours, theirs []float64) result.Measurement {
		m := result.Measurement{Section: "boundary", Work: "library", Quantity: quantity, Side: "c", Unit: unit, Ours: ours}
		if theirs != nil {
			m.Other, m.Theirs = "librados", theirs
		}
		return m
	}
	return []result.Measurement{
		library("size", result.Bytes, ours.disk, theirs.disk),
		library("libraries needed", result.Count, []float64{float64(needed)}, nil),
		library("private", result.Bytes, ours.private, theirs.private),
		library("resident", result.Bytes, ours.resident, theirs.resident),
	}
}
