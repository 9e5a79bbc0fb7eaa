package osdmap

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// keep is for a person: go test ./test/osdmap -keep monclient/cephmap/testdata (absolute, after removing */osd there)
var keep = flag.String("keep", "", "write the test data of package cephmap below this directory")

// patience bounds a step.
const patience = 90 * time.Second

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// cluster is a real cluster, and a client of it that does what words say.
type cluster struct {
	*realceph.Cluster
	client *monclient.Client
	table  *cmdtable.Table
	name   string
	dumps  map[uint32][]byte // osd dump of epochs
}

func start(t *testing.T, name string, o realceph.Options) *cluster {
	t.Helper()
	o.V1 = true
	o.Conf = map[string]string{
		"paxos_propose_interval":    "0.02", // a change a second would take too long
		"paxos_min_wait":            "0.02",
		"mon_lease":                 "1", // monitors miss one of their own after twice that
		"mon_allow_pool_delete":     "true",
		"mon_max_pg_per_osd":        "1000",
		"mon_osd_min_in_ratio":      "0",
		"osd_pool_default_size":     "2",
		"mon_osd_down_out_interval": "0",
	}
	if o.Release != realceph.Pacific { // it has no Crimson
		o.Conf["enable_experimental_unrecoverable_data_corrupting_features"] = "crimson"
	}
	realceph.Require(t, o.Release)
	started, err := realceph.Start(deadline(t), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		// The maps are the monitors'. OSDs may end: some that are told to serve a PG which is none of theirs do (pg-temp and
		// primary-temp; PeeringState::init_primary_up_acting in src/osd/PeeringState.cc).
		for _, daemon := range started.Crashed() {
			require.NotContains(t, daemon, "mon.")
		}
		require.NoError(t, started.Stop())
	})
	c := &cluster{Cluster: started, name: name}
	c.client = c.connect(t)
	c.table, err = cmdtable.Parse(c.ask(t, "get_command_descriptions", nil))
	require.NoError(t, err)
	return c
}

