//go:build linux

package main

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseStatus(t *testing.T) {
	f, err := parseStatus([]byte("Name:\tx\nVmHWM:\t  30 kB\nVmRSS:\t  20 kB\nRssAnon:\t 10 kB\nThreads:\t7\nempty:\n"))
	require.NoError(t, err)
	require.Equal(t, footprint{resident: 20 << 10, anonymous: 10 << 10, peak: 30 << 10, threads: 7}, f)
	f, err = parseStatus([]byte("Name:\tx\nState:\tZ (zombie)\n"))
	require.NoError(t, err)
	require.Zero(t, f)
	_, err = parseStatus([]byte("VmRSS:\tmany kB\n"))
	require.ErrorContains(t, err, "VmRSS:")
}

func TestLook(t *testing.T) {
	f, err := look(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, f.threads)
	require.Positive(t, f.descriptors)
	require.Greater(t, f.resident, f.anonymous)
	_, err = look(-1)
	require.Error(t, err)
}

// TestConnections has the kernel tell what went over a connection.
func TestConnections(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err := net.Dial("tcp4", l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	server, err := l.Accept()
	require.NoError(t, err)
	defer server.Close()
	own := func() map[uint32]traffic {
		all, err := connections()
		require.NoError(t, err)
		mine, err := sockets(os.Getpid())
		require.NoError(t, err)
		of := map[uint32]traffic{}
		for inode := range mine {
			if one, ok := all[inode]; ok {
				of[inode] = one
			}
		}
		return of
	}
	before := own()
	require.GreaterOrEqual(t, len(before), 2, "both ends")
	for range 2 { // there and back, so that the first is acknowledged
		_, err = client.Write(make([]byte, 1000))
		require.NoError(t, err)
		_, err = io.ReadFull(server, make([]byte, 1000))
		require.NoError(t, err)
		_, err = server.Write(make([]byte, 500))
		require.NoError(t, err)
		_, err = io.ReadFull(client, make([]byte, 500))
		require.NoError(t, err)
	}
	sum, ended := exchanged(before, own())
	require.Zero(t, ended)
	require.GreaterOrEqual(t, sum.bytes, int64(2*(2*1000+500)+500), "received by both, and what is acknowledged by now")
	require.Positive(t, sum.packets)
}

func TestParseDiag(t *testing.T) {
	b := make([]byte, sizeofMessage)
	binary.NativeEndian.PutUint32(b[offsetInode:], 77)
	attribute := func(kind uint16, value []byte) []byte {
		a := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
		a = binary.NativeEndian.AppendUint16(a, kind)
		return append(append(a, value...), make([]byte, -len(value)&3)...)
	}
	info := make([]byte, sizeofWanted+8)
	binary.NativeEndian.PutUint64(info[offsetBytesAcked:], 1000)
	binary.NativeEndian.PutUint64(info[offsetBytesReceived:], 30)
	binary.NativeEndian.PutUint32(info[offsetSegsOut:], 5)
	binary.NativeEndian.PutUint32(info[offsetSegsIn:], 4)
	whole := append(append(append([]byte(nil), b...), attribute(8, []byte{1})...), attribute(inetDiagInfo, info)...)
	all := map[uint32]traffic{}
	require.NoError(t, parseDiag(whole, all))
	require.Equal(t, map[uint32]traffic{77: {bytes: 1030, packets: 9}}, all)

	require.ErrorContains(t, parseDiag(b[:10], all), "a message of 10 bytes")
	require.ErrorContains(t, parseDiag(whole[:len(whole)-8], all), "an attribute of")
	require.ErrorContains(t, parseDiag(append(append([]byte(nil), b...), attribute(inetDiagInfo, info[:20])...), all), "the kernel is too old")
}

func TestRaiseDescriptors(t *testing.T) {
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)) }()
	limit, err := raiseDescriptors(100)
	require.NoError(t, err)
	require.Equal(t, 100, limit)
	limit, err = raiseDescriptors(120)
	require.NoError(t, err)
	require.Equal(t, 120, limit)
}
