package cephconf

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// SecretText is text that does not print: every verb, slog, JSON and text marshalling give [redacted]. Only Reveal
// returns it. The zero value is no secret.
type SecretText struct {
	// A pointer, because fmt cannot call the methods of a value in someone's unexported field and prints what it
	// finds there: an address instead of the text.
	text *string
}

// NewSecretText wraps s.
func NewSecretText(s string) SecretText { return SecretText{&s} }

// Reveal returns the text.
func (s SecretText) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no text.
func (s SecretText) IsZero() bool { return s.text == nil || *s.text == "" }

// String returns [redacted].
func (s SecretText) String() string { return redacted }

// GoString returns [redacted].
func (s SecretText) GoString() string { return redacted }

// Format prints [redacted] for every verb.
func (s SecretText) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns [redacted].
func (s SecretText) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns "[redacted]".
func (s SecretText) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns [redacted].
func (s SecretText) MarshalText() ([]byte, error) { return []byte(redacted), nil }
