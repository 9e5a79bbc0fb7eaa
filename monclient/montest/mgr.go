package montest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// maxMgrs is as many names as there are from x on.
const maxMgrs = 3

// How long managers take to change places.
const (
	mgrLastWords = 100 * time.Millisecond // a manager that was failed goes on, until it has heard of it
	mgrTakeover  = time.Second            // until the next one serves, and until one that was failed is back
)

// managers are the cluster's managers. The state's mutex guards it.
type managers struct {
	list     []*Mgr
	active   *Mgr // nil: none serves
	timers   []*time.Timer
	handlers map[string]userCommand
	balance  bool // what the balancer was told
}

// Mgr is one manager. Its methods are safe for concurrent use.
type Mgr struct {
	cluster *Cluster
	name    string
	end     *Mon // where clients are, with the faults of a monitor

	// Guarded by the state's mutex.
	gid uint64
	up  bool // it runs, and the monitors have heard of it
}

// startMgrs starts the managers, of which the first is active at once.
func (c *Cluster) startMgrs() error {
	for i := range c.opts.Mgrs {
		name := string(rune('x' + i))
		m := &Mgr{cluster: c, name: name, end: c.newMon("mgr."+name, c.mgrAddress(i))}
		m.end.mgr = m
		if err := m.end.listen(); err != nil {
			return err
		}
		m.renew()
		c.state.mu.Lock()
		c.state.mgrs.list = append(c.state.mgrs.list, m)
		c.state.joinMgr(m)
		c.state.mu.Unlock()
	}
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.promoteMgr()
	return nil
}

// mgrAddress returns where the ith manager listens.
func (c *Cluster) mgrAddress(i int) denc.EntityAddr {
	a := c.address(i)
	if !c.opts.TCP {
		ip := a.IP.AsSlice()
		ip[len(ip)-1] += 100
		a.IP, _ = netip.AddrFromSlice(ip)
		a.Port = 6800
	}
	return a
}

// renew gives the manager what every process has of its own.
func (m *Mgr) renew() {
	st := &m.cluster.state
	st.mu.Lock()
	defer st.mu.Unlock()
	st.nextGlobalID++
	m.gid = st.nextGlobalID
	m.end.mu.Lock()
	defer m.end.mu.Unlock()
	m.end.addr.Nonce = rand.Uint32() | 1
}

// Mgr returns the manager of that name, nil if there is none.
func (c *Cluster) Mgr(name string) *Mgr {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	for _, m := range c.state.mgrs.list {
		if m.name == name {
			return m
		}
	}
	return nil
}

// ActiveMgr returns the manager that serves, nil when there is none.
func (c *Cluster) ActiveMgr() *Mgr {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	return c.state.mgrs.active
}

// FailMgr has the monitors take the active manager for dead, as "ceph mgr fail" does: they publish a map without one at once,
// the connections of the old one end 0.1 s later, and 1 s later the next one serves. The old one comes back as a new process.
func (c *Cluster) FailMgr() error {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	if c.state.mgrs.active == nil {
		return fmt.Errorf("montest: fail the manager: none is active")
	}
	c.state.failMgr(c.state.mgrs.active)
	return nil
}

// HandleMgrCommand has commands of a prefix answered by h, before the managers' own commands, "tell" included; nil takes it
// back. The signature is as for HandleCommand.
func (c *Cluster) HandleMgrCommand(signature string, h Handler) {
	prefix := signatureOf(signature).prefix
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	if h == nil {
		delete(c.state.mgrs.handlers, prefix)
		return
	}
	if c.state.mgrs.handlers == nil {
		c.state.mgrs.handlers = make(map[string]userCommand)
	}
	c.state.mgrs.handlers[prefix] = userCommand{signature, h}
}

// stopMgrs ends all managers.
func (c *Cluster) stopMgrs() {
	c.state.mu.Lock()
	list, timers := slices.Clone(c.state.mgrs.list), c.state.mgrs.timers
	c.state.mgrs.timers = nil
	c.state.mu.Unlock()
	for _, t := range timers {
		t.Stop()
	}
	for _, m := range list {
		m.end.Thaw()
		m.end.FillHole()
		m.end.stop()
	}
	for _, m := range list {
		m.end.conns.Wait()
	}
}

// Name returns the manager's name, x for example.
func (m *Mgr) Name() string { return m.name }

// Addr returns where the manager listens. Every process has a nonce of its own.
func (m *Mgr) Addr() denc.EntityAddr { return m.end.Addr() }

// Alive reports whether the manager runs.
func (m *Mgr) Alive() bool { return m.end.Alive() }

// Active reports whether the manager is the one that serves.
func (m *Mgr) Active() bool { return m.cluster.ActiveMgr() == m }

// Kill ends the manager as kill -9 does. The monitors notice at once, where real ones take half a minute: they publish a map
// without an active manager, and 1 s later the next one serves.
func (m *Mgr) Kill() {
	m.end.stop()
	st := &m.cluster.state
	st.mu.Lock()
	defer st.mu.Unlock()
	st.removeMgr(m)
}

