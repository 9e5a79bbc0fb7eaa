package realceph

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// startOthers starts the mgr and the OSDs and waits until they serve.
func (c *Cluster) startOthers(ctx context.Context) error {
	if !c.options.Mgr {
		return nil
	}
	if err := os.Mkdir(filepath.Join(c.Dir, "mgr.x"), 0o700); err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	if err := c.startLocked("mgr.x", "ceph-mgr", "x"); err != nil {
		return err
	}
	for i := range c.options.OSDs {
		if err := c.makeOSD(ctx, i); err != nil {
			return err
		}
	}
	return c.waitServing(ctx)
}

func (c *Cluster) startLocked(name, program, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.startDaemon(name, program, id)
}

func (c *Cluster) makeOSD(ctx context.Context, i int) error {
	id, fsid := strconv.Itoa(i), uuid.NewString()
	if err := os.Mkdir(filepath.Join(c.Dir, "osd."+id), 0o700); err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	if res := c.Ceph(ctx, "osd", "new", fsid, id); res.Err != nil {
		return res.Err
	}
	if res := c.Tool(ctx, "ceph-osd", "--mkfs", "--conf", c.ConfPath, "-i", id, "--osd-uuid", fsid); res.Err != nil {
		return res.Err
	}
	return c.startLocked("osd."+id, "ceph-osd", id)
}

// commandInterval is how often "ceph status" is asked: it is a Python program, and takes time from the daemons
// that it waits for.
const commandInterval = 250 * time.Millisecond

// mostRespawns is how often the mgr may start itself anew before it serves.
const mostRespawns = 2

// waitServing waits until the mgr is active, the OSDs are up and their statistics have reached the mgr.
func (c *Cluster) waitServing(ctx context.Context) error {
	var last string
	respawns := 0
	for {
		for name, d := range c.running() {
			// A mgr that starts itself anew, as it does after some changes of its map, ends: see FailMgr.
			if !d && name == mgrName && respawns < mostRespawns {
				respawns++
				if err := c.startLocked(mgrName, "ceph-mgr", "x"); err != nil {
					return err
				}
			} else if !d {
				return fmt.Errorf("realceph: %s ended\n%s", name, c.Logs(20))
			}
		}
		res := c.Ceph(ctx, "status", "--format", "json")
		if res.Err == nil {
			var s struct {
				OSDMap struct {
					Up int `json:"num_up_osds"`
				} `json:"osdmap"`
				MgrMap struct {
					Available bool `json:"available"`
				} `json:"mgrmap"`
				PGMap struct {
					BytesTotal uint64 `json:"bytes_total"`
				} `json:"pgmap"`
			}
			if err := json.Unmarshal(res.Stdout, &s); err != nil {
				return fmt.Errorf("realceph: ceph status: %w", err)
			}
			if s.MgrMap.Available && s.OSDMap.Up == c.options.OSDs && (c.options.OSDs == 0 || s.PGMap.BytesTotal > 0) {
				return nil
			}
			last = fmt.Sprintf("mgr available %v, %d of %d OSDs up, %d bytes", s.MgrMap.Available, s.OSDMap.Up, c.options.OSDs, s.PGMap.BytesTotal)
		}
		if err := pause(ctx, commandInterval); err != nil {
			return fmt.Errorf("realceph: the cluster does not serve yet (%s): %w\n%s", last, err, c.Logs(20))
		}
	}
}

// running says of each daemon that was started whether it still runs.
func (c *Cluster) running() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := make(map[string]bool, len(c.daemons))
	for name, d := range c.daemons {
		m[name] = d.running()
	}
	return m
}
