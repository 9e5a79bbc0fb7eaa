package cephconf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// Bootstrap is where a client starts: a file with a monmap, or a list of monitors.
type Bootstrap struct {
	// Origin tells what named the file or the monitors, for error messages: "mon_host (/etc/ceph/ceph.conf:3 [global])".
	Origin string
	// Monmap is the path of a file with an encoded monmap. It excludes Mons.
	Monmap string
	// Mons are the monitors in the order of the configuration, those that only speak messenger v1 included.
	Mons []MonAddrs
	// FSID is the cluster that the monitors must belong to, zero if any may do. A Monmap, and mon_host_override, are
	// taken whatever the option fsid says.
	FSID uuid.UUID
	// Skipped tells of monitors that were left out.
	Skipped []error
}

// Monitors returns where to start, from the first of these that says anything (MonMap::build_initial in
// src/mon/MonMap.cc): mon_host_override, monmap, mon_host, the sections [mon.NAME] with a mon addr, DNS SRV. An option
// that is set but of no use is an error, ErrInvalidValue, that names the item; when nothing is set the error is a
// *NoMonitorsError, which is ErrNoMonitors.
func (c *Config) Monitors(ctx context.Context) (*Bootstrap, error) {
	in, err := c.bootstrapInput()
	if err != nil {
		return nil, err
	}
	// No lock from here on: names may take long to resolve.
	if b, err := in.override.bootstrap(ctx, c.sys.Resolver); b != nil || err != nil {
		return b, err
	}
	if in.monmap.text != "" {
		return &Bootstrap{Origin: in.monmap.String(), Monmap: in.monmap.text}, nil
	}
	b, err := in.monHost.bootstrap(ctx, c.sys.Resolver)
	if err != nil {
		return nil, err
	}
	if b == nil && len(in.sections.Mons) > 0 {
		b = in.sections
	}
	var srvErr error
	if b == nil {
		b, srvErr = in.srv.srv(ctx, c.sys.Resolver)
	}
	if srvErr == nil {
		b.FSID = in.fsid
		return b, nil
	}
	none := &NoMonitorsError{Looked: []error{errors.New("mon_host is not set")}}
	switch {
	case in.noConf != nil:
		none.Looked = append(none.Looked, in.noConf)
	case len(in.sections.Skipped) > 0:
		none.Looked = append(none.Looked, in.sections.Skipped...)
	case in.path != "":
		none.Looked = append(none.Looked, fmt.Errorf("%s has no section [mon.NAME] with mon addr", in.path))
	}
	none.Looked = append(none.Looked, srvErr)
	return nil, none
}

// bootstrapInput is what Monitors needs of a Config.
type bootstrapInput struct {
	override, monmap, monHost, srv bootstrapOption

	fsid     uuid.UUID
	sections *Bootstrap
	noConf   *NoConfError
	path     string // of the configuration file
}

type bootstrapOption struct {
	name, text string
	source     Source
}

func (o bootstrapOption) String() string { return fmt.Sprintf("%s (%s)", o.name, o.source) }

func (o bootstrapOption) fail(err error) error {
	return &OptionError{Option: o.name, Source: o.source, Err: err}
}

func (c *Config) bootstrapInput() (in bootstrapInput, err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, o := range []struct {
		name string
		dst  *bootstrapOption
	}{{optMonHostOverride, &in.override}, {optMonmap, &in.monmap}, {optMonHost, &in.monHost}, {optMonDNSSRVName, &in.srv}} {
		text, _, s, err := c.get(o.name)
		if err != nil {
			return in, err
		}
		*o.dst = bootstrapOption{name: o.name, text: text, source: s.source}
	}
	if in.fsid, err = parseUUID(c.setting(schema[optFSID]).value); err != nil {
		return in, err
	}
	in.sections, in.noConf = c.monSections(), c.noConf
	if c.file != nil {
		in.path = c.file.path
	}
	return in, nil
}

// bootstrap returns the monitors of an option like mon_host, nil if it is not set.
func (o bootstrapOption) bootstrap(ctx context.Context, r Resolver) (*Bootstrap, error) {
	if o.text == "" {
		return nil, nil
	}
	mons, err := parseMonHost(ctx, r, o.text)
	if err != nil {
		if !errors.Is(err, ErrInvalidValue) {
			err = fmt.Errorf("%w %q: %w", ErrInvalidValue, o.text, err)
		}
		return nil, o.fail(err)
	}
	return &Bootstrap{Origin: o.String(), Mons: mons}, nil
}

