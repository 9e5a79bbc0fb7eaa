package cephx

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestNoneServiceHandshake(t *testing.T) {
	name := denc.EntityName{Type: denc.EntityClient, ID: "admin"}
	h := NewNoneServiceHandshake(name, 4123)
	method, modes, payload, err := h.Begin()
	require.NoError(t, err)
	require.EqualValues(t, MethodNone, method)
	require.Equal(t, []uint32{1}, modes)
	require.Equal(t, []byte("\x01"+"\x08\x00\x00\x00"+"\x05\x00\x00\x00admin"+"\x1b\x10\x00\x00\x00\x00\x00\x00"), payload)

	server, err := NewKeyServer(KeyServerConfig{
		Policy: ServerPolicy{Methods: []Method{MethodNone}},
		Lookup: func(denc.EntityName) (Entry, bool) { return Entry{}, false },
	})
	require.NoError(t, err)
	s := server.NewServiceHandshake(denc.EntityMgr)
	out, err := s.Request(method, modes, payload)
	require.NoError(t, err)
	require.NotNil(t, out.Done)
	who, id, caps, err := s.Client()
	require.NoError(t, err)
	require.Equal(t, name, who)
	require.EqualValues(t, 4123, id)
	require.Equal(t, "allow *", caps)
	key, secret, err := h.Done(out.Done.GlobalID, out.Done.Mode, out.Done.Payload)
	require.NoError(t, err)
	require.Empty(t, key)
	require.Empty(t, secret)
	_, _, err = h.Done(4123, 1, nil)
	require.ErrorIs(t, err, ErrOutOfOrder)

	for n := range payload {
		out, err := server.NewServiceHandshake(denc.EntityMgr).Request(method, modes, payload[:n])
		require.NoError(t, err)
		require.NotNil(t, out.Refused, "%d bytes", n)
		require.EqualValues(t, -13, out.Refused.Result)
	}
	out, err = server.NewServiceHandshake(denc.EntityMgr).Request(method, []uint32{2}, payload)
	require.NoError(t, err)
	require.EqualValues(t, -95, out.Refused.Result)
}

func TestNoneServiceHandshakeRefusals(t *testing.T) {
	begun := func() *NoneServiceHandshake {
		h := NewNoneServiceHandshake(denc.EntityName{Type: denc.EntityClient, ID: "a"}, 1)
		_, _, _, err := h.Begin()
		require.NoError(t, err)
		return h
	}
	_, err := begun().More(nil)
	require.ErrorIs(t, err, ErrOutOfOrder)
	_, _, err = begun().Done(1, 2, nil)
	require.ErrorIs(t, err, ErrModeNotOffered)
	h := begun()
	_, _, _, err = h.Begin()
	require.ErrorIs(t, err, ErrOutOfOrder)
	h = begun()
	_, _, _, err = h.BadMethod(1, -95, []uint32{2}, []uint32{1})
	require.ErrorIs(t, err, ErrRejected)
	_, _, _, err = h.BadMethod(1, -95, nil, nil)
	require.ErrorIs(t, err, ErrOutOfOrder)

	server, err := NewKeyServer(KeyServerConfig{Lookup: func(denc.EntityName) (Entry, bool) { return Entry{}, false }})
	require.NoError(t, err)
	out, err := server.NewServiceHandshake(denc.EntityMgr).Request(1, []uint32{1}, nil)
	require.NoError(t, err)
	require.EqualValues(t, -95, out.Refused.Result)
}
