package eventq_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/capi/eventq"
)

// Who takes an event sees what OnTake has made of it, and nothing is made of those that are dropped.
func TestOnTakeIsCalledInOrder(t *testing.T) {
	q := eventq.New[int](new(level))
	s := q.NewSource(eventq.Limit{Events: 2})
	var before int
	s.OnTake(func(v *int) { *v, before = *v*100+before, *v })
	for i := 1; i <= 4; i++ {
		s.Push(i, 0)
	}
	require.Equal(t, []int{300, 403}, drain(t, q))
	s.Push(5, 0)
	item, ok, err := q.TakeBusy()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 504, item.Value)
	s.Push(6, 0)
	s.Drop(false)
	require.Equal(t, 5, before)
}

// However many take at once, each event knows the one before it.
func TestOnTakeWithManyTakers(t *testing.T) {
	type event struct{ number, before int }
	const n = 1000
	q := eventq.New[event](new(level))
	s := q.NewSource(eventq.Limit{})
	last := 0
	s.OnTake(func(e *event) { e.before, last = last, e.number })
	for i := range n {
		s.Push(event{number: i + 1}, 0)
	}
	var mu sync.Mutex
	var all []event
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			items := make([]eventq.Item[event], 3)
			for {
				got, err := q.Take(items)
				if err != nil || got == 0 {
					return
				}
				mu.Lock()
				for _, item := range items[:got] {
					all = append(all, item.Value)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(all, func(a, b event) int { return a.number - b.number })
	require.Len(t, all, n)
	for i, e := range all {
		require.Equal(t, event{i + 1, i}, e)
	}
}

func TestMissesAreCounted(t *testing.T) {
	q := eventq.New[int](new(level))
	s := q.NewSource(eventq.Limit{Events: 2})
	take := func() (value int, missed uint32) {
		var items [1]eventq.Item[int]
		n, err := q.Take(items[:])
		require.NoError(t, err)
		require.Equal(t, 1, n)
		return items[0].Value, items[0].Missed
	}
	s.Miss(3)
	s.Push(1, 0)
	s.Push(2, 0)
	value, missed := take()
	require.Equal(t, 1, value)
	require.EqualValues(t, 3, missed)
	s.Miss(1)
	s.Miss(4)
	s.Push(3, 0)
	s.Push(4, 0) // which drops 2
	s.Push(5, 0) // which drops 3 and what was missed before it
	value, missed = take()
	require.Equal(t, 4, value)
	require.EqualValues(t, 1+1+5, missed)
	value, missed = take()
	require.Equal(t, 5, value)
	require.Zero(t, missed)
}
