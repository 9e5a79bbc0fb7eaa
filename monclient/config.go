package monclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// Config says where the monitors are, who connects, and how patiently. The zero value of every field but MonMap (or
// MonHost) is a default; the defaults are Ceph's.
type Config struct {
	// MonMap is the map to start from. It may be one that a monitor wrote, or one made from addresses, of epoch 0.
	MonMap *cephmap.MonMap
	// MonHost is used where MonMap is nil: addresses as the option mon_host has them, "10.0.0.1,10.0.0.2" or
	// "[v2:10.0.0.1:3300,v1:10.0.0.1:6789]". Names are resolved.
	MonHost string
	// FSID is the cluster that must be there. Zero: whatever cluster answers first.
	FSID uuid.UUID

	// Name is the entity to authenticate as, zero: client.admin.
	Name denc.EntityName
	// Key is the entity's secret. Without one only clusters without authentication let the client in.
	Key cephx.Key
	// KeySource, when set, is asked for the key again now and then, and when a monitor refuses the present one, so that a
	// key can be changed while the client lives. It runs on a goroutine of its own, one at a time, and returns when ctx
	// ends, which Close waits for. With FromConf, a key that nobody has replaced follows its keyring without one
	// (monclient_keyring_watch, true).
	KeySource func(ctx context.Context) (cephx.Key, error)
	// Methods are the authentication methods in order, as cephx.Config has them: nil is cephx with a key and none
	// without. Only a list that has none in it allows an unauthenticated connection with a key at hand.
	Methods []cephx.Method
	// Modes are the connection modes in order of preference (ms_mon_client_mode), nil: secure, then crc.
	Modes []cephx.Mode

	// ConnectTimeout bounds Connect when its context does not end earlier (client_mount_timeout, 300 s); negative: nothing
	// but the context does.
	ConnectTimeout time.Duration
	// OpTimeout bounds every command and version query whose context has no deadline (rados_mon_op_timeout). 0: none.
	OpTimeout time.Duration
	// ReadyTimeout bounds one attempt at one monitor, from dialling until it is ready (ms_connection_ready_timeout,
	// 10 s).
	ReadyTimeout time.Duration
	// HuntParallel is how many monitors are tried at once, at most (mon_client_hunt_parallel, 3); negative: all.
	HuntParallel int
	// HuntStagger is how long the newest attempt may take before the next monitor is tried as well
	// (monclient_hunt_stagger, 50 ms). When an attempt fails the next one begins at once. A monitor that has begun to answer
	// has ten times as long more.
	HuntStagger time.Duration
	// HuntInterval is how long one attempt has before it is given up (mon_client_hunt_interval, 3 s). Every round through
	// all monitors without success multiplies it by HuntBackoff (mon_client_hunt_interval_backoff, 1.5) up to
	// HuntMaxMultiple times (…_max_multiple, 10).
	HuntInterval    time.Duration
	HuntBackoff     float64
	HuntMaxMultiple float64
	// InitialBackoff is the pause after a first round in which every monitor has failed (ms_initial_backoff, 0.2 s). It
	// doubles with every round up to MaxBackoff (ms_max_backoff, 15 s). Up to half of a pause is left out, at random, so
	// that clients which lost their monitor together do not return together.
	InitialBackoff time.Duration
	MaxBackoff     time.Duration

	// PingInterval is the time between keepalives while nobody waits for an answer (mon_client_ping_interval, 10 s), and
	// ProbeInterval while somebody does (monclient_probe_interval, 0.5 s).
	PingInterval  time.Duration
	ProbeInterval time.Duration
	// ProbeTimeout is how long a monitor may leave a keepalive unanswered, with no other sign of life, before it is given
	// up (monclient_probe_timeout, 2 s). For a monitor whose answers take long, or differ much, it is longer, but never
	// longer than PingTimeout (mon_client_ping_timeout, 30 s).
	ProbeTimeout time.Duration
	PingTimeout  time.Duration
	// QuorumTimeout is how long a monitor that answers keepalives may leave everything else unanswered before another one
	// is asked, to which the session moves if that one does answer (monclient_quorum_timeout, 5 s; 0 there, negative
	// here: never). Monitors without a quorum keep their clients waiting.
	QuorumTimeout time.Duration

	// MgrRetryInterval is the time between two attempts at the same manager, at least (mgr_connect_retry_interval, 1 s).
	MgrRetryInterval time.Duration

	// Resend is what becomes of commands that say nothing about it when their session is lost
	// (monclient_command_resend, always).
	Resend Resend
	// StandbySessions is how many authenticated spare sessions with other monitors are kept, of which one takes over when
	// the session is lost (monclient_standby_sessions, 0).
	StandbySessions int
	// ReadBalance spreads version queries, and commands that only read, over the session and its standbys
	// (monclient_read_balance). A monitor that has just heard of a change may be asked before another one has.
	ReadBalance bool
	// HedgeDelay, when positive, has version queries and commands that only read sent to a standby as well when they have
	// no answer after that time, unless they are ResendNever; the first answer counts (monclient_hedge_delay, 0).
	HedgeDelay time.Duration

	// LogInterval is how long an entry that Log was given waits for others to go out with (mon_client_log_interval, 1 s), and
	// LogBatch how many of them one message has at most (mon_client_max_log_entries_per_message, 1000); negative: no limit.
	LogInterval time.Duration
	LogBatch    int
	// LogFlushTimeout is how long Close waits for the monitors to acknowledge the entries that there are
	// (monclient_log_flush_timeout, 1 s); negative: not at all.
	LogFlushTimeout time.Duration

	// FetchConfig has Connect fetch the monmap and the central configuration first, in a session of its own, as librados does
	// (monclient_fetch_config, false); FollowConfig has the client follow the central configuration while it lives
	// (monclient_central_config, false). The monitors' values count for the fields above that a client can change while it
	// lives, and less than everything else: with FromConf than what the file, the environment, the command line and
	// cephconf.Config.Set say; and than what the program has put into the field itself. Client.Options says what is in
	// effect. Where the monitors are, and who connects, is never taken from there.
	FetchConfig  bool
	FollowConfig bool

	// Dial opens the connection to a monitor, nil: net.Dialer. It may lead through a proxy or a tunnel: address is the
	// IP and port that the monmap has, and the monitor is told that.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Resolver resolves names in MonHost, nil: net.DefaultResolver.
	Resolver cephconf.Resolver
	// Hostname is this machine's name, which masked configuration depends on, empty: os.Hostname.
	Hostname string
	// OnSession, when set, is told what happens to the session, in order. It is called on the client's own goroutine, so
	// it must return quickly; Client says what it may do.
	OnSession func(SessionEvent)
	// Logger gets what is worth knowing when something is wrong, nil: nothing is logged.
	Logger *slog.Logger

	// OnPanic, when set, is told of a panic on one of the client's goroutines, which is a bug of this package or of a function
	// that it was given, with the stack. The panic then ends an attempt, a session or the client, instead of the
	// process; what waits gets a *PanicError. It is for programs that are not the client's to end.
	OnPanic func(value any, stack []byte)

	keyring *keyring         // where Key came from, with FromConf
	conf    *cephconf.Config // what FromConf has read
	base    *Config          // what it has made of it
	central *central         // set by resolved

	// OfferCompression and Revision0 make the connection more like older clients' (msgr2.ClientConfig).
	OfferCompression bool
	Revision0        bool
	// MaxMessage bounds what a monitor may send in one message, 0: msgr2.DefaultMaxMessage.
	MaxMessage int
}

