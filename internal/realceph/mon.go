package realceph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// pollInterval is how often a condition of a daemon is looked at.
const pollInterval = 20 * time.Millisecond

// makeMons creates the first monmap and the monitors' stores.
func (c *Cluster) makeMons(ctx context.Context) error {
	monmap := filepath.Join(c.Dir, "monmap")
	args := []string{"--create", "--fsid", c.FSID, "--set-min-mon-release", c.Release.Version()[:2]}
	if c.Release == Tentacle && c.options.KeyType == AES {
		args = append(args, "--auth-service-cipher", "aes", "--auth-preferred-cipher", "aes", "--auth-allowed-ciphers", "aes,aes256k")
	}
	mons := c.Mons()
	for _, m := range mons {
		args = append(args, "--addv", m.Name, m.Addrs())
	}
	if res := c.Tool(ctx, "monmaptool", append(args, monmap)...); res.Err != nil {
		return res.Err
	}
	errs := make([]error, len(mons))
	var wg sync.WaitGroup
	for i, m := range mons {
		wg.Go(func() { errs[i] = c.makeStore(ctx, m.Name, monmap) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// makeStore creates a monitor's store.
func (c *Cluster) makeStore(ctx context.Context, name, monmap string) error {
	return c.Tool(ctx, "ceph-mon", "--mkfs", "--conf", c.ConfPath, "-i", name,
		"--monmap", monmap, "--keyring", filepath.Join(c.Dir, "mkfs.keyring")).Err
}

// StartMon starts a monitor that does not run. It returns at once; see [Cluster.WaitQuorum].
func (c *Cluster) StartMon(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.mon(name); err != nil {
		return err
	}
	if c.stopped {
		return errStopped
	}
	return c.startDaemon("mon."+name, "ceph-mon", name)
}

// KillMon ends a monitor with SIGKILL.
func (c *Cluster) KillMon(name string) error {
	d, err := c.runningMon(name, func(d *daemon) { d.asked = true })
	if err != nil {
		return err
	}
	return d.kill()
}

// StopMon ends a monitor with SIGTERM and waits until it is gone.
func (c *Cluster) StopMon(name string) error {
	d, err := c.runningMon(name, func(d *daemon) { d.asked = true })
	if err != nil {
		return err
	}
	return d.terminate()
}

// Freeze stops a monitor with SIGSTOP, and returns when it has stopped: its sockets stay open and nothing answers.
func (c *Cluster) Freeze(name string) error {
	d, err := c.runningMon(name, func(d *daemon) { d.frozen = true })
	if err != nil {
		return err
	}
	return d.freeze()
}

// freeze stops a daemon, and returns when all of its threads have stopped.
func (d *daemon) freeze() error {
	if err := d.signal(sigStop); err != nil {
		return err
	}
	for range int(stopTime / stopPoll) {
		if stopped(d.cmd.Process.Pid) {
			return nil
		}
		time.Sleep(stopPoll)
	}
	return fmt.Errorf("realceph: %s does not stop", d.name)
}

const (
	stopTime = 5 * time.Second
	stopPoll = time.Millisecond
)

// Thaw lets a frozen monitor go on.
func (c *Cluster) Thaw(name string) error {
	d, err := c.runningMon(name, func(d *daemon) { d.frozen = false })
	if err != nil {
		return err
	}
	return d.signal(sigCont)
}

// runningMon returns the daemon of a running monitor, noted under the lock.
func (c *Cluster) runningMon(name string, note func(*daemon)) (*daemon, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.mon(name); err != nil {
		return nil, err
	}
	d := c.daemons["mon."+name]
	if d == nil || !d.running() {
		return nil, fmt.Errorf("realceph: mon.%s does not run", name)
	}
	note(d)
	return d, nil
}

// mon returns the index of a monitor in c.mons. c.mu is held.
func (c *Cluster) mon(name string) (int, error) {
	for i, m := range c.mons {
		if m.Name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("realceph: no mon %q in a cluster of %d", name, len(c.mons))
}

// MonStatus asks a monitor's admin socket for its mon_status. It works without a quorum.
func (c *Cluster) MonStatus(ctx context.Context, name string) (MonStatus, error) {
	var s MonStatus
	reply, err := c.Admin(ctx, "mon."+name, map[string]any{"prefix": "mon_status"})
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(reply, &s); err != nil {
		return s, fmt.Errorf("realceph: mon_status of mon.%s: %w", name, err)
	}
	return s, nil
}

// born reports whether a monitor has the cluster's first osdmap. It is committed together with the first
// keys, a few milliseconds after the first quorum; until then a client would be rejected instead of served.
func (c *Cluster) born(ctx context.Context, name string) (bool, error) {
	reply, err := c.Admin(ctx, "mon."+name, map[string]any{"prefix": "perf dump", "logger": "cluster"})
	if err != nil {
		return false, err
	}
	var perf struct {
		Cluster struct {
			OSDEpoch uint64 `json:"osd_epoch"`
		} `json:"cluster"`
	}
	if err := json.Unmarshal(reply, &perf); err != nil {
		return false, fmt.Errorf("realceph: perf dump of mon.%s: %w", name, err)
	}
	return perf.Cluster.OSDEpoch > 0, nil
}

// Admin sends a command to the admin socket of a daemon such as "mon.a" and returns its output.
func (c *Cluster) Admin(ctx context.Context, daemon string, cmd map[string]any) ([]byte, error) {
	reply, err := admin(ctx, filepath.Join(c.Dir, daemon+".asok"), cmd)
	if err != nil {
		return nil, fmt.Errorf("realceph: %s: %w", daemon, err)
	}
	return reply, nil
}

// WaitQuorum waits until n monitors are in one quorum and each of them knows it. It fails early when so many
// monitors have ended or are frozen that n do not run. A lost monitor is missed after twice mon_lease, 5 s by
// default; a test that loses some may set "mon_lease" to "1" in Options.Conf.
func (c *Cluster) WaitQuorum(ctx context.Context, n int) error {
	for {
		in, running := 0, 0
		var last string
		for _, m := range c.Mons() {
			c.mu.Lock()
			d := c.daemons["mon."+m.Name]
			runs := d != nil && d.running() && !d.frozen
			c.mu.Unlock()
			if !runs {
				last += fmt.Sprintf(" mon.%s does not run;", m.Name)
				continue
			}
			running++
			born, err := c.born(ctx, m.Name)
			var s MonStatus
			if err == nil {
				s, err = c.MonStatus(ctx, m.Name) // after born: it waits for the lock under which maps change
			}
			switch {
			case err != nil:
				last += fmt.Sprintf(" mon.%s does not answer (%v);", m.Name, errors.Unwrap(err))
			case !born:
				last += fmt.Sprintf(" mon.%s is %s and has no osdmap;", m.Name, s.State)
			case s.inQuorum() && len(s.Quorum) == n:
				in++
			default:
				last += fmt.Sprintf(" mon.%s is %s with quorum %v;", m.Name, s.State, s.Quorum)
			}
		}
		if in == n {
			return nil
		}
		if running < n {
			return fmt.Errorf("realceph: no quorum of %d:%s\n%s", n, last, c.Logs(20))
		}
		if err := pause(ctx, pollInterval); err != nil {
			return fmt.Errorf("realceph: no quorum of %d yet:%s %w", n, last, err)
		}
	}
}

// Logs returns the last lines of every daemon's log.
func (c *Cluster) Logs(lines int) string {
	c.mu.Lock()
	names := make([]string, 0, len(c.daemons))
	for name := range c.daemons {
		names = append(names, name)
	}
	c.mu.Unlock()
	var text string
	for _, name := range slices.Sorted(slices.Values(names)) {
		text += c.tail(name, lines)
	}
	return text
}

// pause waits before a condition is looked at again.
func pause(ctx context.Context, interval time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(interval):
		return nil
	}
}
