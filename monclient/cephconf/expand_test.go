package cephconf

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Checked by hand with librados 16.2.15 (client.x of cluster ceph), except for hostname, pid and home, and where a
// comment says so.
func TestMetavariables(t *testing.T) {
	for in, want := range map[string]string{
		"$host": "node1", "$host2": "node12", "$id": "x", "$num": "x", "$name": "client.x", "$type": "client", "$cluster": "ceph", "$pid": "4711",
		"${id}x": "xx", "$id$id": "xx", "$home/x": "/home/u/x", "$ID": "$ID", "a$b": "a$b", "$": "$", "$$": "$$", "${foo}": "${foo}", "$foo/bar": "$foo/bar",
		"$mon_dns_srv_name": "ceph-mon", "$ms_crc_data": "true", "$fsid": nullUUID, "$data_dir": "$data_dir", "a\\$b": "a\\$b",
		"$keyring": "/etc/ceph/ceph.client.x.keyring,/etc/ceph/ceph.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin",
		// Ceph 16 to 20 forgets what is before $home, and drops what is behind $ in these.
		"a$home/x": "a/home/u/x", "${id": "${id", "${}": "${}", "${id-x}": "${id-x}",
	} {
		t.Run(in, func(t *testing.T) {
			c := New((&host{env: map[string]string{"HOME": "/home/u"}}).system())
			require.NoError(t, c.Set("name", "client.x"))
			require.NoError(t, c.Set("log_file", in))
			got, err := c.Get("log_file")
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestMetavariablesElsewhere(t *testing.T) {
	c := withConf(t, "[global]\nhost = h\nlog_file = $host-$mon_host-$unknown\nmon_host = ${mon_dns_srv_name}\nunknown = $id\n")
	for option, want := range map[string]string{"log_file": "h-ceph-mon-$unknown", "unknown": "x"} {
		got, err := c.Get(option)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	// Only strings expand.
	require.ErrorIs(t, c.Set("mon_client_hunt_parallel", "$pid"), ErrInvalidValue)

	a, err := New(System{}).expandText("$cctid")
	require.NoError(t, err)
	b, err := New(System{}).expandText("$cctid")
	require.NoError(t, err)
	require.NotEqual(t, a, b)
}

// The texts are librados 16.2.15's; the errors are ours.
func TestMetavariableLoops(t *testing.T) {
	c := New((&host{}).system())
	require.NoError(t, c.Set("mon_host", "pre$monmap/post"))
	require.NoError(t, c.Set("monmap", "x${mon_host}y"))
	got, err := c.Get("mon_host")
	require.ErrorIs(t, err, ErrLoop)
	require.EqualError(t, err, "cephconf: mon_host (override): variable expansion loop: mon_host -> monmap -> mon_host")
	require.Equal(t, "pre$mon_host/post", got)
	got, err = c.Get("monmap")
	require.ErrorIs(t, err, ErrLoop)
	require.Equal(t, "x$monmapy", got)

	require.NoError(t, c.Set("log_file", "a$log_file"))
	got, err = c.Get("log_file")
	require.EqualError(t, err, "cephconf: log_file (override): variable expansion loop: log_file -> log_file")
	require.Equal(t, "$log_file", got)
}

func TestLongValues(t *testing.T) {
	c := New((&host{}).system())
	long := strings.Repeat("x", maxExpansion+1)
	require.NoError(t, c.Set("log_file", long))
	got, err := c.Get("log_file")
	require.NoError(t, err)
	require.Equal(t, long, got)
	require.NoError(t, c.Set("monmap", "$log_file"))
	require.ErrorIs(t, second(c.Get("monmap")), ErrInvalidValue)
	require.NoError(t, c.Set("host", long))
	require.NoError(t, c.Set("monmap", strings.Repeat("$host", 20000)))
	require.ErrorIs(t, second(c.Get("monmap")), ErrInvalidValue)
}

func TestMetavariablesAreBounded(t *testing.T) {
	var names []string
	for _, o := range Options() {
		if o.Type == TypeStr && o.check == nil && !o.Secret && o.Name != "host" && o.Name != "cluster" {
			names = append(names, o.Name)
		}
	}
	require.Greater(t, len(names), 16)
	for _, leaf := range []string{"", "x", strings.Repeat("x", 1000)} {
		c := New((&host{}).system())
		for i, name := range names[:len(names)-1] {
			require.NoError(t, c.Set(name, strings.Repeat("${"+names[i+1]+"}", 8)))
		}
		require.NoError(t, c.Set(names[len(names)-1], leaf))
		got, err := c.Get(names[0])
		require.ErrorIs(t, err, ErrInvalidValue)
		require.LessOrEqual(t, len(got), 2*maxExpansion)
	}
}
