package monclient

import (
	"fmt"
	"runtime/debug"
)

// PanicError says that the client has a bug: one of its goroutines has panicked. It ends the client, and is the error of
// everything that waits and of every later call.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine
}

// Error returns the value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("internal error: panic: %v", e.Value) }

// survive runs f on a goroutine of the client. A panic is the process's, unless Config.OnPanic is set: then it is told
// and returned.
func (c *core) survive(f func()) (caught *PanicError) { return c.cfg.survive(f) }

func (cfg *Config) survive(f func()) (caught *PanicError) {
	if cfg.OnPanic == nil {
		f()
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			caught = &PanicError{Value: v, Stack: debug.Stack()}
			cfg.OnPanic(v, caught.Stack)
		}
	}()
	f()
	return nil
}

// collapse ends the client after its goroutine has panicked. The state may be inconsistent and the functions of callers
// may be what panics, so each step is on its own.
func (c *core) collapse(err *PanicError) {
	c.intake.close(err)
	c.closed = true
	c.cancel(err)
	for _, s := range c.sessions() {
		_ = c.survive(s.close) // what was told has been told
	}
	_ = c.survive(c.closeMgr)
	c.session, c.standby.sessions = nil, nil
	c.published.session.Store(nil)
	c.published.standbys.Store(nil)
	c.others.Wait()
	left, _ := c.intake.take(nil)
	for _, e := range append(c.todo, left...) {
		switch {
		case e.run != nil:
			_ = c.survive(e.run) // an attempt that has ended has a connection to close
		case e.why == nil:
			_ = c.survive(func() { c.start(e.call) }) // which makes it pending
		}
	}
	for _, call := range c.inOrder() {
		_ = c.survive(func() { c.finish(call, outcome{err: err}) })
	}
	for _, s := range c.subs.all() {
		_ = c.survive(func() { c.subs.end(s, err) })
	}
	c.pumps.Wait()
}
