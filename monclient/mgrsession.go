package monclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/msgr2"
)

// errNoMgrTicket says that the monitors have been asked for a ticket for the manager.
var errNoMgrTicket = errors.New("no ticket for it yet")

// callMgr starts an attempt at the active manager, in a goroutine of its own, or asks for the ticket that it takes.
func (c *core) callMgr(addr denc.EntityAddr, now time.Time) {
	m := &c.mgr
	auth, globalID, err := c.mgrAuth()
	if err != nil {
		m.trouble = errNoMgrTicket
		if !errors.Is(err, cephx.ErrNoTicket) { // which is not expected
			m.trouble = err
		}
		c.freshTickets(now)
		return
	}
	a := &attempt{mon: m.mgrmap.ActiveName, addr: addr, began: now}
	a.reached(stepDial)
	var ctx context.Context
	ctx, a.cancel = context.WithCancelCause(c.ctx)
	ctx, release := context.WithTimeoutCause(ctx, c.cfg.ReadyTimeout, noAnswerWithin(c.cfg.ReadyTimeout))
	client := c.cfg.messenger(auth, addr, c.nonce)
	client.PeerType, client.GID, client.Required = denc.EntityMgr, int64(globalID), 0 //nolint:gosec // it is small
	client.OnStep = func(step msgr2.Step) { a.reached(string(step)) }
	client.Traffic = &c.stats.traffic
	m.attempt = a
	c.others.Go(func() {
		defer release()
		var conn *msgr2.Conn
		var err error
		if caught := c.survive(func() { conn, _, err = c.cfg.dial(ctx, client) }); caught != nil {
			err = caught
		}
		if c.post(func() { c.mgrCalled(a, conn, err) }) != nil && conn != nil {
			conn.Close()
		}
	})
}

// mgrAuth returns what introduces us to the manager: the ticket that the monitors have given us for it, unless they are
// without authentication.
func (c *core) mgrAuth() (msgr2.Authenticator, uint64, error) {
	state := c.auth
	if c.session != nil {
		state, c.mgr.method = c.session.auth.State(), c.session.auth.Method()
	}
	switch {
	case state.GlobalID() == 0:
		return nil, 0, cephx.ErrNoTicket // nor any name for it
	case c.mgr.method == cephx.MethodNone:
		return cephx.NewNoneServiceHandshake(c.cfg.Name, state.GlobalID()), state.GlobalID(), nil
	}
	h, err := cephx.NewServiceHandshake(state, denc.EntityMgr, c.cfg.Modes, nil)
	return h, state.GlobalID(), err
}

// freshTickets asks the monitors for other tickets than those that we have.
func (c *core) freshTickets(now time.Time) {
	m := &c.mgr
	switch {
	case c.session == nil: // the next session brings some
		c.auth = c.auth.WithoutServices()
	case now.Sub(m.asked) >= c.cfg.MgrRetryInterval:
		m.asked = now
		c.session.auth.DropServices()
		c.renew(c.session)
	}
}

// ticketsRenewed is told of new tickets.
func (c *core) ticketsRenewed() {
	if errors.Is(c.mgr.trouble, errNoMgrTicket) {
		c.mgr.next = time.Time{}
		c.tendMgr(time.Now())
	}
}

// mgrCalled takes the end of an attempt.
func (c *core) mgrCalled(a *attempt, conn *msgr2.Conn, err error) {
	m := &c.mgr
	defer a.cancel(nil)
	if c.closed || m.attempt != a {
		if conn != nil {
			conn.Close()
		}
		return
	}
	m.attempt = nil
	now := time.Now()
	if err != nil {
		c.mgrRefused(a, err, now)
		return
	}
	s := &session{attempt: a, conn: conn, since: now, name: a.mon, mgr: true}
	s.health.init(s, now, c.cfg.PingInterval)
	m.session, m.trouble, m.refused = s, nil, time.Time{}
	info := conn.Info()
	c.published.mgr.Store(&MgrInfo{
		Name: s.name, GID: m.mgrmap.ActiveGID, Addr: a.addr, Mode: msgr2.ModeName(info.Mode), Features: info.Features,
		Local: info.LocalAddr, Since: now,
	})
	c.note(logMgrConnected, "mgr", s.name, "addr", a.addr, "elapsed", now.Sub(a.began))
	c.others.Add(1)
	go c.readLoop(s)
	if len(m.calls) == 0 {
		m.idle = now
	}
	c.tendMgr(now)
}

// mgrRefused goes on after an attempt that has failed. A ticket that is refused may have been made useless, so fresh ones
// are fetched, and tried at once, the first time.
func (c *core) mgrRefused(a *attempt, err error, now time.Time) {
	m := &c.mgr
	m.trouble = unwrapStep(err)
	c.note(logMgrFailed, "mgr", a.mon, "addr", a.addr, "error", err)
	if !errors.Is(err, cephx.ErrRejected) {
		m.refused = time.Time{}
		return
	}
	first := m.refused.IsZero()
	if first {
		m.refused = now
	}
	if now.Sub(m.refused) >= mgrRefusal {
		for _, call := range m.inOrder() {
			c.finish(call, outcome{err: fmt.Errorf("mgr.%s: %w", a.mon, m.trouble)})
		}
		return
	}
	if c.mgr.method != cephx.MethodNone {
		c.freshTickets(now)
		if first {
			m.next = time.Time{}
		}
		c.tendMgr(now)
	}
}

// checkMgr sends keepalives while somebody waits for the manager, and gives it up when it does not answer them.
func (c *core) checkMgr(s *session, now time.Time) {
	h := &s.health
	c.hear(s, now, now.Sub(h.next))
	if !h.owed.IsZero() && now.Sub(h.silentSince()) >= c.silenceLimit(s) {
		c.loseMgr(s, fmt.Errorf("%w for %v", ErrKeepalive, now.Sub(h.silentSince()).Round(time.Millisecond)))
		return
	}
	if h.owed.IsZero() && !now.Before(h.lastPing.Add(c.pingInterval(s))) {
		c.ping(s, now)
	}
	c.schedule(s, now)
}

// loseMgr gives a session up. What was asked of it is asked of the next one, or ends, as its policy says. Nobody knows of a
// manager's command that it only reads: see cmdtable.Table.ReadOnly.
func (c *core) loseMgr(s *session, why error) {
	m := &c.mgr
	if m.session != s {
		return
	}
	m.session, m.trouble = nil, lost(why)
	c.published.mgr.Store(nil)
	s.close()
	delete(c.peers, s.attempt.addr)
	c.note(logMgrLost, "mgr", s.name, "addr", s.attempt.addr, "error", why)
	for _, unsent := range s.conn.Unsent() {
		if call := m.calls[unsent.Tid]; call != nil && call.on == s {
			call.sent--
		}
	}
	for _, call := range m.inOrder() {
		switch {
		case call.on != s:
		case call.sent == 0 || c.policy(call) == ResendAlways:
			call.on = nil
		default:
			c.finish(call, outcome{err: fmt.Errorf("%w: mgr.%s: %w", ErrSessionLost, s.name, lost(why))})
		}
	}
	c.tendMgr(time.Now())
}

// closeMgr ends what there is of a manager, with the client.
func (c *core) closeMgr() {
	if s := c.mgr.session; s != nil {
		s.close()
	}
	c.published.mgr.Store(nil)
}
