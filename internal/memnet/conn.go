package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// bufferSize is how much one direction holds before a writer waits, like a socket's buffers.
const bufferSize = 256 << 10

// half is one direction of a connection.
type half struct {
	mu      sync.Mutex
	buf     []byte
	eof     bool          // the writer has closed
	broken  bool          // the reader has closed
	changed chan struct{} // closed, and replaced, at every change
}

func newHalf() *half { return &half{changed: make(chan struct{})} }

// signal wakes all who wait. The caller holds mu.
func (h *half) signal() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// deadline is a point in time that can be moved; expired is closed while it has passed.
type deadline struct {
	mu      sync.Mutex
	timer   *time.Timer
	expired chan struct{}
}

func newDeadline() *deadline { return &deadline{expired: make(chan struct{})} }

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.expired // the timer has run, or is about to close it
	}
	d.timer = nil
	select {
	case <-d.expired:
		d.expired = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	if wait := time.Until(t); wait > 0 {
		expired := d.expired
		d.timer = time.AfterFunc(wait, func() { close(expired) })
		return
	}
	close(d.expired)
}

func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expired
}

func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// addr is the address of an end.
type addr string

func (addr) Network() string  { return "mem" }
func (a addr) String() string { return string(a) }

// conn is one end of a connection.
type conn struct {
	in, out       *half
	local, remote addr
	rd, wd        *deadline
	once          sync.Once
	closed        chan struct{}
}

// Pipe returns the two ends of a connection.
func Pipe() (net.Conn, net.Conn) { return newPipe("a", "b") }

func newPipe(a, b addr) (*conn, *conn) {
	ab, ba := newHalf(), newHalf()
	end := func(in, out *half, local, remote addr) *conn {
		return &conn{in: in, out: out, local: local, remote: remote, rd: newDeadline(), wd: newDeadline(), closed: make(chan struct{})}
	}
	return end(ba, ab, a, b), end(ab, ba, b, a)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait waits for a change of the half, for which changed was taken.
func (c *conn) wait(changed <-chan struct{}, d *deadline) {
	select {
	case <-changed:
	case <-d.passed():
	case <-c.closed:
	}
}

func (c *conn) Read(p []byte) (int, error) {
	for {
		if isClosed(c.closed) {
			return 0, net.ErrClosed
		}
		if isClosed(c.rd.passed()) {
			return 0, os.ErrDeadlineExceeded
		}
		c.in.mu.Lock()
		if len(c.in.buf) > 0 || len(p) == 0 {
			n := copy(p, c.in.buf)
			c.in.buf = c.in.buf[n:]
			c.in.signal()
			c.in.mu.Unlock()
			return n, nil
		}
		eof, changed := c.in.eof, c.in.changed
		c.in.mu.Unlock()
		if eof {
			return 0, io.EOF
		}
		c.wait(changed, c.rd)
	}
}

func (c *conn) Write(p []byte) (n int, err error) {
	for {
		if isClosed(c.closed) {
			return n, net.ErrClosed
		}
		if isClosed(c.wd.passed()) {
			return n, os.ErrDeadlineExceeded
		}
		c.out.mu.Lock()
		if c.out.broken {
			c.out.mu.Unlock()
			return n, io.ErrClosedPipe
		}
		if free := bufferSize - len(c.out.buf); free > 0 && len(p) > 0 {
			take := min(free, len(p))
			c.out.buf = append(c.out.buf, p[:take]...)
			p, n = p[take:], n+take
			c.out.signal()
		}
		changed := c.out.changed
		c.out.mu.Unlock()
		if len(p) == 0 {
			return n, nil
		}
		c.wait(changed, c.wd)
	}
}

func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.rd.stop()
		c.wd.stop()
		c.out.mu.Lock()
		c.out.eof = true
		c.out.signal()
		c.out.mu.Unlock()
		c.in.mu.Lock()
		c.in.broken = true
		c.in.signal()
		c.in.mu.Unlock()
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.rd.set(t)
	c.wd.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error  { c.rd.set(t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.wd.set(t); return nil }
