package monclient

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// manager is what the client has to do with the cluster's active manager (MgrClient in src/mgr/MgrClient.cc). There is
// nothing of it until a command is for a manager: then the map of the managers is followed, and a session is kept with the
// one that is active. It is owned by the client's goroutine.
type manager struct {
	calls map[uint64]*Call // those that are for a manager, in flight or waiting
	idle  time.Time        // when the last of them has ended

	sub    *Subscription   // to the mgrmap, nil: it is not followed
	mgrmap *cephmap.MgrMap // the newest, nil: none has come

	session *session // nil: none
	attempt *attempt // that is under way, nil: none
	next    time.Time
	trouble error // why there is no session, as far as that is known

	method  cephx.Method // that the monitors let us in by
	asked   time.Time    // when fresh tickets were asked for because of the manager
	refused time.Time    // since when the manager refuses all tickets, zero: it does not
}

const (
	// mgrIdle is how long a session is kept that nobody needs. The map of the managers, which is large and changes often,
	// is followed as long.
	mgrIdle = time.Minute
	// mgrRefusal is how long a manager may refuse fresh tickets before those who wait for it are told: it fetches the
	// secrets that they are sealed with from the monitors, too, and may be late.
	mgrRefusal = 30 * time.Second
)

// errMgrReplaced ends the session with a manager that is not the active one any more.
var errMgrReplaced = errors.New("it is not the active manager any more")

// MgrInfo describes the session with the active manager.
type MgrInfo struct {
	Name     string          // the manager's name
	GID      uint64          // its global_id
	Addr     denc.EntityAddr // where it is
	Mode     string          // crc or secure
	Features denc.Features   // of both sides
	Local    denc.EntityAddr // the client's own address
	Since    time.Time
}

// Mgr returns the session with the active manager, false when there is none: before the first command with a Target of
// "mgr", "mgr.NAME" or "mgr.*", a minute after the last one, and while the managers change places.
func (c *Client) Mgr() (MgrInfo, bool) {
	info := c.core.published.mgr.Load()
	if info == nil {
		return MgrInfo{}, false
	}
	return *info, true
}

// startMgr takes up a call for a manager. It waits for one that is active, as Ceph's clients do.
func (c *core) startMgr(call *Call) {
	m := &c.mgr
	if m.session == nil && c.session == nil && c.hunt.pausing && c.hunt.verdict != nil {
		c.finish(call, outcome{err: c.connectError(c.hunt.verdict)}) // no monitor will say where the manager is
		return
	}
	if m.calls == nil {
		m.calls = make(map[uint64]*Call)
	}
	m.calls[call.id] = call
	call.directed.onEnd = func(o *outcome) { c.mgrCallEnded(call, o) }
	if m.sub == nil {
		m.sub = &Subscription{core: c, what: "mgrmap", f: c.mgrMapCame}
		c.subs.add(m.sub)
	}
	c.tendMgr(time.Now())
}

// mgrCallEnded lets go of a call, however it ended, and says what was in its way.
func (c *core) mgrCallEnded(call *Call, o *outcome) {
	m := &c.mgr
	delete(m.calls, call.id)
	if len(m.calls) == 0 {
		m.idle, m.refused = time.Now(), time.Time{}
	}
	gaveUp := errors.Is(o.err, context.DeadlineExceeded) || errors.Is(o.err, context.Canceled)
	if gaveUp && call.on == nil && c.session != nil {
		o.err = fmt.Errorf("%w: %s", o.err, m.lacks())
	}
}

// lacks says why a command for a manager has not been sent.
func (m *manager) lacks() string {
	switch {
	case m.mgrmap == nil:
		return "no mgrmap has come yet"
	case !m.mgrmap.Available:
		return fmt.Sprintf("mgrmap %d has no active manager", m.mgrmap.Epoch)
	case m.trouble != nil:
		return fmt.Sprintf("mgr.%s: %v", m.mgrmap.ActiveName, m.trouble)
	}
	return fmt.Sprintf("no session with mgr.%s yet", m.mgrmap.ActiveName)
}

// mgrMapCame takes a map of the managers.
func (c *core) mgrMapCame(e MapEvent, err error) {
	m := &c.mgr
	if err != nil {
		m.sub, m.mgrmap = nil, nil
		return
	}
	next, err := cephmap.DecodeMgrMap(e.Data)
	if err != nil {
		c.note(logMgrMapBad, "epoch", e.Epoch, "error", err)
		return
	}
	before := m.mgrmap
	m.mgrmap = next
	if addr, ok := m.target(); !ok || before == nil || firstV2(before.ActiveAddrs) != addr {
		m.next, m.refused, m.trouble = time.Time{}, time.Time{}, nil // another one may be tried at once
		if a := m.attempt; a != nil && a.addr != addr {
			m.attempt = nil
			a.cancel(errMgrReplaced)
		}
		if s := m.session; s != nil && s.attempt.addr != addr {
			c.loseMgr(s, errMgrReplaced)
		}
	}
	c.tendMgr(time.Now())
}

