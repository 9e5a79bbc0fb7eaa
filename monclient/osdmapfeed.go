package monclient

import (
	"errors"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// errOSDMapGap is why something is asked for again, besides maps that cannot be read.
var errOSDMapGap = errors.New("another epoch came")

// repairPatience is how long an answer may take before the same is asked for again, and repairTries how often that may be done
// without it. Monitors do answer: it is for those that send something else.
const (
	repairPatience = 10 * time.Second
	repairTries    = 3
)

// osdmapFeed has the events of a watch of the osdmap follow from each other: a whole map first, unless the watch has one, and
// then the changes of every epoch. What does not follow is not queued but asked for, and what has no room in the queue is asked for
// later. It is owned by the client's goroutine, but for what the subscription's mu guards.
type osdmapFeed struct {
	s *Subscription
	// based: what the subscription's next epoch changes is known, or queued. Otherwise a whole map is needed: with whole the
	// newest, which monitors send for epoch 0, else that of the next epoch, which a command fetches when it is there.
	based, whole bool
	fetching     *Call // a command that fetches a map
	newest       uint64

	asked time.Time // when the next epoch was last asked for, zero: nothing is to come that was asked for
	tried time.Time // when it was asked for again
	tries int       // since there was progress

	// Guarded by the subscription's mu.
	held   bool // the queue has been full: it is to become emptier first
	ready  bool // that it has, the client's goroutine is about to hear
	faulty bool // that an event was of no use, the client's goroutine is about to hear
}

// begin is called when the subscription is in the table. Changes from an epoch on need the map before it; the first one is
// whole.
func (f *osdmapFeed) begin() {
	if !f.based && !f.whole {
		f.fetch(f.s.next-1, true)
	}
}

// end is called when the subscription is out of the table.
func (f *osdmapFeed) end(why error) {
	if f.fetching != nil {
		f.s.core.withdraw(f.fetching, why)
	}
}

// deaf reports whether nothing is to be sent to the subscription now.
func (f *osdmapFeed) deaf() bool {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return f.fetching != nil || f.held || f.faulty
}

// asks notes from which epoch on the monitor is asked for maps.
func (f *osdmapFeed) asks(start uint64) {
	f.asked = time.Time{}
	if f.whole == (start == 0) { // with 0 the newest map comes, and nothing of what is before it
		f.asked = time.Now()
	}
}

// take queues those of the events of one message that follow.
func (f *osdmapFeed) take(events []MapEvent) {
	s := f.s
	for _, e := range events {
		m, ok := e.Message.(*monmsg.MOSDMap)
		if !ok {
			continue // nothing else has such events
		}
		f.newest = max(f.newest, uint64(m.Newest))
		switch {
		case f.deaf() || s.ended:
			return
		case e.Epoch < s.next:
			if f.whole && e.Full {
				f.asked = time.Time{} // the monitor is behind the one that we had before
			}
		case f.follows(&e, uint64(m.TrimLowerBound)):
			if !f.offer(e) {
				return
			}
			s.next = e.Epoch + 1
			f.based, f.whole = true, false
			f.asked, f.tries = time.Time{}, 0
		case f.based || f.whole:
			f.again(e.Epoch)
		case !e.Full:
			f.repairing(s.next, errOSDMapGap)
			f.fetch(s.next, false)
		}
	}
}

// follows reports whether an event follows from what was queued. A whole map does where one is needed, or where the monitors
// have nothing older any more.
func (f *osdmapFeed) follows(e *MapEvent, oldest uint64) bool {
	if !e.Full {
		return f.based && e.Epoch == f.s.next
	}
	return !f.based || e.Epoch == f.s.next || (e.Epoch == oldest && oldest > f.s.next)
}

// offer queues an event if there is room.
func (f *osdmapFeed) offer(e MapEvent) bool {
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.queue); n > 0 && (n >= s.events || s.bytes+e.size > s.size) {
		f.held = true
		return false
	}
	f.put(e)
	return true
}

// put queues an event, unless nothing more is to come. The caller holds the subscription's mu.
func (f *osdmapFeed) put(e MapEvent) {
	s := f.s
	if s.err != nil || f.faulty {
		return
	}
	e.feed = f
	s.queue = append(s.queue, e)
	s.core.stats.queued.Add(1)
	s.bytes += e.size
	s.signal()
}

// fetched has more come when there is room for it. The caller has taken an event from the queue, and holds the subscription's
// mu.
func (f *osdmapFeed) fetched() {
	s := f.s
	if f.held && !f.ready && len(s.queue) <= s.events/2 && s.bytes <= s.size/2 {
		f.ready = true
		_ = s.core.post(f.resume) // a closed client has nothing more
	}
}

