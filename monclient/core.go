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

// mailboxSize is how many calls and messages wait for the client's goroutine before their senders do. It only smooths
// bursts: the goroutine never waits for anything but its mailbox and its timer.
const mailboxSize = 64

// globalSeq counts the connection attempts of this process, which monitors see in CLIENT_IDENT.
var globalSeq atomic.Uint64

// event is what the client's goroutine is told: a request to start, a message of a session, or anything else as a
// function. The first two are what there are many of, so they cost no closure.
type event struct {
	start   *request
	session *session
	message monmsg.Message
	tid     uint64
	run     func()
}

// core is the state of a client, owned by the goroutine that runs run. Others reach it through post.
type core struct {
	cfg     Config
	mailbox chan event
	closing chan struct{} // closed by Client.Close
	ended   chan struct{} // closed when run has returned and everything that it started has ended
	others  sync.WaitGroup

	// ctx bounds connection attempts; it ends with the client.
	ctx    context.Context
	cancel context.CancelCauseFunc

	nonce  uint32
	monmap *cephmap.MonMap
	// confirmed: monmap came from a monitor, not from configuration.
	confirmed bool
	fsid      uuid.UUID // of the cluster that is wanted; zero until any is known
	auth      cephx.AuthState

	session *session // nil while hunting
	closed  bool     // nothing is to be started any more
	hunt    hunt
	timer   *time.Timer

	lastID  uint64
	pending map[uint64]*request
	subs    subscriptions

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
		mailbox: make(chan event, mailboxSize),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
		nonce:   rand.Uint32(),
		monmap:  cfg.MonMap,
		fsid:    cfg.FSID,
		pending: make(map[uint64]*request),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.hunt.init()
	c.subs.init(c)
	c.published.monmap.Store(c.monmap)
	return c
}

// post has f run on the client's goroutine.
func (c *core) post(f func()) error { return c.deliver(event{run: f}) }

// deliver hands an event to the client's goroutine. It waits while the mailbox is full and returns ErrClosed when the
// event will never be looked at.
func (c *core) deliver(e event) error {
	select {
	case <-c.closing: // so that a closed client does not take calls up while it ends
		return ErrClosed
	default:
	}
	select {
	case c.mailbox <- e:
		return nil
	case <-c.closing:
		return ErrClosed
	}
}

// run is the client's goroutine.
func (c *core) run() {
	defer close(c.ended)
	c.timer = time.NewTimer(0)
	defer c.timer.Stop()
	c.startHunt()
	for {
		c.subs.flush()
		c.timer.Reset(time.Until(c.nextTick()))
		select {
		case e := <-c.mailbox:
			switch {
			case e.start != nil:
				c.start(e.start)
			case e.session != nil:
				c.handle(e.session, e.message, e.tid)
			default:
				e.run()
			}
		case <-c.timer.C:
			c.tick(time.Now())
		case <-c.closing:
			c.shutdown()
			return
		}
	}
}

// shutdown ends everything that the client has started.
func (c *core) shutdown() {
	c.cancel(ErrClosed)
	if c.session != nil {
		c.session.close()
	}
	c.published.session.Store(nil)
	c.others.Wait()
	c.session, c.closed = nil, true
	for drained := false; !drained; {
		select {
		case e := <-c.mailbox:
			if e.run != nil {
				e.run() // an attempt that has succeeded too late has a connection to close
			}
		default:
			drained = true
		}
	}
	c.failAll(ErrClosed)
	c.subs.endAll(ErrClosed)
}

// ready reports whether requests can be sent: there is a session, and the cluster's fsid is known, which commands carry.
func (c *core) ready() bool { return c.session != nil && c.session.established }

// nextTick returns when tick has something to do.
func (c *core) nextTick() time.Time {
	if c.session != nil {
		return c.session.nextPing
	}
	return c.hunt.next
}

func (c *core) tick(now time.Time) {
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
