package memnet

import (
	"context"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/nettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConnBehavesAsNetConnShould(t *testing.T) {
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
		a, b := Pipe()
		return a, b, func() { a.Close(); b.Close() }, nil
	})
}

func TestDeadlinesFollowTheBubblesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		defer a.Close()
		defer b.Close()
		start := time.Now()
		require.NoError(t, a.SetReadDeadline(start.Add(time.Minute)))
		_, err := a.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(start))
		require.NoError(t, a.SetWriteDeadline(start.Add(2*time.Minute)))
		n, err := a.Write(make([]byte, 2*bufferSize))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, bufferSize, n)
		require.Equal(t, 2*time.Minute, time.Since(start))
	})
}

func TestListenAndDial(t *testing.T) {
	var n Network
	_, err := n.DialContext(t.Context(), "tcp", "mon.a")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)

	l, err := n.Listen("mon.a")
	require.NoError(t, err)
	_, err = n.Listen("mon.a")
	require.ErrorIs(t, err, syscall.EADDRINUSE)

	c, err := n.DialContext(t.Context(), "tcp", "mon.a")
	require.NoError(t, err)
	s, err := l.Accept()
	require.NoError(t, err)
	_, err = c.Write([]byte("hello"))
	require.NoError(t, err)
	require.NoError(t, c.Close())
	got, err := io.ReadAll(s)
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))
	s.Close()

	waiting, err := n.DialContext(t.Context(), "tcp", "mon.a")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = waiting.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = n.DialContext(context.Background(), "tcp", "mon.a")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}
