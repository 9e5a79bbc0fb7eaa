package cephx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// fakeMon plays the monitor's part of the handshake, written from the protocol and not from the client: it parses what
// the client sends field by field, and seals tickets that it alone can read.
type fakeMon struct {
	t      testing.TB
	clk    *clock
	key    Key // of the client
	secret Key // that tickets are sealed with
	random *countingReader

	globalID         uint64
	challenge        uint64
	mode             Mode
	connectionSecret []byte
	serviceTypes     map[denc.EntityType]KeyType // other than that of the client's key
	authTTL          uint32
	serviceTTL       uint32

	// What the last request said.
	name     denc.EntityName
	claimed  uint64
	modes    []uint32
	wanted   uint32
	oldBlob  []byte
	sessions map[denc.EntityType]Key // session keys of the tickets given out last
}

func newFakeMon(t testing.TB, typ KeyType, clk *clock) *fakeMon {
	t.Helper()
	random := &countingReader{n: 8 * 0x5a5a5a5a5a}
	m := &fakeMon{t: t, clk: clk, random: random, globalID: 4123, challenge: 0x1122334455667788, mode: ModeSecure,
		authTTL: 72 * 3600, serviceTTL: 3600, sessions: map[denc.EntityType]Key{}}
	m.key, m.secret = m.newKey(typ), m.newKey(typ)
	m.connectionSecret = make([]byte, 64)
	_, _ = random.Read(m.connectionSecret)
	return m
}

func (m *fakeMon) newKey(typ KeyType) Key {
	k, err := GenerateKey(typ, m.clk.t, nil)
	require.NoError(m.t, err)
	return k
}

func (m *fakeMon) seal(k Key, u Usage, plain []byte) []byte {
	sealed, err := k.Seal(nil, u, plain, m.random)
	require.NoError(m.t, err)
	return sealed
}

// request parses the payload of an AUTH_REQUEST.
func (m *fakeMon) request(modes []uint32, payload []byte) {
	r := denc.NewReader(payload)
	require.EqualValues(m.t, 10, r.Uint8("auth_mode"))
	m.name.DecodeFrom(r)
	m.claimed = r.Uint64("global_id")
	require.NoError(m.t, r.Done())
	m.modes = modes
}

func (m *fakeMon) serverChallenge() []byte {
	return denc.AppendUint64([]byte{1}, m.challenge)
}

// authenticated parses and checks CephXAuthenticate and returns the key that the old ticket proves, if there is one.
func (m *fakeMon) authenticated(payload []byte) (old Key) {
	r := denc.NewReader(payload)
	require.EqualValues(m.t, 0x0100, r.Uint16("request"))
	require.EqualValues(m.t, 3, r.Uint8("v"))
	challenge := r.Uint64("client_challenge")
	got := r.Uint64("key")
	require.EqualValues(m.t, 1, r.Uint8("blob v"))
	r.Uint64("secret_id")
	m.oldBlob = append([]byte(nil), r.Blob("blob")...)
	m.wanted = r.Uint32("other_keys")
	require.NoError(m.t, r.Done())
	want, err := proof(m.key, m.challenge, challenge) // has vectors of its own
	require.NoError(m.t, err)
	require.Equal(m.t, want, got, "the client knows the key")
	if len(m.oldBlob) > 0 {
		plain, err := m.secret.Open(UsageTicketInfo, m.oldBlob)
		require.NoError(m.t, err)
		old.DecodeFrom(denc.NewReader(plain))
	}
	return old
}

// ticketReply encodes tickets for services, sealed with key, their blobs with old if that is given.
func (m *fakeMon) ticketReply(key, old Key, services ...denc.EntityType) []byte {
	b := denc.AppendUint8(nil, 1)
	b = denc.AppendUint32(b, uint32(len(services)))
	for _, s := range services {
		typ := m.key.Type()
		if other, ok := m.serviceTypes[s]; ok {
			typ = other
		}
		session := m.newKey(typ)
		m.sessions[s] = session
		ttl, secretID := m.serviceTTL, uint64(3)
		if s == denc.EntityAuth {
			ttl, secretID = m.authTTL, 7
		}
		b = denc.AppendUint32(b, uint32(s))
		b = append(b, 1)
		plain := session.AppendTo([]byte{1})
		plain = denc.AppendUTime(plain, denc.UTime{Sec: ttl})
		b = denc.AppendBlob(b, m.seal(key, UsageTicketSessionKey, plain))
		blob := denc.AppendUint64([]byte{1}, secretID)
		blob = denc.AppendBlob(blob, m.seal(m.secret, UsageTicketInfo, session.AppendTo(nil)))
		if old.IsZero() {
			b = denc.AppendBlob(append(b, 0), blob)
		} else {
			b = denc.AppendBlob(append(b, 1), m.seal(old, UsageTicketBlob, denc.AppendBlob(nil, blob)))
		}
	}
	return b
}

