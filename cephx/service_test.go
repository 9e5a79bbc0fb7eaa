package cephx

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestServiceHandshake(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			mon := newFakeMon(t, typ, newClock())
			state := mon.session(Config{}).State()
			session := mon.sessions[denc.EntityMgr]
			secret, err := session.secret()
			require.NoError(t, err)

			// start runs a handshake up to the answered challenge and returns the authorizer's nonce.
			start := func(t *testing.T) (*ServiceHandshake, uint64) {
				h, err := NewServiceHandshake(state, denc.EntityMgr, nil, nil)
				require.NoError(t, err)
				method, modes, payload, err := h.Begin()
				require.NoError(t, err)
				require.EqualValues(t, 2, method)
				require.Equal(t, []uint32{2, 1}, modes)
				r := denc.NewReader(payload)
				first := mon.authorizer(r, denc.EntityMgr)
				require.NoError(t, r.Done())
				require.Equal(t, authorization{nonce: first.nonce}, first)

				challenge := mon.seal(session, UsageAuthorizeChallenge, denc.AppendUint64([]byte{1}, 41))
				require.Len(t, challenge, map[KeyType]int{AES: 32, AES256KRB5: 58}[typ])
				answer, err := h.More(challenge)
				require.NoError(t, err)
				r = denc.NewReader(answer)
				require.Equal(t, authorization{nonce: first.nonce, haveChallenge: true, challenge: 42}, mon.authorizer(r, denc.EntityMgr))
				require.NoError(t, r.Done())
				return h, first.nonce
			}
			reply := func(nonce uint64, secret []byte) []byte {
				plain := denc.AppendBlob(denc.AppendUint64([]byte{2}, nonce), secret)
				return denc.AppendBlob(nil, mon.seal(session, UsageAuthorizeReply, plain))
			}

			h, nonce := start(t)
			payload := reply(nonce+1, mon.connectionSecret)
			require.Len(t, payload, map[KeyType]int{AES: 100, AES256KRB5: 130}[typ])
			sessionKey, connectionSecret, err := h.Done(4123, 2, payload)
			require.NoError(t, err)
			require.Equal(t, secret, sessionKey)
			require.Equal(t, mon.connectionSecret, connectionSecret)
			_, err = h.More(nil)
			require.ErrorIs(t, err, ErrOutOfOrder)

			h, nonce = start(t)
			_, connectionSecret, err = h.Done(4123, 1, reply(nonce+1, nil))
			require.NoError(t, err)
			require.Nil(t, connectionSecret)

			for n := range payload {
				h, _ := start(t)
				_, _, err := h.Done(4123, 2, payload[:n])
				require.Error(t, err)
			}
			for _, tt := range []struct {
				name     string
				globalID uint64
				mode     uint32
				change   func(nonce uint64) []byte
				is       error
			}{
				{"another id", 4124, 2, nil, ErrProtocol},
				{"mode not offered", 4123, 3, nil, ErrModeNotOffered},
				{"another nonce", 4123, 2, func(n uint64) []byte { return reply(n, mon.connectionSecret) }, ErrProtocol},
				{"secure without a secret", 4123, 2, func(n uint64) []byte { return reply(n+1, nil) }, ErrConnectionSecret},
				{"another key", 4123, 2, func(n uint64) []byte {
					return denc.AppendBlob(nil, mon.seal(mon.key, UsageAuthorizeReply, make([]byte, 20)))
				}, ErrWrongKey},
				{"trailing bytes", 4123, 2, func(n uint64) []byte {
					plain := append(denc.AppendBlob(denc.AppendUint64([]byte{2}, n+1), mon.connectionSecret), 0)
					return denc.AppendBlob(nil, mon.seal(session, UsageAuthorizeReply, plain))
				}, denc.ErrTrailing},
			} {
				t.Run(tt.name, func(t *testing.T) {
					h, nonce := start(t)
					payload := reply(nonce+1, mon.connectionSecret)
					if tt.change != nil {
						payload = tt.change(nonce)
					}
					_, _, err := h.Done(tt.globalID, tt.mode, payload)
					require.ErrorIs(t, err, tt.is)
					_, _, err = h.Done(4123, 2, payload)
					require.ErrorIs(t, err, ErrOutOfOrder)
				})
			}
		})
	}
}

func TestServiceHandshakeRefusals(t *testing.T) {
	mon := newFakeMon(t, AES, newClock())
	state := mon.session(Config{}).State()
	_, err := NewServiceHandshake(AuthState{}, denc.EntityMgr, nil, nil)
	require.ErrorIs(t, err, ErrNoTicket)
	require.ErrorContains(t, err, "no ticket for mgr")
	_, err = NewServiceHandshake(state, denc.EntityMgr, []Mode{9}, nil)
	require.ErrorContains(t, err, "mode(9)")

	h, err := NewServiceHandshake(state, denc.EntityMgr, []Mode{ModeCRC}, nil)
	require.NoError(t, err)
	_, err = h.More(nil)
	require.ErrorIs(t, err, ErrOutOfOrder)

	h, err = NewServiceHandshake(state, denc.EntityMgr, []Mode{ModeCRC}, nil)
	require.NoError(t, err)
	_, _, _, err = h.Begin()
	require.NoError(t, err)
	_, err = h.More(make([]byte, 32))
	require.ErrorIs(t, err, ErrWrongKey)

	h, err = NewServiceHandshake(state, denc.EntityMgr, []Mode{ModeCRC}, nil)
	require.NoError(t, err)
	_, _, _, err = h.Begin()
	require.NoError(t, err)
	_, _, _, err = h.BadMethod(2, -13, []uint32{2}, []uint32{2, 1})
	requireRejected(t, err, -13)
	_, _, _, err = h.BadMethod(2, -13, []uint32{2}, []uint32{2, 1})
	require.ErrorIs(t, err, ErrOutOfOrder)
}
