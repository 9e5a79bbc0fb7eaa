package cephx

import (
	"fmt"
	"io"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// Session is an authenticated session with a monitor, as far as authentication goes: it keeps the tickets fresh. The
// bytes travel in MAuth and MAuthReply messages. It is not safe for concurrent use.
type Session struct {
	method          Method
	key             Key
	want            denc.EntityType
	rand            io.Reader
	now             func() time.Time
	serverChallenge uint64 // of the handshake; renewals of the AUTH ticket answer it again

	state   AuthState
	pending uint16 // request type that a reply is due for, 0 if none
	asked   Key    // the key that this request was made with, and that the reply to a renewal of the AUTH ticket is sealed with
	stale   bool   // service tickets in that reply were granted before DropServices
}

// State returns the present state, for other connections to start from.
func (s *Session) State() AuthState { return s.state }

// GlobalID returns the client's id in the cluster.
func (s *Session) GlobalID() uint64 { return s.state.globalID }

// Method returns the method that authenticated the session.
func (s *Session) Method() Method { return s.method }

// SetKey changes the entity's key, of either type: renewals are made with it from now on. The session keeps its global_id
// and its tickets, with which a new connection with the new key can claim the same global_id. That is what to do when the
// cluster has another key for the entity; monitors go on with the session, but not renew its AUTH ticket for the old key.
// A reply that is awaited is taken as the answer to what was asked. Without cephx the key changes nothing.
func (s *Session) SetKey(key Key) { s.key = key }

// DropServices forgets the service tickets; the next RenewRequest asks for new ones. See AuthState.WithoutServices.
func (s *Session) DropServices() {
	s.state = s.state.WithoutServices()
	s.stale = s.pending != 0
}

// RenewRequest returns the payload of an MAuth that renews what is due, or nil if nothing is, or while a reply is
// awaited. Call it at every tick. The protocol field of the MAuth is MethodCephx.
func (s *Session) RenewRequest() ([]byte, error) {
	if s.method != MethodCephx || s.pending != 0 {
		return nil, nil
	}
	need := s.state.Need(s.now(), s.want)
	// Like librados, do not ask for a mgr ticket alone: a monitor need not have one to give.
	if need == 0 || need == denc.EntityMgr {
		return nil, nil
	}
	var request []byte
	var err error
	kind := uint16(getPrincipalSessionKey)
	if need&denc.EntityAuth != 0 {
		kind = getAuthSessionKey
		request, err = s.renewAuth()
	} else {
		request, err = s.renewServices(need)
	}
	if err != nil {
		return nil, err
	}
	s.pending, s.asked = kind, s.key
	return request, nil
}

// renewAuth asks for a new AUTH ticket, and for all others along with it.
func (s *Session) renewAuth() ([]byte, error) {
	old, ok := s.state.authTicket()
	if !ok {
		return nil, fmt.Errorf("cephx: renew: %w for auth", ErrNoTicket) // a monitor refuses this on a live session
	}
	challenge, err := randomUint64(s.rand)
	if err != nil {
		return nil, err
	}
	return appendAuthenticate(nil, s.key, s.serverChallenge, challenge, old, s.want)
}

// renewServices asks for service tickets with the AUTH ticket (CephXServiceTicketRequest).
func (s *Session) renewServices(need denc.EntityType) ([]byte, error) {
	nonce, err := randomUint64(s.rand)
	if err != nil {
		return nil, err
	}
	auth, ok := s.state.authTicket()
	if !ok {
		return nil, fmt.Errorf("cephx: renew: %w for auth", ErrNoTicket)
	}
	b := denc.AppendUint16(nil, getPrincipalSessionKey)
	if b, err = auth.appendAuthorizer(b, s.state.globalID, authorization{nonce: nonce}, s.rand); err != nil {
		return nil, err
	}
	b = denc.AppendUint8(b, 1)
	return denc.AppendUint32(b, uint32(need)), nil
}

// RenewReply takes the result and the payload of the MAuthReply to the last RenewRequest. After an error the state is
// as it was. Any error means that the session cannot keep its tickets; a refusal is an *AuthError.
func (s *Session) RenewReply(result int32, payload []byte) error {
	kind, key, stale := s.pending, s.asked, s.stale
	s.pending, s.asked, s.stale = 0, Key{}, false
	if kind == 0 {
		return fmt.Errorf("cephx: %w: MAuthReply without a request", ErrOutOfOrder)
	}
	if result < 0 {
		return &AuthError{Method: s.method, Result: result}
	}
	auth, ok := s.state.authTicket()
	if !ok {
		return fmt.Errorf("cephx: renew: %w for auth", ErrNoTicket)
	}
	if kind == getAuthSessionKey {
		reply, err := decodeAuthReply(payload, key, auth.sessionKey, s.want, s.now())
		if err != nil {
			return err
		}
		clear(reply.connectionSecret)
		s.state = s.state.with([]Ticket{reply.auth})
		if !stale {
			s.state = s.state.with(reply.services)
		}
		return nil
	}
	r := denc.NewReader(payload)
	if err := decodeHeader(r, getPrincipalSessionKey); err != nil {
		return err
	}
	tickets, err := decodeTickets(r, auth.sessionKey, Key{}, s.want&^denc.EntityAuth, s.now())
	if err != nil {
		return err
	}
	if !stale {
		s.state = s.state.with(tickets)
	}
	return nil
}
