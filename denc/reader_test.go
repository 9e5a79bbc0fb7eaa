package denc_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// scalars has one field per method of Reader.
type scalars struct {
	U8   uint8
	U16  uint16
	U32  uint32
	U64  uint64
	I8   int8
	I16  int16
	I32  int32
	I64  int64
	B    bool
	F32  float32
	F64  float64
	S    string
	Blob []byte
	ID   uuid.UUID
	T    denc.UTime
}

func (v *scalars) DecodeFrom(r *denc.Reader) {
	v.U8, v.U16, v.U32, v.U64 = r.Uint8("u8"), r.Uint16("u16"), r.Uint32("u32"), r.Uint64("u64")
	v.I8, v.I16, v.I32, v.I64 = r.Int8("i8"), r.Int16("i16"), r.Int32("i32"), r.Int64("i64")
	v.B, v.F32, v.F64 = r.Bool("b"), r.Float32("f32"), r.Float64("f64")
	v.S, v.Blob, v.ID, v.T = r.String("s"), r.Blob("blob"), r.UUID("id"), r.UTime("t")
}

func (v scalars) AppendTo(b []byte) []byte {
	b = denc.AppendUint8(b, v.U8)
	b = denc.AppendUint16(b, v.U16)
	b = denc.AppendUint32(b, v.U32)
	b = denc.AppendUint64(b, v.U64)
	b = denc.AppendInt8(b, v.I8)
	b = denc.AppendInt16(b, v.I16)
	b = denc.AppendInt32(b, v.I32)
	b = denc.AppendInt64(b, v.I64)
	b = denc.AppendBool(b, v.B)
	b = denc.AppendFloat32(b, v.F32)
	b = denc.AppendFloat64(b, v.F64)
	b = denc.AppendString(b, v.S)
	b = denc.AppendBlob(b, v.Blob)
	b = denc.AppendUUID(b, v.ID)
	return denc.AppendUTime(b, v.T)
}

// The layouts follow from src/include/encoding.h: little-endian, natural width, no padding, u32 lengths.
var scalarTests = []struct {
	name, wire string
	want       scalars
}{
	{
		"ordinary values",
		"01" + "0201" + "04030201" + "0807060504030201" +
			"ff" + "feff" + "fdffffff" + "fcffffffffffffff" +
			"01" + "0000803f" + "000000000000f0bf" +
			"05000000 61646d696e" + "02000000 00ff" + "00112233445566778899aabbccddeeff" + "00f15365 40420f00",
		scalars{
			U8: 1, U16: 0x0102, U32: 0x01020304, U64: 0x0102030405060708,
			I8: -1, I16: -2, I32: -3, I64: -4,
			B: true, F32: 1, F64: -1,
			S: "admin", Blob: []byte{0, 0xff}, ID: uuid.MustParse("00112233-4455-6677-8899-aabbccddeeff"),
			T: denc.UTime{Sec: 1700000000, Nsec: 1000000},
		},
	},
	{
		"extremes",
		"ff" + "ffff" + "ffffffff" + "ffffffffffffffff" +
			"80" + "0080" + "00000080" + "0000000000000080" +
			"00" + "0000807f" + "000000000000f0ff" +
			"00000000" + "00000000" + "ffffffffffffffffffffffffffffffff" + "ffffffff ffffffff",
		scalars{
			U8: math.MaxUint8, U16: math.MaxUint16, U32: math.MaxUint32, U64: math.MaxUint64,
			I8: math.MinInt8, I16: math.MinInt16, I32: math.MinInt32, I64: math.MinInt64,
			F32: float32(math.Inf(1)), F64: math.Inf(-1),
			Blob: []byte{}, ID: uuid.Max, T: denc.UTime{Sec: math.MaxUint32, Nsec: math.MaxUint32},
		},
	},
}

func TestScalars(t *testing.T) {
	for _, tt := range scalarTests {
		t.Run(tt.name, func(t *testing.T) {
			wire := unhex(tt.wire)
			r := denc.NewReader(wire)
			var got scalars
			got.DecodeFrom(r)
			require.NoError(t, r.Done())
			require.Equal(t, tt.want, got)
			require.Equal(t, len(wire), r.Offset())
			require.Equal(t, wire, got.AppendTo(nil))
			require.Equal(t, append([]byte("before"), wire...), got.AppendTo([]byte("before")), "encoders append")
			requireEveryPrefixFails(t, wire, new(scalars).DecodeFrom)
		})
	}
}

func TestAnyByteButZeroIsTrue(t *testing.T) {
	for _, b := range []byte{1, 2, 0x80, 0xff} {
		require.True(t, denc.NewReader([]byte{b}).Bool("b"))
	}
	require.False(t, denc.NewReader([]byte{0}).Bool("b"))
	require.Equal(t, []byte{0, 1}, denc.AppendBool(denc.AppendBool(nil, false), true))
}

func TestFloatBitsSurvive(t *testing.T) {
	// A signalling NaN would become quiet in a conversion between widths.
	wire := unhex("0100a07f" + "010000000000f47f")
	r := denc.NewReader(wire)
	b := denc.AppendFloat32(nil, r.Float32("f32"))
	require.Equal(t, wire, denc.AppendFloat64(b, r.Float64("f64")))
}

