//go:build cgo && monclienttest

package main

// #include "front.h"
import "C"

import (
	"context"
	"errors"
	"net"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// What test/capi/monclienttest.h declares, for a library that only tests load.

// testMons is a quorum in this process.
type testMons struct {
	*montest.Cluster
	panicInDial atomic.Bool
	drop        atomic.Bool   // commands get no answer
	dropped     chan struct{} // one for each of them that came and was not asked for
}

var testClusters = handle.NewTable[*testMons](0xff)

//export goTestStart
func goTestStart(n C.uint32_t, out *C.uint64_t) (rc C.int) {
	defer guard(&rc)
	cluster, err := montest.New(montest.Options{Mons: int(n)})
	if err != nil {
		return fail(err)
	}
	// A command that costs a monitor as little as possible, for benchmarks.
	cluster.HandleCommand("nothing", func(montest.Command) montest.Result { return montest.Result{Output: []byte("nothing\n")} })
	m := &testMons{Cluster: cluster, dropped: make(chan struct{}, 1024)}
	for _, mon := range cluster.Mons() {
		mon.ControlAll(monmsg.TypeMonCommand, m.command)
	}
	*out = C.uint64_t(testClusters.Add(m))
	return C.MONCLIENT_OK
}

// command is told of every command, and says whether it is to be answered. The client's own question for the table of commands
// always is.
func (m *testMons) command(msg monmsg.Message) bool {
	cmd, ok := msg.(*monmsg.MMonCommand)
	if !m.drop.Load() || (ok && strings.Contains(strings.Join(cmd.Cmd, ""), "get_command_descriptions")) {
		return true
	}
	select {
	case m.dropped <- struct{}{}:
	default:
	}
	return false
}

//export goTestStop
func goTestStop(h C.uint64_t) (rc C.int) {
	defer guard(&rc)
	m, ok := testClusters.Take(handle.Handle(h))
	if !ok {
		return fail(badHandle(h, "mons"))
	}
	m.Close()
	return C.MONCLIENT_OK
}

//export goTestConfigure
func goTestConfigure(h C.uint64_t, config C.monclient_config_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(testClusters, h, "mons")
	if err != nil {
		return fail(err)
	}
	c, err := get(configs, config, "config")
	if err != nil {
		return fail(err)
	}
	if err := c.options.Set("mon_host", m.MonHost()); err != nil {
		return fail(err)
	}
	if err := c.options.Set("key", m.Key("client.admin").Reveal()); err != nil {
		return fail(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.override = func(cfg *monclient.Config) {
		if cfg.Dial != nil {
			return // the test has a dialer of its own
		}
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if m.panicInDial.CompareAndSwap(true, false) {
				panic("provoked in dial")
			}
			return m.Dial(ctx, network, address)
		}
	}
	return C.MONCLIENT_OK
}

//export goTestKey
func goTestKey(h C.uint64_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	m, err := get(testClusters, h, "mons")
	if err != nil {
		return fail(err)
	}
	return fail(newText(m.Key("client.admin").Reveal(), out))
}

//export goTestDo
func goTestDo(h C.uint64_t, what *C.char, n C.size_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(testClusters, h, "mons")
	if err != nil {
		return fail(err)
	}
	text, err := goText(what, n, "what")
	if err != nil {
		return fail(err)
	}
	return fail(m.do(text))
}

func (m *testMons) do(what string) error {
	verb, arg, _ := strings.Cut(what, " ")
	mon := m.Mon(arg)
	if mon == nil {
		switch verb {
		case "kill", "start", "freeze", "thaw":
			return failure(C.MONCLIENT_ENOENT, "%s: no monitor %q", verb, arg)
		}
	}
	switch verb {
	case "kill":
		mon.Kill()
	case "start":
		return mon.Start()
	case "freeze":
		mon.Freeze()
	case "thaw":
		mon.Thaw()
	case "lose-quorum":
		m.LoseQuorum()
	case "restore-quorum":
		m.RegainQuorum()
	case "osdmap", "monmap", "mgrmap", "fsmap", "servicemap":
		return m.Advance(verb, 1)
	case "drop-replies":
		m.drop.Store(true)
	case "await-dropped":
		<-m.dropped
	case "rotate":
		_, err := m.RotateKey(arg)
		return err
	case "answer-replies":
		m.drop.Store(false)
	case "kill-session":
		for _, mon := range m.Mons() {
			mon.DropClients()
		}
	case "log":
		m.Log(monmsg.LogWarn, arg)
	default:
		return failure(C.MONCLIENT_EINVAL, "cannot do %q", what)
	}
	return nil
}

// goTestLeaks waits a little for goroutines that are about to end, as goleak does.
//
//export goTestLeaks
func goTestLeaks() (out *C.char) {
	err := goleak.Find(
		goleak.IgnoreAnyFunction("main.goTestLeaks"),
		goleak.IgnoreAnyFunction("main.serveInbox"),      // as old as the process
		goleak.IgnoreAnyFunction("runtime.cgocallbackg"), // calls of the program's other threads
	)
	if err != nil {
		_ = newText(err.Error(), &out) // no memory: no text
	}
	return out
}

//export goTestPanicInCall
func goTestPanicInCall() (rc C.int) {
	defer guard(&rc)
	panic("provoked in call")
}

//export goTestPanicInClient
func goTestPanicInClient(h C.monclient_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	// Completions run on the client's goroutine.
	_, err = c.mc.StartVersion("osdmap", -1, func(uint64, uint64, error) { panic("provoked in client") })
	return fail(err)
}

//export goTestPanicInDial
func goTestPanicInDial(h C.uint64_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(testClusters, h, "mons")
	if err != nil {
		return fail(err)
	}
	m.panicInDial.Store(true)
	return C.MONCLIENT_OK
}

//export goTestGC
func goTestGC() (rc C.int) {
	defer guard(&rc)
	debug.FreeOSMemory()
	return C.MONCLIENT_OK
}

//export goTestBench
func goTestBench(h C.monclient_t, cmd *C.char, length C.size_t, workers, n C.uint32_t, ns, allocs *C.uint64_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	command, err := commandOf(cmd, length, new(C.monclient_command_options_t))
	if err != nil {
		return fail(err)
	}
	if workers == 0 {
		return fail(failure(C.MONCLIENT_EINVAL, "workers is 0"))
	}
	runtime.GC()
	before, begin := mallocs(), time.Now()
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range errs {
		group.Go(func() {
			for range int(n) / int(workers) {
				if _, err := c.mc.Command(context.Background(), command); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	group.Wait()
	*ns, *allocs = C.uint64_t(time.Since(begin)), C.uint64_t(mallocs()-before)
	return fail(errors.Join(errs...))
}

//export goTestMallocs
func goTestMallocs() C.uint64_t { return C.uint64_t(mallocs()) }

func mallocs() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
