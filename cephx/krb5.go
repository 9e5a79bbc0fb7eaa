package cephx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// The encryption type aes256-cts-hmac-sha384-192 of RFC 8009, with a zero cipher state.
const (
	krb5ConfounderLen = aes.BlockSize
	krb5TagLen        = 24 // the first 192 bits of an HMAC-SHA384
	krb5EncKeyLen     = 32
	krb5MacKeyLen     = 24
	krb5MinLen        = krb5ConfounderLen + krb5TagLen
)

// The last octet of the derivation constant of RFC 8009, section 5.
const (
	krb5EncKey byte = 0xaa // Ke
	krb5MacKey byte = 0x55 // Ki
)

// krb5Derive returns the first n bytes of the key that secret yields for a usage and a kind (RFC 8009, section 3).
func krb5Derive(secret []byte, usage Usage, kind byte, n int) []byte {
	var in [4 + 4 + 1 + 1 + 4]byte
	binary.BigEndian.PutUint32(in[0:], 1)
	binary.BigEndian.PutUint32(in[4:], uint32(usage))
	in[8] = kind
	binary.BigEndian.PutUint32(in[10:], uint32(n)*8)
	mac := hmac.New(sha512.New384, secret)
	mac.Write(in[:])
	return mac.Sum(nil)[:n]
}

// krb5Tag returns the integrity tag of ciphertext: over the cipher state, which is zero, and the ciphertext.
func krb5Tag(secret []byte, usage Usage, ciphertext []byte) []byte {
	ki := krb5Derive(secret, usage, krb5MacKey, krb5MacKeyLen)
	defer clear(ki)
	mac := hmac.New(sha512.New384, ki)
	mac.Write(make([]byte, aes.BlockSize))
	mac.Write(ciphertext)
	return mac.Sum(nil)[:krb5TagLen]
}

// krb5Encrypt appends the ciphertext and the tag of the confounder and the concatenated parts.
func krb5Encrypt(dst, secret []byte, usage Usage, confounder [krb5ConfounderLen]byte, parts ...[]byte) []byte {
	start := len(dst)
	dst = append(dst, confounder[:]...)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	ke := krb5Derive(secret, usage, krb5EncKey, krb5EncKeyLen)
	defer clear(ke)
	dst = ctsEncrypt(dst, start, ke)
	return append(dst, krb5Tag(secret, usage, dst[start:])...)
}

// krb5Decrypt checks the tag and undoes krb5Encrypt, without the confounder.
func krb5Decrypt(secret []byte, usage Usage, sealed []byte) ([]byte, error) {
	if len(sealed) < krb5MinLen {
		return nil, fmt.Errorf("%w: envelope of %d bytes, want at least %d", denc.ErrShort, len(sealed), krb5MinLen)
	}
	ciphertext, tag := sealed[:len(sealed)-krb5TagLen], sealed[len(sealed)-krb5TagLen:]
	if !hmac.Equal(tag, krb5Tag(secret, usage, ciphertext)) {
		return nil, fmt.Errorf("%w: bad integrity tag", ErrWrongKey)
	}
	ke := krb5Derive(secret, usage, krb5EncKey, krb5EncKeyLen)
	defer clear(ke)
	return ctsDecrypt(ke, ciphertext)[krb5ConfounderLen:], nil
}

// ctsEncrypt encrypts buf[start:], at least one block, in place with AES-CBC, a zero initial vector and ciphertext
// stealing in the variant CS3: the last two blocks change places, and the shorter one of them loses its end.
func ctsEncrypt(buf []byte, start int, key []byte) []byte {
	n := len(buf) - start
	pad := -n & (aes.BlockSize - 1)
	buf = append(buf, make([]byte, pad)...)
	b := buf[start:]
	cipher.NewCBCEncrypter(aesBlock(key), make([]byte, aes.BlockSize)).CryptBlocks(b, b)
	swapLastBlocks(b)
	return buf[:start+n]
}

// ctsDecrypt returns what ctsEncrypt made ciphertext, at least one block, of.
func ctsDecrypt(key, ciphertext []byte) []byte {
	n := len(ciphertext)
	pad := -n & (aes.BlockSize - 1)
	b := append(make([]byte, 0, n+pad), ciphertext...)
	block := aesBlock(key)
	if pad > 0 {
		// The stolen end of the shortened block is the end of the other one's decryption, where the padding was zero.
		var d [aes.BlockSize]byte
		last := n - n%aes.BlockSize
		block.Decrypt(d[:], b[last-aes.BlockSize:last])
		b = append(b, d[aes.BlockSize-pad:]...)
	}
	swapLastBlocks(b)
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(b, b)
	return b[:n]
}

// swapLastBlocks exchanges the last two blocks of b, if there are two.
func swapLastBlocks(b []byte) {
	if len(b) < 2*aes.BlockSize {
		return
	}
	var tmp [aes.BlockSize]byte
	p, q := b[len(b)-2*aes.BlockSize:len(b)-aes.BlockSize], b[len(b)-aes.BlockSize:]
	copy(tmp[:], p)
	copy(p, q)
	copy(q, tmp[:])
}
