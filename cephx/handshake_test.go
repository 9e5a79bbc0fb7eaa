package cephx

import (
	"fmt"
	"io"
	"math"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// messenger is what the messenger asks of a handshake.
type messenger interface {
	Begin() (method uint32, modes []uint32, payload []byte, err error)
	BadMethod(method uint32, result int32, allowedMethods, allowedModes []uint32) (nextMethod uint32, modes []uint32, payload []byte, err error)
	More(payload []byte) ([]byte, error)
	Done(globalID uint64, mode uint32, payload []byte) (sessionKey, connectionSecret []byte, err error)
}

var (
	_ messenger = (*Handshake)(nil)
	_ messenger = (*ServiceHandshake)(nil)
)

var keyTypes = []KeyType{AES, AES256KRB5}

func newHandshake(t *testing.T, cfg Config) *Handshake {
	t.Helper()
	if cfg.Name.IsZero() {
		cfg.Name = admin
	}
	h, err := NewHandshake(cfg)
	require.NoError(t, err)
	return h
}

func TestHandshake(t *testing.T) {
	for _, typ := range keyTypes {
		for _, mode := range []Mode{ModeCRC, ModeSecure} {
			t.Run(fmt.Sprint(typ, " ", mode), func(t *testing.T) {
				clk := newClock()
				mon := newFakeMon(t, typ, clk)
				mon.mode = mode
				h := newHandshake(t, Config{Key: mon.key, Now: clk.now})
				_, err := h.Session()
				require.ErrorIs(t, err, ErrOutOfOrder)
				sessionKey, secret := mon.authenticate(h)

				require.Equal(t, admin, mon.name)
				require.Zero(t, mon.claimed)
				require.Equal(t, []uint32{2, 1}, mon.modes)
				require.EqualValues(t, 0x35, mon.wanted)
				want, err := mon.sessions[denc.EntityAuth].secret()
				require.NoError(t, err)
				require.Equal(t, want, sessionKey)
				if mode == ModeSecure {
					require.Equal(t, mon.connectionSecret, secret)
				} else {
					require.Nil(t, secret)
				}

				s, err := h.Session()
				require.NoError(t, err)
				require.EqualValues(t, 4123, s.GlobalID())
				require.Equal(t, MethodCephx, s.Method())
				for service, key := range mon.sessions {
					ticket, ok := s.State().Ticket(service)
					require.True(t, ok)
					require.True(t, key.Equal(ticket.sessionKey))
					ttl := time.Hour
					if service == denc.EntityAuth {
						ttl = 72 * time.Hour
					}
					require.Equal(t, clk.t.Add(ttl), ticket.Expires)
					require.Equal(t, clk.t.Add(ttl*3/4), ticket.RenewAfter)
				}
				clear(sessionKey) // the caller's own copy
				_, err = s.renewServices(denc.EntityMon)
				require.NoError(t, err)
				require.NotContains(t, [][]byte{make([]byte, len(want))}, want)
			})
		}
	}
}

func TestHandshakeBytes(t *testing.T) {
	h := newHandshake(t, Config{Key: mustKey(t, countingAES), Rand: fixedReader(unhex(t, "00ffeeddccbbaa99")), Modes: []Mode{ModeCRC}, Want: denc.EntityMgr})
	method, modes, payload, err := h.Begin()
	require.NoError(t, err)
	require.EqualValues(t, 2, method)
	require.Equal(t, []uint32{1}, modes)
	require.Equal(t, unhex(t, "0a 08000000 05000000 61646d696e 0000000000000000"), payload)
	more, err := h.More(unhex(t, "01 8877665544332211"))
	require.NoError(t, err)
	require.Equal(t, unhex(t, "0001 03 00ffeeddccbbaa99 18adbc1050d8ad4f 01 0000000000000000 00000000 30000000"), more)
}

func TestMixedKeyTypes(t *testing.T) {
	// A Tentacle cluster whose service cipher was changed: AES service session keys under an AES256KRB5 AUTH key.
	clk := newClock()
	mon := newFakeMon(t, AES256KRB5, clk)
	mon.serviceTypes = map[denc.EntityType]KeyType{denc.EntityMon: AES, denc.EntityOSD: AES, denc.EntityMgr: AES}
	s := mon.session(Config{})
	mgr, _ := s.State().Ticket(denc.EntityMgr)
	auth, _ := s.State().Ticket(denc.EntityAuth)
	require.Equal(t, AES, mgr.sessionKey.Type())
	require.Equal(t, AES256KRB5, auth.sessionKey.Type())
}

func TestReclaim(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			clk := newClock()
			mon := newFakeMon(t, typ, clk)
			first := mon.session(Config{}).State()
			old, _ := first.authTicket()
			clk.advance(time.Hour)

			// Hunting: two attempts start from one state, one wins.
			loser := newHandshake(t, Config{Key: mon.key, Now: clk.now, Previous: first})
			_, _, _, err := loser.Begin()
			require.NoError(t, err)
			second := mon.session(Config{Previous: first, Want: denc.EntityAuth | denc.EntityMgr}).State()
			require.EqualValues(t, 4123, mon.claimed)
			require.Equal(t, old.opaque(), mon.oldBlob)
			renewed, _ := second.authTicket()
			require.NotEqual(t, old.opaque(), renewed.opaque())
			require.Equal(t, []denc.EntityType{1, 4, 16, 32}, second.Services(), "service tickets that still hold are kept")
			same, _ := first.authTicket()
			require.Equal(t, old, same, "a state never changes")

			mon.key = mon.newKey(typ) // the key was changed; the ticket still proves the id
			third := mon.session(Config{Previous: second}).State()
			require.Equal(t, renewed.opaque(), mon.oldBlob)

			mon.globalID = 5000 // the monitor gave a new id after all
			fourth := mon.session(Config{Previous: third, Want: denc.EntityAuth}).State()
			require.EqualValues(t, 5000, fourth.GlobalID())
			require.Equal(t, []denc.EntityType{32}, fourth.Services(), "tickets of another id are of no use")
		})
	}
}

