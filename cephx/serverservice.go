package cephx

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// maxAuthModeAuthorizer is the highest first byte of an AUTH_REQUEST with an authorizer (AUTH_MODE_AUTHORIZER_MAX in
// src/auth/Auth.h). The lowest is 1, and is the authorizer's version, too.
const maxAuthModeAuthorizer = 9

// ServiceServerHandshake is the part of a service, a manager or an OSD, in the authentication of one connection: it
// reads the authorizer of a ServiceHandshake. It is driven by the messenger just as ServerHandshake is. It is not safe
// for concurrent use.
type ServiceServerHandshake struct {
	server  *KeyServer
	service denc.EntityType
	phase   phase

	policy    ServerPolicy
	mode      Mode
	challenge uint64
	info      ticketInfo
}

// NewServiceHandshake returns the part of a service for one connection. The service shares the quorum's KeyServer, from
// which real ones fetch the secrets for their type.
func (s *KeyServer) NewServiceHandshake(service denc.EntityType) *ServiceServerHandshake {
	return &ServiceServerHandshake{server: s, service: service}
}

// Request handles AUTH_REQUEST: an authorizer that is good gets a challenge, always.
func (h *ServiceServerHandshake) Request(method uint32, modes []uint32, payload []byte) (Outcome, error) {
	if err := h.expect("AUTH_REQUEST", phaseNew); err != nil {
		return Outcome{}, err
	}
	h.policy = h.server.rules()
	if Method(method) == MethodNone && h.policy.withoutProof() {
		return h.introduce(modes, payload), nil
	}
	h.policy.Methods = []Method{MethodCephx}
	mode, ok := h.policy.pick(MethodCephx, modes)
	if Method(method) != MethodCephx || !ok {
		return h.refuse(refusal(denc.EOPNOTSUPP)), nil
	}
	h.mode = mode
	if len(payload) == 0 || payload[0] == 0 || payload[0] > maxAuthModeAuthorizer {
		return h.refuse(refusal(denc.EACCES)), nil
	}
	a, err := h.open(payload)
	if err != nil {
		return h.refuse(refusal(denc.EACCES)), nil
	}
	if h.challenge, err = randomUint64(h.server.rand); err != nil {
		return Outcome{}, h.fail(err)
	}
	plain := denc.AppendUint64([]byte{1}, h.challenge)
	sealed, err := a.info.sessionKey.Seal(nil, UsageAuthorizeChallenge, plain, h.server.rand)
	if err != nil {
		return Outcome{}, h.fail(err)
	}
	h.phase = phaseRequested
	return Outcome{More: sealed}, nil
}

// More handles AUTH_REQUEST_MORE: the authorizer again, with the answer to the challenge.
func (h *ServiceServerHandshake) More(payload []byte) (Outcome, error) {
	if err := h.expect("AUTH_REQUEST_MORE", phaseRequested); err != nil {
		return Outcome{}, err
	}
	grant, err := h.more(payload)
	if result := refusal(0); errors.As(err, &result) {
		h.phase = phaseFailed
		return h.refuse(result), nil
	}
	if err != nil {
		return Outcome{}, h.fail(err)
	}
	h.phase = phaseDone
	return Outcome{Done: grant}, nil
}

func (h *ServiceServerHandshake) more(payload []byte) (*Grant, error) {
	a, err := h.open(payload)
	if err != nil {
		return nil, refusal(denc.EACCES)
	}
	var x, y [8]byte
	binary.LittleEndian.PutUint64(x[:], h.challenge+1)
	binary.LittleEndian.PutUint64(y[:], a.authorization.challenge)
	if subtle.ConstantTimeCompare(x[:], y[:]) != 1 || !a.haveChallenge {
		return nil, refusal(denc.EACCES)
	}
	var secret []byte
	if h.mode == ModeSecure {
		secret = make([]byte, connectionSecretLen)
		if err := readRandom(h.server.rand, secret); err != nil {
			return nil, err
		}
	}
	reply := denc.AppendUint8(nil, 2)
	reply = denc.AppendUint64(reply, a.nonce+1)
	reply = denc.AppendBlob(reply, secret)
	defer clear(reply)
	sealed, err := a.info.sessionKey.appendSealed(nil, UsageAuthorizeReply, reply, h.server.rand)
	if err != nil {
		return nil, err
	}
	key, err := a.info.sessionKey.secret()
	if err != nil {
		return nil, err
	}
	h.info = a.info
	return &Grant{
		GlobalID: a.info.globalID, Mode: uint32(h.mode), Payload: sealed,
		keys: hide(grantKeys{slices.Clone(key), secret}),
	}, nil
}

// open reads an authorizer for this service. What follows it is passed over.
func (h *ServiceServerHandshake) open(payload []byte) (openedAuthorizer, error) {
	a, err := h.server.openAuthorizer(denc.NewReader(payload))
	if err == nil && a.service != h.service {
		err = fmt.Errorf("%w for %v: the authorizer is for %v", ErrNoTicket, h.service, a.service)
	}
	return a, err
}

// Client returns whose ticket a completed handshake has accepted, and what it may do with this service.
func (h *ServiceServerHandshake) Client() (name denc.EntityName, globalID uint64, caps string, err error) {
	if h.phase != phaseDone {
		return denc.EntityName{}, 0, "", fmt.Errorf("cephx: %w: no client in phase %v", ErrOutOfOrder, h.phase)
	}
	return h.info.name, h.info.globalID, h.info.capsText(), nil
}

func (h *ServiceServerHandshake) refuse(result refusal) Outcome {
	return Outcome{Refused: &Refusal{
		Result: -int32(result), AllowedMethods: numbers(h.policy.Methods), AllowedModes: h.policy.modes(MethodCephx),
	}}
}

func (h *ServiceServerHandshake) expect(event string, due phase) error {
	if h.phase == due {
		return nil
	}
	return h.fail(fmt.Errorf("cephx: %w: %s in phase %v", ErrOutOfOrder, event, h.phase))
}

func (h *ServiceServerHandshake) fail(err error) error {
	h.phase = phaseFailed
	return err
}
