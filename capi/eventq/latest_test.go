package eventq_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/capi/eventq"
)

var latest = eventq.Limit{Events: 1}

func TestTheNewestTakesThePlace(t *testing.T) {
	q := eventq.New[int](new(level))
	s, other := q.NewSource(latest), q.NewSource(eventq.Limit{})
	s.Push(1, 100)
	other.Push(10, 0)
	s.Push(2, 1)
	other.Push(11, 0)
	s.Push(3, 100)
	other.Push(12, 0)
	items := make([]eventq.Item[int], 8)
	n, err := q.Take(items)
	require.NoError(t, err)
	var values []int
	for _, item := range items[:n] {
		values = append(values, item.Value)
		if item.Source == s {
			require.EqualValues(t, 2, item.Missed)
		} else {
			require.Zero(t, item.Missed)
		}
	}
	require.Equal(t, []int{10, 11, 3, 12}, values, "what happened after an event comes after it")

	s.Push(4, 0)
	n, err = q.Take(items)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Zero(t, items[0].Missed, "it was said")
}

// What was taken is not waiting: of a reader that is slow with one event another one waits, the newest.
func TestTheNewestBesideTheOneThatWasTaken(t *testing.T) {
	q := eventq.New[int](new(level))
	s := q.NewSource(latest)
	s.Push(1, 0)
	first, ok, err := q.TakeBusy()
	require.NoError(t, err)
	require.True(t, ok)
	for v := range 5 {
		s.Push(2+v, 0)
	}
	require.False(t, first.Source.Settle())
	first.Source.Done()
	second, ok, err := q.TakeBusy()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 6, second.Value)
	require.EqualValues(t, 4, second.Missed)
	require.False(t, second.Source.Settle())
	second.Source.Done()
	require.True(t, s.End())
}

// The event that says that nothing more comes takes nobody's place, whatever the limit.
func TestTheLastEventIsOneMore(t *testing.T) {
	for name, limit := range map[string]eventq.Limit{"newest": latest, "events": {Events: 2}, "bytes": {Bytes: 5}} {
		t.Run(name, func(t *testing.T) {
			q := eventq.New[int](new(level))
			s := q.NewSource(limit)
			s.Push(1, 0)
			s.Push(2, 5)
			taken, over := s.PushLast(3, 5)
			require.True(t, taken)
			require.False(t, over)
			require.False(t, s.Push(4, 0))
			values := drain(t, q)
			require.Equal(t, []int{2, 3}, values[len(values)-2:])
		})
	}
}

// The level is up as long as one waits, also while others take its place.
func TestTheLevelOfTheNewest(t *testing.T) {
	l := new(level)
	q := eventq.New[int](l)
	s := q.NewSource(latest)
	for v := range 3 {
		s.Push(v, 0)
		require.True(t, l.up)
	}
	require.Equal(t, []int{2}, drain(t, q))
	require.False(t, l.up)
	s.Push(9, 0)
	require.True(t, l.up)
	require.False(t, s.Drop(true), "one is with whoever took it")
	require.False(t, l.up)
}
