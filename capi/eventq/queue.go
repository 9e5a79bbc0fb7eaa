package eventq

import (
	"errors"
	"sync"
)

// ErrClosed says that the queue was closed.
var ErrClosed = errors.New("queue closed")

// Level is told whether there is something to take, so that somebody can wait for it: a thread, or a program that polls a
// descriptor. It must not wait, nor call the queue.
//
// It is up whenever there is something. That it goes up is told without the queue's mutex, for whoever is woken by it takes
// that next; so it may be up for a moment when there is nothing, until a Take that finds nothing, and it may be told that
// it is up after Close.
type Level interface {
	Set(up bool)
}

// Queue has events of any number of sources. It is safe for concurrent use.
type Queue[T any] struct {
	mu       sync.Mutex
	idle     sync.Cond // a source is not busy any more
	level    Level
	head     *node[T]
	tail     *node[T]
	finished bool // nothing more comes: Take ends when the queue is empty
}

// node is one event. It is in the list of its queue and in that of its source.
type node[T any] struct {
	value      T
	size       int
	missed     uint32 // before this one, where it comes from
	src        *Source[T]
	prev, next *node[T]
	later      *node[T] // the next of the same source
}

// Item is an event that was taken. Whoever takes it uses what its source stands for until Source.Settle.
type Item[T any] struct {
	Value  T
	Source *Source[T]
	// Missed is how many events of the source before this one were dropped, or did not come.
	Missed uint32
}

// New returns an empty queue. The level stays up when the queue was finished or closed.
func New[T any](level Level) *Queue[T] {
	q := &Queue[T]{level: level}
	q.idle.L = &q.mu
	return q
}

// Take moves up to len(items) events from the queue into items and returns how many there were. When the queue was closed,
// or was finished and is empty, it returns ErrClosed.
func (q *Queue[T]) Take(items []Item[T]) (int, error) { return q.take(items, false) }

// TakeBusy takes one event and marks its source as busy, until Done; false when there is none.
func (q *Queue[T]) TakeBusy() (item Item[T], ok bool, err error) {
	var items [1]Item[T]
	n, err := q.take(items[:], true)
	return items[0], n > 0, err
}

func (q *Queue[T]) take(items []Item[T], busy bool) (n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n < len(items) && q.head != nil {
		items[n] = q.pop(busy)
		n++
	}
	if n == 0 && q.finished {
		return 0, ErrClosed
	}
	q.drained()
	return n, nil
}

// pop takes the first event. The caller holds mu.
func (q *Queue[T]) pop(busy bool) Item[T] {
	n := q.head
	s := n.src
	item := Item[T]{Value: n.value, Source: s, Missed: s.missed + n.missed}
	s.missed = 0
	q.unlink(n)
	s.taken++
	s.busy = busy
	if s.onTake != nil {
		s.onTake(&item.Value)
	}
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

// drained tells the level after events were taken away. The caller holds mu.
func (q *Queue[T]) drained() {
	if q.head == nil && !q.finished {
		q.level.Set(false)
	}
}

// Finish says that no events come any more: Take brings those that are there, and then ErrClosed.
func (q *Queue[T]) Finish() {
	q.mu.Lock()
	q.finished = true
	q.mu.Unlock()
	q.level.Set(true)
}

// Close drops all events and refuses those that come later. It returns what it has dropped, and the sources that had
// ended and are over with that: the caller releases what they stand for.
func (q *Queue[T]) Close() (dropped []T, over []*Source[T]) {
	defer q.level.Set(true)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.finished = true
	for q.head != nil {
		n := q.head
		dropped = append(dropped, n.value)
		q.unlink(n)
		if s := n.src; s.ended && s.over() {
			over = append(over, s)
		}
	}
	return dropped, over
}
