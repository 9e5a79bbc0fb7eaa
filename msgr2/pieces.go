package msgr2

import (
	"slices"
	"sync"
)

// apartSize is the size from which on a segment is written from where it is, instead of being copied into the write buffer.
const apartSize = 4 << 10

// apart is a segment that is not in the write buffer: it is to be written before what is there at some place.
type apart struct {
	at int
	p  []byte
}

// largeWriter is a connection that takes large things as they are.
type largeWriter interface {
	// writeSome waits until the network takes something of the pieces, none of which is empty, and returns how much it was.
	writeSome(pieces [][]byte) (int, error)
}

// writeWith writes b with the segments between, and returns how much of all that was written.
func (c *progressConn) writeWith(b []byte, between []apart) (int, error) {
	if len(between) == 0 {
		return c.Write(b)
	}
	pieces := make([][]byte, 0, 2*len(between)+1)
	add := func(p []byte) {
		if len(p) > 0 {
			pieces = append(pieces, p)
		}
	}
	done := 0
	for _, a := range between {
		add(b[done:a.at])
		add(a.p)
		done = a.at
	}
	add(b[done:])
	return c.writePieces(pieces)
}

// writePieces writes pieces that are something large together, as far as the network takes them.
func (c *progressConn) writePieces(pieces [][]byte) (total int, err error) {
	to, some := c.Conn.(largeWriter)
	for len(pieces) > 0 && err == nil {
		var n int
		if some {
			n, err = to.writeSome(pieces)
		} else {
			n, err = c.Conn.Write(chunkOf(pieces))
		}
		c.wrote(n, true)
		total += n
		pieces = after(pieces, n)
	}
	return total, err
}

// chunkOf returns the first writeChunk bytes of pieces, or all that there are.
func chunkOf(pieces [][]byte) []byte {
	if len(pieces) == 1 || len(pieces[0]) >= writeChunk {
		return pieces[0][:min(len(pieces[0]), writeChunk)]
	}
	var chunk []byte
	for _, p := range pieces {
		chunk = append(chunk, p[:min(len(p), writeChunk-len(chunk))]...)
	}
	return chunk
}

// after returns what is left of pieces when so many bytes of them have gone.
func after(pieces [][]byte, n int) [][]byte {
	for len(pieces) > 0 && n >= len(pieces[0]) {
		n -= len(pieces[0])
		pieces = pieces[1:]
	}
	if n > 0 {
		pieces[0] = pieces[0][n:]
	}
	return pieces
}

// frameOverhead is more than what a frame of a message has besides its segments.
const frameOverhead = 512

// largeBuffers are write buffers of connections that had to encrypt something large, for the next ones. What they hold was
// sealed.
var largeBuffers sync.Pool

// largeBuffer returns b with room for n more bytes.
func largeBuffer(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	if large, ok := largeBuffers.Get().(*[]byte); ok && cap(*large) >= len(b)+n {
		return append((*large)[:0], b...)
	}
	return slices.Grow(b, n)
}

// giveBack keeps a large buffer that is of no use any more.
func giveBack(b []byte) { largeBuffers.Put(&b) }
