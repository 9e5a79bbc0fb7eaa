package cephmap

// Cipher is a type of cephx keys, as the monmap of a 20.2 cluster names it (CEPH_CRYPTO_* in
// src/include/ceph_fs.h). What to do with keys is the business of package cephx.
type Cipher int32

// The ciphers.
const (
	CipherNone    Cipher = 0
	CipherAES     Cipher = 1
	CipherAES256K Cipher = 2
)

// String returns the name that mon dump prints, ??? for a cipher without one.
func (c Cipher) String() string {
	switch c {
	case CipherNone:
		return "none"
	case CipherAES:
		return "aes"
	case CipherAES256K:
		return "aes256k"
	}
	return "???"
}
