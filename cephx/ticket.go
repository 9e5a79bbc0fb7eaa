package cephx

import (
	"fmt"
	"io"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// Ticket proves to a service that a monitor knows its holder (CephXTicketHandler in src/auth/cephx/CephxProtocol.h): an
// opaque blob that only the service can read, and the session key that is also inside. It is immutable.
type Ticket struct {
	// Service is what the ticket is for: one bit, such as denc.EntityMgr. denc.EntityAuth is the ticket that other
	// tickets are asked for with.
	Service denc.EntityType
	// SecretID names the service's secret that seals the blob.
	SecretID uint64
	// Expires and RenewAfter are points of this machine's clock; the zero time is never.
	Expires    time.Time
	RenewAfter time.Time

	sessionKey Key
	blob       hidden[[]byte]
}

// opaque returns the part of t that only the service can read.
func (t Ticket) opaque() []byte {
	if p := t.blob.get(); p != nil {
		return *p
	}
	return nil
}

// usable reports whether t can be presented at now: it is there and has not expired.
func (t Ticket) usable(now time.Time) bool {
	return !t.sessionKey.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// due reports whether t should be renewed at now.
func (t Ticket) due(now time.Time) bool {
	return t.sessionKey.IsZero() || !t.RenewAfter.IsZero() && !now.Before(t.RenewAfter)
}

// setValidity computes the times of a ticket that came at now. It is to be renewed when a quarter of the whole seconds of
// its life is left.
func (t *Ticket) setValidity(now time.Time, validity denc.UTime) {
	if validity.IsZero() {
		return
	}
	t.Expires = now.Add(validity.Duration())
	t.RenewAfter = t.Expires.Add(-time.Duration(validity.Sec) * time.Second / 4)
}

// appendBlob appends the CephXTicketBlob of t; the one of the zero Ticket stands for no ticket.
func (t Ticket) appendBlob(b []byte) []byte {
	b = denc.AppendUint8(b, 1)
	b = denc.AppendUint64(b, t.SecretID)
	return denc.AppendBlob(b, t.opaque())
}

// decodeBlob reads a CephXTicketBlob.
func (t *Ticket) decodeBlob(bl []byte) error {
	r := denc.NewReader(bl)
	v := r.Uint8("CephXTicketBlob.struct_v")
	t.SecretID = r.Uint64("CephXTicketBlob.secret_id")
	t.blob = hide(append([]byte(nil), r.Blob("CephXTicketBlob.blob")...))
	return end(r, v, 1)
}

// end checks that all was read of a structure that ends with its container. Ceph's authentication structures start
// with a bare version: a version above the known one may have appended fields, others may not.
func end(r *denc.Reader, version, known uint8) error {
	if version > known {
		return r.Err()
	}
	return r.Done()
}

// decodeTickets reads a ticket_reply (CephXTicketManager::verify_service_ticket_reply in
// src/auth/cephx/CephxProtocol.cc). sealer is the key that the session keys come sealed with, old the AUTH session key
// of the ticket that was presented, if any. Tickets outside of want are checked and dropped.
func decodeTickets(r *denc.Reader, sealer, old Key, want denc.EntityType, now time.Time) ([]Ticket, error) {
	r.Uint8("ticket_reply.struct_v")
	const minLen = 4 + 1 + 4 + 1 + 4
	var tickets []Ticket
	for range r.Count(minLen, "ticket_reply.tickets") {
		t := Ticket{Service: denc.EntityType(r.Uint32("ticket_reply.service_id"))}
		r.Uint8("ticket_reply.service_ticket_v")
		if err := t.decode(r, sealer, old, now); err != nil {
			return nil, fmt.Errorf("cephx: %v ticket: %w", t.Service, err)
		}
		if t.Service&want != 0 && t.Service&(t.Service-1) == 0 {
			tickets = append(tickets, t)
		}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("cephx: %w", err)
	}
	return tickets, nil
}

// decode reads the rest of one ticket of a ticket_reply.
func (t *Ticket) decode(r *denc.Reader, sealer, old Key, now time.Time) error {
	plain, err := sealer.openBlob(r, UsageTicketSessionKey, "CephXServiceTicket")
	if err != nil {
		return err
	}
	defer clear(plain)
	pr := denc.NewReader(plain)
	v := pr.Uint8("CephXServiceTicket.struct_v")
	t.sessionKey.DecodeFrom(pr)
	t.setValidity(now, pr.UTime("CephXServiceTicket.validity"))
	if err := end(pr, v, 1); err != nil {
		return err
	}
	if !r.Bool("ticket_reply.ticket_is_encrypted") {
		bl := r.Blob("ticket_reply.service_ticket")
		if err := r.Err(); err != nil {
			return err
		}
		return t.decodeBlob(bl)
	}
	if old.IsZero() {
		return fmt.Errorf("%w: sealed with an old session key, but no old ticket was presented", ErrProtocol)
	}
	inner, err := old.openBlob(r, UsageTicketBlob, "service_ticket")
	if err != nil {
		return err
	}
	ir := denc.NewReader(inner)
	bl := ir.Blob("ticket_reply.service_ticket")
	if err := ir.Done(); err != nil {
		return err
	}
	return t.decodeBlob(bl)
}

// authorization is what an authorizer says inside its envelope (CephXAuthorize in src/auth/cephx/CephxProtocol.h).
type authorization struct {
	nonce         uint64
	haveChallenge bool
	challenge     uint64 // the service's challenge plus one
}

// appendAuthorizer appends the authorizer that presents t: which client, which ticket, and under the ticket's session
// key the authorization.
func (t Ticket) appendAuthorizer(b []byte, globalID uint64, a authorization, rand io.Reader) ([]byte, error) {
	if t.sessionKey.IsZero() {
		return nil, fmt.Errorf("cephx: authorizer: %w", ErrNoTicket)
	}
	b = denc.AppendUint8(b, 1)
	b = denc.AppendUint64(b, globalID)
	b = denc.AppendUint32(b, uint32(t.Service))
	b = t.appendBlob(b)
	msg := denc.AppendUint8(nil, 2)
	msg = denc.AppendUint64(msg, a.nonce)
	msg = denc.AppendBool(msg, a.haveChallenge)
	msg = denc.AppendUint64(msg, a.challenge)
	return t.sessionKey.appendSealed(b, UsageAuthorize, msg, rand)
}
