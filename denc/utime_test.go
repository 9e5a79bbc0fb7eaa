package denc_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestUTimeString(t *testing.T) {
	tests := []struct {
		u    denc.UTime
		want string
	}{
		{denc.UTime{}, "0.000000"},
		{denc.UTime{Sec: 5, Nsec: 250_000_999}, "5.250000"},
		{denc.UTime{Sec: 315359999, Nsec: 999_999_999}, "315359999.999999"}, // one second below ten years of 365 days
		{denc.UTime{Sec: 315360000}, "1979-12-30T00:00:00.000000+0000"},
		{denc.UTime{Sec: 1767366245, Nsec: 6789}, "2026-01-02T15:04:05.000006+0000"},
		{denc.UTime{Sec: math.MaxUint32, Nsec: 999_999_999}, "2106-02-07T06:28:15.999999+0000"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) { require.Equal(t, tt.want, tt.u.String()) })
	}
}

func TestUTimeConversions(t *testing.T) {
	east := time.FixedZone("", 5*3600)
	tests := []struct {
		name string
		in   time.Time
		want denc.UTime
	}{
		{"whole", time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), denc.UTime{Sec: 1767366245}},
		{"another zone", time.Date(2026, 1, 2, 20, 4, 5, 7, east), denc.UTime{Sec: 1767366245, Nsec: 7}},
		{"epoch", time.Unix(0, 0), denc.UTime{}},
		{"before 1970", time.Unix(-1, 999_999_999), denc.UTime{}},
		{"the zero time", time.Time{}, denc.UTime{}},
		{"the last second", time.Unix(math.MaxUint32, 1), denc.UTime{Sec: math.MaxUint32, Nsec: 1}},
		{"after 2106", time.Unix(math.MaxUint32+1, 0), denc.UTime{Sec: math.MaxUint32, Nsec: 999_999_999}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := denc.FromTime(tt.in)
			require.Equal(t, tt.want, got)
			require.Equal(t, time.UTC, got.Time().Location())
			require.Equal(t, got, denc.FromTime(got.Time()))
		})
	}

	require.Equal(t, denc.UTime{Sec: 1, Nsec: 500_000_000}, denc.FromDuration(1500*time.Millisecond))
	require.Equal(t, denc.UTime{}, denc.FromDuration(-time.Second))
	require.Equal(t, 1500*time.Millisecond, denc.UTime{Sec: 1, Nsec: 500_000_000}.Duration())
	require.Positive(t, denc.UTime{Sec: math.MaxUint32, Nsec: math.MaxUint32}.Duration(), "the largest span does not overflow")
	require.Equal(t, denc.UTime{Sec: math.MaxUint32, Nsec: 999_999_999}, denc.FromDuration(math.MaxInt64))
	require.True(t, denc.UTime{}.IsZero())
	require.False(t, denc.UTime{Nsec: 1}.IsZero())
}

func TestUTimeWire(t *testing.T) {
	// The "created" stamp of a map made by monmaptool 16.2.15.
	wire := unhex("c4ee036b 6ac48824")
	r := denc.NewReader(wire)
	got := r.UTime("created")
	require.NoError(t, r.Done())
	require.Equal(t, denc.UTime{Sec: 1795419844, Nsec: 612942954}, got)
	require.Equal(t, wire, got.AppendTo(nil))
	require.Equal(t, wire, denc.AppendUTime(nil, got))
	requireEveryPrefixFails(t, wire, func(r *denc.Reader) { r.UTime("created") })
}
