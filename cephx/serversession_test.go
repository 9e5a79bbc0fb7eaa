package cephx

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func pass(d time.Duration) { <-time.After(d) }

// TestRenewals follows a session through its tickets' lives, by the clock of a bubble.
func TestRenewals(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQuorum(t, typ, KeyServerConfig{})
				cfg := q.config()
				client, server, _ := q.connect(cfg)
				for range 100 {
					pass(45*time.Minute - 1)
					request, err := client.RenewRequest()
					require.NoError(t, err)
					require.Nil(t, request)
					pass(1)
					renew(t, client, server)
					require.Zero(t, client.State().Need(time.Now(), DefaultWant))
				}
				require.Equal(t, MethodCephx, server.Method())

				// The AUTH ticket, from 54 hours on.
				for range 3 {
					old := ticketOf(t, client.State(), denc.EntityAuth)
					pass(time.Until(old.RenewAfter))
					request := renew(t, client, server)
					require.Equal(t, unhex(t, "0001"), request[:2])
					require.Zero(t, client.State().Need(time.Now(), DefaultWant))
					renewed := ticketOf(t, client.State(), denc.EntityAuth)
					require.Equal(t, time.Now().Add(72*time.Hour), renewed.Expires)
				}
				// The session's latest tickets are good on another connection.
				cfg.Previous = client.State()
				_, _, j := q.connect(cfg)
				require.Equal(t, client.GlobalID(), j.globalID)
			})
		})
	}
}

// TestTicketsOutliveTheirTime holds what monitors of all three releases did, with a lifetime of 12 s: a ticket is good
// as long as its secret is kept.
func TestTicketsOutliveTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl = 12 * time.Second
		q := newQuorum(t, AES, KeyServerConfig{Policy: ServerPolicy{AuthTTL: ttl, ServiceTTL: ttl / 2}})
		cfg := q.config()
		client, server, _ := q.connect(cfg)
		require.Equal(t, time.Now().Add(ttl), ticketOf(t, client.State(), denc.EntityAuth).Expires)
		cfg.Previous = client.State()
		request := authorizedRequest(t, client, denc.EntityAuth, 0x15)
		for _, tt := range []struct {
			at            time.Duration
			auth, service uint64 // current secrets
		}{{0, 2, 2}, {ttl - 1, 2, 2}, {ttl, 2, 3}, {18 * time.Second, 2, 4}, {2*ttl - 1, 2, 4}, {2 * ttl, 3, 5}, {3*ttl - 1, 3, 6}} {
			pass(time.Until(ticketOf(t, cfg.Previous, denc.EntityAuth).Expires.Add(tt.at - ttl)))
			require.Equal(t, tt.auth, q.ids(denc.EntityAuth)[1], "at %v", tt.at)
			require.Equal(t, tt.service, q.ids(denc.EntityMgr)[1], "at %v", tt.at)
			require.Equal(t, tt.service, q.ids(denc.EntityMon)[1])
			q.connect(cfg)
			result, _ := server.Renew(request)
			require.Zero(t, result, "at %v", tt.at)
		}
		pass(1)
		require.EqualValues(t, -13, q.refused(cfg).Result)
		result, reply := server.Renew(request)
		require.EqualValues(t, -13, result)
		require.Empty(t, reply)
		requireRejected(t, refusedRenewal(t, client, server), -13)
	})
}

func refusedRenewal(t testing.TB, client *Session, server *ServerSession) error {
	t.Helper()
	request, err := client.RenewRequest()
	require.NoError(t, err)
	result, reply := server.Renew(request)
	return client.RenewReply(result, reply)
}

// A ticket ends no later than the next secret, however long the lifetime has become.
func TestRaisedLifetime(t *testing.T) {
	clk := newClock()
	q := newQuorum(t, AES, KeyServerConfig{Now: clk.now})
	require.NoError(t, q.SetPolicy(ServerPolicy{ServiceTTL: 100 * time.Hour}))
	client, _, _ := q.connect(q.config())
	require.Equal(t, clk.t.Add(3*time.Hour), ticketOf(t, client.State(), denc.EntityMgr).Expires)
}

