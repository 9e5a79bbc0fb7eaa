package cephmap

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testFSID is that of the clusters in testdata.
var testFSID = uuid.MustParse("4d2b5b1e-6d1c-4bb1-9d0a-0123456789ab")

// golden returns the files of testdata that match the pattern RELEASE/NAME, by that name.
func golden(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(pattern)))
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	all := make(map[string][]byte)
	for _, f := range files {
		rel, err := filepath.Rel("testdata", f)
		require.NoError(t, err)
		all[filepath.ToSlash(rel)] = readFile(t, f)
	}
	return all
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// companion returns the text that a real program printed of a map in testdata, false when it was not kept.
func companion(t testing.TB, name, ext string) (string, bool) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(strings.TrimSuffix(name, ".bin")+ext)))
	if errors.Is(err, os.ErrNotExist) {
		return "", false
	}
	require.NoError(t, err)
	return string(b), true
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

// requireEveryPrefixFails decodes every strict prefix of b.
func requireEveryPrefixFails(t *testing.T, b []byte, decode func([]byte) error) {
	t.Helper()
	for n := range b {
		err := decode(b[:n])
		require.Error(t, err, "prefix of %d bytes", n)
		require.True(t, errors.Is(err, denc.ErrShort) || errors.Is(err, denc.ErrMalformed), "prefix of %d bytes: %v", n, err)
	}
}

func addr(t testing.TB, s string) denc.EntityAddr {
	t.Helper()
	a, err := denc.ParseEntityAddr(s, denc.AddrAny)
	require.NoError(t, err)
	return a
}

func addrs(t testing.TB, s string) denc.EntityAddrVec {
	t.Helper()
	v, err := denc.ParseEntityAddrVec(s, denc.AddrAny)
	require.NoError(t, err)
	return v
}
