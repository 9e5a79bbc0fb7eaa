package cephx

import (
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// authModeAuthorizer is the first byte of an authorizer (AUTH_MODE_AUTHORIZER in src/auth/Auth.h).
const authModeAuthorizer = 1

// NoneServiceHandshake introduces one connection to a service of a cluster without authentication: it says who we are, and
// proves nothing (AuthNoneAuthorizer in src/auth/none/AuthNoneProtocol.h). It is driven by the messenger just as
// ServiceHandshake is. It is not safe for concurrent use.
type NoneServiceHandshake struct {
	name     denc.EntityName
	globalID uint64
	phase    phase
}

// NewNoneServiceHandshake returns the handshake of an entity to which the monitors have given a global_id.
func NewNoneServiceHandshake(name denc.EntityName, globalID uint64) *NoneServiceHandshake {
	return &NoneServiceHandshake{name: name, globalID: globalID}
}

// Begin returns the method, modes and payload of the AUTH_REQUEST.
func (h *NoneServiceHandshake) Begin() (method uint32, modes []uint32, payload []byte, err error) {
	if h.phase != phaseNew {
		return 0, nil, nil, h.fail("Begin")
	}
	h.phase = phaseRequested
	payload = denc.AppendUint8(nil, authModeAuthorizer)
	payload = h.name.AppendTo(payload)
	return uint32(MethodNone), []uint32{uint32(ModeCRC)}, denc.AppendUint64(payload, h.globalID), nil
}

// BadMethod handles AUTH_BAD_METHOD, which is final.
func (h *NoneServiceHandshake) BadMethod(method uint32, result int32, allowedMethods, allowedModes []uint32) (nextMethod uint32, modes []uint32, payload []byte, err error) {
	if h.phase != phaseRequested {
		return 0, nil, nil, h.fail("AUTH_BAD_METHOD")
	}
	h.phase = phaseFailed
	return 0, nil, nil, &AuthError{
		Method: Method(method), Result: result,
		AllowedMethods: convert[Method](allowedMethods), AllowedModes: convert[Mode](allowedModes),
	}
}

// More refuses AUTH_REPLY_MORE: there is nothing to ask.
func (h *NoneServiceHandshake) More([]byte) ([]byte, error) { return nil, h.fail("AUTH_REPLY_MORE") }

// Done handles AUTH_DONE; there are no keys.
func (h *NoneServiceHandshake) Done(_ uint64, mode uint32, _ []byte) (sessionKey, connectionSecret []byte, err error) {
	switch {
	case h.phase != phaseRequested:
		return nil, nil, h.fail("AUTH_DONE")
	case Mode(mode) != ModeCRC:
		h.phase = phaseFailed
		return nil, nil, fmt.Errorf("cephx: %w: AUTH_DONE chooses %v", ErrModeNotOffered, Mode(mode))
	}
	h.phase = phaseDone
	return nil, nil, nil
}

func (h *NoneServiceHandshake) fail(event string) error {
	phase := h.phase
	h.phase = phaseFailed
	return fmt.Errorf("cephx: %w: %s in phase %v", ErrOutOfOrder, event, phase)
}

// introduce handles the AUTH_REQUEST of a NoneServiceHandshake, where the cluster is without authentication.
func (h *ServiceServerHandshake) introduce(modes []uint32, payload []byte) Outcome {
	mode, ok := h.policy.pick(MethodNone, modes)
	if !ok {
		return h.refuse(refusal(denc.EOPNOTSUPP))
	}
	r := denc.NewReader(payload)
	v := r.Uint8("AuthNoneAuthorizer.struct_v")
	h.info = ticketInfo{allowAll: true, caps: denc.AppendString(nil, "allow *")}
	h.info.name.DecodeFrom(r)
	h.info.globalID = r.Uint64("AuthNoneAuthorizer.global_id")
	if r.Err() != nil || v == 0 || v > maxAuthModeAuthorizer {
		return h.refuse(refusal(denc.EACCES))
	}
	h.mode, h.phase = mode, phaseDone
	return Outcome{Done: &Grant{GlobalID: h.info.globalID, Mode: uint32(mode)}}
}

// withoutProof reports whether the cluster lets everybody in.
func (p ServerPolicy) withoutProof() bool { return slices.Contains(p.Methods, MethodNone) }
