package integration

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/msgr2"
)

// asked counts, by address, how often a monitor was dialled, has rejected the client, and has hung up on it, as one does
// for a moment after an election, without a look at who it is.
type asked struct {
	mu                        sync.Mutex
	dialled, rejected, hungUp map[string]int
}

func newAsked(cfg *monclient.Config) *asked {
	a := &asked{dialled: map[string]int{}, rejected: map[string]int{}, hungUp: map[string]int{}}
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		a.mu.Lock()
		a.dialled[address]++
		a.mu.Unlock()
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	cfg.OnSession = func(e monclient.SessionEvent) {
		a.mu.Lock()
		defer a.mu.Unlock()
		address := e.Addr.AddrPort().String()
		switch err := e.Attempt.Err; {
		case e.Kind != monclient.SessionAttempt:
		case errors.Is(err, cephx.ErrRejected):
			a.rejected[address]++
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			a.hungUp[address]++
		}
	}
	return a
}

// testRefused is about clients that the monitors do not let in: it is said at once, by name, and nobody is asked twice.
func testRefused(t *testing.T, e env) {
	keyType, otherType := cephx.AES, cephx.AES256KRB5
	if e.Release == realceph.Tentacle {
		keyType, otherType = otherType, keyType
	}
	wrong, err := cephx.GenerateKey(keyType, time.Now(), nil)
	require.NoError(t, err)
	wrongType, err := cephx.GenerateKey(otherType, time.Now(), nil)
	require.NoError(t, err)
	nobody := denc.EntityName{Type: denc.EntityClient, ID: "nobody"}
	uncapable := denc.EntityName{Type: denc.EntityClient, ID: "uncapable"}
	ring, err := e.AddClient(deadline(t), uncapable.String(), "", map[string]string{"osd": "allow r"})
	require.NoError(t, err)
	uncapableKey := loadKey(t, ring, uncapable)

	tests := []struct {
		name   string
		change func(*monclient.Config)
	}{
		{"wrong key", func(c *monclient.Config) { c.Key = wrong }},
		{"key of the wrong type", func(c *monclient.Config) { c.Key = wrongType }},
		{"unknown entity", func(c *monclient.Config) { c.Name = nobody }},
		{"unknown entity and wrong key", func(c *monclient.Config) { c.Name, c.Key = nobody, wrong }},
		{"no capabilities", func(c *monclient.Config) { c.Name, c.Key = uncapable, uncapableKey }},
		{"no key", func(c *monclient.Config) { c.Key, c.Methods = cephx.Key{}, []cephx.Method{cephx.MethodNone} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := e.config(t)
			a := newAsked(&cfg)
			tt.change(&cfg)
			_, err := monclient.Connect(deadline(t), cfg)
			require.ErrorIs(t, err, cephx.ErrRejected)
			require.ErrorIs(t, err, denc.EACCES)
			require.Equal(t, denc.EACCES, monclient.Errno(err))
			require.ErrorContains(t, err, "authentication rejected: EACCES")
			require.NotErrorIs(t, err, context.DeadlineExceeded)

			var failed *monclient.ConnectError
			require.ErrorAs(t, err, &failed)
			require.NotEmpty(t, failed.Attempts)
			for _, attempt := range failed.Attempts {
				require.Contains(t, err.Error(), "mon."+attempt.Mon)
			}
			if !cfg.Key.IsZero() {
				require.NotContains(t, err.Error(), cfg.Key.Reveal())
			}
			t.Logf("dialled %v, rejected %v, hung up %v", a.dialled, a.rejected, a.hungUp)
			require.NotEmpty(t, a.rejected)
			for address, n := range a.dialled {
				require.LessOrEqual(t, a.rejected[address], 1, address)
				require.LessOrEqual(t, n, 1+a.hungUp[address], "%s was asked again though it had answered", address)
			}
		})
	}

	t.Run("foreign fsid", func(t *testing.T) {
		cfg := e.config(t)
		cfg.FSID = uuid.New()
		_, err := monclient.Connect(deadline(t), cfg)
		require.ErrorIs(t, err, monclient.ErrForeignCluster)
		require.ErrorContains(t, err, e.FSID)
		require.ErrorContains(t, err, cfg.FSID.String())
		require.ErrorContains(t, err, "mon.")
	})
}

func loadKey(t *testing.T, path string, name denc.EntityName) cephx.Key {
	t.Helper()
	ring, err := cephx.LoadKeyring(path)
	require.NoError(t, err)
	key, err := ring.Key(name)
	require.NoError(t, err)
	return key
}

