package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

const (
	attachTries   = 60                     // connections until one is with the wanted monitor, which every third should be
	readyTries    = 5                      // for sessions that last until the fault
	settleTimeout = 10 * time.Second       // for a side's connections to be those of its sessions
	settlePoll    = 5 * time.Millisecond   // how often that is looked at
	idleTime      = 300 * time.Millisecond // idle time before a fault, at least
	attachPause   = 10 * time.Millisecond  // between connections
)

// round is one fault as one side met it.
type round struct {
	Mon    string        `json:"mon"`
	Leader bool          `json:"leader"`
	Idle   time.Duration `json:"idle_ns"` // before the fault
	NS     int64         `json:"ns"`
	// After is what of NS came after the monitor's connections were closed, where they were: what a client can do nothing
	// about is left out.
	After  int64  `json:"after_close_ns,omitempty"`
	Reads  int64  `json:"reads"`
	Errors int64  `json:"errors"` // reads that failed
	Error  string `json:"error,omitempty"`
}

// result is one side under one fault.
type result struct {
	Fault   string  `json:"fault"`
	Variant variant `json:"variant"`
	Side    string  `json:"side"`
	Rounds  []round `json:"rounds"`

	silent bool
}

// measurement is a cluster and the sides.
type measurement struct {
	settings
	cluster *realceph.Cluster
	sides   []*side
	stderr  io.Writer
}

// measure has all sides meet all faults.
func (m *measurement) measure(ctx context.Context) ([]*result, error) {
	var results []*result
	for _, f := range m.faults {
		for _, v := range m.variants {
			of := map[*side]*result{}
			for _, s := range m.sides {
				of[s] = &result{Fault: f.name, Variant: v, Side: s.name, silent: f.silent}
				results = append(results, of[s])
			}
			rounds := m.rounds
			if f.silent {
				rounds = m.silentRounds
			}
			for n := range rounds {
				for _, together := range m.turns(f, n) {
					idle := idleTime
					if f.silent {
						idle += time.Duration((float64(n) + 0.5) / float64(rounds) * float64(m.phase))
					}
					got, err := m.round(ctx, f, v, n, idle, together)
					if err != nil {
						return nil, errors.Join(fmt.Errorf("%s, %s, round %d: %w", f.name, v, n+1, err), crashed(m.cluster))
					}
					for i, s := range together {
						of[s].Rounds = append(of[s].Rounds, got[i])
						fmt.Fprintf(m.stderr, "%s, %s, round %d of %d, mon.%s: %s: %s\n", f.name, v, n+1, rounds, got[i].Mon, s.name, printTime(got[i].NS))
					}
				}
			}
		}
	}
	return results, nil
}

// turns returns who meets the n-th fault of a kind together with whom.
func (m *measurement) turns(f fault, n int) [][]*side {
	if f.silent {
		return [][]*side{m.sides}
	}
	var turns [][]*side
	for i := range m.sides {
		turns = append(turns, []*side{m.sides[(i+n)%len(m.sides)]})
	}
	return turns
}

// round has some sides meet one fault.
func (m *measurement) round(ctx context.Context, f fault, v variant, n int, idle time.Duration, sides []*side) (rounds []round, err error) {
	leader, victim, err := m.ready(ctx, n, idle, sides)
	if err != nil {
		return nil, err
	}
	if v == waiting {
		for _, s := range sides {
			if _, err := s.ask(ctx, "loop"); err != nil {
				return nil, err
			}
		}
	}
	var w *witness
	if f.finish != nil {
		if w, err = newWitness(ctx, m.cluster, victim); err != nil {
			return nil, err
		}
		defer w.conn.Close()
	}
	if err := f.begin(m.cluster, victim); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, heal(ctx, m.cluster, f, victim)) }()
	if v != waiting { // who waits is in the middle of a read, and the mark may be late
		if err := tellAll(sides, "read"); err != nil {
			return nil, err
		}
	}
	var closed time.Time
	if f.finish != nil {
		if err := f.finish(m.cluster, victim); err != nil {
			return nil, err
		}
		closed = <-w.closed
	}
	if v == waiting {
		if err := tellAll(sides, "mark"); err != nil {
			return nil, err
		}
	}
	for _, s := range sides {
		a, err := s.await(ctx)
		if err != nil {
			return nil, err
		}
		one := round{Mon: victim, Leader: victim == leader, Idle: idle, NS: a.NS, Reads: a.Reads, Errors: a.Errors, Error: a.Error}
		if !closed.IsZero() {
			one.After = min(max(a.At-closed.UnixNano(), 0), a.NS) // the longest gap may be another one, on a busy machine
		}
		rounds = append(rounds, one)
	}
	for _, s := range sides {
		if _, err := s.ask(ctx, "close"); err != nil {
			return nil, err
		}
	}
	return rounds, nil
}

