package cephconf

import (
	"context"
	"maps"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

const anFSID = "8b40a1a5-4a8e-4c1d-8d8f-0d5d3a0b1c2d"

// monConf has monitors in sections. What each yields was checked by hand with the log of ceph 16.2.15, except that this
// release takes v2: without port to be at 6789, and a port 3300 to be v1, both of which no monitor serves.
const monConf = `[global]
fsid = ` + anFSID + `
[mon]
mon priority = 3
[mon.b]
mon addr = 10.0.0.2
mon weight = 20
[mon.a]
mon addr = 10.0.0.1:6790
mon priority = 1
[mon.c]
mon addr = v2:10.0.0.3
[mon.d]
mon addr = 10.0.0.4:3300
[mon.e]
host = e
[mon.f]
mon addr = nowhere
[mon.g]
mon addr = 10.0.0.7
mon priority = high
[mon.h]
mon addr = 10.0.0.2
[mon.i]
mon addr = -
`

func srvHost() *host {
	return &host{
		names: map[string][]string{"a.example.com": {"10.0.0.1", "10.0.9.1"}, "b.example.com": {"fd00::2"}, "c.elsewhere.org": {"10.0.0.3"}, "void.example.com": {}},
		srv: map[string]srvAnswer{
			"_ceph-mon._tcp": {"_ceph-mon._tcp.example.com.", []*net.SRV{
				{Target: "b.example.com.", Port: 3300, Priority: 10, Weight: 60},
				{Target: "a.example.com.", Port: 40001, Priority: 20, Weight: 1},
				{Target: "a.example.com.", Port: 40000, Priority: 20},
				{Target: "gone.example.com.", Port: 3300},
				{Target: "void.example.com.", Port: 3300},
				{Target: "c.elsewhere.org.", Port: 6789},
				{Target: "."},
			}},
			"_mons._tcp.lab.example.com": {"", []*net.SRV{{Target: "b.example.com", Port: 3300}}},
			"_nothing._tcp":              {"_nothing._tcp.example.com.", nil},
		},
	}
}

func TestMonitors(t *testing.T) {
	const srvMons = "a=v2:10.0.0.1:40000/0(20,0) a-legacy=v1:10.0.0.1:40000/0(20,0) a:40001=v2:10.0.0.1:40001/0(20,1) a:40001-legacy=v1:10.0.0.1:40001/0(20,1) " +
		"b=v2:[fd00::2]:3300/0(10,60) c.elsewhere.org-legacy=v1:10.0.0.3:6789/0"
	const sectionMons = "a=v1:10.0.0.1:6790/0(1,0) h=v1:10.0.0.2:6789/0(3,0) c=v2:10.0.0.3:3300/0(3,0) d=v2:10.0.0.4:3300/0(3,0)"
	all := map[string]string{"mon_host_override": "v2:10.0.0.91", "monmap": "/tmp/$cluster.map", "mon_host": "v2:10.0.0.93"}
	without := func(names ...string) map[string]string {
		m := map[string]string{}
		maps.Copy(m, all)
		for _, n := range names {
			delete(m, n)
		}
		return m
	}
	tests := []struct {
		name    string
		conf    string
		set     map[string]string
		origin  string
		mons    string
		monmap  string
		fsid    string
		skipped int
	}{
		{"override before all", monConf, all, "mon_host_override (override)", "a=v2:10.0.0.91:3300/0", "", nullUUID, 0},
		{"then monmap", monConf, without("mon_host_override"), "monmap (override)", "", "/tmp/ceph.map", nullUUID, 0},
		{"then mon_host", monConf, without("mon_host_override", "monmap"), "mon_host (override)", "a=v2:10.0.0.93:3300/0", "", anFSID, 0},
		{"mon_host of the file", "[client]\nmon host = v2:10.0.0.94\n", nil, "mon_host (/etc/ceph/ceph.conf:2 [client])", "a=v2:10.0.0.94:3300/0", "", nullUUID, 0},
		{"then sections", monConf, nil, "sections [mon.NAME] of /etc/ceph/ceph.conf", sectionMons, "", anFSID, 4},
		{"then DNS SRV", "[global]\nfsid=" + anFSID + "\n", nil, "DNS SRV _ceph-mon._tcp", srvMons, "", anFSID, 2},
		{"service and domain", minimal, map[string]string{"mon_dns_srv_name": "mons_lab.example.com"}, "DNS SRV _mons._tcp.lab.example.com", "b.example.com=v2:[fd00::2]:3300/0", "", nullUUID, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := srvHost()
			h.files = map[string]string{"/etc/ceph/ceph.conf": tt.conf}
			c := New(h.system())
			_, err := c.Load(nil)
			require.NoError(t, err)
			for k, v := range tt.set {
				require.NoError(t, c.Set(k, v))
			}
			b, err := c.Monitors(t.Context())
			require.NoError(t, err)
			require.Equal(t, tt.origin, b.Origin)
			require.Equal(t, tt.mons, describe(b.Mons))
			require.Equal(t, tt.monmap, b.Monmap)
			require.Equal(t, tt.fsid, b.FSID.String())
			require.Len(t, b.Skipped, tt.skipped)
		})
	}
}

