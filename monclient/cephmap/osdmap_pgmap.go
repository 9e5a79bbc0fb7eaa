package cephmap

import (
	"iter"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// PGMap maps placement groups to values, in ascending order. The zero value is empty. Maps that came of one another
// share what did not change, so there is no changing one, and what the values refer to may not be changed either.
type PGMap[V any] struct {
	// chunks are what pgChunk says; none is empty. As it depends on the keys alone, equal maps have equal chunks.
	chunks [][]Entry[PG, V]
	n      int
}

// pgChunk returns the first placement group that could be in the same chunk: of each pool, 128 have one together. That
// is what a change costs.
func pgChunk(pg PG) PG { return PG{Pool: pg.Pool, Seed: pg.Seed &^ 127} }

// NewPGMap returns a map with these entries. Of several for one placement group, the first counts.
func NewPGMap[V any](entries ...Entry[PG, V]) PGMap[V] {
	return chunked(inOrder(slices.Clone(entries), PG.Compare))
}

// chunked makes a map of entries in order, which it keeps.
func chunked[V any](entries []Entry[PG, V]) PGMap[V] {
	m := PGMap[V]{n: len(entries)}
	chunks := 0
	for i := range entries {
		if i == 0 || pgChunk(entries[i].Key) != pgChunk(entries[i-1].Key) {
			chunks++
		}
	}
	if chunks > 0 {
		m.chunks = make([][]Entry[PG, V], 0, chunks)
	}
	for len(entries) > 0 {
		end := ofChunk(entries, pgChunk(entries[0].Key), func(e *Entry[PG, V]) PG { return e.Key })
		m.chunks = append(m.chunks, entries[:end:end])
		entries = entries[end:]
	}
	return m
}

// ofChunk returns how many elements at the beginning of s belong to that chunk.
func ofChunk[T any](s []T, chunk PG, key func(*T) PG) int {
	n := 0
	for n < len(s) && pgChunk(key(&s[n])) == chunk {
		n++
	}
	return n
}

// Len returns the number of placement groups that have a value.
func (m PGMap[V]) Len() int { return m.n }

// Get returns the value of a placement group, and whether it has one.
func (m PGMap[V]) Get(pg PG) (V, bool) {
	i, ok := m.search(m.chunks, pgChunk(pg))
	if !ok {
		var zero V
		return zero, false
	}
	return lookup(m.chunks[i], pg, PG.Compare)
}

func (PGMap[V]) search(chunks [][]Entry[PG, V], chunk PG) (int, bool) {
	return slices.BinarySearchFunc(chunks, chunk, func(c []Entry[PG, V], chunk PG) int { return pgChunk(c[0].Key).Compare(chunk) })
}

// All yields all placement groups that have a value, in order.
func (m PGMap[V]) All() iter.Seq2[PG, V] {
	return func(yield func(PG, V) bool) {
		for _, chunk := range m.chunks {
			for i := range chunk {
				if !yield(chunk[i].Key, chunk[i].Value) {
					return
				}
			}
		}
	}
}

// merge is the function merge for such maps.
func (m PGMap[V]) merge(changed []Entry[PG, V], removed []PG) PGMap[V] {
	if len(changed) == 0 && len(removed) == 0 {
		return m
	}
	old := m.chunks
	merged := PGMap[V]{n: m.n, chunks: make([][]Entry[PG, V], 0, len(old)+min(len(changed), 64))}
	for len(changed)+len(removed) > 0 {
		var chunk PG
		if len(removed) == 0 || len(changed) > 0 && changed[0].Key.Compare(removed[0]) <= 0 {
			chunk = pgChunk(changed[0].Key)
		} else {
			chunk = pgChunk(removed[0])
		}
		at, found := m.search(old, chunk)
		merged.chunks = append(merged.chunks, old[:at]...)
		old = old[at:]
		var before []Entry[PG, V]
		if found {
			before, old = old[0], old[1:]
		}
		c := ofChunk(changed, chunk, func(e *Entry[PG, V]) PG { return e.Key })
		r := ofChunk(removed, chunk, func(pg *PG) PG { return *pg })
		after := merge(before, changed[:c], removed[:r], PG.Compare)
		if changed, removed = changed[c:], removed[r:]; len(after) > 0 {
			merged.chunks = append(merged.chunks, after)
		}
		merged.n += len(after) - len(before)
	}
	if merged.chunks = append(merged.chunks, old...); len(merged.chunks) == 0 {
		return PGMap[V]{}
	}
	return merged
}

func decodePGMap[V any](r *denc.Reader, field string, v codec[V]) PGMap[V] {
	return chunked(decodeMap(r, field, pgCodec, v))
}

func appendPGMap[V any](b []byte, m PGMap[V], v codec[V]) []byte {
	b = denc.AppendUint32(b, uint32(m.n))
	for _, chunk := range m.chunks {
		for i := range chunk {
			b = v.append(appendPG(b, chunk[i].Key), chunk[i].Value)
		}
	}
	return b
}