// A long time without any use must not leave old secrets behind.
func TestRotationAfterALongTime(t *testing.T) {
	clk := newClock()
	q := newQuorum(t, AES, KeyServerConfig{Now: clk.now})
	_, session, _ := q.connect(q.config())
	client, _, _ := q.connect(q.config())
	request := authorizedRequest(t, client, denc.EntityMgr, 0x10)
	clk.advance(3*time.Hour - 1)
	result, _ := session.Renew(request)
	require.Zero(t, result)

	client, _, _ = q.connect(q.config())
	request = authorizedRequest(t, client, denc.EntityMgr, 0x10)
	clk.advance(1000 * time.Hour)
	result, _ = session.Renew(request)
	require.EqualValues(t, -13, result)
	infos, err := q.Secrets(denc.EntityMgr)
	require.NoError(t, err)
	require.Len(t, infos, 3)
	require.True(t, infos[1].Expires.After(clk.t))
}

// authorizedRequest encodes a request for service tickets, authorized with the ticket for a service.
func authorizedRequest(t testing.TB, client *Session, service denc.EntityType, keys uint32) []byte {
	t.Helper()
	b, err := ticketOf(t, client.State(), service).appendAuthorizer(unhex(t, "0002"), client.GlobalID(), authorization{nonce: 5}, &countingReader{})
	require.NoError(t, err)
	return denc.AppendUint32(append(b, 1), keys)
}

// TestRenewResults holds what real monitors answer.
func TestRenewResults(t *testing.T) {
	for _, typ := range keyTypes {
		q := newQuorum(t, typ, KeyServerConfig{})
		client, server, _ := q.connect(q.config())
		other, _, _ := q.connect(q.config())
		key, state := q.key(admin), client.State()
		auth, mgr := ticketOf(t, state, denc.EntityAuth), ticketOf(t, state, denc.EntityMgr)
		good := authorizedRequest(t, client, denc.EntityAuth, 0x15)
		change := func(at int, to byte) []byte {
			b := slices.Clone(good)
			if at < 0 {
				at += len(b)
			}
			b[at] ^= to
			return b
		}
		challenged, err := auth.appendAuthorizer(unhex(t, "0002"), client.GlobalID(), authorization{haveChallenge: true, challenge: 5}, nil)
		require.NoError(t, err)
		proved := func(version uint8, old Ticket, want uint32) []byte {
			return authenticate(t, version, key, server.challenge, old, want)
		}
		for _, tt := range []struct {
			name    string
			request []byte
			result  int32
			reply   string // when it matters
		}{
			{"empty", nil, -1, ""},
			{"one byte", unhex(t, "01"), -1, ""},
			{"request 0", unhex(t, "0000"), -22, ""},
			{"authenticate alone", unhex(t, "0001"), -1, ""},
			{"service tickets alone", unhex(t, "0002"), -13, ""},
			{"unknown", unhex(t, "0003"), -22, ""},
			{"rotating keys", unhex(t, "0004"), -13, "0004 00000000"},
			{"good", good, 0, ""},
			{"trailing bytes", append(slices.Clone(good), 9), 0, ""},
			{"no services", authorizedRequest(t, client, denc.EntityAuth, 0), 0, "0002 00000000 01 00000000"},
			{"AUTH", authorizedRequest(t, client, denc.EntityAuth, 0x20), 0, "0002 00000000 01 00000000"},
			{"client", authorizedRequest(t, client, denc.EntityAuth, 8), -13, "0002 f3ffffff 01 00000000"},
			{"unknown service", authorizedRequest(t, client, denc.EntityAuth, 0x80), -13, "0002 f3ffffff 01 00000000"},
			{"unknown services among others", authorizedRequest(t, client, denc.EntityAuth, 0x3f), 0, ""},
			{"all", authorizedRequest(t, client, denc.EntityAuth, 0xffffffff), 0, ""},
			{"no request", good[:len(good)-5], -1, ""},
			{"short request", good[:len(good)-1], -1, ""},
			{"short authorize", good[:len(good)-9], -13, ""},
			{"short ticket", good[:40], -13, ""},
			{"damaged authorize", change(-24, 1), -13, ""},
			{"another id", change(3, 1), -13, ""},
			{"another request version", change(-5, 1), 0, ""},
			{"with a challenge", denc.AppendUint32(append(challenged, 1), 0x15), 0, ""},
			{"authorized for the mgr", authorizedRequest(t, client, denc.EntityMgr, 0x15), 0, ""},
			{"authorized in another session", authorizedRequest(t, other, denc.EntityAuth, 0x15), 0, ""},
			{"outdated secret", change(15+1, 1), -13, ""},
			{"authenticate", proved(3, auth, 0x35), 0, ""},
			{"authenticate without a ticket", proved(3, Ticket{}, 0x35), -13, ""},
			{"authenticate without a ticket, old client", proved(2, Ticket{}, 0x35), 0, ""},
			{"authenticate with a mgr ticket", proved(3, mgr, 0x35), -13, ""},
			{"authenticate with a mgr ticket, old client", proved(2, mgr, 0x35), 0, ""},
			{"authenticate with another's ticket", proved(3, ticketOf(t, other.State(), denc.EntityAuth), 0x35), -13, ""},
			{"authenticate, wrong proof", authenticate(t, 3, key, server.challenge+1, auth, 0x35), -13, ""},
			{"authenticate, short", proved(3, auth, 0x35)[:20], -1, ""},
			{"authenticate, trailing bytes", append(proved(3, auth, 0x35), 1), 0, ""},
		} {
			t.Run(typ.String()+" "+tt.name, func(t *testing.T) {
				result, reply := server.Renew(tt.request)
				require.Equal(t, tt.result, result)
				if tt.result != 0 || tt.reply != "" {
					require.Equal(t, unhex(t, tt.reply), append([]byte{}, reply...))
					return
				}
				require.NotEmpty(t, reply)
			})
		}
		for n := range len(good) {
			result, _ := server.Renew(good[:n])
			require.Negative(t, result)
		}

		// The entity is removed while it is connected.
		q.ring.Entries = nil
		result, reply := server.Renew(good)
		require.EqualValues(t, -22, result)
		require.Equal(t, unhex(t, "0002 eaffffff 01 00000000"), reply)
		result, _ = server.Renew(proved(3, auth, 0x35))
		require.EqualValues(t, -13, result)
	}
}

