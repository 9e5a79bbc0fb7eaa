package cephmap

import (
	"maps"
	"slices"
)

// MarshalJSON returns what ceph service dump -f json prints of the map (ServiceMap::dump in src/mgr/ServiceMap.cc), the
// same in all releases. Times are in UTC.
func (m *ServiceMap) MarshalJSON() ([]byte, error) {
	w := new(jsonWriter)
	w.object("", func() {
		w.uint("epoch", uint64(m.Epoch))
		w.time("modified", m.Modified)
		w.object("services", func() {
			for _, name := range slices.Sorted(maps.Keys(m.Services)) {
				s := m.Services[name]
				w.member(name)
				w.braces('{', '}', func() { s.dump(w) })
			}
		})
	})
	return w.bytes("servicemap")
}

// dump writes the summary among the daemons.
func (v *Service) dump(w *jsonWriter) {
	w.object("daemons", func() {
		w.str("summary", v.Summary)
		for _, name := range slices.Sorted(maps.Keys(v.Daemons)) {
			d := v.Daemons[name]
			w.member(name)
			w.braces('{', '}', func() { d.dump(w) })
		}
	})
}

func (d *ServiceDaemon) dump(w *jsonWriter) {
	w.uint("start_epoch", uint64(d.StartEpoch))
	w.time("start_stamp", d.StartStamp)
	w.uint("gid", d.GID)
	w.str("addr", legacyAddrText(d.Addr))
	w.strMap("metadata", d.Metadata)
	w.strMap("task_status", d.TaskStatus)
}
