package denc_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestErrno(t *testing.T) {
	// Numbers and texts are those of Linux (strerror in the C locale, but for capitals).
	tests := []struct {
		result int32
		want   denc.Errno
		name   string
		text   string
	}{
		{-1, denc.EPERM, "EPERM", "EPERM: operation not permitted"},
		{-2, denc.ENOENT, "ENOENT", "ENOENT: no such file or directory"},
		{-11, denc.EAGAIN, "EAGAIN", "EAGAIN: resource temporarily unavailable"},
		{-13, denc.EACCES, "EACCES", "EACCES: permission denied"},
		{-22, denc.EINVAL, "EINVAL", "EINVAL: invalid argument"},
		{-35, denc.EDEADLK, "EDEADLK", "EDEADLK: resource deadlock avoided"},
		{-41, 41, "errno 41", "errno 41"},
		{-61, denc.ENODATA, "ENODATA", "ENODATA: no data available"},
		{-107, denc.ENOTCONN, "ENOTCONN", "ENOTCONN: transport endpoint is not connected"},
		{-110, denc.ETIMEDOUT, "ETIMEDOUT", "ETIMEDOUT: connection timed out"},
		{-133, 133, "EHWPOISON", "EHWPOISON: memory page has hardware error"},
		{-134, 134, "errno 134", "errno 134"},
		{-4095, 4095, "errno 4095", "errno 4095"},
		{math.MinInt32, math.MinInt32, "errno -2147483648", "errno -2147483648"},
		{0, 0, "errno 0", "errno 0"},
		{5, 0, "errno 0", "errno 0"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.result), func(t *testing.T) {
			e := denc.ErrnoOf(tt.result)
			require.Equal(t, tt.want, e)
			require.Equal(t, tt.name, e.Name())
			require.EqualError(t, e, tt.text)
		})
	}
}

func TestErrnoIs(t *testing.T) {
	tests := []struct {
		err    denc.Errno
		target error
		want   bool
	}{
		{denc.ENOENT, syscall.ENOENT, true},
		{denc.ENOENT, denc.ENOENT, true},
		{denc.ENOENT, fs.ErrNotExist, true},
		{denc.EEXIST, fs.ErrExist, true},
		{denc.EACCES, fs.ErrPermission, true},
		{denc.EPERM, fs.ErrPermission, true},
		{denc.ETIMEDOUT, syscall.ETIMEDOUT, true},
		{denc.EOPNOTSUPP, syscall.EOPNOTSUPP, true},
		{denc.EACCES, syscall.EPERM, false},
		{denc.EACCES, denc.EPERM, false},
		{denc.ENOENT, fs.ErrExist, false},
		{denc.EINVAL, fs.ErrNotExist, false},
		{denc.Errno(41), syscall.Errno(0), false},
		{denc.EINVAL, errors.New("EINVAL"), false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%v is %v", tt.err, tt.target), func(t *testing.T) {
			require.Equal(t, tt.want, errors.Is(fmt.Errorf("command: %w", tt.err), tt.target))
		})
	}
}
