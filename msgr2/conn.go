package msgr2

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// DefaultMaxMessage bounds a received message. The protocol has no limit; the largest things that monitors send are
// maps and command output of big clusters, tens of megabytes.
const DefaultMaxMessage = 512 << 20

const (
	// flushSize is how much the writer gathers before it writes, so that a long queue does not become one huge buffer.
	flushSize = 256 << 10
	// keepBuffer is the largest write buffer that is kept for the next messages.
	keepBuffer = 64 << 10
)

// Info says what the handshake has settled.
type Info struct {
	// GlobalID is the id that AUTH_DONE gave the caller.
	GlobalID uint64
	// Mode is ModeCRC or ModeSecure.
	Mode uint32
	// Features are those of both sides.
	Features denc.Features
	// LocalAddr is this side's address. A client's is of type any, its IP as the peer sees it, port 0.
	LocalAddr denc.EntityAddr
	// PeerAddrs and PeerGID are what the peer says of itself; a monitor's GID is its rank.
	PeerAddrs denc.EntityAddrVec
	PeerGID   int64
}

// Conn is a connection that is ready for messages. Receive is for one goroutine at a time; everything else is safe for
// any.
type Conn struct {
	nc   *progressConn
	info Info

	// Owned by the goroutine that calls Receive.
	src        io.Reader
	open       opener
	f          frame
	maxMessage int

	seen atomic.Uint64 // the highest seq received, acknowledged in every header sent
	bulk atomic.Uint64 // bytes of large messages

	// Owned by writeLoop.
	seal  sealer
	seq   uint64
	buf   []byte
	apart []apart // what is written along with buf
	more  int     // how much that is
	out   outgoing
	front frontEncoder
	segs  [maxSegments]segment
	// sealed are the messages to be written, and where they end; unsent, once it has ended, those that were not wholly written.
	sealed []sealed
	unsent []*Message

	trace            func(Frame)                   // nil: nobody wants to know
	ignoreKeepalives func() bool                   // nil: none
	onPanic          func(value any, stack []byte) // nil: a panic is the process's

	queue struct {
		sync.Mutex
		messages  []*Message
		keepalive bool       // send one
		ack       bool       // answer the peer's newest keepalive
		ackStamp  denc.UTime // with this
		err       error      // why nothing more is sent or received
	}
	wake   chan struct{} // capacity 1: a wake-up is never lost and never waits
	closed chan struct{}
	done   chan struct{} // writeLoop has ended

	keepalive struct {
		sync.Mutex
		sentStamp denc.UTime
		sentAt    time.Time
		ackedAt   time.Time
		rtt       time.Duration
	}
}

// newConn returns the connection that a handshake has led to. The caller starts its writeLoop.
func newConn(h *handshake, info Info, maxMessage int) *Conn {
	if maxMessage == 0 {
		maxMessage = DefaultMaxMessage
	}
	c := &Conn{
		nc: h.nc, info: info, src: h.br, open: h.open, seal: h.seal, maxMessage: maxMessage,
		wake: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{}),
	}
	c.front.features = info.Features
	c.trace = h.trace
	if f, ok := c.seal.(*crcFraming); ok {
		f.apart = &c.apart
	}
	return c
}

// Info returns what the handshake has settled.
func (c *Conn) Info() Info { return c.info }

// Send queues a message; it never waits for the network. The connection owns m from then on. An error says that the
// connection is no more; that a message was queued does not say that it left.
func (c *Conn) Send(m *Message) error {
	c.queue.Lock()
	err := c.queue.err
	if err == nil {
		c.queue.messages = append(c.queue.messages, m)
	}
	c.queue.Unlock()
	c.wakeWriter()
	return err
}

// sealed is a message in the write buffer, but for what is written along with that.
type sealed struct {
	m   *Message
	end int
}

