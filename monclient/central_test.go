package monclient

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// configure sets an option in the monitors' configuration, or removes it.
func configure(t *testing.T, client *Client, who, name, value string) {
	t.Helper()
	cmd := Command{Prefix: "config set", Args: map[string]any{"who": who, "name": name, "value": value, "force": true}}
	if value == "" {
		cmd = Command{Prefix: "config rm", Args: map[string]any{"who": who, "name": name}}
	}
	reply, err := client.Command(t.Context(), cmd)
	require.NoError(t, err)
	require.NoError(t, reply.Err())
}

// inEffect returns an option of a client as it is now.
func inEffect(t *testing.T, client *Client, name string) EffectiveOption {
	t.Helper()
	for _, o := range client.Options() {
		if o.Name == name {
			return o
		}
	}
	require.Fail(t, "no such option", name)
	return EffectiveOption{}
}

// conf returns a configuration that leads to the cluster, from a ceph.conf with further lines.
func (c *cluster) conf(lines string) *cephconf.Config {
	c.t.Helper()
	dir := c.t.TempDir()
	path := writeKeyring(c.t, dir, c.Key("client.admin"))
	return confWith(c.t, filepath.Dir(path), "mon_host = 192.0.2.1\nkeyring = "+path+"\n"+lines)
}

// connectConf connects with a ceph.conf.
func (c *cluster) connectConf(conf *cephconf.Config, change ...func(*Config)) *Client {
	c.t.Helper()
	cfg, err := FromConf(c.t.Context(), conf)
	require.NoError(c.t, err)
	cfg.Dial = c.dial
	for _, f := range change {
		f(&cfg)
	}
	client, err := Connect(c.t.Context(), cfg)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { client.Close() })
	return client
}

// TestCentralConfigTakesEffect: the monitors' values count while the client lives, and what was there before counts again
// when they are gone.
func TestCentralConfigTakesEffect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		admin := c.connect()
		client := c.connect(func(cfg *Config) { cfg.FollowConfig = true })
		require.Nil(t, admin.Options())
		settle := func() { after(time.Millisecond) }
		settle()

		o := inEffect(t, client, "rados_mon_op_timeout")
		require.Equal(t, EffectiveOption{Name: "rados_mon_op_timeout", Value: "0"}, o)
		configure(t, admin, "client", "rados_mon_op_timeout", "5")
		settle()
		o = inEffect(t, client, "rados_mon_op_timeout")
		require.Equal(t, "5", o.Value)
		require.Equal(t, cephconf.LevelMon, o.Source.Level)
		// What is for all clients counts less than what is for this one.
		configure(t, admin, "client.admin", "rados_mon_op_timeout", "2")
		settle()
		require.Equal(t, "2", inEffect(t, client, "rados_mon_op_timeout").Value)
		configure(t, admin, "client.admin", "rados_mon_op_timeout", "")
		settle()
		require.Equal(t, "5", inEffect(t, client, "rados_mon_op_timeout").Value)
		configure(t, admin, "client", "rados_mon_op_timeout", "")
		settle()
		require.Equal(t, EffectiveOption{Name: "rados_mon_op_timeout", Value: "0"}, inEffect(t, client, "rados_mon_op_timeout"))

		// Others of which the effect is seen.
		configure(t, admin, "global", "monclient_standby_sessions", "2")
		after(5 * time.Second)
		require.Len(t, client.Standbys(), 2)
		require.Empty(t, admin.Standbys())
		configure(t, admin, "global", "monclient_standby_sessions", "")
		after(time.Second)
		require.Empty(t, client.Standbys())
		configure(t, admin, "global", "mon_client_log_interval", "0.1")
		settle()
		require.NoError(t, client.Log(LogInfo, "", "soon"))
		after(110 * time.Millisecond)
		require.Equal(t, []string{"soon"}, logTexts(t, admin, "cluster", 1))

		configure(t, admin, "client", "rados_mon_op_timeout", "5")
		settle()
		for _, name := range []string{"a", "b", "c"} {
			c.Mon(name).ControlAll(monmsg.TypeMonGetVersion, montest.Drop)
		}
		begun := time.Now()
		_, _, err := client.Version(t.Context(), "monmap")
		require.ErrorIs(t, err, ErrTimeout)
		require.Equal(t, 5*time.Second, time.Since(begun))
		// Nonsense, and what is not for a client to take.
		configure(t, admin, "global", "mon_client_hunt_interval", "-1")
		configure(t, admin, "global", "monclient_command_resend", "sometimes")
		configure(t, admin, "global", "no_such_option", "1")
		configure(t, admin, "global", "mon_client_ping_interval", "4")
		settle()
		require.Equal(t, "3", inEffect(t, client, "mon_client_hunt_interval").Value)
		require.Equal(t, "always", inEffect(t, client, "monclient_command_resend").Value)
		require.Equal(t, "4", inEffect(t, client, "mon_client_ping_interval").Value)
	})
}

