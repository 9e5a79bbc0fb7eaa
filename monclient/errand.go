package monclient

import (
	"context"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// errand is a call of several steps: questions to the monitors, each of which may follow from the answer to the one before.
// It is one Call all the same, with one deadline, one Cancel and one outcome, because every step takes the same Call up
// again, on the client's goroutine, when the step before has ended.
type errand[T any] struct {
	core *core
	call *Call
	what string // what it is good for, in errors: create pool "data"
	// refused is why there is no point in beginning.
	refused error
	begun   bool
	// changes says that it is there to change something, and at what it is with that.
	changes progress

	done  func(T, error) // nil: somebody waits
	value T
	err   error
}

// progress is how far an errand is with what it is to change.
type progress int

const (
	changesNothing progress = iota
	changeAhead             // no step has asked for it yet
	changeAsked
	changeMade
)

func newErrand[T any](c *Client, what string, args ...any) *errand[T] {
	return &errand[T]{core: c.core, call: new(Call), what: fmt.Sprintf(what, args...)}
}

// refuse has the errand end before it begins.
func (e *errand[T]) refuse(err error) *errand[T] {
	e.refused = e.failed(err)
	return e
}

// wait does the errand and waits for it.
func (e *errand[T]) wait(ctx context.Context) (T, error) {
	var none T
	if e.refused != nil {
		return none, e.refused
	}
	e.begun = true
	if o := e.core.wait(ctx, e.call, e.core.opTimeout(0)); o.err != nil && e.err == nil {
		return none, e.failed(e.fate(o)) // it was not even begun
	}
	return e.value, e.err
}

// start begins the errand and returns; done is told how it has ended.
func (e *errand[T]) start(timeout time.Duration, done func(T, error)) (*Call, error) {
	switch {
	case e.refused != nil:
		return nil, e.refused
	case done == nil:
		return nil, e.failed(errNoFunction)
	}
	e.done, e.begun = done, true
	if err := e.core.begin(e.call, e.core.opTimeout(timeout)); err != nil {
		return nil, e.failed(e.fate(outcome{err: err}))
	}
	return e.call, nil
}

// failed says what has failed.
func (e *errand[T]) failed(err error) error { return fmt.Errorf("monclient: %s: %w", e.what, err) }

// fate returns the error of a step that has ended without an answer, with what it means for the change.
func (e *errand[T]) fate(o outcome) error {
	switch e.changes {
	case changeAhead:
		return &endedError{o.err, ErrNotSent}
	case changeAsked:
		return o.ended()
	case changeMade:
		return fmt.Errorf("it was done, but the new osdmap has not come: %w", o.err)
	}
	return o.err
}

// end is the end.
func (e *errand[T]) end(value T, err error) {
	if err != nil {
		var none T
		value, err = none, e.failed(err)
	}
	if e.done != nil {
		e.done(value, err)
		return
	}
	e.value, e.err = value, err
	close(e.call.ended)
}

// fail ends the errand with an error.
func (e *errand[T]) fail(err error) {
	var none T
	e.end(none, err)
}

// step takes the call up again. fill says what for, and then goes on when there is an answer. The first step is only
// prepared; wait or start begin it.
func (e *errand[T]) step(fill func(*Call), then func(outcome)) {
	call := e.call
	call.command, call.resend, call.name, call.sent, call.began = false, ResendDefault, "", 0, time.Now()
	fill(call)
	call.done = func(o outcome) {
		if o.err != nil {
			e.fail(e.fate(o))
			return
		}
		then(o)
	}
	if e.begun {
		e.core.start(call)
	}
}

// ask sends a message and goes on with the answer.
func (e *errand[T]) ask(message func(c *core) monmsg.Message, then func(monmsg.Message)) {
	e.step(func(call *Call) {
		call.message = func(c *core, _ uint64) monmsg.Message { return message(c) }
	}, func(o outcome) { then(o.reply) })
}

// command sends a command and goes on with the answer, whatever it says.
func (e *errand[T]) command(cmd Command, then func(*Reply)) {
	text, err := cmd.text()
	switch {
	case err != nil && !e.begun:
		e.refused = e.failed(err)
		return
	case err != nil:
		e.fail(err)
		return
	}
	e.step(func(call *Call) {
		call.command, call.text, call.name = true, text, cmd.Prefix
		call.message = func(c *core, _ uint64) monmsg.Message { return &monmsg.MMonCommand{FSID: c.monmap.FSID, Cmd: text} }
	}, func(o outcome) {
		reply, err := cmd.reply(o)
		if err != nil {
			e.fail(err)
			return
		}
		then(reply)
	})
}

// unexpected ends the errand for an answer of the wrong type.
func (e *errand[T]) unexpected(m monmsg.Message) {
	e.fail(fmt.Errorf("answered with %s", monmsg.TypeName(m.MsgType())))
}
