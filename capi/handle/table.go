package handle

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// Handle is a number for an object. 0 is none.
type Handle uint64

// kindBits is how much of a handle says which kind of object it is; the rest counts.
const kindBits = 8

// counter is the last number that was given out. It begins anywhere, so that small numbers and those of another
// process mean nothing. At a million a second it lasts for more than a thousand years.
var counter atomic.Uint64

func init() { counter.Store(rand.Uint64N(1 << 48)) }

// Kind returns the kind that the handle claims to be of.
func (h Handle) Kind() uint8 { return uint8(h) }

// Table has the objects of one kind. It is safe for concurrent use.
type Table[T any] struct {
	kind    uint8
	mu      sync.RWMutex
	objects map[Handle]T
}

// NewTable returns an empty table for handles of a kind, which is not 0.
func NewTable[T any](kind uint8) *Table[T] {
	return &Table[T]{kind: kind, objects: make(map[Handle]T)}
}

// Reserve returns a handle that means nothing until it is given to Put.
func (t *Table[T]) Reserve() Handle { return Handle(counter.Add(1)<<kindBits | uint64(t.kind)) }

// Put has a reserved handle mean v.
func (t *Table[T]) Put(h Handle, v T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.objects[h] = v
}

// Add returns a new handle for v.
func (t *Table[T]) Add(v T) Handle {
	h := t.Reserve()
	t.Put(h, v)
	return h
}

// Get returns what a handle means.
func (t *Table[T]) Get(h Handle) (T, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v, ok := t.objects[h]
	return v, ok
}

// Take returns what a handle means, and has it mean nothing from now on. Of several callers one gets it.
func (t *Table[T]) Take(h Handle) (T, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.objects[h]
	delete(t.objects, h)
	return v, ok
}

// Len returns how many handles mean something.
func (t *Table[T]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.objects)
}

// All returns all objects.
func (t *Table[T]) All() []T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Collect(maps.Values(t.objects))
}
