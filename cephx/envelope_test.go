package cephx

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// rfc8009Key is the base key of RFC 8009, appendix A; its usage is 2.
const rfc8009Key = "6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52"

func TestRFC8009KeyDerivation(t *testing.T) {
	key := unhex(t, rfc8009Key)
	require.Equal(t, unhex(t, "56AB22BEE63D82D7BC5227F6773F8EA7A5EB1C825160C38312980C442E5C7E49"), krb5Derive(key, 2, krb5EncKey, 32))
	require.Equal(t, unhex(t, "69B16514E3CD8E56B82010D5C73012B622C4D00FFC23ED1F"), krb5Derive(key, 2, krb5MacKey, 24))
	// Kc, which Ceph has no use for, shows that the kind is what it should be.
	require.Equal(t, unhex(t, "EF5718BE86CC84963D8BBB5031E9F5C4BA41F28FAF69E73D"), krb5Derive(key, 2, 0x99, 24))
}

func TestRFC8009Encryption(t *testing.T) {
	tests := []struct{ name, plain, confounder, sealed string }{
		{"empty", "", "F764E9FA15C276478B2C7D0C4E5F58E4",
			"41F53FA5BFE7026D91FAF9BE959195A0 58707273A96A40F0A01960621AC612748B9BBFBE7EB4CE3C"},
		{"less than a block", "000102030405", "B80D3251C1F6471494256FFE712D0B9A",
			"4ED7B37C2BCAC8F74F23C1CF07E62BC7B75FB3F637B9 F559C7F664F69EAB7B6092237526EA0D1F61CB20D69D10F2"},
		{"one block", "000102030405060708090A0B0C0D0E0F", "53BF8A0D105265D4E276428624CE5E63",
			"BC47FFEC7998EB91E8115CF8D19DAC4BBBE2E163E87DD37F49BECA92027764F6 8CF51F14D798C2273F35DF574D1F932E40C4FF255B36A266"},
		{"more than a block", "000102030405060708090A0B0C0D0E0F1011121314", "763E65367E864F02F55153C7E3B58AF1",
			"40013E2DF58E8751957D2878BCD2D6FE101CCFD556CB1EAE79DB3C3EE86429F2B2A602AC86 FEF6ECB647D6295FAE077A1FEB517508D2C16B4192E01F62"},
	}
	key := unhex(t, rfc8009Key)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plain, sealed := unhex(t, tt.plain), unhex(t, tt.sealed)
			got := krb5Encrypt([]byte("before"), key, 2, [16]byte(unhex(t, tt.confounder)), plain)
			require.Equal(t, append([]byte("before"), sealed...), got)
			back, err := krb5Decrypt(key, 2, sealed)
			require.NoError(t, err)
			require.Equal(t, hex.EncodeToString(plain), hex.EncodeToString(back))
			_, err = krb5Decrypt(key, 3, sealed)
			require.ErrorIs(t, err, ErrWrongKey, "another usage is another key")
			for i := range sealed {
				bad := bytes.Clone(sealed)
				bad[i] ^= 0x40
				_, err = krb5Decrypt(key, 2, bad)
				require.ErrorIs(t, err, ErrWrongKey)
			}
			for n := range sealed {
				_, err = krb5Decrypt(key, 2, sealed[:n])
				require.Error(t, err)
			}
		})
	}
}