func TestRenewalSeesNewCaps(t *testing.T) {
	q := newQuorum(t, AES, KeyServerConfig{})
	client, server, _ := q.connect(q.config())
	key := q.key(admin)
	q.ring.Set(Entry{Name: admin, Key: key, Caps: map[string]string{"mon": "allow r"}})
	require.Equal(t, "allow *", server.MonCaps())
	result, _ := server.Renew(authenticate(t, 3, key, server.challenge, ticketOf(t, client.State(), denc.EntityAuth), 0x35))
	require.Zero(t, result)
	require.Equal(t, "allow r", server.MonCaps())
}

func TestServiceServerHandshake(t *testing.T) {
	for _, typ := range keyTypes {
		for _, mode := range []Mode{ModeCRC, ModeSecure} {
			t.Run(typ.String()+" "+mode.String(), func(t *testing.T) {
				q := newQuorum(t, typ, KeyServerConfig{})
				session, _, _ := q.connect(q.config())
				client, err := NewServiceHandshake(session.State(), denc.EntityMgr, []Mode{mode}, nil)
				require.NoError(t, err)
				server := q.NewServiceHandshake(denc.EntityMgr)
				_, _, _, err = server.Client()
				require.ErrorIs(t, err, ErrOutOfOrder)
				j, err := meet(t, client, server)
				require.NoError(t, err)
				require.Equal(t, mode, j.mode)
				require.Len(t, j.connectionSecret, map[Mode]int{ModeCRC: 0, ModeSecure: 64}[mode])
				if mode == ModeSecure {
					require.Len(t, j.payload, map[KeyType]int{AES: 100, AES256KRB5: 130}[typ])
				}
				name, id, caps, err := server.Client()
				require.NoError(t, err)
				require.Equal(t, admin, name)
				require.EqualValues(t, 4123, id)
				require.Equal(t, "allow *", caps)
				_, err = server.More(nil)
				require.ErrorIs(t, err, ErrOutOfOrder)
			})
		}
	}
}

