package monclient

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// errNoFunction refuses a call whose outcome nobody would hear of.
var errNoFunction = errors.New("the function to call is nil")

// Call is a call in progress that StartCommand, StartVersion or StartWaitForMap has started. All waiting is done by this
// one mechanism, that of the synchronous methods and of Connect included: an id that the answer repeats, a message that
// every new session sends again, a deadline, and a completion.
type Call struct {
	core *core

	// The rest is set before the call is started and owned by the client's goroutine from then on.

	id uint64
	// message makes what is sent, nil when there is nothing to send.
	message func(c *core, id uint64) monmsg.Message
	// sub is the subscription that brings the answer, nil when it comes by id.
	sub *Subscription
	// command says that message is one, text is what it says, and resend what becomes of it when its session is lost.
	command bool
	text    []string
	resend  Resend
	// pinned says that message is for the session's monitor and no other.
	pinned bool
	// name is the command's prefix, or the map that is asked about, and began when it was asked for: for Stats.
	name  string
	began time.Time
	// undecided is why the call's session was lost, while it is not known whether it may be sent again.
	undecided error
	// sent counts how often message was sent; everything but the first time is a resend.
	sent int
	// directed is set where the answer does not come from a session with the monitors; message is nil then.
	directed *directed
	// flush is set where the answer is that the cluster log has what it waits for; message is nil then.
	flush *logFlush
	// on is the session that owes the answer, hedge a second one that was asked as well; nil: none.
	on, hedge *session
	// deadline is when the call ends by itself, zero: never. place is where it is among the others.
	deadline time.Time
	place    int

	// done is told the outcome exactly once. A synchronous call has ended instead, which is closed when outcome is set.
	done    func(outcome)
	ended   chan struct{}
	outcome outcome
}

// outcome is how a call ended.
type outcome struct {
	reply  monmsg.Message
	epoch  uint64 // of the map that a subscription has brought
	mon    string // which monitor has answered
	from   string // who has answered, where that is no monitor
	sent   bool
	resent bool
	err    error
}

// ended returns err with what it means for a command: that it was never sent, or that nobody knows what has become of it.
func (o outcome) ended() error {
	if o.sent {
		return &endedError{o.err, ErrOutcomeUnknown}
	}
	return &endedError{o.err, ErrNotSent}
}

// endedError is the error of a command without an answer.
type endedError struct{ why, fate error }

func (e *endedError) Error() string   { return e.why.Error() + " (" + e.fate.Error() + ")" }
func (e *endedError) Unwrap() []error { return []error{e.why, e.fate} }

// Cancel completes the call with an error that is a context.Canceled, unless it is completed already: an answer that comes
// later is ignored, and the call is not sent again. What the monitors have been sent they may do all the same. It returns
// at once, mostly before the completion. It may be called at any time, from anywhere, as often as one likes.
func (p *Call) Cancel() { p.withdraw(context.Canceled) }

// withdraw completes the call with an error unless it is completed already.
func (p *Call) withdraw(why error) {
	_ = p.core.intake.put(event{call: p, why: why}) // a closed client has completed it, or is about to
}

// begin starts a call, which ends after timeout when that is positive. The call is completed if, and only if, there is
// no error.
func (c *core) begin(call *Call, timeout time.Duration) error {
	call.core, call.began = c, time.Now()
	if timeout > 0 {
		call.deadline = call.began.Add(timeout)
	}
	return c.intake.put(event{call: call})
}

// wait starts a call and returns its outcome. When ctx ends first the call is withdrawn; timeout is for a ctx that has no
// deadline.
func (c *core) wait(ctx context.Context, call *Call, timeout time.Duration) outcome {
	if _, has := ctx.Deadline(); has {
		timeout = 0
	}
	call.ended = make(chan struct{})
	if err := c.begin(call, timeout); err != nil {
		return outcome{err: err}
	}
	select {
	case <-call.ended:
	case <-ctx.Done():
		call.withdraw(context.Cause(ctx))
		<-call.ended // at once: the client's goroutine never waits, and it knows what to say about the session
	}
	return call.outcome
}

// opTimeout returns the timeout of a call that was given one as StartCommand takes it.
func (c *core) opTimeout(timeout time.Duration) time.Duration {
	if timeout == 0 {
		return time.Duration(c.published.opTimeout.Load())
	}
	return timeout
}

// start takes up a call.
func (c *core) start(call *Call) {
	c.lastID++
	call.id = c.lastID
	c.pending[call.id] = call
	c.stats.started(call)
	if !call.deadline.IsZero() {
		c.deadlines.add(call)
	}
	if call.sub != nil {
		c.subs.add(call.sub)
	}
	if call.resend == ResendReadOnly {
		c.commands.wanted = true
		c.learnCommands()
	}
	switch {
	case c.closed: // shutdown completes it, in its turn
	case call.directed != nil:
		c.direct(call)
	case call.flush != nil:
		c.startFlush(call)
	case c.ready():
		c.subs.flush() // what was asked for before goes out before
		c.send(call)
	case c.session == nil && c.hunt.pausing && c.hunt.verdict != nil:
		c.finish(call, outcome{err: c.connectError(c.hunt.verdict)})
	}
}

// send sends a call, if there is anything to send. A failure to send is the end of the session, which its reader reports;
// then the call is sent again, or ends.
func (c *core) send(call *Call) {
	switch {
	case call.sub != nil: // flush sends it
		c.assign(call, c.session)
	case call.message == nil:
		c.finish(call, outcome{}) // the session was all that it wanted
	default:
		c.sendOn(c.choose(call), call)
		c.scheduleHedge(call)
	}
}

