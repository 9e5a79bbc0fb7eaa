package msgr2

import "github.com/libmonclient/libmonclient/denc"

// identLossy is the flag of CLIENT_IDENT and SERVER_IDENT that says that nothing is resent after a reconnect
// (CEPH_MSG_CONNECT_LOSSY in src/include/msgr.h).
const identLossy uint64 = 1

// hello is the payload of HELLO: who I am, and from where I see you.
type hello struct {
	entity denc.EntityType
	peer   denc.EntityAddr
}

func (h hello) append(b []byte) []byte {
	return h.peer.AppendTo(denc.AppendUint8(b, uint8(h.entity)), denc.FeaturesAll)
}

func parseHello(p []byte) (h hello, err error) {
	r := denc.NewReader(p)
	h.entity = denc.EntityType(r.Uint8("hello.entity_type"))
	h.peer.DecodeFrom(r)
	return h, r.Done()
}

// ident is the payload of CLIENT_IDENT (with target) and SERVER_IDENT (without).
type ident struct {
	addrs     denc.EntityAddrVec
	target    denc.EntityAddr
	gid       int64
	globalSeq uint64
	supported denc.Features
	required  denc.Features
	flags     uint64
	cookie    uint64
}

func (i ident) append(b []byte, withTarget bool) []byte {
	b = i.addrs.AppendTo(b, denc.FeaturesAll)
	if withTarget {
		b = i.target.AppendTo(b, denc.FeaturesAll)
	}
	b = denc.AppendInt64(b, i.gid)
	b = denc.AppendUint64(b, i.globalSeq)
	b = denc.AppendUint64(b, uint64(i.supported))
	b = denc.AppendUint64(b, uint64(i.required))
	b = denc.AppendUint64(b, i.flags)
	return denc.AppendUint64(b, i.cookie)
}

func parseIdent(p []byte, withTarget bool) (i ident, err error) {
	r := denc.NewReader(p)
	i.addrs.DecodeFrom(r)
	if withTarget {
		i.target.DecodeFrom(r)
	}
	i.gid = r.Int64("ident.gid")
	i.globalSeq = r.Uint64("ident.global_seq")
	i.supported = denc.Features(r.Uint64("ident.supported"))
	i.required = denc.Features(r.Uint64("ident.required"))
	i.flags = r.Uint64("ident.flags")
	i.cookie = r.Uint64("ident.cookie")
	return i, r.Done()
}
