package msgr2

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"hash/crc32"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// BenchmarkFrame has the frame codec of either mode (codec) beside what of it the standard library does (limit): the crc32c,
// or AES-GCM in place, of as many bytes, in memory that is there. Decoding, both read them from the same reader, because
// that copy is the kernel's. Both run one after the other, so that they meet the same machine. bench/report makes a ratio of
// the two.
func BenchmarkFrame(b *testing.B) {
	for _, mode := range []string{"crc", "secure"} {
		for _, direction := range []string{"encode", "decode"} {
			for _, size := range []int{4 << 10, 64 << 10, 1 << 20} {
				name := fmt.Sprintf("%s/%s/%d/", mode, direction, size)
				b.Run(name+"codec", func(b *testing.B) {
					if direction == "encode" {
						benchmarkSeal(b, mode, size)
					} else {
						benchmarkOpen(b, mode, size)
					}
				})
				b.Run(name+"limit", func(b *testing.B) { benchmarkLimit(b, mode, direction, size) })
			}
		}
	}
}

func benchmarkSeal(b *testing.B, mode string, size int) {
	seal, _ := framings(b)[mode+"/rev1"]()
	segs := messageSegments(size)
	var large []apart
	if f, is := seal.(*crcFraming); is {
		f.apart = &large // as in a Conn
	}
	buf, err := seal.seal(nil, tagMessage, segs)
	require.NoError(b, err)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		large = large[:0]
		if buf, err = seal.seal(buf[:0], tagMessage, segs); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkOpen(b *testing.B, mode string, size int) {
	seal, open := framings(b)[mode+"/rev1"]()
	wire, err := seal.seal(nil, tagMessage, messageSegments(size))
	require.NoError(b, err)
	r := &loopReader{b: wire}
	var f frame
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if s, is := open.(*secureFraming); is {
			s.nonces.next = s.nonces.initial // the same frame again
		}
		if err := open.open(r, &f, 8<<20); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkLimit(b *testing.B, mode, direction string, size int) {
	buf := bytes.Repeat([]byte{2}, size)
	pass := func() error {
		crc32.Update(0, castagnoli, buf)
		return nil
	}
	if mode == "secure" {
		block, err := aes.NewCipher(make([]byte, secretKeyLen))
		require.NoError(b, err)
		aead, err := cipher.NewGCM(block)
		require.NoError(b, err)
		nonce := make([]byte, gcmNonce)
		buf = aead.Seal(nil, nonce, buf, nil)
		pass = func() error {
			aead.Seal(buf[:0], nonce, buf[:size], nil)
			return nil
		}
		if direction == "decode" {
			pass = func() error {
				_, err := aead.Open(buf[:0], nonce, buf, nil)
				return err
			}
		}
	}
	r := &loopReader{b: bytes.Clone(buf)}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if direction == "decode" {
			if _, err := io.ReadFull(r, buf); err != nil {
				b.Fatal(err)
			}
		}
		if err := pass(); err != nil {
			b.Fatal(err)
		}
	}
}