// Start starts a manager that was killed. It serves after 1 s if no other one does.
func (m *Mgr) Start() error {
	if err := m.end.listen(); err != nil {
		return err
	}
	m.renew()
	st := &m.cluster.state
	st.mu.Lock()
	defer st.mu.Unlock()
	st.joinMgr(m)
	return nil
}

// Freeze stops the manager as SIGSTOP does, until Thaw. The monitors do not notice; see FailMgr.
func (m *Mgr) Freeze() { m.end.Freeze() }

// Thaw lets a frozen manager go on.
func (m *Mgr) Thaw() { m.end.Thaw() }

// Refuse closes new connections as soon as they are accepted.
func (m *Mgr) Refuse() { m.end.Refuse() }

// Silence accepts new connections and says nothing.
func (m *Mgr) Silence() { m.end.Silence() }

// DropKeepalives leaves keepalives unanswered.
func (m *Mgr) DropKeepalives() { m.end.DropKeepalives() }

// BlackHole has the network lose every packet between the manager and its clients, until FillHole.
func (m *Mgr) BlackHole() { m.end.BlackHole() }

// FillHole ends BlackHole.
func (m *Mgr) FillHole() { m.end.FillHole() }

// Heal ends all faults of the manager's connections.
func (m *Mgr) Heal() { m.end.Heal() }

// DropClients breaks all connections to the manager, which goes on.
func (m *Mgr) DropClients() { m.end.DropClients() }

// Received returns the messages that clients have sent to this manager, in the order of their arrival.
func (m *Mgr) Received() []monmsg.Message { return m.end.Received() }

// Control has the next message of a type handled by act, once, as Mon.Control does.
func (m *Mgr) Control(msgType uint16, act Action) { m.end.Control(msgType, act) }

// ControlAll has all messages of a type handled by act from now on.
func (m *Mgr) ControlAll(msgType uint16, act Action) { m.end.ControlAll(msgType, act) }

// later runs f, with the state's mutex, unless the cluster has ended by then. The caller holds it, as for all of the following.
func (st *state) later(d time.Duration, f func()) {
	st.mgrs.timers = append(st.mgrs.timers, time.AfterFunc(d, func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		f()
	}))
}

// changeMgrMap publishes a changed map of the managers.
func (st *state) changeMgrMap(change func(m *mgrMap)) {
	next := st.mgrmap.clone()
	next.Epoch++
	change(next)
	st.mgrmap = next
	st.publish("mgrmap")
}

// joinMgr makes a manager a standby, which soon serves when nobody else does.
func (st *state) joinMgr(m *Mgr) {
	m.up = true
	st.changeMgrMap(func(mm *mgrMap) {
		mm.Standbys = append(mm.Standbys, mgrStandby{GID: m.gid, Name: m.name, Features: uint64(m.cluster.features())})
	})
	if st.mgrs.active == nil {
		st.later(mgrTakeover, st.promoteMgr)
	}
}

// removeMgr takes a manager out of the map (MgrMonitor::drop_active and drop_standby in src/mon/MgrMonitor.cc).
func (st *state) removeMgr(m *Mgr) {
	wasActive := st.mgrs.active == m
	if !m.up {
		return
	}
	m.up = false
	st.changeMgrMap(func(mm *mgrMap) {
		mm.Standbys = slices.DeleteFunc(mm.Standbys, func(s mgrStandby) bool { return s.Name == m.name })
		if wasActive {
			mm.Available, mm.ActiveGID, mm.ActiveName, mm.ActiveAddrs, mm.ActiveChange = false, 0, "", nil, now()
		}
	})
	if wasActive {
		st.mgrs.active = nil
		st.later(mgrTakeover, st.promoteMgr)
	}
}

// promoteMgr has the first standby serve, if there is one and nobody else does.
func (st *state) promoteMgr() {
	if st.mgrs.active != nil {
		return
	}
	i := slices.IndexFunc(st.mgrs.list, func(m *Mgr) bool { return m.up })
	if i < 0 {
		return
	}
	m := st.mgrs.list[i]
	st.mgrs.active = m
	st.changeMgrMap(func(mm *mgrMap) {
		mm.Standbys = slices.DeleteFunc(mm.Standbys, func(s mgrStandby) bool { return s.Name == m.name })
		mm.Available, mm.ActiveGID, mm.ActiveName, mm.ActiveAddrs = true, m.gid, m.name, denc.EntityAddrVec{m.end.Addr()}
		mm.ActiveChange, mm.ActiveFeatures = now(), uint64(m.cluster.features())
	})
}

// failMgr has the monitors take a manager for dead, which then starts anew.
func (st *state) failMgr(m *Mgr) {
	st.removeMgr(m)
	st.later(mgrLastWords, func() {
		if !m.end.Alive() {
			return
		}
		m.end.DropClients()
		st.nextGlobalID++
		m.gid = st.nextGlobalID
		m.end.mu.Lock()
		m.end.addr.Nonce++
		m.end.mu.Unlock()
		// Last in the list: the others have waited longer.
		st.mgrs.list = append(slices.DeleteFunc(slices.Clone(st.mgrs.list), func(other *Mgr) bool { return other == m }), m)
		st.later(mgrTakeover, func() {
			if m.end.Alive() && !m.up {
				st.joinMgr(m)
			}
		})
	})
}