func TestSkippedSections(t *testing.T) {
	c := withConf(t, monConf)
	b, err := c.Monitors(t.Context())
	require.NoError(t, err)
	var texts []string
	for _, err := range b.Skipped {
		texts = append(texts, err.Error())
	}
	require.Equal(t, []string{
		`cephconf: mon addr of mon.f (/etc/ceph/ceph.conf:18 [mon.f]): invalid value "nowhere": address "nowhere": "nowhere" is no IP address`,
		`cephconf: mon priority of mon.g (/etc/ceph/ceph.conf:21 [mon.g]): invalid value "high": want a number from 0 to 65535`,
		`cephconf: [mon.b] has the address of [mon.h]`,
		`cephconf: mon addr of mon.i (/etc/ceph/ceph.conf:25 [mon.i]): invalid value "-": a blank address`,
	}, texts)
}

func TestNoMonitors(t *testing.T) {
	c := New((&host{}).system())
	_, err := c.Load(nil)
	require.NoError(t, err)
	_, err = c.Monitors(t.Context())
	require.ErrorIs(t, err, ErrNoMonitors)
	require.ErrorIs(t, err, ErrNoConf)
	require.EqualError(t, err, "cephconf: no monitors configured: mon_host is not set; no configuration file (default search path): "+
		"/etc/ceph/ceph.conf: file does not exist, /.ceph/ceph.conf: file does not exist, ceph.conf: file does not exist; "+
		"mon_dns_srv_name (default): DNS SRV _ceph-mon._tcp: lookup _ceph-mon._tcp: no such host")

	c = withConf(t, minimal)
	_, err = c.Monitors(t.Context())
	require.ErrorIs(t, err, ErrNoMonitors)
	require.ErrorContains(t, err, "; /etc/ceph/ceph.conf has no section [mon.NAME] with mon addr; ")

	c = withConf(t, "[mon.a]\nmon addr = x\n")
	require.ErrorContains(t, second(c.Monitors(t.Context())), "; mon addr of mon.a (/etc/ceph/ceph.conf:2 [mon.a]): invalid value ")

	require.NoError(t, c.Set("mon_dns_srv_name", "_x"))
	require.ErrorContains(t, second(c.Monitors(t.Context())), "mon_dns_srv_name (override): names no service")

	h := srvHost()
	c = New(h.system())
	require.NoError(t, c.Set("mon_dns_srv_name", "nothing"))
	require.ErrorContains(t, second(c.Monitors(t.Context())), "DNS SRV _nothing._tcp names no monitor that resolves")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, c.Set("mon_dns_srv_name", "ceph-mon"))
	_, err = c.Monitors(ctx)
	require.ErrorIs(t, err, ErrNoMonitors)
	require.ErrorIs(t, err, context.Canceled)
}

func TestMonitorsLoops(t *testing.T) {
	c := New((&host{}).system())
	require.NoError(t, c.Set("mon_host", "$mon_host"))
	require.ErrorIs(t, second(c.Monitors(t.Context())), ErrLoop)
}
