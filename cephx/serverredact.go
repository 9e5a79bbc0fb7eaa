package cephx

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// String prints the ids of the secrets of s, and nothing secret.
func (s *KeyServer) String() string {
	if s == nil {
		return "key_server{}"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	words := make([]string, 0, len(rotatedServices))
	for _, service := range rotatedServices {
		if infos := s.describe(service); len(infos) > 0 {
			words = append(words, fmt.Sprintf("%v:%d-%d", service, infos[0].ID, infos[len(infos)-1].ID))
		}
	}
	return "key_server{" + strings.Join(words, " ") + "}"
}

// Format implements fmt.Formatter for every verb and flag.
func (s *KeyServer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s *KeyServer) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (s *KeyServer) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String prints whose connection it is, how far it got, and nothing secret.
func (h *ServerHandshake) String() string {
	if h == nil {
		return "server_handshake{}"
	}
	if h.session == nil {
		return fmt.Sprintf("server_handshake{phase:%v}", h.phase)
	}
	return fmt.Sprintf("server_handshake{%v global_id:%d phase:%v}", h.session.name, h.session.globalID, h.phase)
}

// Format implements fmt.Formatter for every verb and flag.
func (h *ServerHandshake) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue implements slog.LogValuer.
func (h *ServerHandshake) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (h *ServerHandshake) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// String prints who the session is with, and nothing secret.
func (s *ServerSession) String() string {
	if s == nil {
		return "server_session{}"
	}
	return fmt.Sprintf("server_session{%v method:%v global_id:%d}", s.name, s.method, s.globalID)
}

// Format implements fmt.Formatter for every verb and flag.
func (s *ServerSession) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s *ServerSession) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (s *ServerSession) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String prints the service, how far it got, and nothing secret.
func (h *ServiceServerHandshake) String() string {
	if h == nil {
		return "service_server_handshake{}"
	}
	return fmt.Sprintf("service_server_handshake{%v phase:%v}", h.service, h.phase)
}

// Format implements fmt.Formatter for every verb and flag.
func (h *ServiceServerHandshake) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue implements slog.LogValuer.
func (h *ServiceServerHandshake) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (h *ServiceServerHandshake) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// String prints what is granted, and nothing secret.
func (g Grant) String() string {
	return fmt.Sprintf("grant{global_id:%d mode:%v payload:%d bytes}", g.GlobalID, Mode(g.Mode), len(g.Payload))
}

// Format implements fmt.Formatter for every verb and flag.
func (g Grant) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, g.String()) }

// LogValue implements slog.LogValuer.
func (g Grant) LogValue() slog.Value { return slog.StringValue(g.String()) }

// MarshalText implements encoding.TextMarshaler with the text of String.
func (g Grant) MarshalText() ([]byte, error) { return []byte(g.String()), nil }