// FromConf makes a Config of a resolved ceph.conf: the monitors (a monmap file is read, names are resolved), the key,
// and the options that Config has. That there is no key is an error only where auth_client_required leaves no method
// without one.
func FromConf(ctx context.Context, conf *cephconf.Config) (Config, error) {
	var cfg Config
	if err := cfg.FillFrom(ctx, conf); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// FillFrom is FromConf for a Config that has a MonMap or a Key already: these stay, and conf is not asked for where they
// are. Everything else that FromConf sets is overwritten.
func (cfg *Config) FillFrom(ctx context.Context, conf *cephconf.Config) error {
	cfg.Name = conf.Name()
	if err := cfg.monitorsFrom(ctx, conf); err != nil {
		return err
	}
	if err := cfg.credentialsFrom(ctx, conf); err != nil {
		return err
	}
	return cfg.optionsFrom(conf)
}

// monitorsFrom fills in MonMap and FSID.
func (cfg *Config) monitorsFrom(ctx context.Context, conf *cephconf.Config) error {
	if cfg.MonMap != nil {
		cfg.FSID = cfg.MonMap.FSID
		return nil
	}
	start, err := conf.Monitors(ctx)
	if err != nil {
		return err
	}
	if start.Monmap != "" {
		b, err := os.ReadFile(start.Monmap)
		if err != nil {
			return fmt.Errorf("monclient: %s: %w", start.Origin, err)
		}
		if cfg.MonMap, err = cephmap.DecodeMonMap(b); err != nil {
			return fmt.Errorf("monclient: %s: file %s: %w", start.Origin, start.Monmap, err)
		}
		cfg.FSID = cfg.MonMap.FSID
		return nil
	}
	cfg.FSID = start.FSID
	cfg.MonMap, err = bootstrapMonMap(start)
	return err
}

// bootstrapMonMap makes a map of epoch 0 of configured addresses.
func bootstrapMonMap(start *cephconf.Bootstrap) (*cephmap.MonMap, error) {
	m := cephmap.NewMonMap(start.FSID, 0)
	for _, mon := range start.Mons {
		if err := m.AddBootstrap(mon.Name, mon.Addrs, mon.Priority, mon.Weight); err != nil {
			return nil, fmt.Errorf("monclient: %s: %w", start.Origin, err)
		}
	}
	return m, nil
}

// credentialsFrom fills in Key, where it came from, Methods and Modes.
func (cfg *Config) credentialsFrom(ctx context.Context, conf *cephconf.Config) error {
	if src, err := conf.Source("auth_client_required"); err == nil && src.Level > cephconf.LevelDefault {
		list, err := conf.Get("auth_client_required")
		if err != nil {
			return err
		}
		if cfg.Methods = cephx.ParseMethods(list); len(cfg.Methods) == 0 {
			return &cephconf.OptionError{Option: "auth_client_required", Source: src,
				Err: fmt.Errorf("%w: %q has neither cephx nor none", cephconf.ErrInvalidValue, list)}
		}
	}
	modes, err := conf.Get("ms_mon_client_mode")
	if err != nil {
		return err
	}
	if cfg.Modes = cephx.ParseModes(modes); len(cfg.Modes) == 0 {
		src, _ := conf.Source("ms_mon_client_mode") // Get has found it
		return &cephconf.OptionError{Option: "ms_mon_client_mode", Source: src,
			Err: fmt.Errorf("%w: %q has neither secure nor crc", cephconf.ErrInvalidValue, modes)}
	}
	cfg.keyring = nil
	if !cfg.Key.IsZero() { // whose it was is whose it stays
		return nil
	}
	watch := conf.WatchKey()
	cfg.Key, err = watch.Key(ctx)
	if err != nil {
		if errors.Is(err, cephconf.ErrNoKeyring) && cfg.allowsNone() {
			return nil
		}
		return err
	}
	watched, err := conf.Bool("monclient_keyring_watch")
	if watched && !watch.Fixed() {
		cfg.keyring = &keyring{watch.Key, cfg.Name, cfg.Key}
	}
	return err
}

// keyring is where FromConf has found a key.
type keyring struct {
	source func(context.Context) (cephx.Key, error)
	name   denc.EntityName
	key    cephx.Key
}

// allowsNone reports whether auth_client_required was set to a list that has none in it.
func (cfg *Config) allowsNone() bool {
	return slices.Contains(cfg.Methods, cephx.MethodNone)
}

// Defaults of Config, as in src/common/options.
const (
	defaultConnectTimeout  = 300 * time.Second
	defaultReadyTimeout    = 10 * time.Second
	defaultHuntParallel    = 3
	defaultHuntStagger     = 50 * time.Millisecond
	defaultHuntInterval    = 3 * time.Second
	defaultHuntBackoff     = 1.5
	defaultHuntMaxMultiple = 10
	defaultInitialBackoff  = 200 * time.Millisecond
	defaultMaxBackoff      = 15 * time.Second
	defaultPingInterval    = 10 * time.Second
	defaultProbeInterval   = 500 * time.Millisecond
	defaultProbeTimeout    = 2 * time.Second
	defaultPingTimeout     = 30 * time.Second
	defaultQuorumTimeout   = 5 * time.Second
	defaultLogInterval     = time.Second
	defaultLogBatch        = 1000
	defaultLogFlushTimeout = time.Second
	defaultMgrRetry        = time.Second
)

// orDefault sets *v to d when it is zero.
func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// fillDefaults sets the times and counts that are zero.
func (cfg *Config) fillDefaults() {
	orDefault(&cfg.ConnectTimeout, defaultConnectTimeout)
	orDefault(&cfg.ReadyTimeout, defaultReadyTimeout)
	orDefault(&cfg.HuntParallel, defaultHuntParallel)
	orDefault(&cfg.HuntStagger, defaultHuntStagger)
	orDefault(&cfg.HuntInterval, defaultHuntInterval)
	orDefault(&cfg.HuntBackoff, defaultHuntBackoff)
	orDefault(&cfg.HuntMaxMultiple, defaultHuntMaxMultiple)
	orDefault(&cfg.InitialBackoff, defaultInitialBackoff)
	orDefault(&cfg.MaxBackoff, defaultMaxBackoff)
	orDefault(&cfg.PingInterval, defaultPingInterval)
	orDefault(&cfg.ProbeInterval, defaultProbeInterval)
	orDefault(&cfg.ProbeTimeout, defaultProbeTimeout)
	orDefault(&cfg.PingTimeout, defaultPingTimeout)
	orDefault(&cfg.QuorumTimeout, defaultQuorumTimeout)
	orDefault(&cfg.MgrRetryInterval, defaultMgrRetry)
	orDefault(&cfg.Resend, ResendAlways)
	orDefault(&cfg.LogInterval, defaultLogInterval)
	orDefault(&cfg.LogBatch, defaultLogBatch)
	orDefault(&cfg.LogFlushTimeout, defaultLogFlushTimeout)
	cfg.HuntBackoff = max(cfg.HuntBackoff, 1)
	cfg.HuntMaxMultiple = max(cfg.HuntMaxMultiple, 1)
}

// resolved returns cfg with the defaults filled in, and the map to start from.
func (cfg Config) resolved(ctx context.Context) (Config, error) {
	orDefault(&cfg.Name, denc.EntityName{Type: denc.EntityClient, ID: "admin"})
	if cfg.FollowConfig || cfg.FetchConfig {
		cfg.central = newCentral(&cfg)
	}
	cfg.fillDefaults()
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Hostname == "" {
		cfg.Hostname, _ = os.Hostname() // masks that name a host then match nothing, as for librados
	}
	if cfg.MonMap == nil {
		if cfg.MonHost == "" {
			return cfg, fmt.Errorf("monclient: %w: neither MonMap nor MonHost is set", cephconf.ErrNoMonitors)
		}
		conf := cephconf.New(cephconf.System{Resolver: cfg.Resolver})
		if err := conf.Set("mon_host", cfg.MonHost); err != nil {
			return cfg, err
		}
		start, err := conf.Monitors(ctx)
		if err != nil {
			return cfg, err
		}
		if cfg.MonMap, err = bootstrapMonMap(start); err != nil {
			return cfg, err
		}
	}
	cfg.MonMap = cfg.MonMap.Clone()
	if k := cfg.keyring; k != nil && cfg.KeySource == nil && k.name == cfg.Name && k.key.Equal(cfg.Key) { // still the keyring's
		cfg.KeySource = k.source
	}
	if cfg.Key.IsZero() && cfg.KeySource != nil {
		var err error
		if cfg.Key, err = cfg.KeySource(ctx); err != nil {
			return cfg, fmt.Errorf("monclient: key of %v: %w", cfg.Name, err)
		}
	}
	return cfg, cfg.check()
}

// check refuses what could never work.
func (cfg *Config) check() error {
	if len(cfg.MonMap.Mons) == 0 {
		return fmt.Errorf("monclient: %w: the monmap is empty", cephconf.ErrNoMonitors)
	}
	usable := false
	for i := range cfg.MonMap.Mons {
		_, ok := cfg.MonMap.Mons[i].Addrs.Msgr2()
		usable = usable || ok
	}
	if !usable {
		return fmt.Errorf("monclient: %w: the configured monitors have only v1 addresses", ErrLegacyOnly)
	}
	if err := cfg.checkNumbers(); err != nil {
		return err
	}
	// A wrong name, key or mode is better told now than by every attempt.
	_, err := cephx.NewHandshake(cfg.handshake(cephx.AuthState{}))
	return err
}

// checkNumbers refuses times and counts that make no sense.
func (cfg *Config) checkNumbers() error {
	for name, d := range map[string]time.Duration{
		"OpTimeout": cfg.OpTimeout, "ReadyTimeout": cfg.ReadyTimeout,
		"HuntInterval": cfg.HuntInterval, "InitialBackoff": cfg.InitialBackoff, "MaxBackoff": cfg.MaxBackoff, "PingInterval": cfg.PingInterval, "PingTimeout": cfg.PingTimeout,
		"HuntStagger": cfg.HuntStagger, "ProbeInterval": cfg.ProbeInterval, "ProbeTimeout": cfg.ProbeTimeout, "HedgeDelay": cfg.HedgeDelay, "LogInterval": cfg.LogInterval,
	} {
		if d < 0 {
			return fmt.Errorf("monclient: Config.%s is negative: %v", name, d)
		}
	}
	if cfg.StandbySessions < 0 {
		return fmt.Errorf("monclient: Config.StandbySessions is negative: %d", cfg.StandbySessions)
	}
	if _, ok := resendNames[cfg.Resend]; !ok {
		return fmt.Errorf("monclient: Config.Resend is unknown: %v", cfg.Resend)
	}
	return nil
}

// handshake returns the configuration of one connection's authentication.
func (cfg *Config) handshake(previous cephx.AuthState) cephx.Config {
	return cephx.Config{Name: cfg.Name, Key: cfg.Key, Methods: cfg.Methods, Modes: cfg.Modes, Previous: previous}
}
