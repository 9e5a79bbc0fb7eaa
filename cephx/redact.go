package cephx

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what secrets print as.
const redacted = "[redacted]"

// hidden holds what no printer may reach. The fmt package calls no methods on unexported fields, so a Format method is
// not enough. There it prints a pointer as an address, but follows it with verbs that do not fit pointers, such as %s,
// and once only: two pointers in a row are safe.
type hidden[T any] struct{ p **T }

// hide takes ownership of v.
func hide[T any](v T) hidden[T] {
	p := &v
	return hidden[T]{&p}
}

// get returns the hidden thing itself, nil for the zero hidden.
func (h hidden[T]) get() *T {
	if h.p == nil {
		return nil
	}
	return *h.p
}

// Format implements fmt.Formatter for every verb and flag.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns [redacted]. See Reveal.
func (k Key) String() string { return redacted }

// GoString returns [redacted].
func (k Key) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which encoding/json, encoding/xml and most other encoders use. There is
// no way back: a Key is read with ParseKey.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// String prints service, secret_id and expiry of t, and nothing secret.
func (t Ticket) String() string {
	return fmt.Sprintf("ticket{service:%v secret_id:%d expires:%v %s}", t.Service, t.SecretID, t.Expires.UTC(), redacted)
}

// Format implements fmt.Formatter for every verb and flag.
func (t Ticket) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue implements slog.LogValuer.
func (t Ticket) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (t Ticket) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// String prints the global_id of s and the services that it has tickets for.
func (s AuthState) String() string {
	return fmt.Sprintf("auth_state{global_id:%d tickets:%v}", s.globalID, s.Services())
}

// Format implements fmt.Formatter for every verb and flag.
func (s AuthState) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s AuthState) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (s AuthState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String prints who authenticates, how far it got, and nothing secret.
func (h *Handshake) String() string {
	if h == nil {
		return "handshake{}"
	}
	return fmt.Sprintf("handshake{%v method:%v phase:%v}", h.cfg.Name, h.method(), h.phase)
}

// Format implements fmt.Formatter for every verb and flag.
func (h *Handshake) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue implements slog.LogValuer.
func (h *Handshake) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (h *Handshake) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// String prints the session's state, and nothing secret.
func (s *Session) String() string {
	if s == nil {
		return "session{}"
	}
	return fmt.Sprintf("session{method:%v %v}", s.method, s.state)
}

// Format implements fmt.Formatter for every verb and flag.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s *Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (s *Session) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String prints the service and how far it got, and nothing secret.
func (h *ServiceHandshake) String() string {
	if h == nil {
		return "service_handshake{}"
	}
	return fmt.Sprintf("service_handshake{%v phase:%v}", h.ticket.Service, h.phase)
}

// Format implements fmt.Formatter for every verb and flag.
func (h *ServiceHandshake) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue implements slog.LogValuer.
func (h *ServiceHandshake) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (h *ServiceHandshake) MarshalText() ([]byte, error) { return []byte(h.String()), nil }
