package main

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
)

// connectParallel is how many clients of a herd connect at once.
const connectParallel = 16

// herd is many clients.
type herd struct {
	clients []*monclient.Client

	mu    sync.Mutex
	dials []time.Time // connections that were established since watch; guarded by mu
}

func newHerd(ctx context.Context, options []string, n int) (*herd, error) {
	cfg, err := configure(ctx, options)
	if err != nil {
		return nil, err
	}
	h := &herd{clients: make([]*monclient.Client, n)}
	cfg.Dial = h.dial
	errs := make([]error, n)
	var wg sync.WaitGroup
	slots := make(chan struct{}, connectParallel)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			h.clients[i], errs[i] = open(ctx, cfg)
			<-slots
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// dial notes when a connection was established.
func (h *herd) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		h.mu.Lock()
		h.dials = append(h.dials, time.Now())
		h.mu.Unlock()
	}
	return conn, err
}

// watch forgets the connections until now.
func (h *herd) watch() {
	h.mu.Lock()
	h.dials = nil
	h.mu.Unlock()
}

// stampede has every client read at once, and returns when all have an answer.
func (h *herd) stampede(ctx context.Context) answer {
	begin := time.Now()
	answers := make([]answer, len(h.clients))
	var wg sync.WaitGroup
	for i, c := range h.clients {
		wg.Go(func() { answers[i] = readUntilSuccess(ctx, c) })
	}
	wg.Wait()
	var total answer
	for _, a := range answers {
		total.Latencies = append(total.Latencies, a.NS)
		total.Errors += a.Errors
		if a.Error != "" {
			total.Error = a.Error
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.dials {
		total.Dials = append(total.Dials, int64(t.Sub(begin)))
	}
	slices.Sort(total.Dials)
	return total
}

func (h *herd) close() {
	var wg sync.WaitGroup
	for _, c := range h.clients {
		if c != nil {
			wg.Go(func() { c.Close() })
		}
	}
	wg.Wait()
}
