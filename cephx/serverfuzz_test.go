package cephx

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// fuzzQuorum returns a quorum with a key of either type that is the same in every process.
func fuzzQuorum(t testing.TB, krb5 bool) *quorum {
	q := newQuorum(t, AES, KeyServerConfig{Rand: &countingReader{}, Now: newClock().now})
	text := countingAES
	if krb5 {
		text = countingKRB5
	}
	q.ring.Set(Entry{Name: admin, Key: mustKey(t, text), Caps: allCaps})
	return q
}

// requireOutcome checks that exactly one thing came out.
func requireOutcome(t testing.TB, out Outcome, err error) {
	n := 0
	for _, set := range []bool{out.Refused != nil, out.More != nil, out.Done != nil, err != nil} {
		if set {
			n++
		}
	}
	require.Equal(t, 1, n)
}

func FuzzServerHandshake(f *testing.F) {
	for _, krb5 := range []bool{false, true} {
		q := fuzzQuorum(f, krb5)
		client, server, _ := q.connect(q.config())
		for version := range uint8(4) {
			f.Add(krb5, uint32(2), uint32(version%3), monRequest(admin, 0), authenticate(f, version, q.key(admin), server.challenge, Ticket{}, 0x35))
		}
		f.Add(krb5, uint32(2), uint32(1), monRequest(admin, 4123), authenticate(f, 3, q.key(admin), server.challenge, ticketOf(f, client.State(), denc.EntityAuth), 0xffffffff))
	}
	f.Fuzz(func(t *testing.T, krb5 bool, method, mode uint32, request, answer []byte) {
		q := fuzzQuorum(t, krb5)
		h := q.NewHandshake(q.assign)
		out, err := h.Request(method, []uint32{mode, 1}, request)
		requireOutcome(t, out, err)
		if out.More == nil {
			return
		}
		out, err = h.More(answer)
		requireOutcome(t, out, err)
		if out.Done != nil {
			s, err := h.Session()
			require.NoError(t, err)
			require.Equal(t, out.Done.GlobalID, s.GlobalID())
		}
	})
}

func FuzzServerRenew(f *testing.F) {
	const challenge = 0x1122334455667788
	for _, krb5 := range []bool{false, true} {
		q := fuzzQuorum(f, krb5)
		client, _, _ := q.connect(q.config())
		f.Add(krb5, authorizedRequest(f, client, denc.EntityAuth, 0x15))
		f.Add(krb5, authorizedRequest(f, client, denc.EntityMgr, 0xffffffff))
		f.Add(krb5, authenticate(f, 3, q.key(admin), challenge, ticketOf(f, client.State(), denc.EntityAuth), 0x35))
		f.Add(krb5, authenticate(f, 1, q.key(admin), challenge, Ticket{}, 0))
		f.Add(krb5, []byte{0, 4})
	}
	quorums := map[bool]*quorum{false: fuzzQuorum(f, false), true: fuzzQuorum(f, true)}
	f.Fuzz(func(t *testing.T, krb5 bool, request []byte) {
		s := &ServerSession{
			server: quorums[krb5].KeyServer, method: MethodCephx, name: admin, globalID: 4123, challenge: challenge, origin: originClaimed,
		}
		result, reply := s.Renew(request)
		require.LessOrEqual(t, result, int32(0))
		if result == 0 {
			require.NotEmpty(t, reply)
		}
	})
}

func FuzzServiceServerHandshake(f *testing.F) {
	for _, krb5 := range []bool{false, true} {
		q := fuzzQuorum(f, krb5)
		client, _, _ := q.connect(q.config())
		ticket := ticketOf(f, client.State(), denc.EntityMgr)
		b, err := ticket.appendAuthorizer(nil, client.GlobalID(), authorization{nonce: 1}, &countingReader{})
		require.NoError(f, err)
		answer, err := ticket.appendAuthorizer(nil, client.GlobalID(), authorization{1, true, 42}, &countingReader{})
		require.NoError(f, err)
		f.Add(krb5, b, answer)
	}
	quorums := map[bool]*quorum{false: fuzzQuorum(f, false), true: fuzzQuorum(f, true)}
	f.Fuzz(func(t *testing.T, krb5 bool, request, answer []byte) {
		h := quorums[krb5].NewServiceHandshake(denc.EntityMgr)
		out, err := h.Request(2, []uint32{1}, request)
		requireOutcome(t, out, err)
		if out.More != nil {
			h.challenge = 41
			out, err = h.More(answer)
			requireOutcome(t, out, err)
		}
	})
}

// FuzzTicketInfo goes past the seal.
func FuzzTicketInfo(f *testing.F) {
	info := ticketInfo{name: admin, globalID: 4123, caps: denc.AppendString(nil, "allow *"), sessionKey: mustKey(f, countingAES)}
	f.Add(info.appendTo(nil))
	f.Fuzz(func(t *testing.T, plain []byte) {
		var info ticketInfo
		r := denc.NewReader(plain)
		info.decodeFrom(r)
		_ = info.capsText()
		if r.Err() != nil {
			return
		}
		var back ticketInfo
		r = denc.NewReader(info.appendTo(nil))
		back.decodeFrom(r)
		require.NoError(t, r.Done())
		require.True(t, info.sessionKey.Equal(back.sessionKey))
		info.sessionKey, back.sessionKey = Key{}, Key{}
		require.Equal(t, info, back)
	})
}
