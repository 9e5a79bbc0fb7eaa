package monclient

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
)

// standby are authenticated sessions with other monitors, of which one takes over when the session is lost. They have no
// subscriptions. It is owned by the client's goroutine.
type standby struct {
	sessions []*session
	attempts map[*attempt]bool
	next     time.Time     // no attempt before
	pause    time.Duration // after the next failure
}

func (t *standby) init(initial time.Duration) {
	t.attempts = make(map[*attempt]bool)
	t.pause = initial
}

// standbysWanted returns how many there are to be: one for a moment, when it is to be found out whether others have a quorum.
func (c *core) standbysWanted() int {
	switch {
	case !c.ready():
		return 0
	case c.inDoubt():
		return max(c.cfg.StandbySessions, 1)
	}
	return c.cfg.StandbySessions
}

func (c *core) wantsStandby() bool { return len(c.standby.sessions) < c.standbysWanted() }

func (c *core) isStandby(s *session) bool { return slices.Contains(c.standby.sessions, s) }

// tendStandbys begins as many attempts as there are sessions missing.
func (c *core) tendStandbys(now time.Time) {
	t := &c.standby
	if c.closed {
		return
	}
	for wanted := c.standbysWanted(); c.session != nil && len(t.sessions) > wanted; { // the doubt is over
		c.loseStandby(t.sessions[len(t.sessions)-1], errNotNeeded)
	}
	missing := c.standbysWanted() - len(t.sessions) - len(t.attempts)
	if missing <= 0 || now.Before(t.next) {
		return
	}
	candidates := c.standbyCandidates(now)
	for _, a := range candidates[:min(missing, len(candidates))] {
		a.standby = true
		t.attempts[a] = true
		c.launch(a, now)
	}
	if len(candidates) < missing {
		t.next = now.Add(c.cfg.MaxBackoff) // there are no more monitors; a new monmap may bring some
	}
}

// standbyCandidates returns the monitors to try. Who has just failed comes last, whatever its priority: a standby is there for
// when others are gone, and the monitor that all prefer may be gone for long.
func (c *core) standbyCandidates(now time.Time) []*attempt {
	list := c.candidates(c.taken)
	failed := func(a *attempt) int {
		if c.peers[a.addr].class(now, 0) == classFailed {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b *attempt) int { return cmp.Compare(failed(a), failed(b)) })
	return list
}

// errNotNeeded ends standbys.
var errNotNeeded = errors.New("not needed any more")

// taken reports whether there is a session with a monitor already, or an attempt at one.
func (c *core) taken(addr denc.EntityAddr) bool {
	for _, s := range c.sessions() {
		if s.attempt.addr == addr {
			return true
		}
	}
	for a := range c.standby.attempts {
		if a.addr == addr {
			return true
		}
	}
	return false
}

// nextStandbyTick returns when tendStandbys has something to do.
func (c *core) nextStandbyTick() time.Time {
	if c.standbysWanted() > len(c.standby.sessions)+len(c.standby.attempts) {
		return c.standby.next
	}
	return never
}

// addStandby takes a new session in. It is of use once it has a monmap.
func (c *core) addStandby(s *session) {
	s.standby = true
	c.standby.sessions = append(c.standby.sessions, s)
}

// vouch takes note that a standby is one of the cluster's monitors, and asks whether it is in quorum.
func (c *core) vouch(s *session) {
	if _, ok := c.monmap.RankOfAddr(s.attempt.addr); !ok {
		c.leaveRemoved()
		return
	}
	if c.session == nil { // it comes in time
		c.standby.sessions = slices.DeleteFunc(c.standby.sessions, func(other *session) bool { return other == s })
		s.established = true
		c.stopHunt()
		c.adopt(s)
		return
	}
	if !s.health.vouched {
		s.health.vouched = true
		s.health.provenFor = c.session.health.doubt
		c.query(s)
	}
	if c.ready() {
		c.leaveRemoved()
	}
}

