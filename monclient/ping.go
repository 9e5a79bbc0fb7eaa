package monclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// PingReply is what a monitor says about itself.
type PingReply struct {
	Mon string // its name, without "mon."
	// JSON is an object with the monitor's own status ("mon_status") and, as far as it knows it, the cluster's ("health").
	// It belongs to the caller.
	JSON []byte
	// RoundTrip is how long the answer took, without the time for the connection.
	RoundTrip time.Duration
}

// PingError says why a monitor has not answered a ping, and whether it is there all the same.
type PingError struct {
	Mon string // without "mon."
	// Alive: a monitor runs there. Its messenger has said so, which it does before it asks who we are; what came then, as a
	// refused key or no answer to the ping itself, is Err. RoundTrip is how long that took.
	Alive     bool
	RoundTrip time.Duration
	Err       error
}

// Error says whether the monitor is there.
func (e *PingError) Error() string {
	if e.Alive {
		return fmt.Sprintf("mon.%s is alive (%v), but: %v", e.Mon, e.RoundTrip.Round(time.Microsecond), e.Err)
	}
	return fmt.Sprintf("mon.%s: %v", e.Mon, e.Err)
}

// Unwrap returns the reason.
func (e *PingError) Unwrap() error { return e.Err }

// pingError makes the error of an attempt.
func pingError(a *tellAttempt, why error) error {
	took, alive := a.alive()
	return &PingError{Mon: a.mon, Alive: alive, RoundTrip: took, Err: unwrapStep(why)}
}

// Ping asks one monitor, by name or rank, how it is. It has a connection of its own and needs neither the session nor a
// quorum. Monitors answer nothing on messenger v2 before they know who asks, so the key has to be right, though no
// capabilities are needed; where it is not, or the monitor does not answer for another reason, the error is a *PingError,
// which says whether it is alive. Without a deadline of ctx it takes Config.PingTimeout at most.
// Implements: int rados_ping_monitor(rados_t cluster, const char *mon_id, char **outstr, size_t *outstrlen), except that
// a connection which the monitor breaks is an error.
func (c *Client) Ping(ctx context.Context, mon string) (*PingReply, error) {
	call, err := pingCall(mon)
	if err != nil {
		return nil, err
	}
	d := call.directed
	_, has := ctx.Deadline()
	d.limited = !has
	return d.pong(c.core.wait(ctx, call, 0))
}

// StartPing does what Ping does and returns at once; done is called with what Ping would return. timeout, done and the error
// are as for StartCommand, except that a timeout of 0 is Config.PingTimeout.
func (c *Client) StartPing(mon string, timeout time.Duration, done func(*PingReply, error)) (*Call, error) {
	if done == nil {
		return nil, pingFailed(mon, errNoFunction)
	}
	call, err := pingCall(mon)
	if err != nil {
		return nil, err
	}
	d := call.directed
	d.limited = timeout == 0
	call.done = func(o outcome) { done(d.pong(o)) }
	if err := c.core.begin(call, timeout); err != nil {
		return nil, pingFailed(mon, err)
	}
	return call, nil
}

// errNoMon refuses a ping that is for nobody.
var errNoMon = errors.New("the name of the monitor is empty")

// pingCall returns the call of a ping.
func pingCall(mon string) (*Call, error) {
	if mon == "" {
		return nil, fmt.Errorf("monclient: ping: %w", errNoMon)
	}
	return &Call{directed: &directed{target: target{kind: toMon, name: mon}, ping: true}}, nil
}

// pong makes the reply of how the call has ended.
func (d *directed) pong(o outcome) (*PingReply, error) {
	if o.err != nil {
		return nil, pingFailed(d.target.name, o.err)
	}
	return pong(o.mon, o.reply, d.took)
}

func pong(mon string, m monmsg.Message, took time.Duration) (*PingReply, error) {
	reply, ok := m.(*monmsg.MPing)
	if !ok {
		return nil, pingFailed(mon, fmt.Errorf("answered with %s", monmsg.TypeName(m.MsgType())))
	}
	return &PingReply{Mon: mon, JSON: []byte(reply.Status), RoundTrip: took}, nil
}

// pingFailed says which ping has no answer.
func pingFailed(mon string, err error) error {
	var e *PingError
	if errors.As(err, &e) { // which names it
		return fmt.Errorf("monclient: ping: %w", err)
	}
	return fmt.Errorf("monclient: ping mon.%s: %w", mon, err)
}

// findNamed returns a monitor by its name, which may be a number, unlike that of a tell, or by its rank.
func findNamed(m *cephmap.MonMap, name string) (*cephmap.MonInfo, error) {
	if mon, ok := m.Mon(name); ok {
		return mon, nil
	}
	return find(m, name)
}

// pinger pings without a client.
type pinger struct {
	cfg   Config
	nonce uint32
}

