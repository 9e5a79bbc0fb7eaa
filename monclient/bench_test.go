package monclient

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// benchClient returns a client of one monitor in memory.
func benchClient(b *testing.B) *Client {
	b.Helper()
	return benchClientOf(b, montest.Options{NoAuth: true})
}

// benchClientOf returns a client of such monitors. They are in the same process, so their work is measured as well.
func benchClientOf(b *testing.B, o montest.Options) *Client {
	b.Helper()
	mons := montest.Start(b, o)
	mons.HandleCommand("nothing", func(montest.Command) montest.Result { return montest.Result{} })
	cfg := Config{MonMap: mons.MonMap(), Dial: mons.Dial, Methods: []cephx.Method{cephx.MethodNone}}
	if !o.NoAuth {
		cfg.Key, cfg.Methods = mons.Key("client.admin"), nil
	}
	client, err := Connect(b.Context(), cfg)
	require.NoError(b, err)
	b.Cleanup(func() { client.Close() })
	b.ReportAllocs()
	b.ResetTimer()
	return client
}

// benchMonitors runs a benchmark against monitors in memory, and over TCP in both modes.
func benchMonitors(b *testing.B, run func(b *testing.B, client *Client)) {
	for name, o := range map[string]montest.Options{
		"memory": {NoAuth: true},
		"crc":    {TCP: true, Modes: []cephx.Mode{cephx.ModeCRC}},
		"secure": {TCP: true, Modes: []cephx.Mode{cephx.ModeSecure}},
	} {
		b.Run(name, func(b *testing.B) {
			client := benchClientOf(b, o)
			before := cpuTime()
			run(b, client)
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

func BenchmarkCommand(b *testing.B) {
	benchMonitors(b, func(b *testing.B, client *Client) {
		cmd := Raw(`{"prefix":"nothing"}`)
		for range b.N {
			if _, err := client.Command(b.Context(), cmd); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCommandOfManyCallers(b *testing.B) {
	benchMonitors(b, func(b *testing.B, client *Client) {
		cmd := Raw(`{"prefix":"nothing"}`)
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := client.Command(b.Context(), cmd); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// inFlight is how many calls the benchmarks of StartX keep in flight.
const inFlight = 1000

// pipelined has start called b.N times, with no more than inFlight calls in flight; the function that it is given is to be
// called when one has ended.
func pipelined(b *testing.B, start func(done func(error)) error) {
	b.Helper()
	free := make(chan struct{}, inFlight)
	done := func(err error) {
		if err != nil {
			b.Error(err)
		}
		<-free
	}
	for range b.N {
		free <- struct{}{}
		if err := start(done); err != nil {
			b.Fatal(err)
		}
	}
	for range cap(free) {
		free <- struct{}{}
	}
}

func BenchmarkStartCommand(b *testing.B) {
	benchMonitors(b, func(b *testing.B, client *Client) {
		cmd := Raw(`{"prefix":"nothing"}`)
		pipelined(b, func(done func(error)) error {
			_, err := client.StartCommand(cmd, 0, func(_ *Reply, err error) { done(err) })
			return err
		})
	})
}

func BenchmarkVersion(b *testing.B) {
	benchMonitors(b, func(b *testing.B, client *Client) {
		for range b.N {
			if _, _, err := client.Version(b.Context(), "osdmap"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStartVersion(b *testing.B) {
	benchMonitors(b, func(b *testing.B, client *Client) {
		pipelined(b, func(done func(error)) error {
			_, err := client.StartVersion("osdmap", 0, func(_, _ uint64, err error) { done(err) })
			return err
		})
	})
}
