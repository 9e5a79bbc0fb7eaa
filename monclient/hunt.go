package monclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Steps of an attempt besides those of the handshake.
const (
	stepDial      = "dial"
	stepHandshake = "handshake" // of an attempt that has not ended
	stepSession   = "session"   // authenticated, and lost before it was of use
)

// hunt is the search for a monitor (MonClient::_reopen_session and _add_conns in src/mon/MonClient.cc): a batch of
// monitors is tried at once, the first that lets us in wins, and when all of the batch have failed, or its time is up,
// the next batch is tried. A round ends when every monitor has been tried. The time that a batch has, and the pause
// between rounds, grow from round to round.
type hunt struct {
	began    time.Time // when the search began
	next     time.Time // when the batch's time is up, or the pause ends
	pausing  bool
	pause    time.Duration // the next pause between rounds
	multiple float64       // of HuntInterval
	running  map[*attempt]bool
	tried    map[denc.EntityAddr]bool // in this round
	hopeless bool                     // every attempt of this round has failed for good
	rejected error                    // a monitor of this round knows who we are and does not let us in
	verdict  error                    // why this round was of no use, and the next one is unlikely to be; while pausing
	log      []Attempt                // the newest attempt at each monitor
}

func (h *hunt) init() {
	h.multiple = 1
	h.running = make(map[*attempt]bool)
	h.tried = make(map[denc.EntityAddr]bool)
}

// forgetTried makes all monitors candidates again.
func (h *hunt) forgetTried() { clear(h.tried) }

// attempt is one attempt to get a session with one monitor. Its fields do not change once it runs, but for step.
type attempt struct {
	mon    string
	addr   denc.EntityAddr
	began  time.Time
	cancel context.CancelCauseFunc
	step   atomic.Pointer[string] // how far it is
}

func (a *attempt) reached(step string) { a.step.Store(&step) }

// startHunt begins the search, at once.
func (c *core) startHunt() {
	now := time.Now()
	c.hunt.began = now
	c.hunt.log = nil
	c.hunt.pause = c.cfg.InitialBackoff
	c.startRound(now)
}

func (c *core) startRound(now time.Time) {
	c.hunt.forgetTried()
	c.hunt.hopeless, c.hunt.rejected, c.hunt.verdict = true, nil, nil
	c.startBatch(now)
}

// interval returns the time that a batch has.
func (c *core) interval() time.Duration {
	return time.Duration(float64(c.cfg.HuntInterval) * c.hunt.multiple)
}

// startBatch tries the next monitors. If all have been tried the round is over.
func (c *core) startBatch(now time.Time) {
	batch := c.candidates()
	if len(batch) == 0 {
		c.endRound(now)
		return
	}
	c.hunt.pausing = false
	c.hunt.next = now.Add(c.interval())
	names := make([]string, len(batch))
	for i, a := range batch {
		names[i] = a.mon
	}
	c.tell(SessionEvent{Kind: SessionHunting, Mons: names})
	for _, a := range batch {
		c.hunt.tried[a.addr] = true
		c.launch(a, now)
	}
}

// candidates returns the monitors to try next: of those not tried in this round, the ones with the lowest priority
// value, in random order, by weight where there are weights, as many as HuntParallel.
func (c *core) candidates() []*attempt {
	var (
		group   []*attempt
		weights []uint16
		lowest  uint16
	)
	for i := range c.monmap.Mons {
		mon := &c.monmap.Mons[i]
		addr, ok := mon.Addrs.Msgr2()
		if !ok || c.hunt.tried[addr] {
			continue
		}
		if len(group) > 0 && mon.Priority < lowest {
			group, weights = nil, nil
		}
		if len(group) == 0 || mon.Priority == lowest {
			lowest = mon.Priority
			group = append(group, &attempt{mon: mon.Name, addr: addr})
			weights = append(weights, mon.Weight)
		}
	}
	order := weightedShuffle(weights)
	if n := c.cfg.HuntParallel; n > 0 && n < len(order) {
		order = order[:n]
	}
	batch := make([]*attempt, len(order))
	for i, j := range order {
		batch[i] = group[j]
	}
	return batch
}

