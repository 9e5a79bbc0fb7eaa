package cephx

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestServerHandshake(t *testing.T) {
	for _, typ := range keyTypes {
		for _, mode := range []Mode{ModeCRC, ModeSecure} {
			t.Run(fmt.Sprint(typ, " ", mode), func(t *testing.T) {
				q := newQuorum(t, typ, KeyServerConfig{Policy: ServerPolicy{Modes: []Mode{mode}}})
				cfg := q.config()
				client, server, j := q.connect(cfg)
				require.Equal(t, mode, j.mode)
				require.EqualValues(t, 4123, j.globalID)
				require.Len(t, j.sessionKey, typ.secretLen())
				require.Len(t, j.connectionSecret, map[Mode]int{ModeCRC: 0, ModeSecure: 64}[mode])
				require.Zero(t, client.State().Need(q.now(), DefaultWant))
				require.Equal(t, "allow *", server.MonCaps())
				require.False(t, server.Insecure())
				for _, service := range client.State().Services() {
					require.Equal(t, typ, ticketOf(t, client.State(), service).sessionKey.Type())
				}

				// The id is kept, whichever monitor answers.
				cfg.Previous = client.State()
				again, _, j := q.connect(cfg)
				require.EqualValues(t, 4123, j.globalID)
				old, renewed := ticketOf(t, client.State(), denc.EntityAuth), ticketOf(t, again.State(), denc.EntityAuth)
				require.False(t, old.sessionKey.Equal(renewed.sessionKey))
				_, _, j = q.connect(q.config())
				require.EqualValues(t, 4124, j.globalID)
			})
		}
	}
}

// TestReplySizes holds the lengths that Tentacle's monitors answered with to the same requests of a client.admin with all
// capabilities, and of a client.old with a key of type aes.
func TestReplySizes(t *testing.T) {
	q := newQuorum(t, AES256KRB5, KeyServerConfig{})
	key := q.key(admin)
	for _, tt := range []struct {
		version uint8
		want    uint32
		mode    Mode
		length  int
	}{
		{3, 0x35, ModeSecure, 1294}, {3, 0x35, ModeCRC, 1230}, {2, 0x35, ModeCRC, 1230}, {0, 0, ModeCRC, 290}, {1, 0, ModeCRC, 290}, {4, 0x35, ModeCRC, 1230},
		{255, 0x35, ModeCRC, 1230}, {3, 0, ModeCRC, 290}, {3, 0x20, ModeCRC, 355}, {3, 1, ModeCRC, 650}, {3, 2, ModeCRC, 650},
	} {
		h := q.NewHandshake(q.assign)
		_, err := h.Request(2, []uint32{uint32(tt.mode)}, monRequest(admin, 0))
		require.NoError(t, err)
		out, err := h.More(authenticate(t, tt.version, key, h.session.challenge, Ticket{}, tt.want))
		require.NoError(t, err)
		require.Len(t, out.Done.Payload, tt.length, "%+v", tt)
		require.Equal(t, tt.version < 3, h.session.Insecure())
	}
	cfg := q.config()
	client, server, _ := q.connect(cfg)
	cfg.Previous = client.State()
	_, _, j := q.connect(cfg)
	require.Len(t, j.payload, 1347)

	authorizer, err := ticketOf(t, client.State(), denc.EntityAuth).appendAuthorizer(unhex(t, "0002"), client.GlobalID(), authorization{}, nil)
	require.NoError(t, err)
	auth := ticketOf(t, client.State(), denc.EntityAuth)
	for _, tt := range []struct {
		request []byte
		length  int
	}{
		{denc.AppendUint32(append(slices.Clone(authorizer), 1), 0x15), 881},
		{denc.AppendUint32(append(slices.Clone(authorizer), 1), 0x2), 301},
		{denc.AppendUint32(append(slices.Clone(authorizer), 1), 0x17), 1171},
		{authenticate(t, 3, key, server.challenge, auth, 0x35), 1226},
		{authenticate(t, 3, key, server.challenge, auth, 0), 343},
		{authenticate(t, 1, key, server.challenge, auth, 0), 343},
		{authenticate(t, 2, key, server.challenge, Ticket{}, 0x35), 1173},
	} {
		result, reply := server.Renew(tt.request)
		require.Zero(t, result)
		require.Len(t, reply, tt.length)
	}

	old := q.add("old", AES, map[string]string{"mon": "allow r", "osd": "allow r"})
	client, server, j = q.connect(Config{Name: old, Key: q.key(old)})
	require.Len(t, j.payload, 958)
	authorizer, err = ticketOf(t, client.State(), denc.EntityAuth).appendAuthorizer(unhex(t, "0002"), client.GlobalID(), authorization{}, nil)
	require.NoError(t, err)
	result, reply := server.Renew(denc.AppendUint32(append(authorizer, 1), 0x15))
	require.Zero(t, result)
	require.Len(t, reply, 654)

	// Pacific's and Reef's, where the secrets are of type aes.
	q = newQuorum(t, AES, KeyServerConfig{Policy: ServerPolicy{ServiceKeyType: AES}})
	for want, length := range map[uint32]int{0: 182, 0x20: 210, 2: 402} {
		h := q.NewHandshake(q.assign)
		_, err := h.Request(2, []uint32{1}, monRequest(admin, 0))
		require.NoError(t, err)
		out, err := h.More(authenticate(t, 3, q.key(admin), h.session.challenge, Ticket{}, want))
		require.NoError(t, err)
		require.Len(t, out.Done.Payload, length)
	}
}

