package msgr2

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// chunks is a connection that takes what is written up to a limit.
type chunks struct {
	net.Conn
	sizes []int
	left  int
}

var errFull = errors.New("full")

func (c *chunks) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	c.sizes = append(c.sizes, n)
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestProgressOfALargeWrite(t *testing.T) {
	to := &chunks{left: 1 << 30}
	c := &progressConn{Conn: to}
	n, err := c.Write(make([]byte, 2*writeChunk+5))
	require.NoError(t, err)
	require.Equal(t, 2*writeChunk+5, n)
	require.Equal(t, []int{writeChunk, writeChunk, 5}, to.sizes)
	require.Equal(t, uint64(n), c.bytes.Load())

	to.sizes = nil
	_, err = c.Write(nil)
	require.NoError(t, err)
	require.Equal(t, []int{0}, to.sizes, "an empty write reaches the connection, which may say that it is closed")

	before := c.bytes.Load()
	_, err = c.Write(make([]byte, writeChunk))
	require.NoError(t, err)
	require.Equal(t, before, c.bytes.Load(), "what buffers take is no progress")

	to.left = writeChunk + 7
	n, err = c.Write(make([]byte, 3*writeChunk))
	require.ErrorIs(t, err, errFull)
	require.Equal(t, writeChunk+7, n)
	require.Equal(t, uint64(3*writeChunk+12), c.bytes.Load())
}

func TestProgressOfReads(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	c := &progressConn{Conn: b}
	go func() { _, _ = a.Write(make([]byte, 10)) }()
	n, err := c.Read(make([]byte, 100))
	require.NoError(t, err)
	require.Equal(t, 10, n)
	require.Equal(t, uint64(10), c.bytes.Load())
	require.NoError(t, b.Close())
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
	require.Equal(t, uint64(10), c.bytes.Load())
}
