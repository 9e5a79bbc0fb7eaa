package cephx

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func FuzzParseKey(f *testing.F) {
	for _, text := range []string{realKey1, realKey2, countingAES, countingKRB5, "AAAAAAAAAAAAAAAA", realKey1[:36], realKey1 + realKey2, "", "="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseKey(text)
		if err != nil {
			require.True(t, k.IsZero())
			return
		}
		require.NotZero(t, k.Type().secretLen())
		back, err := ParseKey(k.Reveal())
		require.NoError(t, err)
		require.True(t, k.Equal(back))
		require.Equal(t, k.Created(), back.Created())
	})
}

func FuzzParseKeyring(f *testing.F) {
	for _, tt := range keyringTests {
		f.Add(substitute(tt.text))
	}
	f.Add([]byte("[client.a]\nkey = \"AQ"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ring, err := ParseKeyring("f", data)
		if err != nil {
			var ke *KeyringError
			require.ErrorAs(t, err, &ke)
			require.Positive(t, ke.Line)
			return
		}
		var out bytes.Buffer
		_, err = ring.WriteTo(&out)
		require.NoError(t, err, "what was read can be written")
		back, err := ParseKeyring("f", out.Bytes())
		require.NoError(t, err)
		require.Equal(t, ring, back)
	})
}

func FuzzHandshake(f *testing.F) {
	clk := newClock()
	for i, typ := range keyTypes {
		mon := newFakeMon(f, typ, clk)
		mon.key = mustKey(f, []string{countingAES, countingKRB5}[i])
		mon.wanted = uint32(DefaultWant)
		f.Add(i == 1, mon.serverChallenge(), mon.done(Key{}, false), uint64(4123), uint32(2))
	}
	f.Add(false, []byte{1, 1, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 1, 0, 0, 0, 0, 1, 255, 255, 255, 255}, uint64(1), uint32(1))
	f.Fuzz(func(t *testing.T, krb5 bool, challenge, done []byte, globalID uint64, mode uint32) {
		text := countingAES
		if krb5 {
			text = countingKRB5
		}
		h, err := NewHandshake(Config{Name: admin, Key: mustKey(t, text), Now: clk.now, Rand: &countingReader{}})
		require.NoError(t, err)
		_, _, _, err = h.Begin()
		require.NoError(t, err)
		if _, err := h.More(challenge); err != nil {
			return
		}
		sessionKey, secret, err := h.Done(globalID, mode, done)
		if err != nil {
			require.Nil(t, sessionKey)
			require.Nil(t, secret)
			return
		}
		s, err := h.Session()
		require.NoError(t, err)
		require.Equal(t, globalID, s.GlobalID())
		require.NotZero(t, s.State().Have(clk.t, denc.EntityAuth)|s.State().Need(clk.t, denc.EntityAuth))
	})
}

// FuzzTickets goes past the seals, to what a monitor itself might write.
func FuzzTickets(f *testing.F) {
	f.Add(true, []byte{1}) // struct_v only
	key := mustKey(f, countingAES)
	good := denc.AppendUTime(key.AppendTo([]byte{1}), denc.UTime{Sec: 3600})
	f.Add(false, good)
	f.Add(true, good)
	f.Fuzz(func(t *testing.T, krb5 bool, plain []byte) {
		text := countingAES
		if krb5 {
			text = countingKRB5
		}
		k := mustKey(t, text)
		sealed, err := k.Seal(nil, UsageTicketSessionKey, plain, &countingReader{})
		require.NoError(t, err)
		inner, err := k.Seal(nil, UsageTicketBlob, plain, &countingReader{})
		require.NoError(t, err)
		for _, tail := range [][]byte{denc.AppendBlob([]byte{0}, plain), denc.AppendBlob([]byte{1}, inner)} {
			b := denc.AppendUint32([]byte{1}, 1)
			b = append(denc.AppendUint32(b, 0x20), 1)
			b = append(denc.AppendBlob(b, sealed), tail...)
			tickets, err := decodeTickets(denc.NewReader(b), k, k, denc.EntityAuth, newClock().t)
			if err != nil {
				require.Nil(t, tickets)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	keys := []Key{mustKey(f, countingAES), mustKey(f, countingKRB5)}
	for i, k := range keys {
		sealed, err := k.Seal(nil, UsageAuthorize, []byte("plaintext"), &countingReader{})
		require.NoError(f, err)
		f.Add(i == 1, uint32(UsageAuthorize), sealed)
	}
	f.Add(false, uint32(0), make([]byte, 16))
	f.Add(true, uint32(0), make([]byte, 40))
	f.Fuzz(func(t *testing.T, krb5 bool, usage uint32, sealed []byte) {
		k := keys[0]
		if krb5 {
			k = keys[1]
		}
		kept := bytes.Clone(sealed)
		plain, err := k.Open(Usage(usage), sealed)
		require.Equal(t, kept, sealed)
		if err != nil {
			require.Nil(t, plain)
			return
		}
		again, err := k.Seal(nil, Usage(usage), plain, &countingReader{})
		require.NoError(t, err)
		back, err := k.Open(Usage(usage), again)
		require.NoError(t, err)
		require.Equal(t, plain, back)
	})
}
