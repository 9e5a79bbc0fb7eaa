package eventq_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/capi/eventq"
)

func Example() {
	q := eventq.New[string](new(level))
	s := q.NewSource(eventq.Limit{Events: 2})
	s.Push("one", 0)
	s.Push("two", 0)
	s.Push("three", 0)
	s.End()
	items := make([]eventq.Item[string], 8)
	n, err := q.Take(items)
	for _, item := range items[:n] {
		fmt.Println(item.Value, item.Missed, item.Source.Settle())
	}
	fmt.Println(err)
	// Output:
	// two 1 false
	// three 0 true
	// <nil>
}

// level notes what it is told.
type level struct{ up bool }

func (l *level) Set(up bool) { l.up = up }

// condLevel is a level that goroutines wait for.
type condLevel struct {
	mu   sync.Mutex
	cond sync.Cond
	up   bool
}

func newCondLevel() *condLevel {
	l := new(condLevel)
	l.cond.L = &l.mu
	return l
}

func (l *condLevel) Set(up bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up = up
	l.cond.Broadcast()
}

func (l *condLevel) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.up {
		l.cond.Wait()
	}
}

// drain takes everything that is there.
func drain(t *testing.T, q *eventq.Queue[int]) (values []int) {
	t.Helper()
	items := make([]eventq.Item[int], 3)
	for {
		n, err := q.Take(items)
		require.NoError(t, err)
		if n == 0 {
			return values
		}
		for _, item := range items[:n] {
			values = append(values, item.Value)
		}
	}
}

func TestOrderIsThatOfPushing(t *testing.T) {
	q := eventq.New[int](new(level))
	a, b := q.NewSource(eventq.Limit{}), q.NewSource(eventq.Limit{})
	for i := range 100 {
		[]*eventq.Source[int]{a, b}[i*7%2].Push(i, 0)
	}
	values := drain(t, q)
	require.Len(t, values, 100)
	require.IsIncreasing(t, values)
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name   string
		limit  eventq.Limit
		sizes  []int
		want   []int // the indices that are left
		missed uint32
	}{
		{"none", eventq.Limit{}, []int{1, 1 << 40, 1}, []int{0, 1, 2}, 0},
		{"events", eventq.Limit{Events: 2}, []int{0, 0, 0, 0}, []int{2, 3}, 2},
		{"bytes", eventq.Limit{Bytes: 10}, []int{5, 5, 5}, []int{1, 2}, 1},
		{"one that is too large stays", eventq.Limit{Bytes: 10}, []int{5, 50}, []int{1}, 1},
		{"until the next", eventq.Limit{Bytes: 10}, []int{50, 5}, []int{1}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := eventq.New[int](new(level))
			other, s := q.NewSource(eventq.Limit{}), q.NewSource(tt.limit)
			other.Push(100, 0)
			for i, size := range tt.sizes {
				require.True(t, s.Push(i, size))
			}
			other.Push(101, 0)
			items := make([]eventq.Item[int], 20)
			n, err := q.Take(items)
			require.NoError(t, err)
			require.Len(t, items[:n], len(tt.want)+2, "others lose nothing")
			require.Equal(t, tt.missed, items[1].Missed)
			for i, want := range tt.want {
				require.Equal(t, want, items[1+i].Value)
			}
			s.Push(7, 0)
			n, err = q.Take(items)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.Zero(t, items[0].Missed, "it was said")
		})
	}
}

func TestTheEndIsToldOnce(t *testing.T) {
	take := func(q *eventq.Queue[int]) (items []eventq.Item[int]) {
		items = make([]eventq.Item[int], 8)
		n, err := q.Take(items)
		require.NoError(t, err)
		return items[:n]
	}
	t.Run("by the last event", func(t *testing.T) {
		q := eventq.New[int](new(level))
		s := q.NewSource(eventq.Limit{})
		s.Push(1, 0)
		taken, over := s.PushLast(2, 0)
		require.True(t, taken)
		require.False(t, over)
		items := take(q)
		require.False(t, s.Push(3, 0))
		require.False(t, s.End())
		require.False(t, s.Drop(true), "two are with whoever took them")
		require.False(t, items[0].Source.Settle())
		require.True(t, items[1].Source.Settle())
		require.False(t, s.Drop(true))
	})
	t.Run("by the end after the last event was settled", func(t *testing.T) {
		q := eventq.New[int](new(level))
		s := q.NewSource(eventq.Limit{})
		s.Push(1, 0)
		item := take(q)[0]
		require.False(t, item.Source.Settle())
		require.True(t, s.End())
	})
	t.Run("by Close with one still out", func(t *testing.T) {
		q := eventq.New[int](new(level))
		s := q.NewSource(eventq.Limit{})
		s.Push(1, 0)
		s.PushLast(2, 0)
		items := make([]eventq.Item[int], 1)
		_, err := q.Take(items)
		require.NoError(t, err)
		_, over := q.Close()
		require.Empty(t, over)
		require.True(t, items[0].Source.Settle())
	})
	t.Run("by End with nothing there", func(t *testing.T) {
		q := eventq.New[int](new(level))
		s := q.NewSource(eventq.Limit{})
		require.True(t, s.End())
		require.False(t, s.End())
	})
	t.Run("by Drop", func(t *testing.T) {
		q := eventq.New[int](new(level))
		s, other := q.NewSource(eventq.Limit{}), q.NewSource(eventq.Limit{})
		s.Push(1, 0)
		other.Push(2, 0)
		s.Push(3, 0)
		s.End()
		require.True(t, s.Drop(true))
		require.Equal(t, []int{2}, drain(t, q))
	})
	t.Run("by Close", func(t *testing.T) {
		q := eventq.New[int](new(level))
		ended, running := q.NewSource(eventq.Limit{}), q.NewSource(eventq.Limit{})
		ended.Push(1, 0)
		ended.PushLast(2, 0)
		running.Push(3, 0)
		dropped, over := q.Close()
		require.Equal(t, []int{1, 2, 3}, dropped)
		require.Equal(t, []*eventq.Source[int]{ended}, over)
		taken, last := running.PushLast(4, 0)
		require.False(t, taken)
		require.True(t, last)
	})
}

