package monclient

import "sync"

// keptIntake is the largest list of events whose memory is kept for the next ones.
const keptIntake = 1024

// intake is where the client's goroutine is told what callers want, and how attempts have ended. Telling it never waits,
// because callbacks on that goroutine do it too; what is bounded is what comes from the network, which goes another way.
// Whatever was put in is looked at, and nothing is put in any more once it is closed.
type intake struct {
	mu     sync.Mutex
	events []event
	why    error // set when it is closed

	// wake has capacity 1: a wake-up is never lost and never waits.
	wake chan struct{}
}

// event is something to do for the client's goroutine: a call to start, one to withdraw when there is a reason, or
// anything else as a function. The first two are what there are many of, so they cost no closure.
type event struct {
	call *Call
	why  error
	run  func()
}

// put adds an event. It returns an error, ErrClosed as a rule, when the event will never be looked at, and only then.
func (in *intake) put(e event) error {
	in.mu.Lock()
	if in.why != nil {
		defer in.mu.Unlock()
		return in.why
	}
	in.events = append(in.events, e)
	first := len(in.events) == 1
	in.mu.Unlock()
	if first { // else somebody has woken the goroutine already, or is about to
		in.signal()
	}
	return nil
}

// take returns the events, in the order in which they were put in, and whether they are the last ones. spare is a list
// that was taken before and is of no use any more.
func (in *intake) take(spare []event) (events []event, last bool) {
	if cap(spare) > keptIntake {
		spare = nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	events, in.events = in.events, spare[:0]
	return events, in.why != nil
}

// close has the goroutine end after what was put in until now. Of several reasons the first counts.
func (in *intake) close(why error) {
	in.mu.Lock()
	if in.why == nil {
		in.why = why
	}
	in.mu.Unlock()
	in.signal()
}

func (in *intake) signal() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}
