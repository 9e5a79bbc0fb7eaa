package montest

import (
	"fmt"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// outageGrace is how long monitors keep their clients when they have lost the quorum: real ones close every session
// after 21 to 26 s, when the lease and then two elections have run out (Monitor::tick in src/mon/Monitor.cc).
const outageGrace = 25 * time.Second

var adminName = denc.EntityName{Type: denc.EntityClient, ID: "admin"}

// init makes the cluster's first state.
func (st *state) init(c *Cluster) error {
	st.opts = c.opts
	st.created = time.Now()
	st.sessions = make(map[*session]bool)
	st.handlers = make(map[string]userCommand)
	st.nextGlobalID = 4100
	st.monmap = cephmap.NewMonMap(c.opts.FSID, c.opts.Release)
	st.monmap.Epoch = 1
	st.monmap.Created, st.monmap.LastChanged = now(), now()
	if c.opts.KeyType == cephx.AES && c.opts.Release >= cephmap.ReleaseTentacle {
		st.monmap.AuthAllowedCiphers = []cephmap.Cipher{cephmap.CipherAES, cephmap.CipherAES256K}
	}
	for _, m := range c.mons {
		if err := st.monmap.Add(cephmap.MonInfo{Name: m.name, Addrs: denc.EntityAddrVec{m.addr}, TimeAdded: st.monmap.Created}); err != nil {
			return err
		}
	}
	st.osdmaps.release = c.opts.Release
	st.osdmaps.add(newOSDMap(c.opts.FSID, c.opts.Release, now()))
	st.mgrmap, st.fsmap, st.service = newMgrMap(c.opts.Release), newFSMap(now()), newServiceMap(now())
	st.auth = new(authDB)
	key, err := cephx.GenerateKey(c.opts.KeyType, st.created, nil)
	if err != nil {
		return err
	}
	st.auth.set(entity{name: adminName, key: key, caps: map[string]string{"mds": "allow *", "mgr": "allow *", "mon": "allow *", "osd": "allow *"}})
	c.keys, err = newKeyServer(c)
	return err
}

// elect finds out who is in quorum, and lets those go on who waited for one.
func (c *Cluster) elect() {
	c.outage.Lock()
	lost := c.outage.lost
	c.outage.Unlock()
	st := &c.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.monmap == nil {
		return // not yet
	}
	before := st.quorum
	st.quorum = nil
	for rank, info := range st.monmap.Mons {
		if m := c.Mon(info.Name); m != nil && m.Alive() {
			st.quorum = append(st.quorum, rank)
		}
	}
	if lost || len(st.quorum)*2 <= len(st.monmap.Mons) {
		st.quorum = nil
	}
	if !slices.Equal(before, st.quorum) {
		st.electionRound += 2 // an epoch of an election is odd while it lasts
	}
	c.watchOutage(st.quorum == nil)
	if st.quorum == nil {
		return
	}
	waiting := st.held
	st.held = nil
	for _, h := range waiting {
		if st.sessions[h.session] {
			h.session.handle(h.message, h.tid)
		}
	}
}

// watchOutage starts the time after which clients are dropped when there is no quorum, and ends it when there is one.
func (c *Cluster) watchOutage(out bool) {
	c.outage.Lock()
	defer c.outage.Unlock()
	if c.outage.timer != nil {
		c.outage.timer.Stop()
		c.outage.timer = nil
	}
	if out && c.ctx.Err() == nil {
		c.outage.timer = time.AfterFunc(outageGrace, c.dropEverybody)
	}
}

// dropEverybody closes all sessions, as monitors do that have been out of quorum for long.
func (c *Cluster) dropEverybody() {
	for _, m := range c.mons {
		m.DropClients()
	}
}

// inQuorum reports whether a rank is in quorum.
func (st *state) inQuorum(rank int) bool { return slices.Contains(st.quorum, rank) }

// LoseQuorum takes the quorum away though the monitors run: commands and version queries are kept without an answer, new
// clients are turned away, and after 25 s all clients are dropped.
func (c *Cluster) LoseQuorum() { c.setLost(true) }

// RegainQuorum ends LoseQuorum; what waited is answered.
func (c *Cluster) RegainQuorum() { c.setLost(false) }

func (c *Cluster) setLost(lost bool) {
	c.outage.Lock()
	c.outage.lost = lost
	c.outage.Unlock()
	c.elect()
}

// changeMonMap publishes a changed monmap of the next epoch.
func (c *Cluster) changeMonMap(change func(m *cephmap.MonMap) error) error {
	st := &c.state
	st.mu.Lock()
	next := st.monmap.Clone()
	err := change(next)
	if err == nil {
		next.Epoch++
		next.LastChanged = now()
		err = next.Check()
	}
	if err != nil {
		st.mu.Unlock()
		return fmt.Errorf("montest: monmap: %w", err)
	}
	st.monmap = next
	st.publish("monmap")
	st.mu.Unlock()
	c.elect()
	return nil
}

// UpdateMonMap publishes a monmap that change has changed; the epoch is raised by itself.
func (c *Cluster) UpdateMonMap(change func(m *cephmap.MonMap)) error {
	return c.changeMonMap(func(m *cephmap.MonMap) error { change(m); return nil })
}

// RemoveMon takes a monitor out of the monmap, as "ceph mon rm" does: everybody gets the new map, its own clients
// too, and then the monitor ends.
func (c *Cluster) RemoveMon(name string) error {
	err := c.changeMonMap(func(m *cephmap.MonMap) error {
		rank, ok := m.RankOf(name)
		if !ok {
			return fmt.Errorf("no mon.%s", name)
		}
		m.Mons = slices.Delete(m.Mons, rank, rank+1)
		m.RemovedRanks = append(m.RemovedRanks, uint32(rank))
		return nil
	})
	if err != nil {
		return err
	}
	c.Mon(name).Kill()
	return nil
}

// MoveMon gives a monitor another address, as "ceph mon set-addrs" and a restart do.
func (c *Cluster) MoveMon(name string, to denc.EntityAddr) error {
	err := c.changeMonMap(func(m *cephmap.MonMap) error {
		mon, ok := m.Mon(name)
		if !ok {
			return fmt.Errorf("no mon.%s", name)
		}
		mon.Addrs = denc.EntityAddrVec{to}
		return nil
	})
	if err != nil {
		return err
	}
	m := c.Mon(name)
	m.stop()
	m.mu.Lock()
	m.addr = to
	m.mu.Unlock()
	return m.Start()
}

// Send sends a message to all clients that are connected to the monitor: a monmap that is corrupt or old, for example.
func (m *Mon) Send(msg monmsg.Message) {
	st := &m.cluster.state
	st.mu.Lock()
	defer st.mu.Unlock()
	for s := range st.sessions {
		if s.mon == m {
			s.send(msg, 0)
		}
	}
}

// SetConfig sets an option in the configuration database, for "global", a type such as "client", or one entity.
func (c *Cluster) SetConfig(who, option, value string) {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.config.set(who, option, value)
	c.state.publish("config")
}

// SetKV sets a key in the config-key store; a nil value deletes it.
func (c *Cluster) SetKV(key string, value []byte) {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.kv.set(key, value)
	c.state.publish(kvPrefix)
}

// Advance publishes n more epochs of a map in which nothing else changes: of monmap, osdmap, mgrmap, fsmap or
// servicemap. An osdmap that is far behind is sent in batches of 40.
func (c *Cluster) Advance(what string, n int) error {
	if what == "monmap" {
		for range n {
			if err := c.UpdateMonMap(func(*cephmap.MonMap) {}); err != nil {
				return err
			}
		}
		return nil
	}
	st := &c.state
	st.mu.Lock()
	defer st.mu.Unlock()
	for range n {
		switch what {
		case "osdmap":
			st.nextOSDMap(func(*osdMap) {})
		case "mgrmap":
			st.mgrmap = st.mgrmap.clone()
			st.mgrmap.Epoch++
		case "fsmap":
			next := *st.fsmap
			next.Epoch++
			st.fsmap = &next
		case "servicemap":
			next := *st.service
			next.Epoch++
			st.service = &next
		default:
			return fmt.Errorf("montest: %q is none of monmap, osdmap, mgrmap, fsmap, servicemap", what)
		}
	}
	st.publish(what)
	if what == "fsmap" {
		st.publish("fsmap.user")
	}
	return nil
}

// nextOSDMap adds an epoch of the OSDMap. The caller publishes it.
func (st *state) nextOSDMap(change func(m *osdMap)) {
	st.osdmaps.add(st.osdmaps.current.next(now(), change))
}

// logf adds an entry of the monitors' own to the cluster log. The caller holds mu.
func (st *state) logf(channel string, priority monmsg.LogPriority, format string, args ...any) {
	st.log.seq++
	entry := monmsg.LogEntry{
		Name: denc.EntityName{Type: denc.EntityMon, ID: "a"}, Rank: denc.PeerName{Type: denc.EntityMon},
		Stamp: now(), Seq: st.log.seq, Priority: priority, Message: fmt.Sprintf(format, args...), Channel: channel,
	}
	if len(st.monmap.Mons) > 0 {
		entry.Name.ID, entry.Addrs = st.monmap.Mons[0].Name, st.monmap.Mons[0].Addrs
	}
	st.appendLog(entry)
}
