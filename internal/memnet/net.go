package memnet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// Network joins listeners and those who dial them. The zero value is ready.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
}

// listener implements net.Listener.
type listener struct {
	n       *Network
	address string
	backlog chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

// backlogSize is how many connections wait to be accepted before a dial waits.
const backlogSize = 128

// Listen listens at an address, any text that Dial gets too.
func (n *Network) Listen(address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[address] != nil {
		return nil, fmt.Errorf("memnet: listen %s: %w", address, syscall.EADDRINUSE)
	}
	l := &listener{n: n, address: address, backlog: make(chan net.Conn, backlogSize), closed: make(chan struct{})}
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	n.listeners[address] = l
	return l, nil
}

// DialContext connects to a listener; it has the form of net.Dialer's method.
func (n *Network) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "mem", Addr: addr(address), Err: syscall.ECONNREFUSED}
	if l == nil {
		return nil, refused
	}
	client, server := newPipe("client", addr(address))
	select {
	case l.backlog <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close stops listening. Connections that were not accepted are closed.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.n.mu.Lock()
		delete(l.n.listeners, l.address)
		l.n.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.backlog:
				c.Close()
			default:
				return
			}
		}
	})
	return nil
}

func (l *listener) Addr() net.Addr { return addr(l.address) }