// weightedShuffle returns the indices of weights in random order: each next one with a probability proportional to its
// weight, or all alike when every weight is 0.
func weightedShuffle(weights []uint16) []int {
	left := make([]int, len(weights))
	total := 0
	for i, w := range weights {
		left[i] = i
		total += int(w)
	}
	order := make([]int, 0, len(weights))
	for len(left) > 0 {
		pick := 0
		if total == 0 {
			pick = rand.IntN(len(left)) // those without a weight come last, among themselves at random
		} else {
			at := rand.IntN(total)
			for ; at >= int(weights[left[pick]]); pick++ {
				at -= int(weights[left[pick]])
			}
		}
		total -= int(weights[left[pick]])
		order = append(order, left[pick])
		left = slices.Delete(left, pick, pick+1)
	}
	return order
}

// launch starts an attempt in a goroutine of its own.
func (c *core) launch(a *attempt, now time.Time) {
	a.began = now
	a.reached(stepDial)
	c.hunt.running[a] = true
	handshake, err := cephx.NewHandshake(c.cfg.handshake(c.auth))
	if err != nil { // the configuration was checked, so this is not expected; it must not be lost all the same
		_ = c.post(func() { c.finished(a, nil, nil, string(msgr2.StepAuth), err) }) // or it is closing
		return
	}
	var ctx context.Context
	ctx, a.cancel = context.WithCancelCause(c.ctx)
	ctx, release := context.WithTimeoutCause(ctx, c.cfg.ReadyTimeout, fmt.Errorf("%w within %v", ErrNoAnswer, c.cfg.ReadyTimeout))
	client := msgr2.ClientConfig{
		Auth: handshake, Target: a.addr, Nonce: c.nonce, GID: -1, GlobalSeq: globalSeq.Add(1), Required: denc.FeatureOSDReplyMux,
		Revision0: c.cfg.Revision0, OfferCompression: c.cfg.OfferCompression, MaxMessage: c.cfg.MaxMessage, OnPanic: c.cfg.OnPanic,
	}
	c.others.Go(func() {
		defer release()
		var conn *msgr2.Conn
		var step string
		var err error
		if caught := c.survive(func() { conn, step, err = c.dial(ctx, a, client) }); caught != nil {
			step, err = *a.step.Load(), caught
		}
		var auth *cephx.Session
		if err == nil {
			if auth, err = handshake.Session(); err != nil {
				conn.Close()
			}
		}
		posted := c.post(func() { c.finished(a, conn, auth, step, err) })
		if posted != nil && conn != nil {
			conn.Close()
		}
	})
}

// dial connects and runs the handshake. step says where it failed.
func (c *core) dial(ctx context.Context, a *attempt, cfg msgr2.ClientConfig) (conn *msgr2.Conn, step string, err error) {
	nc, err := c.cfg.Dial(ctx, "tcp", a.addr.AddrPort().String())
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, stepDial, err
	}
	a.reached(stepHandshake)
	conn, err = msgr2.Client(ctx, nc, cfg)
	var he *msgr2.HandshakeError
	if errors.As(err, &he) {
		step = string(he.Step)
	}
	return conn, step, err
}

// finished takes the end of an attempt.
func (c *core) finished(a *attempt, conn *msgr2.Conn, auth *cephx.Session, step string, err error) {
	running := c.hunt.running[a]
	delete(c.hunt.running, a)
	if a.cancel != nil {
		defer a.cancel(nil)
	}
	switch {
	case err == nil && (c.session != nil || c.closed):
		conn.Close() // it lost the race by a hair
	case err == nil:
		for other := range c.hunt.running {
			delete(c.hunt.tried, other.addr) // it has not been judged
		}
		c.stopAttempts(errOutrun)
		c.adopt(a, conn, auth)
	case c.session != nil || c.closed || errors.Is(err, errOutrun): // it does not matter any more
	default:
		c.hunt.failed(c, a, step, err)
		if running {
			c.afterFailure(time.Now())
		}
	}
}

