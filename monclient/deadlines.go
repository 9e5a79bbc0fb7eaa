package monclient

import "container/heap"

// deadlines are the calls that end by themselves, the earliest first. They share the one timer of the client's
// goroutine, so that a timeout costs neither a timer nor a goroutine, not even when it comes for many calls at once. It is
// owned by that goroutine.
type deadlines []*Call

func (d *deadlines) add(call *Call)    { heap.Push(d, call) }
func (d *deadlines) remove(call *Call) { heap.Remove(d, call.place) }

// first returns the call that ends next, nil if none does.
func (d deadlines) first() *Call {
	if len(d) == 0 {
		return nil
	}
	return d[0]
}

// Len, Less, Swap, Push and Pop are for package heap.

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline.Before(d[j].deadline) }

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

func (d *deadlines) Push(x any) {
	call := x.(*Call) //nolint:errcheck // only add pushes
	call.place = len(*d)
	*d = append(*d, call)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	call := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return call
}
