package monclient

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/memnet"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

var testFSID = uuid.MustParse("b5f1a2c4-0d3e-4f56-8a9b-0c1d2e3f4a5b")

// fakeCluster is a quorum of fake monitors without authentication, on a network in memory. They speak the real wire;
// what they answer is up to the test.
type fakeCluster struct {
	t      *testing.T
	net    memnet.Network
	monmap *cephmap.MonMap
	mons   map[string]*fakeMon
}

// fakeMon is one monitor.
type fakeMon struct {
	cluster  *fakeCluster
	info     cephmap.MonInfo
	rank     int
	listener net.Listener
	conns    sync.WaitGroup

	mu       sync.Mutex
	live     map[*msgr2.Conn]bool
	received []monmsg.Message
	dialed   []time.Time
	refusal  *msgr2.AuthRefusal
	// refuseReclaim answers those who claim an earlier global_id.
	refuseReclaim func() *msgr2.AuthRefusal
	// answer, when set, takes a message; false leaves it to the default answers.
	answer func(conn *msgr2.Conn, m monmsg.Message, tid uint64) bool
	// mute monitors complete no handshake; deaf ones complete it and answer nothing.
	mute, deaf bool
	globalID   uint64
}

// startFakes starts monitors by name; all are in the map, of the given epoch.
func startFakes(t *testing.T, epoch uint32, names ...string) *fakeCluster {
	t.Helper()
	c := &fakeCluster{t: t, mons: make(map[string]*fakeMon)}
	c.monmap = cephmap.NewMonMap(testFSID, cephmap.ReleaseReef)
	c.monmap.Epoch = epoch
	for i, name := range names {
		addr := denc.AddrFrom(denc.AddrMsgr2, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 3300))
		info := cephmap.MonInfo{Name: name, Addrs: denc.EntityAddrVec{addr}}
		require.NoError(t, c.monmap.Add(info))
		c.mons[name] = &fakeMon{cluster: c, info: info, rank: i, live: make(map[*msgr2.Conn]bool), globalID: 4000}
	}
	for _, m := range c.mons {
		m.start()
	}
	t.Cleanup(func() {
		for _, m := range c.mons {
			m.kill()
		}
	})
	return c
}

func (m *fakeMon) addr() denc.EntityAddr { return m.info.Addrs[0] }

// start listens; it may follow kill.
func (m *fakeMon) start() {
	l, err := m.cluster.net.Listen(m.addr().AddrPort().String())
	require.NoError(m.cluster.t, err)
	m.listener = l
	m.conns.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			m.conns.Add(1)
			go m.serve(nc)
		}
	})
}

// kill closes the listener and all connections, as the end of the process does.
func (m *fakeMon) kill() {
	if m.listener == nil {
		return
	}
	m.listener.Close()
	m.listener = nil
	m.dropAll()
	m.conns.Wait()
}

// dropAll closes the connections that are ready.
func (m *fakeMon) dropAll() {
	m.mu.Lock()
	live := m.live
	m.live = make(map[*msgr2.Conn]bool)
	m.mu.Unlock()
	for c := range live {
		c.Close()
	}
}

func (m *fakeMon) serve(nc net.Conn) {
	defer m.conns.Done()
	m.mu.Lock()
	m.dialed = append(m.dialed, time.Now())
	mute := m.mute
	m.mu.Unlock()
	if mute {
		b := make([]byte, 1024)
		for {
			if _, err := nc.Read(b); err != nil {
				nc.Close()
				return
			}
		}
	}
	conn, err := msgr2.Server(context.Background(), nc, msgr2.ServerConfig{Auth: fakeAuth{m}, Addrs: m.info.Addrs, GID: int64(m.rank)})
	if err != nil {
		return
	}
	m.mu.Lock()
	m.live[conn] = true
	m.mu.Unlock()
	defer conn.Close()
	for {
		in, err := conn.Receive()
		if err != nil {
			return
		}
		msg, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
		require.NoError(m.cluster.t, err)
		m.mu.Lock()
		m.received = append(m.received, msg)
		answer, deaf := m.answer, m.deaf
		m.mu.Unlock()
		if deaf || (answer != nil && answer(conn, msg, in.Tid)) {
			continue
		}
		m.defaultAnswer(conn, msg, in.Tid)
	}
}

