package eventq

// Limit bounds what waits of one source. Zero is no bound. With one event the newest alone waits: each takes the place of the
// one before, or rather its own at the end, where it belongs among those of other sources.
type Limit struct {
	Events int
	Bytes  int
}

// Source is where events come from: an operation, a subscription, a log. Its events are taken in the order in which
// they were pushed. All its state is guarded by its queue's mutex.
type Source[T any] struct {
	q     *Queue[T]
	limit Limit

	first, last *node[T]
	events      int
	taken       int // and not settled
	bytes       int
	missed      uint32
	gap         uint32 // what the next one to be pushed has missed

	ended    bool // nothing more is pushed
	released bool // somebody has been told to release what the source stands for
	busy     bool // an event is with TakeBusy's caller
	onTake   func(*T)
}

// NewSource returns a source that pushes into the queue.
func (q *Queue[T]) NewSource(limit Limit) *Source[T] { return &Source[T]{q: q, limit: limit} }

// OnTake has f called for each event that is taken, one after the other in their order, before whoever takes it sees it. It is to be set
// before the first Push. f runs with the queue's mutex held: it must not wait, nor call the queue.
func (s *Source[T]) OnTake(f func(*T)) { s.onTake = f }

// Miss says that n events did not come before the one that is pushed next.
func (s *Source[T]) Miss(n uint32) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	s.gap += n
}

// Push adds an event, whose size counts for the limit, and drops the source's oldest ones when there are too many. It
// reports whether the event was taken up: a source that has ended, and a queue that was closed, take nothing.
func (s *Source[T]) Push(v T, size int) bool {
	s.q.mu.Lock()
	taken, up := s.push(v, size)
	if taken {
		s.shed()
	}
	s.q.mu.Unlock()
	if up {
		s.q.level.Set(true)
	}
	return taken
}

// push adds an event. When up is true the caller, who holds the mutex, tells the level when it has let go of it.
func (s *Source[T]) push(v T, size int) (taken, up bool) {
	q := s.q
	if s.ended || q.finished {
		return false, false
	}
	n := &node[T]{value: v, size: size, missed: s.gap, src: s, prev: q.tail}
	s.gap = 0
	wasEmpty := q.head == nil
	if q.tail != nil {
		q.tail.next = n
	} else {
		q.head = n
	}
	q.tail = n
	if s.last != nil {
		s.last.later = n
	} else {
		s.first = n
	}
	s.last = n
	s.events++
	s.bytes += size
	return true, wasEmpty
}

// shed drops the oldest events when there are too many, but never the newest.
func (s *Source[T]) shed() {
	for s.first != s.last && s.tooMuch() {
		s.missed += 1 + s.first.missed
		s.q.unlink(s.first)
	}
}

func (s *Source[T]) tooMuch() bool {
	return (s.limit.Events > 0 && s.events > s.limit.Events) || (s.limit.Bytes > 0 && s.bytes > s.limit.Bytes)
}

// PushLast adds an event, in addition to what the limit lets wait, and ends the source. When it reports false the event was not taken up, and over says whether the
// caller is to release what the source stands for.
func (s *Source[T]) PushLast(v T, size int) (taken, over bool) {
	s.q.mu.Lock()
	taken, up := s.push(v, size)
	if taken {
		s.ended = true
	} else {
		over = s.end()
	}
	s.q.mu.Unlock()
	if up {
		s.q.level.Set(true)
	}
	return taken, over
}

// End says that nothing more is pushed. What waits can still be taken. When it reports true nothing waits, and the caller
// releases what the source stands for.
func (s *Source[T]) End() (over bool) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	return s.end()
}

func (s *Source[T]) end() (over bool) {
	s.ended = true
	return s.over()
}

// over reports, to one caller, that a source that has ended has nothing left, neither here nor with somebody who took it.
func (s *Source[T]) over() bool {
	if s.first != nil || s.taken > 0 || s.released {
		return false
	}
	s.released = true
	return true
}

// Settle says that an event that was taken does not need what its source stands for any more. When it reports true that
// was the last one, and the caller releases it.
func (s *Source[T]) Settle() (over bool) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	s.taken--
	return s.ended && s.over()
}

// Drop ends the source and forgets what waits of it. With wait it returns when no event of it is with TakeBusy's caller.
// When it reports true the caller releases what the source stands for.
func (s *Source[T]) Drop(wait bool) (over bool) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	s.ended = true
	emptied := s.first != nil
	for s.first != nil {
		s.q.unlink(s.first)
	}
	if emptied {
		s.q.drained()
	}
	for wait && s.busy {
		s.q.idle.Wait()
	}
	return s.over()
}

// Done says that TakeBusy's caller is done with the source's event.
func (s *Source[T]) Done() {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	s.busy = false
	s.q.idle.Broadcast()
}
