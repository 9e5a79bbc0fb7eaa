package monclient

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// benchClient returns a client of one monitor in memory. The monitor is in the same process, so its work is measured as
// well.
func benchClient(b *testing.B) *Client {
	b.Helper()
	mons := montest.Start(b, montest.Options{NoAuth: true})
	mons.HandleCommand("nothing", func(montest.Command) montest.Result { return montest.Result{} })
	client, err := Connect(b.Context(), Config{MonMap: mons.MonMap(), Dial: mons.Dial, Methods: []cephx.Method{cephx.MethodNone}})
	require.NoError(b, err)
	b.Cleanup(func() { client.Close() })
	b.ReportAllocs()
	b.ResetTimer()
	return client
}

func BenchmarkCommand(b *testing.B) {
	client, cmd := benchClient(b), Raw(`{"prefix":"nothing"}`)
	for range b.N {
		if _, err := client.Command(b.Context(), cmd); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCommandOfManyCallers(b *testing.B) {
	client, cmd := benchClient(b), Raw(`{"prefix":"nothing"}`)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.Command(b.Context(), cmd); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkStartCommand keeps a thousand commands in flight.
func BenchmarkStartCommand(b *testing.B) {
	client, cmd := benchClient(b), Raw(`{"prefix":"nothing"}`)
	free := make(chan struct{}, 1000)
	done := func(_ *Reply, err error) {
		if err != nil {
			b.Error(err)
		}
		<-free
	}
	for range b.N {
		free <- struct{}{}
		if _, err := client.StartCommand(cmd, 0, done); err != nil {
			b.Fatal(err)
		}
	}
	for range cap(free) {
		free <- struct{}{}
	}
}