func TestClaimNeedsATicket(t *testing.T) {
	clk := newClock()
	mon := newFakeMon(t, AES, clk)
	mon.session(Config{Previous: AuthState{globalID: 77}})
	require.Zero(t, mon.claimed)
	require.Empty(t, mon.oldBlob)
}

func TestRefusedReclaimSaysSo(t *testing.T) {
	clk := newClock()
	mon := newFakeMon(t, AES, clk)
	state := mon.session(Config{}).State()
	h := newHandshake(t, Config{Key: mon.key, Previous: state})
	_, _, _, err := h.Begin()
	require.NoError(t, err)
	_, err = h.More(mon.serverChallenge())
	require.NoError(t, err)
	_, _, _, err = h.BadMethod(2, -13, []uint32{2}, []uint32{2, 1})
	var ae *AuthError
	require.ErrorAs(t, err, &ae)
	require.EqualValues(t, 4123, ae.ReclaimedID)
	require.EqualError(t, err, "authentication rejected: EACCES (method cephx; while reclaiming global_id 4123)")
}

func TestMethodNone(t *testing.T) {
	h := newHandshake(t, Config{Modes: []Mode{ModeSecure, ModeCRC}, Previous: AuthState{globalID: 99}})
	method, modes, payload, err := h.Begin()
	require.NoError(t, err)
	require.EqualValues(t, 1, method)
	require.Equal(t, []uint32{1}, modes, "none cannot be secure")
	require.Equal(t, unhex(t, "0a 08000000 05000000 61646d696e 6300000000000000"), payload)
	sessionKey, secret, err := h.Done(99, 1, nil)
	require.NoError(t, err)
	require.Nil(t, sessionKey)
	require.Nil(t, secret)
	s, err := h.Session()
	require.NoError(t, err)
	require.EqualValues(t, 99, s.GlobalID())
	request, err := s.RenewRequest()
	require.NoError(t, err)
	require.Nil(t, request, "there is nothing to renew")
}

