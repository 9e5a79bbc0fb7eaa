package msgr2

import (
	"net"
	"sync/atomic"
)

// writeChunk is how much is handed at once to a connection that returns when all of it has been taken, so that the progress of a
// large message shows.
const writeChunk = 64 << 10

// progressConn counts the bytes that come, and those of large messages that leave. Small ones that leave say nothing of the
// peer: there is room for them in buffers of this machine.
type progressConn struct {
	net.Conn
	bytes   atomic.Uint64
	traffic *Traffic // nil: nobody wants to know
}

func (c *progressConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(uint64(n)) //nolint:gosec // never negative
	if c.traffic != nil {
		c.traffic.BytesIn.Add(uint64(n)) //nolint:gosec // never negative
	}
	return n, err
}

func (c *progressConn) Write(p []byte) (int, error) {
	if len(p) > writeChunk {
		return c.writePieces([][]byte{p})
	}
	n, err := c.Conn.Write(p)
	c.wrote(n, false)
	return n, err
}

// wrote counts bytes that have left.
func (c *progressConn) wrote(n int, large bool) {
	if large {
		c.bytes.Add(uint64(n)) //nolint:gosec // never negative
	}
	if c.traffic != nil {
		c.traffic.BytesOut.Add(uint64(n)) //nolint:gosec // never negative
	}
}

// Progress returns a number that is another one whenever bytes have come, or the network has taken some of a large message,
// since it was asked last: a peer is not silent that is slow to answer a keepalive because a large message is on the way.
func (c *Conn) Progress() uint64 { return c.nc.bytes.Load() }

// bulkMessage is the size from which on a message counts for Bulk.
const bulkMessage = 16 << 10

// Bulk returns how many bytes of large messages have been handed to the network. What the peer is sent after them waits
// behind them, in buffers that nobody sees.
func (c *Conn) Bulk() uint64 { return c.bulk.Load() }
