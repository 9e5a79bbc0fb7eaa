package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

const (
	herdPoll   = 10 * time.Millisecond // how often the connections are looked at
	herdSettle = 2 * time.Second       // before and after the stampede
)

// peak is the busiest time of a stampede.
type peak struct {
	Total  int `json:"total"`   // connections
	In10   int `json:"in_10ms"` // at most
	In100  int `json:"in_100ms"`
	LastNS int `json:"last_ns"` // when the last one came, since the fault
}

// herdResult is what one side's herd did.
type herdResult struct {
	Side     string         `json:"side"`
	Options  []string       `json:"options,omitempty"`
	Clients  int            `json:"clients"`
	Sessions map[string]int `json:"sessions"` // before, by monitor
	Mon      string         `json:"mon"`      // the one that was killed
	Lost     int            `json:"lost"`     // sessions that it had
	// Accepted are the connections to the other monitors, by the kernel; Dialled likewise, counted as they are made (ours).
	Accepted peak  `json:"accepted"`
	Dialled  *peak `json:"dialled,omitempty"`
	Errors   int64 `json:"errors"`    // reads that failed
	Median   int64 `json:"median_ns"` // until a client had a read answered, of all clients
	P99      int64 `json:"p99_ns"`
	Last     int64 `json:"last_ns"`
}

// herdReport is about one run.
type herdReport struct {
	Release  string        `json:"release"`
	Ours     string        `json:"ours"`
	Librados string        `json:"librados"`
	CPUs     int           `json:"cpus"`
	Load     string        `json:"load"`
	Herds    []*herdResult `json:"herds"`
}

func (s settings) runHerd(ctx context.Context, p *programs, c *realceph.Cluster, stderr io.Writer) (*herdReport, error) {
	r := &herdReport{Release: string(s.release), CPUs: runtime.NumCPU(), Load: loadAverage()}
	type one struct {
		spec sideSpec
		n    int
	}
	// Ours once as large as librados's, to compare, and once as large as was asked for.
	ours := sideSpec{name: bare, options: s.options}
	var herds []one
	if s.herdLibrados > 0 {
		herds = []one{{sideSpec{name: librados}, s.herdLibrados}, {ours, s.herdLibrados}}
	}
	if s.herd != s.herdLibrados {
		herds = append(herds, one{ours, s.herd})
	}
	for _, h := range herds {
		fmt.Fprintf(stderr, "%d clients: %s\n", h.n, h.spec.name)
		res, version, err := stampede(ctx, p, c, h.spec, h.n)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s, %d clients: %w", h.spec.name, h.n, err), crashed(c))
		}
		r.Herds = append(r.Herds, res)
		if h.spec.name == librados {
			r.Librados = version
		} else {
			r.Ours = version
		}
	}
	return r, nil
}

// stampede has n clients of a side lose the monitor that most of them are with.
func stampede(ctx context.Context, p *programs, c *realceph.Cluster, spec sideSpec, n int) (_ *herdResult, version string, err error) {
	s, err := p.start(ctx, spec, c)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := s.ask(ctx, fmt.Sprintf("herd %d", n)); err != nil {
		return nil, "", err
	}
	if err := pause(ctx, herdSettle); err != nil {
		return nil, "", err
	}
	res := &herdResult{Side: spec.name, Options: spec.options, Clients: n}
	pid := s.cmd.Process.Pid
	if res.Sessions, err = sessions(pid, c.Mons()); err != nil {
		return nil, "", err
	}
	var others []netip.AddrPort
	for _, m := range c.Mons() {
		if res.Sessions[m.Name] > res.Lost {
			res.Mon, res.Lost = m.Name, res.Sessions[m.Name]
		}
	}
	for _, m := range c.Mons() {
		if m.Name != res.Mon {
			others = append(others, m.V2)
		}
	}
	if _, err := s.ask(ctx, "watch"); err != nil {
		return nil, "", err
	}
	w, err := watchConnections(ctx, pid, others)
	if err != nil {
		return nil, "", err
	}
	defer w.stop()
	kill := faults[0]
	w.begin = time.Now()
	if err := kill.begin(c, res.Mon); err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, heal(ctx, c, kill, res.Mon)) }()
	if err := kill.finish(c, res.Mon); err != nil {
		return nil, "", err
	}
	told := time.Now()
	a, err := s.ask(ctx, "stampede")
	if err != nil {
		return nil, "", err
	}
	if err := pause(ctx, herdSettle); err != nil {
		return nil, "", err
	}
	seen, err := w.end()
	if err != nil {
		return nil, "", err
	}
	res.Accepted = peakOf(seen)
	if len(a.Dials) > 0 {
		for i := range a.Dials {
			a.Dials[i] += int64(told.Sub(w.begin))
		}
		dialled := peakOf(a.Dials)
		res.Dialled = &dialled
	}
	sorted := slices.Sorted(slices.Values(a.Latencies))
	if len(sorted) != n {
		return nil, "", fmt.Errorf("%d clients have read, want %d", len(sorted), n)
	}
	res.Errors, res.Median, res.P99, res.Last = a.Errors, median(sorted), sorted[n*99/100], sorted[n-1]
	_, err = s.ask(ctx, "close")
	return res, s.version, err
}

