package monclient

import (
	"time"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// directed is what a call has that goes to a daemon of its choice, on a connection of its own: a tell, a ping, a command
// for a manager. It is pending as others are, with a deadline, withdrawn and completed as they are; only how it is sent,
// and when again, is the business of what carries it.
type directed struct {
	target target
	input  []byte

	// ping: there is no command, it is to find out whether the monitor is there. limited: within Config.PingTimeout.
	ping, limited bool
	took          time.Duration // the ping

	// onEnd, unless it is nil, is called when the call completes, however, before anybody is told: what carries the call
	// lets go of it, and may add to the outcome. It runs on the client's goroutine, once.
	onEnd func(o *outcome)
}

// alone reports whether the call does without a session with the monitors. It may be asked of nil.
func (d *directed) alone() bool { return d != nil && d.target.kind == toMon }

// find returns the monitor that is meant.
func (d *directed) find(m *cephmap.MonMap) (*cephmap.MonInfo, error) {
	if d.ping {
		return findNamed(m, d.target.name)
	}
	return find(m, d.target.name)
}

// end tells what carries the call that it completes.
func (d *directed) end(o *outcome) {
	if d.onEnd != nil {
		d.onEnd(o)
	}
}

// direct hands a call to what carries it.
func (c *core) direct(call *Call) {
	if call.directed.alone() {
		c.startTell(call)
		return
	}
	c.startMgr(call)
}
