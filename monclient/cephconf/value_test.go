package cephconf

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// values was checked by hand with librados 16.2.15: what rados_conf_get printed after rados_conf_set, and "" for bad where
// rados_conf_set returned -EINVAL.
var values = []struct {
	option string
	good   map[string]string
	bad    []string
}{
	{"rados_mon_op_timeout", map[string]string{
		"5": "5", "0": "0", "5s": "5", "5 s": "5", "5m": "300", "1h 30m": "5400", "1h30m": "5400", "1h 30": "3630", "90 sec": "90",
		"1d": "86400", "1w": "604800", "1 week": "604800", "2wk": "1209600", "2 days": "172800", "1mo": "2592000", "1 month": "2592000",
		"1y": "31536000", "2yr": "63072000", "1hr": "3600", "3min": "180", "": "0", " ": "0", "1m 1h": "3660", "1m 1m": "120", " 5": "5",
		"5 ": "5", "\t5": "5", "5m5": "305", "5 m5": "305", "5  m  6 s ": "306", "9223372036854775807": "9223372036854775807",
	}, []string{
		"-1", "+5", "1.5", "1.5s", "5S", "5M", "5H", "500ms", "x", "m", "5mm", "5 5", "5 5 5", "5m,5s", "1h-5", "1hrs", "2secs", "0x10", "1_0",
		"99999999999999999999", "9223372036854775807m", "1000000000000y",
	}},
	{"mon_client_hunt_interval", map[string]string{
		"3": "3.000000", "2.5": "2.500000", "-1": "-1.000000", "1e3": "1000.000000", " 1": "1.000000", ".5": "0.500000", "5.": "5.000000", "+1": "1.000000",
	}, []string{
		"1 ", "", "x", "1s", "1e999",
		"inf", "nan", "0x10", // Ceph takes these
	}},
	{"ms_crc_data", map[string]string{
		"true": "true", "TRUE": "true", "False": "false", "1": "true", "0": "false", "2": "true", "-1": "true", "+1": "true", " 1": "true",
	}, []string{"yes", "no", "on", "", " true", "true ", "1K", "0x1", "99999999999", "2147483648", "+", "-", "1 "}},
	{"mon_client_hunt_parallel", map[string]string{
		"3": "3", "3K": "3000", "1M": "1000000", "+5": "5", "-0": "0", "+5K": "5000", "1E": "1000000000000000000", "9223372036854775807": "9223372036854775807",
	}, []string{"1B", "1KB", "-1", "", "x", "1.5", "K", "1k", "1Ki", " 5", "5 ", "1 K", "5+", "+", "-", "1KK", "20E", "18446744073709551615", "0x10", "--5"}},
	{"mon_client_max_log_entries_per_message", map[string]string{
		"-3K": "-3000", "1P": "1000000000000000", "9223372036854775807": "9223372036854775807",
	}, []string{"-1B", "10E", "3 K"}},
	{"ms_tcp_rcvbuf", map[string]string{
		"1": "1", "1K": "1024", "1Ki": "1024", "1KB": "1024", "1B": "1", "1BB": "1", "1M": "1048576", "+1K": "1024", "-0K": "0", "7E": "8070450532247928832",
		"8E": "9223372036854775808", "15E": "17293822569102704640",
		"1KiB": "1024", // later releases; 16.2.15 refuses it
	}, []string{"1kB", "1k", "1b", "1iB", "1i", "1Bi", "1 K", " 1K", "-1", "", "K", "B", "+", "16E", "1.5K", "1e3", "17179869184G"}},
	{"fsid", map[string]string{
		"ABCDEFAB-0000-0000-0000-000000000001": "abcdefab-0000-0000-0000-000000000001", "00000000000000000000000000000001": "00000000-0000-0000-0000-000000000001",
		"{00000000-0000-0000-0000-000000000001}": "00000000-0000-0000-0000-000000000001", "{00000000000000000000000000000001}": "00000000-0000-0000-0000-000000000001",
	}, []string{"", "x", "urn:uuid:00000000-0000-0000-0000-000000000001", " 00000000-0000-0000-0000-000000000001", "(00000000-0000-0000-0000-000000000001)",
		"{00000000-0000-0000-0000-000000000001", "0000000000000000-0000000000000001"}},
	{"public_addr", map[string]string{
		"1.2.3.4": "v2:1.2.3.4:0/0", "v1:1.2.3.4:6": "v1:1.2.3.4:6/0", "1.2.3.4:5/6": "v2:1.2.3.4:5/6", "[::1]:3": "v2:[::1]:3/0", "::1": "v2:[::1]:0/0",
		"-": "-", "any:1.2.3.4": "1.2.3.4:0/0",
	}, []string{"", "x",
		"1.2.3.4 x", // Ceph ignores what follows an address
	}},
	{"public_addrv", map[string]string{
		"[v2:1.2.3.4:3300,v1:1.2.3.4:6789]": "[v2:1.2.3.4:3300/0,v1:1.2.3.4:6789/0]", "1.2.3.4": "v2:1.2.3.4:0/0", "v1:1.2.3.4:1": "v1:1.2.3.4:1/0",
	}, []string{"", "x"}},
	{"debug_monc", map[string]string{"5": "5/5", "5/6": "5/6", "5/": "5/5", " 5": "5/5", "5 ": "5/5"}, []string{"x", "100", "-1", "1/100", "",
		"5/x", "5/6/7", // Ceph ignores what follows the numbers
	}},
	{"mon_host", map[string]string{"a": "a", "": "", " a ": " a "}, nil},
	{"name", map[string]string{"client.a.b": "client.a.b", "mgr.x": "mgr.x"}, []string{"", "admin", "klient.admin"}},
}

