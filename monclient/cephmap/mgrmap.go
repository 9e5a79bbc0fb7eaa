package cephmap

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// MgrMapHeader is what identifies a map of the managers. It has no fsid.
type MgrMapHeader struct {
	Epoch uint32
}

// DecodeMgrMapHeader reads what identifies a map of the managers (src/mon/MgrMap.h) and checks that b holds it
// completely and nothing else.
func DecodeMgrMapHeader(b []byte) (MgrMapHeader, error) {
	var h MgrMapHeader
	err := decodeHeader(b, "mgrmap", MgrMapVersion14, func(r *denc.Reader) { h.Epoch = r.Uint32("epoch") })
	return h, err
}

// decodeHeader reads the beginning of a versioned map that is all of b; newest is the newest version known of it.
func decodeHeader(b []byte, name string, newest uint8, read func(*denc.Reader)) error {
	r := denc.NewReader(b)
	s := r.Start(name, newest)
	read(r)
	r.Finish(s)
	if err := r.Done(); err != nil {
		return fmt.Errorf("cephmap: %w", err)
	}
	return nil
}

// Versions of the encoding of a MgrMap.
const (
	// MgrMapVersion12 is what Pacific writes.
	MgrMapVersion12 uint8 = 12
	// MgrMapVersion13 is what Reef writes.
	MgrMapVersion13 uint8 = 13
	// MgrMapVersion14 is what Tentacle writes.
	MgrMapVersion14 uint8 = 14

	mgrMapCompat = 6
)

// MgrMapFlags are the flags of a MgrMap.
type MgrMapFlags uint64

// MgrMapDown has no manager become active ("ceph mgr set down true").
const MgrMapDown MgrMapFlags = 1 << 0

// MgrMap is the map of the managers (src/mon/MgrMap.h). The zero value is an empty map of epoch 0.
type MgrMap struct {
	// Version is the version of the encoding that the map was decoded from, or what a newer monitor wrote. It decides how
	// the map is encoded and printed; 0 means the newest.
	Version uint8

	Epoch uint32
	Flags MgrMapFlags // from version 13 on

	// ActiveGID is the global id of the active manager, 0 when there is none. It serves when Available.
	ActiveGID      uint64
	ActiveName     string
	ActiveAddrs    denc.EntityAddrVec
	ActiveChange   denc.UTime // when the active manager came or went
	ActiveFeatures denc.Features
	Available      bool

	Standbys map[uint64]MgrStandby // by global id

	Modules          []string // the enabled ones, in order
	AvailableModules []MgrModule
	Services         map[string]string // URIs of what modules serve, by module
	// AlwaysOnModules are modules that run whether they are enabled or not, in order, by the number of the release.
	AlwaysOnModules map[uint32][]string
	// ForceDisabledModules are modules of AlwaysOnModules that do not run; in order, from version 14 on.
	ForceDisabledModules []string

	LastFailureOSDEpoch uint32 // that at which the last active manager was blocklisted
	ActiveClients       []MgrClient
}

// MgrStandby is a manager that waits to become active (MgrMap::StandbyInfo).
type MgrStandby struct {
	GID              uint64
	Name             string
	AvailableModules []MgrModule
	Features         denc.Features
}

// MgrClient is a client of the cluster inside the active manager, which is blocklisted with it.
type MgrClient struct {
	Name  string // of the module; several may share one, and before version 12 there is none
	Addrs denc.EntityAddrVec
}

// DecodeMgrMap decodes a map of which b has nothing else. Its error wraps one of denc's and names the field.
func DecodeMgrMap(b []byte) (*MgrMap, error) {
	r := denc.NewReader(b)
	m := new(MgrMap)
	m.DecodeFrom(r)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("cephmap: %w", err)
	}
	return m, nil
}

// DecodeFrom reads m in any version.
func (m *MgrMap) DecodeFrom(r *denc.Reader) {
	*m = MgrMap{}
	s := r.Start("mgrmap", MgrMapVersion14)
	m.Version = s.Version
	m.Epoch = r.Uint32("epoch")
	m.ActiveAddrs.DecodeFrom(r) // before version 6 a single address, which it reads as well
	m.ActiveGID = r.Uint64("active_gid")
	m.Available = r.Bool("available")
	m.ActiveName = r.String("active_name")
	m.Standbys = readMap(r, "standbys", 8+6+12, r.Uint64, func() (v MgrStandby) {
		v.decodeFrom(r)
		return v
	})
	m.decodeModules(r, s.Version)
	if s.Version >= 7 {
		m.ActiveChange = r.UTime("active_change")
	}
	if s.Version >= 8 {
		m.AlwaysOnModules = readMap(r, "always_on_modules", 8, r.Uint32, func() []string {
			return decodeSet(r, "always_on_modules", 4, r.String)
		})
	}
	if s.Version >= 9 {
		m.ActiveFeatures = denc.Features(r.Uint64("active_mgr_features"))
	}
	if s.Version >= 10 {
		m.LastFailureOSDEpoch = r.Uint32("last_failure_osd_epoch")
	}
	m.decodeClients(r, s.Version)
	if s.Version >= 13 {
		m.Flags = MgrMapFlags(r.Uint64("flags"))
	}
	if s.Version >= 14 {
		m.ForceDisabledModules = decodeSet(r, "force_disabled_modules", 4, r.String)
	}
	r.Finish(s)
}