// Unsent returns, once the connection has been closed, the messages that the peer cannot have received, because not all of
// their bytes were handed to the network. It waits for Close.
func (c *Conn) Unsent() []*Message {
	<-c.done
	c.queue.Lock()
	defer c.queue.Unlock()
	unsent := slices.Clone(c.unsent)
	for _, s := range c.sealed {
		unsent = append(unsent, s.m)
	}
	return append(unsent, c.queue.messages...)
}

// Keepalive queues a KEEPALIVE2, which the peer answers at once. LastAck tells when it did.
func (c *Conn) Keepalive() {
	c.queue.Lock()
	c.queue.keepalive = true
	c.queue.Unlock()
	c.wakeWriter()
}

// LastAck returns when the newest answer to a keepalive came, the zero time if none has, and how long it took.
func (c *Conn) LastAck() (at time.Time, rtt time.Duration) {
	c.keepalive.Lock()
	defer c.keepalive.Unlock()
	return c.keepalive.ackedAt, c.keepalive.rtt
}

// Close closes the connection and returns when its goroutine has ended. Receive returns ErrClosed.
func (c *Conn) Close() error {
	_ = c.fail(ErrClosed)
	<-c.done
	return nil
}

// fail ends the connection. The first reason stays.
func (c *Conn) fail(err error) error {
	c.queue.Lock()
	defer c.queue.Unlock()
	if c.queue.err == nil {
		c.queue.err = err
		close(c.closed)
		c.nc.Close()
	}
	return c.queue.err
}

func (c *Conn) wakeWriter() {
	select {
	case c.wake <- struct{}{}:
	default: // it is awake, or about to be
	}
}

// writeLoop drains the queue: everything that is there leaves in one write, and then it sleeps.
func (c *Conn) writeLoop() {
	defer close(c.done)
	if c.onPanic != nil {
		defer func() {
			if v := recover(); v != nil {
				_ = c.fail(fmt.Errorf("msgr2: write: panic: %v", v))
				c.onPanic(v, debug.Stack())
			}
		}()
	}
	var batch []*Message
	for {
		select {
		case <-c.closed:
			return
		case <-c.wake:
		}
		for {
			c.queue.Lock()
			batch, c.queue.messages = c.queue.messages, batch[:0]
			keepalive, ack, stamp := c.queue.keepalive, c.queue.ack, c.queue.ackStamp
			c.queue.keepalive, c.queue.ack = false, false
			c.queue.Unlock()
			if len(batch) == 0 && !keepalive && !ack {
				break
			}
			if err := c.writeBatch(batch, keepalive, ack, stamp); err != nil {
				_ = c.fail(fmt.Errorf("msgr2: write: %w", err))
				return
			}
			clear(batch) // the messages are the senders' again
		}
	}
}

func (c *Conn) writeBatch(batch []*Message, keepalive, ack bool, stamp denc.UTime) error {
	if ack {
		if err := c.sealControl(tagKeepalive2Ack, stamp); err != nil {
			return err
		}
	}
	for i, m := range batch {
		err := c.sealMessage(m)
		if err == nil && len(c.buf)+c.more >= flushSize {
			err = c.flush()
		}
		if err != nil {
			c.unsent = append(c.unsent, batch[i+1:]...)
			return err
		}
	}
	if keepalive {
		now := time.Now()
		c.keepalive.Lock()
		c.keepalive.sentAt, c.keepalive.sentStamp = now, denc.FromTime(now)
		c.keepalive.Unlock()
		if err := c.sealControl(tagKeepalive2, denc.FromTime(now)); err != nil {
			return err
		}
	}
	return c.flush()
}

func (c *Conn) sealControl(t tag, stamp denc.UTime) (err error) {
	segs := []segment{{bytes: stamp.AppendTo(nil)}}
	c.buf, err = c.seal.seal(c.buf, t, segs)
	traceSent(c.trace, t, segs)
	return err
}

