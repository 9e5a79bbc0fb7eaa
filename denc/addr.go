package denc

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// AddrType says which protocol is spoken at an address (entity_addr_t::type_t in src/msg/msg_types.h).
type AddrType uint32

// The address types.
const (
	AddrNone   AddrType = 0
	AddrLegacy AddrType = 1 // v1:
	AddrMsgr2  AddrType = 2 // v2:
	AddrAny    AddrType = 3 // no prefix
	AddrCIDR   AddrType = 4 // cidr:
)

// Default ports of a monitor.
const (
	DefaultPortMsgr2  = 3300 // assigned by IANA
	DefaultPortLegacy = 6789
)

// String returns the prefix of the text form without its colon, ??? for a type that Ceph has no name for either.
func (t AddrType) String() string {
	switch t {
	case AddrNone:
		return "none"
	case AddrLegacy:
		return "v1"
	case AddrMsgr2:
		return "v2"
	case AddrAny:
		return "any"
	case AddrCIDR:
		return "cidr"
	}
	return "???"
}

// Address families and sockaddr sizes as Linux has them; they are what the wire carries on every platform.
const (
	familyNone  = 0
	familyInet  = 2
	familyInet6 = 10

	sockaddrInLen      = 16
	sockaddrIn6Len     = 28 // also the size that Ceph writes for an address without a family
	sockaddrStorageLen = 128
)

// EntityAddr is entity_addr_t: where an entity listens, or from where a client calls. It is comparable. The zero
// value is the blank address.
type EntityAddr struct {
	Type  AddrType
	Nonce uint32
	IP    netip.Addr // invalid: no address family; never with a zone
	Port  uint16

	// Flowinfo and ScopeID belong to IPv6, in the numbers of the wire. A monitor compares them byte for byte.
	Flowinfo uint32
	ScopeID  uint32
}

// AddrFrom returns the address of type t at ap with nonce 0. An IPv4 address that a dual-stack socket reports as
// IPv6 becomes IPv4 again: to Ceph they are different addresses.
func AddrFrom(t AddrType, ap netip.AddrPort) EntityAddr {
	return EntityAddr{Type: t, IP: ap.Addr().Unmap().WithZone(""), Port: ap.Port()}
}

// AddrPort returns the IP and the port.
func (a EntityAddr) AddrPort() netip.AddrPort { return netip.AddrPortFrom(a.IP, a.Port) }

// IsBlank reports whether a has no IP address.
func (a EntityAddr) IsBlank() bool { return !a.IP.IsValid() }

// String prints a as Ceph does: v2:10.0.0.1:3300/0, v1:[::1]:6789/0, 10.0.0.1:0/77 for type any, - for none. A range
// of addresses carries the length of its prefix in place of the nonce: cidr:10.0.0.0:0/24.
func (a EntityAddr) String() string {
	var prefix string
	switch a.Type {
	case AddrNone:
		return "-"
	case AddrAny:
	default:
		prefix = a.Type.String() + ":"
	}
	return prefix + a.sockaddrString() + "/" + strconv.FormatUint(uint64(a.Nonce), 10)
}

// sockaddrString prints IP and port in the words that Ceph and inet_ntop have for them.
func (a EntityAddr) sockaddrString() string {
	if !a.IP.IsValid() {
		return "(unrecognized address family 0)"
	}
	// inet_ntop prints ::a.b.c.d where the first six of the eight groups are 0 and the seventh is not; netip does not.
	if ip := a.IP.As16(); a.IP.Is6() && [12]byte(ip[:12]) == [12]byte{} && ip[12]|ip[13] != 0 {
		return fmt.Sprintf("[::%s]:%d", netip.AddrFrom4([4]byte(ip[12:])), a.Port)
	}
	return a.AddrPort().String()
}

// ParseEntityAddr parses [v1:|v2:|any:]IP[:PORT][/NONCE], IPv6 in brackets when a port follows; a lone - is the
// blank address. Without a prefix the type is def. A missing port or nonce is 0. Names are not resolved, and zones
// are not accepted.
func ParseEntityAddr(s string, def AddrType) (EntityAddr, error) {
	a, rest, err := parseAddrPrefix(s, def)
	if err != nil {
		return EntityAddr{}, err
	}
	if rest != "" {
		return EntityAddr{}, fmt.Errorf("denc: address %q: unexpected %q at the end", s, rest)
	}
	return a, nil
}

