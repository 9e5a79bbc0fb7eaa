package monclient

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// Client is a session with the monitors of one cluster, which moves to another monitor when it has to. All methods are
// safe for concurrent use.
//
// What takes a context waits, bounded by it. Methods whose names begin with Start, and SubscribeFunc, do not: they call a
// function when there is news, and cost no goroutine, however many are in progress; only what is asked of one monitor beside
// the session, a tell or a ping, has a connection and goroutines of its own. Such functions run on the client's one goroutine:
// one at a time, in the order of what they tell. They must return quickly, because the session waits for them. They may call
// whatever does not wait, on this client as on others: those methods, Call.Cancel, Subscribe, Subscription.Close, and what only
// reports. Whatever waits, on this client, would wait for ever: Close, and what takes a context. Only WatchFunc has a goroutine of
// its own for an osdmap, on which the function may wait for whatever it likes but Close.
type Client struct {
	core *core
}

// Connect finds a monitor that lets the client in, and returns when it has sent its monmap. ctx and
// Config.ConnectTimeout bound that; the client itself lives until Close. Monitors that do not answer, or refuse
// connections, are tried again until then, because monitors are restarted; that a key is refused, or that no address
// belongs to a monitor of the cluster, is told at once. The error wraps a *ConnectError unless cfg is wrong.
func Connect(ctx context.Context, cfg Config) (*Client, error) {
	cfg, err := cfg.resolved(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, cfg.ConnectTimeout, ErrTimeout)
		defer cancel()
	}
	if cfg.FetchConfig {
		if err := cfg.bootstrap(ctx); err != nil {
			return nil, err
		}
	}
	c := &Client{core: newCore(cfg)}
	go c.core.run()
	// The first session is a call with nothing to send: it completes when calls can be sent.
	if o := c.core.wait(ctx, new(Call), 0); o.err != nil {
		c.Close()
		return nil, fmt.Errorf("monclient: connect as %v: %w", cfg.Name, o.err)
	}
	return c, nil
}

// Close gives log entries that wait Config.LogFlushTimeout, and then ends the session and every call and subscription, with ErrClosed, and returns when everything that the client has
// started has ended: every function that was to be told has been told by then. It may be called more than once, but not
// by such a function, which it would wait for.
func (c *Client) Close() error {
	c.core.closeLog()
	c.core.intake.close(ErrClosed)
	<-c.core.ended
	return nil
}

// MonMap returns the newest monmap. It is shared: do not change it.
func (c *Client) MonMap() *cephmap.MonMap { return c.core.published.monmap.Load() }

// FSID returns the id of the cluster.
func (c *Client) FSID() uuid.UUID { return c.MonMap().FSID }

// GlobalID returns the id that the monitors know this client by; it outlives sessions.
func (c *Client) GlobalID() uint64 { return c.core.published.globalID.Load() }

// Session returns the present session, false while a monitor is being looked for.
func (c *Client) Session() (SessionInfo, bool) {
	s := c.core.published.session.Load()
	if s == nil {
		return SessionInfo{}, false
	}
	info := *s
	info.RoundTrip = c.roundTrip(info.Addr)
	return info, true
}

// Standbys returns the standby sessions that could take over.
func (c *Client) Standbys() []SessionInfo {
	list := c.core.published.standbys.Load()
	if list == nil {
		return nil
	}
	all := slices.Clone(*list)
	for i := range all {
		all[i].RoundTrip = c.roundTrip(all[i].Addr)
	}
	return all
}

// oneOf refuses a word that is none of those that are known.
func oneOf(word string, known []string) error {
	if slices.Contains(known, word) {
		return nil
	}
	return fmt.Errorf("%q is none of %q", word, known)
}
