package monclient

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

var testFSID = uuid.MustParse("b5f1a2c4-0d3e-4f56-8a9b-0c1d2e3f4a5b")

// bubble runs a test with fake time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// after waits for a time of the bubble.
func after(d time.Duration) { <-time.After(d) }

// cluster is a quorum of embedded monitors that keeps an eye on who calls.
type cluster struct {
	*montest.Cluster
	t *testing.T

	mu    sync.Mutex
	calls map[string][]time.Time // by the monitor's address; refused ones included
	open  int                    // connections that the client has and has not closed
	knock func(address string)   // is told of every call before it is put through
}

// startMons starts monitors a, b, c and so on; the monmap has the given epoch, and the fsid is testFSID.
func startMons(t *testing.T, epoch uint32, o montest.Options) *cluster {
	t.Helper()
	o.FSID = testFSID
	c := &cluster{Cluster: montest.Start(t, o), t: t, calls: make(map[string][]time.Time)}
	for range epoch - 1 {
		require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}))
	}
	return c
}

// config returns a configuration that starts from the monitors' addresses.
func (c *cluster) config() Config {
	start := cephmap.NewMonMap(uuid.Nil, 0)
	for _, mon := range c.MonMap().Mons {
		require.NoError(c.t, start.AddBootstrap(mon.Name, mon.Addrs, mon.Priority, mon.Weight))
	}
	cfg := Config{MonMap: start, Key: c.Key("client.admin"), Dial: c.dial, Hostname: "testhost"}
	if cfg.Key.IsZero() {
		cfg.Methods = []cephx.Method{cephx.MethodNone}
	}
	return cfg
}

// prefer gives a configuration's monitors priorities; lower values come first.
func prefer(cfg *Config, priorities map[string]uint16) {
	for name, priority := range priorities {
		mon, _ := cfg.MonMap.Mon(name)
		mon.Priority = priority
	}
}

// connect connects a client that the test's end closes.
func (c *cluster) connect(change ...func(*Config)) *Client {
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
func (c *cluster) current(client *Client) *montest.Mon {
	c.t.Helper()
	info, ok := client.Session()
	require.True(c.t, ok)
	return c.Mon(info.Mon)
}

// dial is Config.Dial.
func (c *cluster) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.mu.Lock()
	c.calls[address] = append(c.calls[address], time.Now())
	knock := c.knock
	c.mu.Unlock()
	if knock != nil {
		knock(address)
	}
	nc, err := c.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	return &watchedConn{Conn: nc, cluster: c}, nil
}

// onDial has f told of every call before it is put through.
func (c *cluster) onDial(f func(address string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.knock = f
}

// watchedConn is a connection whose end its cluster learns about.
type watchedConn struct {
	net.Conn
	cluster *cluster
	once    sync.Once
}

func (w *watchedConn) Close() error {
	w.once.Do(func() {
		w.cluster.mu.Lock()
		defer w.cluster.mu.Unlock()
		w.cluster.open--
	})
	return w.Conn.Close()
}

// openConns returns how many connections clients have.
func (c *cluster) openConns() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// dials returns when a monitor was dialled.
func (c *cluster) dials(name string) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Time(nil), c.calls[c.Mon(name).Addr().AddrPort().String()]...)
}

// got returns the messages of one type that a monitor has received.
func got[T monmsg.Message](m *montest.Mon) []T {
	var list []T
	for _, msg := range m.Received() {
		if x, ok := msg.(T); ok {
			list = append(list, x)
		}
	}
	return list
}

// subscribed returns what a monitor was asked to send, by request.
func subscribed(m *montest.Mon) (list []map[string]monmsg.Subscription) {
	for _, msg := range got[*monmsg.MMonSubscribe](m) {
		list = append(list, msg.What)
	}
	return list
}

// deafen has a monitor take everything that a client asks for, and answer none of it. The session stays.
func deafen(m *montest.Mon) { react(m, montest.Drop) }

// react has a monitor do something else with everything that a client asks for.
func react(m *montest.Mon, act montest.Action) {
	for _, typ := range []uint16{monmsg.TypeMonGetMap, monmsg.TypeMonSubscribe, monmsg.TypeMonGetVersion, monmsg.TypeMonCommand} {
		m.ControlAll(typ, act)
	}
}

// answerCommand has the monitors answer commands of a prefix with their name.
func (c *cluster) answerCommand(prefix string) {
	c.HandleCommand(prefix, func(cmd montest.Command) montest.Result {
		return montest.Result{Output: []byte("from " + cmd.Mon)}
	})
}
