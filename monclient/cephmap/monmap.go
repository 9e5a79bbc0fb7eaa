package cephmap

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// ElectionStrategy says how a quorum elects its leader (MonMap::election_strategy in src/mon/MonMap.h).
type ElectionStrategy uint8

// The strategies.
const (
	ElectionClassic      ElectionStrategy = 1
	ElectionDisallow     ElectionStrategy = 2
	ElectionConnectivity ElectionStrategy = 3
)

// Versions of the encoding of a MonMap.
const (
	// MonMapVersion9 is what Pacific to Squid write.
	MonMapVersion9 uint8 = 9
	// MonMapVersion10 is what Tentacle writes.
	MonMapVersion10 uint8 = 10

	monMapCompat = 6
)

// MonMap is the map of the monitors (src/mon/MonMap.h). The zero value is an empty map of epoch 0.
type MonMap struct {
	// Version is the version of the encoding that the map was decoded from, 5 to 10, or what a newer monitor wrote.
	// It decides how the map is encoded and printed; 0 means the newest.
	Version uint8

	FSID        uuid.UUID
	Epoch       uint32 // 0: no monitor has sent it, it was made from configuration
	LastChanged denc.UTime
	Created     denc.UTime

	PersistentFeatures MonFeatures
	OptionalFeatures   MonFeatures

	// Mons has the monitors by rank. Ranks change from map to map, names do not.
	Mons []MonInfo

	MinMonRelease Release
	RemovedRanks  []uint32 // of monitors removed since one was last added; ascending

	ElectionStrategy  ElectionStrategy
	DisallowedLeaders []string // names, in order

	StretchModeEnabled    bool
	TiebreakerMon         string
	StretchMarkedDownMons []string // names, in order

	// AuthEpoch grows when all tickets have to be asked for anew. It and the ciphers exist from version 10 on; maps
	// of older versions decode to what a monitor assumes for them.
	AuthEpoch           uint32
	AuthServiceCipher   Cipher
	AuthAllowedCiphers  []Cipher
	AuthPreferredCipher Cipher
}

// DecodeMonMap decodes a map of which b has nothing else. Its error wraps one of denc's and names the field.
func DecodeMonMap(b []byte) (*MonMap, error) {
	r := denc.NewReader(b)
	m := new(MonMap)
	m.DecodeFrom(r)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("cephmap: %w", err)
	}
	return m, nil
}

// DecodeFrom reads m in version 5 or later, as Nautilus and later monitors write it. A map that contradicts itself,
// such as with a rank for a monitor that it does not have, is malformed.
func (m *MonMap) DecodeFrom(r *denc.Reader) {
	*m = MonMap{}
	s := r.Start("monmap", MonMapVersion10)
	m.Version = s.Version
	if r.Err() == nil && s.Version < 5 {
		r.Fail("struct_v", "%d is older than 5, the oldest supported", s.Version)
	}
	m.FSID = r.UUID("fsid")
	m.Epoch = r.Uint32("epoch")
	if s.Version < 6 {
		skipLegacyAddrs(r)
	}
	m.LastChanged = r.UTime("last_changed")
	m.Created = r.UTime("created")
	m.PersistentFeatures.decodeFrom(r, "persistent_features")
	m.OptionalFeatures.decodeFrom(r, "optional_features")
	m.Mons = decodeMonInfos(r)
	if s.Version < 6 {
		m.sortLegacyRanks()
	} else {
		m.decodeRanks(r)
	}
	m.MinMonRelease = m.PersistentFeatures.release()
	if s.Version >= 7 {
		m.MinMonRelease = Release(r.Uint8("min_mon_release"))
	}
	m.ElectionStrategy = ElectionClassic
	if s.Version >= 8 {
		m.RemovedRanks = decodeSet(r, "removed_ranks", 4, r.Uint32)
		m.ElectionStrategy = ElectionStrategy(r.Uint8("strategy"))
		m.DisallowedLeaders = decodeSet(r, "disallowed_leaders", 4, r.String)
	}
	if s.Version >= 9 {
		m.StretchModeEnabled = r.Bool("stretch_mode_enabled")
		m.TiebreakerMon = r.String("tiebreaker_mon")
		m.StretchMarkedDownMons = decodeSet(r, "stretch_marked_down_mons", 4, r.String)
	}
	m.AuthServiceCipher = CipherAES
	m.AuthAllowedCiphers = []Cipher{CipherAES, CipherAES256K}
	m.AuthPreferredCipher = CipherAES
	if s.Version >= 10 {
		m.AuthEpoch = r.Uint32("auth_epoch")
		m.AuthServiceCipher = Cipher(r.Int32("auth_service_cipher"))
		m.AuthAllowedCiphers = make([]Cipher, r.Count(4, "auth_allowed_ciphers"))
		for i := range m.AuthAllowedCiphers {
			m.AuthAllowedCiphers[i] = Cipher(r.Int32("auth_allowed_ciphers"))
		}
		m.AuthPreferredCipher = Cipher(r.Int32("auth_preferred_cipher"))
	}
	r.Finish(s)
	if r.Err() == nil {
		if err := m.Check(); err != nil {
			r.Fail("monmap", "%v", err)
		}
	}
}

// skipLegacyAddrs reads the addresses by name that stand beside the monitors of version 5 and say nothing more.
func skipLegacyAddrs(r *denc.Reader) {
	for range r.Count(4+19, "mon_addr") {
		r.String("mon_addr.name")
		if new(denc.EntityAddr).DecodeFrom(r); r.Err() != nil {
			return
		}
	}
}

// decodeMonInfos reads the monitors, which stand in the order of their names.
func decodeMonInfos(r *denc.Reader) []MonInfo {
	var mons []MonInfo
	for range r.Count(4+minMonInfo, "mon_info") {
		var m MonInfo
		name := r.String("mon_info.name")
		if m.DecodeFrom(r); r.Err() != nil {
			return nil
		}
		if m.Name != name {
			r.Fail("mon_info", "monitor %q calls itself %q", name, m.Name)
			return nil
		}
		mons = append(mons, m)
	}
	return mons
}

// decodeRanks reads the names by rank and puts the monitors in that order.
func (m *MonMap) decodeRanks(r *denc.Reader) {
	n := r.Count(4, "ranks")
	if r.Err() != nil {
		return
	}
	if n != len(m.Mons) {
		r.Fail("ranks", "%d ranks for %d monitors", n, len(m.Mons))
		return
	}
	byName := make(map[string]*MonInfo, n)
	for i := range m.Mons {
		byName[m.Mons[i].Name] = &m.Mons[i]
	}
	ranked := make([]MonInfo, 0, n)
	for rank := range n {
		name := r.String("ranks")
		if r.Err() != nil {
			return
		}
		mon := byName[name]
		if mon == nil {
			r.Fail("ranks", "rank %d is %q, which is no monitor of the map or has a rank already", rank, name)
			return
		}
		ranked = append(ranked, *mon)
		delete(byName, name)
	}
	if n > 0 {
		m.Mons = ranked
	}
}

// decodeSet reads a set; nil when it is empty.
func decodeSet[T uint32 | string](r *denc.Reader, field string, minSize int, read func(string) T) []T {
	n := r.Count(minSize, field)
	if n == 0 {
		return nil
	}
	s := make([]T, n)
	for i := range s {
		s[i] = read(field)
	}
	return sortedSet(s)
}

// sortedSet returns s sorted and without repetitions, as sets are encoded and printed. It may reuse s.
func sortedSet[T uint32 | string](s []T) []T {
	slices.Sort(s)
	return slices.Compact(s)
}
