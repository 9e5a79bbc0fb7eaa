package monclient

import (
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// health is how the client knows that a session's monitor is there, and that it has a say. It is owned by the client's
// goroutine.
type health struct {
	next     time.Time // when check has something to do
	lastPing time.Time // the newest keepalive
	owed     time.Time // since when an answer to a keepalive is owed; zero: none is
	heard    uint64    // msgr2.Conn.Progress when last looked at
	heardAt  time.Time
	slept    bool   // the client was late since the newest keepalive
	bulk     uint64 // msgr2.Conn.Bulk of what the monitor has certainly received
	pingBulk uint64 // and of what went before the newest keepalive

	renewAt time.Time // when tickets are due, zero: never

	answers   uint64 // how many messages came
	seen      uint64 // answers when last looked at
	seenAt    time.Time
	doubt     time.Time // when it was asked something because it owes answers for long; zero: it does not
	acked     time.Time // when the newest keepalive was sent that was answered
	accused   time.Time // since when it answers keepalives that came after that, and not what it was asked; zero: it does
	rival     *session  // a standby that has answered while the monitor did not
	rivalAt   time.Time // when it did
	probe     uint64    // the id of a version query that is to prove the contrary, 0: none
	vouched   bool      // of a standby: it has a monmap, and may take over
	inQuorum  bool      // of a standby: it has answered a query
	provenFor time.Time // the doubt about the session that the newest query of a standby was sent for
}

func (h *health) init(s *session, now time.Time, interval time.Duration) {
	h.lastPing, h.heardAt, h.seenAt = now, now, now
	h.heard = s.conn.Progress()
	h.next = now.Add(interval)
}

// stallGrace is how late the client's goroutine may be before what it has not heard counts for nothing.
const stallGrace = 100 * time.Millisecond

// asleep is how late it has to be to have been stopped at any time since it ran last, not just before.
const asleep = time.Second

// doubtTime is how much later than a keepalive that came after it a monitor may answer a query, at least, before another one
// is asked.
const doubtTime = time.Second

// condemned returns when a monitor is taken for one that does not answer what it is asked; zero: it is not accused of it.
func (c *core) condemned(s *session) time.Time {
	if s.health.accused.IsZero() {
		return time.Time{}
	}
	return s.health.accused.Add(max(doubtTime, c.peer(s.attempt.addr).rtt.limit()))
}

// rivalGrace is how much later than another one a monitor may answer that is suspected to be out of quorum.
const rivalGrace = 250 * time.Millisecond

// bulkRate is how many bytes a second of large messages get through at least: that much longer may the answer to a
// keepalive behind them take.
const bulkRate = 16 << 10

// silenceLimit returns how long the monitor may leave a keepalive unanswered.
func (c *core) silenceLimit(s *session) time.Duration {
	limit := max(c.cfg.ProbeTimeout, c.peer(s.attempt.addr).rtt.limit())
	seconds := (s.conn.Bulk() - s.health.bulk) / bulkRate
	return min(limit+time.Duration(min(seconds, 1<<20))*time.Second, c.cfg.PingTimeout) //nolint:gosec // it is small
}

// silentSince returns since when nothing was heard that had to be.
func (h *health) silentSince() time.Time { return later(h.owed, h.heardAt) }

// lateAnswer is how long an answer to a keepalive may be owed before a monitor is not asked what others may be asked.
const lateAnswer = 250 * time.Millisecond

// fit reports whether a standby's monitor is likely to answer at once.
func (h *health) fit(now time.Time) bool {
	return h.inQuorum && h.doubt.IsZero() && (h.owed.IsZero() || now.Sub(h.owed) < lateAnswer)
}

// pingInterval returns the time between keepalives.
func (c *core) pingInterval(s *session) time.Duration {
	if s.calls > 0 {
		return min(c.cfg.ProbeInterval, c.cfg.PingInterval)
	}
	return c.cfg.PingInterval
}

// attend is called when something is asked of a session that nothing was asked of before: whether the monitor is there
// matters now.
func (c *core) attend(s *session) {
	h := &s.health
	now := time.Now()
	h.acquit(now)
	c.hear(s, now, now.Sub(h.next))
	if !h.owed.IsZero() {
		return
	}
	if due := h.lastPing.Add(c.pingInterval(s)); now.Before(due) {
		h.next = earlier(h.next, due)
	} else {
		c.ping(s, now)
		c.schedule(s, now)
	}
}

// ping sends a keepalive. There is one at a time: what does not answer one does not answer two.
func (c *core) ping(s *session, now time.Time) {
	h := &s.health
	h.lastPing, h.owed = now, now
	h.heard, h.heardAt = s.conn.Progress(), now
	h.pingBulk, h.slept = s.conn.Bulk(), false
	s.conn.Keepalive()
}

// check runs when health.next has come: it sends keepalives, gives a silent monitor up, renews tickets, and looks whether
// what was asked is answered.
func (c *core) check(s *session, now time.Time) {
	h := &s.health
	c.hear(s, now, now.Sub(h.next))
	if !h.owed.IsZero() && now.Sub(h.silentSince()) >= c.silenceLimit(s) {
		c.lose(s, fmt.Errorf("%w for %v", ErrKeepalive, now.Sub(h.silentSince()).Round(time.Millisecond)))
		return
	}
	if h.owed.IsZero() && (!now.Before(h.lastPing.Add(c.pingInterval(s))) || h.lastPing.Before(h.doubt)) {
		c.ping(s, now)
	}
	if !h.renewAt.IsZero() && !now.Before(h.renewAt) {
		if !c.renew(s) {
			return
		}
	}
	c.doubt(s, now)
	if c.session == s || c.isStandby(s) {
		c.schedule(s, now)
	}
}

// schedule notes when check is to run next.
func (c *core) schedule(s *session, now time.Time) {
	h := &s.health
	h.next = h.lastPing.Add(c.pingInterval(s)) // to ping, or to see whether there is an answer
	if !h.owed.IsZero() {
		verdict := h.silentSince().Add(c.silenceLimit(s))
		if !now.Before(h.next) {
			h.next = now.Add(c.pingInterval(s))
		}
		h.next = earlier(h.next, verdict)
	}
	if !h.renewAt.IsZero() {
		h.next = earlier(h.next, h.renewAt)
	}
	if at := c.condemned(s); now.Before(at) {
		h.next = earlier(h.next, at)
	}
	if h.rival != nil {
		h.next = earlier(h.next, h.rivalAt.Add(rivalGrace))
	}
	h.next = later(h.next, now.Add(time.Millisecond)) // never a busy loop
}

// hear takes note of what the connection has heard. late is how late that is: a process that was stopped, or a machine that
// had no time for it, has heard nothing meanwhile, and its clock has gone on.
func (c *core) hear(s *session, now time.Time, late time.Duration) {
	h := &s.health
	switch {
	case late > asleep:
		h.seenAt, h.heardAt, h.slept = now, now, true
	case late > stallGrace:
		h.seenAt, h.heardAt, h.slept = h.seenAt.Add(late), h.silentSince().Add(late), true
	}
	if progress := s.conn.Progress(); progress != h.heard {
		h.heard, h.heardAt = progress, now
	}
	if at, _ := s.conn.LastAck(); !h.owed.IsZero() && !at.Before(h.owed) {
		h.acked, h.owed, h.bulk = h.owed, time.Time{}, h.pingBulk
		if !h.doubt.IsZero() && h.accused.IsZero() && !h.acked.Before(h.doubt) {
			h.accused = later(at, h.doubt)
		}
		if !h.slept { // else it says nothing about the monitor
			r := &c.peer(s.attempt.addr).rtt
			r.add(at.Sub(h.acked))
			if !s.mgr { // those are of monitors
				c.stats.roundTrip(s, r.smooth)
			}
		}
	}
}

// doubt looks whether the session's monitor answers what it is asked. Keepalives say nothing about that: a monitor without
// a quorum answers them, and keeps everything else (Monitor::_ms_dispatch in src/mon/Monitor.cc). So it is asked
// something that every monitor answers at once, and when it does not, so is another one.
func (c *core) doubt(s *session, now time.Time) {
	h := &s.health
	if h.answers != h.seen || s.calls == 0 {
		doubted := !h.doubt.IsZero()
		h.acquit(now)
		if doubted && !s.standby {
			c.tendStandbys(now)
		}
		return
	}
	switch {
	case c.cfg.QuorumTimeout <= 0:
	case h.doubt.IsZero():
		if now.Sub(h.seenAt) >= c.cfg.QuorumTimeout {
			h.doubt = now
			c.query(s)
			if h.owed.IsZero() {
				c.ping(s, now) // behind it: the answer to that says that the query has come
			}
		}
	case h.rival != nil && !now.Before(h.rivalAt.Add(rivalGrace)):
		c.lose(s, fmt.Errorf("mon.%s: %w for %v, and mon.%s does answer", s.name, ErrNoQuorum, now.Sub(h.seenAt).Round(time.Millisecond), h.rival.name))
	case h.accused.IsZero() || now.Before(c.condemned(s)):
	case s.standby: // there are others
		c.loseStandby(s, fmt.Errorf("%w for %v", ErrNoQuorum, now.Sub(h.seenAt).Round(time.Millisecond)))
	default:
		for _, other := range c.standby.sessions {
			if other.health.vouched && other.health.provenFor != h.doubt {
				other.health.provenFor = h.doubt
				c.query(other)
			}
		}
		c.tendStandbys(now) // which there has to be one of now
	}
}

// inDoubt reports whether another monitor is to be asked because the session's does not answer.
func (c *core) inDoubt() bool {
	return c.session != nil && !c.session.health.accused.IsZero() && !time.Now().Before(c.condemned(c.session))
}

// acquit notes that the monitor does not owe anything for long.
func (h *health) acquit(now time.Time) {
	h.seen, h.seenAt = h.answers, now
	h.doubt, h.accused, h.rival = time.Time{}, time.Time{}, nil
}

// query asks a monitor for what a monitor in quorum always knows.
func (c *core) query(s *session) {
	c.lastID++
	s.health.probe = c.lastID
	s.send(&monmsg.MMonGetVersion{Handle: c.lastID, What: "monmap"}, c.lastID)
}

// proven takes the answer to query, false if it is another one.
func (c *core) proven(s *session, id uint64) bool {
	h := &s.health
	if h.probe != id {
		return false
	}
	h.probe = 0
	if !s.standby {
		return true // that it came is what counts
	}
	if !h.inQuorum {
		h.inQuorum = true
		c.standbyReady(s)
	}
	if p := c.session; p != nil && c.inDoubt() && h.provenFor == p.health.doubt && p.health.rival == nil {
		// When a quorum has come back both answer, and it is the session's monitor that has what was asked.
		p.health.rival, p.health.rivalAt = s, time.Now()
		p.health.next = earlier(p.health.next, p.health.rivalAt.Add(rivalGrace))
	}
	return true
}

// renew asks for new tickets when some are due, false when that was the end of the session.
func (c *core) renew(s *session) bool {
	payload, err := s.auth.RenewRequest()
	if err != nil {
		c.lose(s, err)
		return false
	}
	if payload != nil {
		s.send(&monmsg.MAuth{Protocol: uint32(s.auth.Method()), Payload: payload, MonMapEpoch: c.monmap.Epoch}, 0)
	}
	c.scheduleRenewal(s)
	return true
}

// scheduleRenewal notes when the session's tickets are due.
func (c *core) scheduleRenewal(s *session) {
	at, ok := s.auth.RenewAt()
	if !ok {
		s.health.renewAt = time.Time{}
		return
	}
	if now := time.Now(); !now.Before(at) {
		at = now.Add(c.cfg.PingInterval) // a monitor that does not give what is due is not asked in a loop
	}
	s.health.renewAt = at
	s.health.next = earlier(s.health.next, at)
}

// renewed takes the answer to renew.
func (c *core) renewed(s *session, m *monmsg.MAuthReply) {
	if err := s.auth.RenewReply(m.Result, m.Payload); err != nil {
		if refusesKey(err) {
			c.refreshKey(nil)
		}
		c.lose(s, fmt.Errorf("ticket renewal: %w", err))
		return
	}
	if !s.standby {
		c.auth = s.auth.State()
		c.stats.tickets(c.auth)
	}
	c.scheduleRenewal(s)
	c.ticketsRenewed()
}

// never is a time that never comes.
var never = time.Unix(1<<40, 0)

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
