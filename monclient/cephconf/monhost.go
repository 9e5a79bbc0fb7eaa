package cephconf

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// Resolver looks names up in DNS. A *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// MonAddrs is a monitor to start from. The name is temporary unless it comes from a section [mon.NAME]: the monitors'
// own monmap has the real one.
type MonAddrs struct {
	Name     string
	Addrs    denc.EntityAddrVec
	Priority uint16 // lower ones are tried first
	Weight   uint16 // share among equal priorities, if not all are 0
}

// V2 returns the first address that speaks messenger v2. Monitors without one are kept as data, for a client of v2 to
// skip.
func (m MonAddrs) V2() (denc.EntityAddr, bool) { return m.Addrs.Msgr2() }

// monList collects monitors and drops addresses that are there already (MonMap::_add_ambiguous_addr and
// MonMap::contains in src/mon/MonMap.cc).
type monList struct {
	mons []MonAddrs
	seen map[denc.EntityAddr]bool
	n    int // elements named so far
}

// nextName returns noname-a, noname-b, ... noname-z, noname-aa.
func (l *monList) nextName() string {
	var suffix string
	for i := l.n; ; i = i/26 - 1 {
		suffix = string(rune('a'+i%26)) + suffix
		if i < 26 {
			break
		}
	}
	l.n++
	return "noname-" + suffix
}

func (l *monList) add(m MonAddrs) {
	if l.seen == nil {
		l.seen = make(map[denc.EntityAddr]bool)
	}
	if len(m.Addrs) == 1 && l.seen[m.Addrs[0]] {
		return
	}
	for _, a := range m.Addrs {
		l.seen[a] = true
	}
	l.mons = append(l.mons, m)
}

// addAmbiguous adds the monitor at one address that may lack its protocol, its port or both. Unless a prefix or a
// well-known port says which protocol it is, both are worth a try.
func (l *monList) addAmbiguous(m MonAddrs, addr denc.EntityAddr) {
	with := func(suffix string, t denc.AddrType, port uint16) {
		addr.Type, addr.Port = t, port
		l.add(MonAddrs{Name: m.Name + suffix, Addrs: denc.EntityAddrVec{addr}, Priority: m.Priority, Weight: m.Weight})
	}
	port := addr.Port
	switch {
	case addr.Type == denc.AddrMsgr2:
		with("", denc.AddrMsgr2, orPort(port, denc.DefaultPortMsgr2))
	case addr.Type == denc.AddrLegacy:
		with("", denc.AddrLegacy, orPort(port, denc.DefaultPortLegacy))
	case port == denc.DefaultPortLegacy:
		with("-legacy", denc.AddrLegacy, port)
	case port == denc.DefaultPortMsgr2:
		with("", denc.AddrMsgr2, port)
	default:
		with("", denc.AddrMsgr2, orPort(port, denc.DefaultPortMsgr2))
		with("-legacy", denc.AddrLegacy, orPort(port, denc.DefaultPortLegacy))
	}
}

func orPort(port, def uint16) uint16 {
	if port == 0 {
		return def
	}
	return port
}

// parseMonHost reads the text of mon_host: items between blanks and semicolons, each a comma separated list of
// addresses, bracketed address lists and names. Names resolve to all of their addresses.
func parseMonHost(ctx context.Context, r Resolver, text string) ([]MonAddrs, error) {
	var l monList
	for _, item := range strings.FieldsFunc(text, func(c rune) bool { return isSpace(c) || c == ';' }) {
		for _, element := range splitOutsideBrackets(item) {
			if element == "" {
				continue
			}
			if err := l.addElement(ctx, r, element); err != nil {
				return nil, err
			}
		}
	}
	if len(l.mons) == 0 {
		return nil, errors.New("it names no monitor")
	}
	return l.mons, nil
}

func splitOutsideBrackets(s string) []string {
	var elements []string
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth = max(depth-1, 0)
		case ',':
			if depth == 0 {
				elements = append(elements, s[start:i])
				start = i + 1
			}
		}
	}
	return append(elements, s[start:])
}

// addElement adds one element of mon_host. Errors quote it.
func (l *monList) addElement(ctx context.Context, r Resolver, element string) error {
	addr, addrErr := denc.ParseEntityAddr(element, denc.AddrAny)
	if addrErr == nil {
		return l.addParsed(element, denc.EntityAddrVec{addr})
	}
	if strings.HasPrefix(element, "[") {
		vec, err := denc.ParseEntityAddrVec(element, denc.AddrMsgr2)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInvalidValue, unprefix(err))
		}
		return l.addParsed(element, vec)
	}
	t, host, port, err := splitHost(element)
	switch {
	case errors.Is(err, errNoHostName):
		return fmt.Errorf("%w: %w, and it is %w", ErrInvalidValue, unprefix(addrErr), err)
	case err != nil:
		return fmt.Errorf("%w %q: %w", ErrInvalidValue, element, err)
	}
	ips, err := r.LookupNetIP(ctx, "ip", host)
	if err == nil && len(ips) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		return fmt.Errorf("%w %q: cannot resolve the name: %w", ErrInvalidValue, element, err)
	}
	for _, ip := range ips {
		l.addAmbiguous(MonAddrs{Name: l.nextName()}, denc.EntityAddr{Type: t, IP: ip.Unmap().WithZone(""), Port: port})
	}
	return nil
}

// addParsed adds the monitor of one element. Several addresses are taken as written, without default ports.
func (l *monList) addParsed(element string, vec denc.EntityAddrVec) error {
	for _, a := range vec {
		if a.IsBlank() {
			return fmt.Errorf("%w %q: a blank address", ErrInvalidValue, element)
		}
	}
	if len(vec) == 1 {
		l.addAmbiguous(MonAddrs{Name: l.nextName()}, vec[0])
	} else {
		l.add(MonAddrs{Name: l.nextName(), Addrs: vec})
	}
	return nil
}

var errNoHostName = errors.New("no host name")

// splitHost takes apart [v1:|v2:|any:]NAME[:PORT].
func splitHost(s string) (t denc.AddrType, host string, port uint16, err error) {
	t, host = denc.AddrAny, s
	for prefix, pt := range map[string]denc.AddrType{"v1:": denc.AddrLegacy, "v2:": denc.AddrMsgr2, "any:": denc.AddrAny} {
		// A host may be called v1 too, and then only a port can follow.
		if after, ok := strings.CutPrefix(s, prefix); ok && strings.Trim(after, "0123456789") != "" {
			t, host = pt, after
			break
		}
	}
	host, portText, hasPort := strings.Cut(host, ":")
	if !isHostName(host) {
		return 0, "", 0, errNoHostName
	}
	if hasPort {
		p, err := strconv.ParseUint(portText, 10, 16)
		if err != nil {
			return 0, "", 0, fmt.Errorf("%q is no port", portText)
		}
		port = uint16(p)
	}
	return t, host, port, nil
}

// isHostName reports whether DNS may know s. An address with a slip in it is none: its last label has only digits.
func isHostName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return strings.Trim(s[strings.LastIndexByte(s, '.')+1:], "0123456789") != ""
}
