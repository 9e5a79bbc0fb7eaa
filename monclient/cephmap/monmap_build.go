package cephmap

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// NewMonMap returns an empty map of epoch 0 for a cluster of the release, as monmaptool --create begins with.
func NewMonMap(fsid uuid.UUID, release Release) *MonMap {
	m := &MonMap{
		Version:             MonMapVersion9,
		FSID:                fsid,
		PersistentFeatures:  PersistentMonFeatures(release),
		MinMonRelease:       release,
		ElectionStrategy:    ElectionClassic,
		AuthServiceCipher:   CipherAES,
		AuthAllowedCiphers:  []Cipher{CipherAES, CipherAES256K},
		AuthPreferredCipher: CipherAES,
	}
	if release >= ReleaseTentacle {
		m.Version = MonMapVersion10
		m.AuthServiceCipher = CipherAES256K
		m.AuthAllowedCiphers = []Cipher{CipherAES256K}
		m.AuthPreferredCipher = CipherAES256K
	}
	return m
}

// NewBootstrapMonMap returns a map of epoch 0 with one monitor per element of mons, under the names noname-a,
// noname-b and so on (MonMap::init_with_ips and init_with_addrs in src/mon/MonMap.cc). Elements are read as by
// AddBootstrap.
func NewBootstrapMonMap(mons ...denc.EntityAddrVec) (*MonMap, error) {
	m := &MonMap{ElectionStrategy: ElectionClassic}
	for i, addrs := range mons {
		if err := m.AddBootstrap(bootstrapName(i), addrs, 0, 0); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// bootstrapName returns noname-a to noname-z, then noname-aa and so on.
func bootstrapName(i int) string {
	var letters []byte
	for ; i >= 0; i = i/26 - 1 {
		letters = append([]byte{byte('a' + i%26)}, letters...)
	}
	return "noname-" + string(letters)
}

// AddBootstrap adds a monitor as configuration names it (MonMap::_add_ambiguous_addr in src/mon/MonMap.cc).
// Several addresses are taken as they are. A single one may lack its port or its type: without a port it gets the
// default port of its type; of type any it becomes a v1 address at port 6789, a v2 address at port 3300, and
// elsewhere both, the v1 one as a second monitor called name-legacy. An address that the map has already is left out.
func (m *MonMap) AddBootstrap(name string, addrs denc.EntityAddrVec, priority, weight uint16) error {
	add := func(suffix string, v denc.EntityAddrVec) error {
		if slices.ContainsFunc(v, func(a denc.EntityAddr) bool { _, ok := m.RankOfAddr(a); return ok }) {
			return nil
		}
		return m.Add(MonInfo{Name: name + suffix, Addrs: v, Priority: priority, Weight: weight})
	}
	if len(addrs) != 1 {
		return add("", addrs)
	}
	a := addrs[0]
	v1, v2 := a, a
	v1.Type, v2.Type = denc.AddrLegacy, denc.AddrMsgr2
	if a.Port == 0 {
		v1.Port, v2.Port = denc.DefaultPortLegacy, denc.DefaultPortMsgr2
	}
	switch {
	case a.Type == denc.AddrLegacy:
		return add("", denc.EntityAddrVec{v1})
	case a.Type == denc.AddrMsgr2:
		return add("", denc.EntityAddrVec{v2})
	case a.Type != denc.AddrAny:
		return fmt.Errorf("cephmap: monitor %q: address %s is neither v1 nor v2", name, a)
	case a.Port == denc.DefaultPortMsgr2:
		return add("", denc.EntityAddrVec{v2})
	case a.Port == denc.DefaultPortLegacy:
		return add("-legacy", denc.EntityAddrVec{v1})
	}
	if err := add("", denc.EntityAddrVec{v2}); err != nil {
		return err
	}
	return add("-legacy", denc.EntityAddrVec{v1})
}

// Add adds a monitor. In a map with the features of Nautilus or later it gets the next rank; in others, such as those
// made from configuration, all ranks are set anew, by address. A name or an address that the map has already
// is an error.
func (m *MonMap) Add(mon MonInfo) error {
	with := *m
	with.Mons = append(slices.Clone(m.Mons), mon)
	if err := with.Check(); err != nil {
		return fmt.Errorf("cephmap: %w", err)
	}
	m.Mons = with.Mons
	if !(m.PersistentFeatures | m.OptionalFeatures).Has(MonFeatureNautilus) {
		m.sortLegacyRanks()
	}
	return nil
}

// sortLegacyRanks orders the monitors as maps without ranks do (MonMap::calc_legacy_ranks in src/mon/MonMap.cc): by
// the v1 address, or the first one where there is none, then by name.
func (m *MonMap) sortLegacyRanks() {
	slices.SortFunc(m.Mons, func(a, b MonInfo) int {
		return cmp.Or(a.Addrs.Legacy().Compare(b.Addrs.Legacy()), cmp.Compare(a.Name, b.Name))
	})
}

// Check returns an error when the map contradicts itself: a monitor without a name, or a name or address twice.
// DecodeFrom has done it.
func (m *MonMap) Check() error {
	names := make(map[string]bool, len(m.Mons))
	owners := make(map[denc.EntityAddr]string)
	for rank := range m.Mons {
		mon := &m.Mons[rank]
		if mon.Name == "" {
			return fmt.Errorf("monitor of rank %d has no name", rank)
		}
		if names[mon.Name] {
			return fmt.Errorf("monitor %q is there twice", mon.Name)
		}
		names[mon.Name] = true
		for _, a := range mon.Addrs {
			if a.IsBlank() {
				continue // a placeholder: a monitor of mon_initial_members that nobody has met yet
			}
			if owner, ok := owners[a]; ok {
				return fmt.Errorf("monitors %q and %q have the same address %s", owner, mon.Name, a)
			}
			owners[a] = mon.Name
		}
	}
	return nil
}
