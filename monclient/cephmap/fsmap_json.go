package cephmap

import (
	"maps"
	"slices"
)

// MarshalJSON returns what ceph fs dump -f json prints of the map (FSMap::dump in src/mds/FSMap.cc): as 20.2 does for
// version 8, else as 16.2 and 18.2 do; each file system is printed as its own version has it. Times are in UTC.
func (m *FSMap) MarshalJSON() ([]byte, error) {
	w := new(jsonWriter)
	w.object("", func() { m.dump(w) })
	return w.bytes("fsmap")
}

func (m *FSMap) dump(w *jsonWriter) {
	w.int("epoch", int64(m.Epoch))
	if m.Version == 0 || m.Version >= FSMapVersion8 {
		w.str("btime", clockText(m.Created))
	}
	w.int("default_fscid", int64(m.DefaultFSCID))
	w.object("compat", func() { m.DefaultCompat.dump(w) })
	w.object("feature_flags", func() {
		w.bool("enable_multiple", m.EnableMultiple)
		w.bool("ever_enabled_multiple", m.EverEnabledMultiple)
	})
	w.list("standbys", func() {
		for _, gid := range slices.Sorted(maps.Keys(m.Standbys)) {
			info := m.Standbys[gid]
			w.object("", func() {
				info.dump(w)
				w.int("epoch", int64(m.StandbyEpochs[gid]))
			})
		}
	})
	w.list("filesystems", func() {
		for i := range m.Filesystems {
			w.object("", func() { m.Filesystems[i].dump(w) })
		}
	})
}

// dump writes what Filesystem::dump does: peers of mirroring that was switched off are not shown.
func (fs *Filesystem) dump(w *jsonWriter) {
	w.object("mdsmap", func() { fs.MDSMap.dump(w) })
	w.int("id", int64(fs.ID))
	if !fs.Mirrored {
		return
	}
	w.object("mirror_info", func() {
		w.object("peers", func() {
			for _, p := range fs.MirrorPeers {
				w.member(p.UUID)
				w.braces('{', '}', func() {
					w.object("remote", func() {
						w.str("client_name", p.ClientName)
						w.str("cluster_name", p.ClusterName)
						w.str("fs_name", p.FSName)
					})
				})
			}
		})
	})
}
