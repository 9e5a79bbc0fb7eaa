package denc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func FuzzEntityAddr(f *testing.F) {
	for _, tt := range addrTests {
		f.Add(unhex(tt.wire))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := denc.NewReader(b)
		var a denc.EntityAddr
		if a.DecodeFrom(r); r.Err() != nil {
			require.Zero(t, a)
			return
		}
		again := denc.NewReader(a.AppendTo(nil, every))
		var got denc.EntityAddr
		got.DecodeFrom(again)
		require.NoError(t, again.Done())
		require.Equal(t, a, got)
		require.Zero(t, a.Compare(got))
		_ = a.String()
	})
}

func FuzzEntityAddrVec(f *testing.F) {
	for _, tt := range vecTests {
		f.Add(unhex(tt.wire))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := denc.NewReader(b)
		var v denc.EntityAddrVec
		if v.DecodeFrom(r); r.Err() != nil {
			require.Nil(t, v)
			return
		}
		again := denc.NewReader(v.AppendTo(nil, every))
		var got denc.EntityAddrVec
		got.DecodeFrom(again)
		require.NoError(t, again.Done())
		require.Equal(t, v, got)
		require.Zero(t, v.Compare(got))
		_ = v.String()
	})
}

func FuzzParseEntityAddr(f *testing.F) {
	for _, tt := range addrTextTests {
		f.Add(tt.in)
	}
	for _, tt := range addrTextErrors {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := denc.ParseEntityAddr(s, denc.AddrMsgr2)
		if err != nil {
			require.Zero(t, a)
			return
		}
		got, err := denc.ParseEntityAddr(a.String(), denc.AddrAny)
		require.NoError(t, err)
		require.Equal(t, a, got)
		require.Equal(t, a.String(), got.String())
	})
}

func FuzzParseEntityAddrVec(f *testing.F) {
	for _, tt := range vecTextTests {
		f.Add(tt.in)
	}
	for _, tt := range vecTextErrors {
		f.Add(tt.in)
	}
	for _, tt := range addrTextTests {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := denc.ParseEntityAddrVec(s, denc.AddrMsgr2)
		if err != nil {
			require.Nil(t, v)
			return
		}
		require.NotEmpty(t, v)
		got, err := denc.ParseEntityAddrVec(v.String(), denc.AddrAny)
		require.NoError(t, err)
		require.Equal(t, v, got)
	})
}

func FuzzParseEntityName(f *testing.F) {
	for _, s := range []string{"client.admin", "mon.", "osd.0", "client.rgw.a.b", "admin", ".x", "any.x", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := denc.ParseEntityName(s)
		if err != nil {
			require.True(t, n.IsZero())
			return
		}
		require.Equal(t, s, n.String())
		r := denc.NewReader(n.AppendTo(nil))
		var got denc.EntityName
		got.DecodeFrom(r)
		require.NoError(t, r.Done())
		require.Equal(t, n, got)
	})
}

// FuzzReader runs programs of reads, one byte of ops each, and checks what must hold after every step of any program.
func FuzzReader(f *testing.F) {
	for _, tt := range scalarTests {
		f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, unhex(tt.wire))
	}
	f.Add([]byte{11, 7, 1, 12}, unhex("0601 07000000 01000000 61 0700"))
	f.Add([]byte{11, 11, 0, 12, 12, 0}, unhex("0101 07000000 0101 03000000 00 0000"))
	f.Add([]byte{13, 14}, unhex("02000000 0102 03"))
	f.Fuzz(func(t *testing.T, ops, b []byte) {
		r := denc.NewReader(b)
		var open []denc.Section
		for _, op := range ops {
			before, left, failed := r.Offset(), r.Remaining(), r.Err()
			got := 0 // bytes handed out
			switch op % 16 {
			case 0:
				r.Uint8("u8")
			case 1:
				r.Uint16("u16")
			case 2:
				r.Uint32("u32")
			case 3:
				r.Uint64("u64")
			case 4:
				r.Bool("bool")
			case 5:
				r.Float32("f32")
			case 6:
				r.Float64("f64")
			case 7:
				got = len(r.String("string"))
			case 8:
				got = len(r.Blob("blob"))
			case 9:
				r.UUID("uuid")
			case 10:
				r.UTime("utime")
			case 11:
				open = append(open, r.Start("section", op))
			case 12:
				if len(open) > 0 {
					r.Finish(open[len(open)-1])
					open = open[:len(open)-1]
				}
				left = len(b) // the outer section may have more
			case 13:
				n := r.Count(int(op>>4), "count")
				require.LessOrEqual(t, n*max(int(op>>4), 1), r.Remaining())
			case 14:
				got = len(r.Bytes(int(int8(op)), "bytes"))
			case 15:
				got = len(r.Rest())
			}
			require.GreaterOrEqual(t, r.Offset(), before, "the cursor never goes back")
			require.LessOrEqual(t, r.Offset()+r.Remaining(), len(b))
			require.LessOrEqual(t, got, left)
			if r.Err() == nil {
				require.LessOrEqual(t, r.Offset()-before, left, "nothing is read beyond the section")
			} else {
				require.Zero(t, r.Remaining())
			}
			if failed != nil {
				require.Equal(t, failed, r.Err())
				require.Equal(t, before, r.Offset())
			}
		}
	})
}
