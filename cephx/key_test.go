package cephx

import (
	"bytes"
	"encoding/base64"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestParseKey(t *testing.T) {
	tests := []struct {
		name, text string
		typ        KeyType
		created    string
	}{
		{"ceph-authtool 16.2.15", realKey1, AES, "2026-11-23T07:33:15.988412069Z"},
		{"ceph-authtool 16.2.15, another", realKey2, AES, "2026-11-23T07:33:15.999687396Z"},
		{"ceph-authtool 20.2.4, a throwaway key", "AgCm8QNrKDHhACAAhoyRtFmwX/u8IaHD9VrEuh0DYbh4bvFRYRbejSSCOXU=", AES256KRB5, "2026-11-23T07:56:22.014758184Z"},
		{"aes256k", countingKRB5, AES256KRB5, "1970-01-01T00:00:01Z"},
		{"white space around it, as in a keyfile", "  " + realKey1 + "\r\n", AES, "2026-11-23T07:33:15.988412069Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ParseKey(tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.typ, k.Type())
			require.Equal(t, tt.created, k.Created().Format(time.RFC3339Nano))
			require.Equal(t, string(bytes.TrimSpace([]byte(tt.text))), k.Reveal())
			require.True(t, k.Equal(mustKey(t, tt.text)))
			require.False(t, k.Equal(mustKey(t, countingAES)))

			wire := k.AppendTo(nil)
			for n := range wire { // every strict prefix fails, none panics
				_, err := ParseKey(base64.StdEncoding.EncodeToString(wire[:n]))
				require.ErrorIs(t, err, ErrInvalidKey)
				r := denc.NewReader(wire[:n])
				var p Key
				p.DecodeFrom(r)
				require.Error(t, r.Err())
				require.True(t, p.IsZero())
			}
			r := denc.NewReader(wire)
			var back Key
			back.DecodeFrom(r)
			require.NoError(t, r.Done())
			require.True(t, k.Equal(back))
			require.Equal(t, wire, back.AppendTo(nil))
		})
	}
}

func TestParseKeyErrors(t *testing.T) {
	tests := []struct {
		name, text string
		is         error
		want       string
	}{
		{"empty", " \n", ErrInvalidKey, "invalid key: empty"},
		{"not base64", "AQA77ANr*fjpOhAAYjTj6qAJJfHah2/cgG0iSQ==", ErrInvalidKey, "invalid key: bad base64 at character 8"},
		{"cut within base64", realKey1[:37], ErrInvalidKey, "invalid key: bad base64: truncated at character 37"},
		{"cut within padding", realKey1[:39], ErrInvalidKey, "invalid key: bad base64: truncated at character 39"},
		{"cut secret", realKey1[:36], ErrInvalidKey, "invalid key: truncated: 15 of 16 secret bytes"},
		{"cut header", "AQA77ANr", ErrInvalidKey, "invalid key: truncated: 6 bytes, want at least 12"},
		{"two pasted together", realKey1 + realKey2, ErrInvalidKey, "invalid key: bad base64 at character 40"},
		{"two lines", realKey1 + "\n" + realKey2, ErrInvalidKey, "invalid key: white space at character 40"},
		{"unknown type", "CQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==", ErrKeyType, "invalid key: unknown key type 9"},
		{"unknown type is invalid too", "CQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==", ErrInvalidKey, "9"},
		{"secret too short for aes", "AQA77ANrpfjpOgQAAAECAw==", ErrInvalidKey, "invalid key: secret too short: 4 bytes, type aes needs 16"},
		{"aes secret as aes256k", "AgA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==", ErrInvalidKey, "invalid key: secret too short: 16 bytes, type aes256k needs 32"},
		{"bytes after the end", "AQAAAAAAAAAAABAAAAECAwQFBgcICQoLDA0ODwAA", ErrInvalidKey, "invalid key: 2 bytes after its end"},
		{"type none, as ceph-authtool writes for no key", "AAAAAAAAAAAAAAAA", ErrNoKey, "no key of type none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ParseKey(tt.text)
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, tt.want)
			require.True(t, k.IsZero())
			for _, piece := range []string{"YjTj6qAJ", "fjpOhAA", "n7J3hELs"} {
				require.NotContains(t, err.Error(), piece)
			}
		})
	}
}

