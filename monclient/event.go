package monclient

import (
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// SessionEventKind says what has happened to the session.
type SessionEventKind int

// The kinds of session events.
const (
	// SessionHunting: monitors are being tried; Mons says which.
	SessionHunting SessionEventKind = iota + 1
	// SessionAttempt: one of them failed; Attempt says how.
	SessionAttempt
	// SessionConnected: there is a session with Mon, after Elapsed of hunting.
	SessionConnected
	// SessionLost: the session with Mon is over; Err says why. Hunting follows, or SessionFailedOver.
	SessionLost
	// SessionFailedOver: Mon, with which there was a standby, has taken over at once.
	SessionFailedOver
	// SessionStandby: there is a standby session with Mon, after Elapsed; with an Err it is over.
	SessionStandby
	// SessionCredential: the key was changed.
	SessionCredential
)

// String returns a word for the kind.
func (k SessionEventKind) String() string {
	switch k {
	case SessionHunting:
		return "hunting"
	case SessionAttempt:
		return "attempt failed"
	case SessionConnected:
		return "connected"
	case SessionLost:
		return "lost"
	case SessionFailedOver:
		return "failed over"
	case SessionStandby:
		return "standby"
	case SessionCredential:
		return "credential changed"
	}
	return "unknown"
}

// SessionEvent tells of a change of the session.
type SessionEvent struct {
	Kind    SessionEventKind
	Mon     string          // the monitor, without "mon."
	Addr    denc.EntityAddr // its address
	Mons    []string        // SessionHunting: the monitors, in the order in which they are going to be tried
	Attempt Attempt         // SessionAttempt
	Elapsed time.Duration   // SessionConnected: since hunting began; SessionLost: since the session began; see the others
	Err     error           // SessionLost, SessionStandby
}

// String prints the event for people.
func (e SessionEvent) String() string {
	switch e.Kind {
	case SessionHunting:
		return "hunting mon." + strings.Join(e.Mons, ", mon.")
	case SessionAttempt:
		return e.Attempt.String()
	case SessionConnected:
		return "mon." + e.Mon + " in " + e.Elapsed.Round(100*time.Microsecond).String()
	case SessionLost:
		return "lost mon." + e.Mon + ": " + e.Err.Error()
	case SessionFailedOver:
		return "mon." + e.Mon + " takes over"
	case SessionStandby:
		if e.Err != nil {
			return "lost standby mon." + e.Mon + ": " + e.Err.Error()
		}
		return "standby mon." + e.Mon + " in " + e.Elapsed.Round(100*time.Microsecond).String()
	}
	return e.Kind.String()
}

// SessionInfo describes the present session.
type SessionInfo struct {
	Mon      string          // the monitor's name
	Rank     int             // its rank
	Addr     denc.EntityAddr // where it is
	Mode     string          // crc or secure
	Features denc.Features   // of both sides
	Local    denc.EntityAddr // the client's own address
	Since    time.Time
	// RoundTrip is what keepalives have shown of the monitor, since the client began.
	RoundTrip RoundTrip
}