func (m *fakeMon) defaultAnswer(conn *msgr2.Conn, msg monmsg.Message, tid uint64) {
	switch msg := msg.(type) {
	case *monmsg.MMonGetMap:
		reply(conn, m.cluster.encodedMonMap(), 0)
	case *monmsg.MMonCommand:
		reply(conn, &monmsg.MMonCommandAck{Cmd: msg.Cmd, Output: []byte("from " + m.info.Name)}, tid)
	case *monmsg.MMonGetVersion:
		reply(conn, &monmsg.MMonGetVersionReply{Handle: msg.Handle, Version: 42, Oldest: 7}, 0)
	}
}

func (c *fakeCluster) encodedMonMap() *monmsg.MMonMap {
	return &monmsg.MMonMap{Map: c.monmap.AppendTo(nil)}
}

// reply sends a message to a client.
func reply(conn *msgr2.Conn, m monmsg.Message, tid uint64) {
	version, compat := m.MsgVersion()
	out := &msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Tid: tid, Priority: msgr2.PriorityHigh, Payload: m}
	if d, ok := m.(monmsg.DataMessage); ok {
		out.Data = d.Data()
	}
	_ = conn.Send(out) // to a client that has gone
}

// set changes the monitor's behaviour.
func (m *fakeMon) set(change func(m *fakeMon)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// broadcast sends a message on every ready connection.
func (m *fakeMon) broadcast(msg monmsg.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for conn := range m.live {
		reply(conn, msg, 0)
	}
}

// got returns the received messages of one type.
func got[T monmsg.Message](m *fakeMon) []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []T
	for _, msg := range m.received {
		if x, ok := msg.(T); ok {
			list = append(list, x)
		}
	}
	return list
}

// dials returns when the monitor was dialled.
func (m *fakeMon) dials() []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]time.Time(nil), m.dialed...)
}

// fakeAuth is the method none on the accepting side.
type fakeAuth struct{ m *fakeMon }

func (a fakeAuth) Request(method uint32, modes []uint32, payload []byte) (msgr2.AuthReply, error) {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	if a.m.refusal != nil {
		return msgr2.AuthReply{Refused: a.m.refusal}, nil
	}
	id := binary.LittleEndian.Uint64(payload[len(payload)-8:]) // the claimed global_id ends the request
	if id != 0 && a.m.refuseReclaim != nil {
		return msgr2.AuthReply{Refused: a.m.refuseReclaim()}, nil
	}
	if id == 0 {
		a.m.globalID++
		id = a.m.globalID
	}
	return msgr2.AuthReply{Done: &msgr2.AuthGrant{GlobalID: id, Mode: msgr2.ModeCRC}}, nil
}

func (fakeAuth) More([]byte) (msgr2.AuthReply, error) { return msgr2.AuthReply{}, net.ErrClosed }

// config returns a configuration that starts from the cluster's addresses.
func (c *fakeCluster) config() Config {
	start := cephmap.NewMonMap(uuid.Nil, 0)
	for _, mon := range c.monmap.Mons {
		require.NoError(c.t, start.AddBootstrap(mon.Name, mon.Addrs, mon.Priority, mon.Weight))
	}
	return Config{MonMap: start, Methods: []cephx.Method{cephx.MethodNone}, Dial: c.net.DialContext, Hostname: "testhost"}
}

// connect connects a client that the test's end closes.
func (c *fakeCluster) connect(change ...func(*Config)) *Client {
	c.t.Helper()
	cfg := c.config()
	for _, f := range change {
		f(&cfg)
	}
	client, err := Connect(c.t.Context(), cfg)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { client.Close() })
	return client
}

// current returns the monitor that the client has its session with.
func (c *fakeCluster) current(client *Client) *fakeMon {
	c.t.Helper()
	info, ok := client.Session()
	require.True(c.t, ok)
	return c.mons[info.Mon]
}

// frozen are the addresses whose monitors have stopped, as SIGSTOP does: connections stay and nothing goes through.
var frozen sync.Map

// freezable makes connections that stand still while their address is in frozen.
func freezable(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		return &freezableConn{nc, address}, err
	}
}

type freezableConn struct {
	net.Conn
	address string
}

func (c *freezableConn) Write(p []byte) (int, error) {
	if _, is := frozen.Load(c.address); is {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
