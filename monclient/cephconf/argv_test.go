package cephconf

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Checked by hand with rados_conf_parse_argv_remainder of librados 16.2.15, which leaves -c, -n, --id, --name and --cluster
// to its caller, and exits the process where a value is missing.
var argvs = []struct {
	name, args string
	rest       string
	want       map[string]string
	err        string
}{
	{"separate value", "--mon_host a", "", map[string]string{"mon_host": "a"}, ""},
	{"value behind =", "--mon_host=a=b x", "x", map[string]string{"mon_host": "a=b"}, ""},
	{"dashes", "--mon-host a --rados-mon_op-timeout=5m", "", map[string]string{"mon_host": "a", "rados_mon_op_timeout": "300"}, ""},
	{"empty value", "--mon_host= y", "y", map[string]string{"mon_host": ""}, ""},
	{"value that looks like an option", "--mon_host --ms_crc_data", "", map[string]string{"mon_host": "--ms_crc_data", "ms_crc_data": "true"}, ""},
	{"last one wins", "--mon_host a --mon-host b", "", map[string]string{"mon_host": "b"}, ""},
	{"short", "-m a -M b -k c -K d status", "status", map[string]string{"mon_host": "a", "monmap": "b", "keyring": "c", "keyfile": "d"}, ""},
	{"short with =", "-m=a", "", map[string]string{"mon_host": "a"}, ""},
	{"short stuck to its value", "-ma", "-ma", map[string]string{"mon_host": ""}, ""},
	{"one dash", "-mon_host a", "-mon_host a", nil, ""},
	{"three dashes", "---mon_host a", "---mon_host a", nil, ""},
	{"single dash", "-", "-", nil, ""},
	{"case counts", "--Mon_host a", "--Mon_host a", nil, ""},
	{"unknown", "--unknown x --mon_host b y", "--unknown x y", map[string]string{"mon_host": "b"}, ""},
	{"longer than an option", "--mon_host_x a", "--mon_host_x a", nil, ""},
	{"end of options", "a --mon_host b -- --mon_host c", "a -- --mon_host c", map[string]string{"mon_host": "b"}, ""},

	{"flag", "--ms_crc_header", "", map[string]string{"ms_crc_header": "true"}, ""},
	{"flag and value", "--ms_crc_data false x", "x", map[string]string{"ms_crc_data": "false"}, ""},
	{"flag and 0", "--ms_crc_data 0 x", "x", map[string]string{"ms_crc_data": "false"}, ""},
	{"flag and other word", "--ms_crc_data TRUE", "TRUE", map[string]string{"ms_crc_data": "true"}, ""},
	{"flag and option", "--ms_crc_data --mon_host q", "", map[string]string{"ms_crc_data": "true", "mon_host": "q"}, ""},
	{"flag = value", "--ms-crc-data=0", "", map[string]string{"ms_crc_data": "false"}, ""},
	{"flag = bad", "--ms_crc_data=yes", "", nil, `cephconf: ms_crc_data (command line --ms_crc_data): invalid value "yes": want true, false, 1 or 0`},
	{"flag = nothing", "--ms_crc_data=", "", nil, `cephconf: ms_crc_data (command line --ms_crc_data): invalid value "": want true, false, 1 or 0`},
	{"no flag", "--no-ms-crc_data 1", "1", map[string]string{"ms_crc_data": "false"}, ""},
	{"no_flag", "--no_ms_crc_data", "", map[string]string{"ms_crc_data": "false"}, ""},
	{"no flag = value", "--no-ms_crc_data=true", "--no-ms_crc_data=true", nil, ""},
	{"no string", "--no-mon_host x", "--no-mon_host x", nil, ""},

	{"default", "--default-mon_host d --default_log-file=e", "", map[string]string{"mon_host": "d", "log_file": "e"}, ""},
	{"default is weakest", "--mon-host z --default-mon_host d", "", map[string]string{"mon_host": "z"}, ""},
	{"default of a flag", "--default-ms_crc_data false", "", map[string]string{"ms_crc_data": "false"}, ""},
	{"default of a flag without value", "--default-ms_crc_data", "", nil, "cephconf: ms_crc_data (default --default-ms_crc_data): invalid value: the argument lacks a value"},
	{"default of no flag", "--default-no-ms_crc_data", "--default-no-ms_crc_data", nil, ""},

	{"id", "--id y", "", map[string]string{"name": "client.y"}, ""},
	{"user", "--user=y", "", map[string]string{"name": "client.y"}, ""},
	{"name", "-n client.y --cluster c", "", map[string]string{"name": "client.y", "cluster": "c"}, ""},
	{"bad name", "--name admin", "", nil, `cephconf: name (command line --name): invalid value "admin": entity name "admin" has no dot: want TYPE.ID, such as client.admin`},
	{"conf", "-c /x", "", map[string]string{"conf": "/x"}, ""},

	{"bad value", "--mon_client_hunt_parallel x", "", nil, `cephconf: mon_client_hunt_parallel (command line --mon_client_hunt_parallel): invalid value "x": not an integer`},
	{"no value", "--mon-host", "", nil, "cephconf: mon_host (command line --mon-host): invalid value: the argument lacks a value"},
	{"no value for a short one", "-k", "", nil, "cephconf: keyring (command line -k): invalid value: the argument lacks a value"},
}

