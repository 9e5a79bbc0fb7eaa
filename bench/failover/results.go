package main

import (
	"strings"

	results "github.com/libmonclient/libmonclient/bench/result"
)

// measurements returns what bench/report makes a table of: each side of ours beside librados, if that was there.
func (r *report) measurements() []results.Measurement {
	var all []results.Measurement
	for _, res := range r.Results {
		if res.Side == librados {
			continue
		}
		gap := results.Measurement{
			Section: "failover", Work: res.Fault + ", " + string(res.Variant), Quantity: "gap", Side: measuredSide(res.Side), Unit: results.Nanoseconds,
		}
		after := gap
		after.Quantity = "gap after close"
		for _, one := range res.Rounds {
			gap.Ours, after.Ours = append(gap.Ours, float64(one.NS)), append(after.Ours, float64(one.After))
		}
		for _, other := range r.Results {
			if other.Side != librados || other.Fault != res.Fault || other.Variant != res.Variant {
				continue
			}
			gap.Other, after.Other = librados, librados
			for _, one := range other.Rounds {
				gap.Theirs, after.Theirs = append(gap.Theirs, float64(one.NS)), append(after.Theirs, float64(one.After))
			}
		}
		all = append(all, gap)
		if !res.silent {
			all = append(all, after)
		}
	}
	return all
}

// measuredSide returns the name of a side of ours as measurements have it: "go, standby", "go, hedged".
func measuredSide(name string) string {
	name = strings.ReplaceAll(name, hedged, "go, hedged")
	return strings.Replace(name, bare, "go", 1)
}
