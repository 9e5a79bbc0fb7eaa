package monclient

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// How far the question of a tellAttempt is.
const (
	questionKept      int32 = iota // it was not sent
	questionSent                   // it was, or is about to be
	questionWithdrawn              // it never will be
)

// tellAttempt is one attempt to ask one monitor something on a connection of its own. It is owned by the client's goroutine,
// but for the atomics, and run by one of its own.
type tellAttempt struct {
	mon      string
	addr     denc.EntityAddr
	cfg      Config          // with the key of the time
	previous cephx.AuthState // what to continue
	nonce    uint32
	traffic  *msgr2.Traffic // nil: nobody counts it
	tid      uint64
	question monmsg.Message
	pause    time.Duration // before it
	limit    time.Duration // of the time until the monitor lets us in; 0: none
	began    time.Time
	cancel   context.CancelCauseFunc

	step     atomic.Pointer[string]
	state    atomic.Int32
	dialled  atomic.Int64 // how long after began the connection was there,
	heard    atomic.Int64 // and the monitor's HELLO; 0: it is not
	sentAt   time.Time
	answered time.Time
}

// tellEnd is how a tellAttempt has ended.
type tellEnd struct {
	reply monmsg.Message
	sent  bool // the monitor may have the question
	step  string
	err   error
}

// reached notes how far it is.
func (a *tellAttempt) reached(step string) {
	a.step.Store(&step)
	switch elapsed := int64(max(time.Since(a.began), 1)); step {
	case string(msgr2.StepBanner):
		a.dialled.Store(elapsed)
	case string(msgr2.StepAuth):
		a.heard.Store(elapsed)
	}
}

// alive returns how long the monitor took to say HELLO, false when it has not. That it does says that it is a monitor, and
// runs; it does so before it asks who is there.
func (a *tellAttempt) alive() (time.Duration, bool) {
	heard := a.heard.Load()
	return time.Duration(heard - a.dialled.Load()), heard > 0
}

// run asks.
func (a *tellAttempt) run(ctx context.Context) (end tellEnd) {
	if a.pause > 0 {
		wait := time.NewTimer(a.pause)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return tellEnd{step: stepDial, err: context.Cause(ctx)}
		}
	}
	opening, cancel := ctx, context.CancelFunc(func() {})
	if a.limit > 0 {
		opening, cancel = context.WithTimeoutCause(ctx, a.limit, noAnswerWithin(a.limit))
	}
	s, step, err := a.openSide(opening)
	cancel()
	if err != nil {
		return tellEnd{step: step, err: err}
	}
	a.reached(stepSession)
	if !a.state.CompareAndSwap(questionKept, questionSent) {
		s.conn.Close()
		return tellEnd{step: stepSession, err: context.Cause(ctx)}
	}
	a.sentAt = time.Now()
	sent := s.send(a.question, a.tid)
	end.reply, end.err = s.answer(ctx, func(m monmsg.Message, tid uint64) bool {
		switch m := m.(type) {
		case *monmsg.MPing:
			return m.Reply && a.question.MsgType() == m.MsgType()
		case *monmsg.MCommandReply:
			return tid == a.tid
		case *monmsg.MMonMap:
			return a.question.MsgType() == monmsg.TypeMonGetMap
		}
		return false
	})
	a.answered = time.Now()
	end.step = stepSession
	end.sent = end.err == nil || !slices.Contains(s.conn.Unsent(), sent)
	return end
}

// entry describes how it has failed.
func (a *tellAttempt) entry(step string, err error) Attempt {
	return Attempt{Mon: a.mon, Addr: a.addr, Step: step, Elapsed: time.Since(a.began), Err: err}
}