func TestServerRefusesRequests(t *testing.T) {
	q := newQuorum(t, AES256KRB5, KeyServerConfig{})
	good := monRequest(admin, 0)
	with := func(b byte) []byte { return append([]byte{b}, good[1:]...) }
	nobody := denc.EntityName{Type: denc.EntityClient, ID: "nobody"}
	for _, tt := range []struct {
		name    string
		method  uint32
		modes   []uint32
		payload []byte
		result  int32 // 0: challenged
		allowed []uint32
	}{
		{"as it should be", 2, []uint32{2, 1}, good, 0, nil},
		{"another mode byte", 2, []uint32{2, 1}, with(11), 0, nil},
		{"highest mode byte", 2, []uint32{2, 1}, with(19), 0, nil},
		{"trailing bytes", 2, []uint32{2, 1}, append(slices.Clone(good), 1, 2, 3), 0, nil},
		{"unknown mode first", 2, []uint32{3, 1}, good, 0, nil},
		{"empty", 2, []uint32{2, 1}, nil, -13, []uint32{2, 1}},
		{"authorizer", 2, []uint32{2, 1}, with(1), -13, []uint32{2, 1}},
		{"mode byte 0", 2, []uint32{2, 1}, with(0), -13, []uint32{2, 1}},
		{"mode byte 20", 2, []uint32{2, 1}, with(20), -13, []uint32{2, 1}},
		{"truncated name", 2, []uint32{2, 1}, good[:7], -13, []uint32{2, 1}},
		{"truncated id", 2, []uint32{2, 1}, good[:len(good)-1], -13, []uint32{2, 1}},
		{"unknown entity", 2, []uint32{2, 1}, monRequest(nobody, 0), -13, []uint32{2, 1}},
		{"no method", 0, []uint32{2, 1}, good, -95, []uint32{2, 1}},
		{"none", 1, []uint32{2, 1}, good, -95, []uint32{1}},
		{"gss", 4, []uint32{2, 1}, good, -95, []uint32{2, 1}},
		{"no modes", 2, nil, good, -95, []uint32{2, 1}},
		{"unknown modes", 2, []uint32{3, 0}, good, -95, []uint32{2, 1}},
		{"neither payload nor modes", 2, nil, nil, -95, []uint32{2, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := q.NewHandshake(q.assign)
			out, err := h.Request(tt.method, tt.modes, tt.payload)
			require.NoError(t, err)
			if tt.result == 0 {
				require.Equal(t, denc.AppendUint64([]byte{1}, h.session.challenge), out.More)
				require.NotZero(t, h.session.challenge)
				return
			}
			require.Equal(t, Outcome{Refused: &Refusal{tt.result, []uint32{2}, tt.allowed}}, out)
			_, err = h.Session()
			require.ErrorIs(t, err, ErrOutOfOrder)
			out, err = h.Request(2, []uint32{1}, good)
			require.NoError(t, err)
			require.NotNil(t, out.More, "a refused request can be followed by another")
		})
	}
	for n := range good {
		out, err := q.NewHandshake(q.assign).Request(2, []uint32{1}, good[:n])
		require.NoError(t, err)
		require.EqualValues(t, -13, out.Refused.Result)
	}
}

