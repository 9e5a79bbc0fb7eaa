package realceph

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Auth is a cluster's authentication method.
type Auth string

// The methods; the zero value means CephX.
const (
	CephX    Auth = "cephx"
	AuthNone Auth = "none"
)

// KeyType is a type of cephx key; the zero value means the release's own.
type KeyType string

// The key types. Only Tentacle knows AES256K, which is its own; a Tentacle cluster started with AES accepts
// both (and its health complains about insecure keys).
const (
	AES     KeyType = "aes"
	AES256K KeyType = "aes256k"
)

// Options says what to start. The zero value of every field but Release is useful.
type Options struct {
	Release Release
	Mons    int // number of monitors, 1 to 5; 0 means 1
	Auth    Auth
	// ServiceModes is ms_mon_service_mode, the connection modes that monitors accept from clients, such
	// as "crc" or "secure crc"; empty means the release's default.
	ServiceModes string
	KeyType      KeyType
	IPv6         bool // listen on ::1 instead of 127.0.0.1
	V1           bool // listen for messenger v1, too
	Mgr          bool // start a mgr (implied by OSDs)
	OSDs         int  // number of memstore OSDs
	// Network puts the daemons into a network namespace of their own, each monitor at an address of its own, so that
	// [Cluster.BlackHole] works. It needs root, or [MainWithNetwork], and the program ip of the package iproute2.
	Network bool
	// ClusterLog has every monitor write the cluster log to a file, for [Cluster.LogTimes].
	ClusterLog bool
	Conf       map[string]string // more options for [global] of ceph.conf; they win over the package's own
}

// normalize fills in defaults and refuses what cannot be started.
func (o Options) normalize() (Options, error) {
	if _, err := ParseRelease(string(o.Release)); err != nil {
		return o, err
	}
	if o.Mons == 0 {
		o.Mons = 1
	}
	if o.Auth == "" {
		o.Auth = CephX
	}
	if o.KeyType == "" {
		o.KeyType = AES
		if o.Release == Tentacle {
			o.KeyType = AES256K
		}
	}
	o.Mgr = o.Mgr || o.OSDs > 0
	switch {
	case o.Mons < 1 || o.Mons > 5:
		return o, fmt.Errorf("realceph: %d mons; 1 to 5 are possible", o.Mons)
	case o.OSDs < 0 || o.OSDs > 9:
		return o, fmt.Errorf("realceph: %d OSDs; 0 to 9 are possible", o.OSDs)
	case o.Network && o.IPv6:
		return o, errors.New("realceph: a cluster with a network of its own has IPv4 addresses only")
	case o.Auth != CephX && o.Auth != AuthNone:
		return o, fmt.Errorf("realceph: unknown authentication %q", o.Auth)
	case o.KeyType != AES && o.KeyType != AES256K:
		return o, fmt.Errorf("realceph: unknown key type %q", o.KeyType)
	case o.KeyType == AES256K && o.Release != Tentacle:
		return o, fmt.Errorf("realceph: %s has no keys of type %s", o.Release, AES256K)
	}
	for k, v := range o.Conf {
		if k == "" || strings.ContainsAny(k, "=[]#;\n") || strings.Contains(v, "\n") {
			return o, fmt.Errorf("realceph: option %q: not something that ceph.conf can hold", k)
		}
	}
	return o, nil
}

// mgrModules are the modules that a mgr loads: those that are always on, and one to switch on and off. The
// others would take most of its start.
var mgrModules = []string{
	"balancer", "crash", "devicehealth", "orchestrator", "pg_autoscaler", "progress", "rbd_support", "status",
	"telemetry", "volumes", "iostat",
}

// extraModules returns the mgr modules of the tree that are not among mgrModules.
func (t tree) extraModules() []string {
	var names []string
	paths, _ := filepath.Glob(filepath.Join(t.mgrDir(), "*", "module.py")) // the pattern is well-formed
	for _, path := range paths {
		if name := filepath.Base(filepath.Dir(path)); !slices.Contains(mgrModules, name) {
			names = append(names, name)
		}
	}
	return names
}