func TestMethodsOffered(t *testing.T) {
	key := mustKey(t, realKey1)
	tests := []struct {
		name    string
		key     Key
		methods []Method
		modes   []Mode
		want    []Method
		err     error
	}{
		{"key, nothing set", key, nil, nil, []Method{MethodCephx}, nil},
		{"no key, nothing set", Key{}, nil, nil, []Method{MethodNone}, nil},
		{"key, none allowed after cephx", key, []Method{MethodCephx, MethodNone}, nil, []Method{MethodCephx, MethodNone}, nil},
		{"key, none preferred", key, []Method{MethodNone, MethodCephx}, nil, []Method{MethodNone, MethodCephx}, nil},
		{"no key, none allowed", Key{}, []Method{MethodCephx, MethodNone}, nil, []Method{MethodNone}, nil},
		{"no key, cephx only", Key{}, []Method{MethodCephx}, nil, nil, ErrNoKey},
		{"empty list", key, []Method{}, nil, nil, ErrNoMethod},
		{"unknown method", key, []Method{4}, nil, nil, ErrNoMethod},
		{"twice the same", key, []Method{MethodCephx, MethodCephx}, nil, []Method{MethodCephx}, nil},
		{"secure only drops none", key, []Method{MethodNone, MethodCephx}, []Mode{ModeSecure}, []Method{MethodCephx}, nil},
		{"secure only, no key", Key{}, nil, []Mode{ModeSecure}, nil, ErrNoMethod},
		{"no modes", key, nil, []Mode{}, nil, ErrNoMethod},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := NewHandshake(Config{Name: admin, Key: tt.key, Methods: tt.methods, Modes: tt.modes})
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, h.methods)
		})
	}
	_, err := NewHandshake(Config{Key: key})
	require.ErrorContains(t, err, "no entity name")
	_, err = NewHandshake(Config{Name: admin, Key: key, Modes: []Mode{3}})
	require.ErrorContains(t, err, "unknown connection mode(3)")
	_, err = NewHandshake(Config{Name: admin, Methods: []Method{MethodCephx}})
	require.EqualError(t, err, "cephx: no key for client.admin, and the methods allowed (cephx) need one")
}

func TestBadMethod(t *testing.T) {
	key := mustKey(t, realKey1)
	tests := []struct {
		name    string
		methods []Method
		allowed []uint32
		result  int32
		next    uint32 // 0: final
	}{
		{"with a key at hand never to none", nil, []uint32{1}, -95, 0},
		{"to none if the list says so", []Method{MethodCephx, MethodNone}, []uint32{1}, -95, 1},
		{"even after EACCES", []Method{MethodCephx, MethodNone}, []uint32{2, 1}, -13, 1},
		{"from none up to cephx", []Method{MethodNone, MethodCephx}, []uint32{2}, -95, 2},
		{"not back", []Method{MethodCephx, MethodNone}, []uint32{2}, -13, 0},
		{"not the same again", []Method{MethodCephx}, []uint32{2}, -95, 0},
		{"nothing allowed", []Method{MethodCephx, MethodNone}, nil, -95, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandshake(t, Config{Key: key, Methods: tt.methods})
			method, _, _, err := h.Begin()
			require.NoError(t, err)
			next, modes, payload, err := h.BadMethod(method, tt.result, tt.allowed, []uint32{2, 1})
			if tt.next != 0 {
				require.NoError(t, err)
				require.Equal(t, tt.next, next)
				require.NotEmpty(t, payload)
				if tt.next == 1 {
					require.Equal(t, []uint32{1}, modes)
					_, _, err = h.Done(4, 1, nil)
					require.NoError(t, err)
				}
				return
			}
			requireRejected(t, err, tt.result)
			require.Nil(t, payload)
			_, _, _, err = h.BadMethod(method, tt.result, tt.allowed, nil)
			require.ErrorIs(t, err, ErrOutOfOrder, "it is final")
		})
	}

	t.Run("after the proof it is final", func(t *testing.T) {
		h := newHandshake(t, Config{Key: key, Methods: []Method{MethodCephx, MethodNone}})
		_, _, _, err := h.Begin()
		require.NoError(t, err)
		_, err = h.More(denc.AppendUint64([]byte{1}, 5))
		require.NoError(t, err)
		_, _, _, err = h.BadMethod(2, -13, []uint32{2, 1}, []uint32{1})
		requireRejected(t, err, -13)
		_, _, err = h.Done(1, 1, nil)
		require.ErrorIs(t, err, ErrOutOfOrder)
	})
	t.Run("of another method", func(t *testing.T) {
		h := newHandshake(t, Config{Key: key, Methods: []Method{MethodCephx, MethodNone}})
		_, _, _, err := h.Begin()
		require.NoError(t, err)
		_, _, _, err = h.BadMethod(4, -95, []uint32{1}, nil)
		require.ErrorIs(t, err, ErrProtocol)
		require.NotErrorIs(t, err, ErrRejected)
		require.ErrorContains(t, err, "refuses gss, requested was cephx")
	})
	t.Run("with endless lists", func(t *testing.T) {
		h := newHandshake(t, Config{Key: key})
		_, _, _, err := h.Begin()
		require.NoError(t, err)
		_, _, _, err = h.BadMethod(2, math.MinInt32, make([]uint32, 1000), make([]uint32, 1000))
		var ae *AuthError
		require.ErrorAs(t, err, &ae)
		require.Len(t, ae.AllowedMethods, maxAllowed)
		require.Less(t, len(err.Error()), 400)
	})
}

