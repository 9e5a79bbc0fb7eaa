package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// load is what the client is made to do.
type load struct {
	name      string
	pipelined bool
	command   bool // otherwise a version query
}

var loads = []load{
	{name: "version query, pipelined", pipelined: true},
	{name: "version query, 1 caller"},
	{name: "command, pipelined", pipelined: true, command: true},
	{name: "command, 1 caller", command: true},
}

// nothing is a command to which the monitor has nothing to say.
const nothing = "nothing"

// sample is one round of one load.
type sample struct {
	ops        int
	elapsed    time.Duration
	cpu        time.Duration
	allocs     uint64
	allocBytes uint64
	latencies  []time.Duration // of one caller's operations
}

// series is a load in one mode, by rounds.
type series struct {
	load
	mode    string
	samples []sample
}

// measure runs all loads, round by round.
func (s settings) measure(ctx context.Context, stderr io.Writer) (all []*series, err error) {
	clients := map[string]*monclient.Client{}
	for _, mode := range s.modes {
		client, end, err := connect(ctx, mode)
		if err != nil {
			return nil, err
		}
		defer end()
		clients[mode] = client
		for _, l := range s.loads {
			all = append(all, &series{load: l, mode: mode})
		}
	}
	for _, one := range all { // which also grows what has to grow
		if _, err := s.sample(ctx, one.load, clients[one.mode], s.duration/10); err != nil {
			return nil, err
		}
	}
	if err := s.profiles.Start(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.profiles.Stop()) }()
	for n := range s.rounds {
		fmt.Fprintf(stderr, "ceiling: round %d of %d\n", n+1, s.rounds)
		for _, one := range all {
			got, err := s.sample(ctx, one.load, clients[one.mode], s.duration)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", one.mode, one.name, err)
			}
			one.samples = append(one.samples, got)
		}
	}
	return all, nil
}

// connect starts a monitor and connects to it, each with goroutines that profiles can tell apart.
func connect(ctx context.Context, mode string) (client *monclient.Client, end func(), err error) {
	modes := cephx.ParseModes(mode)
	var mons *montest.Cluster
	pprof.Do(ctx, pprof.Labels("side", "monitor"), func(context.Context) {
		mons, err = montest.New(montest.Options{TCP: true, Modes: modes})
	})
	if err != nil {
		return nil, nil, err
	}
	mons.HandleCommand(nothing, func(montest.Command) montest.Result { return montest.Result{} })
	pprof.Do(ctx, pprof.Labels("side", "client"), func(ctx context.Context) {
		client, err = monclient.Connect(ctx, monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Modes: modes})
	})
	if err != nil {
		mons.Close()
		return nil, nil, err
	}
	return client, func() {
		client.Close()
		mons.Close()
	}, nil
}

// sample runs a load for some time.
func (s settings) sample(ctx context.Context, l load, client *monclient.Client, d time.Duration) (sample, error) {
	var (
		got                   sample
		memBefore, memAfter   runtime.MemStats
		cpuBefore, cpuAfter   time.Duration
		err, err1, err2, err3 error
	)
	latencies := make([]time.Duration, 0, 1<<18) // more than there will be in any sensible time
	runtime.GC()                                 // what another load has left behind is not this one's
	runtime.ReadMemStats(&memBefore)
	cpuBefore, err1 = cpuTime()
	begin := time.Now()
	pprof.Do(ctx, pprof.Labels("side", "client"), func(ctx context.Context) {
		if l.pipelined {
			got.ops, err2 = pipelined(ctx, client, l.command, s.inflight, begin.Add(d))
		} else {
			latencies, err2 = oneCaller(ctx, client, l.command, latencies, begin.Add(d))
			got.ops, got.latencies = len(latencies), latencies
		}
	})
	got.elapsed = time.Since(begin)
	cpuAfter, err3 = cpuTime()
	runtime.ReadMemStats(&memAfter)
	if err = errors.Join(err1, err2, err3); err != nil {
		return sample{}, err
	}
	if got.ops == 0 {
		return sample{}, fmt.Errorf("nothing was done in %v", d)
	}
	got.cpu = cpuAfter - cpuBefore
	got.allocs, got.allocBytes = memAfter.Mallocs-memBefore.Mallocs, memAfter.TotalAlloc-memBefore.TotalAlloc
	slices.Sort(got.latencies)
	return got, nil
}

var theCommand = monclient.Raw(`{"prefix":"` + nothing + `"}`)

// oneCaller asks, waits for the answer and asks again.
func oneCaller(ctx context.Context, client *monclient.Client, command bool, latencies []time.Duration, end time.Time) ([]time.Duration, error) {
	for begin := time.Now(); begin.Before(end); {
		var err error
		if command {
			_, err = client.Command(ctx, theCommand)
		} else {
			_, _, err = client.Version(ctx, "osdmap")
		}
		if err != nil {
			return nil, err
		}
		now := time.Now()
		latencies = append(latencies, now.Sub(begin))
		begin = now
	}
	return latencies, nil
}

// clockEvery is how many operations are started between two looks at the clock.
const clockEvery = 256

// pipelined starts operations as others end, and returns how many when all have ended.
func pipelined(ctx context.Context, client *monclient.Client, command bool, inflight int, end time.Time) (int, error) {
	free := make(chan struct{}, inflight)
	failed := make(chan error, 1)
	done := func(err error) {
		if err != nil {
			select {
			case failed <- err:
			default: // the first one will do
			}
		}
		<-free
	}
	versionDone := func(_, _ uint64, err error) { done(err) }
	commandDone := func(_ *monclient.Reply, err error) { done(err) }
	ops := 0
	var err error
	for err == nil && (ops%clockEvery != 0 || time.Now().Before(end) && ctx.Err() == nil && len(failed) == 0) {
		free <- struct{}{}
		if command {
			_, err = client.StartCommand(theCommand, 0, commandDone)
		} else {
			_, err = client.StartVersion("osdmap", 0, versionDone)
		}
		if err != nil {
			<-free // it never begins
			break
		}
		ops++
	}
	for range inflight { // all have ended when nothing is in flight
		free <- struct{}{}
	}
	select {
	case first := <-failed:
		err = errors.Join(err, first)
	default:
	}
	return ops, errors.Join(err, ctx.Err())
}