func TestServerRefusesAnswers(t *testing.T) {
	q := newQuorum(t, AES256KRB5, KeyServerConfig{})
	key := q.key(admin)
	client, _, _ := q.connect(q.config())
	state := client.State()
	auth, mgr := ticketOf(t, state, denc.EntityAuth), ticketOf(t, state, denc.EntityMgr)
	stale, general := auth, auth
	stale.SecretID, general.SecretID = 99, ^uint64(0)
	poor := q.add("poor", AES, map[string]string{"osd": "allow r"})
	rich := q.add("rich", AES, map[string]string{"mon": "allow r"})
	type answer = func(challenge uint64) []byte
	just := func(b []byte) answer { return func(uint64) []byte { return b } }
	proved := func(version uint8, old Ticket) answer {
		return func(c uint64) []byte { return authenticate(t, version, key, c, old, 0x35) }
	}
	for _, tt := range []struct {
		name   string
		entity denc.EntityName
		claim  uint64
		answer answer
		result int32
	}{
		{"empty", admin, 0, just(nil), -13},
		{"one byte", admin, 0, just([]byte{0}), -1},
		{"header only", admin, 0, just(unhex(t, "0001")), -1},
		{"unknown request", admin, 0, just(unhex(t, "0003")), -22},
		{"request 0", admin, 0, just(make([]byte, 40)), -22},
		{"service tickets", admin, 0, just(unhex(t, "0002")), -13},
		{"rotating keys", admin, 0, just(unhex(t, "0004")), -13},
		{"wrong proof", admin, 0, func(c uint64) []byte { return proved(3, Ticket{})(c + 1) }, -13},
		{"superfluous ticket", admin, 0, proved(3, auth), -22},
		{"superfluous ticket of an old client", admin, 0, proved(2, auth), -22},
		{"superfluous ticket, wrong proof", admin, 0, func(c uint64) []byte { return proved(3, auth)(c + 1) }, -13},
		{"claim without a ticket", admin, 4123, proved(3, Ticket{}), -13},
		{"claim with a mgr ticket", admin, 4123, proved(3, mgr), -13},
		{"claim with an outdated ticket", admin, 4123, proved(3, stale), -13},
		{"claim with the general secret", admin, 4123, proved(3, general), -13},
		{"claim with another id's ticket", admin, 4124, proved(3, auth), -13},
		{"claim", admin, 4123, proved(3, auth), 0},
		{"claim of an old client", admin, 4123, proved(2, Ticket{}), 0},
		{"claim of an old client with a mgr ticket", admin, 4123, proved(1, mgr), 0},
		{"claim of an old client with another id's ticket", admin, 5123, proved(2, auth), 0},
		{"no mon caps", poor, 0, func(c uint64) []byte { return authenticate(t, 3, q.key(poor), c, Ticket{}, 0x35) }, -13},
		{"another entity's ticket", rich, 4123, func(c uint64) []byte { return authenticate(t, 3, q.key(rich), c, auth, 0x35) }, 0},
		{"another entity's key", rich, 0, proved(3, Ticket{}), -13},
		{"trailing bytes", admin, 0, func(c uint64) []byte { return append(proved(3, Ticket{})(c), 1) }, 0},
		{"services that are none", admin, 0, func(c uint64) []byte { return authenticate(t, 3, key, c, Ticket{}, 0xffffffff) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := q.NewHandshake(q.assign)
			_, err := h.Request(2, []uint32{1}, monRequest(tt.entity, tt.claim))
			require.NoError(t, err)
			out, err := h.More(tt.answer(h.session.challenge))
			require.NoError(t, err)
			if tt.result != 0 {
				require.Equal(t, Outcome{Refused: &Refusal{tt.result, []uint32{2}, []uint32{2, 1}}}, out)
				_, err = h.Request(2, []uint32{1}, monRequest(tt.entity, 0))
				require.ErrorIs(t, err, ErrOutOfOrder, "there is no second try")
				return
			}
			require.NotNil(t, out.Done)
			if tt.claim != 0 {
				require.Equal(t, tt.claim, out.Done.GlobalID)
			}
			require.False(t, h.session.Insecure())
		})
	}

	t.Run("every prefix", func(t *testing.T) {
		for n := range 27 {
			h := q.NewHandshake(q.assign)
			_, err := h.Request(2, []uint32{1}, monRequest(admin, 0))
			require.NoError(t, err)
			out, err := h.More(proved(3, Ticket{})(h.session.challenge)[:n])
			require.NoError(t, err)
			require.NotNil(t, out.Refused, "prefix of %d bytes", n)
		}
	})
	t.Run("insecure claims", func(t *testing.T) {
		require.NoError(t, q.SetPolicy(ServerPolicy{RefuseInsecureReclaim: true}))
		h := q.NewHandshake(q.assign)
		_, err := h.Request(2, []uint32{1}, monRequest(admin, 4123))
		require.NoError(t, err)
		out, err := h.More(proved(2, Ticket{})(h.session.challenge))
		require.NoError(t, err)
		require.EqualValues(t, -13, out.Refused.Result)
	})
	t.Run("secure without a secret", func(t *testing.T) {
		h := q.NewHandshake(q.assign)
		_, err := h.Request(2, []uint32{2}, monRequest(admin, 0))
		require.NoError(t, err)
		_, err = h.More(authenticate(t, 3, key, h.session.challenge, Ticket{}, 0))
		require.ErrorIs(t, err, ErrConnectionSecret)
	})
}

