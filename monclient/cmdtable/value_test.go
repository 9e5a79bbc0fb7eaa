package cmdtable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddresses(t *testing.T) {
	good := []string{"10.0.0.1", "10.0.0.1:6789", "v2:10.0.0.1:3300", "::1", "[::1]", "[::1]:6789", "v1:[fd00::1]:6789"}
	nonces := []string{"10.0.0.1:0/42", "10.0.0.1/42", "[::1]:0/42", "[::1/42]"}
	bad := []string{"", "host", "10.0.0", "10.0.0.1:99999", "10.0.0.1:x", "[::1", "10.0.0.1/", "10.0.0.1/x", "10.0.0.1/-1"}
	for _, a := range good {
		require.NoError(t, checkAddress(a, false), a)
		require.NoError(t, checkAddress(a, true), a)
	}
	for _, a := range nonces {
		require.Error(t, checkAddress(a, false), a)
		require.NoError(t, checkAddress(a, true), a)
	}
	for _, a := range bad {
		require.Error(t, checkAddress(a, true), a)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"*", "mon", "mgr", "osd.3", "osd.*", "client.admin", "mds.a.b"} {
		require.NoError(t, checkName(name), name)
	}
	for _, name := range []string{"", "osd", "osd.x", "pool.a", "admin"} {
		require.Error(t, checkName(name), name)
	}
}

func TestOSDs(t *testing.T) {
	arg := &Arg{Name: "id", Type: "CephOsdName"}
	for word, want := range map[string]any{"*": "*", "3": uint64(3), "osd.0": uint64(0), "2147483647": uint64(1<<31 - 1)} {
		v, err := arg.parse(word)
		require.NoError(t, err)
		require.Equal(t, want, v)
	}
	for _, word := range []string{"", "osd.", "osd.x", "mon.3", "-1", "2147483648", "osd.osd.3"} {
		_, err := arg.parse(word)
		require.Error(t, err, word)
	}
}

func TestUUIDs(t *testing.T) {
	const id = "5f5d0a55-1F8A-4a76-a8b0-9d62b8a4f8ab"
	good := []string{id, strings.ReplaceAll(id, "-", ""), "{" + id + "}", "{" + id, "urn:uuid:" + id, "URN:UUID:" + id}
	bad := []string{"", "1234", id[1:], id + "0", "{" + id + "]", "uri:uuid:" + id, strings.Replace(id, "5", "g", 1), strings.Replace(id, "-", "0", 1),
		strings.Replace(id, "a", "\u00e4", 1), strings.Repeat("-", 36), strings.Repeat("@", 32)}
	for _, word := range good {
		require.True(t, isUUID(word), word)
	}
	for _, word := range bad {
		require.False(t, isUUID(word), word)
	}
}

func TestLongIntegers(t *testing.T) {
	arg := &Arg{Name: "n", Type: "CephInt"}
	v, err := arg.parse(strings.Repeat("9", 100))
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("9", 100), v.(interface{ String() string }).String())
	_, err = arg.parse(strings.Repeat("9", 1<<20))
	require.EqualError(t, err, `"9999999999999999"… is no integer`)
}
