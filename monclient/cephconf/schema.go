package cephconf

import (
	"maps"
	"slices"
	"strings"
)

// Option describes one option of the schema.
type Option struct {
	Name    string
	Type    Type
	Default string // before metavariables
	Desc    string

	// Local options are not taken from the monitors (FLAG_NO_MON_UPDATE in src/common/options.h): they say where the
	// monitors are and who we are.
	Local bool
	// Secret options are handed out by Config.Secret only.
	Secret bool

	check func(string) (string, error) // further normalisation of a string
}

// nullUUID is how Ceph prints an fsid that is not set.
const nullUUID = "00000000-0000-0000-0000-000000000000"

const (
	defaultKeyring = "/etc/ceph/$cluster.$name.keyring,/etc/ceph/$cluster.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin"
	defaultCluster = "ceph"
	defaultName    = "client.admin"
)

// Names of options that this package itself reads.
const (
	optName            = "name"
	optCluster         = "cluster"
	optConf            = "conf"
	optHost            = "host"
	optFSID            = "fsid"
	optKey             = "key"
	optKeyfile         = "keyfile"
	optKeyring         = "keyring"
	optMonmap          = "monmap"
	optMonHost         = "mon_host"
	optMonHostOverride = "mon_host_override"
	optMonDNSSRVName   = "mon_dns_srv_name"
)

