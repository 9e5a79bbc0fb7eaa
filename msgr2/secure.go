package msgr2

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sizes of the secure mode (src/msg/async/crypto_onwire.cc): AES-128-GCM, no additional data.
const (
	gcmBlock  = 16
	gcmTag    = 16
	gcmNonce  = 12
	inlineLen = 48 // of the first segment, sealed together with the preamble in revision 1

	secretKeyLen = 16
	secretLen    = secretKeyLen + 2*gcmNonce // what is used of the 64 bytes
)

var errNoncesUsedUp = errors.New("msgr2: the nonces of this connection are used up")

// gcmNonces yields the nonces of one direction: u32 fixed, u64 counter, little-endian. Revision 1 counts in the
// counter, revision 0 in the fixed part.
type gcmNonces struct {
	rev1    bool
	next    [gcmNonce]byte
	initial [gcmNonce]byte
	used    bool
}

func (g *gcmNonces) advance() {
	g.used = true
	if g.rev1 {
		binary.LittleEndian.PutUint64(g.next[4:], binary.LittleEndian.Uint64(g.next[4:])+1)
	} else {
		binary.LittleEndian.PutUint32(g.next[:], binary.LittleEndian.Uint32(g.next[:])+1)
	}
}

// exhausted reports whether the next nonce would be the first one again.
func (g *gcmNonces) exhausted() bool { return g.used && g.next == g.initial }

// secureFraming is one direction of the secure mode.
type secureFraming struct {
	rev1   bool
	block  cipher.Block
	aead   cipher.AEAD
	nonces gcmNonces
	head   [preambleLen + inlineLen + gcmTag]byte   // of the opener
	ctr    struct{ counter, stream [gcmBlock]byte } // of decryptPreamble, here so that it does not allocate
}

// newSecureFraming returns both directions from the connection secret: a key, the client's receive nonce, the client's
// send nonce.
func newSecureFraming(secret []byte, rev1, client bool) (seal, open *secureFraming, err error) {
	if len(secret) < secretLen {
		return nil, nil, fmt.Errorf("%w: secure mode with a connection secret of %d bytes, want %d", ErrMode, len(secret), secretLen)
	}
	block, err := aes.NewCipher(secret[:secretKeyLen])
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, err
	}
	direction := func(nonce []byte) *secureFraming {
		s := &secureFraming{rev1: rev1, block: block, aead: aead}
		s.nonces.rev1 = rev1
		copy(s.nonces.initial[:], nonce)
		s.nonces.next = s.nonces.initial
		return s
	}
	a := direction(secret[secretKeyLen:][:gcmNonce])
	b := direction(secret[secretKeyLen+gcmNonce:][:gcmNonce])
	if client {
		return b, a, nil
	}
	return a, b, nil
}

// sealPart encrypts the n bytes at b[from:] where they are; the gcmTag bytes behind them receive the tag.
func (s *secureFraming) sealPart(b []byte, from, n int) error {
	if s.nonces.exhausted() {
		return errNoncesUsedUp
	}
	s.aead.Seal(b[from:from], s.nonces.next[:], b[from:from+n], nil)
	s.nonces.advance()
	return nil
}

// openPart checks and decrypts b, which ends with a tag, and returns the plaintext in the same memory.
func (s *secureFraming) openPart(b []byte) ([]byte, error) {
	plain, err := s.aead.Open(b[:0], s.nonces.next[:], b, nil)
	if err != nil {
		return nil, frameErrorf("the GCM tag does not match")
	}
	s.nonces.advance()
	return plain, nil
}

// seal implements sealer.
func (s *secureFraming) seal(dst []byte, t tag, segs []segment) ([]byte, error) {
	if s.rev1 {
		return s.seal1(dst, t, segs)
	}
	return s.seal0(dst, t, segs)
}

// seal1 seals up to three parts, each with its own nonce: the preamble with the first inlineLen bytes of the first
// segment, what is left of that segment, and the other segments with the epilogue. The plaintext is laid out first,
// with room for the tags, because the preamble needs all lengths.
func (s *secureFraming) seal1(dst []byte, t tag, segs []segment) ([]byte, error) {
	var lens [maxSegments]int
	start := len(dst)
	dst = appendPreamble(dst)
	seg0 := len(dst)
	dst = segs[0].appendTo(dst)
	lens[0] = len(dst) - seg0

	head := preambleLen + inlineLen
	var rest int // where the second part starts
	if lens[0] <= inlineLen {
		dst = appendZeros(appendZeros(dst, inlineLen-lens[0]), gcmTag)
		rest = len(dst)
	} else {
		rest = start + head + gcmTag
		dst = appendZeros(dst, gcmTag)
		copy(dst[rest:], dst[start+head:len(dst)-gcmTag])
		dst = appendZeros(appendZeros(dst, padded(lens[0])-lens[0]), gcmTag)
	}
	body := len(dst)
	dst, n := appendPadded(dst, segs, &lens)
	if n > 1 {
		dst = append(dst, lateStatusComplete)
		dst = appendZeros(appendZeros(dst, epilogueSecureLen-1), gcmTag)
	} else {
		dst = dst[:body]
	}
	fillPreamble(dst[start:start+preambleLen], t, lens[:n])

	err := s.sealPart(dst, start, head)
	if err == nil && rest < body {
		err = s.sealPart(dst, rest, body-gcmTag-rest)
	}
	if err == nil && n > 1 {
		err = s.sealPart(dst, body, len(dst)-gcmTag-body)
	}
	return dst, err
}

