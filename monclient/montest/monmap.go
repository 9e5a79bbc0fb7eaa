package montest

import (
	"fmt"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

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

// lastWords is how long a monitor goes on that has learned that it is not in the monmap, or elsewhere: its clients get the
// new map before they are dropped.
const lastWords = 10 * time.Millisecond

// linger waits for what the monitor has said to go out.
func (m *Mon) linger() {
	select {
	case <-time.After(lastWords):
	case <-m.cluster.ctx.Done():
	}
}

// endSoon ends a monitor as those do that the newest monmap has not, or has elsewhere. It returns when that is done.
func (m *Mon) endSoon() {
	m.linger()
	m.stop()
}

// RemoveMon takes a monitor out of the monmap, as "ceph mon rm" does: everybody gets the new map, its own clients
// too, and 10 ms later the monitor ends.
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
	c.Mon(name).endSoon()
	return nil
}

// AddMon starts a monitor and adds it to the monmap, which everybody gets. The name may be that of one that was removed. A
// zero address is one that no other has.
func (c *Cluster) AddMon(name string, at denc.EntityAddr) (*Mon, error) {
	c.mons.Lock()
	if at == (denc.EntityAddr{}) {
		at = c.address(c.nextAddress)
		c.nextAddress++
	}
	i := slices.IndexFunc(c.mons.list, func(m *Mon) bool { return m.name == name })
	if i < 0 {
		i = len(c.mons.list)
		c.mons.list = append(c.mons.list, c.newMon(name, at))
	}
	m := c.mons.list[i]
	c.mons.Unlock()
	if _, there := c.MonMap().Mon(name); there || name == "" {
		return nil, fmt.Errorf("montest: add mon.%s: the monmap has one of that name, or it has no name", name)
	}
	if err := m.startAt(at); err != nil {
		return nil, err
	}
	err := c.changeMonMap(func(mm *cephmap.MonMap) error {
		mm.RemovedRanks = nil
		return mm.Add(cephmap.MonInfo{Name: name, Addrs: denc.EntityAddrVec{m.Addr()}, TimeAdded: now()})
	})
	if err != nil {
		m.stop()
		return nil, err
	}
	return m, nil
}

// startAt starts a monitor that does not run, at another address.
func (m *Mon) startAt(at denc.EntityAddr) error {
	m.mu.Lock()
	if m.listener == nil {
		m.addr, m.left = at, false
	}
	m.mu.Unlock()
	return m.listen()
}

// MoveMon gives a monitor another address, as "ceph mon set-addrs" does, and a restart 10 ms later.
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
	m.endSoon()
	if err := m.startAt(to); err != nil {
		return err
	}
	c.elect()
	return nil
}
