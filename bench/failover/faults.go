package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// quorumTimeout is for a monitor's return into the quorum.
const quorumTimeout = 90 * time.Second

// settleTime is how long a quorum is left alone when it has come together: a monitor turns new clients away until it has ids to
// give them (src/mon/AuthMonitor.cc, _assign_global_id), for which it asks the leader in its tick.
const settleTime = 1500 * time.Millisecond

// monConf is what the monitors have set otherwise than by default.
var monConf = map[string]string{
	// A monitor notes every command in the cluster's log, which it commits to disk: more work than the commands.
	"clog_to_monitors": "false",
	// See settleTime; 5 s by default.
	"mon_tick_interval": "1",
}

// fault is what befalls a monitor, and its end.
type fault struct {
	name   string
	silent bool // the monitor's connections stay open
	begin  func(c *realceph.Cluster, mon string) error
	finish func(c *realceph.Cluster, mon string) error // what else belongs to it and takes longer, nil: nothing
	end    func(c *realceph.Cluster, mon string) error
}

var faults = []fault{
	// From the first signal on, the monitor answers nothing. KillMon returns when it is gone, which clients know by then.
	{name: "kill", begin: (*realceph.Cluster).Freeze, finish: (*realceph.Cluster).KillMon, end: (*realceph.Cluster).StartMon},
	{name: "freeze", silent: true, begin: (*realceph.Cluster).Freeze, end: (*realceph.Cluster).Thaw},
	{name: blackHole, silent: true, begin: (*realceph.Cluster).BlackHole, end: (*realceph.Cluster).Heal},
}

// blackHole is the name of a fault that needs a network.
const blackHole = "blackhole"

// variant is what a client does when the fault begins.
type variant string

const (
	idle    variant = "go"
	waiting variant = "waiting"
)

// roles returns the leader's name and those of the others.
func roles(ctx context.Context, c *realceph.Cluster) (leader string, peons []string, err error) {
	for _, m := range c.Mons() {
		s, err := c.MonStatus(ctx, m.Name)
		if err != nil {
			return "", nil, err
		}
		if s.State == "leader" {
			leader = m.Name
		} else {
			peons = append(peons, m.Name)
		}
	}
	if leader == "" || len(peons) == 0 {
		return "", nil, fmt.Errorf("the leader is %q and the others are %q", leader, peons)
	}
	return leader, peons, nil
}

// heal ends a fault and waits until all monitors are in quorum.
func heal(ctx context.Context, c *realceph.Cluster, f fault, mon string) error {
	if err := f.end(c, mon); err != nil {
		return err
	}
	return waitQuorum(ctx, c)
}

func waitQuorum(ctx context.Context, c *realceph.Cluster) error {
	ctx, cancel := context.WithTimeout(ctx, quorumTimeout)
	defer cancel()
	return errors.Join(c.WaitQuorum(ctx, len(c.Mons())), crashed(c), pause(ctx, settleTime))
}

// crashed returns an error when a daemon has ended by itself.
func crashed(c *realceph.Cluster) error {
	if names := c.Crashed(); len(names) > 0 {
		return fmt.Errorf("crashed: %q\n%s", names, c.Logs(40))
	}
	return nil
}

// pause waits, for a time that is part of a measurement.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