// watcher looks for new connections to monitors.
type watcher struct {
	pid   int
	mons  []netip.AddrPort
	begin time.Time // what the times count from
	stop  context.CancelFunc
	done  chan struct{}
	known map[netip.AddrPort]bool // by the client's address; owned by watchLoop
	seen  []time.Time             // owned by watchLoop until done
	err   error                   // likewise
}

func watchConnections(ctx context.Context, pid int, mons []netip.AddrPort) (*watcher, error) {
	w := &watcher{pid: pid, mons: mons, done: make(chan struct{}), known: map[netip.AddrPort]bool{}}
	if err := w.look(); err != nil {
		return nil, err
	}
	w.seen = nil
	ctx, w.stop = context.WithCancel(ctx)
	go w.watchLoop(ctx)
	return w, nil
}

func (w *watcher) watchLoop(ctx context.Context) {
	defer close(w.done)
	tick := time.NewTicker(herdPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if w.err = w.look(); w.err != nil {
				return
			}
		}
	}
}

// tcpSynSent is TCP_SYN_SENT of include/net/tcp_states.h.
const tcpSynSent = 2

// look notes the connections that are new. One that has been closed is seen for another minute, in TIME_WAIT, on the side that closed it.
func (w *watcher) look() error {
	all, err := connections(w.pid)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, c := range all {
		client := c.local
		switch {
		case slices.Contains(w.mons, c.remote):
		case slices.Contains(w.mons, c.local):
			client = c.remote
		default:
			continue
		}
		if c.state != tcpSynSent && client.Port() != 0 && !w.known[client] {
			w.known[client] = true
			w.seen = append(w.seen, now)
		}
	}
	return nil
}

// end stops the looking and returns when each connection was seen. It may be called again.
func (w *watcher) end() ([]int64, error) {
	w.stop()
	<-w.done
	var at []int64
	for _, t := range w.seen {
		at = append(at, int64(t.Sub(w.begin)))
	}
	return at, w.err
}

// peakOf finds the busiest windows, which begin with any connection.
func peakOf(at []int64) peak {
	slices.Sort(at)
	p := peak{Total: len(at)}
	most := func(window time.Duration) int {
		n, first := 0, 0
		for i := range at {
			for at[i]-at[first] >= int64(window) {
				first++
			}
			n = max(n, i-first+1)
		}
		return n
	}
	p.In10, p.In100 = most(herdPoll), most(100*time.Millisecond)
	if len(at) > 0 {
		p.LastNS = int(at[len(at)-1])
	}
	return p
}

func (r *herdReport) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "Ceph %s, three monitors; ours by %s, %s; %d CPUs, load before %s\n", r.Release, r.Ours, orNo(r.Librados), r.CPUs, r.Load)
	fmt.Fprintf(w, "the monitor with most sessions is killed; connections to the others, and the time until clients go on\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "side\tclients\tlost\tconnections\tby client\tin 10 ms\tin 100 ms\tof lost\tdialled\tin 10 ms\tin 100 ms\tmedian\tp99\tlast\terrors\t\n")
	for _, h := range r.Herds {
		lost := float64(max(h.Lost, 1))
		dialled := "\t\t"
		if h.Dialled != nil {
			dialled = fmt.Sprintf("%d\t%d\t%d", h.Dialled.Total, h.Dialled.In10, h.Dialled.In100)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%.2f\t%d\t%d\t%.0f%%\t%s\t%s\t%s\t%s\t%d\t\n", h.Side, h.Clients, h.Lost, h.Accepted.Total, float64(h.Accepted.Total)/lost,
			h.Accepted.In10, h.Accepted.In100, 100*float64(h.Accepted.In100)/lost, dialled, printTime(h.Median), printTime(h.P99), printTime(h.Last), h.Errors)
	}
	return t.Flush()
}

func (r *herdReport) writeJSON(w io.Writer) error { return writeJSON(w, r) }