func TestCephKRB5Vectors(t *testing.T) {
	// Computed apart from this package, consistent with RFC 8009.
	secret, err := mustKey(t, countingKRB5).secret()
	require.NoError(t, err)
	require.Equal(t, unhex(t, "fbbcdfc9ff76a05446ef4806231051b25535ed240b91066a"), krb5Derive(secret, UsageTicketSessionKey, krb5MacKey, 24))
	require.Equal(t, unhex(t, "d5dd0fc4ecb5792572994ff047adbc347c1abfec2eceec74fc4e69be182d2bed"), krb5Derive(secret, UsageTicketSessionKey, krb5EncKey, 32))
	require.Equal(t, unhex(t, "633434595f96348b138bf095cf0a419bec563d6211c832afd3384554ee8230afef60189ae5a4474cb11395274141598ce006"),
		krb5Encrypt(nil, secret, UsageTicketSessionKey, [16]byte(unhex(t, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")), []byte("hello ceph")))
}

func TestEnvelopeHeadIsWhatCephWrites(t *testing.T) {
	secret, err := mustKey(t, countingAES).secret()
	require.NoError(t, err)
	sealed, err := mustKey(t, countingAES).Seal(nil, 0, []byte("payload"), nil)
	require.NoError(t, err)
	require.Len(t, sealed, 16+16, "nine bytes of head and seven of payload fill a block: padding takes another")
	plain, err := aesDecrypt(secret, sealed)
	require.NoError(t, err)
	require.Equal(t, append(unhex(t, "01 55aa2688ad9c00ff"), "payload"...), plain)
}

func TestSealOpen(t *testing.T) {
	for _, text := range []string{countingAES, countingKRB5} {
		k := mustKey(t, text)
		t.Run(k.Type().String(), func(t *testing.T) {
			for n := range 70 {
				plain := bytes.Repeat([]byte{byte(n)}, n)
				sealed, err := k.Seal([]byte("before"), UsageAuthorize, plain, &countingReader{})
				require.NoError(t, err)
				require.Equal(t, "before", string(sealed[:6]))
				sealed = sealed[6:]
				kept := bytes.Clone(sealed)
				got, err := k.Open(UsageAuthorize, sealed)
				require.NoError(t, err)
				require.True(t, bytes.Equal(plain, got))
				require.Equal(t, kept, sealed, "opening leaves its input alone")
				for i := range sealed {
					_, err := k.Open(UsageAuthorize, sealed[:i])
					if k.Type() == AES && i > 0 && i%16 == 0 {
						continue // whole blocks: CBC has no tag that could tell
					}
					require.Error(t, err)
				}
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	aes, krb5 := mustKey(t, countingAES), mustKey(t, countingKRB5)
	sealed, err := mustKey(t, realKey1).Seal(nil, 0, []byte("for another key, and long enough"), nil)
	require.NoError(t, err)
	_, err = aes.Open(0, sealed)
	require.ErrorIs(t, err, ErrWrongKey)
	_, err = krb5.Open(0, sealed)
	require.ErrorIs(t, err, ErrWrongKey)
	_, err = aes.Open(0, nil)
	require.ErrorIs(t, err, denc.ErrMalformed)
	_, err = aes.Open(0, make([]byte, 17))
	require.ErrorContains(t, err, "17 bytes are no whole AES blocks")
	_, err = krb5.Open(0, make([]byte, 39))
	require.ErrorIs(t, err, denc.ErrShort)

	// The right key and tag, but no magic: what was sealed is no envelope.
	secret, err := krb5.secret()
	require.NoError(t, err)
	_, err = krb5.Open(1, krb5Encrypt(nil, secret, 1, [16]byte{}, make([]byte, 20)))
	require.ErrorIs(t, err, ErrWrongKey)
	require.ErrorContains(t, err, "bad magic")
}

func TestAESPaddingIsTakenAsCephTakesIt(t *testing.T) {
	// The last byte says how much to drop, no more than a block, and nothing else is checked.
	k := mustKey(t, countingAES)
	secret, err := k.secret()
	require.NoError(t, err)
	head := unhex(t, "01 55aa2688ad9c00ff")
	for _, tt := range []struct {
		last byte
		want int
	}{{0, 32}, {1, 31}, {5, 27}, {16, 16}, {17, 16}, {255, 16}} {
		plain := append(bytes.Clone(head), bytes.Repeat([]byte{0xee}, 32-len(head))...)
		plain[31] = tt.last
		sealed := aesEncrypt(nil, secret, plain)[:32] // without the block of proper padding
		got, err := k.Open(0, sealed)
		require.NoError(t, err)
		require.Len(t, got, tt.want-len(head))
	}
}

func BenchmarkSeal(b *testing.B) {
	for _, text := range []string{countingAES, countingKRB5} {
		k := mustKey(b, text)
		b.Run(k.Type().String(), func(b *testing.B) {
			plain, buf, random := make([]byte, 64), make([]byte, 0, 256), &countingReader{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Seal(buf, UsageAuthorize, plain, random); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, text := range []string{countingAES, countingKRB5} {
		k := mustKey(b, text)
		b.Run(k.Type().String(), func(b *testing.B) {
			sealed, err := k.Seal(nil, UsageAuthorize, make([]byte, 64), nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Open(UsageAuthorize, sealed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