// TestCentralConfigIsWeak: it counts less than everything but defaults.
func TestCentralConfigIsWeak(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		admin := c.connect()
		for _, name := range []string{"rados_mon_op_timeout", "mon_client_ping_interval", "mon_client_hunt_interval", "ms_max_backoff", "mon_client_log_interval"} {
			configure(t, admin, "global", name, "7")
		}
		conf := c.conf("monclient_central_config = true\nrados_mon_op_timeout = 1\n")
		rest, err := conf.ParseArgv([]string{"--mon-client-ping-interval", "2"})
		require.NoError(t, err)
		require.Empty(t, rest)
		require.NoError(t, conf.Set("mon_client_hunt_interval", "4"))
		client := c.connectConf(conf, func(cfg *Config) { cfg.MaxBackoff = 6 * time.Second })
		after(time.Millisecond)
		for name, want := range map[string]struct {
			value string
			level cephconf.Level
		}{
			"rados_mon_op_timeout":     {"1", cephconf.LevelFile},
			"mon_client_ping_interval": {"2", cephconf.LevelCmdline},
			"mon_client_hunt_interval": {"4", cephconf.LevelOverride},
			"ms_max_backoff":           {"6", cephconf.LevelOverride},
			"mon_client_log_interval":  {"7", cephconf.LevelMon},
			"mon_client_ping_timeout":  {"30", cephconf.LevelDefault},
		} {
			o := inEffect(t, client, name)
			require.Equal(t, want.value, o.Value, name)
			require.Equal(t, want.level, o.Source.Level, name)
		}
		level, err := conf.Source("mon_client_log_interval")
		require.NoError(t, err)
		require.Equal(t, cephconf.LevelDefault, level.Level, "the caller's configuration is the caller's")
	})
}

func TestBootstrap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 3, montest.Options{Mons: 3})
		admin := c.connect()
		cfg := c.config()
		cfg.StandbySessions, cfg.FollowConfig = 2, true // of no use to a session that ends
		b, err := Bootstrap(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, map[string]string{}, b.Config)
		require.Equal(t, admin.MonMap(), b.MonMap)
		require.NotZero(t, b.GlobalID)
		require.Equal(t, 1, c.openConns(), "the session is over")

		configure(t, admin, "client", "mon_client_ping_interval", "3")
		configure(t, admin, "osd", "osd_max_backfills", "3")
		b, err = Bootstrap(t.Context(), c.config())
		require.NoError(t, err)
		require.Equal(t, map[string]string{"mon_client_ping_interval": "3"}, b.Config)

		cfg = c.config()
		cfg.Key = testKey(t)
		_, err = Bootstrap(t.Context(), cfg)
		require.Equal(t, denc.EACCES, Errno(err))

		for _, name := range []string{"a", "b", "c"} {
			c.Mon(name).ControlAll(monmsg.TypeMonSubscribe, montest.Drop)
		}
		cfg = c.config()
		cfg.ConnectTimeout = 7 * time.Second
		begun := time.Now()
		_, err = Bootstrap(t.Context(), cfg)
		require.ErrorIs(t, err, ErrTimeout)
		require.ErrorContains(t, err, "configuration")
		require.Equal(t, 7*time.Second, time.Since(begun))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = Bootstrap(ctx, c.config())
		require.ErrorIs(t, err, context.Canceled)
	})
}

// TestConnectFetchesConfig: one session more, and what it brings counts from the start.
func TestConnectFetchesConfig(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 3, montest.Options{})
		admin := c.connect()
		configure(t, admin, "global", "rados_mon_op_timeout", "4")
		configure(t, admin, "global", "ms_mon_client_mode", "crc")
		before := len(c.dials("a"))
		plain := c.connectConf(c.conf(""))
		require.Len(t, c.dials("a"), before+1)
		require.Equal(t, "secure", mode(t, plain))

		client := c.connectConf(c.conf("monclient_fetch_config = true\n"))
		require.Len(t, c.dials("a"), before+3)
		require.Equal(t, "crc", mode(t, client))
		c.Mon("a").ControlAll(monmsg.TypeMonGetVersion, montest.Drop)
		begun := time.Now()
		_, _, err := client.Version(t.Context(), "monmap")
		require.ErrorIs(t, err, ErrTimeout)
		require.Equal(t, 4*time.Second, time.Since(begun))
		configure(t, admin, "global", "rados_mon_op_timeout", "9")
		after(time.Millisecond)
		begun = time.Now()
		_, _, err = client.Version(t.Context(), "monmap")
		require.ErrorIs(t, err, ErrTimeout)
		require.Equal(t, 4*time.Second, time.Since(begun), "fetched, not followed")
		require.Nil(t, client.Options())

		both := c.connectConf(c.conf("monclient_fetch_config = true\nmonclient_central_config = true\nms_mon_client_mode = secure\n"))
		require.Equal(t, "secure", mode(t, both), "the file is stronger")
		require.Equal(t, "9", inEffect(t, both, "rados_mon_op_timeout").Value)
	})
}

func mode(t *testing.T, client *Client) string {
	t.Helper()
	info, ok := client.Session()
	require.True(t, ok)
	return info.Mode
}