// failed records how an attempt failed.
func (h *hunt) failed(c *core, a *attempt, step string, err error) {
	name := a.mon
	if n, ok := c.monmap.NameOf(a.addr); ok {
		name = n
	}
	entry := Attempt{Mon: name, Addr: a.addr, Step: step, Elapsed: time.Since(a.began), Err: err}
	h.log = slices.DeleteFunc(h.log, func(old Attempt) bool { return old.Addr == a.addr })
	h.log = append(h.log, entry)
	h.hopeless = h.hopeless && permanent(err)
	c.tell(SessionEvent{Kind: SessionAttempt, Mon: name, Addr: a.addr, Attempt: entry})
	var refusal *cephx.AuthError
	switch {
	case !errors.As(err, &refusal):
	case refusal.ReclaimedID == 0:
		h.rejected = err
	case refusal.ReclaimedID == c.auth.GlobalID():
		// The old ticket may be what was refused: it expired, or its secret was lost. A new client may be let in.
		c.cfg.Logger.Warn("the monitor does not accept the earlier session, starting over", "global_id", refusal.ReclaimedID)
		c.auth = cephx.AuthState{}
		h.forgetTried()
		h.hopeless = false
	}
}

// afterFailure goes on when the last attempt of a batch has failed.
func (c *core) afterFailure(now time.Time) {
	switch {
	case len(c.hunt.running) > 0 || c.hunt.pausing:
	case c.hunt.rejected != nil:
		c.endRound(now) // the monitors share one key database: asking the others would be hammering
	default:
		c.startBatch(now)
	}
}

// endRound pauses until the next round. When no attempt of this one can ever succeed, those who wait are told, and so is
// everybody who asks for something during the pause.
func (c *core) endRound(now time.Time) {
	why := c.hunt.rejected
	if why == nil && c.hunt.hopeless && len(c.hunt.log) > 0 {
		why = c.hunt.log[len(c.hunt.log)-1].Err
	}
	if c.hunt.verdict = why; why != nil {
		c.failAll(c.connectError(why))
		c.hunt.pause = c.cfg.MaxBackoff // it takes a person to mend it
	}
	c.pauseHunt(now)
	c.hunt.multiple = min(c.hunt.multiple*c.cfg.HuntBackoff, c.cfg.HuntMaxMultiple)
}

// pauseHunt puts the next round off; the pause after that will be longer.
func (c *core) pauseHunt(now time.Time) {
	c.hunt.pausing = true
	c.hunt.next = now.Add(c.hunt.pause)
	c.hunt.pause = min(2*c.hunt.pause, c.cfg.MaxBackoff)
}

// huntTick runs when the batch's time is up, or the pause between rounds is over.
func (c *core) huntTick(now time.Time) {
	if c.hunt.pausing {
		c.startRound(now)
		return
	}
	c.stopAttempts(fmt.Errorf("%w within %v", ErrNoAnswer, c.interval()))
	c.hunt.hopeless = false
	c.startBatch(now)
}

// stopAttempts ends the attempts that run. What they come to is recorded, but nothing follows from it.
func (c *core) stopAttempts(why error) {
	for a := range c.hunt.running {
		if a.cancel != nil {
			a.cancel(why)
		}
	}
	clear(c.hunt.running)
}

// connectError makes the error of somebody who waited for a session in vain. It lists the newest attempt at each
// monitor; attempts that still run, where no earlier one says more.
func (c *core) connectError(why error) error {
	e := &ConnectError{Err: why, Attempts: slices.Clone(c.hunt.log)}
	now := time.Now()
	for i := range c.monmap.Mons { // in the order of the map
		for a := range c.hunt.running {
			known := slices.ContainsFunc(e.Attempts, func(old Attempt) bool { return old.Addr == a.addr })
			if !known && slices.Contains(c.monmap.Mons[i].Addrs, a.addr) {
				e.Attempts = append(e.Attempts, Attempt{Mon: a.mon, Addr: a.addr, Step: *a.step.Load(), Elapsed: now.Sub(a.began), Err: fmt.Errorf("%w yet", ErrNoAnswer)})
			}
		}
	}
	return e
}