func TestBlobAndBytesAliasTheInput(t *testing.T) {
	wire := unhex("02000000 0102 0304 05")
	r := denc.NewReader(wire)
	blob, raw, rest := r.Blob("blob"), r.Bytes(2, "raw"), r.Rest()
	require.NoError(t, r.Done())
	for i := range wire {
		wire[i] = 9
	}
	require.Equal(t, []byte{9, 9}, blob)
	require.Equal(t, []byte{9, 9}, raw)
	require.Equal(t, []byte{9}, rest)
	require.Equal(t, []byte{9, 9, 1}, append(blob, 1))
	require.Equal(t, []byte{9, 9, 9}, wire[4:7], "appending to a result must not write into the input")
}

func TestStringIsACopy(t *testing.T) {
	wire := unhex("02000000 6162")
	s := denc.NewReader(wire).String("s")
	clear(wire)
	require.Equal(t, "ab", s)
}

func TestErrors(t *testing.T) {
	tests := []struct {
		name string
		wire string
		read func(r *denc.Reader)
		is   error
		text string
	}{
		{"nothing there", "", func(r *denc.Reader) { r.Uint8("tag") }, denc.ErrShort,
			"denc: tag at byte 0: short input: needs 1 bytes, 0 left"},
		{"one byte missing", "0001020304", func(r *denc.Reader) { r.Bytes(2, "pad"); r.Uint32("epoch") }, denc.ErrShort,
			"denc: epoch at byte 2: short input: needs 4 bytes, 3 left"},
		{"a length beyond the input", "05000000 61", func(r *denc.Reader) { _ = r.String("name") }, denc.ErrShort,
			"denc: name at byte 4: short input: needs 5 bytes, 1 left"},
		{"the largest length", "ffffffff 61", func(r *denc.Reader) { r.Blob("key") }, denc.ErrShort,
			"denc: key at byte 4: short input: needs 4294967295 bytes, 1 left"},
		{"a negative number of raw bytes", "00", func(r *denc.Reader) { r.Bytes(-1, "pad") }, denc.ErrShort,
			"denc: pad at byte 0: short input: needs -1 bytes, 1 left"},
		{"a count beyond the input", "03000000 0000000000", func(r *denc.Reader) { r.Count(2, "ranks") }, denc.ErrShort,
			"denc: ranks at byte 4: short input: 3 elements of at least 2 bytes, 5 left"},
		{"what a decoder finds wrong", "07", func(r *denc.Reader) { r.Fail("rev", "%d is above %d", r.Uint8("rev"), 1) },
			denc.ErrMalformed, "denc: rev at byte 1: malformed: 7 is above 1"},
		{"bytes left", "0102", func(r *denc.Reader) { r.Uint8("tag") }, denc.ErrTrailing,
			"denc: trailing bytes: 1 after byte 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := denc.NewReader(unhex(tt.wire))
			tt.read(r)
			require.ErrorIs(t, r.Done(), tt.is)
			require.EqualError(t, r.Done(), tt.text)
		})
	}
}

func TestTheFirstErrorSticks(t *testing.T) {
	r := denc.NewReader(bytes.Repeat([]byte{0xff}, 64))
	require.Equal(t, uint8(0xff), r.Uint8("first"))
	r.Fail("second", "wrong")
	first := r.Err()
	require.EqualError(t, first, "denc: second at byte 1: malformed: wrong")

	var v scalars
	v.DecodeFrom(r)
	require.Equal(t, scalars{}, v, "after an error every read returns zero")
	require.Nil(t, r.Bytes(1, "bytes"))
	require.Nil(t, r.Rest())
	require.Zero(t, r.Count(1, "count"))
	s := r.Start("section", 255)
	require.Equal(t, denc.Section{}, s)
	r.Finish(s)
	r.Fail("third", "wrong too")

	require.Zero(t, r.Remaining())
	require.Equal(t, 1, r.Offset(), "the cursor stays")
	require.Equal(t, first, r.Err())
	require.Equal(t, first, r.Done())
}

func TestTheZeroReaderIsAnEmptyInput(t *testing.T) {
	var r denc.Reader
	require.NoError(t, r.Done())
	require.Empty(t, r.Rest())
	require.NoError(t, r.Err(), "nothing left is no error")
	r.Uint8("x")
	require.ErrorIs(t, r.Err(), denc.ErrShort)
}

func TestCount(t *testing.T) {
	tests := []struct {
		name, wire string
		minSize    int
		want       int
		short      bool
	}{
		{"none", "00000000", 8, 0, false},
		{"exactly as many as fit", "02000000 0000000000000000", 4, 2, false},
		{"one more than fits", "03000000 0000000000000000", 4, 0, true},
		{"elements without a least size count as a byte each", "02000000 00", 0, 0, true},
		{"the product passes 32 bits", "ffffffff 00", math.MaxInt32, 0, true},
		{"the count itself is short", "000000", 1, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := denc.NewReader(unhex(tt.wire))
			require.Equal(t, tt.want, r.Count(tt.minSize, "n"))
			if tt.short {
				require.ErrorIs(t, r.Err(), denc.ErrShort)
			} else {
				require.NoError(t, r.Err())
			}
		})
	}
}
