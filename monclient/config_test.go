package monclient

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// resolver answers from tables.
type resolver struct {
	hosts map[string][]netip.Addr
	srv   map[string][]*net.SRV
}

func (r resolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := r.hosts[host]; ok {
		return a, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (r resolver) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	query := name // as net.Resolver has it: the name alone, where service and proto are empty
	if service != "" || proto != "" {
		query = "_" + service + "._" + proto
	}
	if records, ok := r.srv[query]; ok {
		return query + ".example.org.", records, nil
	}
	return "", nil, &net.DNSError{Err: "no such host", Name: query, IsNotFound: true}
}

// confWith returns the configuration of a ceph.conf with the given [global] lines, in a directory of its own.
func confWith(t *testing.T, dir, lines string) *cephconf.Config {
	t.Helper()
	path := filepath.Join(dir, "ceph.conf")
	require.NoError(t, os.WriteFile(path, []byte("[global]\n"+lines+"\n"), 0o600))
	conf := cephconf.New(cephconf.System{
		LookupEnv: func(string) (string, bool) { return "", false },
		Resolver: resolver{
			hosts: map[string][]netip.Addr{
				"mon1.example.org": {netip.MustParseAddr("10.0.0.1")}, "mon1.example.org.": {netip.MustParseAddr("10.0.0.1")},
				"mon2.example.org": {netip.MustParseAddr("10.0.0.2")}, "mon2.example.org.": {netip.MustParseAddr("10.0.0.2")},
			},
			srv: map[string][]*net.SRV{"_ceph-mon._tcp": {
				{Target: "mon1.example.org.", Port: 3300, Priority: 10, Weight: 20},
				{Target: "mon2.example.org.", Port: 3300, Priority: 5, Weight: 60},
			}},
		},
	})
	require.NoError(t, conf.ReadFile(path))
	return conf
}

// testKey is a key that no cluster ever had.
func testKey(t *testing.T) cephx.Key {
	t.Helper()
	key, err := cephx.GenerateKey(cephx.AES, time.Unix(1, 0), nil)
	require.NoError(t, err)
	return key
}

func writeKeyring(t *testing.T, dir string, key cephx.Key) string {
	t.Helper()
	path := filepath.Join(dir, "keyring")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "[client.admin]\n\tkey = %s\n", key.Reveal()), 0o600))
	return path
}

func TestFromConf(t *testing.T) {
	dir := t.TempDir()
	key := testKey(t)
	keyring := writeKeyring(t, dir, key)
	conf := confWith(t, dir, `
fsid = b5f1a2c4-0d3e-4f56-8a9b-0c1d2e3f4a5b
mon host = [v2:10.0.0.1:3300,v1:10.0.0.1:6789] 10.0.0.2
keyring = `+keyring+`
client mount timeout = 20
rados mon op timeout = 5
mon client hunt parallel = 0
mon client hunt interval = 1.5
ms initial backoff = 0.05
mon client ping timeout = 12
ms mon client mode = crc secure
`)
	cfg, err := FromConf(t.Context(), conf)
	require.NoError(t, err)
	require.Equal(t, testFSID, cfg.FSID)
	require.Equal(t, "client.admin", cfg.Name.String())
	require.True(t, cfg.Key.Equal(key))
	require.Nil(t, cfg.Methods, "auth_client_required is not set")
	require.Equal(t, []cephx.Mode{cephx.ModeCRC, cephx.ModeSecure}, cfg.Modes)
	require.Equal(t, 20*time.Second, cfg.ConnectTimeout)
	require.Equal(t, 5*time.Second, cfg.OpTimeout)
	require.Equal(t, -1, cfg.HuntParallel)
	require.Equal(t, 1500*time.Millisecond, cfg.HuntInterval)
	require.Equal(t, 50*time.Millisecond, cfg.InitialBackoff)
	require.Equal(t, 15*time.Second, cfg.MaxBackoff)
	require.Equal(t, 12*time.Second, cfg.PingTimeout)
	require.Equal(t, []string{"v2:10.0.0.1:3300/0", "v2:10.0.0.2:3300/0"}, addresses(cfg.MonMap))
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg), key.Reveal())
}

