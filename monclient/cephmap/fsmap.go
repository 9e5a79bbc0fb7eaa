package cephmap

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// FSMapHeader is what identifies a map of the file systems. It has no fsid.
type FSMapHeader struct {
	Epoch uint32
}

// DecodeFSMapHeader reads what identifies a map of the file systems (src/mds/FSMap.h) and checks that b holds it
// completely and nothing else.
func DecodeFSMapHeader(b []byte) (FSMapHeader, error) {
	var h FSMapHeader
	err := decodeHeader(b, "fsmap", FSMapVersion8, func(r *denc.Reader) { h.Epoch = r.Uint32("epoch") })
	return h, err
}

// FSMapUserHeader is what identifies the list of file systems that clients get.
type FSMapUserHeader struct {
	Epoch uint32
}

// DecodeFSMapUserHeader reads what identifies the list of file systems (src/mds/FSMapUser.h) and checks that b holds
// it completely and nothing else.
func DecodeFSMapUserHeader(b []byte) (FSMapUserHeader, error) {
	var h FSMapUserHeader
	err := decodeHeader(b, "fsmap_user", 1, func(r *denc.Reader) { h.Epoch = r.Uint32("epoch") })
	return h, err
}

// Versions of the encoding of an FSMap.
const (
	// FSMapVersion7 is what Pacific and Reef write.
	FSMapVersion7 uint8 = 7
	// FSMapVersion8 is what Tentacle writes.
	FSMapVersion8 uint8 = 8

	oldestFSMap = 6
	fsMapCompat = 6
)

// FSMap is the map of the file systems and of all metadata servers (src/mds/FSMap.h). To a client whose capabilities are for
// some file systems, monitors show these alone. The zero value is an empty map of epoch 0, but for DefaultFSCID.
type FSMap struct {
	// Version is the version of the encoding that the map was decoded from, 6 to 8, or what a newer monitor wrote. It decides
	// how the map is encoded and printed, together with the versions of the file systems' maps; 0 means the newest.
	Version uint8

	Epoch               uint32
	Created             denc.UTime // of this epoch; from version 8 on
	NextFilesystemID    uint64
	DefaultFSCID        int32     // of the file system that clients mount who name none; -1: none
	DefaultCompat       CompatSet // of new file systems
	EnableMultiple      bool
	EverEnabledMultiple bool
	Filesystems         []Filesystem       // by id
	Roles               map[uint64]int32   // of all servers by global id: the id of the file system; -1: standby
	Standbys            map[uint64]MDSInfo // by global id
	StandbyEpochs       map[uint64]uint32  // of the last change, by global id
}

// Filesystem is one file system of an FSMap (Filesystem in src/mds/FSMap.h).
type Filesystem struct {
	ID          int32 // fscid
	MDSMap      MDSMap
	Mirrored    bool
	MirrorPeers []MirrorPeer // in the order of their UUIDs
}

// MirrorPeer is a file system, of another cluster as a rule, that snapshots are copied to (Peer in src/mds/FSMap.h).
type MirrorPeer struct {
	UUID        string
	ClientName  string
	ClusterName string
	FSName      string
}

// DecodeFSMap decodes a map of which b has nothing else. Its error wraps one of denc's and names the field.
func DecodeFSMap(b []byte) (*FSMap, error) {
	r := denc.NewReader(b)
	m := new(FSMap)
	m.DecodeFrom(r)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("cephmap: %w", err)
	}
	return m, nil
}

// Filesystem returns the file system of that name, nil when there is none.
func (m *FSMap) Filesystem(name string) *Filesystem {
	i := slices.IndexFunc(m.Filesystems, func(fs Filesystem) bool { return fs.MDSMap.FSName == name })
	if i < 0 {
		return nil
	}
	return &m.Filesystems[i]
}

const (
	minFilesystem = 6 + 4 + 4
	minMirrorPeer = 6 + 4 + 6 + 3*4
)

// DecodeFrom reads m in version 6 or later.
func (m *FSMap) DecodeFrom(r *denc.Reader) {
	*m = FSMap{}
	s := r.Start("fsmap", FSMapVersion8)
	m.Version = s.Version
	if r.Err() == nil && s.Version < oldestFSMap {
		r.Fail("struct_v", "%d is older than %d, the oldest supported", s.Version, oldestFSMap)
	}
	m.Epoch = r.Uint32("epoch")
	m.NextFilesystemID = r.Uint64("next_filesystem_id")
	m.DefaultFSCID = r.Int32("legacy_client_fscid")
	m.DefaultCompat.decodeFrom(r)
	m.EnableMultiple = r.Bool("enable_multiple")
	m.decodeFilesystems(r)
	m.Roles = readMap(r, "mds_roles", 12, r.Uint64, func() int32 { return r.Int32("mds_roles") })
	m.Standbys = readMDSInfos(r, "standby_daemons")
	m.StandbyEpochs = readMap(r, "standby_epochs", 12, r.Uint64, func() uint32 { return r.Uint32("standby_epochs") })
	m.EverEnabledMultiple = m.EnableMultiple
	if s.Version >= 7 {
		m.EverEnabledMultiple = r.Bool("ever_enabled_multiple")
	}
	if s.Version >= 8 {
		m.Created = r.UTime("btime")
	}
	r.Finish(s)
}

