package cephx

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/libmonclient/libmonclient/denc"
)

// Usage is the purpose of an envelope. AES256KRB5 derives other keys for every usage; AES ignores it
// (src/auth/Auth.h, CephXKeyUsages).
type Usage uint32

// The usages.
const (
	UsageConnectionSecret   Usage = 0x03 // connection secret, under the AUTH session key
	UsageTicketSessionKey   Usage = 0x04 // CephXServiceTicket
	UsageTicketBlob         Usage = 0x05 // reissued AUTH ticket, under the old AUTH session key
	UsageAuthorize          Usage = 0x10 // CephXAuthorize
	UsageAuthorizeChallenge Usage = 0x11 // a service's challenge
	UsageAuthorizeReply     Usage = 0x12 // a service's answer to an authorizer
	UsageTicketInfo         Usage = 0x30 // inside the opaque ticket, for the service's eyes
)

// The head of every envelope's plaintext: u8 version, u64 magic (AUTH_ENC_MAGIC in src/auth/cephx/CephxProtocol.h).
const (
	envelopeVersion = 1
	envelopeMagic   = 0xff009cad8826aa55
	envelopeHeadLen = 1 + 8
)

// Seal appends to dst the envelope of plaintext under k. A nil rand is crypto/rand; AES takes nothing from it.
func (k Key) Seal(dst []byte, usage Usage, plaintext []byte, rand io.Reader) ([]byte, error) {
	secret, err := k.secret()
	if err != nil {
		return nil, fmt.Errorf("cephx: seal: %w", err)
	}
	head := [envelopeHeadLen]byte{envelopeVersion}
	binary.LittleEndian.PutUint64(head[1:], envelopeMagic)
	switch k.Type() {
	case AES:
		return aesEncrypt(dst, secret, head[:], plaintext), nil
	default:
		var confounder [krb5ConfounderLen]byte
		if err := readRandom(rand, confounder[:]); err != nil {
			return nil, err
		}
		return krb5Encrypt(dst, secret, usage, confounder, head[:], plaintext), nil
	}
}

// Open returns the plaintext of an envelope that was sealed under k, in memory of its own. An error that wraps
// ErrWrongKey says that it was sealed under another key or for another usage, or that it was damaged.
func (k Key) Open(usage Usage, sealed []byte) ([]byte, error) {
	secret, err := k.secret()
	if err != nil {
		return nil, fmt.Errorf("cephx: open: %w", err)
	}
	var plain []byte
	switch k.Type() {
	case AES:
		plain, err = aesDecrypt(secret, sealed)
	default:
		plain, err = krb5Decrypt(secret, usage, sealed)
	}
	if err != nil {
		return nil, fmt.Errorf("cephx: open: %w", err)
	}
	// The version is not looked at; nor does Ceph.
	if len(plain) < envelopeHeadLen || binary.LittleEndian.Uint64(plain[1:]) != envelopeMagic {
		clear(plain)
		return nil, fmt.Errorf("cephx: open: %w: bad magic", ErrWrongKey)
	}
	return plain[envelopeHeadLen:], nil
}

// appendSealed appends the envelope of plaintext as a length-prefixed blob.
func (k Key) appendSealed(b []byte, usage Usage, plaintext []byte, rand io.Reader) ([]byte, error) {
	sealed, err := k.Seal(nil, usage, plaintext, rand)
	if err != nil {
		return nil, err
	}
	return denc.AppendBlob(b, sealed), nil
}

// openBlob reads a length-prefixed envelope from r and opens it. The caller clears the result when done with it.
func (k Key) openBlob(r *denc.Reader, usage Usage, field string) ([]byte, error) {
	sealed := r.Blob(field)
	if err := r.Err(); err != nil {
		return nil, err
	}
	plain, err := k.Open(usage, sealed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	return plain, nil
}