// isAddrEnd reports whether c ends an address in a list.
func isAddrEnd(c byte) bool {
	return c == ',' || c == ']' || c == ' ' || c == ';' || c == '\t' || c == '\n'
}

// parseAddrPrefix parses one address at the start of s and returns what follows it.
func parseAddrPrefix(s string, def AddrType) (a EntityAddr, rest string, err error) {
	whole := s
	fail := func(format string, args ...any) (EntityAddr, string, error) {
		return EntityAddr{}, "", fmt.Errorf("denc: address %q: %s", whole, fmt.Sprintf(format, args...))
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return EntityAddr{}, rest, nil
	}
	a.Type = def
	for prefix, t := range map[string]AddrType{"v1:": AddrLegacy, "v2:": AddrMsgr2, "any:": AddrAny} {
		if after, ok := strings.CutPrefix(s, prefix); ok {
			a.Type, s = t, after
			break
		}
	}
	var ip string
	if after, ok := strings.CutPrefix(s, "["); ok {
		end := strings.IndexByte(after, ']')
		if end < 0 {
			return fail("the bracket is not closed")
		}
		ip, s = after[:end], after[end+1:]
	} else {
		end := 0
		// A bare IPv6 address runs to the end of its hex digits and colons; a bare IPv4 one to its port.
		for end < len(s) && s[end] != '/' && !isAddrEnd(s[end]) {
			end++
		}
		ip, s = s[:end], s[end:]
		if strings.Count(ip, ":") == 1 {
			i := strings.IndexByte(ip, ':')
			ip, s = ip[:i], ip[i:]+s
		}
	}
	if a.IP, err = netip.ParseAddr(ip); err != nil || a.IP.Zone() != "" {
		return fail("%q is no IP address", ip)
	}
	if after, ok := strings.CutPrefix(s, ":"); ok {
		var port uint64
		if port, s, err = parseNumber(after, 16); err != nil {
			return fail("port: %v", err)
		}
		a.Port = uint16(port)
	}
	if after, ok := strings.CutPrefix(s, "/"); ok {
		var nonce uint64
		if nonce, s, err = parseNumber(after, 32); err != nil {
			return fail("nonce: %v", err)
		}
		a.Nonce = uint32(nonce)
	}
	return a, s, nil
}

// parseNumber parses the decimal digits at the start of s.
func parseNumber(s string, bits int) (n uint64, rest string, err error) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err = strconv.ParseUint(s[:end], 10, bits)
	if err != nil {
		return 0, "", fmt.Errorf("%q is no number of 0 to %d", s[:end], uint64(1)<<bits-1)
	}
	return n, s[end:], nil
}

// sockaddrLen returns the size of the sockaddr of an address family, the largest one for no family.
func sockaddrLen(family uint16) int {
	if family == familyInet {
		return sockaddrInLen
	}
	return sockaddrIn6Len
}

// family returns the address family on the wire.
func (a EntityAddr) family() uint16 {
	switch {
	case a.IP.Is4():
		return familyInet
	case a.IP.Is6():
		return familyInet6
	}
	return familyNone
}

// appendSockaddr appends what follows sa_family in the sockaddr of a.
func (a EntityAddr) appendSockaddr(b []byte) []byte {
	switch {
	case a.IP.Is4():
		b = binary.BigEndian.AppendUint16(b, a.Port)
		b = append(b, a.IP.AsSlice()...)
		return append(b, make([]byte, 8)...)
	case a.IP.Is6():
		b = binary.BigEndian.AppendUint16(b, a.Port)
		b = AppendUint32(b, a.Flowinfo)
		b = append(b, a.IP.AsSlice()...)
		return AppendUint32(b, a.ScopeID)
	}
	return append(b, make([]byte, sockaddrIn6Len-2)...)
}

