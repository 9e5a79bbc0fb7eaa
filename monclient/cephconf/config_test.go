package cephconf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The section that wins was checked by hand with ceph-conf 16.2.15 -n client.x --lookup.
func TestSectionPrecedence(t *testing.T) {
	c := withConf(t, `[client.x]
a = own
[client]
a = type
b = type
[global]
a = global
b = global
c = global
[client.y]
c = other
d = other
[osd]
c = osd
`)
	for option, want := range map[string]string{"a": "own", "b": "type", "c": "global"} {
		got, err := c.Get(option)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := c.Get("d")
	require.ErrorIs(t, err, ErrUnknownOption)

	require.NoError(t, c.Set("name", "client.y"))
	got, err := c.Get("c")
	require.NoError(t, err)
	require.Equal(t, "other", got)
}

func TestLevels(t *testing.T) {
	h := &host{
		files: map[string]string{"c.conf": "[client]\nlog_file = file\n"},
		env:   map[string]string{"CEPH_ARGS": "--log-file env"},
	}
	c := New(h.system())
	check := func(want, source string) {
		t.Helper()
		got, err := c.Get("log_file")
		require.NoError(t, err)
		require.Equal(t, want, got)
		s, err := c.Source("log_file")
		require.NoError(t, err)
		require.Equal(t, source, s.String())
	}
	check("", "default")
	require.Empty(t, c.SetMon(map[string]string{"log_file": "mon"}))
	check("mon", "monitors")
	require.NoError(t, c.ReadFile("c.conf"))
	check("file", "c.conf:2 [client]")
	require.NoError(t, c.ParseEnv())
	check("env", "environment CEPH_ARGS --log-file")
	rest, err := c.ParseArgv([]string{"--log_file=argv"})
	require.NoError(t, err)
	require.Empty(t, rest)
	check("argv", "command line --log_file")
	require.NoError(t, c.Set("log file", "set"))
	check("set", "override")

	// A weaker level that comes later stays weaker.
	require.NoError(t, c.ParseEnv())
	require.NoError(t, c.ReadFile("c.conf"))
	require.Empty(t, c.SetMon(map[string]string{"log_file": "mon"}))
	check("set", "override")
}

func TestSetMon(t *testing.T) {
	c := New((&host{}).system())
	ignored := c.SetMon(map[string]string{"debug_monc": "20", "rados_mon_op_timeout": "soon", "mon_host": "6.6.6.6", "key": "AQD", "rbd_cache": "false"})
	var texts []string
	for _, err := range ignored {
		texts = append(texts, err.Error())
	}
	require.Equal(t, []string{
		"cephconf: key (monitors): not taken from the monitors",
		"cephconf: mon_host (monitors): not taken from the monitors",
		`cephconf: rados_mon_op_timeout (monitors): invalid value "soon": want a number of seconds, or numbers with a unit such as 1h 30m`,
	}, texts)
	for option, want := range map[string]string{"debug_monc": "20/20", "rados_mon_op_timeout": "0", "mon_host": "", "key": "", "rbd_cache": "false"} {
		got, err := c.Get(option)
		require.NoError(t, err)
		require.Equal(t, want, got, option)
	}
	// It is always the complete set.
	require.Empty(t, c.SetMon(nil))
	got, err := c.Get("debug_monc")
	require.NoError(t, err)
	require.Equal(t, "0/10", got)
	require.ErrorIs(t, second(c.Get("rbd_cache")), ErrUnknownOption)
}

// Checked by hand with librados 16.2.15.
func TestClone(t *testing.T) {
	c := New(System{})
	require.NoError(t, c.Set("mon_host", "192.0.2.1"))
	clone := c.Clone()
	require.NoError(t, c.Set("mon_host", "192.0.2.2"))
	require.NoError(t, clone.Set("name", "client.x"))
	for _, want := range []struct {
		c          *Config
		host, name string
	}{{c, "192.0.2.2", "client.admin"}, {clone, "192.0.2.1", "client.x"}} {
		host, err := want.c.Get("mon_host")
		require.NoError(t, err)
		require.Equal(t, want.host, host)
		require.Equal(t, want.name, want.c.Name().String())
	}
}

func TestSetNames(t *testing.T) {
	c := New((&host{}).system())
	for _, name := range []string{"mon_client_hunt_parallel", "mon client hunt_parallel", " mon_client_hunt_parallel ", "mon\tclient  hunt parallel"} {
		require.NoError(t, c.Set(name, "5"), name)
	}
	for _, name := range []string{"mon-client-hunt-parallel", "MON_HOST", "nonesuch", "", "debug_nonesuch"} {
		require.ErrorIs(t, c.Set(name, "5"), ErrUnknownOption, name)
	}
}

func TestBadValuesOfTheFileDoNotCount(t *testing.T) {
	c := withConf(t, `[global]
mon_client_hunt_parallel = many
fsid = none
rados_mon_op_timeout = 5
[client]
rados_mon_op_timeout = -5
ms_crc_data = yes
`)
	// The strongest section decides, even if its value is bad: then the default counts, as in Ceph.
	for option, want := range map[string]string{"mon_client_hunt_parallel": "3", "fsid": nullUUID, "rados_mon_op_timeout": "0", "ms_crc_data": "true"} {
		got, err := c.Get(option)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	var texts []string
	for _, err := range c.Warnings() {
		require.ErrorIs(t, err, ErrInvalidValue)
		texts = append(texts, err.Error())
	}
	require.Equal(t, []string{
		`cephconf: fsid (/etc/ceph/ceph.conf:3 [global]): invalid value "none": not a UUID`,
		`cephconf: mon_client_hunt_parallel (/etc/ceph/ceph.conf:2 [global]): invalid value "many": not an integer`,
		`cephconf: ms_crc_data (/etc/ceph/ceph.conf:7 [client]): invalid value "yes": neither true, false nor an integer`,
		`cephconf: rados_mon_op_timeout (/etc/ceph/ceph.conf:6 [client]): invalid value "-5": want a number of seconds, or numbers with a unit such as 1h 30m`,
	}, texts)
}

func TestSourceStrings(t *testing.T) {
	require.Equal(t, "environment", LevelEnv.String())
	require.Equal(t, "level(17)", Level(17).String())
	require.Equal(t, "type(-1)", Type(-1).String())
	require.Equal(t, "none", KeyKind(0).String())
}

// secret is a key that must not show up anywhere.
const secret = "AQAreallysecretsecretsecretsecretsecretA=="

func TestSecretsDoNotPrint(t *testing.T) {
	c := withConf(t, "[client]\nkey = "+secret+"\nlog_file = /x/$key/y\n")
	require.NoError(t, c.Set("keyfile", "${key}"))

	v, err := c.Get("key")
	require.ErrorIs(t, err, ErrSecret)
	require.Equal(t, "[redacted]", v)
	require.EqualError(t, err, "cephconf: key (/etc/ceph/ceph.conf:2 [client]): the option is secret")
	require.ErrorIs(t, second(c.Strings("key")), ErrSecret)
	v, err = c.Get("log_file")
	require.NoError(t, err)
	require.Equal(t, "/x/[redacted]/y", v)

	s, err := c.Secret("key")
	require.NoError(t, err)
	require.Equal(t, secret, s.Reveal())
	plain, err := c.Secret("log_file")
	require.NoError(t, err)
	require.Equal(t, "/x/[redacted]/y", plain.Reveal())
	require.ErrorIs(t, second(c.Secret("nonesuch")), ErrUnknownOption)
	src, err := c.KeySource()
	require.NoError(t, err)

	hidden := struct {
		s   SecretText
		src KeySource
		c   *Config
	}{s, src, c}
	for _, x := range []any{s, &s, src, &src, c, hidden, &hidden, struct{ Key SecretText }{s}, []SecretText{s}, map[string]any{"k": s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
			require.NotContains(t, strings.ToLower(fmt.Sprintf(verb, x)), strings.ToLower(secret[:12]), verb)
			require.NotContains(t, strings.ToLower(fmt.Sprintf(verb, x)), fmt.Sprintf("%x", secret[:12]), verb)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "x", x)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "x", x)
		require.NotContains(t, log.String(), secret[:12])
		if data, err := json.Marshal(x); err == nil {
			require.NotContains(t, string(data), secret[:12])
		}
	}
	text, err := s.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "[redacted] [redacted] [redacted]", fmt.Sprintf("%s %v %s", text, s.LogValue(), s.String()))
	require.Equal(t, "[redacted]", s.GoString())
	require.Equal(t, "cephconf.Config(client.x, /etc/ceph/ceph.conf)", fmt.Sprintf("%+v", c))
	require.Equal(t, "cephconf.Config(client.admin, no file)", New((&host{}).system()).LogValue().String())
	require.True(t, SecretText{}.IsZero())
	require.Empty(t, SecretText{}.Reveal())
	require.False(t, s.IsZero())
}

func TestConcurrentUse(t *testing.T) {
	c := withConf(t, "[global]\nlog_file = $cluster-$name\n")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				_ = c.SetMon(map[string]string{"debug_monc": "1"})
				_ = c.Set("mon_host", "a")
				_, _ = c.Get("log_file")
				_ = c.Warnings()
				_ = c.ReadFile("/etc/ceph/ceph.conf")
				_ = c.String()
			}
		})
	}
	wg.Wait()
}
