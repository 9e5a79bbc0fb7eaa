package monclient

import "time"

// hedges are the calls that another monitor is asked as well when their time comes, in the order of that. All have the same
// delay, so a list will do.
type hedges []hedged

type hedged struct {
	call *Call
	id   uint64 // the call may have ended
	at   time.Time
}

// reading returns the sessions that may be asked what every monitor in quorum knows.
func (c *core) reading() []*session {
	all := make([]*session, 0, 1+len(c.standby.sessions))
	all = append(all, c.session)
	now := time.Now()
	for _, s := range c.standby.sessions {
		if s.health.fit(now) {
			all = append(all, s)
		}
	}
	return all
}

// choose returns the session to send a call on.
func (c *core) choose(call *Call) *session {
	if !c.cfg.ReadBalance || call.pinned || len(c.standby.sessions) == 0 || !c.reads(call) {
		return c.session
	}
	all := c.reading()
	c.turn++
	return all[c.turn%len(all)]
}

// scheduleHedge has a call that only reads asked of another monitor later, unless it is answered by then, or may be sent
// once only.
func (c *core) scheduleHedge(call *Call) {
	if c.cfg.HedgeDelay > 0 && !call.pinned && c.cfg.StandbySessions > 0 && call.sent == 1 && c.policy(call) != ResendNever && c.reads(call) {
		c.hedges = append(c.hedges, hedged{call, call.id, time.Now().Add(c.cfg.HedgeDelay)})
	}
}

// hedge asks another monitor what has not been answered in time.
func (c *core) hedge(now time.Time) {
	done := 0
	for ; done < len(c.hedges) && !now.Before(c.hedges[done].at); done++ {
		h := c.hedges[done]
		if c.pending[h.id] != h.call || h.call.on == nil || h.call.hedge != nil || !c.ready() {
			continue
		}
		for _, s := range c.reading() {
			if s != h.call.on {
				c.sendOn(s, h.call)
				break
			}
		}
	}
	clear(c.hedges[:done])
	c.hedges = c.hedges[done:]
}
