package cephx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// Errors for errors.Is.
var (
	// ErrInvalidKey says that something is no key: not base64, truncated, of an unknown type, or with too short a secret.
	ErrInvalidKey = errors.New("invalid key")
	// ErrKeyType says that a key is of a type that this package does not know. It comes together with ErrInvalidKey.
	ErrKeyType = errors.New("unknown key type")
	// ErrNoKey says that a key is needed and there is none.
	ErrNoKey = errors.New("no key")
	// ErrNoEntity says that a keyring has no such entity.
	ErrNoEntity = errors.New("no such entity in the keyring")
	// ErrNoTicket says that there is no ticket for the service.
	ErrNoTicket = errors.New("no ticket")
	// ErrWrongKey says that an envelope was sealed with another key, or damaged.
	ErrWrongKey = errors.New("wrong key")
	// ErrNoMethod says that no authentication method is left to offer.
	ErrNoMethod = errors.New("no usable authentication method")
	// ErrRejected says that the peer refused our credentials. See AuthError.
	ErrRejected = errors.New("authentication rejected")
	// ErrProtocol says that the peer broke the authentication protocol.
	ErrProtocol = errors.New("authentication protocol violated")
	// ErrModeNotOffered says that the peer chose a connection mode that was not offered. It is an ErrProtocol.
	ErrModeNotOffered = fmt.Errorf("%w: connection mode not offered", ErrProtocol)
	// ErrConnectionSecret says that the peer chose the secure mode and sent no connection secret, or too short a one.
	// It is an ErrProtocol.
	ErrConnectionSecret = fmt.Errorf("%w: no connection secret for mode secure", ErrProtocol)
	// ErrOutOfOrder says that a step of the handshake came when another was due. It is an ErrProtocol.
	ErrOutOfOrder = fmt.Errorf("%w: message out of order", ErrProtocol)
)

// AuthError reports that the peer rejected our credentials, or that no method is left which it allows. Whatever the
// peer's own result was, it amounts to EACCES, as in librados: errors.Is finds ErrRejected, denc.EACCES and
// syscall.EACCES.
type AuthError struct {
	// Method is the method that was refused last.
	Method Method
	// Result is the peer's answer, a negative Linux error number.
	Result int32
	// AllowedMethods and AllowedModes are what the peer says it would have taken.
	AllowedMethods []Method
	AllowedModes   []Mode
	// ReclaimedID is the global_id that the attempt claimed from an earlier session, 0 if none. The claim itself may be
	// what was refused: a new attempt without the earlier AuthState can succeed.
	ReclaimedID uint64
}

// Error describes the refusal.
func (e *AuthError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: EACCES (method %v", ErrRejected, e.Method)
	switch errno := denc.ErrnoOf(e.Result); errno {
	case denc.EACCES:
	case 0:
		fmt.Fprintf(&b, ", answered with result %d", e.Result)
	default:
		fmt.Fprintf(&b, ", answered with %s", errno.Name())
	}
	if len(e.AllowedMethods) > 0 && (e.Result != -int32(denc.EACCES) || !slices.Contains(e.AllowedMethods, e.Method)) {
		fmt.Fprintf(&b, "; allowed: method %s", join(e.AllowedMethods))
		if len(e.AllowedModes) > 0 {
			fmt.Fprintf(&b, ", mode %s", join(e.AllowedModes))
		}
	}
	if e.ReclaimedID != 0 {
		fmt.Fprintf(&b, "; while reclaiming global_id %d", e.ReclaimedID)
	}
	b.WriteByte(')')
	return b.String()
}

// Unwrap returns ErrRejected and denc.EACCES.
func (e *AuthError) Unwrap() []error { return []error{ErrRejected, denc.EACCES} }

// maxAllowed bounds the lists that an AuthError keeps of a peer's answer; there are three methods and two modes.
const maxAllowed = 8

func convert[T ~uint32](in []uint32) []T {
	if len(in) > maxAllowed {
		in = in[:maxAllowed]
	}
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = T(v)
	}
	return out
}

func join[T fmt.Stringer](in []T) string {
	words := make([]string, len(in))
	for i, v := range in {
		words[i] = v.String()
	}
	return strings.Join(words, " ")
}
