package cephmap

import (
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// RankOf returns the rank of the named monitor.
func (m *MonMap) RankOf(name string) (rank int, ok bool) {
	rank = slices.IndexFunc(m.Mons, func(mon MonInfo) bool { return mon.Name == name })
	return rank, rank >= 0
}

// RankOfAddr returns the rank of the monitor that has the address, type and nonce included.
func (m *MonMap) RankOfAddr(a denc.EntityAddr) (rank int, ok bool) {
	rank = slices.IndexFunc(m.Mons, func(mon MonInfo) bool { return slices.Contains(mon.Addrs, a) })
	return rank, rank >= 0
}

// RankOfAddrs returns the rank of the monitor that has any of the addresses.
func (m *MonMap) RankOfAddrs(v denc.EntityAddrVec) (rank int, ok bool) {
	for _, a := range v {
		if rank, ok = m.RankOfAddr(a); ok {
			return rank, true
		}
	}
	return -1, false
}

// NameOf returns the name of the monitor that has the address, type and nonce included.
func (m *MonMap) NameOf(a denc.EntityAddr) (name string, ok bool) {
	rank, ok := m.RankOfAddr(a)
	if !ok {
		return "", false
	}
	return m.Mons[rank].Name, true
}

// Mon returns the named monitor, which belongs to the map.
func (m *MonMap) Mon(name string) (*MonInfo, bool) {
	rank, ok := m.RankOf(name)
	if !ok {
		return nil, false
	}
	return &m.Mons[rank], true
}

// Ranks returns the names of the monitors by rank.
func (m *MonMap) Ranks() []string {
	names := make([]string, len(m.Mons))
	for i := range m.Mons {
		names[i] = m.Mons[i].Name
	}
	return names
}

// Clone returns a deep copy of m.
func (m *MonMap) Clone() *MonMap {
	c := *m
	c.Mons = slices.Clone(m.Mons)
	for i := range c.Mons {
		c.Mons[i] = m.Mons[i].clone()
	}
	c.RemovedRanks = slices.Clone(m.RemovedRanks)
	c.DisallowedLeaders = slices.Clone(m.DisallowedLeaders)
	c.StretchMarkedDownMons = slices.Clone(m.StretchMarkedDownMons)
	c.AuthAllowedCiphers = slices.Clone(m.AuthAllowedCiphers)
	return &c
}
