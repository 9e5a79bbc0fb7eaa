package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// delayPercentiles are told of the delays of a round.
var delayPercentiles = []int{50, 95, 99}

// The kinds of clients that see a change.
const (
	seenAnywhere = "osdmap change"
	seenAtLeader = "osdmap change, leader"
	seenAtPeon   = "osdmap change, peon"
	seenOutside  = "osdmap change, other process"
	ofTheClient  = "osdmap change, since it was read" // the client's part
)

var kinds = []string{seenAnywhere, seenAtLeader, seenAtPeon, seenOutside, ofTheClient}

// subscription is the section.
func (b *bench) subscription(ctx context.Context) ([]result.Measurement, error) {
	var all []result.Measurement
	for _, mode := range b.modes {
		of := map[string][]result.Measurement{}
		for _, kind := range kinds {
			of[kind] = delayMeasurements(kind, mode)
		}
		for n := range b.watches {
			b.say("%s, watching %d changes, round %d of %d", mode, b.changes, n+1, b.watches)
			round, err := b.watchChanges(ctx, mode, n)
			if err != nil {
				return nil, err
			}
			for _, kind := range kinds {
				addDelays(of[kind], round[kind])
			}
		}
		for _, kind := range kinds {
			all = append(all, of[kind]...)
		}
	}
	return all, nil
}

func delayMeasurements(work, mode string) []result.Measurement {
	var all []result.Measurement
	for _, p := range delayPercentiles {
		all = append(all, result.Measurement{
			Section: sectionSubscription, Work: work, Mode: mode, Quantity: fmt.Sprintf("delay p%d", p), Side: ours, Unit: result.Nanoseconds,
		})
	}
	return all
}

// addDelays adds a round to the measurements of delayMeasurements.
func addDelays(ms []result.Measurement, delays []int64) {
	slices.Sort(delays)
	for i, p := range delayPercentiles {
		ms[i].Ours = append(ms[i].Ours, float64(delays[min(len(delays)*p/100, len(delays)-1)]))
	}
}

// watchChanges has new clients see changes, and returns the delays by kind.
func (b *bench) watchChanges(ctx context.Context, mode string, round int) (_ map[string][]int64, err error) {
	mons := b.cluster.Mons()
	leader := -1
	addrs := make([]string, len(mons))
	for i, m := range mons {
		s, err := b.cluster.MonStatus(ctx, m.Name)
		if err != nil {
			return nil, err
		}
		if s.State == "leader" {
			leader = i
		}
		addrs[i] = m.Addrs()
	}
	if leader < 0 {
		return nil, errors.New("there is no leader")
	}
	sides := make([]*side, 2)
	for i := range sides {
		s, err2 := b.start(ctx, ours, mode)
		if err2 != nil {
			return nil, err2
		}
		defer func() { err = errors.Join(err, s.close()) }()
		sides[i] = s
		// Who makes the changes, and one client for each monitor.
		line := "at " + strings.Join(append([]string{addrs[round%len(addrs)]}, addrs...), " ")
		for _, line := range []string{line, "watch"} {
			if _, err := s.ask(ctx, "%s", line); err != nil {
				return nil, err
			}
		}
	}
	a, err := sides[0].ask(ctx, "change %d", b.changes)
	if err != nil {
		return nil, err
	}
	if len(a.Changes) != b.changes {
		return nil, fmt.Errorf("%d changes, want %d", len(a.Changes), b.changes)
	}
	outside, err := sides[1].ask(ctx, "seen %d", a.Changes[b.changes-1].Epoch)
	if err != nil {
		return nil, err
	}
	return delays(a.Changes, outside.Seen, leader)
}

// delays returns by kind how long after its acknowledgement each change was seen, 0 if it was before. A change that was replaced by
// a later one before it was fetched is as late as that. Clients are in the order of the monitors.
func delays(changes []change, outside [][]seen, leader int) (map[string][]int64, error) {
	of := map[string][]int64{}
	for _, c := range changes {
		for mon, at := range c.At {
			delay, kind := max(0, at-c.Ack), seenAtPeon
			if mon == leader {
				kind = seenAtLeader
			}
			of[seenAnywhere] = append(of[seenAnywhere], delay)
			of[kind] = append(of[kind], delay)
			if mon < len(c.Read) {
				of[ofTheClient] = append(of[ofTheClient], max(0, at-c.Read[mon]))
			}
		}
		for _, all := range outside {
			i := slices.IndexFunc(all, func(s seen) bool { return s.Epoch >= c.Epoch })
			if i < 0 {
				return nil, fmt.Errorf("epoch %d was not seen by another process", c.Epoch)
			}
			of[seenOutside] = append(of[seenOutside], max(0, all[i].At-c.Ack))
		}
	}
	for _, kind := range kinds {
		if len(of[kind]) == 0 {
			return nil, fmt.Errorf("%s: nobody has seen any", kind)
		}
	}
	return of, nil
}
