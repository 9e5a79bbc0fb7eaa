package cephx

import (
	"fmt"
	"io"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// ServiceHandshake authenticates one connection to a service, a manager or an OSD, with a ticket. It is driven by the
// messenger just as Handshake is. It is not safe for concurrent use.
type ServiceHandshake struct {
	globalID uint64
	ticket   Ticket
	offered  []uint32
	rand     io.Reader
	phase    phase
	nonce    uint64
}

// NewServiceHandshake returns a handshake that presents the ticket for service in state, or an error that wraps ErrNoTicket.
// Whether the ticket has expired is for the service to say. Modes are in order of preference, nil is secure, then
// crc; a nil rand is crypto/rand.
func NewServiceHandshake(state AuthState, service denc.EntityType, modes []Mode, rand io.Reader) (*ServiceHandshake, error) {
	t, ok := state.Ticket(service)
	if !ok || t.sessionKey.IsZero() || state.globalID == 0 {
		return nil, fmt.Errorf("cephx: %w for %v", ErrNoTicket, service)
	}
	if modes == nil {
		modes = []Mode{ModeSecure, ModeCRC}
	}
	if err := checkModes(modes); err != nil {
		return nil, err
	}
	h := &ServiceHandshake{globalID: state.globalID, ticket: t, rand: rand}
	for _, m := range modes {
		h.offered = append(h.offered, uint32(m))
	}
	return h, nil
}

// Begin returns the method, modes and payload of the AUTH_REQUEST: an authorizer without the answer to a challenge.
func (h *ServiceHandshake) Begin() (method uint32, modes []uint32, payload []byte, err error) {
	if err := h.expect("Begin", phaseNew); err != nil {
		return 0, nil, nil, err
	}
	if h.nonce, err = randomUint64(h.rand); err != nil {
		return 0, nil, nil, h.fail(err)
	}
	payload, err = h.ticket.appendAuthorizer(nil, h.globalID, authorization{nonce: h.nonce}, h.rand)
	if err != nil {
		return 0, nil, nil, h.fail(err)
	}
	h.phase = phaseRequested
	return uint32(MethodCephx), slices.Clone(h.offered), payload, nil
}

// BadMethod handles AUTH_BAD_METHOD, which is final: a service that refuses a ticket takes nothing else. A fresh ticket
// from a monitor can help.
func (h *ServiceHandshake) BadMethod(method uint32, result int32, allowedMethods, allowedModes []uint32) (nextMethod uint32, modes []uint32, payload []byte, err error) {
	if err := h.expect("AUTH_BAD_METHOD", phaseRequested, phaseProved); err != nil {
		return 0, nil, nil, err
	}
	return 0, nil, nil, h.fail(&AuthError{
		Method: Method(method), Result: result,
		AllowedMethods: convert[Method](allowedMethods), AllowedModes: convert[Mode](allowedModes),
	})
}

// More handles AUTH_REPLY_MORE, the service's challenge, and returns the authorizer that answers it.
func (h *ServiceHandshake) More(payload []byte) ([]byte, error) {
	if err := h.expect("AUTH_REPLY_MORE", phaseRequested); err != nil {
		return nil, err
	}
	plain, err := h.ticket.sessionKey.Open(UsageAuthorizeChallenge, payload)
	if err != nil {
		return nil, h.fail(fmt.Errorf("authorizer challenge: %w", err))
	}
	r := denc.NewReader(plain)
	v := r.Uint8("CephXAuthorizeChallenge.struct_v")
	challenge := r.Uint64("CephXAuthorizeChallenge.server_challenge")
	if err := end(r, v, 1); err != nil {
		return nil, h.fail(fmt.Errorf("cephx: %w", err))
	}
	answer := authorization{nonce: h.nonce, haveChallenge: true, challenge: challenge + 1}
	b, err := h.ticket.appendAuthorizer(nil, h.globalID, answer, h.rand)
	if err != nil {
		return nil, h.fail(err)
	}
	h.phase = phaseProved
	return b, nil
}

// Done handles AUTH_DONE: it checks that the service could read the authorizer and returns the session key and the
// connection secret as Handshake.Done does.
func (h *ServiceHandshake) Done(globalID uint64, mode uint32, payload []byte) (sessionKey, connectionSecret []byte, err error) {
	if err := h.expect("AUTH_DONE", phaseProved); err != nil {
		return nil, nil, err
	}
	if sessionKey, connectionSecret, err = h.done(globalID, mode, payload); err != nil {
		return nil, nil, h.fail(err)
	}
	h.phase = phaseDone
	return sessionKey, connectionSecret, nil
}

func (h *ServiceHandshake) done(globalID uint64, mode uint32, payload []byte) (sessionKey, connectionSecret []byte, err error) {
	if globalID != h.globalID {
		return nil, nil, fmt.Errorf("cephx: %w: AUTH_DONE names global_id %d, ours is %d", ErrProtocol, globalID, h.globalID)
	}
	if !slices.Contains(h.offered, mode) {
		return nil, nil, fmt.Errorf("cephx: %w: AUTH_DONE chooses %v", ErrModeNotOffered, Mode(mode))
	}
	r := denc.NewReader(payload)
	plain, err := h.ticket.sessionKey.openBlob(r, UsageAuthorizeReply, "CephXAuthorizeReply")
	if err != nil {
		return nil, nil, fmt.Errorf("cephx: %w", err)
	}
	defer clear(plain)
	pr := denc.NewReader(plain)
	v := pr.Uint8("CephXAuthorizeReply.struct_v")
	nonce := pr.Uint64("CephXAuthorizeReply.nonce_plus_one")
	var secret []byte
	if v >= 2 {
		secret = append([]byte(nil), pr.Blob("CephXAuthorizeReply.connection_secret")...)
	}
	if err := end(pr, v, 2); err != nil {
		return nil, nil, fmt.Errorf("cephx: %w", err)
	}
	if nonce != h.nonce+1 {
		return nil, nil, fmt.Errorf("cephx: %w: the service answers another authorizer", ErrProtocol)
	}
	if Mode(mode) != ModeSecure {
		clear(secret)
		secret = nil
	} else if n := len(secret); n < minConnectionSecret {
		clear(secret)
		return nil, nil, fmt.Errorf("cephx: %w: %d bytes, want at least %d", ErrConnectionSecret, n, minConnectionSecret)
	}
	key, err := h.ticket.sessionKey.secret()
	if err != nil {
		return nil, nil, fmt.Errorf("cephx: %w", err)
	}
	return slices.Clone(key), secret, nil
}

func (h *ServiceHandshake) expect(event string, phases ...phase) error {
	if slices.Contains(phases, h.phase) {
		return nil
	}
	return h.fail(fmt.Errorf("cephx: %w: %s in phase %v", ErrOutOfOrder, event, h.phase))
}

func (h *ServiceHandshake) fail(err error) error {
	h.phase = phaseFailed
	return err
}
