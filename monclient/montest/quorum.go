package montest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// outageGrace is how long a monitor keeps its clients when it is out of quorum: real ones close every session after 21 to
// 26 s, when their lease and then 2 × mon_lease have run out, and look every mon_tick_interval, 5 s, whether there are
// new ones (Monitor::tick in src/mon/Monitor.cc).
const (
	outageGrace = 25 * time.Second
	outageTick  = 5 * time.Second
)

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
	for _, m := range c.Mons() {
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
	st.keys = c.keys
	return err
}

// elect finds out who is in quorum, and lets those go on who waited for one.
func (c *Cluster) elect() {
	st := &c.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.monmap == nil {
		return // not yet
	}
	before, members := st.quorum, st.members
	st.quorum, st.members = nil, make(map[*Mon]bool)
	for rank, info := range st.monmap.Mons {
		if m := c.Mon(info.Name); m != nil && m.takesPart() {
			st.quorum = append(st.quorum, rank)
			st.members[m] = true
		}
	}
	if c.lost.Load() || len(st.quorum)*2 <= len(st.monmap.Mons) {
		st.quorum = nil
		clear(st.members)
	}
	if !slices.Equal(before, st.quorum) {
		st.electionRound += 2 // an epoch of an election is odd while it lasts
	}
	for _, m := range c.Mons() {
		m.watchOutage(!st.members[m])
	}
	if st.quorum == nil {
		return
	}
	for s := range st.sessions { // what has changed while their monitors did not hear of it
		if st.members[s.mon] && !members[s.mon] {
			for _, what := range slices.Sorted(maps.Keys(s.subs)) {
				st.publishTo(s, what)
			}
		}
	}
	waiting := st.held
	st.held = nil
	for _, h := range waiting {
		if st.sessions[h.session] {
			h.session.handle(h.message, h.tid)
		}
	}
}

// takesPart reports whether the monitor runs and is in touch with the others.
func (m *Mon) takesPart() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listener != nil && !m.left
}

// LeaveQuorum has a monitor lose touch with the others, which go on if they are enough. Its clients keep their sessions at
// first: keepalives, MMonGetMap, MPing and tell are answered, but no map that changes is sent, and commands and version
// queries are kept without an answer. After 25 s all of its clients are dropped, and those who come again every 5 s. It
// has no global_id to give, so it closes the connections of new clients after AUTH_REQUEST; those who reclaim theirs are
// let in.
func (m *Mon) LeaveQuorum() { m.setLeft(true) }

// JoinQuorum ends LeaveQuorum. What waits is answered, in the end, and the maps of the meantime are sent.
func (m *Mon) JoinQuorum() { m.setLeft(false) }

func (m *Mon) setLeft(left bool) {
	m.mu.Lock()
	m.left = left
	m.mu.Unlock()
	m.cluster.elect()
}

// watchOutage starts what drops the clients of a monitor that is out of quorum for long, and ends it when it is in.
func (m *Mon) watchOutage(out bool) {
	m.outage.Lock()
	defer m.outage.Unlock()
	switch timer := m.outage.timer; {
	case out && timer == nil && m.cluster.ctx.Err() == nil:
		m.outage.timer = time.AfterFunc(outageGrace, m.dropInOutage)
	case !out && timer != nil:
		timer.Stop()
		m.outage.timer = nil
	}
}

func (m *Mon) dropInOutage() {
	m.outage.Lock()
	defer m.outage.Unlock()
	if m.outage.timer == nil || m.cluster.ctx.Err() != nil {
		return // it is over
	}
	m.DropClients()
	m.outage.timer.Reset(outageTick)
}

// inQuorum reports whether a rank is in quorum.
func (st *state) inQuorum(rank int) bool { return slices.Contains(st.quorum, rank) }

// LoseQuorum takes the quorum away though the monitors run: all of them are as LeaveQuorum says.
func (c *Cluster) LoseQuorum() { c.setLost(true) }

// RegainQuorum ends LoseQuorum; what waited is answered.
func (c *Cluster) RegainQuorum() { c.setLost(false) }

func (c *Cluster) setLost(lost bool) {
	c.lost.Store(lost)
	c.elect()
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
