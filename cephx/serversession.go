package cephx

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// getRotatingKey asks for a daemon's rotating secrets (CEPHX_GET_ROTATING_KEY in src/auth/cephx/CephxProtocol.h).
const getRotatingKey = 0x0400

// origin says how a session has come by its global_id (global_id_status_t in src/auth/AuthServiceHandler.h).
type origin uint8

const (
	originNew      origin = iota // given out, not yet authenticated
	originClaimed                // claimed, or authenticated
	originInsecure               // given out to a client that may claim it later without a ticket
)

// ServerSession is a monitor's side of an authenticated session: who it is with, and the renewal of tickets. It is not
// safe for concurrent use.
type ServerSession struct {
	server    *KeyServer
	method    Method
	name      denc.EntityName
	globalID  uint64
	challenge uint64 // of the handshake; renewals of the AUTH ticket answer it again
	origin    origin
	monCaps   string
}

// Method returns the method that authenticated the session.
func (s *ServerSession) Method() Method { return s.method }

// Name returns the entity at the other end.
func (s *ServerSession) Name() denc.EntityName { return s.name }

// GlobalID returns the client's id in the cluster.
func (s *ServerSession) GlobalID() uint64 { return s.globalID }

// MonCaps returns what the entity may do with monitors, as of its last authentication. With method none it is empty and
// everything is allowed.
func (s *ServerSession) MonCaps() string { return s.monCaps }

// Insecure reports whether the client is an old one, with a new global_id that it may claim later without a ticket. By
// default monitors answer nothing but MMonGetMap on such a session (auth_expose_insecure_global_id_reclaim), which
// makes the client come again and show whether it does.
func (s *ServerSession) Insecure() bool { return s.origin == originInsecure }

// Renew handles the payload of an MAuth and returns the result and the payload of the MAuthReply. From Tentacle on, a
// monitor closes the session after a result below zero; those before go on with it.
func (s *ServerSession) Renew(request []byte) (result int32, reply []byte) {
	if s.method == MethodNone {
		return 0, nil
	}
	r := denc.NewReader(request)
	typ := r.Uint16("CephXRequestHeader.request_type")
	if r.Err() != nil {
		return -int32(denc.EPERM), nil
	}
	var err error
	switch typ {
	case getAuthSessionKey:
		var a authenticated
		a, err = s.authenticate(r, nil, false)
		reply = a.payload
	case getPrincipalSessionKey:
		reply, err = s.renewServices(r)
	case getRotatingKey: // for daemons, which this KeyServer does not serve
		reply, err = appendHeader(nil, typ, 0), refusal(denc.EACCES)
	default:
		err = refusal(denc.EINVAL)
	}
	if err == nil {
		return 0, reply
	}
	result = -int32(denc.EIO) // randomness has failed
	if r := refusal(0); errors.As(err, &r) {
		result = -int32(r)
	}
	return result, reply
}

// appendHeader appends a CephXResponseHeader.
func appendHeader(b []byte, request uint16, status int32) []byte {
	return denc.AppendInt32(denc.AppendUint16(b, request), status)
}

// authenticated is the answer to a client that has proved its key.
type authenticated struct {
	payload    []byte
	sessionKey Key
	withSecret bool // payload holds the connection secret
}

// authenticate answers the rest of a request for an AUTH ticket. In the handshake the reply holds the connection
// secret, which is empty in mode crc. An error that is a refusal is the result for the client.
func (s *ServerSession) authenticate(r *denc.Reader, secret []byte, handshake bool) (a authenticated, err error) {
	version := r.Uint8("CephXAuthenticate.struct_v")
	challenge := r.Uint64("CephXAuthenticate.client_challenge")
	answer := r.Uint64("CephXAuthenticate.key")
	var old ticketBlob
	old.decodeFrom(r)
	var want uint32
	if version >= 2 {
		want = r.Uint32("CephXAuthenticate.other_keys")
	}
	if r.Err() != nil { // what follows is passed over
		return a, refusal(denc.EPERM)
	}
	entity, err := s.prove(challenge, answer)
	if err != nil {
		return a, err
	}
	oldKey, err := s.claim(old, version < 3)
	if err != nil {
		return a, err
	}
	monCaps := entity.Caps[denc.EntityMon.String()]
	if monCaps == "" {
		return a, refusal(denc.EACCES)
	}

	info := ticketInfo{name: s.name, globalID: s.globalID}
	auth, _, err := s.server.grant(denc.EntityAuth, entity.Key.Type(), info)
	if err != nil {
		return a, err
	}
	a.sessionKey = auth.info.sessionKey
	b := appendHeader(nil, getAuthSessionKey, 0)
	head := len(b)
	if b, err = s.server.appendTickets(b, entity.Key, oldKey, auth); err != nil {
		return a, err
	}
	if s.server.Faults().CorruptReply {
		b[head+firstSealed] ^= 0xff
	}
	if want != 0 {
		if b, err = s.appendExtras(b, a.sessionKey, secret, handshake, entity, auth.info, want); err != nil {
			return a, err
		}
		a.withSecret = handshake
	}
	a.payload, s.monCaps = b, monCaps
	return a, nil
}