func TestServerHandshakeOutOfOrder(t *testing.T) {
	q := newQuorum(t, AES, KeyServerConfig{})
	h := q.NewHandshake(q.assign)
	_, err := h.More(nil)
	require.ErrorIs(t, err, ErrOutOfOrder)

	h = q.NewHandshake(q.assign)
	_, err = h.Request(2, []uint32{1}, monRequest(admin, 0))
	require.NoError(t, err)
	_, err = h.Request(2, []uint32{1}, monRequest(admin, 0))
	require.ErrorIs(t, err, ErrOutOfOrder)

	noQuorum := errors.New("no quorum")
	_, err = q.NewHandshake(func() (uint64, error) { return 0, noQuorum }).Request(2, []uint32{1}, monRequest(admin, 0))
	require.ErrorIs(t, err, noQuorum, "the connection is dropped")
	_, err = q.NewHandshake(func() (uint64, error) { return 0, denc.EACCES }).Request(2, []uint32{1}, monRequest(admin, 0))
	require.ErrorIs(t, err, denc.EACCES, "whatever the error is")
}

func TestServerModes(t *testing.T) {
	for _, tt := range []struct{ offered, allowed, want Mode }{
		{ModeSecure, ModeSecure, ModeSecure}, {ModeCRC, ModeCRC, ModeCRC},
		{ModeSecure, ModeCRC, ModeCRC}, {ModeCRC, ModeSecure, ModeSecure},
	} {
		q := newQuorum(t, AES, KeyServerConfig{Policy: ServerPolicy{Modes: []Mode{tt.allowed}}})
		cfg := q.config()
		cfg.Modes = []Mode{tt.offered, ModeSecure + ModeCRC - tt.offered}
		_, _, j := q.connect(cfg)
		require.Equal(t, tt.want, j.mode)
		if tt.offered != tt.allowed {
			cfg.Modes = []Mode{tt.offered}
			refusal := q.refused(cfg)
			require.EqualValues(t, -95, refusal.Result)
			require.Equal(t, []Mode{tt.allowed}, refusal.AllowedModes)
		}
	}
}

