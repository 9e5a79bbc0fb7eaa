package msgr2

import (
	"strings"
	"sync"
	"weak"
)

const (
	// roomyFrom is the size from which on memory for what is received is allocated with room around it.
	roomyFrom = 256 << 10
	// roomSize is how much of it may become garbage before the collector runs.
	roomSize = 8 << 20
)

// room is address space that nothing is written to, and so no memory. The collector runs when the heap has doubled, and counts
// what is allocated, used or not: without room it runs for every second or third large message where the heap is small, and
// costs as much as all the rest. There is one room at most, while there are large messages: held has it, as the collector
// sees it, until it has run twice after the last one.
var room struct {
	sync.Mutex
	made weak.Pointer[strings.Builder]
	held sync.Pool
}

// makeRoom is called before something large is allocated. It returns the room.
func makeRoom() *strings.Builder {
	room.Lock()
	r := room.made.Value()
	if r == nil {
		r = new(strings.Builder)
		r.Grow(roomSize) // which leaves it as it is, where make would write zeros
		room.made = weak.Make(r)
	}
	room.Unlock()
	room.held.Get() // the same one: there is no need for two
	room.held.Put(r)
	return r
}