// appendPadded appends the segments after the first, padded, notes their lengths, and returns how many segments the
// frame has without empty ones at its end.
func appendPadded(dst []byte, segs []segment, lens *[maxSegments]int) (out []byte, n int) {
	n = 1
	for i := 1; i < len(segs); i++ {
		from := len(dst)
		dst = segs[i].appendTo(dst)
		if lens[i] = len(dst) - from; lens[i] > 0 {
			n = i + 1
		}
		dst = appendZeros(dst, padded(lens[i])-lens[i])
	}
	return dst, n
}

// seal0 seals the whole frame as one part.
func (s *secureFraming) seal0(dst []byte, t tag, segs []segment) ([]byte, error) {
	var lens [maxSegments]int
	start := len(dst)
	dst = appendPreamble(dst)
	from := len(dst)
	dst = segs[0].appendTo(dst)
	lens[0] = len(dst) - from
	dst = appendZeros(dst, padded(lens[0])-lens[0])
	dst, n := appendPadded(dst, segs, &lens)
	dst = appendZeros(dst, epilogueSecureLen) // late_flags 0: not aborted
	fillPreamble(dst[start:start+preambleLen], t, lens[:n])
	dst = appendZeros(dst, gcmTag)
	return dst, s.sealPart(dst, start, len(dst)-gcmTag-start)
}

// open implements opener.
func (s *secureFraming) open(r io.Reader, f *frame, limit int) error {
	for {
		var (
			aborted bool
			err     error
		)
		if s.rev1 {
			aborted, err = s.open1(r, f, limit)
		} else {
			aborted, err = s.open0(r, f, limit)
		}
		if err != nil || !aborted {
			return err
		}
	}
}

func (s *secureFraming) open1(r io.Reader, f *frame, limit int) (aborted bool, err error) {
	if _, err := io.ReadFull(r, s.head[:]); err != nil {
		return false, err
	}
	head, err := s.openPart(s.head[:])
	if err != nil {
		return false, err
	}
	pre, err := parsePreamble(head[:preambleLen], limit)
	if err != nil {
		return false, err
	}
	f.tag, f.n, f.segs = pre.tag, pre.n, [maxSegments][]byte{}
	f.seg0 = append(f.seg0[:0], head[preambleLen:]...)
	if pre.lens[0] > inlineLen {
		if f.seg0, err = readInto(r, f.seg0, padded(pre.lens[0])-inlineLen+gcmTag); err != nil {
			return false, err
		}
		if _, err := s.openPart(f.seg0[inlineLen:]); err != nil {
			return false, err
		}
	}
	f.segs[0] = f.seg0[:pre.lens[0]:pre.lens[0]]
	if pre.n == 1 {
		return false, nil
	}
	if f.body, err = readInto(r, f.body[:0], paddedSum(pre.lens[1:pre.n])+epilogueSecureLen+gcmTag); err != nil {
		return false, err
	}
	body, err := s.openPart(f.body)
	if err != nil {
		return false, err
	}
	body = splitPadded(f, body, 1, pre)
	return checkLateStatus(pre.tag, body[0])
}

// open0 has to know the length of the frame before it can check the tag at its end, so it decrypts the preamble alone
// first; nothing but the length is used of that before the tag has been checked.
func (s *secureFraming) open0(r io.Reader, f *frame, limit int) (aborted bool, err error) {
	sealed := s.head[:preambleLen]
	if _, err := io.ReadFull(r, sealed); err != nil {
		return false, err
	}
	f.body = append(f.body[:0], sealed...)
	s.decryptPreamble(sealed)
	pre, err := parsePreamble(sealed, limit)
	if err != nil {
		return false, err
	}
	if f.body, err = readInto(r, f.body, paddedSum(pre.lens[:pre.n])+epilogueSecureLen+gcmTag); err != nil {
		return false, err
	}
	body, err := s.openPart(f.body)
	if err != nil {
		return false, err
	}
	f.tag, f.n, f.segs = pre.tag, pre.n, [maxSegments][]byte{}
	body = splitPadded(f, body[preambleLen:], 0, pre)
	return body[0]&lateFlagAborted != 0, nil
}

// decryptPreamble decrypts the first bytes of a GCM ciphertext without its tag: GCM is counter mode that starts at
// block 2.
func (s *secureFraming) decryptPreamble(p []byte) {
	counter, stream := s.ctr.counter[:], s.ctr.stream[:]
	copy(counter, s.nonces.next[:])
	for i := range preambleLen / gcmBlock {
		binary.BigEndian.PutUint32(counter[gcmNonce:], uint32(2+i))
		s.block.Encrypt(stream, counter)
		for j := range stream {
			p[i*gcmBlock+j] ^= stream[j]
		}
	}
}

func paddedSum(lens []int) int {
	sum := 0
	for _, n := range lens {
		sum += padded(n)
	}
	return sum
}

// splitPadded points the segments from the given one on into body, and returns what follows them.
func splitPadded(f *frame, body []byte, from int, pre preamble) []byte {
	for i := from; i < pre.n; i++ {
		n := pre.lens[i]
		f.segs[i] = body[:n:n]
		if i == pre.n-1 { // the room behind it, of what has been checked, is its own
			f.segs[i] = body[:n]
		}
		body = body[padded(pre.lens[i]):]
	}
	return body
}
