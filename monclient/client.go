package monclient

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// Client is a session with the monitors of one cluster, which moves to another monitor when it has to. All methods are
// safe for concurrent use.
type Client struct {
	core *core
	once sync.Once
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
	c := &Client{core: newCore(cfg)}
	go c.core.run()
	// The first session is a request with nothing to send: it completes when requests can be sent.
	if o := c.wait(ctx, newRequest(nil)); o.err != nil {
		c.Close()
		return nil, fmt.Errorf("monclient: connect: %w", o.err)
	}
	return c, nil
}

// Close ends the session and every call that waits, with ErrClosed, and returns when everything that the client has
// started has ended. It may be called more than once.
func (c *Client) Close() error {
	c.once.Do(func() { close(c.core.closing) })
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
	return *s, true
}

// oneOf refuses a word that is none of those that are known.
func oneOf(word string, known []string) error {
	if slices.Contains(known, word) {
		return nil
	}
	return fmt.Errorf("%q is none of %q", word, known)
}
