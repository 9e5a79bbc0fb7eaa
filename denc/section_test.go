package denc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// monInfo is a monitor with two of its fields; it knows versions up to 6.
type monInfo struct {
	Name     string
	Priority uint16
}

func (m *monInfo) DecodeFrom(r *denc.Reader) {
	s := r.Start("mon_info_t", 6)
	m.Name = r.String("name")
	if s.Version >= 2 {
		m.Priority = r.Uint16("priority")
	}
	r.Finish(s)
}

func (m monInfo) AppendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 6, 1)
	b = denc.AppendString(b, m.Name)
	b = denc.AppendUint16(b, m.Priority)
	return denc.AppendFinish(b, mark)
}

func TestSection(t *testing.T) {
	tests := []struct {
		name, wire string
		want       monInfo
	}{
		{"the version known", "0601" + "07000000" + "01000000 61" + "0700", monInfo{"a", 7}},
		{"v1 has no priority", "0101" + "05000000" + "01000000 61", monInfo{Name: "a"}},
		{"a newer peer appended a field", "0701" + "09000000" + "01000000 61" + "0700" + "ffff", monInfo{"a", 7}},
		{"the newest version there is", "ff06" + "07000000" + "01000000 61" + "0700", monInfo{"a", 7}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wire := unhex(tt.wire)
			r := denc.NewReader(append(wire, 0xee))
			var got monInfo
			got.DecodeFrom(r)
			require.Equal(t, uint8(0xee), r.Uint8("after"), "what follows the section is read next")
			require.NoError(t, r.Done())
			require.Equal(t, tt.want, got)
			requireEveryPrefixFails(t, wire, new(monInfo).DecodeFrom)
		})
	}
}

func TestSectionErrors(t *testing.T) {
	tests := []struct {
		name, wire string
		is         error
		text       string
	}{
		{"made for newer decoders only", "0807" + "07000000" + "01000000 61" + "0700", denc.ErrCompat,
			"denc: mon_info_t at byte 6: incompatible version: needs a decoder of version 7, this is 6"},
		{"a length beyond the input", "0601" + "08000000" + "01000000 61" + "0700", denc.ErrShort,
			"denc: mon_info_t at byte 6: short input: needs 8 bytes, 7 left"},
		{"the largest length", "0601" + "ffffffff" + "01000000 61" + "0700", denc.ErrShort,
			"denc: mon_info_t at byte 6: short input: needs 4294967295 bytes, 7 left"},
		{"a field past the section though the input goes on", "0601" + "06000000" + "01000000 61" + "0700 ffffff", denc.ErrShort,
			"denc: mon_info_t.priority at byte 11: short input: needs 2 bytes, 1 left"},
		{"a string past the section though the input goes on", "0601" + "04000000" + "01000000 61" + "0700", denc.ErrShort,
			"denc: mon_info_t.name at byte 10: short input: needs 1 bytes, 0 left"},
		{"a header cut off", "060107", denc.ErrShort,
			"denc: mon_info_t at byte 2: short input: needs 4 bytes, 1 left"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := denc.NewReader(unhex(tt.wire))
			new(monInfo).DecodeFrom(r)
			require.ErrorIs(t, r.Err(), tt.is)
			require.EqualError(t, r.Err(), tt.text)
		})
	}
}

func TestNestedSections(t *testing.T) {
	// outer{ u32 epoch, inner{ name, priority, 1 unknown byte }, inner{ ... }, 2 unknown bytes } and one byte more.
	b, outer := denc.AppendStart(nil, 9, 6)
	b = denc.AppendUint32(b, 5)
	b, inner := denc.AppendStart(b, 7, 1)
	b = denc.AppendUint16(denc.AppendString(b, "a"), 1)
	b = denc.AppendFinish(denc.AppendUint8(b, 0xaa), inner)
	b = monInfo{"bb", 2}.AppendTo(b)
	b = denc.AppendFinish(append(b, 0xbb, 0xbb), outer)
	b = append(b, 0xcc)

	r := denc.NewReader(b)
	s := r.Start("MonMap", 9)
	require.Equal(t, uint8(9), s.Version)
	require.Equal(t, uint8(6), s.Compat)
	require.Equal(t, uint32(5), r.Uint32("epoch"))
	var m [2]monInfo
	m[0].DecodeFrom(r)
	m[1].DecodeFrom(r)
	require.Equal(t, [2]monInfo{{"a", 1}, {"bb", 2}}, m)
	require.Equal(t, 2, r.Remaining(), "Remaining is bounded by the section")
	require.ErrorIs(t, r.Done(), denc.ErrTrailing)
	require.Equal(t, []byte{0xbb, 0xbb}, r.Rest(), "so is Rest")
	r.Finish(s)
	require.Equal(t, uint8(0xcc), r.Uint8("after"))
	require.NoError(t, r.Done())
}

func TestErrorsNameThePathOfSections(t *testing.T) {
	read := func(b []byte) error {
		r := denc.NewReader(b)
		s := r.Start("MonMap", 9)
		r.Bytes(20, "fsid_epoch")
		for range r.Count(10, "mon_info") {
			new(monInfo).DecodeFrom(r)
		}
		r.Finish(s)
		r.Uint8("end")
		return r.Err()
	}
	encode := func(second []byte) []byte {
		b, mark := denc.AppendStart(nil, 9, 6)
		b = append(b, make([]byte, 20)...)
		b = monInfo{"a", 7}.AppendTo(denc.AppendUint32(b, 2))
		return denc.AppendFinish(append(b, second...), mark)
	}
	tests := []struct {
		name, second, want string
	}{
		{"a field of the second element", "0601 06000000 01000000 62 07",
			"denc: MonMap.mon_info_t.priority at byte 54: short input: needs 2 bytes, 1 left"},
		{"the frame of the second element", "0601 08000000 01000000 62 0700",
			"denc: MonMap.mon_info_t at byte 49: short input: needs 8 bytes, 7 left"},
		{"after both sections have ended", "0601 07000000 01000000 62 0700",
			"denc: end at byte 56: short input: needs 1 bytes, 0 left"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.EqualError(t, read(encode(unhex(tt.second))), tt.want)
		})
	}
}

func TestAnInnerSectionCannotLeaveItsOuter(t *testing.T) {
	// The inner frame claims 3 bytes; the outer one has 1 left, the input 3.
	r := denc.NewReader(unhex("0101 07000000" + "0101 03000000 00" + "0000"))
	outer := r.Start("outer", 1)
	inner := r.Start("inner", 1)
	require.EqualError(t, r.Err(), "denc: outer.inner at byte 12: short input: needs 3 bytes, 1 left")
	r.Finish(inner)
	r.Finish(outer)
	require.Equal(t, 12, r.Offset())
}

func TestAppendFinishPatchesItsOwnLength(t *testing.T) {
	b, mark := denc.AppendStart([]byte{0xee, 0xee}, 3, 2)
	b = denc.AppendFinish(denc.AppendString(b, "abc"), mark)
	require.Equal(t, unhex("eeee 0302 07000000 03000000 616263"), b)

	b, mark = denc.AppendStart(nil, 1, 1)
	require.Equal(t, unhex("0101 00000000"), denc.AppendFinish(b, mark))
}
