package monclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Errors of what is asked of one monitor, for errors.Is. They are what librados returns for the case, too.
var (
	// ErrUnknownMon says that the monmap has no such monitor. It is a denc.ENOENT.
	ErrUnknownMon = errors.New("no such monitor")
	// ErrMonUnavailable says that the monitor cannot be reached, or broke the connection each time. It is a denc.ENXIO.
	ErrMonUnavailable = errors.New("monitor unavailable")
)

// monError is an error of one monitor.
type monError struct {
	mon   string
	is    error
	errno denc.Errno
	why   error
}

func (e *monError) Error() string   { return fmt.Sprintf("%v: mon.%s: %v", e.is, e.mon, e.why) }
func (e *monError) Unwrap() []error { return []error{e.is, e.errno, e.why} }

// tellAttempts is how often a monitor is tried (mon_client_directed_command_retry).
const tellAttempts = 2

// tell is a call for one monitor (MonClient::_send_command in src/mon/MonClient.cc). Every attempt has a connection of its
// own. It differs from Ceph's in what it does while the monitor works: Ceph's clients ask once more after 3 seconds without
// an answer, so that the monitor does it twice, and give up after another 3 although it does; here a monitor that shows to be
// there has all the time that the call has.
//
// It continues the client's identity, as standby sessions do, while Ceph's begins anew: a monitor without a quorum soon
// has no ids for new clients any more. If it refuses that, it is asked anew, too.
type tell struct {
	call     *Call
	attempts int
	anew     bool // a monitor has refused to continue
	rekeyed  bool // another key was tried
	running  *tellAttempt
	log      []Attempt
}

// startTell takes up a call for one monitor.
func (c *core) startTell(call *Call) {
	t := &tell{call: call}
	call.directed.onEnd = t.end
	if call.directed.limited {
		call.deadline = time.Now().Add(c.cfg.PingTimeout)
		c.deadlines.add(call)
	}
	c.tryTell(t, 0)
}

// find returns the monitor of a target: of a rank, which any number is, or of a name.
func find(m *cephmap.MonMap, name string) (*cephmap.MonInfo, error) {
	rank, err := strconv.ParseUint(name, 10, 31)
	if err != nil {
		if mon, ok := m.Mon(name); ok {
			return mon, nil
		}
	} else if rank < uint64(len(m.Mons)) {
		return &m.Mons[rank], nil
	}
	return nil, &monError{name, ErrUnknownMon, denc.ENOENT, fmt.Errorf("monmap %d has %s", m.Epoch, strings.Join(m.Ranks(), ", "))}
}

// reach returns where a monitor is.
func reach(mon *cephmap.MonInfo) (denc.EntityAddr, error) {
	addr, ok := mon.Addrs.Msgr2()
	if !ok {
		return addr, fmt.Errorf("mon.%s at %v: %w", mon.Name, mon.Addrs, ErrLegacyOnly)
	}
	return addr, nil
}

// tryTell begins an attempt.
func (c *core) tryTell(t *tell, pause time.Duration) {
	call := t.call
	mon, err := call.directed.find(c.monmap)
	var addr denc.EntityAddr
	if err == nil {
		addr, err = reach(mon)
	}
	if err != nil {
		c.finish(call, outcome{err: err})
		return
	}
	t.attempts++
	a := &tellAttempt{
		mon: mon.Name, addr: addr, cfg: c.cfg, nonce: c.nonce, traffic: &c.stats.traffic, tid: call.id, pause: pause, limit: c.cfg.HuntInterval, began: time.Now(),
	}
	if call.directed.ping {
		a.question = &monmsg.MPing{}
		a.limit = 0 // it is what the ping is to find out, and has the time of the ping
	} else {
		a.question = &monmsg.MCommand{FSID: c.monmap.FSID, Cmd: call.text, Input: call.directed.input}
	}
	if !t.anew {
		a.previous = c.auth
	}
	step := stepDial
	a.step.Store(&step)
	t.running = a
	ctx, cancel := context.WithCancelCause(c.ctx)
	a.cancel = cancel
	c.others.Go(func() {
		defer cancel(nil)
		var end tellEnd
		if caught := c.survive(func() { end = a.run(ctx) }); caught != nil {
			end = tellEnd{sent: a.state.Load() == questionSent, step: *a.step.Load(), err: caught}
		}
		_ = c.post(func() { c.tellEnded(t, a, end) }) // or it is closing, and the call has ended
	})
}