// monSections returns the monitors of the sections [mon.NAME] (MonMap::init_with_config_file in src/mon/MonMap.cc). What
// cannot be used there is skipped. The caller holds mu.
func (c *Config) monSections() *Bootstrap {
	if c.file == nil {
		return &Bootstrap{}
	}
	b := &Bootstrap{Origin: "sections [mon.NAME] of " + c.file.path}
	at := make(map[denc.EntityAddr]int) // the monitor of an address: a later one takes it over
	for _, section := range c.file.sectionNames() {
		name, ok := strings.CutPrefix(section, "mon.")
		if !ok || name == "" {
			continue
		}
		m, addr, err := c.monSection(name)
		switch {
		case err != nil:
			b.Skipped = append(b.Skipped, err)
			continue
		case addr.IsBlank():
			continue
		}
		var l monList
		l.addAmbiguous(m, addr)
		m = l.mons[0]
		if i, ok := at[m.Addrs[0]]; ok {
			b.Skipped = append(b.Skipped, fmt.Errorf("cephconf: [mon.%s] has the address of [mon.%s]", b.Mons[i].Name, m.Name))
			b.Mons[i] = m
			continue
		}
		at[m.Addrs[0]] = len(b.Mons)
		b.Mons = append(b.Mons, m)
	}
	return b
}

// monSection returns the monitor of one section, with a blank address if the file has none for it.
func (c *Config) monSection(name string) (m MonAddrs, addr denc.EntityAddr, err error) {
	m.Name = name
	sections := []string{"mon." + name, "mon", "global"}
	value := func(key string) (string, Source) {
		e, section, _ := c.file.lookup(key, sections...)
		return e.value, Source{Level: LevelFile, Where: c.file.path, Line: e.line, Section: section}
	}
	text, source := value("mon_addr")
	if text == "" {
		return m, addr, nil
	}
	fail := func(option string, source Source, text string, err error) (MonAddrs, denc.EntityAddr, error) {
		err = fmt.Errorf("%w %q: %w", ErrInvalidValue, text, unprefix(err))
		return m, addr, &OptionError{Option: option + " of mon." + name, Source: source, Err: err}
	}
	text, err = c.expandText(text)
	if err == nil {
		addr, err = denc.ParseEntityAddr(text, denc.AddrAny)
	}
	if err == nil && addr.IsBlank() {
		err = errors.New("a blank address")
	}
	if err != nil {
		return fail("mon addr", source, text, err)
	}
	// The option is older than messenger v2: only its port can mean that.
	if addr.Type == denc.AddrAny {
		addr.Type = denc.AddrLegacy
		if addr.Port == denc.DefaultPortMsgr2 {
			addr.Type = denc.AddrMsgr2
		}
	}
	for _, o := range []struct {
		key, option string
		dst         *uint16
	}{{"mon_priority", "mon priority", &m.Priority}, {"mon_weight", "mon weight", &m.Weight}} {
		text, source := value(o.key)
		if text == "" {
			continue
		}
		v, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return fail(o.option, source, text, errors.New("want a number from 0 to 65535"))
		}
		*o.dst = uint16(v)
	}
	return m, addr, nil
}

// srv returns the monitors that DNS SRV records name (MonMap::init_with_dns_srv in src/mon/MonMap.cc). A target that does
// not resolve is skipped.
func (o bootstrapOption) srv(ctx context.Context, r Resolver) (*Bootstrap, error) {
	service, domain, _ := strings.Cut(o.text, "_")
	if service == "" {
		return nil, o.fail(errors.New("names no service"))
	}
	query := "_" + service + "._tcp"
	if domain != "" {
		query += "." + domain
	}
	// Without service and protocol of its own LookupSRV takes the name as it is, through the search list of the host.
	cname, records, err := r.LookupSRV(ctx, "", "", query)
	if err != nil {
		return nil, o.fail(fmt.Errorf("DNS SRV %s: %w", query, err))
	}
	// The answer may tell the domain that the search list has found.
	if _, rest, ok := strings.Cut(cname, "._tcp."); ok {
		domain = rest
	}
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b *net.SRV) int {
		return cmp.Or(strings.Compare(a.Target, b.Target), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Port, b.Port))
	})
	b := &Bootstrap{Origin: fmt.Sprintf("DNS SRV %s", query)}
	var l monList
	names := make(map[string]bool)
	for _, rec := range records {
		target := strings.TrimSuffix(rec.Target, ".")
		if target == "" { // a lone dot: the service is not offered
			continue
		}
		ips, err := r.LookupNetIP(ctx, "ip", target)
		if err == nil && len(ips) == 0 {
			err = errors.New("the name has no address")
		}
		if err != nil {
			b.Skipped = append(b.Skipped, fmt.Errorf("cephconf: DNS SRV %s: target %s: %w", query, target, err))
			continue
		}
		name := strings.TrimSuffix(target, "."+strings.TrimSuffix(domain, "."))
		if names[name] { // two monitors on one host
			name = fmt.Sprintf("%s:%d", name, rec.Port)
		}
		names[name] = true
		l.addAmbiguous(MonAddrs{Name: name, Priority: rec.Priority, Weight: rec.Weight},
			denc.EntityAddr{Type: denc.AddrAny, IP: ips[0].Unmap().WithZone(""), Port: rec.Port})
	}
	if b.Mons = l.mons; len(b.Mons) == 0 {
		return nil, o.fail(errors.Join(append([]error{fmt.Errorf("DNS SRV %s names no monitor that resolves", query)}, b.Skipped...)...))
	}
	return b, nil
}
