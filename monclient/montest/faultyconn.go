package montest

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// sendBuffer is how much a monitor's end of a connection takes while nothing arrives at the other.
const sendBuffer = 256 << 10

// blackHole is one time in which nothing arrives, in either direction.
type blackHole struct{ ended chan struct{} }

// faultyConn is a connection with the monitor's faults.
type faultyConn struct {
	net.Conn
	mon    *Mon
	once   sync.Once
	closed chan struct{}

	out struct { // what was written into a black hole
		sync.Mutex
		kept    []byte
		drained chan struct{} // closed when kept has been sent; nil: there is nothing to send
		closing bool          // the connection was closed meanwhile
	}
}

func newFaultyConn(nc net.Conn, m *Mon) *faultyConn {
	return &faultyConn{Conn: nc, mon: m, closed: make(chan struct{})}
}

// wait waits for a channel to be closed, or the connection.
func (c *faultyConn) wait(ended <-chan struct{}) error {
	select {
	case <-ended:
		return nil
	case <-c.closed:
		return net.ErrClosed
	}
}

// pause waits until the monitor is not frozen, and then for d.
func (c *faultyConn) pause(d time.Duration) error {
	for {
		c.mon.mu.Lock()
		frozen := c.mon.faults.frozen
		c.mon.mu.Unlock()
		if frozen == nil {
			break
		}
		if err := c.wait(frozen); err != nil {
			return err
		}
	}
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.closed:
		return net.ErrClosed
	}
}

func (c *faultyConn) Read(p []byte) (int, error) {
	c.mon.mu.Lock()
	rate := c.mon.faults.slowRead
	c.mon.mu.Unlock()
	if rate > 0 {
		p = p[:min(len(p), max(rate/10, 1))]
	}
	n, err := c.Conn.Read(p)
	for hole := c.mon.hole.Load(); hole != nil; hole = c.mon.hole.Load() {
		if err := c.wait(hole.ended); err != nil { // what came is lost with the connection
			return 0, err
		}
	}
	var d time.Duration
	if rate > 0 {
		d = time.Duration(n) * time.Second / time.Duration(rate)
	}
	if pauseErr := c.pause(d); pauseErr != nil {
		return 0, pauseErr
	}
	return n, err
}

func (c *faultyConn) Write(p []byte) (int, error) {
	c.mon.mu.Lock()
	d := c.mon.faults.delay
	c.mon.mu.Unlock()
	if err := c.pause(d); err != nil {
		return 0, err
	}
	c.mon.mu.Lock()
	f := &c.mon.faults
	if at := f.corruptAt; at > 0 {
		if f.corruptAt = max(at-len(p), 0); at <= len(p) {
			p = append([]byte(nil), p...)
			p[at-1] ^= 0x10
		}
	}
	reset := f.resetAfter
	if reset > 0 {
		f.resetAfter = max(reset-len(p), 0)
	}
	c.mon.mu.Unlock()
	if reset > 0 && reset <= len(p) {
		n, _ := c.transmit(p[:reset])
		c.Close()
		return n, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.ECONNRESET)}
	}
	return c.transmit(p)
}

// transmit sends p, or keeps it while there is a black hole.
func (c *faultyConn) transmit(p []byte) (n int, err error) {
	for {
		hole := c.mon.hole.Load()
		c.out.Lock()
		drained := c.out.drained
		if hole == nil {
			c.out.Unlock()
			if drained == nil {
				k, err := c.Conn.Write(p)
				return n + k, err
			}
			if err := c.wait(drained); err != nil {
				return n, err
			}
			continue
		}
		take := min(len(p), sendBuffer-len(c.out.kept))
		c.out.kept = append(c.out.kept, p[:take]...)
		p, n = p[take:], n+take
		c.drainAfter(hole)
		c.out.Unlock()
		if len(p) == 0 {
			return n, nil
		}
		if err := c.wait(hole.ended); err != nil {
			return n, err
		}
	}
}

// drainAfter has what is kept sent when the hole has ended. The caller holds out.
func (c *faultyConn) drainAfter(hole *blackHole) {
	if c.out.drained == nil {
		c.out.drained = make(chan struct{})
		c.mon.conns.Add(1) // the connection, which is served or being closed, counts as well
		go c.drain(hole)
	}
}

// drain sends what is kept, and then that the connection was closed, if it was.
func (c *faultyConn) drain(hole *blackHole) {
	defer c.mon.conns.Done()
	ctx := c.mon.cluster.ctx
	stop := context.AfterFunc(ctx, func() { c.Conn.Close() })
	defer stop()
	for ; hole != nil; hole = c.mon.hole.Load() {
		select {
		case <-hole.ended:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	for {
		c.out.Lock()
		p := c.out.kept
		c.out.kept = nil
		if len(p) == 0 {
			close(c.out.drained)
			c.out.drained = nil
			closing := c.out.closing
			c.out.Unlock()
			if closing {
				c.Conn.Close()
			}
			return
		}
		c.out.Unlock()
		_, _ = c.Conn.Write(p) // to a client that has gone, perhaps
	}
}

// Close closes the connection. In a black hole the client does not learn of it before that ends.
func (c *faultyConn) Close() error {
	var err error
	c.once.Do(func() {
		close(c.closed)
		c.out.Lock()
		if hole := c.mon.hole.Load(); hole != nil {
			c.drainAfter(hole)
		}
		c.out.closing = true
		now := c.out.drained == nil
		c.out.Unlock()
		if now {
			err = c.Conn.Close()
		}
	})
	return err
}