// testKeyrings is about keyrings that are of no use: the error says which file, where in it, and for whom.
func testKeyrings(t *testing.T, e env) {
	good := loadKey(t, e.KeyringPath, denc.EntityName{Type: denc.EntityClient, ID: "admin"}).Reveal()
	raw, err := base64.StdEncoding.DecodeString(good)
	require.NoError(t, err)
	unknown := append([]byte{99}, raw[1:]...)
	tests := []struct {
		name, text string
		is         error
		says       []string
	}{
		{"truncated key", "[client.admin]\n\tkey = " + good[:24] + "\n", cephx.ErrInvalidKey, []string{":2", "client.admin"}},
		{"key of an unknown type", "# comment\n\n[client.admin]\n\tkey = " + base64.StdEncoding.EncodeToString(unknown) + "\n",
			cephx.ErrKeyType, []string{":4", "client.admin", "99"}},
		{"no base64", "[client.admin]\n\tkey = !\n", cephx.ErrInvalidKey, []string{":2", "client.admin"}},
		{"another entity", "[client.other]\n\tkey = " + good + "\n", cephx.ErrNoEntity, []string{"client.admin"}},
		{"not ended", "[client.admin]\n\tkey = " + good, nil, []string{":2", "client.admin"}},
	}
	load := func(t *testing.T, option, value string) error {
		t.Helper()
		conf := cephconf.New(cephconf.System{})
		require.NoError(t, conf.ReadFile(e.ConfPath))
		require.NoError(t, conf.Set(option, value))
		_, err := monclient.FromConf(deadline(t), conf)
		return err
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.keyring")
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			err := load(t, "keyring", path)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			require.ErrorContains(t, err, path)
			for _, s := range tt.says {
				require.ErrorContains(t, err, s)
			}
			require.NotContains(t, err.Error(), good[:24])
		})
	}

	t.Run("none", func(t *testing.T) {
		dir := t.TempDir()
		err := load(t, "keyring", dir+"/one,"+dir+"/two")
		require.ErrorIs(t, err, cephconf.ErrNoKeyring)
		require.Equal(t, denc.ENOENT, monclient.Errno(err))
		require.ErrorContains(t, err, dir+"/one")
		require.ErrorContains(t, err, dir+"/two")
	})
}

// testWrongPeers dials a monitor's port for messenger v1.
func testWrongPeers(t *testing.T, e env) {
	for _, mon := range e.Mons() {
		cfg := e.config(t)
		cfg.MonMap, cfg.MonHost = nil, "v2:"+mon.V1.String()
		_, err := monclient.Connect(deadline(t), cfg)
		require.ErrorIs(t, err, msgr2.ErrLegacyPeer)
		require.ErrorContains(t, err, mon.V1.String())
	}

	cfg := e.config(t)
	cfg.MonMap, cfg.MonHost = nil, "v1:"+e.Mons()[0].V1.String()
	_, err := monclient.Connect(deadline(t), cfg)
	require.ErrorIs(t, err, monclient.ErrLegacyOnly)

	// Among others, such a port does no harm.
	cfg = e.config(t)
	cfg.MonMap, cfg.MonHost = nil, "v2:"+e.Mons()[0].V1.String()+",v2:"+e.Mons()[1].V2.String()
	connect(t, cfg)
}

// TestNoMonitors: every one has an error of its own, within the timeout.
func TestNoMonitors(t *testing.T) {
	key, err := cephx.GenerateKey(cephx.AES, time.Now(), nil)
	require.NoError(t, err)
	listen := func(t *testing.T) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		return l
	}
	tests := []struct {
		name string
		peer func(*testing.T) (address string)
		is   error
	}{
		{"refused port", func(t *testing.T) string {
			l := listen(t)
			require.NoError(t, l.Close())
			return l.Addr().String()
		}, syscall.ECONNREFUSED},
		{"HTTP server", func(t *testing.T) string {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			return strings.TrimPrefix(s.URL, "http://")
		}, msgr2.ErrNotCeph},
		{"silence", func(t *testing.T) string { return listen(t).Addr().String() }, context.DeadlineExceeded},
		{"hangs up", func(t *testing.T) string {
			l := listen(t)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					c.Close()
				}
			}()
			return l.Addr().String()
		}, monclient.ErrTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := tt.peer(t)
			_, err := monclient.Connect(deadline(t), monclient.Config{
				MonHost: "v2:" + address, Key: key, ConnectTimeout: time.Second, ReadyTimeout: 300 * time.Millisecond,
			})
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, address)
			var failed *monclient.ConnectError
			require.ErrorAs(t, err, &failed)
		})
	}

	t.Run("unknown host", func(t *testing.T) {
		_, err := monclient.Connect(deadline(t), monclient.Config{MonHost: "no-such-host.invalid", Key: key, Resolver: noHosts{}})
		require.ErrorContains(t, err, "no-such-host.invalid")
		var dns *net.DNSError
		require.ErrorAs(t, err, &dns)
	})
}

// noHosts is a resolver that knows no names, as one without a network.
type noHosts struct{ cephconf.Resolver }

func (noHosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}