func (c *Conn) sealMessage(m *Message) (err error) {
	c.seq++
	c.out = outgoing{m: m, seq: c.seq, ack: c.seen.Load()}
	front := segment{bytes: m.Front}
	if m.Payload != nil {
		c.front.payload = m.Payload
		front = segment{encoder: &c.front}
	}
	c.segs = [maxSegments]segment{{encoder: &c.out}, front, {bytes: m.Middle}, {bytes: m.Data}}
	before, had := len(c.buf)+c.more, len(c.apart)
	if n := len(m.Front) + len(m.Middle) + len(m.Data); n > keepBuffer && c.secure() {
		c.buf = largeBuffer(c.buf, n+frameOverhead)
	}
	c.buf, err = c.seal.seal(c.buf, tagMessage, c.segs[:])
	for _, a := range c.apart[had:] {
		c.more += len(a.p)
	}
	c.sealed = append(c.sealed, sealed{m, len(c.buf) + c.more})
	if n := len(c.buf) + c.more - before; n >= bulkMessage {
		c.bulk.Add(uint64(n)) //nolint:gosec // not negative
	}
	traceSent(c.trace, tagMessage, c.segs[:])
	c.out, c.front.payload, c.segs = outgoing{}, nil, [maxSegments]segment{} // the message is not held on to
	return err
}

// secure reports whether what is written is a copy of what was given, however large it is.
func (c *Conn) secure() bool { return c.info.Mode == ModeSecure }

func (c *Conn) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	n, err := c.nc.writeWith(c.buf, c.apart)
	if err != nil {
		for _, s := range c.sealed {
			if s.end > n {
				c.unsent = append(c.unsent, s.m)
			}
		}
	}
	c.nc.traffic.sent(c.sealed, n)
	clear(c.sealed)
	c.sealed = c.sealed[:0]
	clear(c.apart)
	c.apart, c.more = c.apart[:0], 0
	if c.buf = c.buf[:0]; cap(c.buf) > keepBuffer {
		if c.secure() {
			giveBack(c.buf)
		}
		c.buf = nil
	}
	return err
}

// Receive returns the next message. It answers keepalives itself. After an error the connection is closed and every
// call returns that error: io.EOF when the peer closed between two frames.
func (c *Conn) Receive() (*Message, error) {
	for {
		m, err := c.receiveFrame()
		if err != nil {
			if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("msgr2: read: %w", err)
			}
			return nil, c.fail(err)
		}
		if m != nil {
			return m, nil
		}
	}
}

// receiveFrame reads one frame and returns the message in it, if it is one.
func (c *Conn) receiveFrame() (*Message, error) {
	f := &c.f
	if err := c.open.open(c.src, f, c.maxMessage); err != nil {
		return nil, err
	}
	traceReceived(c.trace, f)
	if f.tag == tagMessage {
		m, err := parseMessage(f)
		f.body = nil // it is the message's now
		if err != nil {
			return nil, err
		}
		if last := c.seen.Load(); m.Seq <= last {
			return nil, nil // a duplicate; gaps are legal
		}
		c.seen.Store(m.Seq)
		c.nc.traffic.received()
		return m, nil
	}
	p, err := f.payload()
	if err != nil {
		return nil, err
	}
	r := denc.NewReader(p)
	switch f.tag {
	case tagKeepalive2:
		stamp := r.UTime("keepalive2.stamp")
		if c.ignoreKeepalives != nil && c.ignoreKeepalives() {
			break
		}
		c.queue.Lock()
		// One slot is enough: a peer that sends keepalives faster than it reads gets its newest one answered.
		c.queue.ack, c.queue.ackStamp = true, stamp
		c.queue.Unlock()
		c.wakeWriter()
	case tagKeepalive2Ack:
		c.acked(r.UTime("keepalive2_ack.stamp"))
	case tagAck:
		r.Uint64("ack.seq") // nothing is kept for resending
	default:
		return nil, frameErrorf("%v on a connection that is ready", f.tag)
	}
	return nil, r.Done()
}

func (c *Conn) acked(stamp denc.UTime) {
	now := time.Now()
	c.keepalive.Lock()
	defer c.keepalive.Unlock()
	c.keepalive.ackedAt = now
	if stamp == c.keepalive.sentStamp {
		c.keepalive.rtt = now.Sub(c.keepalive.sentAt)
	}
}
