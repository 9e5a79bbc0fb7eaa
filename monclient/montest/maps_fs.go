package montest

import (
	"fmt"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// fsMap is the map of the file systems (FSMap in src/mds/FSMap.h), of which there are none.
type fsMap struct {
	Epoch   uint32
	Created denc.UTime // from Tentacle on
}

// newFSMap returns the first map of a new cluster (MDSMonitor::create_initial in src/mon/MDSMonitor.cc).
func newFSMap(now denc.UTime) *fsMap { return &fsMap{Epoch: 1, Created: now} }

// mdsFeature is one that metadata servers must have (MDS_FEATURE_INCOMPAT_… in src/mds/MDSMap.h).
type mdsFeature struct {
	id   uint64
	name string
}

func mdsFeatures(release cephmap.Release) []mdsFeature {
	all := []mdsFeature{
		{1, "base v0.20"}, {2, "client writeable ranges"}, {3, "default file layouts on dirs"},
		{4, "dir inode in separate object"}, {5, "mds uses versioned encoding"}, {6, "dirfrag is stored in omap"},
		{8, "no anchor table"}, {9, "file layout v2"}, {10, "snaprealm v2"},
		{11, "minor log segments"}, {12, "quiesce subvolumes"},
	}
	if release < cephmap.ReleaseTentacle {
		return all[:9]
	}
	return all
}

const noFileSystem = -1 // FS_CLUSTER_ID_NONE in src/include/cephfs/types.h

// encode returns the map as a monitor of the release has it (FSMap::encode in src/mds/FSMap.cc).
func (m *fsMap) encode(release cephmap.Release) []byte {
	version := uint8(7)
	if release >= cephmap.ReleaseTentacle {
		version = 8
	}
	b, mark := denc.AppendStart(nil, version, 6)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUint64(b, 1) // next_filesystem_id
	b = denc.AppendInt32(b, noFileSystem)
	b = appendZeros(b, 6) // compatible and read-only compatible features
	var mask uint64
	features := mdsFeatures(release)
	for _, f := range features {
		mask |= 1 << f.id
	}
	b = denc.AppendUint64(b, mask)
	b = denc.AppendUint32(b, uint32(len(features)))
	for _, f := range features {
		b = denc.AppendString(denc.AppendUint64(b, f.id), f.name)
	}
	b = denc.AppendBool(b, true) // enable_multiple
	b = appendZeros(b, 4)        // filesystems, mds_roles, standby_daemons, standby_epochs
	b = denc.AppendBool(b, true) // ever_enabled_multiple
	if version >= 8 {
		b = denc.AppendUTime(b, m.Created)
	}
	return denc.AppendFinish(b, mark)
}

// encodeUser returns what clients without an interest in metadata servers get (FSMapUser::encode in src/mds/FSMapUser.cc).
func (m *fsMap) encodeUser() []byte {
	b, mark := denc.AppendStart(nil, 1, 1)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendInt32(b, noFileSystem)
	b = appendZeros(b, 1)
	return denc.AppendFinish(b, mark)
}

// createdText prints Created as real_clock prints times, with a colon before the fraction.
func (m *fsMap) createdText() string {
	return m.Created.Time().Format("2006-01-02T15:04:05:") + m.Created.Time().Format(".000000-0700")[1:]
}

// dumpJSON returns what "fs dump -f json" answers.
func (m *fsMap) dumpJSON(release cephmap.Release) []byte {
	var w jsonWriter
	w.object("", func() { m.dump(&w, release) })
	return append(w.b, '\n')
}

// dump writes FSMap::dump (src/mds/FSMap.cc).
func (m *fsMap) dump(w *jsonWriter, release cephmap.Release) {
	w.uint("epoch", uint64(m.Epoch))
	if release >= cephmap.ReleaseTentacle {
		w.str("btime", m.createdText())
	}
	w.int("default_fscid", noFileSystem)
	w.object("compat", func() {
		w.empties("{}", "compat", "ro_compat")
		w.object("incompat", func() {
			for _, f := range mdsFeatures(release) {
				w.str(fmt.Sprintf("feature_%d", f.id), f.name)
			}
		})
	})
	w.object("feature_flags", func() {
		w.bool("enable_multiple", true)
		w.bool("ever_enabled_multiple", true)
	})
	w.empties("[]", "standbys", "filesystems")
}

// dumpText returns what "fs dump" answers (FSMap::print in src/mds/FSMap.cc).
func (m *fsMap) dumpText(release cephmap.Release) []byte {
	b := fmt.Appendf(nil, "e%d\n", m.Epoch)
	if release >= cephmap.ReleaseTentacle {
		b = fmt.Appendf(b, "btime %s\n", m.createdText())
	}
	features := make([]string, 0, 11)
	for _, f := range mdsFeatures(release) {
		features = append(features, fmt.Sprintf("%d=%s", f.id, f.name))
	}
	b = append(b, "enable_multiple, ever_enabled_multiple: 1,1\n"...)
	b = fmt.Appendf(b, "default compat: compat={},rocompat={},incompat={%s}\n", strings.Join(features, ","))
	return fmt.Appendf(b, "legacy client fscid: %d\n \nNo filesystems configured\n", noFileSystem)
}