func (m *MgrMap) decodeModules(r *denc.Reader, version uint8) {
	if version >= 2 {
		m.Modules = decodeSet(r, "modules", 4, r.String)
		if version < 6 { // names of available modules, which version 4 has with all there is to know
			for _, name := range decodeSet(r, "available_module_names", 4, r.String) {
				if version < 4 {
					m.AvailableModules = append(m.AvailableModules, MgrModule{Name: name, CanRun: true})
				}
			}
		}
	}
	if version >= 3 {
		m.Services = readStringMap(r, "services")
	}
	if version >= 4 {
		m.AvailableModules = decodeModules(r, "available_modules")
	}
}

// decodeClients reads the clients, whose names stand apart from their addresses.
func (m *MgrMap) decodeClients(r *denc.Reader, version uint8) {
	if version < 11 {
		return
	}
	m.ActiveClients = readList(r, "clients_addrs", 5, func() (c MgrClient) {
		c.Addrs.DecodeFrom(r)
		return c
	})
	if version < 12 {
		return
	}
	n := r.Count(4, "clients_names")
	if r.Err() == nil && n != len(m.ActiveClients) {
		r.Fail("clients_names", "%d names for %d clients", n, len(m.ActiveClients))
		return
	}
	for i := range n {
		m.ActiveClients[i].Name = r.String("clients_names")
	}
}

// AppendTo appends the encoding of m for a peer of Nautilus or later: in the version that it was decoded from, or the
// nearest of versions 12 to 14. A map decoded from one of these, out of a monitor, comes out as the very bytes that it was
// decoded from.
func (m *MgrMap) AppendTo(b []byte) []byte {
	version := MgrMapVersion14
	if m.Version != 0 {
		version = min(max(m.Version, MgrMapVersion12), MgrMapVersion14)
	}
	b, mark := denc.AppendStart(b, version, mgrMapCompat)
	b = denc.AppendUint32(b, m.Epoch)
	b = m.ActiveAddrs.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUint64(b, m.ActiveGID)
	b = denc.AppendBool(b, m.Available)
	b = denc.AppendString(b, m.ActiveName)
	b = putMap(b, m.Standbys, denc.AppendUint64, appendMgrStandby)
	b = appendSet(b, m.Modules, denc.AppendString)
	b = putStringMap(b, m.Services)
	b = putList(b, m.AvailableModules, appendMgrModule)
	b = denc.AppendUTime(b, m.ActiveChange)
	b = putMap(b, m.AlwaysOnModules, denc.AppendUint32, func(b []byte, set []string) []byte {
		return appendSet(b, set, denc.AppendString)
	})
	b = denc.AppendUint64(b, uint64(m.ActiveFeatures))
	b = denc.AppendUint32(b, m.LastFailureOSDEpoch)
	b = putList(b, m.ActiveClients, func(b []byte, c MgrClient) []byte { return c.Addrs.AppendTo(b, denc.FeaturesAll) })
	b = putList(b, m.ActiveClients, func(b []byte, c MgrClient) []byte { return denc.AppendString(b, c.Name) })
	if version >= MgrMapVersion13 {
		b = denc.AppendUint64(b, uint64(m.Flags))
	}
	if version >= MgrMapVersion14 {
		b = appendSet(b, m.ForceDisabledModules, denc.AppendString)
	}
	return denc.AppendFinish(b, mark)
}

func (s *MgrStandby) decodeFrom(r *denc.Reader) {
	f := r.Start("standby", 4)
	s.GID = r.Uint64("gid")
	s.Name = r.String("name")
	if f.Version >= 2 { // names of modules, which version 3 has with all there is to know
		for _, name := range decodeSet(r, "available_module_names", 4, r.String) {
			if f.Version < 3 {
				s.AvailableModules = append(s.AvailableModules, MgrModule{Name: name, CanRun: true})
			}
		}
	}
	if f.Version >= 3 {
		s.AvailableModules = decodeModules(r, "available_modules")
	}
	if f.Version >= 4 {
		s.Features = denc.Features(r.Uint64("mgr_features"))
	}
	r.Finish(f)
}

func appendMgrStandby(b []byte, s MgrStandby) []byte {
	b, mark := denc.AppendStart(b, 4, 1)
	b = denc.AppendUint64(b, s.GID)
	b = denc.AppendString(b, s.Name)
	names := make([]string, len(s.AvailableModules))
	for i, m := range s.AvailableModules {
		names[i] = m.Name
	}
	b = appendSet(b, names, denc.AppendString)
	b = putList(b, s.AvailableModules, appendMgrModule)
	b = denc.AppendUint64(b, uint64(s.Features))
	return denc.AppendFinish(b, mark)
}
