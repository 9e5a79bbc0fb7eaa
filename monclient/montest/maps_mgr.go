package montest

import (
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// mgrMap is the map of the managers (MgrMap in src/mon/MgrMap.h), of which there is one or none.
type mgrMap struct {
	Epoch               uint32
	ActiveGID           uint64 // 0: none
	ActiveName          string
	ActiveAddrs         denc.EntityAddrVec
	ActiveChange        denc.UTime
	ActiveFeatures      uint64
	Available           bool
	Standbys            []mgrStandby
	Modules             []string // enabled, sorted
	AvailableModules    []string // sorted
	Services            map[string]string
	LastFailureOSDEpoch uint32
	Clients             []mgrClient
}

// mgrStandby is a manager that waits.
type mgrStandby struct {
	GID      uint64
	Name     string
	Features uint64
}

// mgrClient is a client that the active manager has inside itself.
type mgrClient struct {
	Name  string
	Addrs denc.EntityAddrVec
}

// newMgrMap returns the first map of a new cluster, without a manager (MgrMonitor::create_initial in
// src/mon/MgrMonitor.cc; mgr_initial_modules in src/common/options).
func newMgrMap(release cephmap.Release) *mgrMap {
	m := &mgrMap{Epoch: 1, Modules: []string{"iostat", "nfs", "restful"}}
	if release >= cephmap.ReleaseTentacle {
		m.Modules[2] = "nvmeof"
	}
	return m
}

// alwaysOn are the modules that managers load in any case, by release (always_on_modules in src/mon/MgrMonitor.cc).
func alwaysOn(release cephmap.Release) []string {
	if release == cephmap.ReleaseNautilus {
		return []string{"balancer", "crash", "devicehealth", "orchestrator_cli", "progress", "rbd_support", "status", "volumes"}
	}
	return []string{
		"balancer", "crash", "devicehealth", "orchestrator", "pg_autoscaler", "progress", "rbd_support", "status",
		"telemetry", "volumes",
	}
}

// alwaysOnReleases are those of whose modules the monitors of a release know.
func alwaysOnReleases(release cephmap.Release) (all []cephmap.Release) {
	first := cephmap.ReleaseOctopus
	if release < cephmap.ReleaseReef {
		first = cephmap.ReleaseNautilus
	}
	for r := first; r <= release; r++ {
		all = append(all, r)
	}
	return all
}

// encode returns the map as a monitor of the release has it (MgrMap::encode in src/mon/MgrMap.h).
func (m *mgrMap) encode(release cephmap.Release) []byte {
	version := uint8(12)
	switch {
	case release >= cephmap.ReleaseTentacle:
		version = 14
	case release >= cephmap.ReleaseReef:
		version = 13
	}
	b, mark := denc.AppendStart(nil, version, 6)
	b = denc.AppendUint32(b, m.Epoch)
	b = m.ActiveAddrs.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUint64(b, m.ActiveGID)
	b = denc.AppendBool(b, m.Available)
	b = denc.AppendString(b, m.ActiveName)
	b = denc.AppendUint32(b, uint32(len(m.Standbys)))
	for _, s := range m.Standbys {
		b = denc.AppendUint64(b, s.GID)
		var inner int
		b, inner = denc.AppendStart(b, 4, 1)
		b = denc.AppendUint64(b, s.GID)
		b = denc.AppendString(b, s.Name)
		b = appendZeros(b, 2) // available modules, by name and whole
		b = denc.AppendUint64(b, s.Features)
		b = denc.AppendFinish(b, inner)
	}
	b = appendList(b, m.Modules)
	b = appendStrings(b, m.Services)
	b = denc.AppendUint32(b, uint32(len(m.AvailableModules)))
	for _, name := range m.AvailableModules {
		b = appendMgrModule(b, name)
	}
	b = denc.AppendUTime(b, m.ActiveChange)
	releases := alwaysOnReleases(release)
	b = denc.AppendUint32(b, uint32(len(releases)))
	for _, r := range releases {
		b = appendList(denc.AppendUint32(b, uint32(r)), alwaysOn(r))
	}
	b = denc.AppendUint64(b, m.ActiveFeatures)
	b = denc.AppendUint32(b, m.LastFailureOSDEpoch)
	b = denc.AppendUint32(b, uint32(len(m.Clients)))
	for _, c := range m.Clients {
		b = c.Addrs.AppendTo(b, denc.FeaturesAll)
	}
	b = denc.AppendUint32(b, uint32(len(m.Clients)))
	for _, c := range m.Clients {
		b = denc.AppendString(b, c.Name)
	}
	if version >= 13 {
		b = denc.AppendUint64(b, 0) // flags
	}
	if version >= 14 {
		b = appendZeros(b, 1) // force_disabled_modules
	}
	return denc.AppendFinish(b, mark)
}

// appendMgrModule appends a module that can run and has no options (MgrMap::ModuleInfo).
func appendMgrModule(b []byte, name string) []byte {
	b, mark := denc.AppendStart(b, 2, 1)
	b = denc.AppendString(b, name)
	b = denc.AppendBool(b, true)
	b = denc.AppendString(b, "")
	b = appendZeros(b, 1)
	return denc.AppendFinish(b, mark)
}

func appendList(b []byte, list []string) []byte {
	b = denc.AppendUint32(b, uint32(len(list)))
	for _, s := range list {
		b = denc.AppendString(b, s)
	}
	return b
}

// dumpJSON returns what "mgr dump -f json" answers; in plain it answers the same, prettified (MgrMap::dump in
// src/mon/MgrMap.h).
func (m *mgrMap) dumpJSON(release cephmap.Release) []byte {
	var w jsonWriter
	w.object("", func() {
		w.uint("epoch", uint64(m.Epoch))
		if release >= cephmap.ReleaseReef {
			w.zeros("flags")
		}
		w.uint("active_gid", m.ActiveGID)
		w.str("active_name", m.ActiveName)
		w.addrVec("active_addrs", m.ActiveAddrs)
		w.str("active_addr", legacyAddrText(legacyAddr(m.ActiveAddrs)))
		w.time("active_change", m.ActiveChange)
		w.uint("active_mgr_features", m.ActiveFeatures)
		w.bool("available", m.Available)
		w.list("standbys", func() {
			for _, s := range m.Standbys {
				w.object("", func() {
					w.uint("gid", s.GID)
					w.str("name", s.Name)
					w.uint("mgr_features", s.Features)
					w.empties("[]", "available_modules")
				})
			}
		})
		w.strs("modules", m.Modules)
		w.list("available_modules", func() {
			for _, name := range m.AvailableModules {
				w.object("", func() {
					w.str("name", name)
					w.bool("can_run", true)
					w.str("error_string", "")
					w.empties("{}", "module_options")
				})
			}
		})
		w.strMap("services", m.Services)
		w.object("always_on_modules", func() {
			for _, r := range alwaysOnReleases(release) {
				w.strs(r.String(), alwaysOn(r))
			}
		})
		if release >= cephmap.ReleaseTentacle {
			w.empties("{}", "force_disabled_modules")
		}
		w.uint("last_failure_osd_epoch", uint64(m.LastFailureOSDEpoch))
		w.list("active_clients", func() {
			for _, c := range m.Clients {
				w.object("", func() {
					w.str("name", c.Name)
					w.addrs("addrvec", c.Addrs)
				})
			}
		})
	})
	return w.b
}

// statJSON returns what "mgr stat -f json" answers; in plain it answers the same, prettified.
func (m *mgrMap) statJSON() []byte {
	var w jsonWriter
	w.object("", func() {
		w.uint("epoch", uint64(m.Epoch))
		w.bool("available", m.Available)
		w.str("active_name", m.ActiveName)
		w.uint("num_standby", uint64(len(m.Standbys)))
	})
	return w.b
}

// clone returns a copy of m that can be changed.
func (m *mgrMap) clone() *mgrMap {
	n := *m
	n.Modules, n.AvailableModules = slices.Clone(m.Modules), slices.Clone(m.AvailableModules)
	n.Standbys = slices.Clone(m.Standbys)
	n.Services, n.Clients = maps.Clone(m.Services), slices.Clone(m.Clients)
	return &n
}
