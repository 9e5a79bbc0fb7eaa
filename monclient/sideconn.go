package monclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// sideConn is a connection to one monitor for one question, beside the client's session, with which it shares the client's
// identity and nothing else. It belongs to the goroutine that opened it.
type sideConn struct {
	cfg  *Config
	conn *msgr2.Conn
}

// sideAnswer is what a side connection has brought.
type sideAnswer struct {
	message monmsg.Message
	err     error
}

// openSide connects to the monitor of an attempt, continuing what that says unless it is zero: then it is a new client to the
// monitor. ctx bounds that. step says where it failed.
func (a *tellAttempt) openSide(ctx context.Context) (s *sideConn, step string, err error) {
	handshake, err := cephx.NewHandshake(a.cfg.handshake(a.previous))
	if err != nil {
		return nil, string(msgr2.StepAuth), err
	}
	client := a.cfg.messenger(handshake, a.addr, a.nonce)
	client.Traffic = a.traffic
	client.OnStep = func(step msgr2.Step) { a.reached(string(step)) }
	conn, step, err := a.cfg.dial(ctx, client)
	if step == string(msgr2.StepAuth) && hungUp(err) {
		err = fmt.Errorf("%w: it hangs up on new clients: %w", ErrNoQuorum, unwrapStep(err))
	}
	if err != nil {
		return nil, step, err
	}
	return &sideConn{cfg: &a.cfg, conn: conn}, "", nil
}

// hungUp reports whether the peer has closed the connection. A monitor that has no id for a new client, because it has no
// quorum that gives it some, does so while it should let us in (Monitor::handle_auth_request in src/mon/Monitor.cc).
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// send queues a message, which it returns. A failure is the end of the connection, which ask reports.
func (s *sideConn) send(m monmsg.Message, tid uint64) *msgr2.Message {
	version, compat := m.MsgVersion()
	out := &msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Tid: tid, Payload: m}
	if d, ok := m.(monmsg.DataMessage); ok {
		out.Data = d.Data()
	}
	s.conn.Send(out) //nolint:errcheck // see above
	return out
}

// answer waits for the message that is the answer; others are of no interest. However long it takes, the monitor has to show
// that it is there, or ctx ends. The connection is closed when it returns.
func (s *sideConn) answer(ctx context.Context, is func(m monmsg.Message, tid uint64) bool) (monmsg.Message, error) {
	came := make(chan sideAnswer, 1)
	go func() {
		var a sideAnswer
		if caught := s.cfg.survive(func() { a.message, a.err = s.receive(is) }); caught != nil {
			a.err = caught
		}
		came <- a
	}()
	var ended error
	tick := time.NewTicker(min(s.cfg.ProbeInterval, s.cfg.PingInterval))
	defer tick.Stop()
	w := sideWatch{last: time.Now()}
	for ended == nil {
		select {
		case a := <-came:
			s.conn.Close()
			return a.message, a.err
		case <-ctx.Done():
			ended = context.Cause(ctx)
		case <-tick.C:
			ended = w.check(s, time.Now())
		}
	}
	s.conn.Close()
	if a := <-came; a.err == nil { // it has come all the same
		return a.message, nil
	}
	return nil, ended
}

// receive returns the answer.
func (s *sideConn) receive(is func(m monmsg.Message, tid uint64) bool) (monmsg.Message, error) {
	for {
		in, err := s.conn.Receive()
		if err != nil {
			return nil, err
		}
		m, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
		switch {
		case errors.Is(err, monmsg.ErrUnknownType):
		case err != nil:
			return nil, err
		case is(m, in.Tid):
			return m, nil
		}
	}
}

// sideWatch is how a side connection knows that its monitor is there. Unlike a session, which has other monitors to turn to,
// it waits as long as Ceph does (PingTimeout): there is nobody else to ask, and asking again may do harm.
type sideWatch struct {
	last    time.Time // check ran
	owed    time.Time // since when an answer to a keepalive is owed; zero: none is
	heard   uint64    // msgr2.Conn.Progress
	heardAt time.Time
}

// check sends a keepalive, or looks for the answer to it; an error says that the monitor is gone.
func (w *sideWatch) check(s *sideConn, now time.Time) error {
	slept := now.Sub(w.last) > s.cfg.ProbeInterval+asleep
	w.last = now
	if progress := s.conn.Progress(); progress != w.heard || slept { // who was stopped has heard nothing meanwhile
		w.heard, w.heardAt = progress, now
	}
	if at, _ := s.conn.LastAck(); !w.owed.IsZero() && !at.Before(w.owed) {
		w.owed = time.Time{}
	}
	switch {
	case w.owed.IsZero():
		w.owed = now
		s.conn.Keepalive()
	case now.Sub(later(w.owed, w.heardAt)) >= s.cfg.PingTimeout:
		return fmt.Errorf("%w for %v", ErrKeepalive, now.Sub(later(w.owed, w.heardAt)).Round(time.Millisecond))
	}
	return nil
}