// schema has the options that a client of the monitors uses. Names, types and defaults are those of Ceph 16 to 20
// (src/common/options/global.yaml.in; src/common/subsys.h for debug_*); librados 16.2.15 printed the defaults of all
// that it knows. conf, cluster and name are arguments in Ceph rather than options.
var schema = func() map[string]*Option {
	m := make(map[string]*Option)
	for _, o := range []Option{
		// Who we are.
		{Name: optName, Type: TypeStr, Default: defaultName, Desc: "name to authenticate as, TYPE.ID", Local: true, check: checkEntityName},
		{Name: optCluster, Type: TypeStr, Default: defaultCluster, Desc: "name of the cluster: the stem of the configuration file unless set", Local: true},
		{Name: optConf, Type: TypeStr, Desc: "configuration files to look for, instead of the default search path", Local: true},
		{Name: optHost, Type: TypeStr, Desc: "local hostname; the short hostname if empty", Local: true},
		{Name: optKey, Type: TypeStr, Desc: "key to authenticate with, base64", Local: true, Secret: true},
		{Name: optKeyfile, Type: TypeStr, Desc: "file with the key to authenticate with, base64", Local: true},
		{Name: optKeyring, Type: TypeStr, Default: defaultKeyring, Desc: "keyring files to look for; the first that opens is used", Local: true},
		{Name: "crush_location", Type: TypeStr, Desc: "where this host is in the CRUSH hierarchy"},

		// Where the monitors are.
		{Name: optMonHost, Type: TypeStr, Desc: "addresses or names of the monitors", Local: true},
		{Name: optMonHostOverride, Type: TypeStr, Desc: "monitors to use before all other sources", Local: true},
		{Name: optMonmap, Type: TypeStr, Desc: "file with an encoded monmap", Local: true},
		{Name: optFSID, Type: TypeUUID, Default: nullUUID, Desc: "id of the cluster; another cluster is refused", Local: true},
		{Name: optMonDNSSRVName, Type: TypeStr, Default: "ceph-mon", Desc: "DNS SRV service of the monitors, SERVICE or SERVICE_DOMAIN", Local: true},
		{Name: "public_addr", Type: TypeAddr, Default: "-", Desc: "own address"},
		{Name: "public_addrv", Type: TypeAddrVec, Desc: "own addresses"},

		// Hunting and the session.
		{Name: "mon_client_hunt_interval", Type: TypeFloat, Default: "3", Desc: "seconds between attempts while not connected"},
		{Name: "mon_client_hunt_interval_backoff", Type: TypeFloat, Default: "1.5", Desc: "factor on the hunt interval for each failed attempt"},
		{Name: "mon_client_hunt_interval_min_multiple", Type: TypeFloat, Default: "1", Desc: "lower bound of the factor on the hunt interval"},
		{Name: "mon_client_hunt_interval_max_multiple", Type: TypeFloat, Default: "10", Desc: "upper bound of the factor on the hunt interval"},
		{Name: "mon_client_hunt_parallel", Type: TypeUint, Default: "3", Desc: "monitors tried at once; 0 means all"},
		{Name: "mon_client_hunt_on_resend", Type: TypeBool, Default: "true", Desc: "send a command again to any monitor rather than to the one it went to"},
		{Name: "mon_client_target_rank", Type: TypeInt, Default: "-1", Desc: "rank of the only monitor to connect to; -1 means any"},
		{Name: "mon_client_ping_interval", Type: TypeFloat, Default: "10", Desc: "seconds between keepalives"},
		{Name: "mon_client_ping_timeout", Type: TypeFloat, Default: "30", Desc: "seconds without an answer to a keepalive after which the session is reopened"},
		{Name: "mon_client_log_interval", Type: TypeFloat, Default: "1", Desc: "seconds between cluster log messages"},
		{Name: "mon_client_max_log_entries_per_message", Type: TypeInt, Default: "1000", Desc: "entries of a cluster log message"},
		{Name: "mon_client_directed_command_retry", Type: TypeInt, Default: "2", Desc: "attempts to send a command to one given monitor"},
		{Name: "client_mount_timeout", Type: TypeSecs, Default: "300", Desc: "time to connect and authenticate"},
		{Name: "rados_mon_op_timeout", Type: TypeSecs, Default: "0", Desc: "time for an operation on the monitors; 0 means no limit"},
		{Name: "rados_osd_op_timeout", Type: TypeSecs, Default: "0", Desc: "time for an operation on an OSD; 0 means no limit"},
		{Name: "mgr_connect_retry_interval", Type: TypeFloat, Default: "1", Desc: "seconds between attempts to connect to the manager"},

		// Authentication.
		{Name: "auth_client_required", Type: TypeStr, Default: "cephx, none", Desc: "methods the client accepts"},
		{Name: "auth_cluster_required", Type: TypeStr, Default: "cephx", Desc: "methods daemons require of each other"},
		{Name: "auth_service_required", Type: TypeStr, Default: "cephx", Desc: "methods daemons require of clients"},
		{Name: "auth_supported", Type: TypeStr, Desc: "overrides the three auth_*_required"},
		{Name: "auth_exit_on_failure", Type: TypeInt, Default: "-1", Desc: "exit status of a daemon whose authentication fails; -1 means go on"},

		// The messenger.
		{Name: "ms_mon_client_mode", Type: TypeStr, Default: "secure crc", Desc: "connection modes toward monitors and managers, best first"},
		{Name: "ms_mon_service_mode", Type: TypeStr, Default: "secure crc", Desc: "connection modes monitors accept from clients"},
		{Name: "ms_mon_cluster_mode", Type: TypeStr, Default: "secure crc", Desc: "connection modes between monitors"},
		{Name: "ms_client_mode", Type: TypeStr, Default: "crc secure", Desc: "connection modes toward other daemons, best first"},
		{Name: "ms_service_mode", Type: TypeStr, Default: "crc secure", Desc: "connection modes daemons accept from clients"},
		{Name: "ms_cluster_mode", Type: TypeStr, Default: "crc secure", Desc: "connection modes between daemons"},
		{Name: "ms_connection_ready_timeout", Type: TypeInt, Default: "10", Desc: "seconds for the handshake of a connection"},
		{Name: "ms_connection_idle_timeout", Type: TypeInt, Default: "900", Desc: "seconds after which an idle connection is closed"},
		{Name: "ms_initial_backoff", Type: TypeFloat, Default: "0.2", Desc: "seconds before the first reconnect"},
		{Name: "ms_max_backoff", Type: TypeFloat, Default: "15", Desc: "longest wait before a reconnect, in seconds"},
		{Name: "ms_tcp_nodelay", Type: TypeBool, Default: "true", Desc: "disable Nagle's algorithm"},
		{Name: "ms_tcp_rcvbuf", Type: TypeSize, Default: "0", Desc: "receive buffer of a socket; 0 means the system's"},
		{Name: "ms_crc_data", Type: TypeBool, Default: "true", Desc: "checksum the data of messages"},
		{Name: "ms_crc_header", Type: TypeBool, Default: "true", Desc: "checksum the header of messages"},
		{Name: "ms_bind_ipv4", Type: TypeBool, Default: "true", Desc: "use IPv4"},
		{Name: "ms_bind_ipv6", Type: TypeBool, Default: "false", Desc: "use IPv6"},

		// This library's own; Ceph ignores them.
		{Name: "monclient_central_config", Type: TypeBool, Default: "false", Desc: "follow the monitors' configuration for this client, where this library can while connected", Local: true},
		{Name: "monclient_command_resend", Type: TypeStr, Default: "always", Desc: "what to do with a command whose session is lost before its answer: always send it again, never, or read-only: if it only reads", check: checkResend},
		{Name: "monclient_fetch_config", Type: TypeBool, Default: "false", Desc: "fetch the monmap and the monitors' configuration in a session of its own before the first one, as librados does", Local: true},
		{Name: "monclient_hedge_delay", Type: TypeFloat, Default: "0", Desc: "seconds after which a read-only command goes to a standby session as well; 0 means never", check: checkNotNegative},
		{Name: "monclient_hostname", Type: TypeStr, Desc: "this machine's name as the monitors are told it, for masked options; the hostname if empty", Local: true},
		{Name: "monclient_hunt_stagger", Type: TypeFloat, Default: "0.05", Desc: "seconds that an attempt at a monitor may take before the next one is tried as well", check: checkNotNegative},
		{Name: "monclient_keyring_watch", Type: TypeBool, Default: "true", Desc: "take over the key from keyring or keyfile when it changes while connected", Local: true},
		{Name: "monclient_log_flush_timeout", Type: TypeFloat, Default: "1", Desc: "seconds that closing waits for the monitors to acknowledge log entries; 0 means not at all", Local: true, check: checkNotNegative},
		{Name: "monclient_max_message", Type: TypeSize, Default: "0", Desc: "what a monitor may send in one message; 0 means the library's limit", Local: true},
		{Name: "monclient_offer_compression", Type: TypeBool, Default: "false", Desc: "offer compression of connections, as older clients do", Local: true},
		{Name: "monclient_probe_interval", Type: TypeFloat, Default: "0.5", Desc: "seconds between keepalives while an answer is awaited", check: checkPositive},
		{Name: "monclient_probe_timeout", Type: TypeFloat, Default: "2", Desc: "seconds without a sign of life after which a monitor is given up while an answer is awaited; more if its answers are slow, up to mon_client_ping_timeout", check: checkPositive},
		{Name: "monclient_quorum_timeout", Type: TypeFloat, Default: "5", Desc: "seconds after which another monitor is asked when this one answers keepalives and nothing else; 0 means never", check: checkNotNegative},
		{Name: "monclient_read_balance", Type: TypeBool, Default: "false", Desc: "spread read-only commands over the session and the standby sessions"},
		{Name: "monclient_revision0", Type: TypeBool, Default: "false", Desc: "speak revision 0 of messenger v2 only, as older clients do", Local: true},
		{Name: "monclient_standby_sessions", Type: TypeUint, Default: "0", Desc: "spare sessions with other monitors, of which one takes over when the session is lost"},

		// Logging.
		{Name: "log_file", Type: TypeStr, Desc: "file to log to"},
		{Name: "log_to_file", Type: TypeBool, Default: "true", Desc: "log to log_file"},
		{Name: "log_to_stderr", Type: TypeBool, Default: "false", Desc: "log to standard error"},
		{Name: "err_to_stderr", Type: TypeBool, Default: "false", Desc: "log errors to standard error"},
		{Name: "log_flush_on_exit", Type: TypeBool, Default: "false", Desc: "flush the log when the process exits"},
		{Name: "debug_auth", Type: TypeStr, Default: "1/5", Desc: "log level of authentication", check: checkDebug},
		{Name: "debug_mgrc", Type: TypeStr, Default: "1/5", Desc: "log level of the manager client", check: checkDebug},
		{Name: "debug_monc", Type: TypeStr, Default: "0/10", Desc: "log level of the monitor client", check: checkDebug},
		{Name: "debug_ms", Type: TypeStr, Default: "0/0", Desc: "log level of the messenger", check: checkDebug},
		{Name: "debug_objecter", Type: TypeStr, Default: "0/1", Desc: "log level of object operations", check: checkDebug},
		{Name: "debug_rados", Type: TypeStr, Default: "0/5", Desc: "log level of librados", check: checkDebug},
	} {
		m[o.Name] = &o
	}
	return m
}()

// Options returns the schema, sorted by name.
func Options() []Option {
	opts := make([]Option, 0, len(schema))
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		opts = append(opts, *schema[name])
	}
	return opts
}

// LookupOption returns the option of that name, which is normalised as in a file.
func LookupOption(name string) (Option, bool) {
	o, ok := schema[NormalizeKey(name)]
	if !ok {
		return Option{}, false
	}
	return *o, true
}

// NormalizeKey returns the form in which options are compared: blanks are trimmed at the ends and become one underscore
// inside. Dashes stay, they mean an underscore on a command line only.
func NormalizeKey(s string) string {
	return strings.Join(strings.FieldsFunc(s, isSpace), "_")
}
