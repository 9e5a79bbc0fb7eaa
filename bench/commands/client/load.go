package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// someLatencies is the room for them that a caller begins with.
const someLatencies = 1024

// load does operations for a time and returns how long each took, and the size of an output.
func (j job) load(ctx context.Context, sessions []*monclient.Client, length time.Duration) (latencies []int64, output int64, err error) {
	until := time.Now().Add(length)
	if j.kind == kindPipelinedCommand || j.kind == kindPipelinedVersion {
		p := &pipeline{job: j, client: sessions[0], until: until, ended: make(chan struct{})}
		return p.run()
	}
	callers := make([]caller, j.callers)
	for i := range callers {
		callers[i] = caller{job: j, latencies: make([]int64, 0, someLatencies)}
		if len(sessions) > 0 {
			callers[i].client = sessions[i%len(sessions)]
		}
	}
	if j.callers == 1 { // as a program with one goroutine has it
		err := callers[0].work(ctx, until)
		return callers[0].latencies, callers[0].output, err
	}
	var wg sync.WaitGroup
	errs := make([]error, len(callers))
	for i := range callers {
		wg.Go(func() { errs[i] = callers[i].work(ctx, until) })
	}
	wg.Wait()
	for i := range callers {
		latencies = append(latencies, callers[i].latencies...)
		output = max(output, callers[i].output)
	}
	return latencies, output, errors.Join(errs...)
}

// caller does one operation after the other.
type caller struct {
	job
	client    *monclient.Client // nil for connect
	latencies []int64
	output    int64
}

func (c *caller) work(ctx context.Context, until time.Time) (err error) {
	for begin := time.Now(); ; {
		if c.kind == kindConnect {
			err = c.connect(ctx)
		} else {
			c.output, err = c.ask(ctx, c.client)
		}
		if err != nil {
			return err
		}
		end := time.Now()
		c.latencies = append(c.latencies, int64(end.Sub(begin)))
		if begin = end; !end.Before(until) {
			return nil
		}
	}
}

func (j job) connect(ctx context.Context) error {
	c, err := j.open(ctx)
	if err != nil {
		return err
	}
	return c.Close()
}

// ask asks what the kind of load is about and returns the size of the output.
func (j job) ask(ctx context.Context, c *monclient.Client) (output int64, err error) {
	if j.kind == kindVersion || j.kind == kindPipelinedVersion {
		_, _, err := c.Version(ctx, "osdmap")
		return 0, err
	}
	return outputOf(c.Command(ctx, j.command))
}

func outputOf(reply *monclient.Reply, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return int64(len(reply.Output)), reply.Err()
}

// open does what librados is asked to do: read the configuration, set two options, connect.
func (j job) open(ctx context.Context) (*monclient.Client, error) {
	conf := cephconf.New(cephconf.System{})
	if _, err := conf.Load(nil); err != nil {
		return nil, err
	}
	if err := errors.Join(conf.Set("ms_mon_client_mode", j.mode), conf.Set("client_mount_timeout", "30")); err != nil {
		return nil, err
	}
	cfg, err := monclient.FromConf(ctx, conf)
	if err != nil {
		return nil, err
	}
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		j.dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	c, err := monclient.Connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if s, ok := c.Session(); !ok || s.Mode != j.mode {
		c.Close()
		return nil, fmt.Errorf("the session's mode is %q, want %q", s.Mode, j.mode)
	}
	return c, nil
}

// pipeline keeps operations in flight: whatever completes begins the next one, on the client's goroutine.
type pipeline struct {
	job
	client *monclient.Client
	until  time.Time
	ended  chan struct{} // closed when nothing is left

	mu        sync.Mutex
	left      int // in flight, or not begun
	latencies []int64
	output    int64
	err       error
}

func (p *pipeline) run() ([]int64, int64, error) {
	p.latencies, p.left = make([]int64, 0, someLatencies), p.callers
	for range p.callers {
		p.begin(p.slot())
	}
	<-p.ended
	return p.latencies, p.output, p.err
}

// slot is one place in flight, with the functions that are called when its operation completes.
type slot struct {
	begun     time.Time
	onCommand func(*monclient.Reply, error)
	onVersion func(newest, oldest uint64, err error)
}

func (p *pipeline) slot() *slot {
	s := new(slot)
	s.onCommand = func(reply *monclient.Reply, err error) {
		output, err := outputOf(reply, err)
		p.completed(s, output, err)
	}
	s.onVersion = func(_, _ uint64, err error) { p.completed(s, 0, err) }
	return s
}

func (p *pipeline) begin(s *slot) {
	s.begun = time.Now()
	var err error
	if p.kind == kindPipelinedVersion {
		_, err = p.client.StartVersion("osdmap", 0, s.onVersion)
	} else {
		_, err = p.client.StartCommand(p.command, 0, s.onCommand)
	}
	if err != nil {
		p.end(err)
	}
}

func (p *pipeline) completed(s *slot, output int64, err error) {
	if err != nil {
		p.end(err)
		return
	}
	now := time.Now()
	p.mu.Lock()
	p.latencies, p.output = append(p.latencies, int64(now.Sub(s.begun))), output
	p.mu.Unlock()
	if now.Before(p.until) {
		p.begin(s)
	} else {
		p.end(nil)
	}
}

// end says that a place in flight stays empty.
func (p *pipeline) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	if p.left--; p.left == 0 {
		close(p.ended)
	}
}
