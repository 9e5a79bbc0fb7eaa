package msgr2

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Errors of the messenger, for errors.Is.
var (
	// ErrNotCeph says that the peer does not answer as a Ceph messenger.
	ErrNotCeph = errors.New("the peer is no Ceph messenger")
	// ErrLegacyPeer says that the peer speaks messenger v1 at this port, which this library does not.
	ErrLegacyPeer = errors.New("the peer speaks only messenger v1 here")
	// ErrFeatures says that one side requires features that the other lacks.
	ErrFeatures = errors.New("features missing")
	// ErrWrongPeer says that the peer is another daemon than the one that was called.
	ErrWrongPeer = errors.New("wrong peer")
	// ErrMode says that no connection mode suits both sides, or that the peer chose one that was not offered.
	ErrMode = errors.New("connection mode refused")
	// ErrSignature says that the peer's proof over the handshake is wrong: somebody changed bytes on the way, or the
	// peer does not hold the session key.
	ErrSignature = errors.New("wrong AUTH_SIGNATURE")
	// ErrFrame says that the peer broke the framing: a bad checksum, tag, length, or a frame out of order.
	ErrFrame = errors.New("bad frame")
	// ErrTooLarge says that the peer announced more than is accepted.
	ErrTooLarge = errors.New("frame too large")
	// ErrClosed says that this side closed the connection. It unwraps to net.ErrClosed.
	ErrClosed = fmt.Errorf("connection closed: %w", net.ErrClosed)
)

// Step is a step of the handshake.
type Step string

// The steps of a handshake, in order.
const (
	StepBanner      Step = "banner"
	StepHello       Step = "hello"
	StepAuth        Step = "auth"
	StepSignature   Step = "signature"
	StepCompression Step = "compression"
	StepIdent       Step = "ident"
)

// HandshakeError says at which step a handshake ended and why.
type HandshakeError struct {
	Step    Step
	Elapsed time.Duration
	Err     error
}

// Error implements error.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("msgr2: %s: %v", e.Step, e.Err)
}

// Unwrap returns the cause.
func (e *HandshakeError) Unwrap() error { return e.Err }

func frameErrorf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFrame, fmt.Sprintf(format, args...))
}