func requireRejected(t *testing.T, err error, result int32) {
	t.Helper()
	require.ErrorIs(t, err, ErrRejected)
	require.ErrorIs(t, err, denc.EACCES)
	require.ErrorIs(t, err, syscall.EACCES)
	require.NotErrorIs(t, err, syscall.EINVAL)
	var ae *AuthError
	require.ErrorAs(t, err, &ae)
	require.Equal(t, result, ae.Result)
}

func TestAuthErrorText(t *testing.T) {
	require.EqualError(t, &AuthError{Method: MethodCephx, Result: -13}, "authentication rejected: EACCES (method cephx)")
	require.EqualError(t, &AuthError{Method: MethodNone, Result: -95, AllowedMethods: []Method{MethodCephx}},
		"authentication rejected: EACCES (method none, answered with EOPNOTSUPP; allowed: method cephx)")
	for result, want := range map[int32]string{-1: "EPERM", -2: "ENOENT", -5: "EIO", -16: "EBUSY", -22: "EINVAL", -110: "ETIMEDOUT", -9999: "errno 9999", 3: "result 3", math.MinInt32: "errno"} {
		require.ErrorContains(t, &AuthError{Method: MethodCephx, Result: result}, "answered with "+want)
	}
}

func TestChallengeErrors(t *testing.T) {
	key := mustKey(t, realKey1)
	for _, tt := range []struct {
		name, payload, want string
		is                  error
	}{
		{"empty", "", "CephXServerChallenge.struct_v", denc.ErrShort},
		{"short", "01 01020304050607", "CephXServerChallenge.server_challenge", denc.ErrShort},
		{"zero", "01 0000000000000000", "server challenge is 0", ErrProtocol},
		{"trailing", "01 0102030405060708 00", "", denc.ErrTrailing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandshake(t, Config{Key: key})
			_, _, _, err := h.Begin()
			require.NoError(t, err)
			_, err = h.More(unhex(t, tt.payload))
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, tt.want)
			_, _, err = h.Done(1, 1, nil)
			require.ErrorIs(t, err, ErrOutOfOrder)
		})
	}
	h := newHandshake(t, Config{Key: key})
	_, _, _, err := h.Begin()
	require.NoError(t, err)
	_, err = h.More(unhex(t, "02 0102030405060708 ffff"))
	require.NoError(t, err, "a later version may say more")

	h = newHandshake(t, Config{Key: key, Rand: io.MultiReader()})
	_, _, _, err = h.Begin()
	require.NoError(t, err)
	_, err = h.More(unhex(t, "01 0102030405060708"))
	require.ErrorIs(t, err, io.EOF)
}

func TestOutOfOrder(t *testing.T) {
	const begin, bad, more, done = "Begin", "AUTH_BAD_METHOD", "AUTH_REPLY_MORE", "AUTH_DONE"
	steps := func(mon *fakeMon, h *Handshake) map[string]func() error {
		return map[string]func() error{
			begin: func() error { _, _, _, err := h.Begin(); return err },
			bad:   func() error { _, _, _, err := h.BadMethod(2, -13, nil, nil); return err },
			more:  func() error { _, err := h.More(mon.serverChallenge()); return err },
			done:  func() error { _, _, err := h.Done(1, 1, nil); return err },
		}
	}
	for _, tt := range []struct {
		phase   string
		reach   []string
		allowed map[string]bool // what is not out of order, whatever comes of it
	}{
		{"new", nil, map[string]bool{begin: true}},
		{"requested", []string{begin}, map[string]bool{bad: true, more: true}},
		{"proved", []string{begin, more}, map[string]bool{bad: true, done: true}},
		{"failed", []string{begin, bad}, nil},
	} {
		for _, event := range []string{begin, bad, more, done} {
			t.Run(tt.phase+" "+event, func(t *testing.T) {
				mon := newFakeMon(t, AES, newClock())
				h := newHandshake(t, Config{Key: mon.key})
				do := steps(mon, h)
				for _, s := range tt.reach {
					_ = do[s]()
				}
				require.Equal(t, tt.phase, h.phase.String())
				err := do[event]()
				if tt.allowed[event] {
					require.NotErrorIs(t, err, ErrOutOfOrder)
					return
				}
				require.ErrorIs(t, err, ErrOutOfOrder)
				require.ErrorIs(t, err, ErrProtocol)
				require.ErrorContains(t, err, event+" in phase "+tt.phase)
				_, err = h.Session()
				require.Error(t, err)
			})
		}
	}
	t.Run("done", func(t *testing.T) {
		mon := newFakeMon(t, AES, newClock())
		h := newHandshake(t, Config{Key: mon.key})
		mon.authenticate(h)
		_, err := h.More(mon.serverChallenge())
		require.ErrorIs(t, err, ErrOutOfOrder)
	})
	t.Run("none has no challenge", func(t *testing.T) {
		h := newHandshake(t, Config{})
		_, _, _, err := h.Begin()
		require.NoError(t, err)
		_, err = h.More(denc.AppendUint64([]byte{1}, 5))
		require.ErrorIs(t, err, ErrProtocol)
	})
}