// AppendTo appends the encoding of a. A peer without FeatureMsgAddr2 gets the legacy form, which has no type; one
// without FeatureServerNautilus gets the type v1 for any.
func (a EntityAddr) AppendTo(b []byte, features Features) []byte {
	family := a.family()
	if !features.Has(FeatureMsgAddr2) {
		b = AppendUint32(AppendUint32(b, 0), a.Nonce)
		start := len(b)
		b = binary.BigEndian.AppendUint16(b, family)
		b = a.appendSockaddr(b)
		return append(b, make([]byte, sockaddrStorageLen-(len(b)-start))...)
	}
	t := a.Type
	if t == AddrAny && !features.Has(FeatureServerNautilus) {
		t = AddrLegacy
	}
	b, mark := AppendStart(AppendUint8(b, 1), 1, 1)
	b = AppendUint32(b, uint32(t))
	b = AppendUint32(b, a.Nonce)
	b = AppendUint32(b, uint32(sockaddrLen(family)))
	b = AppendUint16(b, family)
	b = a.appendSockaddr(b)
	return AppendFinish(b, mark)
}

// DecodeFrom reads a in the legacy form (marker 0) or the present one (marker 1). After an error a is blank.
func (a *EntityAddr) DecodeFrom(r *Reader) {
	switch marker := r.Uint8("entity_addr.marker"); marker {
	case 0:
		a.decodeLegacy(r)
	case 1:
		a.decodeBody(r)
	default:
		r.Fail("entity_addr.marker", "%d is neither 0 nor 1", marker)
	}
	if r.Err() != nil {
		*a = EntityAddr{}
	}
}

// decodeLegacy reads what follows the marker byte 0 of the legacy form.
func (a *EntityAddr) decodeLegacy(r *Reader) {
	*a = EntityAddr{}
	r.Bytes(3, "entity_addr.marker")
	a.Nonce = r.Uint32("entity_addr.nonce")
	sa := r.Bytes(sockaddrStorageLen, "entity_addr.sockaddr")
	if sa == nil {
		return
	}
	if a.decodeSockaddr("entity_addr.family", binary.BigEndian.Uint16(sa), sa[2:], r); a.IP.IsValid() {
		a.Type = AddrLegacy
	}
}

// decodeBody reads what follows the marker byte 1.
func (a *EntityAddr) decodeBody(r *Reader) {
	*a = EntityAddr{}
	s := r.Start("entity_addr", 1)
	a.Type = AddrType(r.Uint32("type"))
	a.Nonce = r.Uint32("nonce")
	if n := r.Uint32("elen"); n != 0 {
		family := r.Uint16("family")
		if limit := sockaddrLen(family); n < 2 || n > uint32(limit) {
			r.Fail("elen", "a sockaddr of %d bytes for family %d", n, family)
		}
		a.decodeSockaddr("family", family, r.Bytes(int(n)-2, "sockaddr"), r)
	}
	r.Finish(s)
}

// decodeSockaddr takes an address out of what follows sa_family; what is missing at the end counts as zero. field
// names the family in errors.
func (a *EntityAddr) decodeSockaddr(field string, family uint16, sa []byte, r *Reader) {
	var full [sockaddrIn6Len - 2]byte
	copy(full[:], sa)
	switch family {
	case familyNone:
	case familyInet:
		a.Port = binary.BigEndian.Uint16(full[:])
		a.IP = netip.AddrFrom4([4]byte(full[2:6]))
	case familyInet6:
		a.Port = binary.BigEndian.Uint16(full[:])
		a.Flowinfo = binary.LittleEndian.Uint32(full[2:])
		a.IP = netip.AddrFrom16([16]byte(full[6:22]))
		a.ScopeID = binary.LittleEndian.Uint32(full[22:])
	default:
		r.Fail(field, "%d is neither IPv4 (2) nor IPv6 (10)", family)
	}
}

// Compare orders addresses as Ceph does: by type, nonce and the memory of the sockaddr, each as bytes in
// little-endian order. Legacy ranks and sorted maps depend on it.
func (a EntityAddr) Compare(b EntityAddr) int {
	image := func(a EntityAddr) []byte {
		m := AppendUint32(AppendUint32(nil, uint32(a.Type)), a.Nonce)
		m = a.appendSockaddr(AppendUint16(m, a.family()))
		return append(m, make([]byte, 8+sockaddrIn6Len-len(m))...)
	}
	return slices.Compare(image(a), image(b))
}

