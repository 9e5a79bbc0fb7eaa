package cephx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// connectionSecretLen is what monitors and services give for mode secure (AuthConnectionMeta::get_connection_secret_length
// in src/auth/Auth.h).
const connectionSecretLen = 64

// maxAuthMode is the highest first byte of an AUTH_REQUEST to a monitor (AUTH_MODE_MON_MAX in src/auth/Auth.h).
const maxAuthMode = 19

// Outcome is what the accepting side answers to an AUTH_REQUEST or AUTH_REQUEST_MORE. Exactly one of its parts is set.
type Outcome struct {
	Refused *Refusal // AUTH_BAD_METHOD
	More    []byte   // the payload of AUTH_REPLY_MORE
	Done    *Grant   // AUTH_DONE
}

// Refusal is the content of AUTH_BAD_METHOD, but for the method, which is that of the request.
type Refusal struct {
	Result         int32 // a negative Linux error number
	AllowedMethods []uint32
	AllowedModes   []uint32
}

// refusal is an error number that the client is told.
type refusal denc.Errno

func (r refusal) Error() string { return denc.Errno(r).Error() }

// Grant is the content of AUTH_DONE, and the keys that follow from it. It prints without those.
type Grant struct {
	GlobalID uint64
	Mode     uint32
	Payload  []byte
	keys     hidden[grantKeys]
}

type grantKeys struct{ session, connection []byte }

// Keys returns the session key, which signs the handshake, and the connection secret, which encrypts a connection in mode
// secure. Nil means that there is none, as with method none and in mode crc.
func (g *Grant) Keys() (sessionKey, connectionSecret []byte) {
	if k := g.keys.get(); k != nil {
		return k.session, k.connection
	}
	return nil, nil
}

// ServerHandshake is a monitor's part in the authentication of one connection. It is a state machine without I/O: the
// messenger calls Request and More for the frames that come. An error, other than a refusal, ends the connection without
// an answer. It is not safe for concurrent use.
type ServerHandshake struct {
	server *KeyServer
	assign func() (uint64, error)
	phase  phase

	policy  ServerPolicy // as the request found it
	mode    Mode
	session *ServerSession
}

// NewHandshake returns the monitor's part for one connection. assign returns a global_id that no one has had, and is
// called by every request for a new one, granted or not. Its error ends the connection, as a monitor does that has no quorum.
func (s *KeyServer) NewHandshake(assign func() (uint64, error)) *ServerHandshake {
	return &ServerHandshake{server: s, assign: assign}
}

// Request handles AUTH_REQUEST (Monitor::handle_auth_request in src/mon/Monitor.cc). After a refusal the client may
// send another one.
func (h *ServerHandshake) Request(method uint32, modes []uint32, payload []byte) (Outcome, error) {
	if err := h.expect("AUTH_REQUEST", phaseNew); err != nil {
		return Outcome{}, err
	}
	h.policy = h.server.rules()
	m := Method(method)
	if !slices.Contains(h.policy.Methods, m) {
		return h.refuse(m, refusal(denc.EOPNOTSUPP)), nil
	}
	mode, ok := h.policy.pick(m, modes)
	if !ok {
		return h.refuse(m, refusal(denc.EOPNOTSUPP)), nil
	}
	session, err := h.identify(m, payload)
	if result := refusal(0); errors.As(err, &result) {
		return h.refuse(m, result), nil
	}
	if err != nil {
		return Outcome{}, h.fail(err)
	}
	h.session, h.mode = session, mode
	if m == MethodNone {
		h.phase = phaseDone
		return Outcome{Done: &Grant{GlobalID: session.globalID, Mode: uint32(mode)}}, nil
	}
	for session.challenge == 0 {
		if session.challenge, err = randomUint64(h.server.rand); err != nil {
			return Outcome{}, h.fail(err)
		}
	}
	h.phase = phaseRequested
	return Outcome{More: denc.AppendUint64([]byte{1}, session.challenge)}, nil
}