func TestParseArgv(t *testing.T) {
	for _, tt := range argvs {
		t.Run(tt.name, func(t *testing.T) {
			c := New((&host{}).system())
			rest, err := c.ParseArgv(strings.Fields(tt.args))
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				require.ErrorIs(t, err, ErrInvalidValue)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.rest, strings.Join(rest, " "))
			for option, want := range tt.want {
				got, err := c.Get(option)
				require.NoError(t, err)
				require.Equal(t, want, got, option)
			}
		})
	}
}

func TestArgvKeepsSecrets(t *testing.T) {
	c := New((&host{env: map[string]string{"CEPH_ARGS": "--key " + secret}}).system())
	_, err := c.Load([]string{"--key=" + secret})
	require.NoError(t, err)
	_, err = c.Get("key")
	require.EqualError(t, err, "cephconf: key (command line --key): the option is secret")
}

func TestParseEnv(t *testing.T) {
	h := &host{env: map[string]string{"CEPH_KEYRING": "/k", "CEPH_ARGS": " --id  e --rbd_cache false\t--no-ms_crc_data -- --mon_host x"}}
	c := New(h.system())
	require.NoError(t, c.ParseEnv())
	for option, want := range map[string]string{"keyring": "/k", "name": "client.e", "ms_crc_data": "false", "mon_host": ""} {
		got, err := c.Get(option)
		require.NoError(t, err)
		require.Equal(t, want, got, option)
	}
	s, err := c.Source("keyring")
	require.NoError(t, err)
	require.Equal(t, "environment CEPH_KEYRING", s.String())

	// The command line is stronger, CEPH_ARGS comes after CEPH_KEYRING.
	h.env["CEPH_ARGS"] = "-k /k2 --id e"
	c = New(h.system())
	_, err = c.Load([]string{"--id", "a"})
	require.NoError(t, err)
	require.Equal(t, "client.a", c.Name().String())
	got, err := c.Get("keyring")
	require.NoError(t, err)
	require.Equal(t, "/k2", got)

	h.env["CEPH_ARGS"] = "--debug-monc=x"
	require.EqualError(t, New(h.system()).ParseEnv(), `cephconf: debug_monc (environment CEPH_ARGS --debug-monc): invalid value "x": want N or N/M, both from 0 to 99`)
	_, err = New(h.system()).Load(nil)
	require.ErrorIs(t, err, ErrInvalidValue)
	_, err = New((&host{}).system()).Load([]string{"-m"})
	require.ErrorIs(t, err, ErrInvalidValue)
}

func FuzzArgv(f *testing.F) {
	for _, tt := range argvs {
		f.Add(strings.ReplaceAll(tt.args, " ", "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		c := New((&host{}).system())
		rest, err := c.ParseArgv(args)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidValue)
			return
		}
		require.LessOrEqual(t, len(rest), len(args))
		// The rest is what of args is left, in order.
		i := 0
		for _, a := range rest {
			for i < len(args) && args[i] != a {
				i++
			}
			require.Less(t, i, len(args))
			i++
		}
		for _, o := range Options() {
			if _, err := c.Get(o.Name); err != nil {
				require.True(t, o.Secret || strings.Contains(text, "$"), "%s: %v", o.Name, err)
			}
		}
	})
}
