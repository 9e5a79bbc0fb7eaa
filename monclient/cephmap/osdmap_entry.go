package cephmap

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// Entry is an entry of one of the maps in an OSD map. These are slices in ascending order of their keys, as they are
// encoded, without repetitions.
type Entry[K, V any] struct {
	Key   K
	Value V
}

// StringMap maps names to values, in ascending order of the names.
type StringMap []Entry[string, string]

// Get returns the value of a name, and whether there is one.
func (m StringMap) Get(name string) (string, bool) { return lookup(m, name, cmp.Compare[string]) }

// PG is a placement group (pg_t in src/osd/osd_types.h).
type PG struct {
	Pool int64
	Seed uint32
}

// Compare orders placement groups by pool and seed.
func (p PG) Compare(q PG) int {
	if c := cmp.Compare(uint64(p.Pool), uint64(q.Pool)); c != 0 {
		return c
	}
	return cmp.Compare(p.Seed, q.Seed)
}

// OSDPair says that the place of one OSD is another's.
type OSDPair struct{ From, To int32 }

// SnapInterval is Length snapshots from Start on.
type SnapInterval struct{ Start, Length uint64 }

// lookup returns the value of a key, and whether there is one.
func lookup[K, V any](m []Entry[K, V], key K, compare func(a, b K) int) (V, bool) {
	i, ok := slices.BinarySearchFunc(m, key, func(e Entry[K, V], key K) int { return compare(e.Key, key) })
	if !ok {
		var zero V
		return zero, false
	}
	return m[i].Value, true
}

// codec reads and writes values of one type.
type codec[T any] struct {
	size    int // of the shortest encoding; it bounds what a count can make us allocate
	read    func(r *denc.Reader, field string) T
	append  func(b []byte, v T) []byte
	compare func(a, b T) int // of keys only
}

// The types that keys and values of maps have.
var (
	int32Codec  = codec[int32]{4, (*denc.Reader).Int32, denc.AppendInt32, cmp.Compare[int32]}
	int64Codec  = codec[int64]{8, (*denc.Reader).Int64, denc.AppendInt64, cmp.Compare[int64]}
	uint32Codec = codec[uint32]{4, (*denc.Reader).Uint32, denc.AppendUint32, cmp.Compare[uint32]}
	uint64Codec = codec[uint64]{8, (*denc.Reader).Uint64, denc.AppendUint64, cmp.Compare[uint64]}
	stringCodec = codec[string]{4, (*denc.Reader).String, denc.AppendString, cmp.Compare[string]}
	utimeCodec  = codec[denc.UTime]{8, (*denc.Reader).UTime, denc.AppendUTime, nil}
	uuidCodec   = codec[uuid.UUID]{16, (*denc.Reader).UUID, denc.AppendUUID, nil}
	pgCodec     = codec[PG]{pgSize, readPG, appendPG, PG.Compare}

	addrCodec = codec[denc.EntityAddr]{
		size: 19,
		read: func(r *denc.Reader, _ string) (a denc.EntityAddr) {
			a.DecodeFrom(r)
			return a
		},
		append:  func(b []byte, a denc.EntityAddr) []byte { return a.AppendTo(b, denc.FeaturesAll) },
		compare: compareAddrs,
	}
	addrVecCodec = codec[denc.EntityAddrVec]{
		size: 5,
		read: func(r *denc.Reader, _ string) (v denc.EntityAddrVec) {
			v.DecodeFrom(r)
			return v
		},
		append: func(b []byte, v denc.EntityAddrVec) []byte { return v.AppendTo(b, denc.FeaturesAll) },
	}

	osdStateCodec = codec[OSDState]{
		size:   4,
		read:   func(r *denc.Reader, field string) OSDState { return OSDState(r.Uint32(field)) },
		append: func(b []byte, s OSDState) []byte { return denc.AppendUint32(b, uint32(s)) },
	}
	osdPairCodec = codec[OSDPair]{
		size: 8,
		read: func(r *denc.Reader, field string) OSDPair {
			b := r.Bytes(8, field)
			if b == nil {
				return OSDPair{}
			}
			return OSDPair{From: int32(binary.LittleEndian.Uint32(b)), To: int32(binary.LittleEndian.Uint32(b[4:]))}
		},
		append: func(b []byte, p OSDPair) []byte { return denc.AppendInt32(denc.AppendInt32(b, p.From), p.To) },
	}
	snapIntervalsCodec = codec[[]SnapInterval]{4, readSnapIntervals, appendSnapIntervals, nil}
	stringMapCodec     = codec[StringMap]{
		size: 4,
		read: func(r *denc.Reader, field string) StringMap { return decodeMap(r, field, stringCodec, stringCodec) },
		append: func(b []byte, m StringMap) []byte {
			return appendMap(b, m, stringCodec, stringCodec)
		},
	}

	int32sCodec   = listCodec(int32Codec)
	osdPairsCodec = listCodec(osdPairCodec)
)

