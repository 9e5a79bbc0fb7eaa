package msgr2

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// loopReader reads the same bytes for ever, without allocating.
type loopReader struct {
	b   []byte
	off int
}

func (r *loopReader) Read(p []byte) (int, error) {
	n := copy(p, r.b[r.off:])
	if r.off += n; r.off == len(r.b) {
		r.off = 0
	}
	return n, nil
}

// framings returns both directions of every revision and mode, by name.
func framings(t testing.TB) map[string]func() (sealer, opener) {
	t.Helper()
	all := make(map[string]func() (sealer, opener))
	for _, rev1 := range []bool{true, false} {
		rev := map[bool]string{true: "rev1", false: "rev0"}[rev1]
		all["crc/"+rev] = func() (sealer, opener) { return &crcFraming{rev1: rev1}, &crcFraming{rev1: rev1} }
		all["secure/"+rev] = func() (sealer, opener) {
			secret := bytes.Repeat([]byte{7}, 64)
			seal, _, err := newSecureFraming(secret, rev1, true)
			require.NoError(t, err)
			_, open, err := newSecureFraming(secret, rev1, false)
			require.NoError(t, err)
			return seal, open
		}
	}
	return all
}

// messageSegments returns a message as a command has it: header, front, and data of the given size.
func messageSegments(data int) []segment {
	o := &outgoing{m: &Message{Type: 50, Version: 1, Compat: 1}, seq: 1}
	return []segment{{encoder: o}, {bytes: bytes.Repeat([]byte{1}, 150)}, {}, {bytes: bytes.Repeat([]byte{2}, data)}}
}

func TestFramesOfAllShapesComeBack(t *testing.T) {
	for name, directions := range framings(t) {
		t.Run(name, func(t *testing.T) {
			seal, open := directions()
			var wire bytes.Buffer
			var want [][]int
			for _, lens := range [][]int{{0}, {1}, {47}, {48}, {49}, {64}, {5000}, {41, 1}, {41, 16, 0, 1}, {41, 0, 0, 4097}, {41, 17, 31, 33}, {100, 5, 5, 5}} {
				segs := filled(lens)
				b, err := seal.seal(nil, tagMessage, segs)
				require.NoError(t, err)
				wire.Write(b)
				want = append(want, lens)
			}
			var f frame
			for _, lens := range want {
				require.NoError(t, open.open(&wire, &f, 1<<20))
				require.Equal(t, len(lens), f.n)
				for i, n := range lens {
					require.Equal(t, bytes.Repeat([]byte{byte(i + 1)}, n), append([]byte{}, f.segs[i]...), "segment %d of %v", i, lens)
				}
			}
			require.Zero(t, wire.Len())
		})
	}
}

func filled(lens []int) []segment {
	segs := make([]segment, len(lens))
	for i, n := range lens {
		segs[i].bytes = bytes.Repeat([]byte{byte(i + 1)}, n)
	}
	return segs
}

// TestFrameSizes holds the layout against the sizes that src/msg/async/frames_v2.cc gives frames.
func TestFrameSizes(t *testing.T) {
	tests := []struct {
		name string
		lens []int
		want int
	}{
		{"crc/rev1", []int{9}, 32 + 9 + 4},
		{"crc/rev1", []int{0}, 32},
		{"crc/rev1", []int{41, 10, 0, 5}, 32 + 41 + 4 + 10 + 5 + 13},
		{"crc/rev0", []int{9}, 32 + 9 + 17},
		{"crc/rev0", []int{41, 10, 0, 5}, 32 + 41 + 10 + 5 + 17},
		{"secure/rev1", []int{48}, 96},
		{"secure/rev1", []int{49}, 96 + 16 + 16},
		{"secure/rev1", []int{41, 10, 0, 17}, 96 + 16 + 32 + 16 + 16},
		{"secure/rev0", []int{9}, 32 + 16 + 16 + 16},
		{"secure/rev0", []int{41, 10, 0, 17}, 32 + 48 + 16 + 32 + 16 + 16},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.name, tt.lens), func(t *testing.T) {
			seal, _ := framings(t)[tt.name]()
			b, err := seal.seal(nil, tagMessage, filled(tt.lens))
			require.NoError(t, err)
			require.Len(t, b, tt.want)
		})
	}
}

func TestNoncesRunOutInsteadOfRepeating(t *testing.T) {
	for _, rev1 := range []bool{true, false} {
		seal, _, err := newSecureFraming(bytes.Repeat([]byte{7}, 64), rev1, true)
		require.NoError(t, err)
		_, err = seal.seal(nil, tagAck, []segment{{bytes: []byte("x")}})
		require.NoError(t, err)
		seal.nonces.next = seal.nonces.initial // as after 2^64, or 2^32, frames
		_, err = seal.seal(nil, tagAck, []segment{{bytes: []byte("x")}})
		require.ErrorIs(t, err, errNoncesUsedUp)
	}
}

func TestAbortedFramesAreSkipped(t *testing.T) {
	seal, open := &crcFraming{rev1: true}, &crcFraming{rev1: true}
	b, err := seal.seal(nil, tagMessage, filled([]int{41, 3}))
	require.NoError(t, err)
	b[len(b)-epilogueCRC1Len] = lateStatusAborted
	b, err = seal.seal(b, tagMessage, filled([]int{41, 4}))
	require.NoError(t, err)
	var f frame
	require.NoError(t, open.open(bytes.NewReader(b), &f, 1<<20))
	require.Len(t, f.segs[1], 4)
}

// TestFramesCostNoAllocation: in steady state, encoding and decoding work in the buffers that are there.
func TestFramesCostNoAllocation(t *testing.T) {
	for name, directions := range framings(t) {
		t.Run(name, func(t *testing.T) {
			segs := messageSegments(1000)
			var buf []byte
			seal, _ := directions()
			n := testing.AllocsPerRun(100, func() { buf, _ = seal.seal(buf[:0], tagMessage, segs) })
			require.Zero(t, n, "encoding")

			seal, open := directions()
			wire := bytes.NewBuffer(nil)
			for range 110 {
				b, err := seal.seal(nil, tagMessage, segs)
				require.NoError(t, err)
				wire.Write(b)
			}
			var f frame
			require.NoError(t, open.open(wire, &f, 1<<20)) // which makes the buffers
			n = testing.AllocsPerRun(100, func() {
				if err := open.open(wire, &f, 1<<20); err != nil {
					panic(err)
				}
			})
			require.Zero(t, n, "decoding")
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	for name, directions := range framings(b) {
		for _, size := range []int{0, 4 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				seal, _ := directions()
				segs := messageSegments(size)
				buf, err := seal.seal(nil, tagMessage, segs)
				require.NoError(b, err)
				b.SetBytes(int64(len(buf)))
				b.ReportAllocs()
				for b.Loop() {
					if buf, err = seal.seal(buf[:0], tagMessage, segs); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for name, directions := range framings(b) {
		for _, size := range []int{0, 4 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				seal, open := directions()
				wire, err := seal.seal(nil, tagMessage, messageSegments(size))
				require.NoError(b, err)
				r := &loopReader{b: wire}
				var f frame
				b.SetBytes(int64(len(wire)))
				b.ReportAllocs()
				for b.Loop() {
					if s, is := open.(*secureFraming); is {
						s.nonces.next = s.nonces.initial // the same frame again
					}
					if err := open.open(r, &f, 8<<20); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
