package monmsg

import (
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// decodeStrings reads a vector of strings; nil when it is empty.
func decodeStrings(r *denc.Reader, field string) []string {
	n := r.Count(4, field)
	if n == 0 {
		return nil
	}
	s := make([]string, n)
	for i := range s {
		s[i] = r.String(field)
	}
	return s
}

func appendStrings(b []byte, s []string) []byte {
	b = denc.AppendUint32(b, uint32(len(s)))
	for _, e := range s {
		b = denc.AppendString(b, e)
	}
	return b
}

// decodeMap reads a map whose keys are strings; value reads one value. The result is never nil. The count does not
// size it: an entry costs more in memory than on the wire.
func decodeMap[V any](r *denc.Reader, field string, minValue int, value func() V) map[string]V {
	m := make(map[string]V)
	for range r.Count(4+minValue, field) {
		k := r.String(field)
		v := value()
		if r.Err() != nil {
			break
		}
		m[k] = v
	}
	return m
}

// appendMap appends a map whose keys are strings, in the order of the keys; value appends one value.
func appendMap[V any](b []byte, m map[string]V, value func([]byte, V) []byte) []byte {
	b = denc.AppendUint32(b, uint32(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b = value(denc.AppendString(b, k), m[k])
	}
	return b
}
