package realceph

import (
	"context"
	"errors"
	"fmt"
)

// errNoMgr says that there is no mgr to do something with.
var errNoMgr = errors.New("realceph: no mgr runs")

// mgrName is the name of the one manager that there is.
const mgrName = "mgr.x"

// StartMgr starts the mgr, which does not run. It returns at once.
func (c *Cluster) StartMgr() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errStopped
	}
	if !c.options.Mgr {
		return errNoMgr
	}
	return c.startDaemon(mgrName, "ceph-mgr", "x")
}

// KillMgr ends the mgr with SIGKILL.
func (c *Cluster) KillMgr() error {
	d, err := c.runningMgr(func(d *daemon) { d.asked = true })
	if err != nil {
		return err
	}
	return d.kill()
}

// FailMgr has the monitors take the mgr for dead ("ceph mgr fail"), waits until it has ended upon that, and starts it again.
func (c *Cluster) FailMgr(ctx context.Context) error {
	d, err := c.runningMgr(func(d *daemon) { d.asked = true })
	if err != nil {
		return err
	}
	if res := c.Ceph(ctx, "mgr", "fail", "x"); res.Err != nil {
		return res.Err
	}
	select { // it starts itself anew, which does not work where the tree's own loader runs it
	case <-d.exited:
		return c.StartMgr()
	case <-ctx.Done():
		return fmt.Errorf("realceph: %s goes on: %w", mgrName, ctx.Err())
	}
}

// FreezeMgr stops the mgr with SIGSTOP: its sockets stay open and nothing answers.
func (c *Cluster) FreezeMgr() error {
	d, err := c.runningMgr(func(d *daemon) { d.frozen = true })
	if err != nil {
		return err
	}
	return d.freeze()
}

// ThawMgr lets a frozen mgr go on.
func (c *Cluster) ThawMgr() error {
	d, err := c.runningMgr(func(d *daemon) { d.frozen = false })
	if err != nil {
		return err
	}
	return d.signal(sigCont)
}

// runningMgr returns the daemon of the mgr, noted under the lock.
func (c *Cluster) runningMgr(note func(*daemon)) (*daemon, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.daemons[mgrName]
	if d == nil || !d.running() {
		return nil, errNoMgr
	}
	note(d)
	return d, nil
}
