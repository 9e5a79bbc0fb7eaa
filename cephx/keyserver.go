package cephx

import (
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// The lifetimes of tickets that monitors give by default.
const (
	DefaultAuthTicketTTL    = 72 * time.Hour // auth_mon_ticket_ttl
	DefaultServiceTicketTTL = time.Hour      // auth_service_ticket_ttl
)

// KeyServer is the authentication of a monitor quorum, shared by all its monitors: the secrets that seal tickets, and
// the rules (KeyServer in src/auth/cephx/CephxKeyServer.h). Secrets rotate by themselves as its clock goes on. It
// serves embedded monitors. It is safe for concurrent use.
type KeyServer struct {
	lookup func(denc.EntityName) (Entry, bool)
	now    func() time.Time
	rand   io.Reader

	mu      sync.Mutex
	policy  ServerPolicy
	faults  ServerFaults
	secrets map[denc.EntityType]*rotatingSecrets
	pending map[denc.EntityName]Key
}

// KeyServerConfig says what a KeyServer works with.
type KeyServerConfig struct {
	// Lookup returns an entity's key and capabilities. Without it no entity is known. It is called from any goroutine.
	Lookup func(denc.EntityName) (Entry, bool)
	// Policy is the policy to begin with.
	Policy ServerPolicy
	// Rand is the source of randomness; nil is crypto/rand. It is read by one goroutine at a time.
	Rand io.Reader
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// ServerPolicy is what a cluster's options and its monmap say about authentication. The zero value of each field is the default.
type ServerPolicy struct {
	// Methods are the methods allowed, in order (auth_service_required, auth_client_required). Nil is cephx.
	Methods []Method
	// Modes are the connection modes allowed, in order (ms_mon_service_mode). Nil is secure, then crc. A client gets the
	// first of its own list that is among them.
	Modes []Mode
	// KeyTypes are the types of entity keys allowed (auth_allowed_ciphers). Nil is all.
	KeyTypes []KeyType
	// ServiceKeyType is the type of the rotating secrets that are made from now on (auth_service_cipher), 0 is
	// AES256KRB5. A session key is of the lower of this type and that of the entity's key.
	ServiceKeyType KeyType
	// AuthTTL and ServiceTTL are the lifetimes of tickets; 0 is DefaultAuthTicketTTL and DefaultServiceTicketTTL. Secrets
	// live as long as those, too, from now on.
	AuthTTL    time.Duration
	ServiceTTL time.Duration
	// RefuseInsecureReclaim refuses old clients that claim a global_id without a good ticket, as all others are
	// (auth_allow_insecure_global_id_reclaim = false).
	RefuseInsecureReclaim bool
}

// ServerFaults is what a test can make a KeyServer do wrong.
type ServerFaults struct {
	// RejectReclaim refuses whoever claims a global_id on a new connection, with whatever ticket, with EACCES.
	RejectReclaim bool
	// Refuse refuses the entities it returns true for as if they were unknown. It is called from any goroutine.
	Refuse func(denc.EntityName) bool
	// CorruptReply damages what proves to the client that the monitor, too, knows its key: the sealed session key in
	// AUTH_DONE and in the reply to a renewal of the AUTH ticket.
	CorruptReply bool
}

// NewKeyServer returns a KeyServer with fresh secrets.
func NewKeyServer(cfg KeyServerConfig) (*KeyServer, error) {
	s := &KeyServer{lookup: cfg.Lookup, now: cfg.Now, secrets: map[denc.EntityType]*rotatingSecrets{}, pending: map[denc.EntityName]Key{}}
	if s.now == nil {
		s.now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = cryptorand.Reader
	}
	s.rand = &lockedReader{r: cfg.Rand}
	if err := s.SetPolicy(cfg.Policy); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.rotate()
}

// lockedReader lets many read from r.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// Policy returns the present policy, its defaults filled in.
func (s *KeyServer) Policy() ServerPolicy {
	p := s.rules()
	p.Methods, p.Modes, p.KeyTypes = slices.Clone(p.Methods), slices.Clone(p.Modes), slices.Clone(p.KeyTypes)
	return p
}

// rules returns the present policy, whose lists are never written to.
func (s *KeyServer) rules() ServerPolicy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.policy
}

// SetPolicy changes the policy. Sessions and tickets that exist keep what they have.
func (s *KeyServer) SetPolicy(p ServerPolicy) error {
	if p.Methods == nil {
		p.Methods = []Method{MethodCephx}
	}
	if p.Modes == nil {
		p.Modes = []Mode{ModeSecure, ModeCRC}
	}
	if p.KeyTypes == nil {
		p.KeyTypes = []KeyType{AES, AES256KRB5}
	}
	if p.ServiceKeyType == keyTypeNone {
		p.ServiceKeyType = AES256KRB5
	}
	if p.AuthTTL == 0 {
		p.AuthTTL = DefaultAuthTicketTTL
	}
	if p.ServiceTTL == 0 {
		p.ServiceTTL = DefaultServiceTicketTTL
	}
	for _, m := range p.Methods {
		if m != MethodCephx && m != MethodNone {
			return fmt.Errorf("cephx: %w: unknown %v", ErrNoMethod, m)
		}
	}
	if err := checkModes(p.Modes); err != nil {
		return err
	}
	for _, t := range append(slices.Clone(p.KeyTypes), p.ServiceKeyType) {
		if t.secretLen() == 0 {
			return fmt.Errorf("cephx: %w %v", ErrKeyType, t)
		}
	}
	if len(p.Methods) == 0 {
		return fmt.Errorf("cephx: %w: empty list of methods", ErrNoMethod)
	}
	if p.AuthTTL < 0 || p.ServiceTTL < 0 {
		return errors.New("cephx: ticket lifetime is negative")
	}
	p.Methods, p.Modes, p.KeyTypes = slices.Clone(p.Methods), slices.Clone(p.Modes), slices.Clone(p.KeyTypes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy = p
	return nil
}

// Faults returns the present faults.
func (s *KeyServer) Faults() ServerFaults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// SetFaults changes the faults; the zero ServerFaults ends them.
func (s *KeyServer) SetFaults(f ServerFaults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// entity returns what is known about an entity.
func (s *KeyServer) entity(name denc.EntityName) (Entry, bool) {
	if refuse := s.Faults().Refuse; s.lookup == nil || refuse != nil && refuse(name) {
		return Entry{}, false
	}
	e, ok := s.lookup(name)
	return e, ok && !e.Key.IsZero()
}

// SetPendingKey sets the key that is to replace an entity's, no key for none: both are good until then (EntityAuth::pending_key
// in src/auth/Auth.h, which monitors have from Reef on). That its first use makes it the entity's key is up to the caller.
func (s *KeyServer) SetPendingKey(name denc.EntityName, key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key.IsZero() {
		delete(s.pending, name)
		return
	}
	s.pending[name] = key
}

// pendingKey returns what SetPendingKey has set.
func (s *KeyServer) pendingKey(name denc.EntityName) Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending[name]
}

// modes returns the modes that p allows with a method: none has no key to be secure with.
func (p *ServerPolicy) modes(m Method) []uint32 {
	if m == MethodNone {
		return []uint32{uint32(ModeCRC)}
	}
	return numbers(p.Modes)
}

// pick returns the first mode of the client's list that p allows with a method.
func (p *ServerPolicy) pick(m Method, offered []uint32) (Mode, bool) {
	allowed := p.modes(m)
	for _, mode := range offered {
		if slices.Contains(allowed, mode) {
			return Mode(mode), true
		}
	}
	return 0, false
}

func numbers[T ~uint32](in []T) []uint32 {
	out := make([]uint32, len(in))
	for i, v := range in {
		out[i] = uint32(v)
	}
	return out
}
