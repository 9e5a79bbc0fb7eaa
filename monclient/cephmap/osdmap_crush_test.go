package cephmap

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestCRUSHNames(t *testing.T) {
	for name, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		t.Run(name, func(t *testing.T) {
			m := mustDecodeOSDMap(t, wire)
			names, err := m.CRUSHNames()
			require.NoError(t, err)
			require.Len(t, names.Types, 12)
			host, ok := names.Types.Get(1)
			require.True(t, ok)
			require.Equal(t, "host", host)
			root, ok := names.Items.ID("default")
			require.True(t, ok)
			require.Negative(t, root)
			osd, ok := names.Items.Get(0)
			require.True(t, ok)
			require.Equal(t, "osd.0", osd)
			rule, ok := names.Rules.ID("replicated_rule")
			require.True(t, ok)
			require.Zero(t, rule)
			for _, c := range names.ItemClasses {
				class, ok := names.ItemClass(c.Key)
				require.True(t, ok)
				require.NotEmpty(t, class)
			}
			if !m.Stretch.Enabled {
				class, ok := names.ItemClass(0)
				require.True(t, ok)
				require.Equal(t, "quick", class)
				_, ok = names.Classes.ID("quick")
				require.True(t, ok)
			}
			_, ok = names.ItemClass(77)
			require.False(t, ok)
			_, ok = names.Items.ID("nobody")
			require.False(t, ok)
		})
	}
}

func TestMalformedCRUSHMaps(t *testing.T) {
	u32 := func(numbers ...uint32) (b []byte) {
		for _, n := range numbers {
			b = denc.AppendUint32(b, n)
		}
		return b
	}
	const many = 0x7fffffff
	for _, tt := range []struct {
		name  string
		crush []byte
		kind  error
		want  string
	}{
		{"none", nil, denc.ErrShort, "magic"},
		{"magic", u32(1), denc.ErrMalformed, "magic"},
		{"buckets", u32(crushMagic, many, 0, 0), denc.ErrShort, "bucket"},
		{"rules", u32(crushMagic, 0, many, 0), denc.ErrShort, "rule"},
		{"algorithm", append(u32(crushMagic, 1, 0, 0, 7), slices.Concat(u32(1), []byte{1, 0, 9, 0}, u32(0, 0))...), denc.ErrMalformed, "bucket.alg"},
		{"items", append(u32(crushMagic, 1, 0, 0, 7), slices.Concat(u32(1), []byte{1, 0, 5, 0}, u32(0, many))...), denc.ErrShort, "bucket.items"},
		{"steps", u32(crushMagic, 0, 1, 0, 1, many, 0), denc.ErrShort, "rule.op"},
		{"names", u32(crushMagic, 0, 0, 0, many), denc.ErrShort, "type_map"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := (&OSDMap{CRUSH: tt.crush}).CRUSHNames()
			require.ErrorIs(t, err, tt.kind)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// crushMaps are those of the maps in testdata.
func crushMaps(t testing.TB) (all [][]byte) {
	for _, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		all = append(all, mustDecodeOSDMap(t, wire).CRUSH)
	}
	return all
}

func TestCRUSHMapsWithLargeCountsAreCheap(t *testing.T) {
	for _, crush := range crushMaps(t) {
		for at := 0; at+4 < len(crush); at += 3 {
			b := slices.Clone(crush)
			copy(b[at:], "\xff\xff\xff\x7f")
			_ = requireCheap(t, b, func(b []byte) error { _, err := outlineCRUSH(b); return err })
		}
	}
}

func TestChooseArgs(t *testing.T) {
	set := func(id int64, args ...[]byte) []byte {
		return slices.Concat(append([][]byte{denc.AppendInt64(nil, id), denc.AppendUint32(nil, uint32(len(args)))}, args...)...)
	}
	arg := func(positions, ids int) []byte {
		b := denc.AppendUint32(denc.AppendUint32(nil, 3), uint32(positions))
		for range positions {
			b = denc.AppendUint32(denc.AppendUint32(b, 1), 0x10000)
		}
		b = denc.AppendUint32(b, uint32(ids))
		return append(b, make([]byte, 4*ids)...)
	}
	for name, tt := range map[string]struct {
		sets [][]byte
		want bool
	}{
		"none":          {nil, false},
		"compatible":    {[][]byte{set(-1, arg(1, 0), arg(0, 0))}, false},
		"of a pool":     {[][]byte{set(3, arg(1, 0))}, true},
		"two":           {[][]byte{set(-1), set(-1)}, true},
		"two positions": {[][]byte{set(-1, arg(2, 0))}, true},
		"ids":           {[][]byte{set(-1, arg(1, 1))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := denc.NewReader(append(denc.AppendUint32(nil, uint32(len(tt.sets))), slices.Concat(tt.sets...)...))
			require.Equal(t, tt.want, readCRUSHChooseArgs(r))
			require.NoError(t, r.Done())
		})
	}
}

// FuzzCRUSHNames reads what may be no CRUSH map.
func FuzzCRUSHNames(f *testing.F) {
	for _, crush := range crushMaps(f) {
		f.Add(crush)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &OSDMap{CRUSH: b}
		names, err := m.CRUSHNames()
		if err != nil {
			require.Empty(t, names)
		}
		_, err = m.MarshalJSON()
		require.NoError(t, err)
		require.Empty(t, DiffOSDMaps(m, &OSDMap{CRUSH: slices.Clone(b)}))
	})
}
