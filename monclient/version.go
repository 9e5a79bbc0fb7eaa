package monclient

import (
	"context"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// versionedMaps are the names that MMonGetVersion knows (Monitor::handle_get_version in src/mon/Monitor.cc). Monitors
// never answer a query for another one.
var versionedMaps = []string{"monmap", "osdmap", "fsmap", "mdsmap"}

// Version asks for the newest and the oldest epoch of a map that the monitors have: of monmap, osdmap, or fsmap (also
// called mdsmap).
func (c *Client) Version(ctx context.Context, what string) (newest, oldest uint64, err error) {
	call, err := versionCall(what)
	if err != nil {
		return 0, 0, err
	}
	return versionReply(what, c.core.wait(ctx, call, c.core.opTimeout(0)))
}

// StartVersion does what Version does and returns at once; done is called with what Version would return. timeout, done
// and the error are as for StartCommand.
func (c *Client) StartVersion(what string, timeout time.Duration, done func(newest, oldest uint64, err error)) (*Call, error) {
	if done == nil {
		return nil, versionFailed(what, errNoFunction)
	}
	call, err := versionCall(what)
	if err != nil {
		return nil, err
	}
	call.done = func(o outcome) { done(versionReply(what, o)) }
	if err := c.core.begin(call, c.core.opTimeout(timeout)); err != nil {
		return nil, versionFailed(what, err)
	}
	return call, nil
}

// versionCall returns the call of a query.
func versionCall(what string) (*Call, error) {
	if err := oneOf(what, versionedMaps); err != nil {
		return nil, fmt.Errorf("monclient: %w: %w", ErrUnknownMap, err)
	}
	return &Call{name: what, message: func(_ *core, id uint64) monmsg.Message {
		return &monmsg.MMonGetVersion{Handle: id, What: what}
	}}, nil
}

// versionReply makes the epochs of how the call has ended.
func versionReply(what string, o outcome) (newest, oldest uint64, err error) {
	if o.err != nil {
		return 0, 0, versionFailed(what, o.err)
	}
	reply, ok := o.reply.(*monmsg.MMonGetVersionReply)
	if !ok {
		return 0, 0, fmt.Errorf("monclient: version of %s: answered with %s", what, monmsg.TypeName(o.reply.MsgType()))
	}
	return reply.Version, reply.Oldest, nil
}

// versionFailed says which query has no answer.
func versionFailed(what string, err error) error {
	return fmt.Errorf("monclient: version of %s: %w", what, err)
}
