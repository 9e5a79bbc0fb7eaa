package montest

import (
	"slices"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// osdSnap is a snapshot of a whole pool (pool_snap_info_t in src/osd/osd_types.h).
type osdSnap struct {
	ID    uint64
	Stamp denc.UTime
	Name  string
}

// poolOp answers an MPoolOp (OSDMonitor::preprocess_pool_op and prepare_pool_op in src/mon/OSDMonitor.cc). The caller holds
// the state's mutex. false ends the connection: of an operation that is none, a real monitor dies.
func (s *session) poolOp(m *monmsg.MPoolOp, tid uint64) bool {
	if !m.Op.Valid() {
		s.mon.cluster.opts.Logger.Warn("a real monitor aborts at such a pool operation", "op", uint32(m.Op))
		return false
	}
	st := &s.mon.cluster.state
	reply := &monmsg.MPoolOpReply{FSID: st.monmap.FSID}
	c := &commandContext{state: st, session: s, Command: Command{Client: s.auth.name, Mon: s.mon.name}}
	switch {
	case !c.may(ownCommand{module: "osd", perm: "w"}):
		reply.Code = -int32(denc.EPERM)
	case m.FSID != st.monmap.FSID:
		reply.Code = -int32(denc.EINVAL)
	case m.Op == monmsg.PoolOpCreate:
		reply.Code = c.createPool(m)
	default:
		reply.Code, reply.Result = c.changePool(m)
	}
	reply.Epoch = st.osdmaps.newest()
	reply.Version = uint64(reply.Epoch)
	s.send(reply, tid)
	return true
}

func (c *commandContext) createPool(m *monmsg.MPoolOp) int32 {
	switch {
	case c.osdmaps.current.poolByName(m.Name) != nil:
		return 0
	case m.Name == "":
		return -int32(denc.EINVAL)
	case m.CRUSHRule != monmsg.DefaultCRUSHRule && m.CRUSHRule != 0:
		return -int32(denc.ENOENT) // there is the one rule
	}
	c.changeOSDMap(func(o *osdMap) {
		o.Pools = append(o.Pools, osdPool{
			ID: int64(o.PoolMax) + 1, Name: m.Name, Created: now(), Flags: osdPoolHashPSPool | osdPoolCreating,
			Size: poolDefaultSize, MinSize: poolDefaultSize - poolDefaultSize/2, PGNum: poolDefaultPGNum, Autoscale: 2,
		})
	})
	return 0
}

// changePool does everything but create a pool.
func (c *commandContext) changePool(m *monmsg.MPoolOp) (code int32, result []byte) {
	p := c.osdmaps.current.pool(int64(m.Pool))
	if p == nil {
		if m.Op == monmsg.PoolOpDelete {
			return 0, nil
		}
		return -int32(denc.ENOENT), nil
	}
	change := func(f func(p *osdPool)) {
		c.changeOSDMap(func(o *osdMap) {
			p := o.pool(int64(m.Pool))
			f(p)
			p.SnapEpoch = o.Epoch
		})
	}
	named := slices.IndexFunc(p.Snaps, func(s osdSnap) bool { return s.Name == m.Name })
	pool, selfManaged := p.Flags&osdPoolPoolSnaps != 0, p.Flags&osdPoolSelfManagedSnaps != 0
	switch m.Op {
	case monmsg.PoolOpDelete:
		if v, _ := c.option("mon_allow_pool_delete"); v != "true" {
			return -int32(denc.EPERM), nil
		}
		if c.osdmaps.current.poolByName(m.Name) == nil { // see MPoolOp.Name
			c.changeOSDMap(func(o *osdMap) {
				o.Pools = slices.DeleteFunc(o.Pools, func(p osdPool) bool { return p.ID == int64(m.Pool) })
			})
		}
	case monmsg.PoolOpCreateSnap:
		if selfManaged {
			return -int32(denc.EINVAL), nil
		}
		if named < 0 {
			change(func(p *osdPool) {
				p.Flags |= osdPoolPoolSnaps
				p.SnapSeq++
				p.Snaps = append(p.Snaps, osdSnap{p.SnapSeq, now(), m.Name})
			})
		}
	case monmsg.PoolOpDeleteSnap:
		if selfManaged {
			return -int32(denc.EINVAL), nil
		}
		if named >= 0 {
			change(func(p *osdPool) {
				p.SnapSeq++
				p.Snaps = slices.Delete(p.Snaps, named, named+1)
			})
		}
	case monmsg.PoolOpCreateSelfManagedSnap:
		if pool {
			return -int32(denc.EINVAL), nil
		}
		var id uint64
		change(func(p *osdPool) {
			p.Flags |= osdPoolSelfManagedSnaps
			p.SnapSeq = max(p.SnapSeq, 1) + 1 // 1 is that of the object as it is (pg_pool_t::add_unmanaged_snap)
			id = p.SnapSeq
		})
		return 0, denc.AppendUint64(nil, id)
	case monmsg.PoolOpDeleteSelfManagedSnap:
		switch {
		case pool:
			return -int32(denc.EINVAL), nil
		case !selfManaged:
			return -int32(denc.EOPNOTSUPP), nil
		case m.SnapID > p.SnapSeq:
			return -int32(denc.ENOENT), nil
		}
		change(func(*osdPool) {})
	}
	return 0, nil
}

// Usage is how much space the cluster has, which a manager would tell the monitors.
type Usage struct {
	KB, KBUsed, KBAvail uint64
	Objects             uint64 // in each pool
	ObjectSize          uint64 // of each, in bytes
}

// SetUsage sets what the monitors say of space and objects. It is nothing at first, as in a cluster without OSDs.
func (c *Cluster) SetUsage(u Usage) {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.usage = u
}

// statfs answers an MStatfs (MgrStatMonitor::preprocess_statfs in src/mon/MgrStatMonitor.cc): not at all for a pool that is
// none, for the wrong cluster, or to a client that may not know.
func (s *session) statfs(m *monmsg.MStatfs, tid uint64) {
	st := &s.mon.cluster.state
	if !s.mayReadStatistics(m.FSID) {
		return
	}
	u, osdmap := st.usage, st.osdmaps.current
	reply := &monmsg.MStatfsReply{FSID: st.monmap.FSID, Version: st.usageVersion()}
	if !m.HasPool {
		reply.KB, reply.KBUsed, reply.KBAvail, reply.Objects = u.KB, u.KBUsed, u.KBAvail, u.Objects*uint64(len(osdmap.Pools))
		s.send(reply, tid)
		return
	}
	p := osdmap.pool(m.Pool)
	if p == nil {
		return
	}
	stat := u.of(p)
	reply.KBUsed, reply.Objects = uint64(stat.Store.Allocated)>>10/uint64(p.Size), u.Objects
	reply.KBAvail = u.KBAvail / uint64(p.Size)
	reply.KB = reply.KBUsed + reply.KBAvail
	s.send(reply, tid)
}

// poolStats answers an MGetPoolStats, without the pools that do not exist.
func (s *session) poolStats(m *monmsg.MGetPoolStats, tid uint64) {
	st := &s.mon.cluster.state
	if !s.mayReadStatistics(m.FSID) {
		return
	}
	reply := &monmsg.MGetPoolStatsReply{FSID: st.monmap.FSID, Stats: make(map[string][]byte), PerPool: true}
	reply.Version = st.usageVersion()
	for _, name := range m.Pools {
		if p := st.osdmaps.current.poolByName(name); p != nil {
			stat := st.usage.of(p)
			reply.Stats[name] = stat.AppendTo(nil)
		}
	}
	s.send(reply, tid)
}

// mayReadStatistics reports whether the client gets an answer at all.
func (s *session) mayReadStatistics(fsid [16]byte) bool {
	st := &s.mon.cluster.state
	c := &commandContext{state: st, session: s, Command: Command{Client: s.auth.name, Mon: s.mon.name}}
	return fsid == st.monmap.FSID && c.may(ownCommand{module: "pg", perm: "r"})
}

// usageVersion is that of the statistics. They are as new as the map of the pools.
func (st *state) usageVersion() uint64 { return uint64(st.osdmaps.newest()) }

// of returns what one pool takes.
func (u Usage) of(p *osdPool) cephmap.PoolStat {
	var s cephmap.PoolStat
	bytes := int64(u.Objects * u.ObjectSize)
	s.Sum.Bytes, s.Sum.Objects, s.Sum.ObjectCopies = bytes, int64(u.Objects), int64(u.Objects)*int64(p.Size)
	s.Sum.Writes, s.Sum.WriteKB = int64(u.Objects), bytes>>10
	s.Store.Allocated, s.Store.DataStored = bytes*int64(p.Size), bytes*int64(p.Size)
	s.Up, s.Acting = int32(p.PGNum)*int32(p.Size), int32(p.PGNum)*int32(p.Size)
	if u.KB > 0 {
		s.NumStores = uint32(p.Size)
	}
	return s
}
