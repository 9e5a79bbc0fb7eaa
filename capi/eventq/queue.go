package eventq

import (
	"errors"
	"sync"
	"time"
)

// ErrClosed says that the queue was closed.
var ErrClosed = errors.New("queue closed")

// Queue has events of any number of sources. It is safe for concurrent use.
type Queue[T any] struct {
	mu       sync.Mutex
	idle     sync.Cond // a source is not busy any more
	head     *node[T]
	tail     *node[T]
	finished bool // nothing more comes: Take ends when the queue is empty
	closed   bool // Close was called
	fd       eventFD

	wake chan struct{} // capacity 1: there may be something to take
	done chan struct{} // closed by Close and Finish
}

// node is one event. It is in the list of its queue and in that of its source.
type node[T any] struct {
	value      T
	size       int
	src        *Source[T]
	prev, next *node[T]
	later      *node[T] // the next of the same source
}

// Item is an event that was taken.
type Item[T any] struct {
	Value  T
	Source *Source[T]
	// Missed is how many events of the source before this one were dropped.
	Missed uint32
	// Final: the source has ended and this was its last event. Whoever took it releases what the source stands for.
	Final bool
}

// New returns an empty queue.
func New[T any]() *Queue[T] {
	q := &Queue[T]{wake: make(chan struct{}, 1), done: make(chan struct{}), fd: noFD}
	q.idle.L = &q.mu
	return q
}

// Take moves up to len(items) events from the queue into items and returns how many. It waits for the first one: until
// the timeout, when that is not negative, and then returns 0. When the queue was closed, or was finished and is
// empty, it returns ErrClosed.
func (q *Queue[T]) Take(items []Item[T], timeout time.Duration) (int, error) {
	return q.take(items, timeout, false)
}

// TakeBusy takes one event and marks its source as busy, until Done.
func (q *Queue[T]) TakeBusy() (Item[T], error) {
	var items [1]Item[T]
	_, err := q.take(items[:], -1, true)
	return items[0], err
}

func (q *Queue[T]) take(items []Item[T], timeout time.Duration, busy bool) (int, error) {
	var expired <-chan time.Time
	for {
		q.mu.Lock()
		n := 0
		for n < len(items) && q.head != nil {
			items[n] = q.pop(busy)
			n++
		}
		switch {
		case q.head != nil:
			q.signal() // for others who wait
		case n > 0:
			q.fd.lower()
		}
		over := q.closed || (q.finished && q.head == nil)
		q.mu.Unlock()
		switch {
		case n > 0:
			return n, nil
		case over:
			return 0, ErrClosed
		case timeout == 0:
			return 0, nil
		case timeout > 0 && expired == nil:
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case <-q.wake:
		case <-q.done:
		case <-expired:
			timeout = 0 // one last look
		}
	}
}

// pop takes the first event. The caller holds mu.
func (q *Queue[T]) pop(busy bool) Item[T] {
	n := q.head
	s := n.src
	item := Item[T]{Value: n.value, Source: s, Missed: s.missed}
	s.missed = 0
	q.unlink(n)
	if s.ended && s.first == nil && !s.released {
		s.released, item.Final = true, true
	}
	s.busy = busy
	return item
}

// unlink removes the first event of a source. The caller holds mu.
func (q *Queue[T]) unlink(n *node[T]) {
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		q.head = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	} else {
		q.tail = n.prev
	}
	s := n.src
	if s.first = n.later; s.first == nil {
		s.last = nil
	}
	s.events--
	s.bytes -= n.size
}

// signal wakes one who waits. The caller holds mu.
func (q *Queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// FD returns a file descriptor that is readable while there are events. It lives as long as the queue.
func (q *Queue[T]) FD() (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return -1, ErrClosed
	}
	if err := q.fd.open(); err != nil {
		return -1, err
	}
	if q.head != nil {
		q.fd.raise()
	}
	return int(q.fd), nil
}

// Finish says that no events come any more: Take brings those that are there, and then ErrClosed.
func (q *Queue[T]) Finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.finish()
}

func (q *Queue[T]) finish() {
	if !q.finished {
		q.finished = true
		close(q.done)
	}
}

// Close drops all events, refuses those that come later, and ends every Take. It returns what it has dropped, and the sources
// that had ended and will give no Final: the caller releases what they stand for.
func (q *Queue[T]) Close() (dropped []T, over []*Source[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.finish()
	for q.head != nil {
		n := q.head
		dropped = append(dropped, n.value)
		q.unlink(n)
		if s := n.src; s.ended && s.first == nil && !s.released {
			s.released = true
			over = append(over, s)
		}
	}
	q.fd.close()
	return dropped, over
}
