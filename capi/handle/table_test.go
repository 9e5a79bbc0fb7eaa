package handle_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/capi/handle"
)

func Example() {
	clients := handle.NewTable[string](2)
	h := clients.Add("a client")
	v, ok := clients.Get(h)
	fmt.Println(v, ok, h.Kind())
	clients.Take(h)
	_, ok = clients.Get(h)
	fmt.Println(ok)
	// Output:
	// a client true 2
	// false
}

func TestHandlesAreNeverUsedAgain(t *testing.T) {
	table := handle.NewTable[int](7)
	seen := map[handle.Handle]bool{0: true}
	for i := range 10_000 {
		h := table.Add(i)
		require.False(t, seen[h])
		seen[h] = true
		require.Equal(t, uint8(7), h.Kind())
		v, ok := table.Take(h)
		require.True(t, ok)
		require.Equal(t, i, v)
	}
	require.Zero(t, table.Len())
	for h := range seen {
		_, ok := table.Get(h)
		require.False(t, ok)
	}
}

func TestTablesDoNotShareHandles(t *testing.T) {
	a, b := handle.NewTable[int](1), handle.NewTable[int](2)
	h := a.Add(1)
	for _, foreign := range []handle.Handle{h + 1, h &^ 0xff, h ^ 3, 0, ^handle.Handle(0)} {
		_, ok := a.Get(foreign)
		require.False(t, ok, "%x", foreign)
	}
	_, ok := b.Get(h)
	require.False(t, ok)
}

func TestReservedHandleMeansNothingUntilPut(t *testing.T) {
	table := handle.NewTable[int](1)
	h := table.Reserve()
	_, ok := table.Get(h)
	require.False(t, ok)
	table.Put(h, 5)
	v, ok := table.Get(h)
	require.True(t, ok)
	require.Equal(t, 5, v)
	require.Equal(t, []int{5}, table.All())
}

func TestOneTakerGetsIt(t *testing.T) {
	table := handle.NewTable[int](1)
	for range 200 {
		h := table.Add(1)
		var group sync.WaitGroup
		got := make(chan int, 8)
		for range cap(got) {
			group.Go(func() {
				table.Get(h)
				if v, ok := table.Take(h); ok {
					got <- v
				}
			})
		}
		group.Wait()
		require.Len(t, got, 1)
	}
}
