package cephmap

import "slices"

// Names returns the names of the flags that have one, in the order of ceph osd dump.
func (f OSDMapFlags) Names() []string {
	names := []string{}
	for _, n := range osdMapFlagNames {
		if f.Has(n.flag) {
			names = append(names, n.name)
		}
	}
	return names
}

// Names returns the names of the states, in the order of the bits.
func (s OSDState) Names() []string {
	return slices.DeleteFunc(bitNames(uint64(s), osdStateName), func(name string) bool { return name == "???" })
}

// WeightFraction returns the weight as a number from 0, out, to 1.
func (o *OSD) WeightFraction() float64 { return fraction(o.Weight) }

// Affinity returns how much an OSD is preferred as the first of a placement group's: 1 is the most, and what it is of ids
// that no OSD has.
func (m *OSDMap) Affinity(id int32) float64 { return fraction(m.affinity(id)) }

// PoolJSON returns what MarshalJSON has in its list pools of the pool of that id; nil when there is none.
func (m *OSDMap) PoolJSON(id int64) ([]byte, error) {
	p := m.Pool(id)
	if p == nil {
		return nil, nil
	}
	w := new(jsonWriter)
	m.dumpPool(w, id, p)
	return w.bytes(osdMapName)
}

// OSDJSON returns what MarshalJSON has in its list osds of the OSD of that id; nil when there is none.
func (m *OSDMap) OSDJSON(id int32) ([]byte, error) {
	o := m.OSD(id)
	if o == nil {
		return nil, nil
	}
	w := new(jsonWriter)
	m.dumpOSD(w, id, o)
	return w.bytes(osdMapName)
}

// OSDsJSON returns the list osds that MarshalJSON has.
func (m *OSDMap) OSDsJSON() ([]byte, error) {
	w := new(jsonWriter)
	m.dumpOSDList(w, "")
	return w.bytes(osdMapName)
}

// dumpPool writes an element of pools.
func (m *OSDMap) dumpPool(w *jsonWriter, id int64, p *Pool) {
	w.object("", func() {
		name, ok := m.PoolName(id)
		if !ok {
			name = "<unknown>"
		}
		w.int("pool", id)
		w.str("pool_name", name)
		p.dump(w)
	})
}

// dumpOSDList writes osds.
func (m *OSDMap) dumpOSDList(w *jsonWriter, key string) {
	w.list(key, func() {
		for id := range int32(len(m.OSDs)) {
			if o := m.OSD(id); o != nil {
				m.dumpOSD(w, id, o)
			}
		}
	})
}

// dumpOSD writes an element of osds.
func (m *OSDMap) dumpOSD(w *jsonWriter, id int32, o *OSD) {
	w.object("", func() {
		w.int("osd", int64(id))
		o.dump(w, m.affinity(id))
	})
}
