package montest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/memnet"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Cluster is a quorum of embedded monitors. Its methods are safe for concurrent use.
type Cluster struct {
	opts   Options
	net    memnet.Network
	ctx    context.Context // ends handshakes that are under way
	cancel context.CancelFunc
	state  state
	once   sync.Once
	keys   *cephx.KeyServer

	// mons are in the order in which they were made; they do not go when they leave the monmap.
	mons struct {
		sync.RWMutex
		list []*Mon
	}
	// recorder keeps the transcript.
	recorder struct {
		sync.Mutex
		frames Transcript
		conns  int
	}
	lost        atomic.Bool // LoseQuorum
	nextAddress int         // of AddMon; guarded by mons
}

// Start starts a cluster that ends with the test. It fails the test when it cannot.
func Start(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	c, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		c.Close()
		if tb.Failed() && c.opts.Transcript {
			tb.Logf("transcript:\n%s", c.Transcript())
		}
	})
	return c
}

// New starts a cluster. Close ends it.
func New(o Options) (*Cluster, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cluster{opts: o, nextAddress: o.Mons}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	for i := range o.Mons {
		m := c.newMon(string(rune('a'+i)), c.address(i))
		c.mons.list = append(c.mons.list, m)
		if err := m.listen(); err != nil {
			c.Close()
			return nil, err
		}
	}
	if err := c.state.init(c); err != nil {
		c.Close()
		return nil, err
	}
	c.elect()
	if err := c.startMgrs(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends all monitors and returns when nothing of the cluster is left. It may be called more than once.
func (c *Cluster) Close() {
	c.once.Do(func() {
		c.cancel()
		c.lost.Store(true)
		mons := c.Mons()
		for _, m := range mons {
			m.watchOutage(false)
			m.Thaw()
			m.FillHole()
			m.stop()
		}
		c.stopMgrs()
		for _, m := range mons {
			m.conns.Wait()
		}
	})
}

// address returns where the ith monitor listens; a port of 0 is chosen when it does.
func (c *Cluster) address(i int) denc.EntityAddr {
	ip, port := netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), uint16(denc.DefaultPortMsgr2) // TEST-NET-1
	if c.opts.IPv6 {
		ip = netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1))
	}
	if c.opts.TCP {
		ip, port = netip.MustParseAddr("127.0.0.1"), 0
		if c.opts.IPv6 {
			ip = netip.IPv6Loopback()
		}
	}
	return denc.AddrFrom(denc.AddrMsgr2, netip.AddrPortFrom(ip, port))
}

// listen listens at a monitor's address.
func (c *Cluster) listen(a denc.EntityAddr) (net.Listener, error) {
	if c.opts.TCP {
		return new(net.ListenConfig).Listen(c.ctx, "tcp", a.AddrPort().String())
	}
	return c.net.Listen(a.AddrPort().String())
}

// Dial connects to a monitor; it is made for monclient.Config.Dial.
func (c *Cluster) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	for hole := c.holeAt(address); hole != nil; hole = c.holeAt(address) {
		select {
		case <-hole.ended:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if c.opts.TCP {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return c.net.DialContext(ctx, network, address)
}

// holeAt returns the black hole in which packets to an address are lost, nil if they are not.
func (c *Cluster) holeAt(address string) *blackHole {
	ends := c.Mons()
	c.state.mu.Lock()
	for _, m := range c.state.mgrs.list {
		ends = append(ends, m.end)
	}
	c.state.mu.Unlock()
	for _, m := range ends {
		if hole := m.hole.Load(); hole != nil && m.Addr().AddrPort().String() == address {
			return hole
		}
	}
	return nil
}

// MonMap returns a copy of the present monmap.
func (c *Cluster) MonMap() *cephmap.MonMap {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	return c.state.monmap.Clone()
}

// MonHost returns the monitors' addresses as the option mon_host has them.
func (c *Cluster) MonHost() string {
	var hosts []string
	for _, mon := range c.MonMap().Mons {
		hosts = append(hosts, "["+mon.Addrs.String()+"]")
	}
	return strings.Join(hosts, ",")
}

// Mon returns the monitor of that name, nil if there is none.
func (c *Cluster) Mon(name string) *Mon {
	for _, m := range c.Mons() {
		if m.name == name {
			return m
		}
	}
	return nil
}

// Mons returns all monitors, dead and removed ones included.
func (c *Cluster) Mons() []*Mon {
	c.mons.RLock()
	defer c.mons.RUnlock()
	return slices.Clone(c.mons.list)
}

// Key returns the key of an entity, the zero Key when there is no such entity, or no authentication.
func (c *Cluster) Key(name string) cephx.Key {
	n, err := denc.ParseEntityName(name)
	if err != nil || c.opts.NoAuth {
		return cephx.Key{}
	}
	e, _ := c.state.auth.lookup(n)
	return e.key
}

// AddEntity makes an entity with capabilities by service, {"mon": "allow r"} for example, and returns its key.
func (c *Cluster) AddEntity(name string, caps map[string]string) (cephx.Key, error) {
	n, err := denc.ParseEntityName(name)
	if err != nil {
		return cephx.Key{}, err
	}
	key, err := cephx.GenerateKey(c.opts.KeyType, time.Now(), nil)
	if err != nil {
		return cephx.Key{}, err
	}
	c.state.auth.set(entity{name: n, key: key, caps: caps})
	return key, nil
}

// WriteConf writes a ceph.conf and the keyring of client.admin into a directory, for any Ceph client, and returns the
// path of the ceph.conf.
func (c *Cluster) WriteConf(dir string) (string, error) {
	method := "cephx"
	if c.opts.NoAuth {
		method = "none" // "ceph ping" of Tentacle looks for a key all the same
	}
	keyring := filepath.Join(dir, "ceph.client.admin.keyring")
	if err := c.writeKeyring(keyring, adminName); err != nil {
		return "", err
	}
	conf := filepath.Join(dir, "ceph.conf")
	text := fmt.Sprintf("[global]\nfsid = %s\nmon_host = %s\nauth_cluster_required = %s\nauth_service_required = %s\nauth_client_required = %s\nkeyring = %s\n",
		c.opts.FSID, c.MonHost(), method, method, method, keyring)
	return conf, os.WriteFile(conf, []byte(text), 0o600)
}

// writeKeyring writes the keyring of an entity.
func (c *Cluster) writeKeyring(path string, name denc.EntityName) error {
	var k cephx.Keyring
	e, _ := c.state.auth.lookup(name)
	k.Set(cephx.Entry{Name: name, Key: e.key, Caps: capsOf(e)})
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("montest: keyring: %w", err)
	}
	_, err = k.WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("montest: keyring %s: %w", path, err)
	}
	return nil
}

// LogEntries returns the cluster log, the audit log included, from the oldest of the 10,000 entries that are kept. Each command
// "log" that a monitor has executed is an entry of its own, which tells a test how often one was.
func (c *Cluster) LogEntries() []monmsg.LogEntry {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	entries := make([]monmsg.LogEntry, len(c.state.log.entries))
	for i, e := range c.state.log.entries {
		entries[i] = e.LogEntry
	}
	return entries
}

// Log writes an entry of the monitors' own into the cluster log.
func (c *Cluster) Log(priority monmsg.LogPriority, message string) {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.logf("cluster", priority, "%s", message)
}