// compareAddrs is denc.EntityAddr.Compare, and allocates nothing: blocklists are long.
func compareAddrs(a, b denc.EntityAddr) int {
	const number, sockaddr = 7, 19 // what comes before type and nonce, and before the address family
	var x, y [64]byte
	p, q := a.AppendTo(x[:0], denc.FeaturesAll), b.AppendTo(y[:0], denc.FeaturesAll)
	if c := bytes.Compare(p[number:number+8], q[number:number+8]); c != 0 {
		return c
	}
	return bytes.Compare(p[sockaddr:], q[sockaddr:])
}

// listCodec makes the codec of a vector.
func listCodec[T any](c codec[T]) codec[[]T] {
	return codec[[]T]{
		size:   4,
		read:   func(r *denc.Reader, field string) []T { return decodeList(r, field, c) },
		append: func(b []byte, s []T) []byte { return appendList(b, s, c) },
	}
}

// The version and the size of pg_t, which has no frame.
const (
	pgVersion = 1
	pgSize    = 1 + 8 + 4 + 4
)

func readPG(r *denc.Reader, field string) PG {
	b := r.Bytes(pgSize, field)
	if b == nil {
		return PG{}
	}
	if v := b[0]; v != pgVersion {
		r.Fail(field, "pg_t of version %d", v)
	}
	// At the end there is a preferred OSD, which is no more.
	return PG{Pool: int64(binary.LittleEndian.Uint64(b[1:])), Seed: binary.LittleEndian.Uint32(b[9:])}
}

func appendPG(b []byte, p PG) []byte {
	b = denc.AppendInt64(denc.AppendUint8(b, pgVersion), p.Pool)
	return denc.AppendInt32(denc.AppendUint32(b, p.Seed), -1)
}

// readSnapIntervals reads an interval_set, whose intervals ascend and do not overlap.
func readSnapIntervals(r *denc.Reader, field string) []SnapInterval {
	n := r.Count(16, field)
	if n == 0 {
		return nil
	}
	s := make([]SnapInterval, n)
	var end uint64
	for i := range s {
		s[i] = SnapInterval{Start: r.Uint64(field), Length: r.Uint64(field)}
		if s[i].Start < end || s[i].Start+s[i].Length <= s[i].Start {
			r.Fail(field, "%d snapshots from %d on, after those up to %d", s[i].Length, s[i].Start, end)
			return nil
		}
		end = s[i].Start + s[i].Length
	}
	return s
}

func appendSnapIntervals(b []byte, s []SnapInterval) []byte {
	b = denc.AppendUint32(b, uint32(len(s)))
	for _, i := range s {
		b = denc.AppendUint64(denc.AppendUint64(b, i.Start), i.Length)
	}
	return b
}

// decodeList reads a vector; nil when it is empty.
func decodeList[T any](r *denc.Reader, field string, c codec[T]) []T {
	n := r.Count(c.size, field)
	if n == 0 {
		return nil
	}
	s := make([]T, n)
	for i := range s {
		if s[i] = c.read(r, field); r.Err() != nil {
			return nil
		}
	}
	return s
}

func appendList[T any](b []byte, s []T, c codec[T]) []byte {
	b = denc.AppendUint32(b, uint32(len(s)))
	for _, v := range s {
		b = c.append(b, v)
	}
	return b
}

// decodeSortedList reads a set, and brings it into order if it is not; nil when it is empty.
func decodeSortedList[T any](r *denc.Reader, field string, c codec[T]) []T {
	s := decodeList(r, field, c)
	for i := 1; i < len(s); i++ {
		if c.compare(s[i-1], s[i]) >= 0 {
			slices.SortFunc(s, c.compare)
			return slices.CompactFunc(s, func(a, b T) bool { return c.compare(a, b) == 0 })
		}
	}
	return s
}

// decodeMap reads a map, and brings it into order if it is not, the first of equal keys winning; nil when it is empty.
func decodeMap[K, V any](r *denc.Reader, field string, k codec[K], v codec[V]) []Entry[K, V] {
	n := r.Count(k.size+v.size, field)
	if n == 0 {
		return nil
	}
	m := make([]Entry[K, V], n)
	sorted := true
	for i := range m {
		m[i].Key = k.read(r, field)
		if m[i].Value = v.read(r, field); r.Err() != nil {
			return nil
		}
		if i > 0 && sorted {
			sorted = k.compare(m[i-1].Key, m[i].Key) < 0
		}
	}
	if !sorted {
		m = inOrder(m, k.compare)
	}
	return m
}

// inOrder sorts the entries of a map and drops all but the first of those with equal keys.
func inOrder[K, V any](m []Entry[K, V], compare func(a, b K) int) []Entry[K, V] {
	slices.SortStableFunc(m, func(a, b Entry[K, V]) int { return compare(a.Key, b.Key) })
	return slices.CompactFunc(m, func(a, b Entry[K, V]) bool { return compare(a.Key, b.Key) == 0 })
}

func appendMap[K, V any](b []byte, m []Entry[K, V], k codec[K], v codec[V]) []byte {
	b = denc.AppendUint32(b, uint32(len(m)))
	for i := range m {
		b = v.append(k.append(b, m[i].Key), m[i].Value)
	}
	return b
}

// readClone reads a byte string and copies it; nil when it is empty.
func readClone(r *denc.Reader, field string) []byte {
	return append([]byte(nil), r.Blob(field)...)
}