func TestValues(t *testing.T) {
	for _, tt := range values {
		for in, want := range tt.good {
			t.Run(tt.option+"="+in, func(t *testing.T) {
				c := New((&host{}).system())
				require.NoError(t, c.Set(tt.option, in))
				got, err := c.Get(tt.option)
				require.NoError(t, err)
				require.Equal(t, want, got)
			})
		}
		for _, in := range tt.bad {
			t.Run(tt.option+"="+in, func(t *testing.T) {
				c := New((&host{}).system())
				before, err := c.Get(tt.option)
				require.NoError(t, err)
				err = c.Set(tt.option, in)
				require.ErrorIs(t, err, ErrInvalidValue)
				require.ErrorContains(t, err, tt.option+" (override)")
				after, err := c.Get(tt.option)
				require.NoError(t, err)
				require.Equal(t, before, after)
			})
		}
	}
}

// The texts are what librados 16.2.15 printed of a fresh handle (ceph-conf --show-config-value of the rest), where it
// knows the option.
func TestDefaults(t *testing.T) {
	c := New((&host{}).system())
	for option, want := range map[string]string{
		"mon_client_hunt_interval": "3.000000", "mon_client_hunt_interval_backoff": "1.500000", "mon_client_hunt_interval_min_multiple": "1.000000",
		"mon_client_hunt_interval_max_multiple": "10.000000", "mon_client_hunt_parallel": "3", "mon_client_ping_interval": "10.000000",
		"mon_client_ping_timeout": "30.000000", "mon_client_log_interval": "1.000000", "mon_client_max_log_entries_per_message": "1000",
		"mon_client_directed_command_retry": "2", "client_mount_timeout": "300", "rados_mon_op_timeout": "0", "mon_dns_srv_name": "ceph-mon",
		"auth_client_required": "cephx, none", "auth_cluster_required": "cephx", "auth_service_required": "cephx", "auth_supported": "", "host": "",
		"fsid": "00000000-0000-0000-0000-000000000000", "mon_host": "", "mon_host_override": "", "monmap": "", "key": "", "keyfile": "",
		"ms_mon_client_mode": "secure crc", "ms_client_mode": "crc secure", "ms_mon_service_mode": "secure crc", "ms_cluster_mode": "crc secure",
		"ms_connection_ready_timeout": "10", "ms_connection_idle_timeout": "900", "ms_initial_backoff": "0.200000", "ms_max_backoff": "15.000000",
		"ms_tcp_nodelay": "true", "ms_tcp_rcvbuf": "0", "ms_crc_data": "true", "log_to_stderr": "false", "log_file": "", "log_to_file": "true",
		"debug_monc": "0/10", "debug_ms": "0/0", "debug_auth": "1/5", "debug_rados": "0/5", "public_addr": "-", "public_addrv": "",
		"keyring":                   "/etc/ceph/ceph.client.admin.keyring,/etc/ceph/ceph.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin",
		"mon_client_hunt_on_resend": "true", "mon_client_target_rank": "-1", "auth_exit_on_failure": "-1", // later releases
	} {
		got, err := c.Get(option)
		require.NoError(t, err, option)
		require.Equal(t, want, got, option)
	}
}