// extraServices is what a monitor answers to a wanted mask, AUTH aside.
func extraServices(wanted uint32) []denc.EntityType {
	var services []denc.EntityType
	for _, s := range []denc.EntityType{denc.EntityMon, denc.EntityMDS, denc.EntityOSD, denc.EntityMgr} {
		if wanted&uint32(s) != 0 {
			services = append(services, s)
		}
	}
	return services
}

// done encodes the payload of AUTH_DONE; renewal makes it that of an MAuthReply.
func (m *fakeMon) done(old Key, renewal bool) []byte {
	b := denc.AppendUint16(nil, 0x0100)
	b = denc.AppendInt32(b, 0)
	b = append(b, m.ticketReply(m.key, old, denc.EntityAuth)...)
	session := m.sessions[denc.EntityAuth]
	var cbl []byte
	if !renewal {
		secret := m.connectionSecret
		if m.mode != ModeSecure {
			secret = nil
		}
		cbl = denc.AppendBlob(nil, m.seal(session, UsageConnectionSecret, denc.AppendBlob(nil, secret)))
	}
	b = denc.AppendBlob(b, cbl)
	var extra []byte
	if services := extraServices(m.wanted); len(services) > 0 {
		extra = m.ticketReply(session, Key{}, services...)
	}
	return denc.AppendBlob(b, extra)
}

// authenticate runs a whole handshake that must succeed.
func (m *fakeMon) authenticate(h *Handshake) (sessionKey, connectionSecret []byte) {
	method, modes, payload, err := h.Begin()
	require.NoError(m.t, err)
	require.EqualValues(m.t, MethodCephx, method)
	m.request(modes, payload)
	proved, err := h.More(m.serverChallenge())
	require.NoError(m.t, err)
	old := m.authenticated(proved)
	if m.claimed != 0 {
		require.False(m.t, old.IsZero(), "a claim comes with its ticket")
	} else {
		require.True(m.t, old.IsZero(), "a ticket with a new id is superfluous, EINVAL")
	}
	sessionKey, connectionSecret, err = h.Done(m.globalID, uint32(m.mode), m.done(old, false))
	require.NoError(m.t, err)
	return sessionKey, connectionSecret
}

// session runs a handshake and returns its session.
func (m *fakeMon) session(cfg Config) *Session {
	cfg.Name, cfg.Key, cfg.Now = admin, m.key, m.clk.now
	h, err := NewHandshake(cfg)
	require.NoError(m.t, err)
	m.authenticate(h)
	s, err := h.Session()
	require.NoError(m.t, err)
	return s
}

// authorizer parses an authorizer for service and returns what it says.
func (m *fakeMon) authorizer(r *denc.Reader, service denc.EntityType) authorization {
	require.EqualValues(m.t, 1, r.Uint8("v"))
	require.Equal(m.t, m.globalID, r.Uint64("global_id"))
	require.EqualValues(m.t, service, r.Uint32("service_id"))
	require.EqualValues(m.t, 1, r.Uint8("blob v"))
	r.Uint64("secret_id")
	info, err := m.secret.Open(UsageTicketInfo, r.Blob("blob"))
	require.NoError(m.t, err)
	var session Key
	session.DecodeFrom(denc.NewReader(info))
	plain, err := session.Open(UsageAuthorize, r.Blob("authorize"))
	require.NoError(m.t, err)
	pr := denc.NewReader(plain)
	require.EqualValues(m.t, 2, pr.Uint8("v"))
	a := authorization{nonce: pr.Uint64("nonce"), haveChallenge: pr.Bool("have"), challenge: pr.Uint64("challenge")}
	require.NoError(m.t, pr.Done())
	return a
}

func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }
