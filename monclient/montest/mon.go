package montest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Mon is one monitor. Its methods are safe for concurrent use.
type Mon struct {
	cluster *Cluster
	name    string
	mgr     *Mgr // whose connections these are, nil: a monitor's

	conns sync.WaitGroup // serving goroutines, accepting included
	hole  atomic.Pointer[blackHole]

	mu       sync.Mutex
	addr     denc.EntityAddr
	listener net.Listener // nil while it is dead
	live     map[net.Conn]bool
	faults   faults
	controls map[uint16][]control
	received []monmsg.Message
	left     bool // LeaveQuorum

	outage struct {
		sync.Mutex
		timer *time.Timer // drops the clients; nil while it is in quorum
	}
}

func (c *Cluster) newMon(name string, addr denc.EntityAddr) *Mon {
	return &Mon{cluster: c, name: name, addr: addr, live: make(map[net.Conn]bool), controls: make(map[uint16][]control)}
}

// Name returns the monitor's name, a for example.
func (m *Mon) Name() string { return m.name }

// Addr returns where the monitor listens.
func (m *Mon) Addr() denc.EntityAddr {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addr
}

// Alive reports whether the monitor runs.
func (m *Mon) Alive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listener != nil
}

// Kill ends the monitor as kill -9 does: its connections break, and new ones are refused. The others elect anew. It may
// be called from a Handler, of a command that the monitor is just executing.
func (m *Mon) Kill() {
	m.stop()
	m.cluster.elect()
}

// stop closes the listener and all connections.
func (m *Mon) stop() {
	m.mu.Lock()
	l := m.listener
	m.listener = nil
	m.mu.Unlock()
	if l != nil {
		l.Close()
	}
	m.DropClients()
}

// Start starts a monitor that was killed.
func (m *Mon) Start() error {
	if err := m.listen(); err != nil {
		return err
	}
	m.cluster.elect()
	return nil
}

// DropClients breaks all connections to the monitor, which goes on.
func (m *Mon) DropClients() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.live {
		c.Close()
	}
}

// Received returns the messages that clients have sent to this monitor, in the order of their arrival, of many the last.
func (m *Mon) Received() []monmsg.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]monmsg.Message(nil), m.received...)
}

// listen starts to accept connections at the monitor's address.
func (m *Mon) listen() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listener != nil {
		return fmt.Errorf("montest: %s runs already", m.entity())
	}
	l, err := m.cluster.listen(m.addr)
	if err != nil {
		return fmt.Errorf("montest: %s: %w", m.entity(), err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		m.addr.Port = uint16(tcp.Port)
	}
	m.listener = l
	m.conns.Add(1)
	go m.acceptLoop(l)
	return nil
}

// entity returns the daemon's name.
func (m *Mon) entity() string {
	if m.mgr != nil {
		return m.name
	}
	return "mon." + m.name
}

// acceptLoop accepts connections until the listener is closed.
func (m *Mon) acceptLoop(l net.Listener) {
	defer m.conns.Done()
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		if m.listener != l || m.faults.refuse {
			m.mu.Unlock()
			nc.Close()
			continue
		}
		fc := newFaultyConn(nc, m)
		m.live[fc] = true
		m.conns.Add(1)
		m.mu.Unlock()
		go m.serve(fc)
	}
}

// handshakeTimeout is how long a client may take to become ready (ms_connection_ready_timeout).
const handshakeTimeout = 10 * time.Second

// serve runs one connection.
func (m *Mon) serve(nc *faultyConn) {
	defer m.conns.Done()
	defer func() {
		nc.Close()
		m.mu.Lock()
		delete(m.live, nc)
		m.mu.Unlock()
	}()
	m.mu.Lock()
	silent := m.faults.silent
	addrs := denc.EntityAddrVec{m.addr}
	m.mu.Unlock()
	if silent {
		b := make([]byte, 4096)
		for {
			if _, err := nc.Read(b); err != nil {
				return
			}
		}
	}
	if m.mgr != nil {
		m.mgr.serve(nc)
		return
	}
	c := m.cluster
	auth := c.newServerAuth(m)
	ctx, cancel := context.WithTimeout(c.ctx, handshakeTimeout)
	defer cancel()
	conn, err := msgr2.Server(ctx, nc, msgr2.ServerConfig{
		Auth: auth, Addrs: addrs, GID: int64(m.rank()), Features: c.features(), Revision0: c.opts.Revision0,
		Compression: c.compresses(), IgnoreKeepalives: m.ignoresKeepalives, Trace: c.tracer(m),
	})
	if err != nil {
		c.opts.Logger.Debug("handshake", "mon", m.name, "error", err)
		return
	}
	defer conn.Close()
	s := &session{
		mon: m, conn: conn, wire: nc, auth: auth, subs: make(map[string]*subscription),
		stateful: conn.Info().Features.Has(denc.FeatureServerJewel),
	}
	c.state.mu.Lock()
	c.state.sessions[s] = true
	c.state.mu.Unlock()
	defer func() {
		c.state.mu.Lock()
		delete(c.state.sessions, s)
		c.state.mu.Unlock()
	}()
	s.serve()
}

// rank returns the monitor's rank in the monmap, -1 when it is not in there.
func (m *Mon) rank() int {
	m.cluster.state.mu.Lock()
	defer m.cluster.state.mu.Unlock()
	return m.cluster.state.rankOf(m.name)
}

func (st *state) rankOf(name string) int {
	rank, ok := st.monmap.RankOf(name)
	if !ok {
		return -1
	}
	return rank
}