func (t tree) mgrDir() string { return filepath.Join(t.dir, "usr/share/ceph/mgr") }

// conf returns the cluster's ceph.conf.
func (c *Cluster) conf(t tree) string {
	o := c.options
	global := map[string]string{
		"fsid":                  c.FSID,
		"mon_host":              c.MonHost(),
		"auth_cluster_required": string(o.Auth),
		"auth_service_required": string(o.Auth),
		"auth_client_required":  string(o.Auth),

		"ms_bind_ipv4":  fmt.Sprint(!o.IPv6),
		"ms_bind_ipv6":  fmt.Sprint(o.IPv6),
		"ms_bind_msgr1": fmt.Sprint(o.V1),

		"run_dir":                 c.Dir,
		"admin_socket":            c.Dir + "/$name.asok",
		"log_file":                c.Dir + "/$name.log",
		"mon_data":                c.Dir + "/$name",
		"mgr_data":                c.Dir + "/$name",
		"osd_data":                c.Dir + "/$name",
		"crash_dir":               c.Dir + "/crash",
		"erasure_code_dir":        t.libs + "/ceph/erasure-code",
		"plugin_dir":              t.libs + "/ceph",
		"osd_class_dir":           t.libs + "/rados-classes",
		"mgr_module_path":         t.mgrDir(),
		"log_to_stderr":           "false",
		"mon_cluster_log_to_file": "false",

		// When monitors start together, some election is usually missed by one of them and lasts until its
		// timeout, 5 s by default.
		"mon_election_timeout": "1",

		// A port that is taken stays taken; Start then chooses others.
		"ms_bind_retry_count": "1",
		"ms_bind_retry_delay": "1",

		// A mgr becomes active at its beacon, and OSDs are known by their first report.
		"mgr_tick_period":  "1",
		"mgr_stats_period": "1",

		// One OSD, or none, on a nearly full disk is a healthy cluster here.
		"mon_allow_pool_size_one":                        "true",
		"mon_warn_on_pool_no_redundancy":                 "false",
		"mon_warn_on_insecure_global_id_reclaim_allowed": "false",
		"mon_data_avail_warn":                            "1",
		"mon_data_avail_crit":                            "0",
		"osd_pool_default_size":                          "1",
		"osd_pool_default_min_size":                      "1",
		"osd_pool_default_pg_num":                        "1",
		"osd_pool_default_pg_autoscale_mode":             "off",
		"osd_crush_chooseleaf_type":                      "0",

		"osd_objectstore":       "memstore",
		"memstore_device_bytes": "268435456",
		"mgr_initial_modules":   "",
		"mgr_disabled_modules":  strings.Join(t.extraModules(), " "),
	}
	if o.ClusterLog {
		global["mon_cluster_log_to_file"] = "true"
		global["mon_cluster_log_file"] = c.Dir + "/$name" + clusterLogSuffix
	}
	if o.ServiceModes != "" {
		global["ms_mon_service_mode"] = o.ServiceModes
	}
	if c.Release == Tentacle && o.KeyType == AES {
		global["mon_auth_allow_insecure_key"] = "true"
	}
	maps.Copy(global, o.Conf)

	var b strings.Builder
	section := func(name string, options map[string]string) {
		fmt.Fprintf(&b, "[%s]\n", name)
		for _, k := range slices.Sorted(maps.Keys(options)) {
			fmt.Fprintf(&b, "%s = %s\n", k, options[k])
		}
	}
	section("global", global)
	section("client", map[string]string{
		"keyring":      c.Dir + "/$name.keyring",
		"admin_socket": "",
		"log_file":     "",
	})
	// Monitors take their addresses from the monmap.
	section("mgr", map[string]string{"keyring": c.Dir + "/mkfs.keyring", "public_addr": c.ip.String()})
	section("osd", map[string]string{"keyring": c.Dir + "/mkfs.keyring", "public_addr": c.ip.String(), "cluster_addr": c.ip.String()})
	return b.String()
}