func TestServerMethodNone(t *testing.T) {
	q := newQuorum(t, AES, KeyServerConfig{Policy: ServerPolicy{Methods: []Method{MethodNone}}})
	anyone := denc.EntityName{Type: denc.EntityClient, ID: "anyone"}
	cfg := Config{Name: anyone}
	client, server, j := q.connect(cfg)
	require.Empty(t, j.payload)
	require.Nil(t, j.sessionKey)
	require.Nil(t, j.connectionSecret)
	require.Equal(t, ModeCRC, j.mode)
	result, reply := server.Renew(nil)
	require.Zero(t, result)
	require.Nil(t, reply)

	cfg.Previous = client.State()
	_, _, j = q.connect(cfg)
	require.EqualValues(t, 4123, j.globalID, "any claim is believed")

	// From cephx to none, on one connection.
	cfg = q.config()
	cfg.Methods = []Method{MethodCephx, MethodNone}
	_, server, j = q.connect(cfg)
	require.Equal(t, MethodNone, server.Method())
	require.EqualValues(t, 4124, j.globalID)

	out, err := q.NewHandshake(q.assign).Request(1, []uint32{2}, monRequest(anyone, 0))
	require.NoError(t, err)
	require.Equal(t, Outcome{Refused: &Refusal{-95, []uint32{1}, []uint32{1}}}, out)
	q.SetFaults(ServerFaults{Refuse: func(n denc.EntityName) bool { return n == anyone }})
	require.EqualValues(t, -13, q.refused(Config{Name: anyone}).Result)
}

func TestServerKeys(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			q := newQuorum(t, typ, KeyServerConfig{})
			cfg := q.config()
			cfg.Key = q.newKey(typ)
			require.EqualValues(t, -13, q.refused(cfg).Result, "wrong key")
			other := AES + AES256KRB5 - typ
			cfg.Key = q.newKey(other)
			require.EqualValues(t, -13, q.refused(cfg).Result, "key of another type")
			cfg = q.config()
			cfg.Name.ID = "nobody"
			require.EqualValues(t, -13, q.refused(cfg).Result, "unknown entity")

			// The key is changed, its type, too: the old ticket still proves the id.
			client, server, _ := q.connect(q.config())
			q.add("admin", other, allCaps)
			client.state = client.State().WithoutServices()
			renew(t, client, server) // a session goes on
			result, _ := server.Renew(authenticate(t, 3, cfg.Key, server.challenge, ticketOf(t, client.State(), denc.EntityAuth), 0x35))
			require.EqualValues(t, -13, result, "but for the AUTH ticket")
			cfg = q.config()
			cfg.Previous = client.State()
			_, _, j := q.connect(cfg)
			require.Equal(t, client.GlobalID(), j.globalID)

			require.NoError(t, q.SetPolicy(ServerPolicy{KeyTypes: []KeyType{typ}}))
			require.EqualValues(t, -13, q.refused(cfg).Result, "key type not allowed")
			h := q.NewHandshake(q.assign)
			_, err := h.Request(2, []uint32{1}, monRequest(admin, 0))
			require.NoError(t, err)
			out, err := h.More(unhex(t, "0001"))
			require.NoError(t, err)
			require.EqualValues(t, -1, out.Refused.Result, "which is looked at in the answer")
		})
	}
}