// EntityAddrVec is entity_addrvec_t: the addresses of one entity, one per protocol.
type EntityAddrVec []EntityAddr

// String prints nothing for no address, the bare address for one, [a,b] for more.
func (v EntityAddrVec) String() string {
	if len(v) == 0 {
		return ""
	}
	if len(v) == 1 {
		return v[0].String()
	}
	s := make([]string, len(v))
	for i, a := range v {
		s[i] = a.String()
	}
	return "[" + strings.Join(s, ",") + "]"
}

// ParseEntityAddrVec parses one address or a bracketed list of them, [v2:10.0.0.1:3300,v1:10.0.0.1:6789]. def is the
// type of addresses without a prefix.
func ParseEntityAddrVec(s string, def AddrType) (EntityAddrVec, error) {
	if after, ok := strings.CutPrefix(s, "["); ok {
		if a, rest, err := parseAddrPrefix(s, def); err == nil && rest == "" {
			return EntityAddrVec{a}, nil // a bracketed IPv6 address alone
		}
		var v EntityAddrVec
		for {
			a, rest, err := parseAddrPrefix(after, def)
			if err != nil {
				return nil, fmt.Errorf("denc: address list %q: %w", s, err)
			}
			v = append(v, a)
			switch {
			case rest == "]":
				return v, nil
			case strings.HasPrefix(rest, ","):
				after = rest[1:]
			default:
				return nil, fmt.Errorf("denc: address list %q: want , or a closing ] at %q", s, rest)
			}
		}
	}
	a, err := ParseEntityAddr(s, def)
	if err != nil {
		return nil, err
	}
	return EntityAddrVec{a}, nil
}

// Msgr2 returns the first address that speaks messenger v2.
func (v EntityAddrVec) Msgr2() (EntityAddr, bool) {
	i := slices.IndexFunc(v, func(a EntityAddr) bool { return a.Type == AddrMsgr2 })
	if i < 0 {
		return EntityAddr{}, false
	}
	return v[i], true
}

// Legacy returns the first address of type v1, else the first address, else the blank one: what Ceph orders
// monitors by where there are no ranks.
func (v EntityAddrVec) Legacy() EntityAddr {
	if i := slices.IndexFunc(v, func(a EntityAddr) bool { return a.Type == AddrLegacy }); i >= 0 {
		return v[i]
	}
	if len(v) > 0 {
		return v[0]
	}
	return EntityAddr{}
}

// AppendTo appends the encoding of v; a peer without FeatureMsgAddr2 gets the first address of type v1 alone, a blank
// one if there is none.
func (v EntityAddrVec) AppendTo(b []byte, features Features) []byte {
	if !features.Has(FeatureMsgAddr2) {
		a := v.Legacy()
		if a.Type != AddrLegacy {
			a = EntityAddr{}
		}
		return a.AppendTo(b, features)
	}
	b = AppendUint32(AppendUint8(b, 2), uint32(len(v)))
	for _, a := range v {
		b = a.AppendTo(b, features)
	}
	return b
}

// minAddrLen is the size of the shortest encoded address: marker, frame, type, nonce, elen 0.
const minAddrLen = 1 + 6 + 12

// DecodeFrom reads v, or the single address (marker 0 or 1) that older encoders write in its place.
func (v *EntityAddrVec) DecodeFrom(r *Reader) {
	*v = nil
	var a EntityAddr
	switch marker := r.Uint8("entity_addrvec.marker"); marker {
	case 0:
		if a.decodeLegacy(r); !a.IsBlank() {
			*v = EntityAddrVec{a}
		}
	case 1:
		a.decodeBody(r)
		*v = EntityAddrVec{a}
	case 2:
		n := r.Count(minAddrLen, "entity_addrvec.count")
		if n > 0 {
			*v = make(EntityAddrVec, n)
		}
		for i := range *v {
			(*v)[i].DecodeFrom(r)
		}
	default:
		r.Fail("entity_addrvec.marker", "%d is above 2", marker)
	}
	if r.Err() != nil {
		*v = nil
	}
}

// Compare orders address vectors element by element.
func (v EntityAddrVec) Compare(w EntityAddrVec) int {
	for i := range min(len(v), len(w)) {
		if c := v[i].Compare(w[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(v), len(w))
}
