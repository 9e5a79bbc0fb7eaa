package integration

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
)

// testConnect connects in every way that the protocol knows, with every type of key.
func testConnect(t *testing.T, e env) {
	secure, crc := []cephx.Mode{cephx.ModeSecure}, []cephx.Mode{cephx.ModeCRC}
	tests := []struct {
		name, mode string
		change     func(*monclient.Config)
	}{
		{"as configured", "secure", func(*monclient.Config) {}},
		{"crc", "crc", func(c *monclient.Config) { c.Modes = crc }},
		{"revision 0, crc", "crc", func(c *monclient.Config) { c.Modes, c.Revision0 = crc, true }},
		{"revision 0, secure", "secure", func(c *monclient.Config) { c.Modes, c.Revision0 = secure, true }},
		{"compression offered, crc", "crc", func(c *monclient.Config) { c.Modes, c.OfferCompression = crc, true }},
		{"compression offered, secure", "secure", func(c *monclient.Config) { c.OfferCompression = true }},
		{"by mon_host", "secure", func(c *monclient.Config) { c.MonMap, c.MonHost = nil, e.MonHost() }},
		{"one after the other", "secure", func(c *monclient.Config) { c.HuntParallel = 1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := e.config(t)
			tt.change(&cfg)
			requireSession(t, e, connect(t, cfg), tt.mode)
		})
	}
	// A client of its own, with a key of the release's own type; the group ipv6 has the others.
	t.Run("another client", func(t *testing.T) {
		types := keyTypes(e.Release)
		cfg := e.config(t)
		cfg.Name, cfg.Key = e.addClient(t, "client.another", types[len(types)-1])
		requireSession(t, e, connect(t, cfg), "secure")
	})
}

// keyTypes returns the types of keys that a release knows.
func keyTypes(rel realceph.Release) []realceph.KeyType {
	if rel == realceph.Tentacle {
		return []realceph.KeyType{realceph.AES, realceph.AES256K}
	}
	return []realceph.KeyType{realceph.AES}
}

// addClient creates a client that may read and returns its name and key.
func (e env) addClient(t *testing.T, name string, kt realceph.KeyType) (denc.EntityName, cephx.Key) {
	t.Helper()
	path, err := e.AddClient(deadline(t), name, kt, map[string]string{"mon": "allow r"})
	require.NoError(t, err)
	entity, err := denc.ParseEntityName(name)
	require.NoError(t, err)
	ring, err := cephx.LoadKeyring(path)
	require.NoError(t, err)
	key, err := ring.Key(entity)
	require.NoError(t, err)
	want := cephx.AES
	if kt == realceph.AES256K {
		want = cephx.AES256KRB5
	}
	require.Equal(t, want, key.Type())
	return entity, key
}

// requireSession checks that a client has a session with a monitor of the cluster, that it knows which, and that
// commands go through.
func requireSession(t *testing.T, e env, c *monclient.Client, mode string) {
	t.Helper()
	s, ok := c.Session()
	require.True(t, ok)
	require.Equal(t, mode, s.Mode)
	mon := e.Mons()[s.Rank]
	require.Equal(t, mon.Name, s.Mon)
	require.Equal(t, mon.V2, s.Addr.AddrPort())
	require.Equal(t, mon.V2.Addr(), s.Local.IP)
	require.Equal(t, uuid.MustParse(e.FSID), c.FSID())
	require.Positive(t, c.GlobalID())
	require.Len(t, c.MonMap().Mons, len(e.Mons()))
	require.Positive(t, c.MonMap().Epoch)
	require.Equal(t, e.FSID+"\n", string(output(t, c, monclient.Command{Prefix: "fsid"})))
}

func testConnectWithoutAuthentication(t *testing.T, e env) {
	requireSession(t, e, e.connect(t), "crc")

	t.Run("no key", func(t *testing.T) {
		cfg := e.config(t)
		cfg.Key, cfg.Methods = cephx.Key{}, nil
		requireSession(t, e, connect(t, cfg), "crc")
	})
	t.Run("revision 0", func(t *testing.T) {
		cfg := e.config(t)
		cfg.Revision0 = true
		requireSession(t, e, connect(t, cfg), "crc")
	})
	t.Run("a key is never given up silently", func(t *testing.T) {
		cfg := e.config(t)
		key, err := cephx.GenerateKey(cephx.AES, cfg.Key.Created(), nil)
		require.NoError(t, err)
		cfg.Key, cfg.Methods = key, nil
		_, err = monclient.Connect(deadline(t), cfg)
		require.ErrorIs(t, err, cephx.ErrRejected)

		cfg.Methods = cephx.ParseMethods("cephx, none")
		requireSession(t, e, connect(t, cfg), "crc")
	})
}

// testConnectCRCOnly is about monitors that take nothing but crc, on IPv6, with AES keys on every release.
func testConnectCRCOnly(t *testing.T, e env) {
	c := e.connect(t)
	requireSession(t, e, c, "crc")
	s, _ := c.Session()
	require.True(t, s.Addr.IP.Is6())

	t.Run("secure only", func(t *testing.T) {
		cfg := e.config(t)
		cfg.Modes = []cephx.Mode{cephx.ModeSecure}
		_, err := monclient.Connect(deadline(t), cfg)
		var refusal *cephx.AuthError
		require.ErrorAs(t, err, &refusal)
		require.EqualValues(t, -95, refusal.Result)
		require.Equal(t, denc.EACCES, monclient.Errno(err))
		require.ErrorContains(t, err, e.Mons()[0].V2.String())
	})
	for _, kt := range keyTypes(e.Release) {
		t.Run("key "+string(kt), func(t *testing.T) {
			cfg := e.config(t)
			cfg.Name, cfg.Key = e.addClient(t, "client.key-"+string(kt), kt)
			requireSession(t, e, connect(t, cfg), "crc")
		})
	}
}