// addresses returns the v2 addresses of a map, by rank.
func addresses(m *cephmap.MonMap) (list []string) {
	for _, mon := range m.Mons {
		if a, ok := mon.Addrs.Msgr2(); ok {
			list = append(list, a.String())
		}
	}
	return list
}

func TestFromConfFindsMonitorsThroughDNS(t *testing.T) {
	dir := t.TempDir()
	keyring := writeKeyring(t, dir, testKey(t))
	cfg, err := FromConf(t.Context(), confWith(t, dir, "keyring = "+keyring))
	require.NoError(t, err)
	require.Equal(t, []string{"v2:10.0.0.1:3300/0", "v2:10.0.0.2:3300/0"}, addresses(cfg.MonMap))
	require.Equal(t, []uint16{10, 5}, []uint16{cfg.MonMap.Mons[0].Priority, cfg.MonMap.Mons[1].Priority})
	require.Equal(t, []uint16{20, 60}, []uint16{cfg.MonMap.Mons[0].Weight, cfg.MonMap.Mons[1].Weight})

	cfg, err = FromConf(t.Context(), confWith(t, dir, "mon_host = mon1.example.org\nkeyring = "+keyring))
	require.NoError(t, err)
	require.Equal(t, []string{"v2:10.0.0.1:3300/0"}, addresses(cfg.MonMap))

	_, err = FromConf(t.Context(), confWith(t, dir, "mon_host = nowhere.example.org\nkeyring = "+keyring))
	require.ErrorContains(t, err, "nowhere.example.org")
	require.ErrorIs(t, err, cephconf.ErrInvalidValue)
	require.Equal(t, denc.EINVAL, Errno(err))
}

func TestFromConfReadsAMonMapFile(t *testing.T) {
	dir := t.TempDir()
	keyring := writeKeyring(t, dir, testKey(t))
	m := cephmap.NewMonMap(testFSID, cephmap.ReleaseReef)
	m.Epoch = 7
	require.NoError(t, m.Add(cephmap.MonInfo{Name: "x", Addrs: denc.EntityAddrVec{denc.AddrFrom(denc.AddrMsgr2, netip.MustParseAddrPort("10.0.0.9:3300"))}}))
	path := filepath.Join(dir, "monmap")
	require.NoError(t, os.WriteFile(path, m.AppendTo(nil), 0o600))
	cfg, err := FromConf(t.Context(), confWith(t, dir, "monmap = "+path+"\nkeyring = "+keyring))
	require.NoError(t, err)
	require.Equal(t, testFSID, cfg.FSID)
	require.Equal(t, uint32(7), cfg.MonMap.Epoch)

	require.NoError(t, os.WriteFile(path, m.AppendTo(nil)[:50], 0o600))
	_, err = FromConf(t.Context(), confWith(t, dir, "monmap = "+path+"\nkeyring = "+keyring))
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, path)

	_, err = FromConf(t.Context(), confWith(t, dir, "monmap = "+dir+"/none\nkeyring = "+keyring))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestFromConfWithoutAKey(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "one") + "," + filepath.Join(dir, "two")
	_, err := FromConf(t.Context(), confWith(t, dir, "mon_host = 10.0.0.1\nkeyring = "+missing))
	require.ErrorIs(t, err, cephconf.ErrNoKeyring)
	require.ErrorContains(t, err, filepath.Join(dir, "one"))
	require.ErrorContains(t, err, filepath.Join(dir, "two"))
	require.Equal(t, denc.ENOENT, Errno(err))

	cfg, err := FromConf(t.Context(), confWith(t, dir, "mon_host = 10.0.0.1\nauth_client_required = cephx, none\nkeyring = "+missing))
	require.NoError(t, err)
	require.Equal(t, []cephx.Method{cephx.MethodCephx, cephx.MethodNone}, cfg.Methods)
	_, err = cfg.resolved(t.Context())
	require.NoError(t, err)

	broken := filepath.Join(dir, "broken")
	require.NoError(t, os.WriteFile(broken, []byte("[client.admin]\nkey = AQ==\n"), 0o600))
	_, err = FromConf(t.Context(), confWith(t, dir, "mon_host = 10.0.0.1\nauth_client_required = cephx, none\nkeyring = "+broken))
	require.ErrorIs(t, err, cephx.ErrInvalidKey, "a damaged key is told even where none would do")
	require.ErrorContains(t, err, broken)
	require.ErrorContains(t, err, "client.admin")

	other := filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, fmt.Appendf(nil, "[client.x]\nkey = %s\n", testKey(t).Reveal()), 0o600))
	_, err = FromConf(t.Context(), confWith(t, dir, "mon_host = 10.0.0.1\nkeyring = "+other))
	require.ErrorIs(t, err, cephx.ErrNoEntity)
	require.Equal(t, denc.EACCES, Errno(err))
}

