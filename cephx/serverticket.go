package cephx

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// ticketInfo is what a ticket says to the service that can read it (CephXServiceTicketInfo in
// src/auth/cephx/CephxProtocol.h, with AuthTicket and AuthCapsInfo of src/auth/Auth.h).
type ticketInfo struct {
	name       denc.EntityName
	globalID   uint64
	created    denc.UTime
	expires    denc.UTime
	allowAll   bool
	caps       []byte // a string as it is encoded, or nothing
	flags      uint32
	sessionKey Key
}

// oldAUID stands where tickets once had a user's number (CEPH_AUTH_UID_DEFAULT).
const oldAUID = ^uint64(0)

func (t *ticketInfo) appendTo(b []byte) []byte {
	b = denc.AppendUint8(b, 1)
	b = denc.AppendUint8(b, 2) // AuthTicket
	b = t.name.AppendTo(b)
	b = denc.AppendUint64(b, t.globalID)
	b = denc.AppendUint64(b, oldAUID)
	b = denc.AppendUTime(b, t.created)
	b = denc.AppendUTime(b, t.expires)
	b = denc.AppendUint8(b, 1) // AuthCapsInfo
	b = denc.AppendBool(b, t.allowAll)
	b = denc.AppendBlob(b, t.caps)
	b = denc.AppendUint32(b, t.flags)
	return t.sessionKey.AppendTo(b)
}

func (t *ticketInfo) decodeFrom(r *denc.Reader) {
	r.Uint8("CephXServiceTicketInfo.struct_v")
	v := r.Uint8("AuthTicket.struct_v")
	t.name.DecodeFrom(r)
	t.globalID = r.Uint64("AuthTicket.global_id")
	if v >= 2 {
		r.Uint64("AuthTicket.old_auid")
	}
	t.created = r.UTime("AuthTicket.created")
	t.expires = r.UTime("AuthTicket.expires")
	r.Uint8("AuthCapsInfo.struct_v")
	t.allowAll = r.Bool("AuthCapsInfo.allow_all")
	t.caps = append([]byte(nil), r.Blob("AuthCapsInfo.caps")...)
	t.flags = r.Uint32("AuthTicket.flags")
	t.sessionKey.DecodeFrom(r)
}

// capsText returns the capabilities that a ticket carries.
func (t *ticketInfo) capsText() string {
	if len(t.caps) == 0 {
		return ""
	}
	return denc.NewReader(t.caps).String("AuthCapsInfo.caps")
}

// ticketBlob is a CephXTicketBlob as a client presents it.
type ticketBlob struct {
	secretID uint64
	opaque   []byte // aliases what it was read from
}

func (b *ticketBlob) decodeFrom(r *denc.Reader) {
	r.Uint8("CephXTicketBlob.struct_v")
	b.secretID = r.Uint64("CephXTicketBlob.secret_id")
	b.opaque = r.Blob("CephXTicketBlob.blob")
}

// openTicket reads a ticket for a service that this KeyServer sealed.
func (s *KeyServer) openTicket(service denc.EntityType, blob ticketBlob) (ticketInfo, error) {
	secret, err := s.serviceSecret(service, blob.secretID)
	if err != nil {
		return ticketInfo{}, err
	}
	plain, err := secret.Open(UsageTicketInfo, blob.opaque)
	if err != nil {
		return ticketInfo{}, err
	}
	defer clear(plain)
	var info ticketInfo
	r := denc.NewReader(plain)
	info.decodeFrom(r)
	return info, r.Err()
}

// granted is a ticket on its way to a client (CephXSessionAuthInfo in src/auth/cephx/CephxProtocol.h).
type granted struct {
	service denc.EntityType
	sealing sealing
	info    ticketInfo
}

// grant makes a ticket for service with a session key of the lower of keyType and the type of the service's secret. It
// says of its holder what parent says, but for times and session key. ok is false for what is no service.
func (s *KeyServer) grant(service denc.EntityType, keyType KeyType, parent ticketInfo) (g granted, ok bool, err error) {
	now := s.now()
	seal, ok, err := s.sealing(service, now)
	if err != nil || !ok {
		return granted{}, false, err
	}
	g = granted{service, seal, parent}
	g.info.created = denc.FromTime(now)
	g.info.expires = denc.FromTime(now.Add(seal.validity))
	g.info.sessionKey, err = GenerateKey(min(keyType, seal.secret.Type()), now, s.rand)
	return g, true, err
}

