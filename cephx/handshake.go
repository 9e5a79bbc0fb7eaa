package cephx

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// DefaultWant is what a client session asks tickets for: as librados does.
const DefaultWant = denc.EntityMon | denc.EntityOSD | denc.EntityMgr | denc.EntityAuth

// Config says who authenticates and how. The zero values of all fields but Name are usable.
type Config struct {
	// Name is the entity, such as client.admin.
	Name denc.EntityName
	// Key is the entity's key. Without one, only the method none is left.
	Key Key
	// Methods is what auth_client_required was set to, in its order. It is the only thing that can allow
	// falling back to none, an unauthenticated connection, with a key at hand: leave it nil when the option was not set.
	// Nil is cephx if there is a key, and none if there is not. Without a key, cephx is taken off the list.
	Methods []Method
	// Modes are the connection modes in order of preference. Nil is secure, then crc: the default toward monitors.
	Modes []Mode
	// Want is the mask of services to get tickets for; 0 is DefaultWant. The AUTH ticket always comes.
	Want denc.EntityType
	// Previous is the state of the last session, whose global_id and tickets are to be kept.
	Previous AuthState
	// Rand is the source of randomness; nil is crypto/rand.
	Rand io.Reader
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// phase is how far a handshake has got.
type phase uint8

const (
	phaseNew       phase = iota // nothing sent
	phaseRequested              // AUTH_REQUEST sent
	phaseProved                 // AUTH_REQUEST_MORE sent
	phaseDone
	phaseFailed
)

// String returns the name of p.
func (p phase) String() string {
	return [...]string{"new", "requested", "proved", "done", "failed"}[p]
}

// authModeMon opens the payload of an AUTH_REQUEST to a monitor (AUTH_MODE_MON in src/auth/Auth.h).
const authModeMon = 10

// minConnectionSecret is what mode secure takes from the connection secret: a key and two nonces
// (src/msg/async/crypto_onwire.cc).
const minConnectionSecret = 16 + 12 + 12

// Handshake authenticates one connection to a monitor. It is a state machine without I/O: the messenger calls Begin,
// then one of BadMethod, More and Done for each frame that comes. After an error it is of no more use. It is not safe
// for concurrent use.
type Handshake struct {
	cfg     Config
	methods []Method // to offer, in order; the first is the one under way
	phase   phase

	claimed         uint64 // global_id of the request under way
	serverChallenge uint64
	session         *Session
}

// NewHandshake returns a Handshake for one connection attempt. The error wraps ErrNoKey if all methods need a key and
// there is none, ErrNoMethod if the lists of methods and modes leave nothing to offer.
func NewHandshake(cfg Config) (*Handshake, error) {
	if cfg.Name.IsZero() {
		return nil, fmt.Errorf("cephx: no entity name")
	}
	if cfg.Modes == nil {
		cfg.Modes = []Mode{ModeSecure, ModeCRC}
	}
	if err := checkModes(cfg.Modes); err != nil {
		return nil, err
	}
	if cfg.Want == 0 {
		cfg.Want = DefaultWant
	}
	cfg.Want |= denc.EntityAuth // without any, a monitor sends no connection secret
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	methods, err := usableMethods(cfg)
	if err != nil {
		return nil, err
	}
	cfg.Modes = slices.Clone(cfg.Modes)
	return &Handshake{cfg: cfg, methods: methods}, nil
}

func checkModes(modes []Mode) error {
	for _, m := range modes {
		if m != ModeCRC && m != ModeSecure {
			return fmt.Errorf("cephx: unknown connection %v", m)
		}
	}
	if len(modes) == 0 {
		return fmt.Errorf("cephx: %w: empty list of connection modes", ErrNoMethod)
	}
	return nil
}

// usableMethods returns the methods that cfg allows and has the means for.
func usableMethods(cfg Config) ([]Method, error) {
	noKey := cfg.Key.IsZero()
	methods := cfg.Methods
	if methods == nil {
		methods = []Method{MethodCephx}
		if noKey {
			methods = []Method{MethodNone}
		}
	}
	usable := make([]Method, 0, len(methods))
	for _, m := range methods {
		switch {
		case m != MethodCephx && m != MethodNone:
			return nil, fmt.Errorf("cephx: %w: unknown %v", ErrNoMethod, m)
		case m == MethodCephx && noKey, m == MethodNone && !slices.Contains(cfg.Modes, ModeCRC), slices.Contains(usable, m):
		default:
			usable = append(usable, m)
		}
	}
	switch {
	case len(usable) > 0:
		return usable, nil
	case noKey && slices.Contains(methods, MethodCephx):
		return nil, fmt.Errorf("cephx: %w for %v, and the methods allowed (%s) need one", ErrNoKey, cfg.Name, join(methods))
	case len(methods) == 0:
		return nil, fmt.Errorf("cephx: %w: empty list of methods", ErrNoMethod)
	}
	return nil, fmt.Errorf("cephx: %w: method none cannot do without mode crc", ErrNoMethod)
}

func (h *Handshake) method() Method {
	if len(h.methods) == 0 {
		return 0
	}
	return h.methods[0]
}

// modes returns the modes to offer with the method under way: none has no key to be secure with.
func (h *Handshake) modes() []uint32 {
	if h.method() == MethodNone {
		return []uint32{uint32(ModeCRC)}
	}
	modes := make([]uint32, len(h.cfg.Modes))
	for i, m := range h.cfg.Modes {
		modes[i] = uint32(m)
	}
	return modes
}

// Begin returns the method, modes and payload of the first AUTH_REQUEST.
func (h *Handshake) Begin() (method uint32, modes []uint32, payload []byte, err error) {
	if err := h.expect("Begin", phaseNew); err != nil {
		return 0, nil, nil, err
	}
	method, modes, payload = h.request()
	return method, modes, payload, nil
}

// request makes an AUTH_REQUEST of the method under way.
func (h *Handshake) request() (method uint32, modes []uint32, payload []byte) {
	h.phase = phaseRequested
	h.claimed = h.cfg.Previous.globalID
	if _, ok := h.cfg.Previous.authTicket(); h.method() == MethodCephx && !ok {
		h.claimed = 0 // a claim without its ticket is always refused
	}
	payload = denc.AppendUint8(nil, authModeMon)
	payload = h.cfg.Name.AppendTo(payload)
	payload = denc.AppendUint64(payload, h.claimed)
	return uint32(h.method()), h.modes(), payload
}

// BadMethod handles AUTH_BAD_METHOD: it returns the next AUTH_REQUEST, or the final error. Only a refused first request
// can be followed by another one: its successor in the list of methods that the peer allows.
func (h *Handshake) BadMethod(method uint32, result int32, allowedMethods, allowedModes []uint32) (nextMethod uint32, modes []uint32, payload []byte, err error) {
	was := h.phase
	if err := h.expect("AUTH_BAD_METHOD", phaseRequested, phaseProved); err != nil {
		return 0, nil, nil, err
	}
	if method != uint32(h.method()) {
		return 0, nil, nil, h.fail(fmt.Errorf("cephx: %w: AUTH_BAD_METHOD refuses %v, requested was %v", ErrProtocol, Method(method), h.method()))
	}
	refusal := &AuthError{
		Method: h.method(), Result: result, ReclaimedID: h.claimed,
		AllowedMethods: convert[Method](allowedMethods), AllowedModes: convert[Mode](allowedModes),
	}
	if was == phaseRequested {
		for i, m := range h.methods[1:] {
			if slices.Contains(allowedMethods, uint32(m)) {
				h.methods = h.methods[1+i:]
				nextMethod, modes, payload = h.request()
				return nextMethod, modes, payload, nil
			}
		}
	}
	return 0, nil, nil, h.fail(refusal)
}

// More handles AUTH_REPLY_MORE, the monitor's challenge, and returns the payload of AUTH_REQUEST_MORE.
func (h *Handshake) More(payload []byte) ([]byte, error) {
	if err := h.expect("AUTH_REPLY_MORE", phaseRequested); err != nil {
		return nil, err
	}
	if h.method() != MethodCephx {
		return nil, h.fail(fmt.Errorf("cephx: %w: AUTH_REPLY_MORE with method %v", ErrProtocol, h.method()))
	}
	r := denc.NewReader(payload)
	v := r.Uint8("CephXServerChallenge.struct_v")
	h.serverChallenge = r.Uint64("CephXServerChallenge.server_challenge")
	if err := end(r, v, 1); err != nil {
		return nil, h.fail(fmt.Errorf("cephx: %w", err))
	}
	if h.serverChallenge == 0 {
		return nil, h.fail(fmt.Errorf("cephx: %w: server challenge is 0", ErrProtocol))
	}
	challenge, err := randomUint64(h.cfg.Rand)
	if err != nil {
		return nil, h.fail(err)
	}
	var old Ticket // a ticket that comes with the request for a new id is refused
	if h.claimed != 0 {
		old, _ = h.cfg.Previous.authTicket()
	}
	request, err := appendAuthenticate(nil, h.cfg.Key, h.serverChallenge, challenge, old, h.cfg.Want)
	if err != nil {
		return nil, h.fail(fmt.Errorf("cephx: %w", err))
	}
	h.phase = phaseProved
	return request, nil
}

// Done handles AUTH_DONE and returns the session key, which signs the handshake, and the connection secret, which
// encrypts a connection in mode secure. Both are the caller's, to be wiped by it; nil means that there is none, as with method none
// and in mode crc.
func (h *Handshake) Done(globalID uint64, mode uint32, payload []byte) (sessionKey, connectionSecret []byte, err error) {
	due := phaseProved
	if h.method() == MethodNone {
		due = phaseRequested
	}
	if err := h.expect("AUTH_DONE", due); err != nil {
		return nil, nil, err
	}
	sessionKey, connectionSecret, err = h.done(globalID, mode, payload)
	if err != nil {
		return nil, nil, h.fail(err)
	}
	h.phase = phaseDone
	return sessionKey, connectionSecret, nil
}

func (h *Handshake) done(globalID uint64, mode uint32, payload []byte) (sessionKey, connectionSecret []byte, err error) {
	if globalID == 0 || globalID > math.MaxInt64 { // it is signed in CLIENT_IDENT
		return nil, nil, fmt.Errorf("cephx: %w: AUTH_DONE gives global_id %d", ErrProtocol, globalID)
	}
	if !slices.Contains(h.modes(), mode) {
		return nil, nil, fmt.Errorf("cephx: %w: AUTH_DONE chooses %v", ErrModeNotOffered, Mode(mode))
	}
	h.session = &Session{
		method: h.method(), key: h.cfg.Key, want: h.cfg.Want, rand: h.cfg.Rand, now: h.cfg.Now,
		serverChallenge: h.serverChallenge, state: AuthState{globalID: globalID},
	}
	if h.method() == MethodNone {
		return nil, nil, nil
	}
	var old Key
	if t, ok := h.cfg.Previous.authTicket(); ok && h.claimed != 0 {
		old = t.sessionKey
	}
	reply, err := decodeAuthReply(payload, h.cfg.Key, old, h.cfg.Want, h.cfg.Now())
	if err != nil {
		return nil, nil, err
	}
	if Mode(mode) != ModeSecure {
		clear(reply.connectionSecret)
		reply.connectionSecret = nil
	} else if n := len(reply.connectionSecret); n < minConnectionSecret {
		clear(reply.connectionSecret)
		return nil, nil, fmt.Errorf("cephx: %w: %d bytes, want at least %d", ErrConnectionSecret, n, minConnectionSecret)
	}
	state := AuthState{globalID: globalID}
	if globalID == h.cfg.Previous.globalID {
		state = h.cfg.Previous // service tickets name the id, and stay good with it
	}
	h.session.state = state.with([]Ticket{reply.auth}).with(reply.services)
	secret, err := reply.auth.sessionKey.secret()
	if err != nil {
		return nil, nil, fmt.Errorf("cephx: %w", err)
	}
	return slices.Clone(secret), reply.connectionSecret, nil
}

// Session returns what a completed handshake has led to.
func (h *Handshake) Session() (*Session, error) {
	if h.phase != phaseDone {
		return nil, fmt.Errorf("cephx: %w: no session in phase %v", ErrOutOfOrder, h.phase)
	}
	return h.session, nil
}

// expect fails the handshake unless it is in one of the phases.
func (h *Handshake) expect(event string, phases ...phase) error {
	if slices.Contains(phases, h.phase) {
		return nil
	}
	return h.fail(fmt.Errorf("cephx: %w: %s in phase %v", ErrOutOfOrder, event, h.phase))
}

func (h *Handshake) fail(err error) error {
	h.phase = phaseFailed
	h.session = nil
	return err
}
