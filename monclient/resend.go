package monclient

import (
	"errors"
	"fmt"
)

// Resend says what becomes of a command that was sent when its session is lost before the answer came. The monitor may have
// executed it, or may not; nobody can tell from outside. A command that was not sent yet always waits for the next session.
type Resend int

const (
	// ResendDefault is Config.Resend; there it is ResendAlways.
	ResendDefault Resend = iota
	// ResendAlways sends it again on the next session, as Ceph's own clients do. It may be executed more than once, which
	// Reply.Resent tells.
	ResendAlways
	// ResendNever sends it at most once: it ends with ErrOutcomeUnknown. That is all that a client can do. Monitors pass
	// commands on to the one that leads, and do so again after an election (Monitor::resend_routed_requests in
	// src/mon/Monitor.cc), so one that changes the leader at the wrong moment may still be executed twice.
	ResendNever
	// ResendReadOnly sends again what only reads, going by the cluster's own table of commands, and nothing else.
	ResendReadOnly
)

// resendNames are the values of the option monclient_command_resend.
var resendNames = map[Resend]string{ResendAlways: "always", ResendNever: "never", ResendReadOnly: "read-only"}

// String returns the value of the option monclient_command_resend.
func (r Resend) String() string {
	if name, ok := resendNames[r]; ok {
		return name
	}
	if r == ResendDefault {
		return "default"
	}
	return fmt.Sprintf("Resend(%d)", int(r))
}

// ParseResend reads "always", "never" or "read-only".
func ParseResend(s string) (Resend, error) {
	for r, name := range resendNames {
		if s == name {
			return r, nil
		}
	}
	return 0, fmt.Errorf("%q is none of always, never, read-only", s)
}

// What is known of a command that has ended without an answer. Its error is one of the two, besides what ended it.
var (
	// ErrNotSent says that no monitor can have received the command: it was not executed.
	ErrNotSent = errors.New("not sent")
	// ErrOutcomeUnknown says that the command was sent, and that nobody knows whether it was executed.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)
