package cephx

import (
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// RenewAt returns when RenewRequest will have something to renew, false when that will never be without something else
// happening before: a reply, or DropServices.
func (s *Session) RenewAt() (time.Time, bool) {
	if s.method != MethodCephx || s.pending != 0 {
		return time.Time{}, false
	}
	return s.state.renewAt(s.now(), s.want)
}

// renewAt returns when the first of the tickets for the services of the mask is due. One that is not there is due now,
// except for the mgr's, which is not asked for by itself.
func (s AuthState) renewAt(now time.Time, mask denc.EntityType) (at time.Time, ok bool) {
	if need := s.Need(now, mask); need != 0 && need != denc.EntityMgr {
		return now, true
	}
	for _, t := range s.tickets {
		if t.Service&mask == 0 || t.Service == denc.EntityMgr || t.RenewAfter.IsZero() {
			continue
		}
		if !ok || t.RenewAfter.Before(at) {
			at, ok = t.RenewAfter, true
		}
	}
	return at, ok
}
