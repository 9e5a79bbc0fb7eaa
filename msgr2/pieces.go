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

// piecesWriter is a connection that writes several pieces at once.
type piecesWriter interface {
	writePieces(pieces [][]byte) (int, error)
}

// writeWith writes b with the segments between, writeChunk at a time, and returns how much of all that was written.
func (c *progressConn) writeWith(b []byte, between []apart) (total int, err error) {
	if len(between) == 0 {
		return c.Write(b)
	}
	var (
		pieces [][]byte
		size   int
	)
	add := func(p []byte) {
		for len(p) > 0 && err == nil {
			n := min(len(p), writeChunk-size)
			pieces, p = append(pieces, p[:n]), p[n:]
			if size += n; size == writeChunk {
				n, err = c.writeChunk(pieces)
				total += n
				pieces, size = pieces[:0], 0
			}
		}
	}
	done := 0
	for _, a := range between {
		add(b[done:a.at])
		add(a.p)
		done = a.at
	}
	add(b[done:])
	if err == nil && size > 0 {
		n, err := c.writeChunk(pieces)
		return total + n, err
	}
	return total, err
}

// writeChunk writes pieces that are not more than writeChunk together. They are part of something large.
func (c *progressConn) writeChunk(pieces [][]byte) (n int, err error) {
	if w, ok := c.Conn.(piecesWriter); ok && len(pieces) > 1 {
		n, err = w.writePieces(pieces)
	} else {
		chunk := pieces[0]
		if len(pieces) > 1 {
			chunk = slices.Concat(pieces...)
		}
		n, err = c.Conn.Write(chunk)
	}
	c.wrote(n, true)
	return n, err
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