func TestServerMixedKeyTypes(t *testing.T) {
	// Session keys are of the lower type, tickets are sealed with what the secrets are.
	q := newQuorum(t, AES256KRB5, KeyServerConfig{})
	require.NoError(t, q.SetPolicy(ServerPolicy{ServiceKeyType: AES}))
	require.NoError(t, q.WipeServices())
	client, _, _ := q.connect(q.config())
	require.Equal(t, AES256KRB5, ticketOf(t, client.State(), denc.EntityAuth).sessionKey.Type(), "its secret has not been rotated")
	require.Equal(t, AES, ticketOf(t, client.State(), denc.EntityMgr).sessionKey.Type())
	infos, err := q.Secrets(denc.EntityMgr)
	require.NoError(t, err)
	require.Equal(t, AES, infos[1].Type)
}

func TestServerFaults(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			q := newQuorum(t, typ, KeyServerConfig{})
			client, server, _ := q.connect(q.config())
			claiming := q.config()
			claiming.Previous = client.State()

			q.SetFaults(ServerFaults{RejectReclaim: true})
			require.EqualValues(t, 4123, q.refused(claiming).ReclaimedID)
			_, _, j := q.connect(q.config())
			require.EqualValues(t, 4124, j.globalID, "starting over helps")

			q.SetFaults(ServerFaults{Refuse: func(n denc.EntityName) bool { return n == admin }})
			require.EqualValues(t, -13, q.refused(q.config()).Result)

			q.SetFaults(ServerFaults{CorruptReply: true})
			h, err := NewHandshake(q.config())
			require.NoError(t, err)
			_, err = meet(t, h, q.NewHandshake(q.assign))
			require.ErrorIs(t, err, ErrWrongKey)

			q.SetFaults(ServerFaults{})
			_, _, j = q.connect(claiming)
			require.EqualValues(t, 4123, j.globalID)

			require.NoError(t, q.ExpireTickets())
			require.EqualValues(t, -13, q.refused(claiming).Result)
			client.state = client.State().WithoutServices()
			request, err := client.RenewRequest()
			require.NoError(t, err)
			result, _ := server.Renew(request)
			require.EqualValues(t, -13, result)
			_, _, j = q.connect(q.config())
			require.EqualValues(t, 4127, j.globalID)
		})
	}
}

// Randomness that fails ends the connection; it is no refusal.
func TestServerWithoutRandomness(t *testing.T) {
	q := newQuorum(t, AES256KRB5, KeyServerConfig{})
	client, server, _ := q.connect(q.config())
	h := q.NewHandshake(q.assign)
	_, err := h.Request(2, []uint32{2}, monRequest(admin, 0))
	require.NoError(t, err)
	services, err := NewServiceHandshake(client.State(), denc.EntityMgr, nil, nil)
	require.NoError(t, err)
	method, modes, payload, err := services.Begin()
	require.NoError(t, err)
	for limit := range 12 {
		q.rand = &failingReader{limit}
		_, err = q.NewHandshake(q.assign).Request(2, []uint32{1}, monRequest(admin, 0))
		if limit == 0 {
			require.ErrorContains(t, err, "random")
			_, err = q.KeyServer.NewServiceHandshake(denc.EntityMgr).Request(method, modes, payload)
			require.ErrorContains(t, err, "random")
		}
		q.rand = &failingReader{limit}
		one := *h
		session := *h.session
		one.session = &session
		_, err = one.More(authenticate(t, 3, q.key(admin), h.session.challenge, Ticket{}, 0x35))
		require.ErrorContains(t, err, "random")
		q.rand = &failingReader{limit}
		result, _ := server.Renew(authenticate(t, 3, q.key(admin), server.challenge, ticketOf(t, client.State(), denc.EntityAuth), 0x35))
		require.EqualValues(t, -5, result)
	}
}

// failingReader fails after some reads.
type failingReader struct{ left int }

func (r *failingReader) Read(p []byte) (int, error) {
	if r.left--; r.left < 0 {
		return 0, errors.New("no more random")
	}
	return (&countingReader{}).Read(p)
}