func TestServiceServerRefusals(t *testing.T) {
	for _, typ := range keyTypes {
		q := newQuorum(t, typ, KeyServerConfig{})
		session, _, _ := q.connect(q.config())
		mgr := ticketOf(t, session.State(), denc.EntityMgr)
		authorizer := func(ticket Ticket, id uint64, a authorization) []byte {
			b, err := ticket.appendAuthorizer(nil, id, a, nil)
			require.NoError(t, err)
			return b
		}
		good := authorizer(mgr, 4123, authorization{nonce: 1})
		zero, ten := slices.Clone(good), slices.Clone(good)
		zero[0], ten[0] = 0, 10
		for _, tt := range []struct {
			name    string
			method  uint32
			modes   []uint32
			payload []byte
			result  int32
		}{
			{"another's id", 2, []uint32{2, 1}, authorizer(mgr, 4124, authorization{}), -13},
			{"another service's ticket", 2, []uint32{2, 1}, authorizer(ticketOf(t, session.State(), denc.EntityOSD), 4123, authorization{}), -13},
			{"empty", 2, []uint32{2, 1}, nil, -13},
			{"mode byte 0", 2, []uint32{2, 1}, zero, -13},
			{"mode byte of monitors", 2, []uint32{2, 1}, ten, -13},
			{"no modes", 2, nil, good, -95},
			{"unknown mode", 2, []uint32{3}, good, -95},
			{"none", 1, []uint32{1}, good, -95},
		} {
			t.Run(typ.String()+" "+tt.name, func(t *testing.T) {
				out, err := q.NewServiceHandshake(denc.EntityMgr).Request(tt.method, tt.modes, tt.payload)
				require.NoError(t, err)
				require.Equal(t, Outcome{Refused: &Refusal{tt.result, []uint32{2}, []uint32{2, 1}}}, out)
			})
		}
		for n := range good {
			out, err := q.NewServiceHandshake(denc.EntityMgr).Request(2, []uint32{1}, good[:n])
			require.NoError(t, err)
			require.NotNil(t, out.Refused)
		}
		version1, err := mgr.sessionKey.Seal(nil, UsageAuthorize, denc.AppendUint64([]byte{1}, 1), nil)
		require.NoError(t, err)
		head := good[:1+8+4+len(mgr.appendBlob(nil))]
		for name, answer := range map[string]func(challenge uint64) []byte{
			"wrong answer":   func(c uint64) []byte { return authorizer(mgr, 4123, authorization{1, true, c}) },
			"without saying": func(c uint64) []byte { return authorizer(mgr, 4123, authorization{1, false, c + 1}) },
			"the same again": func(uint64) []byte { return good },
			"without":        func(uint64) []byte { return denc.AppendBlob(slices.Clone(head), version1) },
			"nothing":        func(uint64) []byte { return nil },
			"with another key": func(c uint64) []byte {
				return authorizer(ticketOf(t, session.State(), denc.EntityOSD), 4123, authorization{1, true, c + 1})
			},
		} {
			t.Run(typ.String()+" "+name, func(t *testing.T) {
				h := q.NewServiceHandshake(denc.EntityMgr)
				out, err := h.Request(2, []uint32{1}, append(slices.Clone(good), 1, 2))
				require.NoError(t, err)
				require.Len(t, out.More, map[KeyType]int{AES: 32, AES256KRB5: 58}[typ])
				out, err = h.More(answer(h.challenge))
				require.NoError(t, err)
				require.Equal(t, Outcome{Refused: &Refusal{-13, []uint32{2}, []uint32{2, 1}}}, out)
				_, err = h.Request(2, []uint32{1}, good)
				require.ErrorIs(t, err, ErrOutOfOrder)
			})
		}
	}
}
