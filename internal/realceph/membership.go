package realceph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// RemoveMon removes a running monitor from the cluster, as an administrator does who gives its host up: it is taken out of the
// monmap, upon which it ends, and its store is removed. ceph.conf does not name it any more.
func (c *Cluster) RemoveMon(ctx context.Context, name string) error {
	d, err := c.runningMon(name, func(d *daemon) { d.asked = true })
	if err != nil {
		return err
	}
	if res := c.cephAgain(ctx, "mon", "rm", name); res.Err != nil {
		return res.Err
	}
	select {
	case <-d.exited:
	case <-ctx.Done():
		return fmt.Errorf("realceph: mon.%s does not end after its removal: %w", name, context.Cause(ctx))
	}
	c.mu.Lock()
	i, err := c.mon(name)
	if err == nil {
		c.mons = append(c.mons[:i:i], c.mons[i+1:]...)
	}
	c.mu.Unlock()
	return errors.Join(err, os.RemoveAll(filepath.Join(c.Dir, "mon."+name)), c.afterChange(ctx))
}

// AddMon adds a monitor, at an address that none has had before, and starts it. See [Cluster.WaitQuorum].
func (c *Cluster) AddMon(ctx context.Context, name string) error {
	c.mu.Lock()
	_, err := c.mon(name)
	if err == nil {
		c.mu.Unlock()
		return fmt.Errorf("realceph: there is a mon.%s", name)
	}
	added, err := c.place(name)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	// mon add takes one address and guesses its type by the port, so the vector is set after it.
	if res := c.cephAgain(ctx, "mon", "add", name, added[0].V2.String()); res.Err != nil {
		return res.Err
	}
	if res := c.cephAgain(ctx, "mon", "set-addrs", name, added[0].Addrs()); res.Err != nil {
		return res.Err
	}
	monmap := filepath.Join(c.Dir, "monmap")
	if res := c.cephAgain(ctx, "mon", "getmap", "-o", monmap); res.Err != nil {
		return res.Err
	}
	if err := c.makeStore(ctx, name, monmap); err != nil {
		return err
	}
	c.mu.Lock()
	c.mons = append(c.mons, added...)
	c.mu.Unlock()
	if err := c.afterChange(ctx); err != nil {
		return err
	}
	return c.StartMon(name)
}

// tryTimeout is how long a command may take while monitors come and go.
const tryTimeout = 20 * time.Second

// cephAgain runs a command that may be run twice, once more when it does not end: librados may wait for long for a monitor
// that was removed or is not there yet.
func (c *Cluster) cephAgain(ctx context.Context, args ...string) Result {
	for {
		try, cancel := context.WithTimeout(ctx, tryTimeout)
		res := c.Ceph(try, args...)
		late := try.Err() != nil
		cancel()
		if res.Err == nil || !late || ctx.Err() != nil {
			return res
		}
	}
}

// afterChange brings the ranks and ceph.conf up to date.
func (c *Cluster) afterChange(ctx context.Context) error {
	res := c.cephAgain(ctx, "mon", "dump", "--format", "json")
	if res.Err != nil {
		return res.Err
	}
	var dump struct {
		Mons []struct {
			Name string `json:"name"`
			Rank int    `json:"rank"`
		} `json:"mons"`
	}
	if err := json.Unmarshal(res.Stdout, &dump); err != nil {
		return fmt.Errorf("realceph: mon dump: %w", err)
	}
	c.mu.Lock()
	byRank := make([]Mon, 0, len(dump.Mons))
	for _, d := range dump.Mons {
		i, err := c.mon(d.Name)
		if err != nil {
			c.mu.Unlock()
			return err
		}
		m := c.mons[i]
		m.Rank = d.Rank
		byRank = append(byRank, m)
	}
	c.mons = byRank
	c.mu.Unlock()
	return c.writeConf()
}