// proved returns a handshake that waits for AUTH_DONE.
func (m *fakeMon) proved(cfg Config) (*Handshake, Key) {
	cfg.Name, cfg.Key, cfg.Now = admin, m.key, m.clk.now
	h, err := NewHandshake(cfg)
	require.NoError(m.t, err)
	_, modes, payload, err := h.Begin()
	require.NoError(m.t, err)
	m.request(modes, payload)
	proof, err := h.More(m.serverChallenge())
	require.NoError(m.t, err)
	return h, m.authenticated(proof)
}

func TestDoneRefusesWhatCannotBe(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			tests := []struct {
				name     string
				modes    []Mode
				globalID uint64
				mode     uint32
				change   func(m *fakeMon) []byte
				is       error
				want     string
			}{
				{"no global_id", nil, 0, 2, nil, ErrProtocol, "gives global_id 0"},
				{"negative global_id", nil, 1 << 63, 2, nil, ErrProtocol, "gives global_id 9223372036854775808"},
				{"mode not offered", []Mode{ModeSecure}, 1, 1, nil, ErrModeNotOffered, "chooses crc"},
				{"mode unknown", nil, 1, 0, nil, ErrModeNotOffered, "chooses mode(0)"},
				{"secure without a secret", nil, 1, 2, func(m *fakeMon) []byte {
					m.mode = ModeCRC
					return m.done(Key{}, false)
				}, ErrConnectionSecret, "0 bytes, want at least 40"},
				{"secure with a short secret", nil, 1, 2, func(m *fakeMon) []byte {
					m.connectionSecret = m.connectionSecret[:39]
					return m.done(Key{}, false)
				}, ErrConnectionSecret, "39 bytes, want at least 40"},
				{"secure, cbl empty", nil, 1, 2, func(m *fakeMon) []byte { return m.done(Key{}, true) }, ErrConnectionSecret, "0 bytes"},
				{"secure, reply ends after the ticket", nil, 1, 2, func(m *fakeMon) []byte {
					return append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityAuth)...)
				}, ErrConnectionSecret, "0 bytes"},
				{"no tickets", nil, 1, 1, func(*fakeMon) []byte { return unhex(t, "0001 00000000 01 00000000") }, ErrProtocol, "no AUTH ticket"},
				{"another ticket", nil, 1, 1, func(m *fakeMon) []byte {
					return append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityMon)...)
				}, ErrProtocol, "no AUTH ticket"},
				{"more tickets than bytes", nil, 1, 1, func(*fakeMon) []byte { return unhex(t, "0001 00000000 01 ffffffff 00") }, denc.ErrShort, "ticket_reply.tickets"},
				{"another request", nil, 1, 1, func(*fakeMon) []byte { return unhex(t, "0002 00000000") }, ErrProtocol, "type 0x0200"},
				{"status", nil, 1, 1, func(*fakeMon) []byte { return unhex(t, "0001 f3ffffff") }, ErrRejected, "EACCES"},
				{"ticket under another key", nil, 1, 1, func(m *fakeMon) []byte {
					m.key = m.newKey(typ)
					return m.done(Key{}, false)
				}, ErrWrongKey, "auth ticket: CephXServiceTicket"},
				{"ticket under an old key that is not there", nil, 1, 1, func(m *fakeMon) []byte { return m.done(m.newKey(typ), false) }, ErrProtocol, "no old ticket was presented"},
				{"trailing bytes in cbl", nil, 1, 1, func(m *fakeMon) []byte {
					b := append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityAuth)...)
					sealed := m.seal(m.sessions[denc.EntityAuth], UsageConnectionSecret, make([]byte, 4))
					return denc.AppendBlob(denc.AppendBlob(b, append(denc.AppendBlob(nil, sealed), 0)), nil)
				}, denc.ErrTrailing, ""},
				{"cbl longer than its envelope", nil, 1, 1, func(m *fakeMon) []byte {
					b := append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityAuth)...)
					return denc.AppendBlob(denc.AppendBlob(b, unhex(t, "ffffff00 00")), nil)
				}, denc.ErrShort, "connection_secret"},
				{"secret longer than its envelope", nil, 1, 1, func(m *fakeMon) []byte {
					b := append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityAuth)...)
					sealed := m.seal(m.sessions[denc.EntityAuth], UsageConnectionSecret, unhex(t, "ffffffff 00"))
					return denc.AppendBlob(denc.AppendBlob(b, denc.AppendBlob(nil, sealed)), nil)
				}, denc.ErrShort, "connection_secret"},
				{"extra tickets trail", nil, 1, 1, func(m *fakeMon) []byte {
					b := append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityAuth)...)
					extra := m.ticketReply(m.sessions[denc.EntityAuth], Key{}, denc.EntityMgr)
					return denc.AppendBlob(denc.AppendBlob(b, nil), append(extra, 0))
				}, denc.ErrTrailing, "extra tickets"},
				{"extra tickets under another key", nil, 1, 1, func(m *fakeMon) []byte {
					b := append(unhex(t, "0001 00000000"), m.ticketReply(m.key, Key{}, denc.EntityAuth)...)
					return denc.AppendBlob(denc.AppendBlob(b, nil), m.ticketReply(m.key, Key{}, denc.EntityMgr))
				}, ErrWrongKey, "mgr ticket"},
			}
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					mon := newFakeMon(t, typ, newClock())
					h, _ := mon.proved(Config{Modes: tt.modes})
					payload := mon.done(Key{}, false)
					if tt.change != nil {
						payload = tt.change(mon)
					}
					sessionKey, secret, err := h.Done(tt.globalID, tt.mode, payload)
					require.ErrorIs(t, err, tt.is)
					require.ErrorContains(t, err, tt.want)
					require.Nil(t, sessionKey)
					require.Nil(t, secret)
					_, err = h.Session()
					require.ErrorIs(t, err, ErrOutOfOrder)
				})
			}
		})
	}
}