// firstSealed is where, in a ticket_reply, the first sealed session key begins: struct_v, count, service_id, struct_v, length.
const firstSealed = 1 + 4 + 4 + 1 + 4

// prove looks the entity up and checks that the client knows its key, or the one that is to replace it. The entity is
// returned with the key that the client knows.
func (s *ServerSession) prove(challenge, answer uint64) (Entry, error) {
	entity, ok := s.server.entity(s.name)
	if !ok {
		return Entry{}, refusal(denc.EACCES)
	}
	for _, key := range []Key{entity.Key, s.server.pendingKey(s.name)} {
		if s.proves(key, challenge, answer) {
			entity.Key = key
			return entity, nil
		}
	}
	return Entry{}, refusal(denc.EACCES)
}

// proves reports whether answer is the proof of a key that may be used.
func (s *ServerSession) proves(key Key, challenge, answer uint64) bool {
	if !slices.Contains(s.server.rules().KeyTypes, key.Type()) {
		return false
	}
	expected, err := proof(key, s.challenge, challenge)
	if err != nil {
		return false // the key was wiped
	}
	var x, y [8]byte
	binary.LittleEndian.PutUint64(x[:], expected)
	binary.LittleEndian.PutUint64(y[:], answer)
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// claim checks the client's right to its global_id and returns the session key of the ticket that proves it, if that is
// needed (CephxServiceHandler::verify_old_ticket in src/auth/cephx/CephxServiceHandler.cc). Whose name the ticket bears
// does not matter. Old clients may do without.
func (s *ServerSession) claim(old ticketBlob, oldClient bool) (Key, error) {
	if s.origin == originNew {
		if len(old.opaque) > 0 {
			return Key{}, refusal(denc.EINVAL) // superfluous
		}
		s.origin = originClaimed
		if oldClient {
			s.origin = originInsecure
		}
		return Key{}, nil
	}
	if len(old.opaque) > 0 {
		info, err := s.server.openTicket(denc.EntityAuth, old)
		if err == nil && info.globalID == s.globalID {
			s.origin = originClaimed
			return info.sessionKey, nil
		}
	}
	if oldClient && !s.server.rules().RefuseInsecureReclaim {
		s.origin = originClaimed
		return Key{}, nil
	}
	return Key{}, refusal(denc.EACCES)
}

// appendExtras appends what clients since Nautilus get along with the AUTH ticket: the connection secret, in the
// handshake, and service tickets.
func (s *ServerSession) appendExtras(b []byte, sessionKey Key, secret []byte, handshake bool, entity Entry, parent ticketInfo, want uint32) ([]byte, error) {
	var cbl []byte
	if handshake {
		plain := denc.AppendBlob(nil, secret)
		defer clear(plain)
		var err error
		if cbl, err = sessionKey.appendSealed(nil, UsageConnectionSecret, plain, s.server.rand); err != nil {
			return nil, err
		}
	}
	b = denc.AppendBlob(b, cbl)
	tickets, _, err := s.server.grantServices(want, entity, parent)
	if err != nil {
		return nil, err
	}
	var extra []byte
	if len(tickets) > 0 {
		if extra, err = s.server.appendTickets(nil, sessionKey, Key{}, tickets...); err != nil {
			return nil, err
		}
	}
	return denc.AppendBlob(b, extra), nil
}

// renewServices answers the rest of a request for service tickets. The authorizer decides who gets them: monitors do
// not care whether that is this session's client, nor for which service its ticket is.
func (s *ServerSession) renewServices(r *denc.Reader) ([]byte, error) {
	a, err := s.server.openAuthorizer(r)
	if err != nil {
		return nil, refusal(denc.EACCES)
	}
	r.Uint8("CephXServiceTicketRequest.struct_v")
	keys := r.Uint32("CephXServiceTicketRequest.keys")
	if r.Err() != nil {
		return nil, refusal(denc.EPERM)
	}
	var refused refusal
	var tickets []granted
	if entity, ok := s.server.entity(a.info.name); ok {
		var missing bool
		if tickets, missing, err = s.server.grantServices(keys, entity, a.info); err != nil {
			return nil, err
		}
		if missing && len(tickets) == 0 {
			refused = refusal(denc.EACCES)
		}
	} else if keys&^uint32(denc.EntityAuth) != 0 {
		refused = refusal(denc.EINVAL) // the entity was removed
	}
	b, err := s.server.appendTickets(appendHeader(nil, getPrincipalSessionKey, -int32(refused)), a.info.sessionKey, Key{}, tickets...)
	if err != nil {
		return nil, err
	}
	if refused != 0 {
		return b, refused
	}
	return b, nil
}
