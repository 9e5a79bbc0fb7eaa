package msgr2

import (
	"bytes"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// layouts are write buffers with what is written between.
func layouts() map[string]struct {
	sizes []int // of the buffer's parts
	large []int // between them
} {
	return map[string]struct{ sizes, large []int }{
		"nothing large":            {sizes: []int{100}},
		"one":                      {sizes: []int{32, 13}, large: []int{apartSize}},
		"nothing between two":      {sizes: []int{32, 0, 13}, large: []int{apartSize, 5000}},
		"nothing behind":           {sizes: []int{32, 0}, large: []int{5000}},
		"just a chunk":             {sizes: []int{32, 13}, large: []int{writeChunk - 32 - 13}},
		"just a chunk in front":    {sizes: []int{32, 13}, large: []int{writeChunk - 32}},
		"one byte too much":        {sizes: []int{32, 13}, large: []int{writeChunk - 32 + 1}},
		"many chunks":              {sizes: []int{32, 113, 13}, large: []int{9*writeChunk + 7, 20_000}},
		"megabytes":                {sizes: []int{32, 113, 13}, large: []int{1<<20 + 5, 5000}},
		"more pieces than a call":  {sizes: slices.Repeat([]int{1}, 601), large: slices.Repeat([]int{100}, 600)},
		"more pieces than a chunk": {sizes: slices.Repeat([]int{50}, 41), large: slices.Repeat([]int{apartSize}, 40)},
	}
}

// layout fills a layout, and returns what is to be seen as well.
func layout(sizes, large []int) (buf []byte, between []apart, want []byte) {
	random := rand.NewChaCha8([32]byte{1})
	fresh := func(n int) []byte {
		p := make([]byte, n)
		_, _ = random.Read(p)
		return p
	}
	for i, n := range sizes {
		p := fresh(n)
		buf, want = append(buf, p...), append(want, p...)
		if i < len(large) {
			between = append(between, apart{len(buf), fresh(large[i])})
			want = append(want, between[i].p...)
		}
	}
	return buf, between, want
}

// recorded is a connection that keeps what it is given.
type recorded struct {
	net.Conn
	bytes.Buffer
	largest int
}

func (r *recorded) Read(p []byte) (int, error) { return r.Buffer.Read(p) }

func (r *recorded) Write(p []byte) (int, error) {
	r.largest = max(r.largest, len(p))
	return r.Buffer.Write(p)
}

func TestPiecesAreWrittenInTheirOrder(t *testing.T) {
	for name, l := range layouts() {
		t.Run(name, func(t *testing.T) {
			buf, between, want := layout(l.sizes, l.large)
			to := new(recorded)
			c := &progressConn{Conn: to, traffic: new(Traffic)}
			n, err := c.writeWith(buf, between)
			require.NoError(t, err)
			require.Equal(t, len(want), n)
			require.True(t, bytes.Equal(want, to.Bytes()))
			require.LessOrEqual(t, to.largest, writeChunk)
			require.Equal(t, uint64(len(want)), c.traffic.BytesOut.Load())
			if len(between) > 0 {
				require.Equal(t, uint64(len(want)), c.bytes.Load(), "it is something large")
			}
		})
	}
}

// sips is a connection that takes a little of what it is given at once, until it breaks.
type sips struct {
	recorded
	most, left int
}

func (s *sips) writeSome(pieces [][]byte) (total int, err error) {
	for _, p := range pieces {
		n := min(len(p), s.most-total, s.left)
		s.Buffer.Write(p[:n])
		total += n
		if s.left -= n; s.left == 0 {
			return total, errFull
		}
		if total == s.most {
			break
		}
	}
	return total, nil
}

func TestPiecesInSips(t *testing.T) {
	buf, between, want := layout([]int{32, 113, 13}, []int{5000, apartSize})
	for _, most := range []int{1, 31, 32, 33, 5031, 5032, 5033, 1 << 20} {
		for _, left := range []int{1, 32, 5040, len(want) - 1, len(want) + 1} {
			to := &sips{most: most, left: left}
			c := &progressConn{Conn: to, traffic: new(Traffic)}
			n, err := c.writeWith(buf, between)
			if left > len(want) {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, errFull)
			}
			require.Equal(t, min(left, len(want)), n)
			require.True(t, bytes.Equal(want[:n], to.Bytes()))
			require.Equal(t, uint64(n), c.bytes.Load(), "whatever has left is progress")
			require.Equal(t, uint64(n), c.traffic.BytesOut.Load())
		}
	}
	to := &sips{most: 1 << 20, left: 1 << 20}
	whole := bytes.Repeat([]byte("12345"), writeChunk/4)
	n, err := (&progressConn{Conn: to}).Write(whole)
	require.NoError(t, err)
	require.Equal(t, len(whole), n)
	require.True(t, bytes.Equal(whole, to.Bytes()))
}

func TestPiecesOfWhichTheNetworkTakesSome(t *testing.T) {
	buf, between, want := layout([]int{32, 113, 13}, []int{2*writeChunk + 7, 20_000})
	for _, room := range []int{0, 1, 32, 33, writeChunk - 1, writeChunk, writeChunk + 1, 2*writeChunk + 39, len(want) - 14, len(want) - 1} {
		c := &progressConn{Conn: &brokenWire{left: room}, traffic: new(Traffic)}
		n, err := c.writeWith(buf, between)
		require.ErrorIs(t, err, errFull)
		require.Equal(t, room, n)
		require.Equal(t, uint64(room), c.traffic.BytesOut.Load())
	}
}

// TestLargeSegmentsStayWhereTheyAre holds the frames that are written in pieces to be those that are written as one, and what
// is not to be copied not to be.
func TestLargeSegmentsStayWhereTheyAre(t *testing.T) {
	for _, rev1 := range []bool{true, false} {
		for _, sizes := range [][4]int{{41, 10, 0, apartSize}, {41, 2 * apartSize, 0, 0}, {41, 5000, 5000, 5000}, {41, 10, 5000, 1}, {41, 10, 0, apartSize - 1}} {
			var segs []segment
			var want int
			for i, n := range sizes {
				segs = append(segs, segment{bytes: bytes.Repeat([]byte{byte(i + 1)}, n)})
				if n >= apartSize {
					want++
				}
			}
			whole, err := (&crcFraming{rev1: rev1}).seal([]byte("before"), tagMessage, segs)
			require.NoError(t, err)
			var large []apart
			buf, err := (&crcFraming{rev1: rev1, apart: &large}).seal([]byte("before"), tagMessage, segs)
			require.NoError(t, err)
			require.Len(t, large, want)
			to := new(recorded)
			_, err = (&progressConn{Conn: to}).writeWith(buf, large)
			require.NoError(t, err)
			require.True(t, bytes.Equal(whole, to.Bytes()))
			if want > 0 {
				require.Less(t, len(buf), apartSize+200)
			}
		}
	}
}

func TestLargeBuffersComeBack(t *testing.T) {
	b := largeBuffer([]byte("what was there"), 1<<20)
	require.Equal(t, "what was there", string(b))
	require.GreaterOrEqual(t, cap(b)-len(b), 1<<20)
	giveBack(b[:100])
	again := largeBuffer([]byte("and now"), 1000)
	require.Equal(t, "and now", string(again))
	require.GreaterOrEqual(t, cap(again)-len(again), 1000)
	require.Same(t, &b[0], &largeBuffer(b[:3], 10)[0], "there is room")
}
