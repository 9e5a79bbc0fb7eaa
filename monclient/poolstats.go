package monclient

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// ClusterStats is how much space there is, in units of 1024 bytes, and how many objects (rados_cluster_stat_t).
type ClusterStats struct {
	KB      uint64 `json:"kb"`
	KBUsed  uint64 `json:"kb_used"`
	KBAvail uint64 `json:"kb_avail"`
	Objects uint64 `json:"num_objects"`
}

// ClusterStats returns how much space the cluster has, on all OSDs together. All is 0 while the monitors have no
// statistics, which a manager gives them. Monitors do not answer a client whose key does not allow it to read "pg", as
// "allow r" does; then only the deadline ends the call.
// Implements: int rados_cluster_stat(rados_t cluster, struct rados_cluster_stat_t *result).
func (c *Client) ClusterStats(ctx context.Context) (ClusterStats, error) {
	return c.clusterStats().wait(ctx)
}

// StartClusterStats does what ClusterStats does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartClusterStats(timeout time.Duration, done func(ClusterStats, error)) (*Call, error) {
	return c.clusterStats().start(timeout, done)
}

func (c *Client) clusterStats() *errand[ClusterStats] {
	e := newErrand[ClusterStats](c, "cluster statistics")
	statfs(e, monmsg.MStatfs{})
	return e
}

// PoolCapacity returns what there is for the data of one pool: its replicas are taken into account, and KB is what is used
// and what is available. denc.ENOENT: there is no such pool, which monitors would not answer. So if it is deleted at that very
// moment, only the deadline ends the call.
func (c *Client) PoolCapacity(ctx context.Context, id int64) (ClusterStats, error) {
	return c.poolCapacity(id).wait(ctx)
}

// StartPoolCapacity does what PoolCapacity does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartPoolCapacity(id int64, timeout time.Duration, done func(ClusterStats, error)) (*Call, error) {
	return c.poolCapacity(id).start(timeout, done)
}

func (c *Client) poolCapacity(id int64) *errand[ClusterStats] {
	e := newErrand[ClusterStats](c, "capacity of pool %d", id)
	e.osdmap(func(m *cephmap.OSDMap) {
		if m.Pool(id) == nil {
			e.fail(noSuchPool(m))
			return
		}
		statfs(e, monmsg.MStatfs{HasPool: true, Pool: id})
	})
	return e
}

// statfs asks for the numbers that ceph_statfs has.
func statfs(e *errand[ClusterStats], m monmsg.MStatfs) {
	e.ask(func(c *core) monmsg.Message {
		m := m
		m.FSID = c.monmap.FSID
		return &m
	}, func(answer monmsg.Message) {
		if r, ok := answer.(*monmsg.MStatfsReply); ok {
			e.end(ClusterStats{r.KB, r.KBUsed, r.KBAvail, r.Objects}, nil)
			return
		}
		e.unexpected(answer)
	})
}

// PoolStats returns what the OSDs count of pools, by their names; of all pools when there are no names. denc.ENOENT names
// one that there is not. A pool is left out when the monitors have no statistics of it yet. As for ClusterStats, a client
// that may not read "pg" gets no answer. Implements: int rados_ioctx_pool_stat(rados_ioctx_t io, ...).
func (c *Client) PoolStats(ctx context.Context, names ...string) (map[string]cephmap.PoolStat, error) {
	return c.poolStats(names).wait(ctx)
}

// StartPoolStats does what PoolStats does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartPoolStats(names []string, timeout time.Duration, done func(map[string]cephmap.PoolStat, error)) (*Call, error) {
	return c.poolStats(names).start(timeout, done)
}

func (c *Client) poolStats(names []string) *errand[map[string]cephmap.PoolStat] {
	e := newErrand[map[string]cephmap.PoolStat](c, "pool statistics")
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	e.osdmap(func(m *cephmap.OSDMap) {
		asked := names
		for _, name := range names {
			if _, ok := m.PoolID(name); !ok {
				e.fail(fmt.Errorf("%q: %w", name, noSuchPool(m)))
				return
			}
		}
		if len(names) == 0 {
			for _, p := range m.PoolNames {
				asked = append(asked, p.Value)
			}
		}
		if len(asked) == 0 {
			e.end(map[string]cephmap.PoolStat{}, nil)
			return
		}
		e.ask(func(c *core) monmsg.Message {
			return &monmsg.MGetPoolStats{FSID: c.monmap.FSID, Pools: asked}
		}, func(answer monmsg.Message) {
			r, ok := answer.(*monmsg.MGetPoolStatsReply)
			if !ok {
				e.unexpected(answer)
				return
			}
			stats := make(map[string]cephmap.PoolStat, len(r.Stats))
			for _, name := range slices.Sorted(maps.Keys(r.Stats)) {
				stat, err := cephmap.DecodePoolStat(r.Stats[name])
				if err != nil {
					e.fail(fmt.Errorf("%q: %w", name, err))
					return
				}
				stats[name] = stat
			}
			e.end(stats, nil)
		})
	})
	return e
}

// errNoAddr says that the client has no address of its own yet.
var errNoAddr = fmt.Errorf("the client's own address is not known: %w", denc.ENOTCONN)
