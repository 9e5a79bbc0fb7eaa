package monclient

import (
	"context"
	"fmt"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// versionedMaps are the names that MMonGetVersion knows (Monitor::handle_get_version in src/mon/Monitor.cc). Monitors
// never answer a query for another one.
var versionedMaps = []string{"monmap", "osdmap", "fsmap", "mdsmap"}

// Version asks for the newest and the oldest epoch of a map that the monitors have: of monmap, osdmap, or fsmap (also
// called mdsmap).
func (c *Client) Version(ctx context.Context, what string) (newest, oldest uint64, err error) {
	if err := oneOf(what, versionedMaps); err != nil {
		return 0, 0, fmt.Errorf("monclient: %w: %w", ErrUnknownMap, err)
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	o := c.wait(ctx, newRequest(func(_ *core, id uint64) monmsg.Message {
		return &monmsg.MMonGetVersion{Handle: id, What: what}
	}))
	if o.err != nil {
		return 0, 0, fmt.Errorf("monclient: version of %s: %w", what, o.err)
	}
	reply, ok := o.reply.(*monmsg.MMonGetVersionReply)
	if !ok {
		return 0, 0, fmt.Errorf("monclient: version of %s: answered with %s", what, monmsg.TypeName(o.reply.MsgType()))
	}
	return reply.Version, reply.Oldest, nil
}
