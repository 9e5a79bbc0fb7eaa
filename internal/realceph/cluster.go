package realceph

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// Cluster is a running cluster. Its exported fields do not change; its methods may be called from any goroutine.
type Cluster struct {
	Release     Release
	Dir         string // everything of this cluster; Stop removes it
	ConfPath    string // ceph.conf, which names the keyring of every client by itself
	KeyringPath string // client.admin's
	BinDir      string // wrapper scripts that run the release's ceph, rados, monmaptool, … on this cluster
	FSID        string

	options Options
	tree    tree
	ip      netip.Addr // of the mgr and the OSDs and, without a network, the monitors
	room    *room
	network *network // nil without Options.Network
	spawner *spawner

	mu      sync.Mutex
	mons    []Mon              // guarded by mu
	ports   []*ports           // guarded by mu
	links   map[string]slot    // guarded by mu; a monitor's, by its name
	daemons map[string]*daemon // guarded by mu; the last run of each
	stopped bool               // guarded by mu
	stopErr error              // guarded by mu
}

// Mon is a monitor of a cluster.
type Mon struct {
	Name string // "a"
	Rank int
	V2   netip.AddrPort
	V1   netip.AddrPort // the zero value unless Options.V1 was set
}

// Addrs returns the monitor's address vector as mon_host spells it, "[v2:127.0.0.1:15000]".
func (m Mon) Addrs() string {
	if !m.V1.IsValid() {
		return "[v2:" + m.V2.String() + "]"
	}
	return "[v2:" + m.V2.String() + ",v1:" + m.V1.String() + "]"
}

// Start starts a cluster and returns when all its monitors are in quorum and, if asked for, its mgr is
// active and its OSDs are up. ctx bounds the start, not the cluster's life: that ends with Stop.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if !supported {
		return nil, fmt.Errorf("realceph: clusters run on Linux only: %w", errors.ErrUnsupported)
	}
	o, err := o.normalize()
	if err != nil {
		return nil, err
	}
	t, err := o.Release.tree()
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		c, err := start(ctx, o, t)
		// Somebody else may have bound a port after we saw it free.
		if !errors.Is(err, errPortTaken) || attempt == maxAttempts {
			return c, err
		}
	}
}

// maxAttempts bounds the starts of a cluster whose ports were taken.
const maxAttempts = 3

var errPortTaken = errors.New("a port was taken")

func start(ctx context.Context, o Options, t tree) (c *Cluster, err error) {
	c = &Cluster{
		Release: o.Release,
		FSID:    uuid.NewString(),
		options: o,
		tree:    t,
		ip:      netip.MustParseAddr("127.0.0.1"),
		links:   make(map[string]slot),
		daemons: make(map[string]*daemon),
	}
	if o.IPv6 {
		c.ip = netip.IPv6Loopback()
	}
	if c.room, err = newRoom(); err != nil {
		return nil, err
	}
	if c.spawner, err = newSpawner(o.Network); err != nil {
		return nil, errors.Join(err, c.room.remove())
	}
	c.Dir = c.room.dir
	c.ConfPath = filepath.Join(c.Dir, "ceph.conf")
	c.KeyringPath = filepath.Join(c.Dir, "client.admin.keyring")
	c.BinDir = filepath.Join(c.Dir, "bin")
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	if err := c.assignAddrs(); err != nil {
		return err
	}
	if err := c.writeFiles(); err != nil {
		return err
	}
	if err := c.makeKeys(ctx); err != nil {
		return err
	}
	if err := c.makeMons(ctx); err != nil {
		return err
	}
	mons := c.Mons()
	for _, m := range mons {
		if err := c.StartMon(m.Name); err != nil {
			return err
		}
	}
	if err := c.WaitQuorum(ctx, len(mons)); err != nil {
		if strings.Contains(c.Logs(20), "Address already in use") {
			return fmt.Errorf("%w: %w", errPortTaken, err)
		}
		return err
	}
	return c.startOthers(ctx)
}

