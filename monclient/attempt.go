package monclient

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Steps of an attempt besides those of the handshake.
const (
	stepDial    = "dial"
	stepSession = "session" // authenticated, and lost before it was of use
)

// attempt is one attempt to get a session with one monitor. It is owned by the client's goroutine, but for step.
type attempt struct {
	mon     string
	addr    denc.EntityAddr
	standby bool // it is for a spare session
	key     cephx.Key
	began   time.Time
	time    time.Duration // that it has
	limit   time.Time     // when it is given up
	late    bool          // the limit is over, and it was canceled
	cancel  context.CancelCauseFunc
	step    atomic.Pointer[string] // how far it is
}

func (a *attempt) reached(step string) { a.step.Store(&step) }

// answered reports whether the monitor has said anything.
func (a *attempt) answered() bool {
	step := *a.step.Load()
	return step != stepDial && step != string(msgr2.StepBanner)
}

// again returns an attempt at the same monitor that has not begun.
func (a *attempt) again() *attempt { return &attempt{mon: a.mon, addr: a.addr} }

// launch starts an attempt in a goroutine of its own. The caller keeps it where finished looks for it.
func (c *core) launch(a *attempt, now time.Time) {
	c.stats.count(func(k *Stats) { k.Attempts++ })
	a.began = now
	a.time = c.interval()
	a.limit = now.Add(a.time)
	a.key = c.cfg.Key
	a.reached(stepDial)
	handshake, err := cephx.NewHandshake(c.cfg.handshake(c.auth))
	if err != nil { // the configuration was checked, so this is not expected; it must not be lost all the same
		_ = c.post(func() { c.finished(a, nil, nil, string(msgr2.StepAuth), err) }) // or it is closing
		return
	}
	var ctx context.Context
	ctx, a.cancel = context.WithCancelCause(c.ctx)
	ctx, release := context.WithTimeoutCause(ctx, c.cfg.ReadyTimeout, noAnswerWithin(c.cfg.ReadyTimeout))
	client := c.cfg.messenger(handshake, a.addr, c.nonce)
	client.Traffic = &c.stats.traffic
	client.OnStep = func(step msgr2.Step) { a.reached(string(step)) }
	c.others.Go(func() {
		defer release()
		var conn *msgr2.Conn
		var step string
		var err error
		if caught := c.survive(func() { conn, step, err = c.cfg.dial(ctx, client) }); caught != nil {
			step, err = *a.step.Load(), caught
		}
		var auth *cephx.Session
		if err == nil {
			if auth, err = handshake.Session(); err != nil {
				conn.Close()
			}
		}
		posted := c.post(func() { c.finished(a, conn, auth, step, err) })
		if posted != nil && conn != nil {
			conn.Close()
		}
	})
}

// messenger returns the configuration of one connection to a monitor.
func (cfg *Config) messenger(auth msgr2.Authenticator, addr denc.EntityAddr, nonce uint32) msgr2.ClientConfig {
	return msgr2.ClientConfig{
		Auth: auth, Target: addr, Nonce: nonce, GID: -1, GlobalSeq: globalSeq.Add(1), Required: denc.FeatureOSDReplyMux,
		Revision0: cfg.Revision0, OfferCompression: cfg.OfferCompression, MaxMessage: cfg.MaxMessage, OnPanic: cfg.OnPanic,
	}
}

func noAnswerWithin(d time.Duration) error { return fmt.Errorf("%w within %v", ErrNoAnswer, d) }

// dial connects to client.Target and runs the handshake. step says where it failed.
func (cfg *Config) dial(ctx context.Context, client msgr2.ClientConfig) (conn *msgr2.Conn, step string, err error) {
	nc, err := cfg.Dial(ctx, "tcp", client.Target.AddrPort().String())
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, stepDial, err
	}
	conn, err = msgr2.Client(ctx, nc, client)
	var he *msgr2.HandshakeError
	if errors.As(err, &he) {
		step = string(he.Step)
	}
	return conn, step, err
}

// finished takes the end of an attempt.
func (c *core) finished(a *attempt, conn *msgr2.Conn, auth *cephx.Session, step string, err error) {
	running := c.hunt.running[a]
	delete(c.hunt.running, a)
	spare := c.standby.attempts[a]
	delete(c.standby.attempts, a)
	if a.cancel != nil {
		defer a.cancel(nil)
	}
	now := time.Now()
	switch {
	case err == nil && c.closed:
		conn.Close()
	case err == nil && c.session == nil: // whatever it was for
		c.stopHunt()
		c.adopt(c.newSession(a, conn, auth))
	case err == nil && c.wantsStandby():
		c.addStandby(c.newSession(a, conn, auth))
	case err == nil:
		conn.Close() // it lost the race by a hair
	case errors.Is(err, errOutrun) || c.closed: // nothing is known of the monitor
	case spare:
		c.standbyFailed(a, step, err, now)
	case c.session == nil && running:
		c.hunt.failed(c, a, step, err)
		c.afterFailure(now)
	}
}
