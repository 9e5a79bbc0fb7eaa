package cephx

import (
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// Request types of the cephx messages (CEPHX_* in src/auth/cephx/CephxProtocol.h).
const (
	getAuthSessionKey      = 0x0100
	getPrincipalSessionKey = 0x0200
)

// appendAuthenticate appends the message that proves knowledge of key and asks for the AUTH ticket and for those in
// want (CephXRequestHeader, CephXAuthenticate version 3: a client that reclaims always presents its old ticket).
func appendAuthenticate(b []byte, key Key, serverChallenge, clientChallenge uint64, old Ticket, want denc.EntityType) ([]byte, error) {
	answer, err := proof(key, serverChallenge, clientChallenge)
	if err != nil {
		return nil, err
	}
	b = denc.AppendUint16(b, getAuthSessionKey)
	b = denc.AppendUint8(b, 3)
	b = denc.AppendUint64(b, clientChallenge)
	b = denc.AppendUint64(b, answer)
	b = old.appendBlob(b)
	return denc.AppendUint32(b, uint32(want)), nil
}

// decodeHeader reads the CephXResponseHeader of the reply to the given request.
func decodeHeader(r *denc.Reader, request uint16) error {
	typ := r.Uint16("CephXResponseHeader.request_type")
	status := r.Int32("CephXResponseHeader.status")
	if err := r.Err(); err != nil {
		return fmt.Errorf("cephx: %w", err)
	}
	if typ != request {
		return fmt.Errorf("cephx: %w: reply of type 0x%04x to a request of type 0x%04x", ErrProtocol, typ, request)
	}
	if status != 0 {
		return &AuthError{Method: MethodCephx, Result: status}
	}
	return nil
}

// authReply is what a monitor grants to a client that has proved its key.
type authReply struct {
	auth             Ticket
	services         []Ticket
	connectionSecret []byte
}

// decodeAuthReply reads the answer to appendAuthenticate (CephxClientHandler::handle_response in
// src/auth/cephx/CephxClientHandler.cc): the payload of AUTH_DONE, and of an MAuthReply when the AUTH ticket was renewed.
// old is the session key of the ticket that was presented, if any.
func decodeAuthReply(payload []byte, key, old Key, want denc.EntityType, now time.Time) (authReply, error) {
	var reply authReply
	r := denc.NewReader(payload)
	if err := decodeHeader(r, getAuthSessionKey); err != nil {
		return reply, err
	}
	tickets, err := decodeTickets(r, key, old, denc.EntityAuth, now)
	if err != nil {
		return reply, err
	}
	if len(tickets) == 0 {
		return reply, fmt.Errorf("cephx: %w: no AUTH ticket in the reply", ErrProtocol)
	}
	reply.auth = tickets[len(tickets)-1]
	if r.Remaining() == 0 {
		return reply, nil // from a monitor that was asked without want
	}
	cbl := r.Blob("connection_secret")
	extra := r.Blob("extra_tickets")
	if err := r.Err(); err != nil {
		return reply, fmt.Errorf("cephx: %w", err)
	}
	if len(cbl) > 0 { // there is none in an MAuthReply
		if reply.connectionSecret, err = decodeConnectionSecret(cbl, reply.auth.sessionKey); err != nil {
			return reply, fmt.Errorf("cephx: %w", err)
		}
	}
	if len(extra) > 0 {
		er := denc.NewReader(extra)
		if reply.services, err = decodeTickets(er, reply.auth.sessionKey, old, want&^denc.EntityAuth, now); err != nil {
			return reply, err
		}
		if err := er.Done(); err != nil {
			return reply, fmt.Errorf("cephx: extra tickets: %w", err)
		}
	}
	return reply, nil
}

// decodeConnectionSecret opens the blob that holds a length-prefixed envelope that holds a string.
func decodeConnectionSecret(cbl []byte, sessionKey Key) ([]byte, error) {
	r := denc.NewReader(cbl)
	plain, err := sessionKey.openBlob(r, UsageConnectionSecret, "connection_secret")
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	if err := r.Done(); err != nil {
		return nil, err
	}
	pr := denc.NewReader(plain)
	secret := append([]byte(nil), pr.Blob("connection_secret")...)
	return secret, pr.Done()
}
