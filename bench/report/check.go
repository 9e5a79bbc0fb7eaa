package main

import (
	"fmt"
	"io"

	"github.com/libmonclient/libmonclient/bench/result"
)

// change is what has become of a ratio.
type change string

const (
	same      change = ""
	better    change = "better"
	worse     change = "worse"
	muchWorse change = "MUCH WORSE"
)

// compare judges two measurements of the same thing by how much worse the newer one's ratio is. What lies in what the rounds
// of either have seen is the same.
func compare(was, is *result.Measurement, factor float64) (change, float64) {
	old, ok1 := was.Ratio()
	now, ok2 := is.Ratio()
	if !ok1 || !ok2 || old.Median == 0 || now.Median == 0 {
		return same, 1
	}
	by := now.Median / old.Median
	isWorse, isBetter := now.Lowest > old.Highest, now.Highest < old.Lowest
	if is.Higher {
		by = 1 / by
		isWorse, isBetter = isBetter, isWorse
	}
	switch {
	case isWorse && by > factor:
		return muchWorse, by
	case isWorse:
		return worse, by
	case isBetter:
		return better, by
	}
	return same, by
}

// check writes what has changed, and reports whether no ratio is worse by more than the factor.
func check(w io.Writer, was, is *set, factor float64) bool {
	count := map[change]int{}
	fine, compared := true, 0
	for i := range is.all {
		now := &is.all[i]
		old := was.byID[now.ID()]
		if old == nil {
			fmt.Fprintf(w, "new         %s\n", now.ID())
			continue
		}
		if old.Unit != now.Unit || old.Higher != now.Higher || old.Other != now.Other {
			fmt.Fprintf(w, "different   %s: measured in another way than it was\n", now.ID())
			continue
		}
		c, by := compare(old, now, factor)
		if now.Other != "" {
			compared++
		}
		count[c]++
		fine = fine && c != muchWorse
		if c != same {
			a, _ := old.Ratio()
			b, _ := now.Ratio()
			if c == better {
				by = 1 / by
			}
			fmt.Fprintf(w, "%-11s %s: the ratio was %s and is %s, %s × %s\n", c, now.ID(), ratio(a), ratio(b), number(by), map[bool]string{true: "better", false: "worse"}[c == better])
		} else if more, was, is := moreAllocations(old, now); more {
			fmt.Fprintf(w, "allocations %s: were %s and are %s\n", now.ID(), was, is)
		}
	}
	for i := range was.all {
		if id := was.all[i].ID(); is.byID[id] == nil {
			fmt.Fprintf(w, "gone        %s\n", id)
		}
	}
	fmt.Fprintf(w, "%d ratios compared: %d better, %d worse, %d worse by more than %s ×\n", compared, count[better], count[worse], count[muchWorse], number(factor))
	return fine
}

// moreAllocations reports whether a count that no machine should change has risen, which is worth a line.
func moreAllocations(was, is *result.Measurement) (more bool, old, now string) {
	if is.Quantity != "allocs" {
		return false, "", ""
	}
	a, b := result.Median(was.Ours), result.Median(is.Ours)
	return b > a*1.05+0.5, number(a), number(b)
}