// tellEnded takes the end of an attempt.
func (c *core) tellEnded(t *tell, a *tellAttempt, end tellEnd) {
	call := t.call
	if t.running != a || c.pending[call.id] != call {
		return
	}
	t.running = nil
	if end.sent {
		call.sent++
		c.stats.sent(call)
	}
	if end.err == nil {
		if call.directed.ping {
			call.directed.took = a.answered.Sub(a.sentAt)
		}
		c.finish(call, outcome{reply: end.reply, mon: a.mon})
		return
	}
	entry := a.entry(end.step, end.err)
	t.log = append(t.log, entry)
	c.note(logTellFailed, "mon", entry.Mon, "addr", entry.Addr.String(), "step", entry.Step, "elapsed", entry.Elapsed, "error", entry.Err.Error())
	var refusal *cephx.AuthError
	switch {
	case errors.As(end.err, &refusal) && refusal.ReclaimedID != 0 && !t.anew:
		t.anew = true
		t.attempts--
		t.log = nil
		c.tryTell(t, 0)
	case refusesKey(end.err):
		c.tellRefused(t, a, end.err)
	case call.directed.ping:
		c.finish(call, outcome{err: pingError(a, end.err)})
	case end.sent && !c.mayResend(call):
		c.finish(call, outcome{err: fmt.Errorf("%w: mon.%s: %w", ErrSessionLost, a.mon, lost(end.err))})
	case t.attempts >= tellAttempts || permanent(end.err):
		c.finish(call, outcome{err: &monError{a.mon, ErrMonUnavailable, denc.ENXIO, t.failure(end.err)}})
	default:
		c.tryTell(t, jittered(c.cfg.InitialBackoff))
	}
}

// tellRefused looks for another key when a monitor has refused the one that there was.
func (c *core) tellRefused(t *tell, a *tellAttempt, why error) {
	again := func(changed bool) {
		switch {
		case c.pending[t.call.id] != t.call:
		case changed && !t.rekeyed:
			t.rekeyed = true
			t.attempts--
			t.log = nil
			c.tryTell(t, 0)
		case t.call.directed.ping:
			c.finish(t.call, outcome{err: pingError(a, why)})
		default:
			c.finish(t.call, outcome{err: t.failure(why)})
		}
	}
	if !a.cfg.Key.Equal(c.cfg.Key) {
		again(true)
		return
	}
	c.refreshKey(again)
}

// failure lists the attempts.
func (t *tell) failure(why error) error {
	return &ConnectError{Err: why, Attempts: slices.Clone(t.log)}
}

// end lets go of the attempt that runs when the call completes, and says how far it was.
func (t *tell) end(o *outcome) {
	a := t.running
	if a == nil {
		return
	}
	t.running = nil
	sent := !a.state.CompareAndSwap(questionKept, questionWithdrawn)
	if sent {
		t.call.sent++
		t.call.core.stats.sent(t.call)
	} else {
		t.log = append(t.log, a.entry(*a.step.Load(), fmt.Errorf("%w yet", ErrNoAnswer)))
	}
	a.cancel(o.err)
	switch {
	case t.call.directed.ping:
		o.err = pingError(a, o.err)
	case len(t.log) > 0:
		o.err = t.failure(o.err)
	default:
		o.err = fmt.Errorf("mon.%s: %w", a.mon, o.err)
	}
}

// TellReply is one monitor's answer to a command that all were asked: a Reply, or why there is none.
type TellReply struct {
	Mon   string // without "mon."
	Reply *Reply
	Err   error
}

// TellEach asks each monitor of the monmap to execute a command by itself, all at once, as "ceph tell mon.*" does one after
// the other. The answers are in the order of ranks. The error says that nobody was asked, because the command cannot be
// sent. Command.Target may be empty or "mon.*".
func (c *Client) TellEach(ctx context.Context, cmd Command) ([]TellReply, error) {
	if cmd.Target != "" && cmd.Target != "mon.*" {
		return nil, cmd.failed(&targetError{cmd.Target, `TellEach asks each monitor: it may be empty or "mon.*"`})
	}
	if _, err := (Command{JSON: cmd.JSON, Prefix: cmd.Prefix, Args: cmd.Args, Format: cmd.Format, Resend: cmd.Resend}).call(); err != nil {
		return nil, err
	}
	names := c.MonMap().Ranks()
	replies := make([]TellReply, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		each := cmd
		each.Target = "mon." + name
		if _, err := strconv.Atoi(name); err == nil {
			each.Target = fmt.Sprintf("mon.%d", i) // digits are a rank
		}
		all.Go(func() {
			reply, err := c.Command(ctx, each)
			replies[i] = TellReply{name, reply, err}
		})
	}
	all.Wait()
	return replies, nil
}
