package cephx

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

// readRandom fills b from rand, or from crypto/rand if that is nil.
func readRandom(rand io.Reader, b []byte) error {
	if rand == nil {
		rand = cryptorand.Reader
	}
	if _, err := io.ReadFull(rand, b); err != nil {
		return fmt.Errorf("cephx: read random bytes: %w", err)
	}
	return nil
}

// randomUint64 returns a random number.
func randomUint64(rand io.Reader) (uint64, error) {
	var b [8]byte
	err := readRandom(rand, b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}
