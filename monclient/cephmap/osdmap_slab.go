package cephmap

import (
	"encoding/binary"
	"net/netip"

	"github.com/libmonclient/libmonclient/denc"
)

// slab is room for the elements of many short lists, which so need no allocation each. One list that is still in use
// keeps all of those of its slab, so slabs are small.
type slab[T any] []T

// slabSize is how many elements a slab has, if there can be as many.
const slabSize = 256

// carve returns a list of n elements out of the slab, or of a new one when it is used up. There are at most limit to
// come.
func (s *slab[T]) carve(n, limit int) []T {
	if n > len(*s) {
		*s = make([]T, max(n, min(slabSize, limit)))
	}
	list := (*s)[:n:n]
	*s = (*s)[n:]
	return list
}

// slabListCodec is listCodec for many short lists, to be made anew for each map that is decoded.
func slabListCodec[T any](c codec[T]) codec[[]T] {
	var room slab[T]
	lists := listCodec(c)
	lists.read = func(r *denc.Reader, field string) []T {
		n := r.Count(c.size, field)
		if n == 0 {
			return nil
		}
		list := room.carve(n, r.Remaining()/c.size)
		for i := range list {
			if list[i] = c.read(r, field); r.Err() != nil {
				return nil
			}
		}
		return list
	}
	return lists
}

// addrVecReader reads the address vectors of a map's OSDs from its bytes, at which r is.
type addrVecReader struct {
	bytes []byte
	room  slab[denc.EntityAddr]
}

// read is denc.EntityAddrVec.DecodeFrom, which it leaves all forms to but the one of Nautilus and later
// (entity_addrvec_t::encode in src/msg/msg_types.h).
func (v *addrVecReader) read(r *denc.Reader) (vec denc.EntityAddrVec) {
	const marker, head = 2, 1 + 4
	at := r.Offset()
	if r.Remaining() < head || v.bytes[at] != marker {
		vec.DecodeFrom(r)
		return vec
	}
	n := binary.LittleEndian.Uint32(v.bytes[at+1:])
	if n == 0 || uint64(n)*uint64(addrCodec.size) > uint64(r.Remaining()-head) {
		vec.DecodeFrom(r)
		return vec
	}
	r.Bytes(head, "entity_addrvec")
	vec = v.room.carve(int(n), r.Remaining()/addrCodec.size)
	for i := range vec {
		if v.readIPv4(r, &vec[i]) {
			continue
		}
		if vec[i].DecodeFrom(r); r.Err() != nil {
			return nil
		}
	}
	return vec
}

// ipv4Head is how an IPv4 address begins: a marker, a frame of version 1, and its length.
var ipv4Head = [...]byte{1, 1, 1, 4 + 4 + 4 + 16, 0, 0, 0}

// readIPv4 reads the address at which r is if it is an IPv4 one in its usual form. An OSD has four vectors of them,
// which are a quarter of the work of a map when they are read field by field.
func (v *addrVecReader) readIPv4(r *denc.Reader, a *denc.EntityAddr) bool {
	const size = len(ipv4Head) + 4 + 4 + 4 + 16
	if r.Remaining() < size {
		return false
	}
	b := v.bytes[r.Offset():][:size]
	if [len(ipv4Head)]byte(b) != ipv4Head || [6]byte(b[15:]) != [...]byte{16, 0, 0, 0, 2, 0} { // sockaddr and its family
		return false
	}
	r.Bytes(size, "entity_addr")
	a.Type = denc.AddrType(binary.LittleEndian.Uint32(b[7:]))
	a.Nonce = binary.LittleEndian.Uint32(b[11:])
	a.Port = binary.BigEndian.Uint16(b[21:])
	a.IP = netip.AddrFrom4([4]byte(b[23:]))
	return true
}
