package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
)

// seen is when an epoch of the osdmap was there, as Unix has it, and when the last of it was read from the connection.
type seen struct {
	Epoch uint64 `json:"epoch"`
	At    int64  `json:"at_ns"`
	Read  int64  `json:"read_ns"`
}

// change is one change of the osdmap: when the command that made it was acknowledged, and when the map was there.
type change struct {
	Epoch uint64  `json:"epoch"`
	Ack   int64   `json:"ack_ns"`
	At    []int64 `json:"at_ns"`   // at each client that watches
	Read  []int64 `json:"read_ns"` // likewise
}

// watcher follows the osdmap, as a program would.
type watcher struct {
	watch *monclient.Watch[any]
	read  *atomic.Int64 // when something was read from the client's connection
	done  chan struct{}

	mu    sync.Mutex
	news  chan struct{} // closed, and made anew, with every event; guarded by mu
	seen  []seen        // guarded by mu
	ended bool          // guarded by mu
}

// watch returns when the first map is there.
func watch(ctx context.Context, c *monclient.Client, read *atomic.Int64) (*watcher, error) {
	w := &watcher{read: read, done: make(chan struct{}), news: make(chan struct{})}
	var err error
	if w.watch, err = c.WatchAny(monclient.WatchSpec{What: "osdmap"}); err != nil {
		return nil, err
	}
	go w.watchLoop(ctx)
	if w.until(1) == nil {
		w.close()
		return nil, errors.New("the osdmap has not come")
	}
	return w, nil
}

func (w *watcher) watchLoop(ctx context.Context) {
	defer close(w.done)
	for {
		e, err := w.watch.Next(ctx)
		now := time.Now().UnixNano()
		w.mu.Lock()
		if err == nil {
			w.seen = append(w.seen, seen{e.Epoch, now, w.read.Load()})
		}
		w.ended = err != nil
		close(w.news)
		w.news = make(chan struct{})
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// last returns the newest epoch.
func (w *watcher) last() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return 0
	}
	return w.seen[len(w.seen)-1].Epoch
}

// until waits for an epoch and returns all that were seen, nil when the watch has ended before.
func (w *watcher) until(epoch uint64) []seen {
	for w.last() < epoch {
		w.mu.Lock()
		news, ended := w.news, w.ended
		w.mu.Unlock()
		if ended {
			return nil
		}
		if w.last() < epoch {
			<-news
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]seen(nil), w.seen...)
}

func (w *watcher) close() {
	_ = w.watch.Close() // which has one error, that it is closed
	<-w.done
}

// flag is what is set and unset again, with no OSD to care.
const flag = "noout"

// readConn notes when something was read.
type readConn struct {
	net.Conn
	read *atomic.Int64
}

func (c readConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.read.Store(time.Now().UnixNano())
	}
	return n, err
}

// dialNoting dials connections that note in read when something was read.
func dialNoting(read *atomic.Int64) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return readConn{conn, read}, nil
	}
}

// watchAll has all clients but the first watch.
func (s *side) watchAll(ctx context.Context) error {
	for i, c := range s.clients[1:] {
		w, err := watch(ctx, c, s.reads[i+1])
		if err != nil {
			return err
		}
		s.watchers = append(s.watchers, w)
	}
	return nil
}

// arrival returns when an epoch was there: with the first map that is not older.
func arrival(all []seen, epoch uint64) (seen, bool) {
	for _, one := range all {
		if one.Epoch >= epoch {
			return one, true
		}
	}
	return seen{}, false
}

var errNoChange = errors.New("the watch has ended before the change was seen")

// change has the first client change the osdmap n times; each change is waited for.
func (s *side) change(ctx context.Context, n int) ([]change, error) {
	changes := make([]change, n)
	for i := range changes {
		prefix := "osd set"
		if i%2 == 1 {
			prefix = "osd unset"
		}
		next := uint64(0)
		for _, w := range s.watchers {
			next = max(next, w.last()+1)
		}
		reply, err := s.clients[0].Command(ctx, monclient.Command{Prefix: prefix, Args: map[string]any{"key": flag}})
		ack := time.Now().UnixNano()
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			return nil, err
		}
		changes[i] = change{Epoch: next, Ack: ack}
		for _, w := range s.watchers {
			one, ok := arrival(w.until(next), next)
			if !ok {
				return nil, errNoChange
			}
			changes[i].At, changes[i].Read = append(changes[i].At, one.At), append(changes[i].Read, one.Read)
		}
	}
	return changes, nil
}
