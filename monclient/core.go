package monclient

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
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
	pumps   sync.WaitGroup // of watches, which end with their subscriptions

	// ctx bounds connection attempts and the sessions' readers; it ends with the client.
	ctx    context.Context
	cancel context.CancelCauseFunc

	nonce  uint32
	monmap *cephmap.MonMap
	// confirmed: monmap came from a monitor, not from configuration.
	confirmed bool
	fsid      uuid.UUID // of the cluster that is wanted; zero until any is known
	auth      cephx.AuthState
	// credential is where the key comes from while the client lives.
	credential credential

	session *session // nil while hunting
	standby standby
	peers   map[denc.EntityAddr]*peer
	closed  bool // nothing is to be sent any more
	hunt    hunt
	timer   *time.Timer

	todo      []event // of the intake, what is still to be done
	lastID    uint64
	pending   map[uint64]*Call
	deadlines deadlines // of pending
	hedges    hedges    // of pending
	subs      subscriptions
	commands  commands
	osdmaps   keptOSDMap
	log       logWriter
	central   *central // nil: the monitors' configuration changes nothing
	mgr       manager
	turn      int // whose it is to be asked something, with ReadBalance
	stats     meter

	// published is what callers may read at any time.
	published struct {
		monmap    atomic.Pointer[cephmap.MonMap]
		session   atomic.Pointer[SessionInfo]
		standbys  atomic.Pointer[[]SessionInfo]
		globalID  atomic.Uint64
		addr      atomic.Pointer[denc.EntityAddr] // the client's own, as of the last session
		opTimeout atomic.Int64                    // Config.OpTimeout
		options   atomic.Pointer[[]EffectiveOption]
		mgr       atomic.Pointer[MgrInfo]
		table     atomic.Pointer[releaseTable]
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
		peers:   make(map[denc.EntityAddr]*peer),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.stats.init()
	c.hunt.init()
	c.standby.init(cfg.InitialBackoff)
	c.credential.init(cfg.Key, time.Now())
	c.subs.init(c)
	c.published.monmap.Store(c.monmap)
	c.published.opTimeout.Store(int64(cfg.OpTimeout))
	c.log.unacked = &c.stats.logUnacked
	c.followConfig()
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
	defer c.log.close()
	c.timer = time.NewTimer(0)
	defer c.timer.Stop()
	defer c.stats.close()
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
	for _, s := range c.sessions() {
		s.close()
	}
	c.closeMgr()
	c.published.session.Store(nil)
	c.published.standbys.Store(nil)
	c.others.Wait()
	c.session, c.standby.sessions = nil, nil
	c.failAll(ErrClosed)
	c.subs.endAll(ErrClosed)
	c.pumps.Wait()
}

// ready reports whether requests can be sent: there is a session, and the cluster's fsid is known, which commands carry.
func (c *core) ready() bool { return c.session != nil && c.session.established }

// nextTick returns when tick has something to do.
func (c *core) nextTick() time.Time {
	var next time.Time
	if c.session != nil {
		next = earlier(c.session.health.next, c.nextStandbyTick())
	} else {
		next = c.nextHuntTick()
	}
	for _, s := range c.standby.sessions {
		next = earlier(next, s.health.next)
	}
	next = earlier(next, c.nextKeyTick())
	next = earlier(next, c.nextLogTick())
	next = earlier(next, c.nextMgrTick())
	if call := c.deadlines.first(); call != nil {
		next = earlier(next, call.deadline)
	}
	if len(c.hedges) > 0 {
		next = earlier(next, c.hedges[0].at)
	}
	return next
}

func (c *core) tick(now time.Time) {
	c.expire(now)
	c.hedge(now)
	c.tickKey(now)
	c.tickLog(now)
	c.tickMgr(now)
	for _, s := range c.sessions() {
		if !now.Before(s.health.next) {
			c.check(s, now)
		}
	}
	switch {
	case c.session == nil:
		c.huntTick(now)
	case !now.Before(c.nextStandbyTick()):
		c.tendStandbys(now)
	}
}

// tell tells the user, the log and the counters.
func (c *core) tell(e SessionEvent) {
	c.stats.event(&e)
	c.logSession(&e)
	if c.cfg.OnSession != nil {
		c.cfg.OnSession(e)
	}
}
