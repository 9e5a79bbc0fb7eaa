package denc

import (
	"fmt"
	"time"
)

// UTime is utime_t (src/include/utime.h): seconds since 1970 and nanoseconds, or a span of time in the same form.
type UTime struct {
	Sec  uint32
	Nsec uint32
}

// FromTime returns t as a UTime. Times outside 1970 to 2106 become the nearest that fits.
func FromTime(t time.Time) UTime {
	switch sec := t.Unix(); {
	case sec < 0:
		return UTime{}
	case sec > 1<<32-1:
		return UTime{Sec: 1<<32 - 1, Nsec: 999_999_999}
	default:
		return UTime{Sec: uint32(sec), Nsec: uint32(t.Nanosecond())}
	}
}

// FromDuration returns d as a span; a negative d is 0.
func FromDuration(d time.Duration) UTime {
	if d < 0 {
		return UTime{}
	}
	return FromTime(time.Unix(0, int64(d)))
}

// Time returns u as a point in time, in UTC.
func (u UTime) Time() time.Time { return time.Unix(int64(u.Sec), int64(u.Nsec)).UTC() }

// Duration returns u as a span of time.
func (u UTime) Duration() time.Duration {
	return time.Duration(u.Sec)*time.Second + time.Duration(u.Nsec)
}

// IsZero reports whether u is the zero time, which Ceph uses for "never".
func (u UTime) IsZero() bool { return u == UTime{} }

// String prints u as Ceph does: points in time as 2026-01-02T15:04:05.000006+0000, in UTC (the daemons print local
// time), and values below ten years, which are spans, as seconds with six decimals.
func (u UTime) String() string {
	const tenYears = 60 * 60 * 24 * 365 * 10 // the threshold of utime_t::gmtime and localtime
	if u.Sec < tenYears {
		return fmt.Sprintf("%d.%06d", u.Sec, u.Nsec/1000)
	}
	return u.Time().Format("2006-01-02T15:04:05.000000-0700")
}

// AppendTo appends the encoding of u.
func (u UTime) AppendTo(b []byte) []byte { return AppendUTime(b, u) }