func TestDoneEveryPrefixFails(t *testing.T) {
	for _, typ := range keyTypes {
		mon := newFakeMon(t, typ, newClock())
		state := mon.session(Config{}).State()
		for n := 0; ; n++ {
			h, old := mon.proved(Config{Previous: state})
			payload := mon.done(old, false)
			if n == len(payload) {
				break
			}
			_, _, err := h.Done(mon.globalID, 2, payload[:n])
			require.Error(t, err, "prefix of %d bytes", n)
		}
	}
}

func TestUnaskedTicketsAreDropped(t *testing.T) {
	mon := newFakeMon(t, AES, newClock())
	h, _ := mon.proved(Config{Want: denc.EntityMgr})
	mon.wanted = 0xff
	_, _, err := h.Done(1, 2, mon.done(Key{}, false))
	require.NoError(t, err)
	s, err := h.Session()
	require.NoError(t, err)
	require.Equal(t, []denc.EntityType{denc.EntityMgr, denc.EntityAuth}, s.State().Services())
}

func TestCRCIgnoresASecret(t *testing.T) {
	mon := newFakeMon(t, AES, newClock())
	h, _ := mon.proved(Config{})
	_, secret, err := h.Done(1, 1, mon.done(Key{}, false))
	require.NoError(t, err)
	require.Nil(t, secret)
}

func TestErrorsAreDistinct(t *testing.T) {
	for _, err := range []error{ErrModeNotOffered, ErrConnectionSecret, ErrOutOfOrder} {
		require.ErrorIs(t, err, ErrProtocol)
	}
	require.NotErrorIs(t, ErrModeNotOffered, ErrOutOfOrder)
}
