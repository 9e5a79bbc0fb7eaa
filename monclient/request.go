package monclient

import (
	"context"
	"slices"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// request is one thing that somebody waits for: a command, a version query, the first session. All waiting is done by
// this one mechanism: an id that the answer repeats, a message that every new session sends again, and a completion.
// All fields but done are owned by the client's goroutine once the request is started.
type request struct {
	id uint64
	// message makes what is sent, nil when there is nothing to send.
	message func(c *core, id uint64) monmsg.Message
	// sent counts how often it was sent; everything but the first time is a resend.
	sent int
	// done gets the outcome exactly once; it has room for it.
	done chan outcome
}

// outcome is how a request ended.
type outcome struct {
	reply  monmsg.Message
	resent bool
	err    error
}

func newRequest(message func(c *core, id uint64) monmsg.Message) *request {
	return &request{message: message, done: make(chan outcome, 1)}
}

// wait starts the request and returns its outcome. When ctx ends first the request is withdrawn: an answer that comes
// later is ignored, and it is not sent again.
func (c *Client) wait(ctx context.Context, req *request) outcome {
	if err := c.core.deliver(event{start: req}); err != nil {
		return outcome{err: err}
	}
	select {
	case o := <-req.done:
		return o
	case <-ctx.Done():
		// The client's goroutine never waits, so it answers at once, with what it knows about the session.
		_ = c.core.post(func() { c.core.withdraw(req, context.Cause(ctx)) }) // a closed client withdraws everything
	case <-c.core.ended:
	}
	select {
	case o := <-req.done:
		return o
	case <-c.core.ended:
	}
	select {
	case o := <-req.done: // it was completed while the client ended
		return o
	default:
		return outcome{err: ErrClosed}
	}
}

// start takes up a request.
func (c *core) start(req *request) {
	c.lastID++
	req.id = c.lastID
	c.pending[req.id] = req
	switch {
	case c.ready():
		c.send(req)
	case c.session == nil && c.hunt.pausing && c.hunt.verdict != nil:
		c.finish(req, outcome{err: c.connectError(c.hunt.verdict)})
	}
}

// send sends a request on the present session, if there is anything to send. A failure to send is the end of the
// session, which its reader reports; the next one sends the request again.
func (c *core) send(req *request) {
	if req.message == nil {
		c.finish(req, outcome{})
		return
	}
	req.sent++
	c.session.send(req.message(c, req.id), req.id)
}

// resendAll sends what is pending on a new session, in the order in which it was asked for.
func (c *core) resendAll() {
	ids := make([]uint64, 0, len(c.pending))
	for id := range c.pending {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c.send(c.pending[id])
	}
}

// answer completes the request that a reply belongs to. Nobody waits for replies to withdrawn requests.
func (c *core) answer(id uint64, reply monmsg.Message) {
	if req := c.pending[id]; req != nil {
		c.finish(req, outcome{reply: reply})
	}
}

// finish completes a request.
func (c *core) finish(req *request, o outcome) {
	delete(c.pending, req.id)
	o.resent = req.sent > 1
	req.done <- o
}

// withdraw completes a request whose caller does not wait any longer.
func (c *core) withdraw(req *request, why error) {
	if c.pending[req.id] != req {
		return // it was answered in the meantime
	}
	if c.session == nil {
		why = c.connectError(why)
	}
	c.finish(req, outcome{err: why})
}

// failAll completes all requests with an error.
func (c *core) failAll(err error) {
	for _, req := range c.pending {
		c.finish(req, outcome{err: err})
	}
}