// target returns where the active manager is, false when there is none. The address has a nonce, which makes it another
// one when the manager was started anew.
func (m *manager) target() (denc.EntityAddr, bool) {
	if m.mgrmap == nil || !m.mgrmap.Available {
		return denc.EntityAddr{}, false
	}
	addr := firstV2(m.mgrmap.ActiveAddrs)
	return addr, addr != denc.EntityAddr{}
}

// firstV2 returns the first address that speaks messenger v2, the zero address when there is none.
func firstV2(addrs denc.EntityAddrVec) denc.EntityAddr {
	i := slices.IndexFunc(addrs, func(a denc.EntityAddr) bool { return a.Type == denc.AddrMsgr2 })
	if i < 0 {
		return denc.EntityAddr{}
	}
	return addrs[i]
}

// tendMgr sends what waits, or sees to it that it can be sent.
func (c *core) tendMgr(now time.Time) {
	m := &c.mgr
	if c.closed || len(m.calls) == 0 {
		return
	}
	c.refuseOtherMgrs()
	if m.session != nil {
		for _, call := range m.inOrder() {
			if call.on == nil {
				c.sendMgr(m.session, call)
			}
		}
		return
	}
	addr, ok := m.target()
	if ok && m.attempt == nil && len(m.calls) > 0 && !now.Before(m.next) {
		m.next = now.Add(c.cfg.MgrRetryInterval)
		c.callMgr(addr, now)
	}
}

// inOrder returns the calls in the order in which they were asked for.
func (m *manager) inOrder() []*Call {
	calls := make([]*Call, 0, len(m.calls))
	for _, id := range slices.Sorted(maps.Keys(m.calls)) {
		calls = append(calls, m.calls[id])
	}
	return calls
}

// refuseOtherMgrs ends what is for a manager of a name that the active one does not have. Others listen to nobody, and
// librados gives ENXIO for them as well, though not before the managers change places.
func (c *core) refuseOtherMgrs() {
	m := &c.mgr
	if m.mgrmap == nil || !m.mgrmap.Available {
		return // whoever becomes active may be the one
	}
	for _, call := range m.inOrder() {
		to := call.directed.target
		if to.kind == tellMgr && to.name != "*" && to.name != m.mgrmap.ActiveName && call.on == nil {
			c.finish(call, outcome{err: fmt.Errorf("mgr.%s is not the active manager, which is mgr.%s: %w", to.name, m.mgrmap.ActiveName, denc.ENXIO)})
		}
	}
}

// sendMgr sends a call to the manager.
func (c *core) sendMgr(s *session, call *Call) {
	var message monmsg.Message
	d := call.directed
	switch {
	case d.target.kind == tellMgr:
		message = &monmsg.MCommand{FSID: c.monmap.FSID, Cmd: call.text, Input: d.input}
	case c.mgr.mgrmap.ActiveFeatures.Has(denc.FeatureServerOctopus):
		message = &monmsg.MMgrCommand{Cmd: call.text, Input: d.input}
	default: // a manager that has not learned to tell the two apart
		message = &monmsg.MCommand{Cmd: call.text, Input: d.input}
	}
	call.sent++
	c.assign(call, s)
	s.send(message, call.id)
}

// mgrAnswered takes a message of the manager: an answer, or nothing that is of interest.
func (c *core) mgrAnswered(s *session, m monmsg.Message, tid uint64) {
	if c.mgr.session != s {
		return
	}
	s.health.answers++
	switch m.(type) {
	case *monmsg.MMgrCommandReply, *monmsg.MCommandReply:
		if call := c.mgr.calls[tid]; call != nil && call.on == s {
			c.finish(call, outcome{reply: m, from: "mgr." + s.name})
		}
	}
}

// nextMgrTick returns when tickMgr has something to do.
func (c *core) nextMgrTick() time.Time {
	m := &c.mgr
	switch {
	case len(m.calls) == 0:
		if m.sub != nil || m.session != nil {
			return m.idle.Add(mgrIdle)
		}
	case m.session != nil:
		return m.session.health.next
	case m.attempt == nil:
		if _, ok := m.target(); ok {
			return m.next
		}
	}
	return never
}

func (c *core) tickMgr(now time.Time) {
	m := &c.mgr
	switch {
	case now.Before(c.nextMgrTick()):
	case len(m.calls) == 0:
		c.releaseMgr(errNotNeeded)
	case m.session != nil:
		c.checkMgr(m.session, now)
	default:
		c.tendMgr(now)
	}
}

// releaseMgr ends all that there is because of managers but the calls.
func (c *core) releaseMgr(why error) {
	m := &c.mgr
	if a := m.attempt; a != nil {
		m.attempt = nil
		a.cancel(why)
	}
	if s := m.session; s != nil {
		c.loseMgr(s, why)
	}
	if m.sub != nil {
		c.subs.end(m.sub, ErrUnsubscribed)
	}
	m.next, m.trouble = time.Time{}, nil
}
