package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

const (
	startTimeout = 90 * time.Second // for a cluster
	// settleTime is how long a quorum is left alone when it has come together: a monitor turns new clients away until it has
	// ids to give them (src/mon/AuthMonitor.cc, _assign_global_id), for which it asks the leader in its tick.
	settleTime = 1500 * time.Millisecond
)

// monConf is what the monitors have set otherwise than by default.
var monConf = map[string]string{
	// A monitor notes every command in the cluster's log, which it commits to disk: thousands of entries a second, more work
	// than the commands, and stalls of a second.
	"clog_to_monitors": "false",
	// A monitor remembers its last 20 commands, the messages included, and takes no more while all that it holds of clients is
	// 100 MiB (mon_op_history_size, mon_client_bytes): after 12 large inputs it would answer nobody.
	"mon_op_history_size": "0",
	// See settleTime; 5 s by default.
	"mon_tick_interval": "1",
	// 64 KiB by default; for the large reply.
	"mon_config_key_max_entry_size": strconv.Itoa(replyBytes),
}

// cluster is one that loads run on.
type cluster struct {
	*realceph.Cluster
	mons int
	// noNetwork is why none of its monitors can be made silent.
	noNetwork error
}

// withCluster calls a function with a new cluster of so many monitors, which has what the loads need.
func (b *bench) withCluster(ctx context.Context, mons int, loads []load, f func(c *cluster) error) (err error) {
	needed := func(what func(l load) bool) bool {
		return slices.ContainsFunc(loads, func(l load) bool { return l.Mons == mons && what(l) })
	}
	c, err := startCluster(ctx, b.release, mons, needed(func(l load) bool { return l.Silent }))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if needed(func(l load) bool { return l.Command == bigReply }) {
		if err := b.writeReply(ctx, c); err != nil {
			return err
		}
	}
	return f(c)
}

// startCluster starts a cluster, with a network of its own if it is to have silent monitors and this user may make one.
func startCluster(ctx context.Context, release realceph.Release, mons int, silent bool) (*cluster, error) {
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c := &cluster{mons: mons}
	o := realceph.Options{Release: release, Mons: mons, Network: silent, Conf: monConf}
	var err error
	if c.Cluster, err = realceph.Start(startCtx, o); err != nil && silent {
		c.noNetwork = err
		o.Network = false
		c.Cluster, err = realceph.Start(startCtx, o)
	}
	if err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), c.Stop())
	case <-time.After(settleTime):
		return c, nil
	}
}

// writeReply has the monitors keep what the large reply is.
func (b *bench) writeReply(ctx context.Context, c *cluster) error {
	file := filepath.Join(b.dir, "reply")
	if err := os.WriteFile(file, []byte(strings.Repeat("x", replyBytes)), 0o600); err != nil {
		return err
	}
	if r := c.Ceph(ctx, "config-key", "set", replyKey, "-i", file); r.Err != nil {
		return fmt.Errorf("the large reply: %w", r.Err)
	}
	return nil
}

// prepared runs a function while the cluster is as the load wants it.
func (c *cluster) prepared(l load, f func() error) (err error) {
	if l.Silent {
		mons := c.Mons()
		last := mons[len(mons)-1].Name // not the leader, which is the first
		if err := c.BlackHole(last); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.Heal(last)) }()
	}
	return f()
}

// trouble returns an error when a daemon has crashed.
func (c *cluster) trouble() error {
	if crashed := c.Crashed(); len(crashed) > 0 {
		return fmt.Errorf("crashed: %q\n%s", crashed, c.Logs(40))
	}
	return nil
}
