package cephmap

import (
	"maps"
	"slices"
)

// MarshalJSON returns what ceph mgr dump -f json prints of the map (MgrMap::dump in src/mon/MgrMap.h): as 20.2 does for
// version 14, as 18.2 for version 13, else as 16.2 does. Times are in UTC.
func (m *MgrMap) MarshalJSON() ([]byte, error) {
	w := new(jsonWriter)
	w.object("", func() { m.dump(w) })
	return w.bytes("mgrmap")
}

func (m *MgrMap) dump(w *jsonWriter) {
	printsAs := func(version uint8) bool { return m.Version == 0 || m.Version >= version }
	w.int("epoch", int64(m.Epoch))
	if printsAs(MgrMapVersion13) {
		w.int("flags", int64(m.Flags))
	}
	w.int("active_gid", int64(m.ActiveGID))
	w.str("active_name", m.ActiveName)
	w.object("active_addrs", func() { w.addrVec(m.ActiveAddrs) })
	w.str("active_addr", legacyAddrText(m.ActiveAddrs.Legacy()))
	w.time("active_change", m.ActiveChange)
	w.uint("active_mgr_features", uint64(m.ActiveFeatures))
	w.bool("available", m.Available)
	w.list("standbys", func() {
		for _, gid := range slices.Sorted(maps.Keys(m.Standbys)) {
			s := m.Standbys[gid]
			w.object("", func() {
				w.int("gid", int64(s.GID))
				w.str("name", s.Name)
				w.uint("mgr_features", uint64(s.Features))
				w.mgrModules(s.AvailableModules)
			})
		}
	})
	w.strs("modules", m.Modules)
	w.mgrModules(m.AvailableModules)
	w.strMap("services", m.Services)
	w.object("always_on_modules", func() {
		for _, release := range slices.Sorted(maps.Keys(m.AlwaysOnModules)) {
			w.strs(releaseText(release), m.AlwaysOnModules[release])
		}
	})
	if printsAs(MgrMapVersion14) {
		w.object("force_disabled_modules", func() {
			for _, name := range m.ForceDisabledModules {
				w.str("module", name)
			}
		})
	}
	w.int("last_failure_osd_epoch", int64(m.LastFailureOSDEpoch))
	w.list("active_clients", func() {
		for _, c := range m.ActiveClients {
			w.object("", func() {
				w.str("name", c.Name)
				w.addrVec(c.Addrs)
			})
		}
	})
}

// releaseText returns the name of a release as ceph_release_name in src/common/ceph_releases.cc does.
func releaseText(number uint32) string {
	if number < uint32(len(releaseNames)) {
		return releaseNames[number]
	}
	return "unknown"
}

func (w *jsonWriter) mgrModules(modules []MgrModule) {
	w.list("available_modules", func() {
		for _, m := range modules {
			w.object("", func() {
				w.str("name", m.Name)
				w.bool("can_run", m.CanRun)
				w.str("error_string", m.Error)
				w.object("module_options", func() {
					for _, name := range slices.Sorted(maps.Keys(m.Options)) {
						o := m.Options[name]
						w.member(name)
						w.braces('{', '}', func() { o.dump(w) })
					}
				})
			})
		}
	})
}

func (o *MgrModuleOption) dump(w *jsonWriter) {
	w.str("name", o.Name)
	w.str("type", o.Type.String())
	w.str("level", o.Level.String())
	w.uint("flags", uint64(o.Flags))
	w.str("default_value", o.DefaultValue)
	w.str("min", o.Min)
	w.str("max", o.Max)
	w.strs("enum_allowed", o.EnumAllowed)
	w.str("desc", o.Description)
	w.str("long_desc", o.LongDesc)
	w.strs("tags", o.Tags)
	w.strs("see_also", o.SeeAlso)
}