func TestFromConfRefusesBadOptions(t *testing.T) {
	dir := t.TempDir()
	keyring := writeKeyring(t, dir, testKey(t))
	_, err := FromConf(t.Context(), confWith(t, dir, "keyring = "+keyring+"\nmon_dns_srv_name = other"))
	require.ErrorIs(t, err, cephconf.ErrNoMonitors)
	_, err = FromConf(t.Context(), confWith(t, dir, "mon_host = 10.0.0.1\nfsid = nonsense\nkeyring = "+keyring))
	require.NoError(t, err, "as in Ceph, a value of the file that does not parse does not count")
}

// TestMonMapOfAnotherClusterIsNotTrusted: a monmap file is where to start, and whose cluster to insist on.
func TestMonMapOfAnotherClusterIsNotTrusted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 3, montest.Options{})
		cfg := c.config()
		cfg.MonMap = c.MonMap()
		cfg.MonMap.Epoch = 99 // newer than anything that the monitors have
		cfg.MonMap.FSID = uuid.MustParse("11111111-2222-3333-4444-555555555555")
		cfg.FSID = cfg.MonMap.FSID
		_, err := Connect(t.Context(), cfg)
		require.ErrorIs(t, err, ErrForeignCluster)

		cfg.FSID, cfg.MonMap.FSID = testFSID, testFSID
		client, err := Connect(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, uint32(3), client.MonMap().Epoch, "the monitors know better")
		require.NoError(t, client.Close())
	})
}

var _ error = (*ConnectError)(nil)

