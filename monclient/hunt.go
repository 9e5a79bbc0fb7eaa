package monclient

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
)

// hunt is the search for a monitor (MonClient::_reopen_session in src/mon/MonClient.cc). Where Ceph's clients try several
// monitors at once and drop all but one, this one tries one, the next as soon as that has failed or is slow, and so on: the
// first that lets us in wins (as RFC 8305 does it for addresses). A round ends when every monitor has been tried. The time
// that an attempt has, and the pause between rounds, grow from round to round.
type hunt struct {
	began    time.Time // when the search began
	order    []*attempt
	stale    bool      // order was made of an older monmap
	stagger  time.Time // when the next of them is tried, whatever becomes of those that run
	patient  bool      // it was put off already
	pausing  bool
	next     time.Time     // the end of the pause between rounds
	pause    time.Duration // the next one
	multiple float64       // of HuntInterval
	rounds   int           // that have ended since the search began
	round    uint64        // counts all that ever began
	running  map[*attempt]bool
	tried    map[denc.EntityAddr]bool // in this round
	hopeless bool                     // every attempt of this round has failed for good
	rejected error                    // a monitor of this round knows who we are and does not let us in
	refusals int                      // how many did
	verdict  error                    // why this round was of no use, and the next one is unlikely to be; while pausing
	log      []Attempt                // the newest attempt at each monitor
}

func (h *hunt) init() {
	h.multiple = 1
	h.running = make(map[*attempt]bool)
	h.tried = make(map[denc.EntityAddr]bool)
}

// lateGrace is what an attempt that was canceled has to end.
const lateGrace = 250 * time.Millisecond

// replan has the monitors that are left for this round put in order again.
func (h *hunt) replan() { h.stale = true }

// startHunt begins the search, at once.
func (c *core) startHunt() {
	now := time.Now()
	c.stats.count(func(k *Stats) { k.Hunts++ })
	c.hunt.began = now
	c.hunt.log = nil
	c.hunt.pause = c.cfg.InitialBackoff
	c.hunt.rounds = 0
	c.startRound(now)
}

func (c *core) startRound(now time.Time) {
	h := &c.hunt
	clear(h.tried)
	h.round++
	h.pausing, h.hopeless, h.rejected, h.refusals, h.verdict = false, true, nil, 0, nil
	c.plan()
	names := make([]string, len(h.order))
	for i, a := range h.order {
		names[i] = a.mon
	}
	c.tell(SessionEvent{Kind: SessionHunting, Mons: names})
	c.tryNext(now)
}

// plan puts the monitors that this round has not tried in order.
func (c *core) plan() {
	c.hunt.stale = false
	c.hunt.order = c.candidates(func(addr denc.EntityAddr) bool { return c.hunt.tried[addr] })
}

// interval returns the time that an attempt has.
func (c *core) interval() time.Duration {
	return time.Duration(float64(c.cfg.HuntInterval) * c.hunt.multiple)
}

// tryNext tries the next monitor. When all have been tried, and have failed, the round is over.
func (c *core) tryNext(now time.Time) {
	h := &c.hunt
	if h.stale {
		c.plan()
	}
	if len(h.order) == 0 {
		if len(h.running) == 0 {
			c.endRound(now)
		}
		return
	}
	a := h.order[0]
	h.order = h.order[1:]
	h.tried[a.addr] = true
	h.running[a] = true
	h.stagger, h.patient = now.Add(c.cfg.HuntStagger), false
	c.launch(a, now)
}

// mayTryNext reports whether one more attempt may run now.
func (c *core) mayTryNext() bool {
	parallel := c.cfg.HuntParallel
	return len(c.hunt.order) > 0 && !c.refused() && (parallel <= 0 || len(c.hunt.running) < parallel)
}

// refused reports whether enough monitors have refused us: they share one key database, so asking all of them would be
// hammering. But a key that is new gets to them one after the other, and Ceph's clients, which ask several at once, are let
// in by the first that has it.
func (c *core) refused() bool {
	parallel := c.cfg.HuntParallel
	return c.hunt.refusals > 0 && parallel > 0 && c.hunt.refusals >= parallel
}

// failed records how an attempt failed.
func (h *hunt) failed(c *core, a *attempt, step string, err error) {
	now := time.Now()
	name := a.mon
	if n, ok := c.monmap.NameOf(a.addr); ok {
		name = n
	}
	c.peer(a.addr).failed = now
	entry := Attempt{Mon: name, Addr: a.addr, Step: step, Elapsed: now.Sub(a.began), Err: err}
	h.log = slices.DeleteFunc(h.log, func(old Attempt) bool { return old.Addr == a.addr })
	h.log = append(h.log, entry)
	h.hopeless = h.hopeless && permanent(err)
	c.tell(SessionEvent{Kind: SessionAttempt, Mon: name, Addr: a.addr, Attempt: entry})
	var refusal *cephx.AuthError
	switch {
	case !errors.As(err, &refusal):
	case !a.key.Equal(c.cfg.Key): // which was replaced in the meantime: that says nothing about the new one
		delete(h.tried, a.addr)
		h.replan()
		h.hopeless = false
	case refusal.ReclaimedID == 0:
		h.rejected = err
		h.refusals++
	case refusal.ReclaimedID == c.auth.GlobalID():
		// The old ticket may be what was refused: it expired, or its secret was lost. A new client may be let in.
		c.note(logReclaimRefused, "global_id", refusal.ReclaimedID)
		c.dropAuth()
		clear(h.tried)
		for other := range h.running {
			h.tried[other.addr] = true
		}
		h.replan()
		h.hopeless = false
	}
}

