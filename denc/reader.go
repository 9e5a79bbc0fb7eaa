package denc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
)

// Errors of decoding, for errors.Is. The error that a Reader reports wraps one of them and names the field and its
// offset.
var (
	// ErrShort says that the input ends, or a structure's frame ends, before the field does.
	ErrShort = errors.New("short input")
	// ErrCompat says that a structure needs a decoder newer than this one.
	ErrCompat = errors.New("incompatible version")
	// ErrMalformed says that the bytes are there but cannot be what they should be.
	ErrMalformed = errors.New("malformed")
	// ErrTrailing says that bytes are left where the input should have ended.
	ErrTrailing = errors.New("trailing bytes")
)

// Reader is a cursor over encoded bytes. The first error sticks: later reads return zero values and the cursor stays.
// It is not safe for concurrent use. The zero Reader is an empty input.
type Reader struct {
	buf  []byte
	off  int
	end  int // the end of the innermost open section, or of the input
	err  error
	path []string // names of the open sections, for errors only
}

// NewReader returns a cursor at the start of b. It reads from b and does not keep it beyond its own life, but what
// Blob, Bytes and Rest return aliases b.
func NewReader(b []byte) *Reader { return &Reader{buf: b, end: len(b)} }

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Done returns the first error, or one that wraps ErrTrailing when bytes are left unread.
func (r *Reader) Done() error {
	if r.err == nil && r.off < r.end {
		return fmt.Errorf("denc: %w: %d after byte %d", ErrTrailing, r.end-r.off, r.off)
	}
	return r.err
}

// Remaining returns the number of bytes left in the innermost open section, 0 after an error.
func (r *Reader) Remaining() int {
	if r.err != nil {
		return 0
	}
	return r.end - r.off
}

// Offset returns the position of the cursor in the input.
func (r *Reader) Offset() int { return r.off }

// Fail makes the Reader fail at the named field with an error that wraps ErrMalformed, unless it has failed before.
func (r *Reader) Fail(field, format string, args ...any) {
	r.fail(field, ErrMalformed, fmt.Sprintf(format, args...))
}

// fail is the cold half of every check.
//
//go:noinline
func (r *Reader) fail(field string, kind error, detail string) {
	if r.err != nil {
		return
	}
	if len(r.path) > 0 {
		field = strings.Join(r.path, ".") + "." + field
	}
	r.err = fmt.Errorf("denc: %s at byte %d: %w: %s", field, r.off, kind, detail)
}

//go:noinline
func (r *Reader) failShort(field string, n int) {
	r.fail(field, ErrShort, fmt.Sprintf("needs %d bytes, %d left", n, r.end-r.off))
}

// take returns the next n bytes, or nil when they are not there.
func (r *Reader) take(n int, field string) []byte {
	if r.err != nil {
		return nil
	}
	if n > r.end-r.off || n < 0 {
		r.failShort(field, n)
		return nil
	}
	b := r.buf[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// Uint8 reads a u8.
func (r *Reader) Uint8(field string) uint8 {
	if b := r.take(1, field); b != nil {
		return b[0]
	}
	return 0
}

// Uint16 reads a little-endian u16.
func (r *Reader) Uint16(field string) uint16 {
	if b := r.take(2, field); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads a little-endian u32.
func (r *Reader) Uint32(field string) uint32 {
	if b := r.take(4, field); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads a little-endian u64.
func (r *Reader) Uint64(field string) uint64 {
	if b := r.take(8, field); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Int8 reads an s8.
func (r *Reader) Int8(field string) int8 { return int8(r.Uint8(field)) }

// Int16 reads a little-endian s16.
func (r *Reader) Int16(field string) int16 { return int16(r.Uint16(field)) }

// Int32 reads a little-endian s32.
func (r *Reader) Int32(field string) int32 { return int32(r.Uint32(field)) }

// Int64 reads a little-endian s64.
func (r *Reader) Int64(field string) int64 { return int64(r.Uint64(field)) }

// Bool reads a u8; every value but 0 is true.
func (r *Reader) Bool(field string) bool { return r.Uint8(field) != 0 }

// Float32 reads a raw IEEE-754 number of 4 bytes.
func (r *Reader) Float32(field string) float32 { return math.Float32frombits(r.Uint32(field)) }

// Float64 reads a raw IEEE-754 number of 8 bytes.
func (r *Reader) Float64(field string) float64 { return math.Float64frombits(r.Uint64(field)) }

// Bytes reads n raw bytes. The result aliases the input.
func (r *Reader) Bytes(n int, field string) []byte { return r.take(n, field) }

// Rest reads everything up to the end of the section. The result aliases the input.
func (r *Reader) Rest() []byte { return r.take(r.Remaining(), "rest") }

// Blob reads a length-prefixed byte string (a bufferlist). The result aliases the input.
func (r *Reader) Blob(field string) []byte {
	n := r.Uint32(field)
	if uint64(n) > uint64(r.Remaining()) {
		r.failShort(field, int(n))
		return nil
	}
	return r.take(int(n), field)
}

// String reads a length-prefixed string, a copy of the input.
func (r *Reader) String(field string) string { return string(r.Blob(field)) }

// Count reads the u32 element count of a container whose elements take at least minSize bytes each, and fails when
// that many cannot be there. So the result may size an allocation.
func (r *Reader) Count(minSize int, field string) int {
	n := r.Uint32(field)
	if uint64(n)*uint64(max(minSize, 1)) > uint64(r.Remaining()) {
		r.fail(field, ErrShort, fmt.Sprintf("%d elements of at least %d bytes, %d left", n, minSize, r.Remaining()))
		return 0
	}
	return int(n)
}

// UUID reads 16 raw bytes in textual order (src/include/uuid.h).
func (r *Reader) UUID(field string) uuid.UUID {
	var u uuid.UUID
	copy(u[:], r.take(len(u), field))
	return u
}

// UTime reads a utime_t.
func (r *Reader) UTime(field string) UTime {
	sec := r.Uint32(field)
	return UTime{Sec: sec, Nsec: r.Uint32(field)}
}

// Section is an open versioned frame (ENCODE_START in src/include/encoding.h): u8 version, u8 compat, u32 length.
type Section struct {
	// Version is the version of the encoder; fields added in version n are there iff Version >= n.
	Version uint8
	// Compat is the oldest decoder version that can read it.
	Compat uint8

	outer int // the enclosing end
	ok    bool
}

// Start opens the frame of the named structure. newest is the newest version that the caller knows: a frame whose
// compat is above it fails; one whose version is above it does not, and Finish skips what the caller did not know.
// Until Finish, Remaining and all reads are bounded by the frame.
func (r *Reader) Start(name string, newest uint8) Section {
	v, compat := r.Uint8(name), r.Uint8(name)
	n := r.Uint32(name)
	if r.err != nil {
		return Section{}
	}
	if compat > newest {
		r.fail(name, ErrCompat, fmt.Sprintf("needs a decoder of version %d, this is %d", compat, newest))
		return Section{}
	}
	if uint64(n) > uint64(r.end-r.off) {
		r.failShort(name, int(n))
		return Section{}
	}
	s := Section{Version: v, Compat: compat, outer: r.end, ok: true}
	r.end = r.off + int(n)
	r.path = append(r.path, name)
	return s
}

// Finish closes the frame that Start opened, skipping what is left in it. Frames close in reverse order.
func (r *Reader) Finish(s Section) {
	if !s.ok || r.err != nil {
		return
	}
	r.off = r.end
	r.end = s.outer
	r.path = r.path[:len(r.path)-1]
}
