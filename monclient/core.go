package monclient

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// mailboxSize is how many messages wait for the client's goroutine before the session's reader, and so the monitor, does.
// It only smooths bursts: the goroutine never waits for anything but its intake, its mailbox and its timer.
const mailboxSize = 64

// globalSeq counts the connection attempts of this process, which monitors see in CLIENT_IDENT.
var globalSeq atomic.Uint64

// arrival is what a session's reader tells the client's goroutine: a message, or why there are no more.
type arrival struct {
	session *session
	message monmsg.Message
	tid     uint64
	err     error
}

// core is the state of a client, owned by the goroutine that runs run. Others reach it through intake; what sessions
// receive comes through mailbox, in its order.
type core struct {
	cfg     Config
	intake  intake
	mailbox chan arrival
	ended   chan struct{} // closed when run has returned and everything that it started has ended
	others  sync.WaitGroup

	// ctx bounds connection attempts and the sessions' readers; it ends with the client.
	ctx    context.Context
	cancel context.CancelCauseFunc

	nonce  uint32
	monmap *cephmap.MonMap
	// confirmed: monmap came from a monitor, not from configuration.
	confirmed bool
	fsid      uuid.UUID // of the cluster that is wanted; zero until any is known
	auth      cephx.AuthState

	session *session // nil while hunting
	closed  bool     // nothing is to be sent any more
	hunt    hunt
	timer   *time.Timer

	todo      []event // of the intake, what is still to be done
	lastID    uint64
	pending   map[uint64]*Call
	deadlines deadlines // of pending
	subs      subscriptions

	// published is what callers may read at any time.
	published struct {
		monmap   atomic.Pointer[cephmap.MonMap]
		session  atomic.Pointer[SessionInfo]
		globalID atomic.Uint64
	}
}

func newCore(cfg Config) *core {
	c := &core{
		cfg:     cfg,
		intake:  intake{wake: make(chan struct{}, 1)},
		mailbox: make(chan arrival, mailboxSize),
		ended:   make(chan struct{}),
		nonce:   rand.Uint32(),
		monmap:  cfg.MonMap,
		fsid:    cfg.FSID,
		pending: make(map[uint64]*Call),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.hunt.init()
	c.subs.init(c)
	c.published.monmap.Store(c.monmap)
	return c
}

// post has f run on the client's goroutine. It returns ErrClosed when f will never be run, and only then.
func (c *core) post(f func()) error { return c.intake.put(event{run: f}) }

// deliver hands what a session has received to the client's goroutine, and waits while the mailbox is full. It returns
// false when the client has ended.
func (c *core) deliver(a arrival) bool {
	select {
	case c.mailbox <- a:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// run is the client's goroutine.
func (c *core) run() {
	defer close(c.ended)
	c.timer = time.NewTimer(0)
	defer c.timer.Stop()
	if err := c.survive(c.loop); err != nil {
		c.collapse(err)
	}
}

// loop is the client's life.
func (c *core) loop() {
	c.startHunt()
	var events []event
	for {
		c.subs.flush()
		c.timer.Reset(time.Until(c.nextTick()))
		select {
		case <-c.intake.wake:
			events, c.closed = c.intake.take(events)
			for c.todo = events; len(c.todo) > 0; {
				e := c.todo[0]
				c.todo = c.todo[1:]
				c.take(e)
			}
			clear(events) // so that they are not kept until the next ones come
			if c.closed {
				c.shutdown()
				return
			}
		case a := <-c.mailbox:
			if a.err != nil {
				c.lose(a.session, a.err)
			} else {
				c.handle(a.session, a.message, a.tid)
			}
		case <-c.timer.C:
			c.tick(time.Now())
		}
	}
}

// take does what the intake has brought.
func (c *core) take(e event) {
	switch {
	case e.run != nil:
		e.run()
	case e.why != nil:
		c.withdraw(e.call, e.why)
	default:
		c.start(e.call)
	}
}

// shutdown ends everything that the client has started. The intake is closed and empty, so nothing comes after it.
func (c *core) shutdown() {
	c.cancel(ErrClosed)
	if c.session != nil {
		c.session.close()
	}
	c.published.session.Store(nil)
	c.others.Wait()
	c.session = nil
	c.failAll(ErrClosed)
	c.subs.endAll(ErrClosed)
}

// ready reports whether requests can be sent: there is a session, and the cluster's fsid is known, which commands carry.
func (c *core) ready() bool { return c.session != nil && c.session.established }

// nextTick returns when tick has something to do.
func (c *core) nextTick() time.Time {
	next := c.hunt.next
	if c.session != nil {
		next = c.session.nextPing
	}
	if call := c.deadlines.first(); call != nil && call.deadline.Before(next) {
		next = call.deadline
	}
	return next
}

func (c *core) tick(now time.Time) {
	c.expire(now)
	switch {
	case c.session != nil && !now.Before(c.session.nextPing):
		c.keepalive(now)
	case c.session == nil && !now.Before(c.hunt.next):
		c.huntTick(now)
	}
}

// keepalive runs once per PingInterval on a session: it gives a silent monitor up, renews tickets, and asks for a sign
// of life.
func (c *core) keepalive(now time.Time) {
	s := c.session
	s.nextPing = now.Add(c.cfg.PingInterval)
	if silent := now.Sub(s.lastAnswer()); silent > c.cfg.PingTimeout {
		c.lose(s, errSilent(silent))
		return
	}
	c.renew(s)
	s.conn.Keepalive()
}

// renew asks for new tickets when some are due.
func (c *core) renew(s *session) {
	payload, err := s.auth.RenewRequest()
	if err != nil {
		c.lose(s, err)
		return
	}
	if payload != nil {
		s.send(&monmsg.MAuth{Protocol: uint32(s.auth.Method()), Payload: payload, MonMapEpoch: c.monmap.Epoch}, 0)
	}
}

// tell tells the user and the log.
func (c *core) tell(e SessionEvent) {
	c.cfg.Logger.Debug("session", "event", e.String())
	if c.cfg.OnSession != nil {
		c.cfg.OnSession(e)
	}
}