// Ping does what Client.Ping does without a client and its session. A name that cfg does not have, because it has only
// addresses, is looked up in the monmap, which the first monitor to answer is asked for. When none answers, "a" is the monitor
// at the first address and "b" that at the second, "noname-a" and "noname-b", which librados always takes them for.
//
// A monitor without a quorum has no ids for new clients and hangs up on them, real ones at least; then the error says that it
// is alive. A Client that had a session before the quorum was lost goes on with its own id, and gets an answer.
func Ping(ctx context.Context, cfg Config, mon string) (*PingReply, error) {
	if mon == "" {
		return nil, fmt.Errorf("monclient: ping: %w", errNoMon)
	}
	cfg, err := cfg.resolved(ctx)
	if err != nil {
		return nil, err
	}
	p := pinger{cfg, rand.Uint32()}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	info, err := findNamed(cfg.MonMap, mon)
	if err != nil && cfg.MonMap.Epoch == 0 {
		m, lost := p.monmap(ctx)
		guess, some := cfg.MonMap.Mon("noname-" + mon)
		switch {
		case lost == nil:
			info, err = findNamed(m, mon)
		case some:
			info, err = guess, nil
		default:
			err = lost
		}
	}
	if err != nil {
		return nil, pingFailed(mon, err)
	}
	return p.ping(ctx, info)
}

// PingResult is what a ping of one of all monitors has come to: a reply, or why there is none.
type PingResult struct {
	Mon   string // without "mon."
	Reply *PingReply
	Err   error
}

// PingEach pings every monitor of the cluster at once, without a client. The results are in the order of ranks. The monitors
// are those of the monmap that the first to answer has sent, or, when none does, those of cfg.
func PingEach(ctx context.Context, cfg Config) ([]PingResult, error) {
	cfg, err := cfg.resolved(ctx)
	if err != nil {
		return nil, err
	}
	p := pinger{cfg, rand.Uint32()}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	m := cfg.MonMap
	if m.Epoch == 0 {
		if fresh, err := p.monmap(ctx); err == nil {
			m = fresh
		}
	}
	results := make([]PingResult, len(m.Mons))
	var all sync.WaitGroup
	for i := range m.Mons {
		all.Go(func() {
			reply, err := p.ping(ctx, &m.Mons[i])
			results[i] = PingResult{m.Mons[i].Name, reply, err}
		})
	}
	all.Wait()
	return results, nil
}

// bounded returns ctx with the time that a ping has.
func (p *pinger) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, p.cfg.PingTimeout, ErrTimeout)
}

// ping pings one monitor.
func (p *pinger) ping(ctx context.Context, mon *cephmap.MonInfo) (*PingReply, error) {
	addr, err := reach(mon)
	if err != nil {
		return nil, pingFailed(mon.Name, err)
	}
	a, reply, err := p.ask(ctx, mon.Name, addr, &monmsg.MPing{})
	if err != nil {
		return nil, pingFailed(mon.Name, pingError(a, err))
	}
	return pong(mon.Name, reply, a.answered.Sub(a.sentAt))
}

// ask asks one monitor something.
func (p *pinger) ask(ctx context.Context, mon string, addr denc.EntityAddr, question monmsg.Message) (*tellAttempt, monmsg.Message, error) {
	a := &tellAttempt{mon: mon, addr: addr, cfg: p.cfg, nonce: p.nonce, tid: 1, question: question, began: time.Now()}
	a.reached(stepDial)
	end := a.run(ctx)
	return a, end.reply, end.err
}

// monmap returns the map of the first monitor that sends it within Config.HuntInterval, or a *ConnectError.
func (p *pinger) monmap(ctx context.Context) (*cephmap.MonMap, error) {
	ctx, done := context.WithTimeoutCause(ctx, p.cfg.HuntInterval, noAnswerWithin(p.cfg.HuntInterval))
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	type found struct {
		m   *cephmap.MonMap
		log Attempt
	}
	mons := p.cfg.MonMap.Mons
	came := make(chan found, len(mons))
	var all sync.WaitGroup
	defer func() { cancel(errOutrun); all.Wait() }()
	for i := range mons {
		all.Go(func() {
			addr, err := reach(&mons[i])
			if err != nil {
				came <- found{log: Attempt{Mon: mons[i].Name, Step: stepDial, Err: err}}
				return
			}
			a, reply, err := p.ask(ctx, mons[i].Name, addr, &monmsg.MMonGetMap{})
			var m *cephmap.MonMap
			if err == nil {
				m, err = p.decode(reply)
			}
			came <- found{m, a.entry(*a.step.Load(), err)}
		})
	}
	failed := &ConnectError{}
	for range mons {
		f := <-came
		if f.m != nil {
			return f.m, nil
		}
		failed.Attempts = append(failed.Attempts, f.log)
		failed.Err = f.log.Err
	}
	return nil, failed
}

// decode reads a monitor's map, which has to be that of the wanted cluster.
func (p *pinger) decode(reply monmsg.Message) (*cephmap.MonMap, error) {
	answer, ok := reply.(*monmsg.MMonMap)
	if !ok {
		return nil, fmt.Errorf("answered with %s", monmsg.TypeName(reply.MsgType()))
	}
	m, err := cephmap.DecodeMonMap(answer.Map)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadMap, err)
	}
	if want := p.cfg.FSID; want != m.FSID && want != uuid.Nil {
		return nil, fmt.Errorf("%w: fsid %v, want %v", ErrForeignCluster, m.FSID, want)
	}
	return m, nil
}
