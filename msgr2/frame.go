package msgr2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// Layout of the preamble (preamble_block_t in src/msg/async/frames_v2.h): u8 tag, u8 segments, four times (u32 length,
// u16 alignment), u8 flags, u8 reserved, u32 crc.
const (
	preambleLen    = 32
	preambleCRCOff = preambleLen - 4
	maxSegments    = 4
	dataSegment    = 3
	controlAlign   = 8
	dataAlign      = 4096
)

// Sizes of what follows the segments (epilogue_*_block_t).
const (
	crcLen             = 4
	epilogueCRC1Len    = 1 + 3*crcLen
	epilogueCRC0Len    = 1 + 4*crcLen
	epilogueSecureLen  = 16
	lateStatusMask     = 0x0f
	lateStatusComplete = 0x0e
	lateStatusAborted  = 0x01
	lateFlagAborted    = 0x01 // revision 0
)

// maxFirstSegment bounds the payload of control frames and the header of messages, which is the first segment.
const maxFirstSegment = 64 << 10

// growStep bounds what is allocated for bytes that a peer has only announced; above it a buffer grows as they arrive.
const growStep = 4 << 20

// segment is one segment to send: bytes, or something that appends them, so that a message is encoded straight into
// the write buffer.
type segment struct {
	bytes   []byte
	encoder interface{ appendTo(b []byte) []byte }
}

func (s segment) appendTo(b []byte) []byte {
	if s.encoder != nil {
		return s.encoder.appendTo(b)
	}
	return append(b, s.bytes...)
}

// frame is a received frame. Its segments alias seg0 and body.
type frame struct {
	tag  tag
	n    int // segments
	segs [maxSegments][]byte

	// seg0 and body are the memory that the segments lie in. open uses what is there when it suffices, so a caller
	// that keeps the segments takes body away (nil) before the next open.
	seg0 []byte
	body []byte
}

// payload returns the only segment of a control frame.
func (f *frame) payload() ([]byte, error) {
	if f.n != 1 {
		return nil, frameErrorf("%v with %d segments", f.tag, f.n)
	}
	return f.segs[0], nil
}

// sealer encodes the frames of one direction. It is not safe for concurrent use: the goroutine that owns the direction
// owns it.
type sealer interface {
	// seal appends the frame to dst. Empty segments at the end are not sent, but for the first.
	seal(dst []byte, t tag, segs []segment) ([]byte, error)
}

// opener decodes the frames of the other direction, on the same terms. limit bounds the sum of a frame's segments.
type opener interface {
	open(r io.Reader, f *frame, limit int) error
}

// appendPreamble appends room for a preamble; fillPreamble fills it when the lengths are known.
func appendPreamble(dst []byte) []byte { return appendZeros(dst, preambleLen) }

func fillPreamble(p []byte, t tag, lens []int) {
	clear(p)
	p[0], p[1] = byte(t), byte(len(lens))
	for i, n := range lens {
		align := uint16(controlAlign)
		if i == dataSegment {
			align = dataAlign
		}
		binary.LittleEndian.PutUint32(p[2+6*i:], uint32(n))
		binary.LittleEndian.PutUint16(p[2+6*i+4:], align)
	}
	binary.LittleEndian.PutUint32(p[preambleCRCOff:], denc.CRC32C(0, p[:preambleCRCOff]))
}

// preamble is a checked preamble.
type preamble struct {
	tag  tag
	n    int
	lens [maxSegments]int
}

// parsePreamble checks everything about a preamble that can be checked without the segments.
func parsePreamble(p []byte, limit int) (pre preamble, err error) {
	if got, want := binary.LittleEndian.Uint32(p[preambleCRCOff:]), denc.CRC32C(0, p[:preambleCRCOff]); got != want {
		return pre, frameErrorf("preamble crc 0x%08x, computed 0x%08x", got, want)
	}
	pre.tag, pre.n = tag(p[0]), int(p[1])
	if pre.tag < tagHello || pre.tag > tagCompressionDone {
		return pre, frameErrorf("unknown frame tag %d", p[0])
	}
	if pre.n < 1 || pre.n > maxSegments || (pre.tag != tagMessage && pre.n != 1) {
		return pre, frameErrorf("%v with %d segments", pre.tag, pre.n)
	}
	if flags := p[26]; flags != 0 {
		// Bit 0 is compression, which peers never use towards a client and which was not agreed on.
		return pre, frameErrorf("%v with preamble flags 0x%x", pre.tag, flags)
	}
	total := uint64(0)
	for i := range maxSegments {
		n := binary.LittleEndian.Uint32(p[2+6*i:])
		if i >= pre.n && n != 0 {
			return pre, frameErrorf("%v: length of the absent segment %d is %d", pre.tag, i, n)
		}
		if total += uint64(n); total > uint64(limit) {
			return pre, fmt.Errorf("%w: %v of at least %d bytes, the limit is %d", ErrTooLarge, pre.tag, total, limit)
		}
		pre.lens[i] = int(n)
	}
	if pre.lens[0] > maxFirstSegment {
		return pre, fmt.Errorf("%w: %v with a first segment of %d bytes, the limit is %d", ErrTooLarge, pre.tag, pre.lens[0], maxFirstSegment)
	}
	if pre.n > 1 && pre.lens[pre.n-1] == 0 {
		return pre, frameErrorf("%v: the last of %d segments is empty", pre.tag, pre.n)
	}
	return pre, nil
}

// padded returns n rounded up to the block size of the secure mode.
func padded(n int) int { return (n + gcmBlock - 1) &^ (gcmBlock - 1) }

// appendZeros appends up to inlineLen zero bytes.
func appendZeros(dst []byte, n int) []byte {
	var zeros [inlineLen]byte
	return append(dst, zeros[:n]...)
}

// readInto reads n bytes into buf, after what it holds. It allocates at most growStep ahead of what has arrived.
func readInto(r io.Reader, buf []byte, n int) ([]byte, error) {
	for n > 0 {
		step := n
		if free := cap(buf) - len(buf); free < n {
			step = min(n, max(growStep, len(buf)))
			if step >= roomyFrom {
				makeRoom()
			}
			buf = slices.Grow(buf, step)
		}
		start := len(buf)
		buf = buf[:start+step]
		if _, err := io.ReadFull(r, buf[start:]); err != nil {
			return nil, unexpected(err)
		}
		n -= step
	}
	return buf, nil
}

// unexpected turns the end of the stream inside a frame into io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// checkLateStatus checks the late status of revision 1.
func checkLateStatus(t tag, status byte) (aborted bool, err error) {
	switch status & lateStatusMask {
	case lateStatusComplete:
		return false, nil
	case lateStatusAborted:
		return true, nil
	}
	return false, frameErrorf("%v: late status 0x%x", t, status)
}
