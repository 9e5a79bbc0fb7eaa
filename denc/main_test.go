package denc_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// unhex returns the bytes of hex digits; spaces are for the reader.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// every is all feature bits that matter to an encoder here.
const every = denc.FeaturesAll

// requireEveryPrefixFails decodes each strict prefix of wire, which must be short.
func requireEveryPrefixFails(t *testing.T, wire []byte, decode func(r *denc.Reader)) {
	t.Helper()
	for n := range wire {
		r := denc.NewReader(wire[:n])
		decode(r)
		require.ErrorIs(t, r.Err(), denc.ErrShort, "the first %d of %d bytes", n, len(wire))
		require.Zero(t, r.Remaining())
	}
}
