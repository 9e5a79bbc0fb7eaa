package msgr2

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// socketChunk is how much one call moves, so that none of them keeps its thread for long.
const socketChunk = 64 << 10

// largeChunk is how much a call may take of something large. The fewer calls there are, the fewer times the other end is woken,
// which costs more than the copying; one of this size takes as long as encrypting as much does.
const largeChunk = 1 << 20

// maxPieces is how many pieces a call may take (IOV_MAX).
const maxPieces = 1024

// socket is a connection of the operating system whose reads and writes the scheduler is not told about. They never wait:
// the socket is not a blocking one, and where it has nothing, the goroutine is parked as usual. But each system call that the
// scheduler is told about wakes the thread that watches over long ones, if it has gone to sleep because the process was idle.
// A client that asks, and waits for the answer, is idle between every two calls, and that thread costs it as much as all the
// rest.
type socket struct {
	net.Conn
	raw     syscall.RawConn
	in, out transfer
	pieces  []syscall.Iovec
}

// transfer is one direction of a socket. Each has one user at a time.
type transfer struct {
	once func(fd uintptr) bool // made once: it would be allocated for each call

	// The system call, its second and third argument, and what has come of it.
	trap  uintptr
	at    unsafe.Pointer
	count int
	n     int
	err   syscall.Errno
}

// socketOf returns nc with faster calls, if it is a socket and nothing but that: what wraps one has methods of its own.
func socketOf(nc net.Conn) net.Conn {
	var raw syscall.RawConn
	var err error
	switch nc := nc.(type) {
	case *net.TCPConn:
		raw, err = nc.SyscallConn()
	case *net.UnixConn:
		raw, err = nc.SyscallConn()
	}
	if raw == nil || err != nil {
		return nc
	}
	s := &socket{Conn: nc, raw: raw}
	s.in.once, s.out.once = s.in.call, s.out.call
	return s
}

// call makes the system call, false when it would have had to wait.
func (t *transfer) call(fd uintptr) bool {
	for {
		n, _, err := syscall.RawSyscall(t.trap, fd, uintptr(t.at), uintptr(t.count))
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		case 0:
			t.n = int(n) //nolint:gosec // it is a count
		}
		t.err = err
		return true
	}
}

// do makes a system call as soon as it need not wait. wait is that of the direction.
func (c *socket) do(t *transfer, op string, trap uintptr, at unsafe.Pointer, count int, wait func(func(uintptr) bool) error) (int, error) {
	t.trap, t.at, t.count, t.n, t.err = trap, at, count, 0, 0
	err := wait(t.once)
	t.at = nil
	if err == nil && t.err == 0 {
		return t.n, nil
	}
	if err == nil {
		err = os.NewSyscallError(op, t.err)
	} else if why := new(net.OpError); errors.As(err, &why) {
		err = why.Err // it was closed, or the deadline has come
	}
	addr := c.LocalAddr()
	return 0, &net.OpError{Op: op, Net: addr.Network(), Source: addr, Addr: c.RemoteAddr(), Err: err}
}

func (c *socket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.do(&c.in, "read", syscall.SYS_READ, unsafe.Pointer(unsafe.SliceData(p)), min(len(p), socketChunk), c.raw.Read)
	raceHasRead()
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (c *socket) Write(p []byte) (total int, err error) {
	raceWrites()
	for len(p) > 0 {
		n, err := c.do(&c.out, "write", syscall.SYS_WRITE, unsafe.Pointer(unsafe.SliceData(p)), min(len(p), socketChunk), c.raw.Write)
		if total += n; err != nil {
			return total, err
		}
		p = p[n:]
	}
	return total, nil
}

// writeSome implements largeWriter.
func (c *socket) writeSome(pieces [][]byte) (int, error) {
	raceWrites()
	size := 0
	for _, p := range pieces {
		v := syscall.Iovec{Base: unsafe.SliceData(p)}
		n := min(len(p), largeChunk-size)
		v.SetLen(n)
		c.pieces = append(c.pieces, v)
		if size += n; size == largeChunk || len(c.pieces) == maxPieces {
			break
		}
	}
	n, err := c.do(&c.out, "write", syscall.SYS_WRITEV, unsafe.Pointer(unsafe.SliceData(c.pieces)), len(c.pieces), c.raw.Write)
	clear(c.pieces) // what they point to is not held on to
	c.pieces = c.pieces[:0]
	return n, err
}

var _ largeWriter = (*socket)(nil)
