package monclient

import (
	"context"
	"fmt"
	"time"
)

// awaitedMaps are the names that WaitForMap takes: those that have epochs and come whole.
var awaitedMaps = []string{"monmap", "osdmap", "mgrmap", "fsmap", "servicemap"}

// WaitForMap waits until the monitors have a map of at least the given epoch and returns the epoch that came: of
// monmap, osdmap, mgrmap, fsmap or servicemap. With epoch 0 it is the newest one. Config.OpTimeout does not bound it,
// because an epoch may be long in coming. Latest waits for the newest that there is when it asks.
func (c *Client) WaitForMap(ctx context.Context, what string, epoch uint64) (uint64, error) {
	w := awaited{what, epoch}
	call, err := w.call(c.core)
	if err != nil {
		return 0, err
	}
	return w.reply(c.core.wait(ctx, call, 0))
}

// StartWaitForMap does what WaitForMap does and returns at once; done is called with what WaitForMap would return.
// timeout, done and the error are as for StartCommand, except that a timeout of 0 is none.
func (c *Client) StartWaitForMap(what string, epoch uint64, timeout time.Duration, done func(epoch uint64, err error)) (*Call, error) {
	w := awaited{what, epoch}
	if done == nil {
		return nil, w.failed(errNoFunction)
	}
	call, err := w.call(c.core)
	if err != nil {
		return nil, err
	}
	call.done = func(o outcome) { done(w.reply(o)) }
	if err := c.core.begin(call, timeout); err != nil {
		return nil, w.failed(err)
	}
	return call, nil
}

// awaited is a map that somebody waits for.
type awaited struct {
	what  string
	epoch uint64
}

// call returns the call, which the first map completes that a onetime subscription brings.
func (w awaited) call(c *core) (*Call, error) {
	if err := oneOf(w.what, awaitedMaps); err != nil {
		return nil, fmt.Errorf("monclient: %w: %w", ErrUnknownMap, err)
	}
	call := new(Call)
	call.sub = &Subscription{core: c, what: w.what, onetime: true, next: w.epoch, f: func(e MapEvent, err error) {
		if err == nil { // otherwise it is the call that has ended the subscription
			c.finish(call, outcome{epoch: e.Epoch})
		}
	}}
	return call, nil
}

// reply returns the epoch, or why there is none.
func (w awaited) reply(o outcome) (uint64, error) {
	if o.err != nil {
		return 0, w.failed(o.err)
	}
	return o.epoch, nil
}

// failed says which map did not come.
func (w awaited) failed(err error) error {
	return fmt.Errorf("monclient: wait for %s %d: %w", w.what, w.epoch, err)
}
