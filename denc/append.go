package denc

import (
	"encoding/binary"
	"math"

	"github.com/google/uuid"
)

// AppendUint8 appends a u8.
func AppendUint8(b []byte, v uint8) []byte { return append(b, v) }

// AppendUint16 appends a little-endian u16.
func AppendUint16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }

// AppendUint32 appends a little-endian u32.
func AppendUint32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }

// AppendUint64 appends a little-endian u64.
func AppendUint64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

// AppendInt8 appends an s8.
func AppendInt8(b []byte, v int8) []byte { return append(b, uint8(v)) }

// AppendInt16 appends a little-endian s16.
func AppendInt16(b []byte, v int16) []byte { return AppendUint16(b, uint16(v)) }

// AppendInt32 appends a little-endian s32.
func AppendInt32(b []byte, v int32) []byte { return AppendUint32(b, uint32(v)) }

// AppendInt64 appends a little-endian s64.
func AppendInt64(b []byte, v int64) []byte { return AppendUint64(b, uint64(v)) }

// AppendBool appends a u8 of 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendFloat32 appends a raw IEEE-754 number of 4 bytes.
func AppendFloat32(b []byte, v float32) []byte { return AppendUint32(b, math.Float32bits(v)) }

// AppendFloat64 appends a raw IEEE-754 number of 8 bytes.
func AppendFloat64(b []byte, v float64) []byte { return AppendUint64(b, math.Float64bits(v)) }

// AppendString appends a length-prefixed string.
func AppendString(b []byte, s string) []byte { return append(AppendUint32(b, uint32(len(s))), s...) }

// AppendBlob appends a length-prefixed byte string.
func AppendBlob(b, p []byte) []byte { return append(AppendUint32(b, uint32(len(p))), p...) }

// AppendUUID appends the 16 bytes of u in textual order.
func AppendUUID(b []byte, u uuid.UUID) []byte { return append(b, u[:]...) }

// AppendUTime appends a utime_t.
func AppendUTime(b []byte, t UTime) []byte { return AppendUint32(AppendUint32(b, t.Sec), t.Nsec) }

// AppendStart opens a versioned frame; mark goes to AppendFinish, which writes the length.
func AppendStart(b []byte, version, compat uint8) (out []byte, mark int) {
	b = append(b, version, compat, 0, 0, 0, 0)
	return b, len(b)
}

// AppendFinish closes the frame that AppendStart opened. Between the two, b may only be appended to.
func AppendFinish(b []byte, mark int) []byte {
	binary.LittleEndian.PutUint32(b[mark-4:], uint32(len(b)-mark))
	return b
}