// standbyReady is told when a standby has shown that it is in quorum.
func (c *core) standbyReady(s *session) {
	c.standby.pause = c.cfg.InitialBackoff
	c.peer(s.attempt.addr).good = time.Now()
	c.publishStandbys()
	c.tell(SessionEvent{Kind: SessionStandby, Mon: s.name, Addr: s.attempt.addr, Elapsed: time.Since(s.attempt.began)})
}

// publishStandbys tells callers of Standbys.
func (c *core) publishStandbys() {
	var list []SessionInfo
	for _, s := range c.standby.sessions {
		if s.health.inQuorum {
			list = append(list, s.info(c.monmap))
		}
	}
	c.published.standbys.Store(&list)
	c.stats.count(func(k *Stats) { k.Standbys = len(list) })
}

// standbyFailed takes the end of an attempt. It is the user's business only when it happens to the session.
func (c *core) standbyFailed(a *attempt, step string, err error, now time.Time) {
	c.peer(a.addr).failed = now
	c.stats.count(func(k *Stats) { k.AttemptsFailed[step]++ })
	c.note(logStandbyFailed, "mon", a.mon, "addr", a.addr.String(), "step", step, "elapsed", now.Sub(a.began), "error", unwrapStep(err))
	var refusal *cephx.AuthError
	if errors.As(err, &refusal) && a.key.Equal(c.cfg.Key) {
		c.standby.pause = c.cfg.MaxBackoff
		c.refreshKey(nil)
	}
	c.pauseStandbys(now)
}

func (c *core) pauseStandbys(now time.Time) {
	t := &c.standby
	t.next = now.Add(jittered(t.pause))
	t.pause = min(2*t.pause, c.cfg.MaxBackoff)
}

// loseStandby gives a standby up.
func (c *core) loseStandby(s *session, err error) {
	t := &c.standby
	i := slices.Index(t.sessions, s)
	if i < 0 {
		return
	}
	t.sessions = slices.Delete(t.sessions, i, i+1)
	s.close()
	if c.session != nil && c.session.health.rival == s {
		c.session.health.rival = nil
	}
	now := time.Now()
	if s.health.inQuorum {
		c.publishStandbys()
		c.tell(SessionEvent{Kind: SessionStandby, Mon: s.name, Addr: s.attempt.addr, Elapsed: now.Sub(s.since), Err: lost(err)})
	}
	if !errors.Is(err, errNotNeeded) {
		c.peer(s.attempt.addr).failed = now
		c.pauseStandbys(now)
	}
	c.orphan(s, err)
	c.sendUnsent()
}

// dropStandbys ends the standbys that are known to the monitors by another id than the given one.
func (c *core) dropStandbys(globalID uint64) {
	for _, s := range slices.Clone(c.standby.sessions) {
		if s.auth.GlobalID() != globalID {
			c.loseStandby(s, errNotNeeded)
		}
	}
}

// takeStandby takes the standby out that is to become the session, nil if there is none: preferably one that was in quorum,
// and does not owe an answer.
func (c *core) takeStandby() *session {
	t := &c.standby
	var best *session
	for _, s := range t.sessions {
		if s.health.vouched && (best == nil || s.health.rank() > best.health.rank()) {
			best = s
		}
	}
	if best != nil {
		t.sessions = slices.DeleteFunc(t.sessions, func(s *session) bool { return s == best })
		best.established = true
		best.health.acquit(time.Now())
		c.publishStandbys()
	}
	for a := range t.attempts { // what else is wanted is decided when there is a session
		if a.cancel != nil {
			a.cancel(errOutrun)
		}
	}
	clear(t.attempts)
	t.next = time.Time{}
	return best
}

// rank is higher the better a standby is.
func (h *health) rank() (rank int) {
	if h.inQuorum {
		rank += 2
	}
	if h.owed.IsZero() {
		rank++
	}
	return rank
}
