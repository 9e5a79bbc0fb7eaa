package cephmap

import (
	"cmp"
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// readMap reads a map whose elements take at least minSize bytes each, key included; nil when it is empty. Of several
// elements with one key the last counts.
func readMap[K cmp.Ordered, V any](r *denc.Reader, field string, minSize int, key func(string) K, value func() V) map[K]V {
	var m map[K]V
	for range r.Count(minSize, field) {
		k := key(field)
		v := value()
		if r.Err() != nil {
			return nil
		}
		if m == nil {
			m = make(map[K]V)
		}
		m[k] = v
	}
	return m
}

// readList reads a vector whose elements take at least minSize bytes each; nil when it is empty.
func readList[V any](r *denc.Reader, field string, minSize int, value func() V) []V {
	var list []V
	for range r.Count(minSize, field) {
		v := value()
		if r.Err() != nil {
			return nil
		}
		list = append(list, v)
	}
	return list
}

func readStringMap(r *denc.Reader, field string) map[string]string {
	return readMap(r, field, 8, r.String, func() string { return r.String(field) })
}

// putMap appends a map in the order of its keys.
func putMap[K cmp.Ordered, V any](b []byte, m map[K]V, key func([]byte, K) []byte, value func([]byte, V) []byte) []byte {
	b = denc.AppendUint32(b, uint32(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b = value(key(b, k), m[k])
	}
	return b
}

func putList[V any](b []byte, list []V, value func([]byte, V) []byte) []byte {
	b = denc.AppendUint32(b, uint32(len(list)))
	for _, v := range list {
		b = value(b, v)
	}
	return b
}

func putStringMap(b []byte, m map[string]string) []byte {
	return putMap(b, m, denc.AppendString, denc.AppendString)
}

// decodeInt32Set reads a set of numbers, in order; nil when it is empty.
func decodeInt32Set(r *denc.Reader, field string) []int32 {
	s := readList(r, field, 4, func() int32 { return r.Int32(field) })
	slices.Sort(s)
	return slices.Compact(s)
}

func appendInt32Set(b []byte, s []int32) []byte {
	s = slices.Clone(s)
	slices.Sort(s)
	return putList(b, slices.Compact(s), denc.AppendInt32)
}