// connect returns a client whose first session is with one of these monitors, any if there are none.
func (c *cluster) connect(t *testing.T, mons ...realceph.Mon) *monclient.Client {
	t.Helper()
	conf := cephconf.New(cephconf.System{})
	require.NoError(t, conf.ReadFile(c.ConfPath))
	cfg, err := monclient.FromConf(deadline(t), conf)
	require.NoError(t, err)
	for _, m := range mons {
		cfg.MonMap, cfg.MonHost = nil, m.Addrs()
	}
	client, err := monclient.Connect(deadline(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// ask has the monitors do a command that must succeed, and returns what it prints.
func (c *cluster) ask(t *testing.T, prefix string, args map[string]any) []byte {
	t.Helper()
	reply, err := c.client.Command(deadline(t), monclient.Command{Prefix: prefix, Args: args})
	require.NoError(t, err)
	require.NoError(t, reply.Err(), "%s %v: %s", prefix, args, reply.Status)
	return reply.Output
}

// do has the monitors do a command in words.
func (c *cluster) do(t *testing.T, line string) error {
	t.Helper()
	cmd, args, err := c.table.Match(strings.Fields(line))
	if err != nil {
		return err
	}
	reply, err := c.client.Command(deadline(t), monclient.Command{Prefix: cmd.Prefix(), Args: args})
	if err != nil {
		return err
	}
	return reply.Err()
}

// since says from which release on there is a command that starts with its key.
var since = map[string]realceph.Release{
	"P:": realceph.Pacific, "R:": realceph.Reef, "T:": realceph.Tentacle,
}

// script does the lines one after the other, each in an epoch of its own or more.
func (c *cluster) script(t *testing.T, lines string) {
	t.Helper()
	var failed []error // all of them are worth knowing at once, as clusters take long to start
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		oldest, line, _ := strings.Cut(strings.TrimSpace(line), " ")
		if from, ok := since[oldest]; !ok {
			require.Fail(t, "since when is there this command?", line)
		} else if from <= c.Release { // the names happen to be in alphabetic order, too
			if err := c.persist(t, line); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", line, err))
			}
		}
	}
	require.NoError(t, errors.Join(failed...))
}

// persist does a line. What it builds on may be on its way to the monitor that is asked, so a refusal counts when it stays.
func (c *cluster) persist(t *testing.T, line string) error {
	t.Helper()
	patience := time.After(10 * time.Second)
	for {
		err := c.do(t, line)
		if err == nil {
			return nil
		}
		select {
		case <-patience:
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// until returns when the newest map is as it should be.
func (c *cluster) until(t *testing.T, good func(*cephmap.OSDMap) bool) {
	t.Helper()
	for ctx := deadline(t); ; {
		m, err := cephmap.DecodeOSDMap(c.ask(t, "osd getmap", nil))
		require.NoError(t, err)
		if good(m) {
			return
		}
		_, err = c.client.WaitForMap(ctx, "osdmap", uint64(m.Epoch)+1)
		require.NoError(t, err)
	}
}

// selfManagedSnaps makes snapshots that RBD would make, and deletes one.
func (c *cluster) selfManagedSnaps(t *testing.T) {
	t.Helper()
	pool, err := c.client.PoolID(deadline(t), "own")
	require.NoError(t, err)
	for range 3 {
		snap, err := c.client.CreateSelfManagedSnap(deadline(t), pool)
		require.NoError(t, err)
		if snap%2 == 1 {
			require.NoError(t, c.client.DeleteSelfManagedSnap(deadline(t), pool, snap))
		}
	}
}

// exceptions has some placement group be where CRUSH does not say, in the way that a command has. That is refused, or undone
// at once, where it makes no sense, so all ways are tried.
func (c *cluster) exceptions(t *testing.T, command string, places []string, n func(*cephmap.OSDMap) int) {
	t.Helper()
	pool, err := c.client.PoolID(deadline(t), "rep")
	require.NoError(t, err)
	c.until(t, func(*cephmap.OSDMap) bool {
		for seed := range pgs {
			for _, place := range places {
				if c.do(t, fmt.Sprintf("osd %s %d.%d %s", command, pool, seed, place)) != nil {
					continue
				}
				m, err := cephmap.DecodeOSDMap(c.ask(t, "osd getmap", nil))
				require.NoError(t, err)
				if n(m) > 0 {
					return true
				}
			}
		}
		return false
	})
}

// upmaps makes exceptions for balance, removes them, and makes them again.
func (c *cluster) upmaps(t *testing.T) {
	t.Helper()
	pool, err := c.client.PoolID(deadline(t), "rep")
	require.NoError(t, err)
	all := func(command string, places []string, n func(*cephmap.OSDMap) int) {
		c.exceptions(t, command, places, n)
		for seed := range pgs {
			require.NoError(t, c.do(t, fmt.Sprintf("osd rm-%s %d.%d", command, pool, seed)))
		}
		c.exceptions(t, command, places, n)
	}
	all("pg-upmap", pairs, func(m *cephmap.OSDMap) int { return m.PGUpmap.Len() })
	all("pg-upmap-items", pairs, func(m *cephmap.OSDMap) int { return m.PGUpmapItems.Len() })
	if c.Release != realceph.Pacific {
		all("pg-upmap-primary", single, func(m *cephmap.OSDMap) int { return m.PGUpmapPrimaries.Len() })
	}
}

// temps makes those exceptions that OSDs make for the time being. OSDs may end of that, so it is the last thing to do.
func (c *cluster) temps(t *testing.T) {
	t.Helper()
	c.exceptions(t, "pg-temp", pairs, func(m *cephmap.OSDMap) int { return m.PGTemp.Len() })
	c.exceptions(t, "primary-temp", single, func(m *cephmap.OSDMap) int { return m.PrimaryTemp.Len() })
}

// pgs is how many placement groups the pool rep has at least: those that it was created with.
const pgs = 4

// Where three OSDs can have a placement group, and its primary.
var (
	pairs  = []string{"0 1", "1 2", "2 0", "1 0", "2 1", "0 2"}
	single = []string{"0", "1", "2"}
)

// history is all that there was: full maps and incrementals by epoch, from 1 to the newest.
type history struct {
	full, incs map[uint32][]byte
	newest     uint32
}

func (c *cluster) history(t *testing.T) history {
	t.Helper()
	newest, oldest, err := c.client.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	require.EqualValues(t, 1, oldest)
	h := history{full: make(map[uint32][]byte), newest: uint32(newest)}
	for e := uint32(1); e <= h.newest; e++ {
		h.full[e] = c.ask(t, "osd getmap", map[string]any{"epoch": e})
	}
	h.incs = c.incrementals(t, h.newest)
	t.Logf("%d epochs", newest)
	return h
}

// incrementals returns those of all epochs up to the newest one. They go to a session that has had none of the maps.
func (c *cluster) incrementals(t *testing.T, newest uint32) map[uint32][]byte {
	t.Helper()
	s, err := c.connect(t).Subscribe("osdmap", 1, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	maps := make(map[uint32][]byte)
	for ctx := deadline(t); len(maps) < int(newest); {
		e, err := s.Next(ctx)
		require.NoError(t, err)
		require.False(t, e.Full, "epoch %d after %d incrementals", e.Epoch, len(maps))
		maps[uint32(e.Epoch)] = e.Data
	}
	return maps
}

// keep writes what package cephmap has as test data: all incrementals in one file, and the newest full map with its
// osd dump.
func (c *cluster) keep(t *testing.T, newest []byte, incs map[uint32][]byte) {
	t.Helper()
	if *keep == "" {
		return
	}
	dir := filepath.Join(*keep, string(c.Release), "osd")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("osdmap-e%d.bin", len(incs))), newest, 0o600))
	text := append(c.dump(t, uint32(len(incs))), '\n')
	require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("osdmap-e%d.json", len(incs))), text, 0o600))
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for e := range uint32(len(incs)) {
		_, err := z.Write(denc.AppendBlob(nil, incs[e+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, c.name+"-history.gz"), b.Bytes(), 0o600))
}

