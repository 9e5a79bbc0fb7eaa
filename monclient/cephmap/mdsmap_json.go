package cephmap

import (
	"fmt"
	"maps"
	"slices"
)

// clientFeatures are the features of clients of file systems by their bits (src/mds/cephfs_features.cc).
var clientFeatures = [...]string{
	"reserved", "reserved", "reserved", "reserved", "reserved", "jewel", "kraken", "luminous", "mimic", "reply_encoding",
	"reclaim_client", "lazy_caps_wanted", "multi_reconnect", "deleg_ino", "metric_collect", "alternate_name",
	"notify_session_state", "op_getvxattr", "32bits_retry_fwd", "new_snaprealm_info", "has_owner_uidgid",
	"client_mds_auth_caps", "charmap", "blockdiff",
}

// How many of clientFeatures the releases know.
const (
	clientFeatures16 = 19
	clientFeatures18 = 22
)

// mdsMapFlagNames are the flags as the releases from Reef on print them, the first one inverted.
var mdsMapFlagNames = []struct {
	flag MDSMapFlags
	name string
}{
	{MDSMapNotJoinable, "joinable"}, {MDSMapAllowSnaps, "allow_snaps"}, {MDSMapAllowMultiMDSSnaps, "allow_multimds_snaps"},
	{MDSMapAllowStandbyReplay, "allow_standby_replay"}, {MDSMapRefuseClientSession, "refuse_client_session"},
	{MDSMapRefuseStandbyForAnotherFS, "refuse_standby_for_another_fs"}, {MDSMapBalanceAutomate, "balance_automate"},
}

// MarshalJSON returns what ceph fs dump -f json prints of a file system under mdsmap (MDSMap::dump in src/mds/MDSMap.cc):
// as 20.2 does for version 19, as 18.2 for version 18, else as 16.2 does. Times are in UTC.
func (m *MDSMap) MarshalJSON() ([]byte, error) {
	w := new(jsonWriter)
	w.object("", func() { m.dump(w) })
	return w.bytes("mdsmap")
}

// printsAs reports whether what the version brought is printed.
func (m *MDSMap) printsAs(version uint16) bool { return m.Version == 0 || m.Version >= version }

func (m *MDSMap) dump(w *jsonWriter) {
	w.int("epoch", int64(m.Epoch))
	w.uint("flags", uint64(m.Flags))
	if m.printsAs(MDSMapVersion18) {
		w.object("flags_state", func() {
			for _, f := range mdsMapFlagNames {
				w.bool(f.name, (m.Flags&f.flag != 0) != (f.flag == MDSMapNotJoinable))
			}
		})
	}
	w.uint("ever_allowed_features", uint64(m.EverAllowedFeatures))
	w.uint("explicitly_allowed_features", uint64(m.ExplicitlyAllowed))
	w.time("created", m.Created)
	w.time("modified", m.Modified)
	w.int("tableserver", int64(m.TableServer))
	w.int("root", int64(m.Root))
	w.int("session_timeout", int64(m.SessionTimeout))
	w.int("session_autoclose", int64(m.SessionAutoclose))
	w.object("required_client_features", func() { m.dumpClientFeatures(w) })
	w.int("max_file_size", int64(m.MaxFileSize))
	if m.printsAs(MDSMapVersion18) {
		w.int("max_xattr_size", int64(m.MaxXattrSize))
	}
	w.int("last_failure", int64(m.LastFailure))
	w.int("last_failure_osd_epoch", int64(m.LastFailureOSDEpoch))
	w.object("compat", func() { m.Compat.dump(w) })
	w.int("max_mds", int64(m.MaxMDS))
	m.dumpServers(w)
	w.list("data_pools", func() {
		for _, pool := range m.DataPools {
			w.int("", pool)
		}
	})
	w.int("metadata_pool", m.MetadataPool)
	w.bool("enabled", m.Enabled)
	w.str("fs_name", m.FSName)
	w.str("balancer", m.Balancer)
	if m.printsAs(MDSMapVersion18) {
		w.str("bal_rank_mask", m.BalanceRankMask)
	}
	w.int("standby_count_wanted", int64(max(0, m.StandbyCountWanted)))
	if m.printsAs(MDSMapVersion19) {
		w.uint("qdb_leader", m.QuiesceDBLeader)
		w.list("qdb_cluster", func() {
			for _, gid := range m.QuiesceDBMembers {
				w.int("", int64(gid))
			}
		})
	}
}

// dumpServers writes the ranks and who has them.
func (m *MDSMap) dumpServers(w *jsonWriter) {
	w.ints("in", m.In)
	w.object("up", func() {
		for _, rank := range slices.Sorted(maps.Keys(m.Up)) {
			w.int(fmt.Sprintf("mds_%d", rank), int64(m.Up[rank]))
		}
	})
	w.ints("failed", m.Failed)
	w.ints("damaged", m.Damaged)
	w.ints("stopped", m.Stopped)
	w.object("info", func() {
		for _, gid := range slices.Sorted(maps.Keys(m.Info)) {
			info := m.Info[gid]
			w.object(fmt.Sprintf("gid_%d", gid), func() { info.dump(w) })
		}
	})
}

// dumpClientFeatures writes those of the required features that the release has a name for; it does not print others.
func (m *MDSMap) dumpClientFeatures(w *jsonWriter) {
	known := len(clientFeatures)
	switch {
	case !m.printsAs(MDSMapVersion18):
		known = clientFeatures16
	case !m.printsAs(MDSMapVersion19):
		known = clientFeatures18
	}
	for bit, name := range clientFeatures[:known] {
		if m.RequiredClientFeatures.Has(bit) {
			w.str(fmt.Sprintf("feature_%d", bit), name)
		}
	}
}