// decodeFilesystems reads the file systems and brings them into order if they are not.
func (m *FSMap) decodeFilesystems(r *denc.Reader) {
	m.Filesystems = readList(r, "filesystems", minFilesystem, func() (fs Filesystem) {
		fs.decodeFrom(r)
		return fs
	})
	slices.SortStableFunc(m.Filesystems, func(a, b Filesystem) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(m.Filesystems); i++ {
		if id := m.Filesystems[i].ID; id == m.Filesystems[i-1].ID {
			r.Fail("filesystems", "two of id %d", id)
		}
	}
}

func (fs *Filesystem) decodeFrom(r *denc.Reader) {
	s := r.Start("filesystem", 2)
	fs.ID = r.Int32("fscid")
	if b := r.Blob("mdsmap"); r.Err() == nil {
		m, err := DecodeMDSMap(b)
		if err != nil {
			r.Fail("mdsmap", "%v", err)
			return
		}
		fs.MDSMap = *m
	}
	if s.Version >= 2 {
		info := r.Start("mirror_info", 1)
		fs.Mirrored = r.Bool("mirrored")
		fs.MirrorPeers = readMirrorPeers(r)
		r.Finish(info)
	}
	r.Finish(s)
}

// readMirrorPeers reads a set, which knows the peers by their UUIDs.
func readMirrorPeers(r *denc.Reader) []MirrorPeer {
	peers := readList(r, "peers", minMirrorPeer, func() (p MirrorPeer) {
		s := r.Start("peer", 1)
		p.UUID = r.String("uuid")
		remote := r.Start("remote", 1)
		p.ClientName = r.String("client_name")
		p.ClusterName = r.String("cluster_name")
		p.FSName = r.String("fs_name")
		r.Finish(remote)
		r.Finish(s)
		return p
	})
	return sortedPeers(peers)
}

// sortedPeers may reuse peers.
func sortedPeers(peers []MirrorPeer) []MirrorPeer {
	slices.SortStableFunc(peers, func(a, b MirrorPeer) int { return cmp.Compare(a.UUID, b.UUID) })
	return slices.CompactFunc(peers, func(a, b MirrorPeer) bool { return a.UUID == b.UUID })
}

// AppendTo appends the encoding of m for a peer of Nautilus or later: in version 7 when m was decoded from version 7 or
// older, else in version 8. A map decoded from one of these, out of a monitor, comes out as the very bytes that it was
// decoded from.
func (m *FSMap) AppendTo(b []byte) []byte {
	version := FSMapVersion8
	if m.Version != 0 && m.Version <= FSMapVersion7 {
		version = FSMapVersion7
	}
	b, mark := denc.AppendStart(b, version, fsMapCompat)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUint64(b, m.NextFilesystemID)
	b = denc.AppendInt32(b, m.DefaultFSCID)
	b = appendCompatSet(b, m.DefaultCompat)
	b = denc.AppendBool(b, m.EnableMultiple)
	b = putList(b, m.Filesystems, appendFilesystem)
	b = putMap(b, m.Roles, denc.AppendUint64, denc.AppendInt32)
	b = putMap(b, m.Standbys, denc.AppendUint64, appendMDSInfo)
	b = putMap(b, m.StandbyEpochs, denc.AppendUint64, denc.AppendUint32)
	b = denc.AppendBool(b, m.EverEnabledMultiple)
	if version >= FSMapVersion8 {
		b = denc.AppendUTime(b, m.Created)
	}
	return denc.AppendFinish(b, mark)
}

func appendFilesystem(b []byte, fs Filesystem) []byte {
	b, mark := denc.AppendStart(b, 2, 1)
	b = denc.AppendInt32(b, fs.ID)
	b = denc.AppendBlob(b, fs.MDSMap.AppendTo(nil))
	b, info := denc.AppendStart(b, 1, 1)
	b = denc.AppendBool(b, fs.Mirrored)
	b = putList(b, sortedPeers(slices.Clone(fs.MirrorPeers)), appendMirrorPeer)
	b = denc.AppendFinish(b, info)
	return denc.AppendFinish(b, mark)
}

func appendMirrorPeer(b []byte, p MirrorPeer) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	b = denc.AppendString(b, p.UUID)
	b, remote := denc.AppendStart(b, 1, 1)
	b = denc.AppendString(b, p.ClientName)
	b = denc.AppendString(b, p.ClusterName)
	b = denc.AppendString(b, p.FSName)
	b = denc.AppendFinish(b, remote)
	return denc.AppendFinish(b, mark)
}
