package denc_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// header has the scalars of a typical message header; it is what runs for every message.
type header struct {
	seq, tid            uint64
	typ, prio, version  uint16
	middle, data, epoch uint32
	src                 denc.PeerName
	stamp               denc.UTime
	more                bool
}

func (h *header) DecodeFrom(r *denc.Reader) {
	h.seq, h.tid = r.Uint64("seq"), r.Uint64("tid")
	h.typ, h.prio, h.version = r.Uint16("type"), r.Uint16("priority"), r.Uint16("version")
	h.middle, h.data, h.epoch = r.Uint32("middle"), r.Uint32("data"), r.Uint32("epoch")
	h.src.DecodeFrom(r)
	h.stamp = r.UTime("stamp")
	h.more = r.Bool("more")
}

func (h *header) AppendTo(b []byte) []byte {
	b = denc.AppendUint64(denc.AppendUint64(b, h.seq), h.tid)
	b = denc.AppendUint16(denc.AppendUint16(denc.AppendUint16(b, h.typ), h.prio), h.version)
	b = denc.AppendUint32(denc.AppendUint32(denc.AppendUint32(b, h.middle), h.data), h.epoch)
	return denc.AppendBool(h.stamp.AppendTo(h.src.AppendTo(b)), h.more)
}

var aHeader = header{
	seq: 1, tid: 2, typ: 3, prio: 4, version: 5, middle: 6, data: 7, epoch: 8,
	src: denc.PeerName{Type: denc.EntityMon, Num: 9}, stamp: denc.UTime{Sec: 10, Nsec: 11}, more: true,
}

func TestAllocations(t *testing.T) {
	wire := aHeader.AppendTo(nil)
	section := monInfo{"a", 7}.AppendTo(nil)
	blob := denc.AppendBlob(nil, make([]byte, 1000))
	one := addr(denc.AddrMsgr2, "[2001:db8::7]:3300", 1234)
	single, list := one.AppendTo(nil, every), denc.EntityAddrVec{one, one}.AppendTo(nil, every)
	buf := make([]byte, 0, 256)

	tests := []struct {
		name string
		want float64
		run  func()
	}{
		{"scalars", 0, func() {
			var h header
			r := denc.NewReader(wire)
			if h.DecodeFrom(r); r.Done() != nil || h != aHeader {
				panic("decoding failed")
			}
		}},
		{"a blob and the rest", 0, func() {
			r := denc.NewReader(blob)
			if len(r.Blob("blob")) != 1000 || len(r.Rest()) != 0 {
				panic("decoding failed")
			}
		}},
		{"a section: the path of names", 1, func() {
			r := denc.NewReader(section)
			s := r.Start("mon_info_t", 6)
			if r.Finish(s); r.Done() != nil {
				panic("decoding failed")
			}
		}},
		{"an address: the path of names", 1, func() {
			r := denc.NewReader(single)
			var a denc.EntityAddr
			if a.DecodeFrom(r); a != one {
				panic("decoding failed")
			}
		}},
		{"two addresses: the path of names and the slice", 2, func() {
			r := denc.NewReader(list)
			var v denc.EntityAddrVec
			if v.DecodeFrom(r); len(v) != 2 {
				panic("decoding failed")
			}
		}},
		{"appending", 0, func() { buf = monInfo{"a", 7}.AppendTo(aHeader.AppendTo(buf[:0])) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.LessOrEqual(t, testing.AllocsPerRun(100, tt.run), tt.want)
		})
	}
}

// totalAlloc returns the bytes that f allocates.
func totalAlloc(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestNothingIsAllocatedForWhatHasNotArrived(t *testing.T) {
	tests := []struct {
		name, wire string
		read       func(r *denc.Reader)
	}{
		{"a vector", "02 ffffffff", func(r *denc.Reader) { new(denc.EntityAddrVec).DecodeFrom(r) }},
		{"a string", "ffffffff 61", func(r *denc.Reader) { _ = r.String("s") }},
		{"a blob", "ffffffff 61", func(r *denc.Reader) { r.Blob("b") }},
		{"a frame", "0101 ffffffff", func(r *denc.Reader) { r.Start("s", 1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := denc.NewReader(unhex(tt.wire))
			require.Less(t, totalAlloc(func() { tt.read(r) }), uint64(16<<10))
			require.ErrorIs(t, r.Err(), denc.ErrShort)
		})
	}
}

func BenchmarkDecodeScalars(b *testing.B) {
	wire := aHeader.AppendTo(nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		var h header
		r := denc.NewReader(wire)
		if h.DecodeFrom(r); r.Err() != nil {
			b.Fatal(r.Err())
		}
	}
}

func BenchmarkDecodeAddrVec(b *testing.B) {
	wire := unhex(vecTests[0].wire)
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		var v denc.EntityAddrVec
		r := denc.NewReader(wire)
		if v.DecodeFrom(r); r.Err() != nil {
			b.Fatal(r.Err())
		}
	}
}

func BenchmarkAppendAddrVec(b *testing.B) {
	v := vecTests[0].want
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = v.AppendTo(buf[:0], every)
	}
}

func BenchmarkParseEntityAddrVec(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := denc.ParseEntityAddrVec("[v2:127.0.0.1:3300/0,v1:127.0.0.1:6789/0]", denc.AddrAny); err != nil {
			b.Fatal(err)
		}
	}
}
