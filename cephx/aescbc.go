package cephx

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// aesIV is the fixed initial vector (CEPH_AES_IV in src/include/ceph_fs.h).
const aesIV = "cephsageyudagreg"

// aesEncrypt appends the AES-128-CBC ciphertext of the concatenated parts with PKCS #7 padding.
func aesEncrypt(dst, secret []byte, parts ...[]byte) []byte {
	start := len(dst)
	dst = append(dst, bytes.Join(parts, nil)...)
	pad := aes.BlockSize - (len(dst)-start)%aes.BlockSize
	for range pad {
		dst = append(dst, byte(pad))
	}
	cipher.NewCBCEncrypter(aesBlock(secret[:16]), []byte(aesIV)).CryptBlocks(dst[start:], dst[start:])
	return dst
}

// aesDecrypt undoes aesEncrypt. Like Ceph (CryptoAESKeyHandler in src/auth/Crypto.cc) it takes the last byte for the
// length of the padding, at most one block, and looks no further: the magic of the envelope is the check.
func aesDecrypt(secret, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes are no whole AES blocks", denc.ErrMalformed, len(sealed))
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(aesBlock(secret[:16]), []byte(aesIV)).CryptBlocks(plain, sealed)
	return plain[:len(plain)-min(int(plain[len(plain)-1]), aes.BlockSize)], nil
}

// aesBlock returns the cipher for a key of 16 or 32 bytes.
func aesBlock(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the length of the key, which the callers fix
	}
	return block
}
