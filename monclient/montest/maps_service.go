package montest

import (
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// serviceMap is the map of service daemons (ServiceMap in src/mgr/ServiceMap.h).
type serviceMap struct {
	Epoch    uint32
	Modified denc.UTime
	Services map[string]map[string]serviceDaemon // by service and by the daemon's name
}

// serviceDaemon is a daemon that told the manager of itself.
type serviceDaemon struct {
	GID        uint64
	Addr       denc.EntityAddr
	StartEpoch uint32
	StartStamp denc.UTime
	Metadata   map[string]string
	TaskStatus map[string]string
}

// newServiceMap returns the first map of a new cluster (MgrStatMonitor::create_initial in src/mon/MgrStatMonitor.cc).
func newServiceMap(now denc.UTime) *serviceMap { return &serviceMap{Epoch: 1, Modified: now} }

// encode returns the map (ServiceMap::encode in src/mgr/ServiceMap.cc).
func (m *serviceMap) encode() []byte {
	b, mark := denc.AppendStart(nil, 1, 1)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUTime(b, m.Modified)
	b = denc.AppendUint32(b, uint32(len(m.Services)))
	for _, name := range slices.Sorted(maps.Keys(m.Services)) {
		b = denc.AppendString(b, name)
		b = appendService(b, m.Services[name])
	}
	return denc.AppendFinish(b, mark)
}

func appendService(b []byte, daemons map[string]serviceDaemon) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	b = denc.AppendUint32(b, uint32(len(daemons)))
	for _, name := range slices.Sorted(maps.Keys(daemons)) {
		d := daemons[name]
		b = denc.AppendString(b, name)
		b = d.appendTo(b)
	}
	b = denc.AppendString(b, "") // summary
	return denc.AppendFinish(b, mark)
}

func (d *serviceDaemon) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 2, 1)
	b = denc.AppendUint64(b, d.GID)
	b = d.Addr.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUint32(b, d.StartEpoch)
	b = denc.AppendUTime(b, d.StartStamp)
	b = appendStrings(b, d.Metadata)
	b = appendStrings(b, d.TaskStatus)
	return denc.AppendFinish(b, mark)
}

// dumpJSON returns what "service dump -f json" answers (ServiceMap::dump in src/mgr/ServiceMap.cc). It is a command of
// the manager.
func (m *serviceMap) dumpJSON() []byte {
	var w jsonWriter
	w.object("", func() {
		w.uint("epoch", uint64(m.Epoch))
		w.time("modified", m.Modified)
		w.object("services", func() {
			for _, service := range slices.Sorted(maps.Keys(m.Services)) {
				w.object(service, func() {
					w.object("daemons", func() {
						w.str("summary", "")
						daemons := m.Services[service]
						for _, name := range slices.Sorted(maps.Keys(daemons)) {
							d := daemons[name]
							d.dump(&w, name)
						}
					})
				})
			}
		})
	})
	return w.b
}

func (d *serviceDaemon) dump(w *jsonWriter, name string) {
	w.object(name, func() {
		w.uint("start_epoch", uint64(d.StartEpoch))
		w.time("start_stamp", d.StartStamp)
		w.uint("gid", d.GID)
		w.str("addr", legacyAddrText(d.Addr))
		w.strMap("metadata", d.Metadata)
		w.strMap("task_status", d.TaskStatus)
	})
}