// sendOn sends a call's message on a session.
func (c *core) sendOn(s *session, call *Call) {
	call.sent++
	c.stats.sent(call)
	c.assign(call, s)
	s.send(call.message(c, call.id), call.id)
}

// assign notes that a session owes the answer to a call.
func (c *core) assign(call *Call, s *session) {
	if call.on == nil {
		call.on = s
	} else {
		call.hedge = s
	}
	if s.calls++; s.calls == 1 {
		c.attend(s)
	}
}

// release takes back what assign has noted.
func (p *Call) release() {
	for _, s := range []*session{p.on, p.hedge} {
		if s != nil {
			s.calls--
		}
	}
	p.on, p.hedge = nil, nil
}

// orphan takes the calls from a session that was closed. They wait for the next one, or end, as their policy says.
func (c *core) orphan(s *session, why error) {
	for _, m := range s.conn.Unsent() {
		if call := c.pending[m.Tid]; call != nil && (call.on == s || call.hedge == s) {
			call.sent-- // it was handed to a connection that has not passed it on
		}
	}
	for _, call := range c.inOrder() {
		switch {
		case call.hedge == s:
			call.hedge = nil
		case call.on != s:
		case call.hedge != nil: // which still owes the answer
			call.on, call.hedge = call.hedge, nil
		case call.sent == 0 || c.mayResend(call):
			call.on = nil
		default:
			err := fmt.Errorf("%w: mon.%s: %w", ErrSessionLost, s.name, lost(why))
			if c.policy(call) == ResendReadOnly && c.commands.coming() {
				call.on, call.undecided = nil, err
				continue
			}
			c.finish(call, outcome{err: err})
		}
	}
}

// decide sends the calls again, or ends them, whose session was lost before the cluster's table of commands had come.
func (c *core) decide() {
	for _, call := range c.inOrder() {
		why := call.undecided
		call.undecided = nil
		if why != nil && c.pending[call.id] == call && !c.mayResend(call) {
			c.finish(call, outcome{err: why})
		}
	}
	c.sendUnsent()
}

// mayResend reports whether a call may be sent again when it is not known what has become of it.
func (c *core) mayResend(call *Call) bool {
	switch c.policy(call) {
	case ResendAlways:
		return true
	case ResendReadOnly:
		return c.reads(call)
	}
	return false
}

// policy returns what becomes of a call.
func (c *core) policy(call *Call) Resend {
	switch {
	case !call.command:
		return ResendAlways
	case call.resend == ResendDefault:
		return c.cfg.Resend
	}
	return call.resend
}

// inOrder returns what is pending in the order in which it was asked for.
func (c *core) inOrder() []*Call {
	calls := make([]*Call, 0, len(c.pending))
	for _, id := range slices.Sorted(maps.Keys(c.pending)) {
		calls = append(calls, c.pending[id])
	}
	return calls
}

// sendUnsent sends what no session owes an answer to.
func (c *core) sendUnsent() {
	if !c.ready() {
		return
	}
	for _, call := range c.inOrder() {
		if call.on == nil && call.undecided == nil && call.directed == nil && call.flush == nil && c.pending[call.id] == call {
			c.send(call)
		}
	}
}

// answer completes the call that a reply belongs to. Nobody waits for replies to withdrawn calls.
func (c *core) answer(s *session, id uint64, reply monmsg.Message) {
	if call := c.pending[id]; call != nil && (call.on == s || call.hedge == s) {
		c.finish(call, outcome{reply: reply, mon: s.name})
	}
}

// finish completes a call that is pending, and lets go of all that it held.
func (c *core) finish(call *Call, o outcome) {
	delete(c.pending, call.id)
	if !call.deadline.IsZero() {
		c.deadlines.remove(call)
	}
	if call.sub != nil {
		c.subs.end(call.sub, ErrUnsubscribed)
	}
	end := &call.outcome // o itself would be allocated for every call
	*end = o
	if call.directed != nil {
		call.directed.end(end)
	}
	if call.flush != nil {
		c.endFlush(call, end.err)
	}
	end.sent, end.resent = call.sent > 0, call.sent > 1
	c.stats.finished(call, end)
	call.release()
	done := call.done
	call.message, call.text, call.sub, call.done, call.directed = nil, nil, nil, nil, nil
	if done != nil {
		o, call.outcome = *end, outcome{} // who keeps the call does not keep the answer
		done(o)
		return
	}
	close(call.ended)
}

// withdraw completes a call whose caller does not wait any longer.
func (c *core) withdraw(call *Call, why error) {
	if c.pending[call.id] != call {
		return // it was completed in the meantime
	}
	if c.session == nil && !call.directed.alone() {
		why = c.connectError(why)
	}
	c.finish(call, outcome{err: why})
}

// expire completes the calls whose time is up.
func (c *core) expire(now time.Time) {
	for call := c.deadlines.first(); call != nil && !now.Before(call.deadline); call = c.deadlines.first() {
		c.withdraw(call, ErrTimeout)
	}
}

// failWaiting completes, with an error, all calls that wait for a session with the monitors.
func (c *core) failWaiting(err error) {
	for _, call := range c.inOrder() {
		if !call.directed.alone() {
			c.finish(call, outcome{err: err})
		}
	}
}

// failAll completes all calls with an error.
func (c *core) failAll(err error) {
	for _, call := range c.inOrder() {
		c.finish(call, outcome{err: err})
	}
}
