package monclient

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// option is an option of ceph.conf that Config has a field for.
type option struct {
	name string
	// runtime: a client that lives can follow it.
	runtime bool
	fill    func(*Config, *cephconf.Config) error
	same    func(a, b *Config) bool
	copy    func(to, from *Config)
	text    func(*Config) string
}

// optionOf makes an option of a field and of how its value is read.
func optionOf[T comparable](name string, runtime bool, field func(*Config) *T, read func(*cephconf.Config, string) (T, error)) option {
	return option{
		name: name, runtime: runtime,
		fill: func(cfg *Config, conf *cephconf.Config) (err error) {
			*field(cfg), err = read(conf, name)
			return err
		},
		same: func(a, b *Config) bool { return *field(a) == *field(b) },
		copy: func(to, from *Config) { *field(to) = *field(from) },
		text: func(cfg *Config) string { return optionText(*field(cfg)) },
	}
}

// optionText prints a field as its option is written: seconds, and 0 for what is off.
func optionText(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return strconv.FormatFloat(max(v, 0).Seconds(), 'f', -1, 64)
	case int:
		return strconv.Itoa(max(v, 0))
	}
	return fmt.Sprint(v)
}

// options are the options that Config has fields for, but for those that say where the monitors are and who connects.
var options = []option{
	optionOf("client_mount_timeout", false, func(c *Config) *time.Duration { return &c.ConnectTimeout }, durationOr(-1)), // 0 is Ceph's word for no limit
	optionOf("rados_mon_op_timeout", true, func(c *Config) *time.Duration { return &c.OpTimeout }, (*cephconf.Config).Duration),
	optionOf("ms_connection_ready_timeout", true, func(c *Config) *time.Duration { return &c.ReadyTimeout }, (*cephconf.Config).Duration),
	optionOf("mon_client_hunt_interval", true, func(c *Config) *time.Duration { return &c.HuntInterval }, (*cephconf.Config).Duration),
	optionOf("mon_client_hunt_interval_backoff", true, func(c *Config) *float64 { return &c.HuntBackoff }, (*cephconf.Config).Float),
	optionOf("mon_client_hunt_interval_max_multiple", true, func(c *Config) *float64 { return &c.HuntMaxMultiple }, (*cephconf.Config).Float),
	optionOf("mon_client_hunt_parallel", true, func(c *Config) *int { return &c.HuntParallel }, numberOr(-1)), // 0 is Ceph's word for all
	optionOf("mon_client_ping_interval", true, func(c *Config) *time.Duration { return &c.PingInterval }, (*cephconf.Config).Duration),
	optionOf("mon_client_ping_timeout", true, func(c *Config) *time.Duration { return &c.PingTimeout }, (*cephconf.Config).Duration),
	optionOf("ms_initial_backoff", true, func(c *Config) *time.Duration { return &c.InitialBackoff }, (*cephconf.Config).Duration),
	optionOf("ms_max_backoff", true, func(c *Config) *time.Duration { return &c.MaxBackoff }, (*cephconf.Config).Duration),
	optionOf("mon_client_log_interval", true, func(c *Config) *time.Duration { return &c.LogInterval }, durationOr(1)), // at once; 0 would be the default
	optionOf("mon_client_max_log_entries_per_message", true, func(c *Config) *int { return &c.LogBatch }, func(conf *cephconf.Config, name string) (int, error) {
		n, err := conf.Int(name)
		if n <= 0 {
			n = -1 // Ceph's words for no limit
		}
		return int(min(n, math.MaxInt32)), err
	}),

	optionOf("monclient_hunt_stagger", true, func(c *Config) *time.Duration { return &c.HuntStagger }, durationOr(1)),
	optionOf("monclient_probe_interval", true, func(c *Config) *time.Duration { return &c.ProbeInterval }, (*cephconf.Config).Duration),
	optionOf("monclient_probe_timeout", true, func(c *Config) *time.Duration { return &c.ProbeTimeout }, (*cephconf.Config).Duration),
	optionOf("monclient_quorum_timeout", true, func(c *Config) *time.Duration { return &c.QuorumTimeout }, durationOr(-1)),
	optionOf("monclient_hedge_delay", true, func(c *Config) *time.Duration { return &c.HedgeDelay }, (*cephconf.Config).Duration),
	optionOf("monclient_command_resend", true, func(c *Config) *Resend { return &c.Resend }, func(conf *cephconf.Config, name string) (Resend, error) {
		text, err := conf.Get(name)
		if err != nil {
			return ResendDefault, err
		}
		return ParseResend(text)
	}),
	optionOf("monclient_standby_sessions", true, func(c *Config) *int { return &c.StandbySessions }, numberOr(0)),
	optionOf("monclient_read_balance", true, func(c *Config) *bool { return &c.ReadBalance }, (*cephconf.Config).Bool),
	optionOf("monclient_log_flush_timeout", false, func(c *Config) *time.Duration { return &c.LogFlushTimeout }, durationOr(-1)),
	optionOf("monclient_max_message", false, func(c *Config) *int { return &c.MaxMessage }, numberOr(0)),
	optionOf("monclient_offer_compression", false, func(c *Config) *bool { return &c.OfferCompression }, (*cephconf.Config).Bool),
	optionOf("monclient_revision0", false, func(c *Config) *bool { return &c.Revision0 }, (*cephconf.Config).Bool),
	optionOf("monclient_hostname", false, func(c *Config) *string { return &c.Hostname }, (*cephconf.Config).Get),
	optionOf("monclient_fetch_config", false, func(c *Config) *bool { return &c.FetchConfig }, (*cephconf.Config).Bool),
	optionOf("monclient_central_config", false, func(c *Config) *bool { return &c.FollowConfig }, (*cephconf.Config).Bool),
}

// durationOr reads a time, of which 0 means something.
func durationOr(zero time.Duration) func(*cephconf.Config, string) (time.Duration, error) {
	return func(conf *cephconf.Config, name string) (time.Duration, error) {
		d, err := conf.Duration(name)
		orDefault(&d, zero)
		return d, err
	}
}

// numberOr reads a number, of which 0 means something.
func numberOr(zero int) func(*cephconf.Config, string) (int, error) {
	return func(conf *cephconf.Config, name string) (int, error) {
		n, err := conf.Uint(name)
		v := int(min(n, math.MaxInt32)) //nolint:gosec // it fits
		orDefault(&v, zero)
		return v, err
	}
}

// optionsFrom fills in the times and counts.
func (cfg *Config) optionsFrom(conf *cephconf.Config) error {
	var errs []error
	for i := range options {
		errs = append(errs, options[i].fill(cfg, conf))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	cfg.conf = conf.Clone()
	base := *cfg
	cfg.base = &base
	return nil
}
