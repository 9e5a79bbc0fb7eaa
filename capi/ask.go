//go:build cgo

package main

// #include <string.h>
// #include "front.h"
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/monclient"
)

// question is a struct capi_ask.
type question struct {
	what   uint32
	within time.Duration
	text   string
	texts  []string
	number int64
	pool   poolOp
}

// answer is a JSON text, a number, or neither.
type answer struct {
	json   []byte
	number uint64
}

// questionOf copies what C has.
func questionOf(a *C.struct_capi_ask) (question, error) {
	q := question{what: uint32(a.what), within: timeout(a.timeout_ms), number: int64(a.number)}
	var err error
	if a.name != nil {
		if q.text, err = goText(a.text, a.text_len, C.GoString(a.name)); err != nil {
			return q, err
		}
	}
	for i, s := range unsafe.Slice(a.texts, a.count) {
		text, err := goText(s, C.strlen(s), fmt.Sprintf("%s[%d]", listNames[q.what == C.CAPI_ASK_PARSE], i))
		if err != nil {
			return q, err
		}
		q.texts = append(q.texts, text)
	}
	if a.pool_op != nil {
		q.pool, err = poolOpOf(a.pool_op)
	}
	return q, err
}

// listNames are what users call a list of texts.
var listNames = map[bool]string{true: "words", false: "names"}

// farFuture is the deadline of a question that has none, where a context without one would get the client's.
const farFuture = 100 * 365 * 24 * time.Hour

// context returns the context that a question is asked in.
func (q question) context() (context.Context, context.CancelFunc) {
	switch {
	case q.within == 0:
		return context.WithCancel(context.Background())
	case q.within < 0:
		return context.WithTimeout(context.Background(), farFuture)
	}
	return context.WithTimeoutCause(context.Background(), q.within, monclient.ErrTimeout)
}

// asking runs a question on a goroutine of its own, which ends before the client does. done is told the answer.
func (c *client) asking(q question, work func(context.Context) (answer, error), done func(answer, error)) (cancel func(), err error) {
	c.askMu.Lock()
	defer c.askMu.Unlock()
	if c.askClosed {
		return nil, errClosed
	}
	ctx, end := q.context()
	c.asks.Go(func() {
		defer end()
		v, err := guarded(func() (answer, error) { return work(ctx) })
		done(v, err)
	})
	return end, nil
}

// guarded does what must not take the process along.
func guarded[T any](work func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return work()
}

// endAsks waits for the questions, which end because the client has.
func (c *client) endAsks() {
	c.askMu.Lock()
	c.askClosed = true
	c.askMu.Unlock()
	c.asks.Wait()
}

// fillWait gives an answer to the thread that waits for it.
func fillWait(w *C.struct_capi_wait, v answer) error {
	w.numbers[0] = C.uint64_t(v.number)
	if v.json == nil {
		return nil
	}
	return newText(string(v.json), valueOf[C.char](w))
}

// askAsync asks on behalf of a sink, which it takes over.
func (c *client) askAsync(q question, sink *C.struct_capi_sink, out *C.monclient_op_t, handleOf uint64, work func(context.Context) (answer, error), after func()) error {
	reg, err := c.register(sink, eventq.Limit{})
	if err != nil {
		return err
	}
	o := newOp(nil)
	reg.handle = o.expose(out)
	cancel, err := c.asking(q, work, func(v answer, err error) {
		o.done()
		e := event{kind: C.MONCLIENT_EVENT_RESULT, flags: C.MONCLIENT_EVENT_LAST, reg: reg, err: err, client: handleOf}
		if err == nil {
			e.epoch, e.data = v.number, v.json
			if v.json != nil {
				e.flags |= C.MONCLIENT_EVENT_JSON
			}
		}
		if _, over := reg.source.PushLast(e, 0); over {
			c.over(reg)
		}
		after()
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
	o.cancelWith(cancel)
	return nil
}

// clientAndQuestion returns what a handle and a question mean.
func clientAndQuestion(h C.monclient_t, a *C.struct_capi_ask) (*client, question, error) {
	c, err := get(clients, h, "client")
	if err != nil {
		return nil, question{}, err
	}
	q, err := questionOf(a)
	return c, q, err
}

//export goAsk
func goAsk(h C.monclient_t, a *C.struct_capi_ask, w *C.struct_capi_wait) (rc C.int) {
	defer guard(&rc)
	c, q, err := clientAndQuestion(h, a)
	if err != nil {
		return fail(err)
	}
	_, err = c.asking(q, func(ctx context.Context) (answer, error) { return c.answer(ctx, q) }, func(v answer, err error) {
		complete(w, err, func() error { return fillWait(w, v) })
	})
	return fail(err)
}

//export goAskAsync
func goAskAsync(h C.monclient_t, a *C.struct_capi_ask, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, q, err := clientAndQuestion(h, a)
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	return fail(c.askAsync(q, sink, out, uint64(c.handle), func(ctx context.Context) (answer, error) { return c.answer(ctx, q) }, func() {}))
}

// prepareAsk makes a client that is never connected, for a question that needs a configuration only: it has the thread for a
// callback, and the dialer.
func prepareAsk(h C.monclient_config_t, a *C.struct_capi_ask) (*client, *config, snapshot, question, error) {
	q, err := questionOf(a)
	if err != nil {
		return nil, nil, snapshot{}, q, err
	}
	config, err := get(configs, h, "config")
	if err != nil {
		return nil, nil, snapshot{}, q, err
	}
	c, s, err := prepare(h, nil, nil, 0)
	if err == nil {
		c.dialer = s.dialer // which c.end releases
	}
	return c, config, s, q, err
}

//export goAskConfig
func goAskConfig(h C.monclient_config_t, a *C.struct_capi_ask, w *C.struct_capi_wait) (rc C.int) {
	defer guard(&rc)
	c, config, s, q, err := prepareAsk(h, a)
	if err != nil {
		return fail(err)
	}
	ctx, cancel := q.context()
	defer cancel()
	v, err := guarded(func() (answer, error) { return c.answerWithout(ctx, config, s, q) })
	c.end()
	complete(w, err, func() error { return fillWait(w, v) })
	return C.MONCLIENT_OK
}

//export goAskConfigAsync
func goAskConfigAsync(h C.monclient_config_t, a *C.struct_capi_ask, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, config, s, q, err := prepareAsk(h, a)
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	err = c.askAsync(q, sink, out, 0, func(ctx context.Context) (answer, error) { return c.answerWithout(ctx, config, s, q) }, c.end)
	if err != nil {
		c.end()
	}
	return fail(err)
}

// object makes an answer of a value.
func object(v any, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	text, err := json.Marshal(v)
	return answer{json: text}, err
}

// number makes an answer of a number.
func number[T ~uint32 | ~uint64](n T, err error) (answer, error) {
	return answer{number: uint64(n)}, err
}

// nothing makes an answer of there being no error.
func nothing(err error) (answer, error) { return answer{}, err }