// resume asks for what there was no room for.
func (f *osdmapFeed) resume() {
	s := f.s
	s.mu.Lock()
	held := f.held
	f.held, f.ready = false, false
	s.mu.Unlock()
	if held && !s.ended {
		s.core.stats.osdmaps.repaired.Add(1)
		s.core.note(logOSDMapResumed, "epoch", s.next)
		f.ask()
	}
}

// ask has the next epoch asked for. It is on its way from then on: what comes before it is of no concern.
func (f *osdmapFeed) ask() {
	t := &f.s.core.subs
	f.asked = time.Now()
	if e := t.entries[f.s.what]; e != nil {
		t.want(e)
	}
}

// again asks once more for the next epoch because another one came, but not while the answer may be on its way. The user is
// told when that does not help.
func (f *osdmapFeed) again(came uint64) {
	now := time.Now()
	waits := !f.asked.IsZero()
	if waits && now.Sub(f.asked) < repairPatience || f.tries >= repairTries && now.Sub(f.tried) < repairPatience {
		return
	}
	next := f.s.next
	f.tries++
	f.tried = now
	f.repairing(next, errOSDMapGap)
	if (waits && f.tries > 1) || f.tries > repairTries {
		f.s.mu.Lock()
		f.put(MapEvent{
			What: f.s.what, Epoch: next, err: fmt.Errorf("%w answer: it has been asked for again, and epoch %d came", denc.ErrMalformed, came),
		})
		f.s.mu.Unlock()
	}
	f.ask()
}

// fault says that an event was of no use. It is called by who has fetched it; what is queued after it is dropped, because it
// does not follow from anything. told says that the user was told, of a whole map; a change is repaired.
func (f *osdmapFeed) fault(e *MapEvent, why error) {
	s := f.s
	s.mu.Lock()
	f.faulty = true
	s.drop()
	s.mu.Unlock()
	epoch, whole := e.Epoch, e.Full
	_ = s.core.post(func() { f.repair(epoch, whole, why) }) // a closed client has nothing more
}

// repair fetches the whole map of an epoch whose change was of no use. Where a whole map was, the one of the next epoch is
// fetched when there is one: no more than that is asked of a monitor that has it wrong.
func (f *osdmapFeed) repair(epoch uint64, whole bool, why error) {
	s := f.s
	s.mu.Lock()
	f.faulty, f.held = false, false
	s.mu.Unlock()
	if s.ended {
		return
	}
	f.repairing(epoch, why)
	f.based, f.whole = false, false
	if whole {
		s.next = epoch + 1
		f.ask()
		return
	}
	s.next = epoch
	f.fetch(epoch, false)
}

// repairing notes that something is asked for again.
func (f *osdmapFeed) repairing(epoch uint64, why error) {
	f.s.core.stats.osdmaps.repaired.Add(1)
	f.s.core.note(logOSDMapRepaired, "epoch", epoch, "error", why)
}

// fetch fetches the whole map of an epoch: base says that it is the one before what the user wants.
func (f *osdmapFeed) fetch(epoch uint64, base bool) {
	c := f.s.core
	const prefix = "osd getmap"
	text, err := Command{Prefix: prefix, Args: map[string]any{"epoch": epoch}}.text()
	if err != nil {
		f.notFetched(base, err)
		return
	}
	// The session's monitor is asked, because it is the one that has told of the epoch, if any has.
	call := &Call{core: c, command: true, pinned: true, text: text, name: prefix, resend: ResendAlways, began: time.Now()}
	if timeout := c.opTimeout(0); timeout > 0 {
		call.deadline = call.began.Add(timeout)
	}
	call.message = func(c *core, _ uint64) monmsg.Message { return &monmsg.MMonCommand{FSID: c.monmap.FSID, Cmd: text} }
	call.done = func(o outcome) {
		f.fetching = nil
		if f.s.ended || c.closed {
			return
		}
		reply, err := Command{Prefix: prefix}.reply(o)
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			f.notFetched(base, err)
			return
		}
		f.s.next = epoch + 1
		f.based, f.whole = true, false
		f.s.mu.Lock()
		f.put(MapEvent{
			What: f.s.what, Epoch: epoch, Full: true, Data: reply.Output, Synced: epoch >= f.newest, size: len(reply.Output), value: new(value), base: base,
		})
		f.s.mu.Unlock()
		f.ask()
	}
	f.fetching = call
	c.start(call)
}

// notFetched goes on without the map of an epoch. The one before the first that is wanted may have been trimmed, so that there is
// a whole one of a later epoch, or there is none yet, and the first that comes is fetched instead. Of any other the same
// may be so, once; then the newest will do.
func (f *osdmapFeed) notFetched(base bool, why error) {
	if !base {
		f.tries++
		f.repairing(f.s.next, why)
		f.whole = f.tries > 1 || Errno(why) != denc.ENOENT
	}
	f.ask()
}
