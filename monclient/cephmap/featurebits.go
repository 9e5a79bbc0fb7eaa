package cephmap

import "github.com/libmonclient/libmonclient/denc"

// FeatureBits are features of clients of file systems, by their bits: bit n is bit n%64 of word n/64 (feature_bitset_t in
// src/mds/mdstypes.h).
type FeatureBits []uint64

// Has reports whether the bit is set.
func (f FeatureBits) Has(bit int) bool {
	return bit >= 0 && bit/64 < len(f) && f[bit/64]&(1<<(bit%64)) != 0
}

func readFeatureBits(r *denc.Reader, field string) FeatureBits {
	b := r.Blob(field)
	if len(b)%8 != 0 {
		r.Fail(field, "%d bytes are no number of words", len(b))
		return nil
	}
	words := denc.NewReader(b)
	var f FeatureBits
	for words.Remaining() > 0 {
		f = append(f, words.Uint64(field))
	}
	return f
}

func appendFeatureBits(b []byte, f FeatureBits) []byte {
	b = denc.AppendUint32(b, uint32(8*len(f)))
	for _, word := range f {
		b = denc.AppendUint64(b, word)
	}
	return b
}