func TestConnectErrorText(t *testing.T) {
	addr := denc.AddrFrom(denc.AddrMsgr2, netip.MustParseAddrPort("10.0.0.1:3300"))
	why := errors.New("authentication rejected")
	one := Attempt{Mon: "a", Addr: addr, Step: "auth", Elapsed: 1234567 * time.Nanosecond, Err: why}
	two := Attempt{Mon: "b", Addr: addr, Step: "dial", Elapsed: time.Second, Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	require.EqualError(t, &ConnectError{Err: why, Attempts: []Attempt{one, two}},
		"mon.a v2:10.0.0.1:3300/0: auth: authentication rejected (after 1.2ms); mon.b v2:10.0.0.1:3300/0: dial: connection refused (after 1s)")
	require.EqualError(t, &ConnectError{Err: ErrTimeout, Attempts: []Attempt{two}},
		"timed out: mon.b v2:10.0.0.1:3300/0: dial: connection refused (after 1s)")
	require.EqualError(t, &ConnectError{Err: context.Canceled}, "context canceled")
}

func TestFromConfTakesTheOptionsOfThisLibrary(t *testing.T) {
	dir := t.TempDir()
	base := "mon_host = 10.0.0.1\nkeyring = " + writeKeyring(t, dir, testKey(t)) + "\n"
	cfg, err := FromConf(t.Context(), confWith(t, dir, base))
	require.NoError(t, err)
	source := func(cfg Config) func(context.Context) (cephx.Key, error) {
		cfg, err := cfg.resolved(t.Context())
		require.NoError(t, err)
		return cfg.KeySource
	}
	require.NotNil(t, source(cfg))
	key, err := source(cfg)(t.Context())
	require.NoError(t, err)
	require.True(t, cfg.Key.Equal(key))
	other := cfg
	other.Key = testKey(t)
	require.Nil(t, source(other), "the keyring has another key than the one that is wanted")
	other.Key = cephx.Key{}
	require.Nil(t, source(other), "none is wanted")
	other = cfg
	other.Name.ID = "somebody"
	require.Nil(t, source(other), "the keyring's key is somebody else's")
	// What options say when they say nothing is what an empty Config says.
	want, err := Config{MonMap: cfg.MonMap}.resolved(t.Context())
	require.NoError(t, err)
	got, err := cfg.resolved(t.Context())
	require.NoError(t, err)
	for _, c := range []*Config{&want, &got} {
		c.Name, c.Key, c.KeySource, c.Modes, c.Dial, c.Logger = denc.EntityName{}, cephx.Key{}, nil, nil, nil, nil
		c.keyring, c.conf, c.base = nil, nil, nil
	}
	require.Equal(t, want, got)

	cfg, err = FromConf(t.Context(), confWith(t, dir, base+`
monclient_keyring_watch = false
monclient_standby_sessions = 2
monclient_read_balance = true
monclient_hedge_delay = 0.02
monclient_hunt_stagger = 0.25
monclient_probe_interval = 0.1
monclient_probe_timeout = 1.5
monclient_quorum_timeout = 0
monclient_command_resend = read-only
`))
	require.NoError(t, err)
	require.Nil(t, source(cfg))
	require.Equal(t, 2, cfg.StandbySessions)
	require.True(t, cfg.ReadBalance)
	require.Equal(t, 20*time.Millisecond, cfg.HedgeDelay)
	require.Equal(t, 250*time.Millisecond, cfg.HuntStagger)
	require.Equal(t, 100*time.Millisecond, cfg.ProbeInterval)
	require.Equal(t, 1500*time.Millisecond, cfg.ProbeTimeout)
	require.Negative(t, cfg.QuorumTimeout)
	require.Equal(t, ResendReadOnly, cfg.Resend)

	cfg, err = FromConf(t.Context(), confWith(t, dir, base+`
mon_client_log_interval = 0
mon_client_max_log_entries_per_message = -1
monclient_log_flush_timeout = 0
monclient_fetch_config = true
monclient_central_config = true
`))
	require.NoError(t, err)
	require.EqualValues(t, 1, cfg.LogInterval, "at once")
	require.Negative(t, cfg.LogBatch)
	require.Negative(t, cfg.LogFlushTimeout)
	require.True(t, cfg.FetchConfig)
	require.True(t, cfg.FollowConfig)

	cfg, err = FromConf(t.Context(), confWith(t, dir, base+"monclient_hunt_stagger = 0\n"))
	require.NoError(t, err)
	cfg, err = cfg.resolved(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, cfg.HuntStagger, time.Microsecond)

	// A key of one's own stays, and so does where it comes from.
	own := Config{Key: testKey(t)}
	require.NoError(t, own.FillFrom(t.Context(), confWith(t, dir, base)))
	own.MonMap = other.MonMap
	require.Nil(t, source(own))
	cfg, err = FromConf(t.Context(), confWith(t, dir, "mon_host = 10.0.0.1\nkey = "+testKey(t).Reveal()))
	require.NoError(t, err)
	require.Nil(t, source(cfg), "a key in the configuration itself does not change")
}

func TestConfigRefusesWhatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		change func(*Config)
		want   string
	}{
		{func(cfg *Config) { cfg.HuntStagger = -1 }, "Config.HuntStagger is negative"},
		{func(cfg *Config) { cfg.ProbeInterval = -1 }, "Config.ProbeInterval is negative"},
		{func(cfg *Config) { cfg.ProbeTimeout = -1 }, "Config.ProbeTimeout is negative"},
		{func(cfg *Config) { cfg.HedgeDelay = -1 }, "Config.HedgeDelay is negative"},
		{func(cfg *Config) { cfg.StandbySessions = -1 }, "Config.StandbySessions is negative"},
		{func(cfg *Config) { cfg.Resend = 9 }, "Config.Resend is unknown: Resend(9)"},
	} {
		cfg := Config{MonHost: "10.0.0.1", Key: testKey(t)}
		tt.change(&cfg)
		_, err := cfg.resolved(t.Context())
		require.ErrorContains(t, err, tt.want)
	}
	_, err := Config{MonHost: "10.0.0.1", QuorumTimeout: -1, ConnectTimeout: -1, HuntParallel: -1}.resolved(t.Context())
	require.NoError(t, err)
}
