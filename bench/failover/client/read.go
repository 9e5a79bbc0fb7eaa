package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
)

// retryPause is between a failed read and the next one.
const retryPause = 10 * time.Millisecond

// read is one read of the cluster, the same as the other side's.
func read(ctx context.Context, c *monclient.Client) error {
	reply, err := c.Command(ctx, monclient.Raw(`{"prefix":"fsid"}`))
	if err != nil {
		return err
	}
	return reply.Err()
}

// readUntilSuccess reads until a read has succeeded or the client is closed.
func readUntilSuccess(ctx context.Context, c *monclient.Client) answer {
	begin := time.Now()
	var a answer
	for {
		err := read(ctx, c)
		if err == nil {
			a.Reads++
		} else {
			a.Errors++
			a.Error = err.Error()
		}
		if err == nil || errors.Is(err, monclient.ErrClosed) {
			now := time.Now()
			a.NS, a.At = int64(now.Sub(begin)), now.UnixNano()
			return a
		}
		pause(ctx, retryPause)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// loop reads, one read after the other, until one that began after the mark has succeeded.
type loop struct {
	marked atomic.Bool
	begun  chan struct{} // closed after the first read
	result chan answer
}

func startLoop(ctx context.Context, c *monclient.Client) *loop {
	l := &loop{begun: make(chan struct{}), result: make(chan answer, 1)}
	go l.readLoop(ctx, c)
	<-l.begun
	return l
}

// readLoop finds the longest time between two successes.
func (l *loop) readLoop(ctx context.Context, c *monclient.Client) {
	var total answer
	var last time.Time
	for {
		marked := l.marked.Load()
		a := readUntilSuccess(ctx, c)
		now := time.Now()
		if total.Reads == 0 {
			close(l.begun)
		} else if gap := int64(now.Sub(last)); gap > total.NS {
			total.NS, total.At = gap, a.At
		}
		last = now
		total.Reads += max(a.Reads, 1)
		if a.Errors > 0 {
			total.Errors += a.Errors
			total.Error = a.Error
		}
		if marked || a.Reads == 0 {
			l.result <- total
			return
		}
	}
}

func (l *loop) end() answer {
	l.marked.Store(true)
	return <-l.result
}