func tellAll(sides []*side, line string) error {
	for _, s := range sides {
		if err := s.tell(line); err != nil {
			return err
		}
	}
	return nil
}

// witness sees when a monitor's connections are closed.
type witness struct {
	conn   net.Conn
	closed chan time.Time
}

// newWitness connects to a monitor, which waits for a few seconds for more to come.
func newWitness(ctx context.Context, c *realceph.Cluster, mon string) (*witness, error) {
	i := slices.IndexFunc(c.Mons(), func(m realceph.Mon) bool { return m.Name == mon })
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.Mons()[i].V2.String())
	if err != nil {
		return nil, err
	}
	w := &witness{conn: conn, closed: make(chan time.Time, 1)}
	go w.readLoop()
	return w, nil
}

func (w *witness) readLoop() {
	_, _ = io.Copy(io.Discard, w.conn) // until it ends, however it does
	w.closed <- time.Now()
}

// ready has sides with sessions with one monitor that have been idle for a while.
func (m *measurement) ready(ctx context.Context, n int, idle time.Duration, sides []*side) (leader, mon string, err error) {
	for range readyTries {
		if leader, mon, err = m.attachAll(ctx, n, sides); err != nil {
			return "", "", err
		}
		if err := pause(ctx, idle); err != nil {
			return "", "", err
		}
		stayed := 0
		for _, s := range sides {
			with, err := sessions(s.cmd.Process.Pid, m.cluster.Mons())
			if err != nil {
				return "", "", err
			}
			if with[mon] > 0 {
				stayed++
			}
		}
		if stayed == len(sides) {
			return leader, mon, nil
		}
		fmt.Fprintf(m.stderr, "%d of %d sides stayed with mon.%s for %v: once more\n", stayed, len(sides), mon, idle)
	}
	return "", "", fmt.Errorf("sessions do not last for %v", idle)
}

// attachAll connects sides anew until their sessions are with the same monitor: the leader or one of the others, by turns as n
// grows. When that one cannot be had, because clients find the others faster, it is the next one.
func (m *measurement) attachAll(ctx context.Context, n int, sides []*side) (leader, mon string, err error) {
	leader, peons, err := roles(ctx, m.cluster)
	if err != nil {
		return "", "", err
	}
	mons := slices.Concat([]string{leader}, peons)
	for i := range mons {
		mon = mons[(n+i)%len(mons)]
		err = nil
		for _, s := range sides {
			if err = m.attach(ctx, s, mon); err != nil {
				break
			}
		}
		if !errors.Is(err, errElsewhere) {
			return leader, mon, err
		}
		fmt.Fprintln(m.stderr, err)
	}
	return "", "", err
}

// errElsewhere says that a side's sessions are with other monitors.
var errElsewhere = errors.New("no session with the wanted monitor")

// attach connects a side anew until its session is with the monitor.
func (m *measurement) attach(ctx context.Context, s *side, mon string) error {
	for range attachTries {
		a, err := s.ask(ctx, "connect")
		if err != nil {
			return err
		}
		with, err := m.settled(ctx, s)
		if err != nil {
			return err
		}
		if a.Mon == mon || a.Mon == "" && with[mon] > 0 {
			return nil
		}
		if err := pause(ctx, attachPause); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w, mon.%s, after %d connections", s.name, errElsewhere, mon, attachTries)
}

// settled waits until a side has no connection but those of its sessions, and returns with which monitors they are.
func (m *measurement) settled(ctx context.Context, s *side) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	for {
		with, err := sessions(s.cmd.Process.Pid, m.cluster.Mons())
		if err != nil {
			return nil, err
		}
		total := 0
		for _, n := range with {
			total += n
		}
		if total == 1+s.standbys && len(with) == total {
			return with, nil
		}
		if err := pause(ctx, settlePoll); err != nil {
			return nil, fmt.Errorf("%s has connections %v, want %d: %w", s.name, with, 1+s.standbys, err)
		}
	}
}