// grantServices makes tickets for the services in the mask, AUTH excepted, which comes in other ways. missing reports
// that the mask has bits that are no services; monitors pass over them.
func (s *KeyServer) grantServices(mask uint32, entity Entry, parent ticketInfo) (tickets []granted, missing bool, err error) {
	mask &^= uint32(denc.EntityAuth)
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if mask&bit == 0 {
			continue
		}
		service := denc.EntityType(bit)
		from := parent
		from.caps = nil
		if text, ok := entity.Caps[service.String()]; ok {
			from.caps = denc.AppendString(nil, text)
		}
		g, ok, err := s.grant(service, entity.Key.Type(), from)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			missing = true
			continue
		}
		tickets = append(tickets, g)
	}
	return tickets, missing, nil
}

// appendTickets appends a ticket_reply (cephx_build_service_ticket_reply in src/auth/cephx/CephxProtocol.cc): the session
// keys sealed with sealer, and the tickets, already opaque, with old if there is one.
func (s *KeyServer) appendTickets(b []byte, sealer, old Key, tickets ...granted) ([]byte, error) {
	b = denc.AppendUint8(b, 1)
	b = denc.AppendUint32(b, uint32(len(tickets)))
	for _, g := range tickets {
		b = denc.AppendUint32(b, uint32(g.service))
		b = denc.AppendUint8(b, 1)
		msg := g.info.sessionKey.AppendTo([]byte{1})
		msg = denc.AppendUTime(msg, denc.FromDuration(g.sealing.validity))
		var err error
		if b, err = sealer.appendSealed(b, UsageTicketSessionKey, msg, s.rand); err != nil {
			return nil, err
		}
		clear(msg)
		blob, err := s.appendTicketBlob(nil, g)
		if err != nil {
			return nil, err
		}
		b = denc.AppendBool(b, !old.IsZero())
		if old.IsZero() {
			b = denc.AppendBlob(b, blob)
		} else if b, err = old.appendSealed(b, UsageTicketBlob, denc.AppendBlob(nil, blob), s.rand); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendTicketBlob appends the CephXTicketBlob of a ticket.
func (s *KeyServer) appendTicketBlob(b []byte, g granted) ([]byte, error) {
	plain := g.info.appendTo(nil)
	defer clear(plain)
	b = denc.AppendUint8(b, 1)
	b = denc.AppendUint64(b, g.sealing.secretID)
	return g.sealing.secret.appendSealed(b, UsageTicketInfo, plain, s.rand)
}

// openedAuthorizer is an authorizer that was found good.
type openedAuthorizer struct {
	service denc.EntityType
	info    ticketInfo
	version uint8 // of CephXAuthorize
	authorization
}

// openAuthorizer reads and checks an authorizer (cephx_verify_authorizer in src/auth/cephx/CephxProtocol.cc), all but the
// answer to a challenge. What follows it is left in r.
func (s *KeyServer) openAuthorizer(r *denc.Reader) (a openedAuthorizer, err error) {
	r.Uint8("authorizer.struct_v")
	globalID := r.Uint64("authorizer.global_id")
	a.service = denc.EntityType(r.Uint32("authorizer.service_id"))
	var blob ticketBlob
	blob.decodeFrom(r)
	if err := r.Err(); err != nil {
		return a, err
	}
	if a.info, err = s.openTicket(a.service, blob); err != nil {
		return a, err
	}
	if a.info.globalID != globalID {
		return a, fmt.Errorf("%w: authorizer of global_id %d with a ticket of %d", ErrRejected, globalID, a.info.globalID)
	}
	plain, err := a.info.sessionKey.openBlob(r, UsageAuthorize, "CephXAuthorize")
	if err != nil {
		return a, err
	}
	pr := denc.NewReader(plain)
	a.version = pr.Uint8("CephXAuthorize.struct_v")
	a.nonce = pr.Uint64("CephXAuthorize.nonce")
	if a.version >= 2 {
		a.haveChallenge = pr.Bool("CephXAuthorize.have_challenge")
		a.challenge = pr.Uint64("CephXAuthorize.server_challenge_plus_one")
	}
	return a, pr.Err()
}
