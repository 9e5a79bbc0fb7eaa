package cephx

import (
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// AuthState is what a client keeps from one connection to the next: its global_id and its tickets. It is an
// immutable value: copy it into as many connection attempts as you like and keep the one of the attempt that won. The
// zero AuthState is that of a new client. A state belongs to one entity of one cluster.
type AuthState struct {
	globalID uint64
	tickets  []Ticket // one per service; never written to once the state exists
}

// IsZero reports whether s is that of a new client.
func (s AuthState) IsZero() bool { return s.globalID == 0 && len(s.tickets) == 0 }

// GlobalID returns the client's id in the cluster, 0 when it has none yet.
func (s AuthState) GlobalID() uint64 { return s.globalID }

// Ticket returns the ticket for one service.
func (s AuthState) Ticket(service denc.EntityType) (Ticket, bool) {
	for _, t := range s.tickets {
		if t.Service == service {
			return t, true
		}
	}
	return Ticket{}, false
}

// Services returns what s has tickets for, expired ones included, in numerical order.
func (s AuthState) Services() []denc.EntityType {
	services := make([]denc.EntityType, len(s.tickets))
	for i, t := range s.tickets {
		services[i] = t.Service
	}
	slices.Sort(services)
	return services
}

// Have returns the services of the mask for which s has a ticket that has not expired.
func (s AuthState) Have(now time.Time, mask denc.EntityType) denc.EntityType {
	var have denc.EntityType
	for _, t := range s.tickets {
		if t.usable(now) {
			have |= t.Service & mask
		}
	}
	return have
}

// Need returns the services of the mask for which s has no ticket, or one that is due for renewal.
func (s AuthState) Need(now time.Time, mask denc.EntityType) denc.EntityType {
	need := mask
	for _, t := range s.tickets {
		if !t.due(now) {
			need &^= t.Service
		}
	}
	return need
}

// WithoutServices returns s with nothing but its global_id and its AUTH ticket. That is the thing to do when the
// cluster has wiped its services' secrets, which a higher auth_epoch in the monmap tells.
func (s AuthState) WithoutServices() AuthState {
	kept := AuthState{globalID: s.globalID}
	if t, ok := s.Ticket(denc.EntityAuth); ok {
		kept.tickets = []Ticket{t}
	}
	return kept
}

// with returns s with the given tickets in place of those for the same services.
func (s AuthState) with(tickets []Ticket) AuthState {
	merged := slices.Clone(s.tickets)
	for _, t := range tickets {
		i := slices.IndexFunc(merged, func(m Ticket) bool { return m.Service == t.Service })
		if i < 0 {
			merged = append(merged, t)
		} else {
			merged[i] = t
		}
	}
	return AuthState{globalID: s.globalID, tickets: merged}
}

// authTicket returns the AUTH ticket if it can be presented at all. Whether it has expired is for the monitors to say,
// whose clock counts.
func (s AuthState) authTicket() (Ticket, bool) {
	t, ok := s.Ticket(denc.EntityAuth)
	return t, ok && s.globalID != 0 && !t.sessionKey.IsZero() && len(t.opaque()) > 0
}
