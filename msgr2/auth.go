package msgr2

import "github.com/libmonclient/libmonclient/denc"

// Authentication methods (CEPH_AUTH_* in src/include/ceph_fs.h).
const (
	MethodUnknown uint32 = 0
	MethodNone    uint32 = 1
	MethodCephx   uint32 = 2
	MethodGSS     uint32 = 4
)

// Connection modes (CEPH_CON_MODE_* in src/include/ceph_fs.h).
const (
	ModeUnknown uint32 = 0
	ModeCRC     uint32 = 1
	ModeSecure  uint32 = 2
)

// ModeName returns the name of a connection mode as the options spell it.
func ModeName(mode uint32) string {
	switch mode {
	case ModeCRC:
		return "crc"
	case ModeSecure:
		return "secure"
	}
	return "unknown"
}

// Authenticator is the calling side of an authentication: bytes in, bytes out, one per connection. Its methods are
// called from one goroutine, in the order of the handshake. Payloads that they are given are valid until they return.
type Authenticator interface {
	// Begin returns the content of the first AUTH_REQUEST: the method, the connection modes in order of preference,
	// and the method's payload.
	Begin() (method uint32, modes []uint32, payload []byte, err error)
	// BadMethod answers AUTH_BAD_METHOD with the content of another AUTH_REQUEST, or ends the handshake with an error
	// that says why there is none.
	BadMethod(method uint32, result int32, allowedMethods, allowedModes []uint32) (next uint32, modes []uint32, payload []byte, err error)
	// More answers AUTH_REPLY_MORE with the payload of AUTH_REQUEST_MORE.
	More(payload []byte) ([]byte, error)
	// Done takes AUTH_DONE. The session key proves the handshake (AUTH_SIGNATURE) and is empty where the method has
	// none; the connection secret keys the secure mode.
	Done(globalID uint64, mode uint32, payload []byte) (sessionKey, connectionSecret []byte, err error)
}

// AuthReply is what the accepting side answers to AUTH_REQUEST or AUTH_REQUEST_MORE. Exactly one of its parts is set.
type AuthReply struct {
	Refused *AuthRefusal // AUTH_BAD_METHOD
	More    []byte       // AUTH_REPLY_MORE
	Done    *AuthGrant   // AUTH_DONE
}

// AuthRefusal is the content of AUTH_BAD_METHOD.
type AuthRefusal struct {
	Result         int32 // a negative errno
	AllowedMethods []uint32
	AllowedModes   []uint32
}

// AuthGrant is the content of AUTH_DONE, and the keys that follow from it.
type AuthGrant struct {
	GlobalID         uint64
	Mode             uint32
	Payload          []byte
	SessionKey       []byte
	ConnectionSecret []byte
}

// ServerAuthenticator is the accepting side of an authentication, one per connection. An error ends the connection
// without an answer, as a monitor does that has no quorum. Payloads are valid until the methods return.
type ServerAuthenticator interface {
	Request(method uint32, modes []uint32, payload []byte) (AuthReply, error)
	More(payload []byte) (AuthReply, error)
}

// authRequest is the payload of AUTH_REQUEST.
type authRequest struct {
	method  uint32
	modes   []uint32
	payload []byte
}

func (a authRequest) append(b []byte) []byte {
	b = denc.AppendUint32(b, a.method)
	b = appendUint32s(b, a.modes)
	return denc.AppendBlob(b, a.payload)
}

func parseAuthRequest(p []byte) (a authRequest, err error) {
	r := denc.NewReader(p)
	a.method = r.Uint32("auth_request.method")
	a.modes = readUint32s(r, "auth_request.preferred_modes")
	a.payload = r.Blob("auth_request.payload")
	return a, r.Done()
}

// badMethod is the payload of AUTH_BAD_METHOD.
type badMethod struct {
	method  uint32
	result  int32
	methods []uint32
	modes   []uint32
}

func (m badMethod) append(b []byte) []byte {
	b = denc.AppendUint32(b, m.method)
	b = denc.AppendInt32(b, m.result)
	b = appendUint32s(b, m.methods)
	return appendUint32s(b, m.modes)
}

func parseBadMethod(p []byte) (m badMethod, err error) {
	r := denc.NewReader(p)
	m.method = r.Uint32("auth_bad_method.method")
	m.result = r.Int32("auth_bad_method.result")
	m.methods = readUint32s(r, "auth_bad_method.allowed_methods")
	m.modes = readUint32s(r, "auth_bad_method.allowed_modes")
	return m, r.Done()
}

// authDone is the payload of AUTH_DONE.
type authDone struct {
	globalID uint64
	mode     uint32
	payload  []byte
}

func (d authDone) append(b []byte) []byte {
	b = denc.AppendUint64(b, d.globalID)
	b = denc.AppendUint32(b, d.mode)
	return denc.AppendBlob(b, d.payload)
}

func parseAuthDone(p []byte) (d authDone, err error) {
	r := denc.NewReader(p)
	d.globalID = r.Uint64("auth_done.global_id")
	d.mode = r.Uint32("auth_done.con_mode")
	d.payload = r.Blob("auth_done.payload")
	return d, r.Done()
}

func appendUint32s(b []byte, v []uint32) []byte {
	b = denc.AppendUint32(b, uint32(len(v)))
	for _, x := range v {
		b = denc.AppendUint32(b, x)
	}
	return b
}

func readUint32s(r *denc.Reader, field string) []uint32 {
	v := make([]uint32, r.Count(4, field))
	for i := range v {
		v[i] = r.Uint32(field)
	}
	return v
}