func TestSchema(t *testing.T) {
	opts := Options()
	require.NotEmpty(t, opts)
	for i, o := range opts {
		require.Equal(t, o.Name, NormalizeKey(o.Name))
		require.NotEmpty(t, o.Desc, o.Name)
		require.NotContains(t, o.Type.String(), "(", o.Name)
		if i > 0 {
			require.Less(t, opts[i-1].Name, o.Name)
		}
		if _, err := o.normalize(o.Default); err != nil {
			require.Equal(t, "public_addrv", o.Name, "only what is not set may lack a default")
		}
		found, ok := LookupOption(strings.ReplaceAll(o.Name, "_", " "))
		require.True(t, ok)
		require.Equal(t, o.Name, found.Name)
	}
	_, ok := LookupOption("nonesuch")
	require.False(t, ok)
}

func TestGetters(t *testing.T) {
	c := withConf(t, `[global]
rados_mon_op_timeout = 1h 30m
mon_client_hunt_interval = 0.25
ms_connection_ready_timeout = 2K
ms_tcp_rcvbuf = 15E
fsid = 8b40a1a5-4a8e-4c1d-8d8f-0d5d3a0b1c2d
auth_client_required = cephx, none
client_mount_timeout = 9223372036854775807
mon_client_ping_timeout = 1e300
mon_client_ping_interval = -1e300
something_else = 5m
a_flag = true
a_number = 12K
a_word = x
`)
	d := func(want time.Duration, option string) {
		t.Helper()
		got, err := c.Duration(option)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	d(90*time.Minute, "rados_mon_op_timeout")
	d(250*time.Millisecond, "mon_client_hunt_interval")
	d(2000*time.Second, "ms_connection_ready_timeout")
	d(5*time.Minute, "something_else")
	d(1<<63-1, "client_mount_timeout")
	d(1<<63-1, "mon_client_ping_timeout")
	d(-1<<63, "mon_client_ping_interval")

	b, err := c.Bool("ms crc_data")
	require.NoError(t, err)
	require.True(t, b)
	b, err = c.Bool("a_flag")
	require.NoError(t, err)
	require.True(t, b)
	u, err := c.Uint("ms_tcp_rcvbuf")
	require.NoError(t, err)
	require.Equal(t, uint64(15)<<60, u)
	u, err = c.Uint("mon_client_hunt_parallel")
	require.NoError(t, err)
	require.Equal(t, uint64(3), u)
	i, err := c.Int("mon_client_target_rank")
	require.NoError(t, err)
	require.Equal(t, int64(-1), i)
	i, err = c.Int("a_number")
	require.NoError(t, err)
	require.Equal(t, int64(12000), i)
	x, err := c.Float("mon_client_hunt_interval_backoff")
	require.NoError(t, err)
	require.InDelta(t, 1.5, x, 0)
	id, err := c.UUID("fsid")
	require.NoError(t, err)
	require.Equal(t, "8b40a1a5-4a8e-4c1d-8d8f-0d5d3a0b1c2d", id.String())
	l, err := c.Strings("auth_client_required")
	require.NoError(t, err)
	require.Equal(t, []string{"cephx", "none"}, l)
	l, err = c.Strings("ms_mon_client_mode")
	require.NoError(t, err)
	require.Equal(t, []string{"secure", "crc"}, l)

	for _, err := range []error{
		second(c.Bool("mon_client_hunt_parallel")), second(c.Duration("ms_crc_data")), second(c.Uint("mon_client_target_rank")),
		second(c.Int("fsid")), second(c.UUID("mon_client_hunt_parallel")), second(c.Bool("a_word")), second(c.Duration("a_word")), second(c.Float("a_word")),
	} {
		require.ErrorIs(t, err, ErrInvalidValue)
	}
	require.EqualError(t, second(c.Int("a_word")), `cephconf: a_word (/etc/ceph/ceph.conf:14 [global]): invalid value: not an integer`)
	require.EqualError(t, second(c.Bool("mon_client_hunt_parallel")), `cephconf: mon_client_hunt_parallel (default): invalid value "3": the option has the type uint`)
	require.EqualError(t, second(c.Bool("nonesuch")), `cephconf: unknown option "nonesuch"`)
}

func second[T any](_ T, err error) error { return err }

func TestMillisecs(t *testing.T) {
	v, err := TypeMillisecs.normalize("1500")
	require.NoError(t, err)
	d, err := TypeMillisecs.duration(v)
	require.NoError(t, err)
	require.Equal(t, 1500*time.Millisecond, d)
	for _, bad := range []string{"-1", "1s", ""} {
		require.Error(t, second(TypeMillisecs.normalize(bad)))
	}
}

func TestOptionsOfThisLibrary(t *testing.T) {
	c := withConf(t, `[global]
monclient_hedge_delay = 0.015
monclient_hunt_stagger = 0
monclient_probe_timeout = 0
monclient command resend = read-only
`)
	for option, want := range map[string]time.Duration{
		"monclient_hedge_delay": 15 * time.Millisecond, "monclient_hunt_stagger": 0, "monclient_probe_interval": 500 * time.Millisecond,
		"monclient_probe_timeout": 2 * time.Second, "monclient_quorum_timeout": 5 * time.Second,
	} {
		got, err := c.Duration(option)
		require.NoError(t, err)
		require.Equal(t, want, got, option)
	}
	require.Len(t, c.Warnings(), 1)
	require.EqualError(t, c.Warnings()[0], `cephconf: monclient_probe_timeout (/etc/ceph/ceph.conf:4 [global]): invalid value "0": must be more than 0`)
	resend, err := c.Get("monclient_command_resend")
	require.NoError(t, err)
	require.Equal(t, "read-only", resend)

	for option, values := range map[string][]string{
		"monclient_command_resend":   {"always", "never", "read-only"},
		"monclient_hedge_delay":      {"0", "-0", "0.001", "1e3"},
		"monclient_hunt_stagger":     {"0", "2"},
		"monclient_keyring_watch":    {"true", "false", "1"},
		"monclient_probe_interval":   {"0.000001", "10"},
		"monclient_probe_timeout":    {"0.1"},
		"monclient_quorum_timeout":   {"0", "0.25"},
		"monclient_read_balance":     {"true", "0"},
		"monclient_standby_sessions": {"0", "2"},
	} {
		for _, value := range values {
			require.NoError(t, c.Set(option, value), "%s = %s", option, value)
		}
	}
	for option, values := range map[string][]string{
		"monclient_command_resend":   {"", "Always", "sometimes"},
		"monclient_hedge_delay":      {"-0.001", "50ms", ""},
		"monclient_hunt_stagger":     {"-1"},
		"monclient_keyring_watch":    {"yes"},
		"monclient_probe_interval":   {"0", "-0.0", "-1"},
		"monclient_probe_timeout":    {"0", "-2"},
		"monclient_quorum_timeout":   {"-5"},
		"monclient_read_balance":     {"on"},
		"monclient_standby_sessions": {"-1", "0.5"},
	} {
		for _, value := range values {
			require.ErrorIs(t, c.Set(option, value), ErrInvalidValue, "%s = %s", option, value)
		}
	}
}