// afterFailure goes on when an attempt has failed: at once, because there is nothing to wait for.
func (c *core) afterFailure(now time.Time) {
	switch {
	case c.hunt.pausing:
	case c.refused():
		if len(c.hunt.running) == 0 {
			c.endRound(now)
		}
	case c.hunt.stale || c.mayTryNext() || len(c.hunt.running) == 0:
		c.tryNext(now)
	}
}

// endRound ends a round. If the key was refused there may be another one by now.
func (c *core) endRound(now time.Time) {
	h := &c.hunt
	if h.rejected == nil {
		c.conclude(now)
		return
	}
	h.pausing, h.next = true, never
	round := h.round
	c.refreshKey(func(changed bool) {
		if !changed && c.session == nil && h.pausing && h.round == round && h.verdict == nil {
			c.conclude(time.Now())
		}
	})
}

// conclude pauses until the next round. When no attempt of this one can ever succeed, those who wait are told, and so is
// everybody who asks for something during the pause.
func (c *core) conclude(now time.Time) {
	h := &c.hunt
	why := h.rejected
	if why == nil && h.hopeless && len(h.log) > 0 {
		why = h.log[len(h.log)-1].Err
	}
	h.rounds++
	h.multiple = min(h.multiple*c.cfg.HuntBackoff, c.cfg.HuntMaxMultiple)
	if h.verdict = why; why != nil {
		h.pause = c.cfg.MaxBackoff // it takes a person to mend it
	}
	c.pauseHunt(now)
	if why != nil {
		c.failWaiting(c.connectError(why))
	}
}

// pauseHunt puts the next round off; the pause after that will be longer.
func (c *core) pauseHunt(now time.Time) {
	c.hunt.pausing = true
	c.hunt.next = now.Add(jittered(c.hunt.pause))
	c.hunt.pause = min(2*c.hunt.pause, c.cfg.MaxBackoff)
}

// jittered returns between half of d and d, so that what happened to many clients at once does not bring all of them back
// at once.
func jittered(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/2+1))
}

// nextHuntTick returns when huntTick has something to do.
func (c *core) nextHuntTick() time.Time {
	h := &c.hunt
	if h.pausing {
		return h.next
	}
	next := never
	if c.mayTryNext() {
		next = h.stagger
	}
	for a := range h.running {
		next = earlier(next, a.limit)
	}
	return next
}

// huntTick runs when the pause between rounds is over, when an attempt has taken too long, or when the next one is due.
func (c *core) huntTick(now time.Time) {
	h := &c.hunt
	if h.pausing {
		if !now.Before(h.next) {
			c.startRound(now)
		}
		return
	}
	gaveUp := false
	for a := range h.running {
		if now.Before(a.limit) {
			continue
		}
		why := noAnswerWithin(a.time)
		if !a.late {
			a.late, a.limit = true, now.Add(lateGrace)
			if a.cancel != nil {
				a.cancel(why) // it tells how far it was, unless a dialer does not listen
			}
			continue
		}
		gaveUp = true
		delete(h.running, a) // what it comes to is of no interest, unless it is a session after all
		h.failed(c, a, *a.step.Load(), why)
	}
	switch {
	case gaveUp:
		c.afterFailure(now)
	case !c.mayTryNext() || now.Before(h.stagger):
	case h.patient || !c.answering():
		c.tryNext(now)
	default:
		h.patient, h.stagger = true, h.stagger.Add(answeringTimes*c.cfg.HuntStagger)
	}
}

// answeringTimes is how many times HuntStagger more a monitor has that has begun to answer: one that is there, and has much
// to do, is not helped by clients that try the others as well.
const answeringTimes = 10

// answering reports whether one of the monitors that are tried has begun to answer.
func (c *core) answering() bool {
	for a := range c.hunt.running {
		if !a.late && a.answered() {
			return true
		}
	}
	return false
}

// stopHunt ends the search, because a session is there. The monitors whose attempts it ends have not been judged: should the
// session be lost at once, the round goes on with them.
func (c *core) stopHunt() {
	for a := range c.hunt.running {
		if a.cancel != nil {
			a.cancel(errOutrun)
		}
		delete(c.hunt.tried, a.addr)
		c.hunt.order = slices.Insert(c.hunt.order, 0, a.again())
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
