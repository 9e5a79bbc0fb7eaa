package msgr2

import (
	"bytes"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sockets returns the two ends of a connection over loopback, the first of them a socket.
func sockets(t *testing.T) (*socket, *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer l.Close()
	a, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	require.NoError(t, err)
	t.Cleanup(func() { a.Close() })
	b, err := l.AcceptTCP()
	require.NoError(t, err)
	t.Cleanup(func() { b.Close() })
	s, ok := socketOf(a).(*socket)
	require.True(t, ok)
	return s, b
}

func TestSocketOf(t *testing.T) {
	_, b := sockets(t)
	wrapped := &struct{ *net.TCPConn }{b}
	require.Equal(t, net.Conn(wrapped), socketOf(wrapped), "it may have methods of its own")
	p, q := net.Pipe()
	defer p.Close()
	defer q.Close()
	require.Equal(t, p, socketOf(p))
}

func TestSocketCarriesEverything(t *testing.T) {
	for name, l := range layouts() {
		t.Run(name, func(t *testing.T) {
			a, b := sockets(t)
			buf, between, want := layout(l.sizes, l.large)
			require.NoError(t, a.Conn.(*net.TCPConn).SetWriteBuffer(max(4<<10, len(want)/50))) // so that pieces are torn
			written := make(chan error, 1)
			go func() {
				c := &progressConn{Conn: a}
				n, err := c.writeWith(buf, between)
				if err == nil && n != len(want) {
					err = io.ErrShortWrite
				}
				if err == nil {
					_, err = a.Write(want)
				}
				a.Close()
				written <- err
			}()
			got, err := io.ReadAll(socketOf(b))
			require.NoError(t, err)
			require.NoError(t, <-written)
			require.True(t, bytes.Equal(append(want, want...), got))
			require.Empty(t, a.pieces)
		})
	}
}

func TestSocketSaysWhatIsWrong(t *testing.T) {
	b := make([]byte, 10)
	failed := func(t *testing.T, err, want error, op string) {
		t.Helper()
		require.ErrorIs(t, err, want)
		var e *net.OpError
		require.ErrorAs(t, err, &e)
		require.Equal(t, op, e.Op)
		require.Equal(t, "tcp", e.Net)
	}
	t.Run("end", func(t *testing.T) {
		s, peer := sockets(t)
		n, err := s.Read(nil)
		require.NoError(t, err)
		require.Zero(t, n)
		require.NoError(t, peer.CloseWrite())
		_, err = s.Read(b)
		require.Equal(t, io.EOF, err)
	})
	t.Run("reset", func(t *testing.T) {
		s, peer := sockets(t)
		require.NoError(t, peer.SetLinger(0))
		require.NoError(t, peer.Close())
		_, err := s.Read(b)
		failed(t, err, syscall.ECONNRESET, "read")
		_, err = s.Write(b)
		failed(t, err, syscall.EPIPE, "write")
		_, err = s.writeSome([][]byte{b, b})
		failed(t, err, syscall.EPIPE, "write")
	})
	t.Run("deadline", func(t *testing.T) {
		s, _ := sockets(t)
		require.NoError(t, s.SetDeadline(time.Unix(1, 0)))
		_, err := s.Read(b)
		failed(t, err, os.ErrDeadlineExceeded, "read")
		_, err = s.Write(b)
		failed(t, err, os.ErrDeadlineExceeded, "write")
	})
	t.Run("closed", func(t *testing.T) {
		s, _ := sockets(t)
		read := make(chan error, 1)
		go func() {
			_, err := s.Read(b)
			read <- err
		}()
		require.NoError(t, s.Close())
		failed(t, <-read, net.ErrClosed, "read")
		_, err := s.Write(b)
		failed(t, err, net.ErrClosed, "write")
	})
}
