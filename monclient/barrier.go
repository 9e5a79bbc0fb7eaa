package monclient

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// BarrierError says that a command was answered, and that the map of its Command.Barrier has not come. It need not be lost:
// the client may not have the capabilities for it, or the time was up.
type BarrierError struct {
	Reply *Reply // the answer
	Map   string // what has not come
	Err   error  // why
}

func (e *BarrierError) Error() string {
	return fmt.Sprintf("answered, but this client has not got the %s: %v", e.Map, e.Err)
}

// Unwrap returns why the map has not come.
func (e *BarrierError) Unwrap() error { return e.Err }

// Latest waits until this client has got the newest map that the monitors have when they are asked, and returns its epoch: of
// monmap, osdmap, mgrmap, fsmap (also called mdsmap) or servicemap. What watches the map has got it by then. Sessions that are lost
// on the way are no matter. The session's monitor answers, which may lag behind another one by the time that a change takes
// to reach it. Config.OpTimeout bounds it. Implements: int rados_wait_for_latest_osdmap(rados_t cluster).
func (c *Client) Latest(ctx context.Context, what string) (epoch uint64, err error) {
	call, err := c.core.latest(what, nil)
	if err != nil {
		return 0, err
	}
	return latestReply(what, c.core.wait(ctx, call, c.core.opTimeout(0)))
}

// StartLatest does what Latest does and returns at once; done is called with what Latest would return. timeout, done and the
// error are as for StartCommand.
func (c *Client) StartLatest(what string, timeout time.Duration, done func(epoch uint64, err error)) (*Call, error) {
	if done == nil {
		return nil, fmt.Errorf("monclient: latest %s: %w", what, errNoFunction)
	}
	call, err := c.core.latest(what, func(o outcome) { done(latestReply(what, o)) })
	if err != nil {
		return nil, err
	}
	if err := c.core.begin(call, c.core.opTimeout(timeout)); err != nil {
		return nil, fmt.Errorf("monclient: latest %s: %w", what, err)
	}
	return call, nil
}

// latest returns the call of Latest; a done that is nil is for one that is waited for.
func (c *core) latest(what string, done func(outcome)) (*Call, error) {
	if what != "mdsmap" {
		if err := oneOf(what, awaitedMaps); err != nil {
			return nil, fmt.Errorf("monclient: %w: %w", ErrUnknownMap, err)
		}
	}
	call := new(Call)
	end := call.endWith(done)
	call.askVersion(what)
	call.done = func(o outcome) { c.reach(call, what, o, end) }
	return call, nil
}

func latestReply(what string, o outcome) (uint64, error) {
	if o.err != nil {
		return 0, fmt.Errorf("monclient: latest %s: %w", what, o.err)
	}
	return o.epoch, nil
}

// checkBarrier refuses a Command.Barrier that no monitor has.
func checkBarrier(what string) error {
	if what == "" || what == "config" || what == "mdsmap" || (strings.HasPrefix(what, kvPrefix) && what != kvPrefix) {
		return nil
	}
	if err := oneOf(what, awaitedMaps); err != nil {
		return fmt.Errorf("Command.Barrier: %w: %w, nor config, nor kv:PREFIX", ErrUnknownMap, err)
	}
	return nil
}

// holdBack has a command end when the client has got the map as well that it has changed, unless it has failed.
func (c *core) holdBack(call *Call, what string) {
	end := call.endWith(call.done)
	call.done = func(answer outcome) {
		if answer.err != nil || answer.refused() {
			end(answer)
			return
		}
		c.again(call, func() { call.askVersion(what) }, func(o outcome) {
			c.reach(call, what, o, func(o outcome) {
				answer.err = o.err
				end(answer)
			})
		})
	}
}

// refused reports whether a command was answered with an error.
func (o outcome) refused() bool {
	switch m := o.reply.(type) {
	case *monmsg.MMonCommandAck:
		return m.Retval < 0
	case *monmsg.MCommandReply:
		return m.Retval < 0
	case *monmsg.MMgrCommandReply:
		return m.Retval < 0
	}
	return false
}

// endWith returns what a call of several steps ends with: done is told, or who waits.
func (p *Call) endWith(done func(outcome)) func(outcome) {
	return func(o outcome) {
		if done != nil {
			done(o)
			return
		}
		p.outcome = o
		close(p.ended)
	}
}

// again takes up a call that has ended, for another step, under its deadline.
func (c *core) again(call *Call, fill func(), then func(outcome)) {
	call.command, call.resend, call.name, call.sent, call.began = false, ResendDefault, "", 0, time.Now()
	fill()
	call.done = then
	c.start(call)
}

// askVersion has a call ask the session's monitor how new a map is. Of one that has no such query something else is asked:
// the answer comes behind every map that the monitor has sent before.
func (p *Call) askVersion(what string) {
	if !slices.Contains(versionedMaps, what) {
		what = "monmap"
	}
	p.name, p.pinned = what, true
	p.message = func(_ *core, id uint64) monmsg.Message { return &monmsg.MMonGetVersion{Handle: id, What: what} }
}

// reach goes on with the answer to askVersion: it ends when everybody who follows the map has got it as new as that, or
// somebody has who follows it for this. Of a map without versions it is the newest that the monitor has, asked for after
// the answer. The configuration and keys come before the answer to the command that has changed them, and so before the one to
// the query: monitors send what has changed to those who follow it when they take it up, and answer then
// (PaxosService::refresh in src/mon/PaxosService.cc).
func (c *core) reach(call *Call, what string, o outcome, end func(outcome)) {
	m, ok := o.reply.(*monmsg.MMonGetVersionReply)
	switch {
	case o.err != nil:
		end(o)
		return
	case !ok:
		end(outcome{err: fmt.Errorf("version of %s: answered with %s", what, monmsg.TypeName(o.reply.MsgType()))})
		return
	case what == "config" || strings.HasPrefix(what, kvPrefix):
		end(outcome{})
		return
	case what == "mdsmap":
		what = "fsmap"
	}
	var epoch uint64
	if slices.Contains(versionedMaps, what) {
		epoch = m.Version
	}
	if epoch > 0 && c.subs.have(what, epoch) {
		end(outcome{epoch: epoch})
		return
	}
	c.again(call, func() {
		call.sub = &Subscription{core: c, what: what, onetime: true, next: epoch, f: func(e MapEvent, err error) {
			if err == nil { // otherwise it is the call that has ended the subscription
				c.finish(call, outcome{epoch: e.Epoch})
			}
		}}
	}, end)
}

// have reports whether somebody follows a map, and everybody who does has got it up to an epoch.
func (t *subscriptions) have(what string, epoch uint64) bool {
	e := t.entries[what]
	if e == nil || (what == "monmap" && uint64(t.core.monmap.Epoch) < epoch) {
		return false
	}
	followed := what == "monmap" // which the client does itself
	for _, s := range e.subscribers {
		if s.next <= epoch {
			return false
		}
		followed = followed || !s.onetime
	}
	return followed
}
