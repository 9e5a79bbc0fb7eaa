package msgr2

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
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

// brokenWire takes so many bytes, and is closed then.
type brokenWire struct {
	net.Conn
	left int
}

func (w *brokenWire) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (*brokenWire) Close() error { return nil }

func TestUnsent(t *testing.T) {
	tids := func(messages []*Message) (tids []uint64) {
		for _, m := range messages {
			tids = append(tids, m.Tid)
		}
		return tids
	}
	batch := func() []*Message {
		return []*Message{{Tid: 1, Front: make([]byte, 100)}, {Tid: 2, Front: make([]byte, flushSize)}, {Tid: 3}, {Tid: 4}}
	}
	want := []uint64{1, 2, 3, 4}
	for room := 0; len(want) > 0; room++ {
		if room > 300 && room < flushSize {
			room = flushSize // in the middle of the second message nothing changes
		}
		traffic := new(Traffic)
		c := newConn(&handshake{nc: &progressConn{Conn: &brokenWire{left: room}, traffic: traffic}, seal: &crcFraming{rev1: true}}, Info{}, 0)
		err := c.writeBatch(batch(), false, false, denc.UTime{})
		close(c.done)
		got := tids(c.Unsent())
		require.Equal(t, err == nil, len(got) == 0)
		require.Equal(t, uint64(4-len(got)), traffic.MessagesOut.Load())
		if len(got) < len(want) {
			want = want[1:] // one more has left
		}
		require.Equal(t, want, append([]uint64{}, got...), "with room for %d bytes", room)
		require.Less(t, room, 2*flushSize)
	}
}

func TestUnsentOfWhatWasQueued(t *testing.T) {
	c, _ := readyConn(t)
	require.NoError(t, c.Close())
	require.Error(t, c.Send(&Message{Tid: 7}), "refused, so nobody asks what has become of it")
	require.Empty(t, c.Unsent())
}