// identify reads who asks, gives out a global_id if that is asked for, and looks for a key.
func (h *ServerHandshake) identify(m Method, payload []byte) (*ServerSession, error) {
	r := denc.NewReader(payload)
	if mode := r.Uint8("auth_mode"); mode < authModeMon || mode > maxAuthMode {
		return nil, refusal(denc.EACCES)
	}
	s := &ServerSession{server: h.server, method: m, origin: originClaimed}
	s.name.DecodeFrom(r)
	s.globalID = r.Uint64("global_id")
	if r.Err() != nil { // what follows is passed over
		return nil, refusal(denc.EACCES)
	}
	if s.globalID == 0 {
		s.origin = originNew
		var err error
		if s.globalID, err = h.assign(); err != nil {
			return nil, fmt.Errorf("cephx: assign a global_id: %w", err)
		}
	}
	if m == MethodNone {
		if refuse := h.server.Faults().Refuse; refuse != nil && refuse(s.name) {
			return nil, refusal(denc.EACCES)
		}
		return s, nil
	}
	if _, ok := h.server.entity(s.name); !ok {
		return nil, refusal(denc.EACCES)
	}
	return s, nil
}

// More handles AUTH_REQUEST_MORE, the client's answer to the challenge (CephxServiceHandler::handle_request in
// src/auth/cephx/CephxServiceHandler.cc). After a refusal there is no other try.
func (h *ServerHandshake) More(payload []byte) (Outcome, error) {
	if err := h.expect("AUTH_REQUEST_MORE", phaseRequested); err != nil {
		return Outcome{}, err
	}
	grant, err := h.more(payload)
	if result := refusal(0); errors.As(err, &result) {
		h.phase = phaseFailed
		return h.refuse(MethodCephx, result), nil
	}
	if err != nil {
		return Outcome{}, h.fail(err)
	}
	h.phase = phaseDone
	return Outcome{Done: grant}, nil
}

func (h *ServerHandshake) more(payload []byte) (*Grant, error) {
	if len(payload) == 0 {
		return nil, refusal(denc.EACCES)
	}
	r := denc.NewReader(payload)
	request := r.Uint16("CephXRequestHeader.request_type")
	switch {
	case r.Err() != nil:
		return nil, refusal(denc.EPERM)
	case request == getPrincipalSessionKey, request == getRotatingKey: // things for a session
		return nil, refusal(denc.EACCES)
	case request != getAuthSessionKey:
		return nil, refusal(denc.EINVAL)
	}
	if h.server.Faults().RejectReclaim && h.session.origin == originClaimed {
		return nil, refusal(denc.EACCES)
	}
	var secret []byte
	if h.mode == ModeSecure {
		secret = make([]byte, connectionSecretLen)
		if err := readRandom(h.server.rand, secret); err != nil {
			return nil, err
		}
	}
	reply, err := h.session.authenticate(r, secret, true)
	if err != nil {
		return nil, err
	}
	if !reply.withSecret && h.mode == ModeSecure {
		// A request without other_keys gets no secret. Monitors agree all the same and then crash.
		return nil, fmt.Errorf("cephx: %w: the client wants none", ErrConnectionSecret)
	}
	key, err := reply.sessionKey.secret()
	if err != nil {
		return nil, err
	}
	return &Grant{
		GlobalID: h.session.globalID, Mode: uint32(h.mode), Payload: reply.payload,
		keys: hide(grantKeys{slices.Clone(key), secret}),
	}, nil
}

// Session returns what a completed handshake has led to.
func (h *ServerHandshake) Session() (*ServerSession, error) {
	if h.phase != phaseDone {
		return nil, fmt.Errorf("cephx: %w: no session in phase %v", ErrOutOfOrder, h.phase)
	}
	return h.session, nil
}

func (h *ServerHandshake) refuse(m Method, result refusal) Outcome {
	return Outcome{Refused: &Refusal{
		Result: -int32(result), AllowedMethods: numbers(h.policy.Methods), AllowedModes: h.policy.modes(m),
	}}
}

func (h *ServerHandshake) expect(event string, due phase) error {
	if h.phase == due {
		return nil
	}
	return h.fail(fmt.Errorf("cephx: %w: %s in phase %v", ErrOutOfOrder, event, h.phase))
}

func (h *ServerHandshake) fail(err error) error {
	h.phase = phaseFailed
	return err
}
