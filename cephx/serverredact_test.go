package cephx

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestServerSecretsNeverPrint(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			q := newQuorum(t, typ, KeyServerConfig{Now: newClock().now, Policy: ServerPolicy{ServiceKeyType: typ}})
			client, err := NewHandshake(q.config())
			require.NoError(t, err)
			h := q.NewHandshake(q.assign)
			method, modes, payload, err := client.Begin()
			require.NoError(t, err)
			out, err := h.Request(method, modes, payload)
			require.NoError(t, err)
			payload, err = client.More(out.More)
			require.NoError(t, err)
			out, err = h.More(payload)
			require.NoError(t, err)
			sessionKey, connectionSecret := out.Done.Keys()
			server, err := h.Session()
			require.NoError(t, err)
			_, _, err = client.Done(out.Done.GlobalID, out.Done.Mode, out.Done.Payload)
			require.NoError(t, err)
			session, err := client.Session()
			require.NoError(t, err)
			toService, err := NewServiceHandshake(session.State(), denc.EntityOSD, nil, nil)
			require.NoError(t, err)
			service := q.NewServiceHandshake(denc.EntityOSD)
			_, err = meet(t, toService, service)
			require.NoError(t, err)

			hidden := [][]byte{sessionKey, connectionSecret}
			for _, k := range []Key{q.key(admin), service.info.sessionKey} {
				secret, err := k.secret()
				require.NoError(t, err)
				hidden = append(hidden, secret)
			}
			for _, s := range q.secrets[denc.EntityMgr].secrets {
				secret, err := s.key.secret()
				require.NoError(t, err)
				hidden = append(hidden, secret)
			}
			for name, v := range map[string]any{
				"key server": q.KeyServer, "handshake": h, "handshake value": *h, "session": server, "session value": *server,
				"service": service, "service value": *service, "grant": *out.Done, "grant pointer": out.Done,
				"outcome": out, "outcome pointer": &out, "secrets": q.secrets[denc.EntityMgr], "secrets value": *q.secrets[denc.EntityMgr],
				"unexported grant": struct{ g Grant }{*out.Done}, "unexported outcome": struct{ o Outcome }{out},
				"unexported server": struct{ s *KeyServer }{q.KeyServer}, "unexported handshake": struct{ h ServerHandshake }{*h},
				"ticket info": service.info, "authenticated": authenticated{sessionKey: service.info.sessionKey},
			} {
				for form, text := range allForms(t, v) {
					for _, s := range hidden {
						for _, needle := range needles(s) {
							require.NotContains(t, text, needle, "%s printed with %s", name, form)
						}
					}
				}
			}
		})
	}
}

func TestServerFormsSayWhatTheyAre(t *testing.T) {
	require.Equal(t, "key_server{}", fmt.Sprint((*KeyServer)(nil)))
	require.Equal(t, "server_handshake{}", fmt.Sprint((*ServerHandshake)(nil)))
	require.Equal(t, "server_session{}", fmt.Sprint((*ServerSession)(nil)))
	require.Equal(t, "service_server_handshake{}", fmt.Sprint((*ServiceServerHandshake)(nil)))

	q := newQuorum(t, AES, KeyServerConfig{})
	require.Equal(t, "key_server{mon:1-3 mds:1-3 osd:1-3 mgr:1-3 auth:1-3}", fmt.Sprintf("%+v", q.KeyServer))
	h := q.NewHandshake(q.assign)
	require.Equal(t, "server_handshake{phase:new}", fmt.Sprint(h))
	_, err := h.Request(2, []uint32{1}, monRequest(admin, 0))
	require.NoError(t, err)
	require.Equal(t, "server_handshake{client.admin global_id:4123 phase:requested}", fmt.Sprint(h))
	_, s, j := q.connect(q.config())
	require.Equal(t, "server_session{client.admin method:cephx global_id:4124}", fmt.Sprintf("%#v", s))
	require.Equal(t, "service_server_handshake{mgr phase:new}", fmt.Sprint(q.NewServiceHandshake(denc.EntityMgr)))
	require.Equal(t, "grant{global_id:4124 mode:secure payload:3 bytes}", fmt.Sprint(Grant{GlobalID: j.globalID, Mode: 2, Payload: []byte{1, 2, 3}}))
	session, secret := new(Grant).Keys()
	require.Nil(t, session)
	require.Nil(t, secret)
}
