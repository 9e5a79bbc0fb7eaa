package cephx

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Throwaway keys, made for these tests by `ceph-authtool --gen-print-key` of 16.2.15.
const (
	realKey1 = "AQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ=="
	realKey2 = "AQA77ANr5ASWOxAAn7J3hELsD55HyztWQI3fgw=="
)

// The keys of the known vectors: secrets 00..0f and 00..1f.
const (
	countingAES  = "AQAAAAAAAAAAABAAAAECAwQFBgcICQoLDA0ODw=="
	countingKRB5 = "AgABAAAAAAAAACAAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

var admin = denc.EntityName{Type: denc.EntityClient, ID: "admin"}

func mustKey(t testing.TB, text string) Key {
	t.Helper()
	k, err := ParseKey(text)
	require.NoError(t, err)
	return k
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

// countingReader is a deterministic source of randomness: little-endian counts.
type countingReader struct{ n uint64 }

func (r *countingReader) Read(b []byte) (int, error) {
	for i := range b {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], r.n/8+1)
		b[i] = word[r.n%8]
		r.n++
	}
	return len(b), nil
}

// fixedReader hands out known bytes.
type fixedReader []byte

func (r fixedReader) Read(b []byte) (int, error) { return copy(b, r), nil }

// clock is a clock that stands where the test puts it.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }
