package cephx

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// acceptor is what the messenger asks of the accepting side.
type acceptor interface {
	Request(method uint32, modes []uint32, payload []byte) (Outcome, error)
	More(payload []byte) (Outcome, error)
}

var (
	_ acceptor = (*ServerHandshake)(nil)
	_ acceptor = (*ServiceServerHandshake)(nil)
)

// quorum is a KeyServer with a keyring and a source of global_ids.
type quorum struct {
	*KeyServer
	t      testing.TB
	ring   *Keyring
	nextID uint64
	mu     sync.Mutex
}

var allCaps = map[string]string{"mon": "allow *", "osd": "allow *", "mgr": "allow *", "mds": "allow *"}

// newQuorum returns a quorum that knows client.admin with a key of type typ.
func newQuorum(t testing.TB, typ KeyType, cfg KeyServerConfig) *quorum {
	t.Helper()
	q := &quorum{t: t, ring: &Keyring{}, nextID: 4123}
	q.add("admin", typ, allCaps)
	if cfg.Lookup == nil {
		cfg.Lookup = q.find
	}
	var err error
	q.KeyServer, err = NewKeyServer(cfg)
	require.NoError(t, err)
	return q
}

func (q *quorum) add(id string, typ KeyType, caps map[string]string) denc.EntityName {
	q.t.Helper()
	name := denc.EntityName{Type: denc.EntityClient, ID: id}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ring.Set(Entry{Name: name, Key: q.newKey(typ), Caps: caps})
	return name
}

func (q *quorum) newKey(typ KeyType) Key {
	k, err := GenerateKey(typ, newClock().t, nil)
	require.NoError(q.t, err)
	return k
}

func (q *quorum) find(name denc.EntityName) (Entry, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if e, ok := q.ring.Entry(name); ok {
		return *e, true
	}
	return Entry{}, false
}

func (q *quorum) key(name denc.EntityName) Key {
	e, _ := q.find(name)
	return e.Key
}

func (q *quorum) assign() (uint64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.nextID++
	return q.nextID - 1, nil
}

// config returns what a client of the quorum starts from.
func (q *quorum) config() Config { return Config{Name: admin, Key: q.key(admin), Now: q.now} }

// joined is a connection that both sides have agreed on.
type joined struct {
	mode                         Mode
	globalID                     uint64
	payload                      []byte // of AUTH_DONE
	sessionKey, connectionSecret []byte
}

// meet runs a handshake between both sides as the messenger does, and checks that they have the same keys.
func meet(t testing.TB, client messenger, server acceptor) (joined, error) {
	t.Helper()
	method, modes, payload, err := client.Begin()
	require.NoError(t, err)
	for {
		out, err := server.Request(method, modes, payload)
		require.NoError(t, err)
		if out.More != nil {
			if payload, err = client.More(out.More); err != nil {
				return joined{}, err
			}
			out, err = server.More(payload)
			require.NoError(t, err)
		}
		if r := out.Refused; r != nil {
			require.Nil(t, out.Done)
			require.Negative(t, r.Result)
			if method, modes, payload, err = client.BadMethod(method, r.Result, r.AllowedMethods, r.AllowedModes); err != nil {
				return joined{}, err
			}
			continue
		}
		key, secret := out.Done.Keys()
		j := joined{Mode(out.Done.Mode), out.Done.GlobalID, out.Done.Payload, key, secret}
		key, secret, err = client.Done(j.globalID, uint32(j.mode), j.payload)
		if err != nil {
			return joined{}, err
		}
		require.Equal(t, j.sessionKey, key)
		require.Equal(t, j.connectionSecret, secret)
		return j, nil
	}
}

// connect runs a handshake that must succeed and returns both sides' sessions.
func (q *quorum) connect(cfg Config) (*Session, *ServerSession, joined) {
	q.t.Helper()
	h, err := NewHandshake(cfg)
	require.NoError(q.t, err)
	server := q.NewHandshake(q.assign)
	j, err := meet(q.t, h, server)
	require.NoError(q.t, err)
	client, err := h.Session()
	require.NoError(q.t, err)
	session, err := server.Session()
	require.NoError(q.t, err)
	require.Equal(q.t, client.GlobalID(), session.GlobalID())
	require.Equal(q.t, client.Method(), session.Method())
	require.Equal(q.t, cfg.Name, session.Name())
	return client, session, j
}

// refused runs a handshake that the quorum must refuse and returns its result.
func (q *quorum) refused(cfg Config) *AuthError {
	q.t.Helper()
	h, err := NewHandshake(cfg)
	require.NoError(q.t, err)
	_, err = meet(q.t, h, q.NewHandshake(q.assign))
	var refusal *AuthError
	require.ErrorAs(q.t, err, &refusal)
	return refusal
}

// authenticate encodes a CephXAuthenticate of any version, with its header.
func authenticate(t testing.TB, version uint8, key Key, serverChallenge uint64, old Ticket, want uint32) []byte {
	t.Helper()
	answer, err := proof(key, serverChallenge, 7)
	require.NoError(t, err)
	b := denc.AppendUint16(nil, getAuthSessionKey)
	b = denc.AppendUint8(b, version)
	b = denc.AppendUint64(b, 7)
	b = denc.AppendUint64(b, answer)
	b = old.appendBlob(b)
	if version >= 2 {
		b = denc.AppendUint32(b, want)
	}
	return b
}