func TestKeySecretLongerThanNeededIsKept(t *testing.T) {
	long := append(denc.AppendUint16(denc.AppendUint64(denc.AppendUint16(nil, 1), 0), 20), bytes.Repeat([]byte{7}, 20)...)
	k, err := ParseKey(base64.StdEncoding.EncodeToString(long))
	require.NoError(t, err)
	require.Equal(t, long, k.AppendTo(nil))
	short, err := GenerateKey(AES, time.Unix(0, 0), bytes.NewReader(bytes.Repeat([]byte{7}, 16)))
	require.NoError(t, err)
	sealed, err := k.Seal(nil, 0, []byte("x"), nil)
	require.NoError(t, err)
	plain, err := short.Open(0, sealed)
	require.NoError(t, err)
	require.Equal(t, "x", string(plain))
}

func TestGenerateKey(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, typ := range []KeyType{AES, AES256KRB5} {
		k, err := GenerateKey(typ, now, &countingReader{})
		require.NoError(t, err)
		require.Equal(t, typ, k.Type())
		require.Equal(t, now, k.Created())
		require.True(t, k.Equal(mustKey(t, k.Reveal())))
		other, err := GenerateKey(typ, now, nil)
		require.NoError(t, err)
		require.False(t, k.Equal(other))
	}
	_, err := GenerateKey(7, now, nil)
	require.ErrorIs(t, err, ErrKeyType)
	_, err = GenerateKey(AES, now, bytes.NewReader(make([]byte, 15)))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestZeroAndWipedKeys(t *testing.T) {
	var zero Key
	require.True(t, zero.IsZero())
	require.True(t, zero.Equal(Key{}))
	require.Empty(t, zero.Reveal())
	require.Equal(t, make([]byte, 12), zero.AppendTo(nil))
	require.Zero(t, zero.Type())
	require.True(t, zero.Created().IsZero())
	zero.Wipe()

	k := mustKey(t, realKey1)
	secret, err := k.secret()
	require.NoError(t, err)
	duplicate := k
	duplicate.Wipe()
	require.Equal(t, make([]byte, 16), secret, "the bytes themselves are overwritten, for every copy")
	for _, k := range []Key{zero, k} {
		_, err := k.Seal(nil, 0, nil, nil)
		require.ErrorIs(t, err, ErrNoKey)
		_, err = k.Open(0, make([]byte, 64))
		require.ErrorIs(t, err, ErrNoKey)
		_, err = proof(k, 1, 2)
		require.ErrorIs(t, err, ErrNoKey)
	}
}

func TestKeyTypeNames(t *testing.T) {
	require.Equal(t, "none aes aes256k key_type(9)", join([]KeyType{0, 1, 2, 9}))
	require.Equal(t, "none cephx gss method(9)", join([]Method{1, 2, 4, 9}))
	require.Equal(t, "crc secure mode(9)", join([]Mode{1, 2, 9}))
}

func TestParseLists(t *testing.T) {
	require.Equal(t, []Method{MethodCephx, MethodNone}, ParseMethods("cephx, none"))
	require.Equal(t, []Method{MethodNone}, ParseMethods(" gss;none krb"))
	require.Equal(t, []Method{}, ParseMethods(""), "an empty list was set, too")
	require.Equal(t, []Mode{ModeSecure, ModeCRC}, ParseModes("secure crc"))
	require.Equal(t, []Mode{}, ParseModes("plain"))
}

func TestProofVectors(t *testing.T) {
	// Agreed with monitors of 16.2.15, 18.2.7 (aes) and 20.2.4 (aes256k).
	for text, want := range map[string]uint64{countingAES: 0x4fadd85010bcad18, countingKRB5: 0x52460fb091ff144a} {
		got, err := proof(mustKey(t, text), 0x1122334455667788, 0x99aabbccddeeff00)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestRandomFailureIsAnError(t *testing.T) {
	broken := io.MultiReader() // EOF
	_, err := mustKey(t, countingKRB5).Seal(nil, 0, nil, broken)
	require.Error(t, err)
	require.ErrorIs(t, err, io.EOF)
}