func (c *Cluster) assignAddrs() error {
	if c.options.Network {
		var err error
		if c.network, err = newNetwork(filepath.Dir(c.Dir), c.spawner); err != nil {
			return err
		}
		others, err := c.network.connect()
		if err != nil {
			return err
		}
		c.ip = others.inside
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for i := range c.options.Mons {
		names = append(names, string(rune('a'+i)))
	}
	// Ascending addresses make the order of names that of ranks, however a release orders a monmap.
	mons, err := c.place(names...)
	c.mons = mons
	return err
}

// place gives new monitors addresses, ascending. c.mu is held.
func (c *Cluster) place(names ...string) ([]Mon, error) {
	mons := make([]Mon, len(names))
	if c.network != nil {
		for i, name := range names {
			s, err := c.network.connect()
			if err != nil {
				return nil, err
			}
			c.links[name] = s
			mons[i] = Mon{Name: name, Rank: i, V2: netip.AddrPortFrom(s.inside, defaultV2)}
			if c.options.V1 {
				mons[i].V1 = netip.AddrPortFrom(s.inside, defaultV1)
			}
		}
		return mons, nil
	}
	each := 1
	if c.options.V1 {
		each = 2
	}
	p, err := reservePorts(filepath.Dir(c.Dir), c.ip, each*len(names))
	if err != nil {
		return nil, err
	}
	c.ports = append(c.ports, p)
	for i, name := range names {
		mons[i] = Mon{Name: name, Rank: i, V2: netip.AddrPortFrom(c.ip, p.all[each*i])}
		if c.options.V1 {
			mons[i].V1 = netip.AddrPortFrom(c.ip, p.all[each*i+1])
		}
	}
	return mons, nil
}

// The ports of monitors that have an address of their own, which are Ceph's.
const (
	defaultV2 = 3300
	defaultV1 = 6789
)

// wrapped are the programs that get a wrapper script.
var wrapped = []string{"ceph", "rados", "rbd", "monmaptool", "osdmaptool", "crushtool", "ceph-authtool", "ceph-conf"}

func (c *Cluster) writeFiles() error {
	if err := c.writeConf(); err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(c.BinDir, 0o700), os.Mkdir(filepath.Join(c.Dir, "crash"), 0o700)); err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	for _, program := range wrapped {
		script := c.tree.wrapper(program, c.ConfPath)
		if err := os.WriteFile(filepath.Join(c.BinDir, program), []byte(script), 0o700); err != nil {
			return fmt.Errorf("realceph: %w", err)
		}
	}
	return nil
}

// writeConf writes ceph.conf. Whoever reads it sees the old one or the new one.
func (c *Cluster) writeConf() error {
	return replaceFile(c.ConfPath, c.conf(c.tree))
}

// replaceFile writes a file that others may be reading.
func replaceFile(path, text string) error {
	next := path + ".new"
	if err := errors.Join(os.WriteFile(next, []byte(text), 0o600), os.Rename(next, path)); err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	return nil
}

// Mons returns the monitors by rank.
func (c *Cluster) Mons() []Mon {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.mons)
}

// MonHost returns all monitors' addresses in mon_host's form.
func (c *Cluster) MonHost() string {
	mons := c.Mons()
	addrs := make([]string, len(mons))
	for i, m := range mons {
		addrs[i] = m.Addrs()
	}
	return strings.Join(addrs, ",")
}

// Env returns what a program needs in its environment to use the cluster: CEPH_CONF, CEPH_KEYRING,
// CEPH_RELEASE, REALCEPH_CEPH (a script that runs the release's ceph command on this cluster) and REALCEPH_BIN
// (a directory of such scripts).
func (c *Cluster) Env() []string {
	return []string{
		"CEPH_CONF=" + c.ConfPath,
		"CEPH_KEYRING=" + c.KeyringPath,
		"CEPH_RELEASE=" + string(c.Release),
		"REALCEPH_CEPH=" + filepath.Join(c.BinDir, "ceph"),
		"REALCEPH_BIN=" + c.BinDir,
	}
}

// Ceph runs the release's own ceph command as client.admin. (The command is a Python program, and takes
// a few tenths of a second.)
func (c *Cluster) Ceph(ctx context.Context, args ...string) Result {
	return c.Tool(ctx, "ceph", args...)
}

// Tool runs one of the release's programs with CEPH_CONF set to the cluster's, in the cluster's network if it has one, where
// no black hole reaches. See [Release.Command] for the names.
func (c *Cluster) Tool(ctx context.Context, name string, args ...string) Result {
	cmd := c.tree.command(ctx, name, args...)
	cmd.Env = append(cmd.Env, "CEPH_CONF="+c.ConfPath)
	cmd.Dir = c.Dir
	if c.network == nil {
		return run(cmd, name)
	}
	return runFrom(cmd, name, func() error { return c.spawner.start(cmd) })
}

// Stop kills all daemons and removes the cluster's directory. Only the first call does something; the
// others return what it returned.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return c.stopErr
	}
	c.stopped = true
	var errs []error
	for _, d := range c.daemons {
		if d.running() {
			d.asked = true
			errs = append(errs, d.sendKill()) // all at once, then wait
		}
	}
	for _, d := range c.daemons {
		<-d.exited
	}
	c.spawner.stop()
	for _, p := range c.ports {
		p.release()
	}
	if c.network != nil {
		c.network.release()
	}
	c.stopErr = errors.Join(append(errs, c.room.remove())...)
	return c.stopErr
}