// monRequest encodes the payload of an AUTH_REQUEST to a monitor.
func monRequest(name denc.EntityName, globalID uint64) []byte {
	return denc.AppendUint64(name.AppendTo([]byte{authModeMon}), globalID)
}

func ticketOf(t testing.TB, s AuthState, service denc.EntityType) Ticket {
	t.Helper()
	ticket, ok := s.Ticket(service)
	require.True(t, ok)
	return ticket
}

func TestKeyServerConcurrently(t *testing.T) {
	q := newQuorum(t, AES256KRB5, KeyServerConfig{Rand: &countingReader{}})
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		wg.Go(func() {
			switch i % 4 {
			case 0:
				errs[i] = errors.Join(q.Rotate(), q.WipeServices())
			case 1:
				q.SetFaults(ServerFaults{})
				errs[i] = q.SetPolicy(ServerPolicy{AuthTTL: DefaultAuthTicketTTL})
				_ = fmt.Sprint(q.KeyServer, q.Policy(), q.Faults())
			default:
				h, err := NewHandshake(q.config())
				if err == nil {
					_, err = meet(t, h, q.NewHandshake(q.assign))
				}
				errs[i] = err
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

func TestKeyServerConfig(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy ServerPolicy
		want   string
	}{
		{"method", ServerPolicy{Methods: []Method{4}}, "unknown gss"},
		{"no methods", ServerPolicy{Methods: []Method{}}, "empty list of methods"},
		{"mode", ServerPolicy{Modes: []Mode{3}}, "mode(3)"},
		{"no modes", ServerPolicy{Modes: []Mode{}}, "empty list of connection modes"},
		{"key type", ServerPolicy{KeyTypes: []KeyType{3}}, "key_type(3)"},
		{"service key type", ServerPolicy{ServiceKeyType: 9}, "key_type(9)"},
		{"lifetime", ServerPolicy{ServiceTTL: -1}, "negative"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewKeyServer(KeyServerConfig{Policy: tt.policy})
			require.ErrorContains(t, err, tt.want)
		})
	}
	s, err := NewKeyServer(KeyServerConfig{})
	require.NoError(t, err)
	p := s.Policy()
	require.Equal(t, ServerPolicy{
		Methods: []Method{MethodCephx}, Modes: []Mode{ModeSecure, ModeCRC}, KeyTypes: []KeyType{AES, AES256KRB5},
		ServiceKeyType: AES256KRB5, AuthTTL: DefaultAuthTicketTTL, ServiceTTL: DefaultServiceTicketTTL,
	}, p)
	p.Methods[0] = MethodNone
	require.Equal(t, []Method{MethodCephx}, s.Policy().Methods, "a copy")

	_, err = NewKeyServer(KeyServerConfig{Rand: &failingReader{}})
	require.ErrorContains(t, err, "random")
}

// ids returns the ids of a service's secrets.
func (q *quorum) ids(service denc.EntityType) []uint64 {
	q.t.Helper()
	infos, err := q.Secrets(service)
	require.NoError(q.t, err)
	var ids []uint64
	for _, s := range infos {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestWipeAndRotate(t *testing.T) {
	clk := newClock()
	q := newQuorum(t, AES256KRB5, KeyServerConfig{Now: clk.now})
	client, session, _ := q.connect(q.config())
	state := client.State()
	require.NoError(t, q.Rotate())
	for _, service := range rotatedServices {
		require.Equal(t, []uint64{2, 3, 4}, q.ids(service))
	}
	service := func(state AuthState) error {
		h, err := NewServiceHandshake(state, denc.EntityMgr, nil, nil)
		require.NoError(t, err)
		_, err = meet(t, h, q.NewServiceHandshake(denc.EntityMgr))
		return err
	}
	require.NoError(t, service(state), "the previous secret still serves")

	require.NoError(t, q.WipeServices())
	require.Equal(t, []uint64{2, 3, 4}, q.ids(denc.EntityAuth))
	require.Equal(t, []uint64{1, 2, 3}, q.ids(denc.EntityMgr))
	requireRejected(t, service(state), -13)
	client.DropServices()
	renew(t, client, session)
	require.NoError(t, service(client.State()))
	require.EqualValues(t, 2, ticketOf(t, client.State(), denc.EntityMgr).SecretID, "as the dead ticket had")

	require.NoError(t, q.Rotate())
	require.Equal(t, []uint64{3, 4, 5}, q.ids(denc.EntityAuth))
	client.DropServices()
	request, err := client.RenewRequest()
	require.NoError(t, err)
	result, reply := session.Renew(request)
	require.EqualValues(t, -13, result, "two rotations outdate a ticket")
	require.Empty(t, reply)
	require.Nil(t, slices.Compact(q.ids(denc.EntityClient)))
}

// renew runs a renewal that must succeed.
func renew(t testing.TB, client *Session, server *ServerSession) []byte {
	t.Helper()
	request, err := client.RenewRequest()
	require.NoError(t, err)
	require.NotNil(t, request)
	result, reply := server.Renew(request)
	require.Zero(t, result)
	require.NoError(t, client.RenewReply(result, reply))
	return request
}
