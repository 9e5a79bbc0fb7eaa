//go:build linux

package survive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"sync"
)

// breaker dials connections that can be broken: now, or each after some number of bytes, in the midst of whatever they carry.
// It also reads what is sent, which is not encrypted here, and so knows how often a client has sent each text, whatever the
// client says.
type breaker struct {
	texts *regexp.Regexp

	mu    sync.Mutex
	sent  map[string]int        // guarded by mu; by text
	cut   map[string]int        // guarded by mu; how often a frame with the text may have been cut off after it
	conns map[*brittle]struct{} // guarded by mu
	limit int64                 // guarded by mu; how many bytes a connection lives for, at most; 0 is for ever
	broke int                   // guarded by mu
}

var errBroken = errors.New("broken by the test")

func (b *breaker) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		nc.Close()
		return nil, fmt.Errorf("dialled %T", nc)
	}
	c := &brittle{Conn: tcp, tcp: tcp, breaker: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns[c] = struct{}{}
	c.mortal(b.limit)
	return c, nil
}

func newBreaker(word string) *breaker {
	return &breaker{
		texts: regexp.MustCompile(regexp.QuoteMeta(word) + `[a-z-]+[0-9]+\.`),
		sent:  make(map[string]int),
		cut:   make(map[string]int),
		conns: make(map[*brittle]struct{}),
	}
}

// times returns how often a text was sent, and how often besides it was in a frame that may not have been sent to its end, so that
// no monitor has taken it.
func (b *breaker) times(text string) (sent, cut int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent[text], b.cut[text]
}

// breakAfter has every connection, those that there are and those to come, live for at most limit more bytes.
func (b *breaker) breakAfter(limit int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit = limit
	for c := range b.conns {
		c.mortal(limit)
	}
}

// breakAll breaks what connections there are.
func (b *breaker) breakAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		c.reset()
	}
}

func (b *breaker) broken() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broke
}

func (b *breaker) forget(c *brittle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
}

// brittle is a connection that breaks.
type brittle struct {
	net.Conn // not the TCPConn, which has more ways to write than Write
	tcp      *net.TCPConn
	breaker  *breaker

	tail []byte // of what was sent, owned by the writer

	mu   sync.Mutex
	left int64 // guarded by mu; bytes to go, negative for ever
}

func (c *brittle) mortal(limit int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = -1
	if limit > 0 {
		c.left = 1 + rand.Int64N(limit)
	}
}

// reset ends the connection for both sides, without a goodbye.
func (c *brittle) reset() {
	_ = c.tcp.SetLinger(0) // a reset instead of an end
	_ = c.tcp.Close()
}

// take returns how many of n bytes may pass, and whether the connection breaks after them.
func (c *brittle) take(n int) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left < 0 || int64(n) < c.left {
		if c.left > 0 {
			c.left -= int64(n)
		}
		return n, false
	}
	n = int(c.left)
	c.left = -1
	return n, true
}

func (c *brittle) Write(p []byte) (int, error) {
	n, breaks := c.take(len(p))
	written, err := c.Conn.Write(p[:n])
	if breaks {
		c.breaks()
		err = errBroken
	}
	c.tap(p[:written], err != nil)
	return written, err
}

// maxText is more than a text has bytes, and maxRest more than a frame has after it.
const (
	maxText = 64
	maxRest = 128
)

// tap counts the texts in what is sent, after which nothing follows when it is the last. A text may be in two pieces.
func (c *brittle) tap(p []byte, last bool) {
	seen := append(c.tail, p...)
	end := 0
	c.breaker.mu.Lock()
	for _, at := range c.breaker.texts.FindAllIndex(seen, -1) {
		end = at[1]
		if text := string(seen[at[0]:end]); last && len(seen)-end < maxRest {
			c.breaker.cut[text]++
		} else {
			c.breaker.sent[text]++
		}
	}
	c.breaker.mu.Unlock()
	c.tail = append(c.tail[:0], seen[max(end, len(seen)-maxText):]...)
}

func (c *brittle) Read(p []byte) (int, error) {
	got, err := c.Conn.Read(p)
	if n, breaks := c.take(got); breaks {
		c.breaks()
		return n, errBroken
	}
	return got, err
}

func (c *brittle) breaks() {
	c.breaker.mu.Lock()
	c.breaker.broke++
	c.breaker.mu.Unlock()
	c.reset()
}

func (c *brittle) Close() error {
	c.breaker.forget(c)
	return c.Conn.Close()
}