// TestEveryMapOfABusyClusterEncodesToItsOwnBytes also has something of everything in the last map. Meanwhile monitors are
// killed, and nobody who watches misses a map for that.
func TestEveryMapOfABusyClusterEncodesToItsOwnBytes(t *testing.T) {
	t.Parallel()
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			t.Parallel()
			c := start(t, "busy", realceph.Options{Release: rel, Mons: 3, OSDs: 3})
			w := c.watch(t)
			c.script(t, pools)
			c.selfManagedSnaps(t)
			c.upmaps(t)
			peon, churned := c.kill(t, "peon")
			require.NoError(t, c.StartMon(peon)) // the others have not missed it yet
			c.script(t, busy)
			churned()
			w.catchUp(t)
			leader, churned := c.kill(t, "leader")
			c.script(t, late)
			require.NoError(t, c.StartMon(leader))
			churned()
			c.temps(t)
			w.catchUp(t)
			h := c.history(t)
			c.requireOwnBytes(t, h)
			c.requireEveryKind(t, h)
			w.requireHistory(t, h)
		})
	}
}

func TestEveryMapOfAStretchedClusterEncodesToItsOwnBytes(t *testing.T) {
	t.Parallel()
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			t.Parallel()
			c := start(t, "stretch", realceph.Options{Release: rel, Mons: 3, OSDs: 2})
			c.script(t, stretch)
			c.until(t, func(m *cephmap.OSDMap) bool { return m.Stretch.Enabled }) // some time after the command
			m := c.requireOwnBytes(t, c.history(t))
			require.NotZero(t, m.Stretch.Bucket)
			id, ok := m.PoolID("rep") // the manager's pool may be made in the same moment
			require.True(t, ok)
			for _, p := range m.Pools {
				require.True(t, p.Key != id || p.Value.Peering != nil)
			}
		})
	}
}

// requireOwnBytes looks at the whole history of the cluster and returns the newest map.
func (c *cluster) requireOwnBytes(t *testing.T, h history) (newest *cephmap.OSDMap) {
	t.Helper()
	c.keep(t, h.full[h.newest], h.incs)
	c.requireCRUSHNames(t)
	applied := new(cephmap.OSDMap)
	for e := uint32(1); e <= h.newest; e++ {
		m, err := cephmap.DecodeOSDMap(h.full[e])
		require.NoError(t, err, "epoch %d", e)
		require.Equal(t, e, m.Epoch)
		requireBytes(t, h.full[e], m.AppendTo(nil), "epoch %d", e)

		i, err := cephmap.DecodeOSDMapIncremental(h.incs[e])
		require.NoError(t, err, "epoch %d", e)
		requireBytes(t, h.incs[e], i.AppendTo(nil), "incremental %d", e)
		last := applied
		applied, err = applied.Apply(i)
		require.NoError(t, err, "epoch %d", e)
		requireChanges(t, last, m)
		require.Empty(t, cephmap.DiffOSDMaps(m, applied), "epoch %d", e)
		require.Equal(t, m, applied, "epoch %d", e)
		c.requireDumped(t, applied)
		newest = m
	}
	return newest
}

// requireChanges says that two successive maps differ in something, if they do.
func requireChanges(t *testing.T, last, m *cephmap.OSDMap) {
	t.Helper()
	if len(cephmap.DiffOSDMaps(last, m)) > 0 {
		return
	}
	require.Empty(t, m.NewRemovedSnaps, "epoch %d", m.Epoch)
	require.Empty(t, m.NewPurgedSnaps, "epoch %d", m.Epoch)
	require.Equal(t, timeless(last), timeless(m), "epoch %d", m.Epoch)
}

// timeless returns a map without what is no change of the cluster: when it was made, when something last changed, and
// the snapshots of its epoch.
func timeless(m *cephmap.OSDMap) *cephmap.OSDMap {
	n := *m
	n.Epoch, n.Modified = 0, denc.UTime{}
	n.LastUpChange, n.LastInChange = denc.UTime{}, denc.UTime{}
	n.NewRemovedSnaps, n.NewPurgedSnaps = nil, nil
	return &n
}
