package main

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
)

// flapInterval is between the reads of a client that is watched for failovers.
const flapInterval = 100 * time.Millisecond

// toldMax bounds the events that are kept in words.
const toldMax = 100

// flap is a client with reads in flight regularly, whose session's events are counted.
type flap struct {
	client *monclient.Client
	stop   context.CancelFunc
	result chan answer

	mu     sync.Mutex
	begin  time.Time
	events map[string]int // by kind; guarded by mu
	told   []string       // guarded by mu
}

func startFlap(ctx context.Context, options []string) (*flap, error) {
	cfg, err := configure(ctx, options)
	if err != nil {
		return nil, err
	}
	f := &flap{result: make(chan answer, 1), events: map[string]int{}, begin: time.Now()}
	cfg.OnSession = f.note
	if f.client, err = open(ctx, cfg); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.events, f.told = map[string]int{}, nil // what it took to connect is no failover
	f.mu.Unlock()
	ctx, f.stop = context.WithCancel(ctx)
	go f.readLoop(ctx)
	return f, nil
}

func (f *flap) note(e monclient.SessionEvent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := e.Kind.String()
	if e.Kind == monclient.SessionStandby && e.Err != nil {
		kind += " lost"
	}
	f.events[kind]++
	if len(f.told) < toldMax {
		f.told = append(f.told, time.Since(f.begin).Round(time.Millisecond).String()+" "+e.String())
	}
}

func (f *flap) readLoop(ctx context.Context) {
	var a answer
	for ctx.Err() == nil {
		one := readUntilSuccess(context.WithoutCancel(ctx), f.client)
		a.Latencies = append(a.Latencies, one.NS)
		a.Reads += one.Reads
		if one.Errors > 0 {
			a.Errors += one.Errors
			a.Error = one.Error
		}
		if one.Reads == 0 {
			break // closed
		}
		pause(ctx, flapInterval)
	}
	f.result <- a
}

func (f *flap) end() answer {
	f.stop()
	a := <-f.result
	f.mu.Lock()
	a.Events, a.Told = maps.Clone(f.events), f.told
	f.mu.Unlock()
	f.client.Close() // after the events are counted: closing is no failover
	return a
}
