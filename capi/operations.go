//go:build cgo

package main

// #include <string.h>
// #include "front.h"
import "C"

import (
	"time"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/monclient"
)

// A blocking function is the same operation as its asynchronous form, with somebody who waits, in C.

// begin starts an operation whose completion goes to a sink, which it takes over. fill puts the result into the event.
func begin[T any](c *client, kind uint32, sink *C.struct_capi_sink, out *C.monclient_op_t, start func(done func(T, error)) (*monclient.Call, error), fill func(*event, T)) error {
	reg, err := c.register(sink, eventq.Limit{})
	if err != nil {
		return err
	}
	o := newOp(nil)
	reg.handle = o.expose(out)
	call, err := start(func(v T, err error) { // on the client's goroutine
		o.done()
		e := event{kind: kind, flags: C.MONCLIENT_EVENT_LAST, reg: reg, err: err, client: uint64(c.handle)}
		if err == nil {
			fill(&e, v)
		}
		if _, over := reg.source.PushLast(e, 0); over {
			c.over(reg)
		}
	})
	if err != nil {
		o.done()
		if out != nil {
			*out = 0
		}
		if reg.source.End() {
			reg.release()
		}
		return err
	}
	o.cancelWith(call.Cancel)
	return nil
}

// resends are the policies that the constants of the header mean; C has refused others.
var resends = [...]monclient.Resend{
	C.MONCLIENT_RESEND_DEFAULT: monclient.ResendDefault, C.MONCLIENT_RESEND_ALWAYS: monclient.ResendAlways,
	C.MONCLIENT_RESEND_NEVER: monclient.ResendNever, C.MONCLIENT_RESEND_READ_ONLY: monclient.ResendReadOnly,
}

// commandOf makes a command of what C has.
func commandOf(cmd *C.char, n C.size_t, o *C.monclient_command_options_t) (monclient.Command, error) {
	text, err := goText(cmd, n, "cmd")
	if err != nil {
		return monclient.Command{}, err
	}
	if text == "" {
		return monclient.Command{}, failure(C.MONCLIENT_EINVAL, "cmd is empty")
	}
	command := monclient.Raw(text)
	command.Input = goBytes(o.input, o.input_len) // copied, for a withdrawn command may still be with the connection
	command.Resend = resends[o.resend]
	if command.Target, err = optionalText(o.target, "options: target"); err != nil {
		return monclient.Command{}, err
	}
	command.Barrier, err = optionalText(o.barrier, "options: barrier")
	return command, err
}

// optionalText copies a text that may be NULL.
func optionalText(s *C.char, name string) (string, error) {
	if s == nil {
		return "", nil
	}
	return goText(s, C.strlen(s), name)
}

// command begins a command for a thread that waits.
func (c *client) command(r *C.struct_capi_request) (*monclient.Call, error) {
	command, err := commandOf(r.text, r.text_len, r.options)
	if err != nil {
		return nil, err
	}
	w := &r.wait
	return c.mc.StartCommand(command, timeout(r.timeout_ms), func(r *monclient.Reply, err error) {
		w.outcome = C.int(outcomeOf(err)) // which counts when there is no reply
		complete(w, err, func() error { return newReply(r, valueOf[C.monclient_reply_t](w)) })
	})
}

//export goCommandAsync
func goCommandAsync(h C.monclient_t, cmd *C.char, n C.size_t, o *C.monclient_command_options_t, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	var command monclient.Command
	if err == nil {
		command, err = commandOf(cmd, n, o)
	}
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	within := timeout(o.timeout_ms)
	return fail(begin(c, C.MONCLIENT_EVENT_COMMAND, sink, out, func(done func(*monclient.Reply, error)) (*monclient.Call, error) {
		return c.mc.StartCommand(command, within, done)
	}, func(e *event, r *monclient.Reply) { e.reply = r }))
}

// versions is the answer to a version query.
type versions struct{ newest, oldest uint64 }

func startVersion(c *client, what string, within time.Duration) func(func(versions, error)) (*monclient.Call, error) {
	return func(done func(versions, error)) (*monclient.Call, error) {
		return c.mc.StartVersion(what, within, func(newest, oldest uint64, err error) { done(versions{newest, oldest}, err) })
	}
}

// version begins a version query for a thread that waits.
func (c *client) version(r *C.struct_capi_request) (*monclient.Call, error) {
	what, err := goText(r.text, r.text_len, "what")
	if err != nil {
		return nil, err
	}
	w := &r.wait
	return startVersion(c, what, timeout(r.timeout_ms))(func(v versions, err error) {
		complete(w, err, func() error {
			w.numbers[0], w.numbers[1] = C.uint64_t(v.newest), C.uint64_t(v.oldest)
			return nil
		})
	})
}

//export goGetVersionAsync
func goGetVersionAsync(h C.monclient_t, what *C.char, n C.size_t, ms C.int32_t, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, name, err := clientAndText(h, what, n)
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	return fail(begin(c, C.MONCLIENT_EVENT_VERSION, sink, out, startVersion(c, name, timeout(ms)), func(e *event, v versions) {
		e.epoch, e.oldest = v.newest, v.oldest
	}))
}

func startWait(c *client, what string, epoch uint64, within time.Duration) func(func(uint64, error)) (*monclient.Call, error) {
	return func(done func(uint64, error)) (*monclient.Call, error) {
		return c.mc.StartWaitForMap(what, epoch, within, done)
	}
}

// waitForMap begins to wait for a map for a thread that waits.
func (c *client) waitForMap(r *C.struct_capi_request) (*monclient.Call, error) {
	what, err := goText(r.text, r.text_len, "what")
	if err != nil {
		return nil, err
	}
	w := &r.wait
	return startWait(c, what, uint64(r.epoch), timeout(r.timeout_ms))(func(v uint64, err error) {
		complete(w, err, func() error {
			w.numbers[0] = C.uint64_t(v)
			return nil
		})
	})
}

//export goWaitForMapAsync
func goWaitForMapAsync(h C.monclient_t, what *C.char, n C.size_t, epoch C.uint64_t, ms C.int32_t, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, name, err := clientAndText(h, what, n)
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	return fail(begin(c, C.MONCLIENT_EVENT_WAIT, sink, out, startWait(c, name, uint64(epoch), timeout(ms)), func(e *event, v uint64) {
		e.epoch = v
	}))
}

// clientAndText returns what a handle and the name of a map mean.
func clientAndText(h C.monclient_t, what *C.char, n C.size_t) (*client, string, error) {
	c, err := get(clients, h, "client")
	if err != nil {
		return nil, "", err
	}
	name, err := goText(what, n, "what")
	return c, name, err
}
