package monclient

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// central is what a client makes of the configuration that the monitors keep for it (md_config_t::set_mon_vals in
// src/common/config.cc): it is stronger than the defaults and weaker than everything else, a file, the environment, the
// command line, what the program has set.
type central struct {
	conf *cephconf.Config // without the monitors, what the client began with
	own  map[string]bool  // the options whose fields the program has set itself
}

// EffectiveOption is an option that is in effect.
type EffectiveOption struct {
	Name   string
	Value  string          // as ceph.conf has it
	Source cephconf.Source // where it comes from; LevelOverride for what the program has set in its Config
}

// Options returns the options of this client that the monitors' central configuration can change while it lives, as they are
// in effect now, by name. It is nil without Config.FollowConfig.
func (c *Client) Options() []EffectiveOption {
	list := c.core.published.options.Load()
	if list == nil {
		return nil
	}
	return slices.Clone(*list)
}

// newCentral looks at a configuration that has no defaults filled in yet.
func newCentral(cfg *Config) *central {
	k := &central{conf: cfg.conf, own: make(map[string]bool)}
	base := cfg.base
	if k.conf == nil {
		k.conf, base = cephconf.New(cephconf.System{}), new(Config)
	} else {
		k.conf = k.conf.Clone()
	}
	for i := range options {
		if o := &options[i]; !o.same(cfg, base) {
			k.own[o.name] = true
		}
	}
	return k
}

// apply takes over what the monitors have configured, and returns the options that are others now. Those that make no sense
// are left out, as if the monitors did not have them.
func (k *central) apply(cfg *Config, values map[string]string) (changed []string) {
	ignored := func(err error) {
		cfg.Logger.Log(context.Background(), logConfigIgnored.Level, logConfigIgnored.Name, "error", err)
	}
	for _, err := range k.conf.SetMon(values) {
		ignored(err)
	}
	for i := range options {
		o := &options[i]
		if !o.runtime || k.own[o.name] {
			continue
		}
		var next Config
		err := o.fill(&next, k.conf)
		next.fillDefaults()
		if err == nil {
			err = next.checkNumbers()
		}
		switch {
		case err != nil:
			ignored(fmt.Errorf("%s: %w", o.name, err))
		case !o.same(&next, cfg):
			o.copy(cfg, &next)
			changed = append(changed, o.name)
		}
	}
	return changed
}

// effective returns the options that can change, as they are.
func (k *central) effective(cfg *Config) []EffectiveOption {
	var list []EffectiveOption
	for i := range options {
		o := &options[i]
		if !o.runtime {
			continue
		}
		e := EffectiveOption{Name: o.name, Value: o.text(cfg), Source: cephconf.Source{Level: cephconf.LevelOverride}}
		if !k.own[o.name] {
			e.Source, _ = k.conf.Source(o.name) // the schema has it
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b EffectiveOption) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list
}

// followConfig subscribes to the configuration that the monitors keep for this client, if it is to have an effect.
func (c *core) followConfig() {
	if !c.cfg.FollowConfig || c.cfg.central == nil {
		return
	}
	c.central = c.cfg.central
	c.publishOptions()
	c.subs.add(&Subscription{core: c, what: "config", f: func(e MapEvent, _ error) {
		if m, ok := e.Message.(*monmsg.MConfig); ok {
			c.takeConfig(m.Options)
		}
	}, wake: make(chan struct{}, 1)})
}

func (c *core) publishOptions() {
	list := c.central.effective(&c.cfg)
	c.published.options.Store(&list)
}

// takeConfig has the client go on with what the monitors have configured.
func (c *core) takeConfig(values map[string]string) {
	changed := c.central.apply(&c.cfg, values)
	c.publishOptions()
	if len(changed) == 0 {
		return
	}
	c.note(logConfigChanged, "options", changed)
	c.published.opTimeout.Store(int64(c.cfg.OpTimeout))
	now := time.Now()
	for _, s := range c.sessions() { // the time of the next keepalive may be another one
		s.health.next = earlier(s.health.next, now.Add(c.pingInterval(s)))
	}
	if due := &c.log.due; !due.IsZero() {
		*due = earlier(*due, now.Add(c.cfg.LogInterval))
	}
	c.standby.next = time.Time{}
	c.learnCommands()
	c.tendStandbys(now)
}

// Bootstrapped is what Bootstrap has fetched.
type Bootstrapped struct {
	MonMap *cephmap.MonMap
	// Config is what the monitors have configured for this entity on this host, by option: the values that differ from the
	// defaults. Options that are not for a client to take from the monitors may be among them.
	Config map[string]string
	// GlobalID is the id that the monitors knew this session by. It is over.
	GlobalID uint64
}

// Bootstrap fetches the monmap and the configuration that the monitors keep for the entity, in a session of its own, which it
// closes. That is what librados does before every connection; Connect does so with Config.FetchConfig only. ctx and
// Config.ConnectTimeout bound it. Implements: MonClient::get_monmap_and_config.
func Bootstrap(ctx context.Context, cfg Config) (*Bootstrapped, error) {
	cfg.FetchConfig, cfg.FollowConfig, cfg.StandbySessions, cfg.HedgeDelay, cfg.ReadBalance = false, false, 0, 0, false
	orDefault(&cfg.ConnectTimeout, defaultConnectTimeout)
	if cfg.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, cfg.ConnectTimeout, ErrTimeout)
		defer cancel()
	}
	c, err := Connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sub, err := c.Subscribe("config", 0, true)
	if err != nil {
		return nil, err
	}
	e, err := sub.Next(ctx)
	if err != nil {
		return nil, fmt.Errorf("monclient: bootstrap as %v: configuration: %w", c.core.cfg.Name, err)
	}
	b := &Bootstrapped{MonMap: c.MonMap().Clone(), Config: map[string]string{}, GlobalID: c.GlobalID()}
	if m, ok := e.Message.(*monmsg.MConfig); ok && m.Options != nil {
		b.Config = m.Options
	}
	return b, nil
}

// bootstrap does what librados does before it connects. cfg has its defaults.
func (cfg *Config) bootstrap(ctx context.Context) error {
	first := *cfg
	first.OnSession, first.base, first.conf = nil, nil, nil
	b, err := Bootstrap(ctx, first)
	if err != nil {
		return err
	}
	cfg.MonMap = b.MonMap
	if changed := cfg.central.apply(cfg, b.Config); len(changed) > 0 {
		cfg.Logger.Log(ctx, logConfigChanged.Level, logConfigChanged.Name, "options", changed)
	}
	if cfg.base != nil && slices.Equal(cfg.Modes, cfg.base.Modes) { // the next session can have others
		text, err := cfg.central.conf.Get("ms_mon_client_mode")
		if modes := cephx.ParseModes(text); err == nil && len(modes) > 0 {
			cfg.Modes = modes
		}
	}
	return nil
}