func TestFinishLeavesWhatIsThere(t *testing.T) {
	q := eventq.New[int](new(level))
	s := q.NewSource(eventq.Limit{})
	s.Push(1, 0)
	q.Finish()
	q.Finish()
	require.False(t, s.Push(2, 0))
	item, ok, err := q.TakeBusy()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 1, item.Value)
	item.Source.Done()
	_, _, err = q.TakeBusy()
	require.ErrorIs(t, err, eventq.ErrClosed)
}

func TestDropWaitsForTheEventThatIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := eventq.New[int](new(level))
		s := q.NewSource(eventq.Limit{})
		s.Push(1, 0)
		item, ok, err := q.TakeBusy()
		require.NoError(t, err)
		require.True(t, ok)
		require.False(t, s.Drop(false), "whoever has the event does not wait for itself")
		dropped := false
		go func() {
			s.Drop(true)
			dropped = true
		}()
		synctest.Wait()
		require.False(t, dropped)
		require.True(t, item.Source.Settle())
		item.Source.Done()
		synctest.Wait()
		require.True(t, dropped)
	})
}

func TestLevelIsUpWhileEventsWait(t *testing.T) {
	l := new(level)
	q := eventq.New[int](l)
	s, other := q.NewSource(eventq.Limit{Events: 2}), q.NewSource(eventq.Limit{})
	require.False(t, l.up)
	s.Push(1, 0)
	require.True(t, l.up)
	require.Equal(t, []int{1}, drain(t, q))
	require.False(t, l.up)
	for i := range 3 {
		s.Push(i, 0)
	}
	_, err := q.Take(make([]eventq.Item[int], 1))
	require.NoError(t, err)
	require.True(t, l.up, "one is left")
	other.Push(5, 0)
	s.Drop(false)
	require.True(t, l.up, "another's is left")
	other.Drop(false)
	require.False(t, l.up)
	l.up = true // by one who was late
	require.Empty(t, drain(t, q))
	require.False(t, l.up)
	q.Close()
	require.True(t, l.up)
	s.Drop(false)
	_, err = q.Take(make([]eventq.Item[int], 1))
	require.ErrorIs(t, err, eventq.ErrClosed)
	require.True(t, l.up)
}

func TestManyPushersAndTakers(t *testing.T) {
	const pushers, each = 8, 2000
	l := newCondLevel()
	q := eventq.New[int](l)
	var group, takers sync.WaitGroup
	got := make([]int, 4)
	finals := make([]int, len(got))
	for i := range got {
		takers.Go(func() {
			items := make([]eventq.Item[int], 5)
			for {
				l.wait()
				n, err := q.Take(items)
				if err != nil {
					return
				}
				got[i] += n
				for _, item := range items[:n] {
					if item.Source.Settle() {
						finals[i]++
					}
				}
			}
		})
	}
	for range pushers {
		group.Go(func() {
			s := q.NewSource(eventq.Limit{})
			for i := range each - 1 {
				s.Push(i, 1)
			}
			s.PushLast(0, 0)
		})
	}
	group.Wait()
	q.Finish()
	takers.Wait()
	sum := func(a []int) (n int) {
		for _, v := range a {
			n += v
		}
		return n
	}
	require.Equal(t, pushers*each, sum(got))
	require.Equal(t, pushers, sum(finals))
	q.Close()
}

func BenchmarkPushTake(b *testing.B) {
	q := eventq.New[int](new(level))
	s := q.NewSource(eventq.Limit{})
	items := make([]eventq.Item[int], 64)
	b.ReportAllocs()
	for b.Loop() {
		s.Push(1, 0)
		if n, err := q.Take(items); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}
}
