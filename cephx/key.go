package cephx

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// KeyType says which algorithm a key is for (CEPH_CRYPTO_* in src/include/ceph_fs.h).
type KeyType uint16

// The key types. Session keys have a type of their own: the algorithm always follows the key in hand.
const (
	AES        KeyType = 1 // AES-128-CBC; every release
	AES256KRB5 KeyType = 2 // aes256-cts-hmac-sha384-192 of RFC 8009; Tentacle and later
)

// keyTypeNone is the type of a key that is not there, in files and on the wire.
const keyTypeNone KeyType = 0

// String returns the name that the ceph tools use: aes, aes256k.
func (t KeyType) String() string {
	switch t {
	case keyTypeNone:
		return "none"
	case AES:
		return "aes"
	case AES256KRB5:
		return "aes256k"
	}
	return fmt.Sprintf("key_type(%d)", uint16(t))
}

// secretLen returns the number of secret bytes that the algorithm of t uses, 0 for an unknown type.
func (t KeyType) secretLen() int {
	switch t {
	case AES:
		return 16
	case AES256KRB5:
		return 32
	}
	return 0
}

// Key is a secret key with its type and time of creation (CryptoKey in src/auth/Crypto.h). It never prints; see Reveal.
// The zero Key is no key. Copies share the secret. A Key is safe for concurrent use, Wipe excepted.
type Key struct{ hidden hidden[keyMaterial] }

// keyMaterial is what a Key hides.
type keyMaterial struct {
	typ     KeyType
	created denc.UTime
	secret  []byte
}

// keyHeaderLen is the length of a key's binary form without its secret.
const keyHeaderLen = 2 + 8 + 2

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// errKeyNone is how decoding reports the key that is not there: type none without a secret.
var errKeyNone = fmt.Errorf("%w of type none", ErrNoKey)

// ParseKey parses the text form of a key, base64, as keyring files and the option "key" have it. White space
// around it is ignored.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}, fmt.Errorf("%w: empty", ErrInvalidKey)
	}
	// Strict and without line breaks inside: what a real key never has is more likely a paste that went wrong.
	if i := strings.IndexAny(text, " \t\r\n"); i >= 0 {
		return Key{}, fmt.Errorf("%w: white space at character %d", ErrInvalidKey, i)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	defer clear(raw)
	if err != nil {
		var at base64.CorruptInputError
		errors.As(err, &at)
		if digits := strings.TrimRight(text, "="); len(text)%4 != 0 && strings.Trim(digits, base64Digits) == "" {
			return Key{}, fmt.Errorf("%w: bad base64: truncated at character %d", ErrInvalidKey, len(text))
		}
		return Key{}, fmt.Errorf("%w: bad base64 at character %d", ErrInvalidKey, int64(at))
	}
	r := denc.NewReader(raw)
	k, err := decodeKey(r)
	switch {
	case err != nil:
		return Key{}, err
	case r.Remaining() > 0:
		return Key{}, fmt.Errorf("%w: %d bytes after its end", ErrInvalidKey, r.Remaining())
	}
	return k, nil
}

// GenerateKey makes a new key of type t, created at now. A nil rand is crypto/rand.
func GenerateKey(t KeyType, now time.Time, rand io.Reader) (Key, error) {
	n := t.secretLen()
	if n == 0 {
		return Key{}, fmt.Errorf("%w: %w %v", ErrInvalidKey, ErrKeyType, t)
	}
	secret := make([]byte, n)
	if err := readRandom(rand, secret); err != nil {
		return Key{}, err
	}
	return Key{hide(keyMaterial{t, denc.FromTime(now), secret})}, nil
}

// Reveal returns the text form of k: the secret, in base64. Its name is there to be searched for.
func (k Key) Reveal() string {
	m := k.hidden.get()
	if m == nil {
		return ""
	}
	raw := k.AppendTo(make([]byte, 0, keyHeaderLen+len(m.secret)))
	defer clear(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.hidden.get() == nil }

// Type returns the type of k, or 0 if k is no key.
func (k Key) Type() KeyType {
	if m := k.hidden.get(); m != nil {
		return m.typ
	}
	return keyTypeNone
}

// Created returns when k was made.
func (k Key) Created() time.Time {
	if m := k.hidden.get(); m != nil {
		return m.created.Time()
	}
	return time.Time{}
}

// Equal reports in constant time whether k and other are the same key: type and secret.
func (k Key) Equal(other Key) bool {
	m, n := k.hidden.get(), other.hidden.get()
	if m == nil || n == nil {
		return m == n
	}
	return m.typ == n.typ && subtle.ConstantTimeCompare(m.secret, n.secret) == 1
}

// Wipe overwrites the secret of k and of all its copies, which are useless afterwards: sealing and opening fail. No
// one else may be using any of them.
func (k Key) Wipe() {
	if m := k.hidden.get(); m != nil {
		clear(m.secret)
		m.secret = nil
	}
}

// secret returns the bytes of k's secret, or an error if they are gone.
func (k Key) secret() ([]byte, error) {
	if m := k.hidden.get(); m != nil && len(m.secret) > 0 {
		return m.secret, nil
	}
	return nil, ErrNoKey
}

// AppendTo appends the binary form of k, secret included. No key encodes as type none without a secret.
func (k Key) AppendTo(b []byte) []byte {
	m := k.hidden.get()
	if m == nil {
		m = &keyMaterial{}
	}
	b = denc.AppendUint16(b, uint16(m.typ))
	b = m.created.AppendTo(b)
	b = denc.AppendUint16(b, uint16(len(m.secret)))
	return append(b, m.secret...)
}

// DecodeFrom reads the binary form of a key.
func (k *Key) DecodeFrom(r *denc.Reader) {
	decoded, err := decodeKey(r)
	if err != nil {
		*k = Key{}
		r.Fail("CryptoKey", "%v", err) // keeps the Reader's own error if there is one
		return
	}
	*k = decoded
}

// decodeKey reads the binary form of a key. Its errors are of the kind ErrInvalidKey, ErrKeyType or errKeyNone, and
// hold numbers only.
func decodeKey(r *denc.Reader) (Key, error) {
	have := r.Remaining()
	if r.Err() == nil && have < keyHeaderLen {
		r.Bytes(keyHeaderLen, "CryptoKey")
		return Key{}, fmt.Errorf("%w: truncated: %d bytes, want at least %d", ErrInvalidKey, have, keyHeaderLen)
	}
	m := keyMaterial{typ: KeyType(r.Uint16("CryptoKey.type"))}
	m.created = r.UTime("CryptoKey.created")
	n := int(r.Uint16("CryptoKey.secret_len"))
	if err := r.Err(); err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	if m.typ == keyTypeNone && n == 0 {
		return Key{}, errKeyNone
	}
	want := m.typ.secretLen()
	switch {
	case want == 0:
		return Key{}, fmt.Errorf("%w: %w %d", ErrInvalidKey, ErrKeyType, uint16(m.typ))
	case n < want:
		return Key{}, fmt.Errorf("%w: secret too short: %d bytes, type %v needs %d", ErrInvalidKey, n, m.typ, want)
	case n > r.Remaining():
		have = r.Remaining()
		r.Bytes(n, "CryptoKey.secret")
		return Key{}, fmt.Errorf("%w: truncated: %d of %d secret bytes", ErrInvalidKey, have, n)
	}
	m.secret = append([]byte(nil), r.Bytes(n, "CryptoKey.secret")...)
	return Key{hide(m)}, nil
}
