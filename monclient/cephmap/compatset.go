package cephmap

import (
	"fmt"
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// FeatureNames are features of the on-disk formats of metadata servers, by their number, 1 to 63.
type FeatureNames map[uint64]string

// CompatSet says what has to be known by who reads or writes a file system (src/include/CompatSet.h): those who do not
// know all of Incompat may not touch it, and those who do not know all of ROCompat may not write.
type CompatSet struct {
	Compat, ROCompat, Incompat FeatureNames
}

func (c *CompatSet) decodeFrom(r *denc.Reader) {
	c.Compat = readFeatureNames(r, "compat")
	c.ROCompat = readFeatureNames(r, "ro_compat")
	c.Incompat = readFeatureNames(r, "incompat")
}

func appendCompatSet(b []byte, c CompatSet) []byte {
	for _, f := range []FeatureNames{c.Compat, c.ROCompat, c.Incompat} {
		var mask uint64
		for id := range f {
			mask |= 1 << id
		}
		b = denc.AppendUint64(b, mask)
		b = putMap(b, f, denc.AppendUint64, denc.AppendString)
	}
	return b
}

// readFeatureNames reads a set of features. It begins with a mask, which says less than the names that follow.
func readFeatureNames(r *denc.Reader, field string) FeatureNames {
	r.Uint64(field)
	f := FeatureNames(readMap(r, field, 8+4, r.Uint64, func() string { return r.String(field) }))
	for id := range f {
		if id < 1 || id > 63 {
			r.Fail(field, "feature %d is not of 1 to 63", id)
			return nil
		}
	}
	return f
}

// dump writes what CompatSet::dump does.
func (c *CompatSet) dump(w *jsonWriter) {
	for _, set := range []struct {
		name     string
		features FeatureNames
	}{{"compat", c.Compat}, {"ro_compat", c.ROCompat}, {"incompat", c.Incompat}} {
		w.object(set.name, func() {
			for _, id := range slices.Sorted(maps.Keys(set.features)) {
				w.str(fmt.Sprintf("feature_%d", id), set.features[id])
			}
		})
	}
}
