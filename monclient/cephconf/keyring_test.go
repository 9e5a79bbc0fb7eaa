package cephconf

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
)

func newKey(t *testing.T) cephx.Key {
	t.Helper()
	key, err := cephx.GenerateKey(cephx.AES, time.Unix(1700000000, 0), nil)
	require.NoError(t, err)
	return key
}

// options splits --option=value --option=value.
func options(args string) map[string]string {
	m := make(map[string]string)
	for a := range strings.SplitSeq(args, "--") {
		if option, value, ok := strings.Cut(a, "="); ok {
			m[option] = value
		}
	}
	return m
}

func TestKeySource(t *testing.T) {
	files := map[string]string{"/kf": "x", "/etc/ceph/keyring": "", "/etc/ceph/ceph.client.admin.keyring": "x", "/k2": "x", "b c": "x"}
	tests := []struct {
		name, args string
		drop       string
		kind       KeyKind
		path       string
		source     string
	}{
		{"default list", "", "", KeyringFile, "/etc/ceph/ceph.client.admin.keyring", "default"},
		{"first that opens, even if empty", "", "/etc/ceph/ceph.client.admin.keyring", KeyringFile, "/etc/ceph/keyring", "default"},
		{"list", "--keyring=/k1;,/k2", "", KeyringFile, "/k2", "override"},
		{"blanks inside a path", "--keyring= a, b c ", "", KeyringFile, "b c", "override"},
		{"keyfile before keyring", "--keyfile=/kf", "", KeyFile, "/kf", "override"},
		{"key before keyfile", "--keyfile=/kf--key=AQ==", "", KeyText, "", "override"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &host{files: map[string]string{}}
			for path, data := range files {
				if path != tt.drop {
					h.files[path] = data
				}
			}
			c := New(h.system())
			for option, value := range options(tt.args) {
				require.NoError(t, c.Set(option, value))
			}
			src, err := c.KeySource()
			require.NoError(t, err)
			require.Equal(t, tt.kind, src.Kind)
			require.Equal(t, tt.path, src.Path)
			require.Equal(t, tt.source, src.Source.String())
			require.Equal(t, tt.kind == KeyText, src.Text.Reveal() == "AQ==")
		})
	}
}

func TestNoKeyring(t *testing.T) {
	h := &host{errs: map[string]error{"/etc/ceph/ceph.keyring": fs.ErrPermission}}
	c := New(h.system())
	_, err := c.KeySource()
	require.ErrorIs(t, err, ErrNoKeyring)
	require.ErrorIs(t, err, fs.ErrPermission)
	none, ok := errors.AsType[*NoKeyringError](err)
	require.True(t, ok)
	require.Len(t, none.Tried, 4)
	require.EqualError(t, err, "cephconf: no keyring: keyring (default): /etc/ceph/ceph.client.admin.keyring: file does not exist, "+
		"/etc/ceph/ceph.keyring: permission denied, /etc/ceph/keyring: file does not exist, /etc/ceph/keyring.bin: file does not exist")

	require.NoError(t, c.Set("keyring", ""))
	require.EqualError(t, second(c.KeySource()), "cephconf: no keyring: keyring (override): the list of paths is empty")
	require.NoError(t, c.Set("keyfile", "/x/$id"))
	require.EqualError(t, second(c.KeySource()), "cephconf: no keyring: keyfile (override): /x/admin: file does not exist")
	require.NoError(t, c.Set("keyfile", "$keyfile"))
	require.ErrorIs(t, second(c.KeySource()), ErrLoop)
	require.NoError(t, c.Set("keyfile", ""))
	require.NoError(t, c.Set("keyring", "$keyring"))
	require.ErrorIs(t, second(c.LoadKey()), ErrLoop)
}

func TestLoadKey(t *testing.T) {
	key := newKey(t)
	h := &host{files: map[string]string{
		"/ring":  fmt.Sprintf("[client.admin]\n\tkey = %s\n[client.other]\n\tkey = %s\n", key.Reveal(), newKey(t).Reveal()),
		"/file":  key.Reveal() + "\n",
		"/short": key.Reveal()[:20] + "\n",
		"/torn":  fmt.Sprintf("[client.admin]\n\tkey = %s\n", key.Reveal()[:20]),
		"/empty": "",
	}}
	load := func(option, value string) (cephx.Key, error) {
		c := New(h.system())
		require.NoError(t, c.Set(option, value))
		return c.LoadKey()
	}
	for _, o := range [][2]string{{"key", key.Reveal()}, {"key", " " + key.Reveal() + "\n"}, {"keyfile", "/file"}, {"keyring", "/none,/ring"}} {
		got, err := load(o[0], o[1])
		require.NoError(t, err)
		require.True(t, key.Equal(got))
	}

	for _, tt := range []struct {
		option, value string
		is            error
		contains      string
	}{
		{"key", key.Reveal()[:20], cephx.ErrInvalidKey, "cephconf: key (override): invalid value: invalid key: "},
		{"keyfile", "/short", cephx.ErrInvalidKey, "cephconf: keyfile /short (override): invalid key: "},
		{"keyfile", "/empty", cephx.ErrInvalidKey, "cephconf: keyfile /empty (override): invalid key: empty"},
		{"keyring", "/torn", cephx.ErrInvalidKey, "/torn:2: [client.admin]: "},
		{"keyring", "/empty", cephx.ErrNoEntity, "/empty"},
		{"keyring", "/none", ErrNoKeyring, "/none: file does not exist"},
	} {
		_, err := load(tt.option, tt.value)
		require.ErrorIs(t, err, tt.is, tt.value)
		require.ErrorContains(t, err, tt.contains)
		require.NotContains(t, err.Error(), key.Reveal()[10:18])
	}
	c := New(h.system())
	require.NoError(t, c.Set("keyring", "/ring"))
	require.NoError(t, c.Set("name", "client.stranger"))
	_, err := c.LoadKey()
	require.ErrorIs(t, err, cephx.ErrNoEntity)
	require.ErrorContains(t, err, "client.stranger")
}

func TestLoadKeyIsBounded(t *testing.T) {
	h := &host{files: map[string]string{"/big": string(make([]byte, maxKeyfileSize+1))}}
	c := New(h.system())
	require.NoError(t, c.Set("keyfile", "/big"))
	require.ErrorContains(t, second(c.LoadKey()), "cephconf: keyfile /big (override): larger than")
}
