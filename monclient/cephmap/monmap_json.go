package cephmap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// jsonMonMap has the fields of ceph mon dump -f json in their order (MonMap::dump in src/mon/MonMap.cc). Pointers are
// to the fields of one form only: 20.2 added the ciphers and corrected the names of two fields.
type jsonMonMap struct {
	Epoch               uint32        `json:"epoch"`
	AuthEpoch           *uint32       `json:"auth_epoch,omitempty"`
	AuthServiceCipher   *jsonCipher   `json:"auth_service_cipher,omitempty"`
	AuthAllowedCiphers  *[]jsonCipher `json:"auth_allowed_ciphers,omitempty"`
	AuthPreferredCipher *jsonCipher   `json:"auth_preferred_cipher,omitempty"`
	FSID                string        `json:"fsid"`
	Modified            string        `json:"modified"`
	Created             string        `json:"created"`
	MinMonRelease       Release       `json:"min_mon_release"`
	MinMonReleaseName   string        `json:"min_mon_release_name"`
	ElectionStrategy    uint8         `json:"election_strategy"`
	OldDisallowed       *string       `json:"disallowed_leaders: ,omitempty"`
	Disallowed          *string       `json:"disallowed_leaders,omitempty"`
	StretchMode         bool          `json:"stretch_mode"`
	TiebreakerMon       string        `json:"tiebreaker_mon"`
	OldRemovedRanks     *string       `json:"removed_ranks: ,omitempty"`
	RemovedRanks        *string       `json:"removed_ranks,omitempty"`
	Features            jsonFeatures  `json:"features"`
	Mons                []jsonMon     `json:"mons"`
}

type jsonCipher struct {
	Name  string `json:"name"`
	Value Cipher `json:"value"`
}

type jsonFeatures struct {
	Persistent []string `json:"persistent"`
	Optional   []string `json:"optional"`
}

type jsonMon struct {
	Rank        int    `json:"rank"`
	Name        string `json:"name"`
	PublicAddrs struct {
		AddrVec []jsonAddr `json:"addrvec"`
	} `json:"public_addrs"`
	Addr          string  `json:"addr"`
	PublicAddr    string  `json:"public_addr"`
	Priority      uint16  `json:"priority"`
	Weight        uint16  `json:"weight"`
	TimeAdded     *string `json:"time_added,omitempty"`
	CrushLocation any     `json:"crush_location"`
}

type jsonAddr struct {
	Type  string `json:"type"`
	Addr  string `json:"addr"`
	Nonce uint32 `json:"nonce"`
}

type jsonCrushBucket struct {
	Type string `json:"key"`
	Name string `json:"val"`
}

// MarshalJSON returns what ceph mon dump -f json prints of the map, without the quorum, which is not part of it: as
// 20.2 prints it for a map of version 10, else as 16.2 and 18.2 do. Times are in UTC.
func (m *MonMap) MarshalJSON() ([]byte, error) {
	v10 := m.printsAsVersion10()
	j := jsonMonMap{
		Epoch:             m.Epoch,
		FSID:              m.FSID.String(),
		Modified:          jsonTime(m.LastChanged),
		Created:           jsonTime(m.Created),
		MinMonRelease:     m.MinMonRelease,
		MinMonReleaseName: m.MinMonRelease.String(),
		ElectionStrategy:  uint8(m.strategy()),
		StretchMode:       m.StretchModeEnabled,
		TiebreakerMon:     m.TiebreakerMon,
		Features:          jsonFeatures{m.PersistentFeatures.Names(), m.OptionalFeatures.Names()},
		Mons:              make([]jsonMon, len(m.Mons)),
	}
	disallowed, removed := joinSet(m.DisallowedLeaders), joinSet(m.RemovedRanks)
	if v10 {
		j.Disallowed, j.RemovedRanks = &disallowed, &removed
		j.AuthEpoch = &m.AuthEpoch
		j.AuthServiceCipher = &jsonCipher{m.AuthServiceCipher.String(), m.AuthServiceCipher}
		allowed := make([]jsonCipher, len(m.AuthAllowedCiphers))
		for i, c := range m.AuthAllowedCiphers {
			allowed[i] = jsonCipher{c.String(), c}
		}
		j.AuthAllowedCiphers = &allowed
		j.AuthPreferredCipher = &jsonCipher{m.AuthPreferredCipher.String(), m.AuthPreferredCipher}
	} else {
		j.OldDisallowed, j.OldRemovedRanks = &disallowed, &removed
	}
	for rank := range m.Mons {
		j.Mons[rank] = m.Mons[rank].json(rank, v10)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(j); err != nil {
		return nil, fmt.Errorf("cephmap: monmap as JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (m *MonInfo) json(rank int, v10 bool) jsonMon {
	legacy := m.Addrs.Legacy()
	j := jsonMon{
		Rank:     rank,
		Name:     m.Name,
		Addr:     fmt.Sprintf("%s/%d", sockaddrText(legacy), legacy.Nonce),
		Priority: m.Priority,
		Weight:   m.Weight,
	}
	j.PublicAddr = j.Addr
	j.PublicAddrs.AddrVec = make([]jsonAddr, len(m.Addrs))
	for i, a := range m.Addrs {
		j.PublicAddrs.AddrVec[i] = jsonAddr{a.Type.String(), sockaddrText(a), a.Nonce}
	}
	if !v10 {
		j.CrushLocation = m.crushLocationText()
		return j
	}
	added := m.TimeAdded.Time().Format("2006-01-02T15:04:05:.000000-0700")
	added = strings.Replace(added, ":.", ":", 1) // Go's layouts want a dot where 20.2 prints a colon
	j.TimeAdded = &added
	location := make([]jsonCrushBucket, 0, len(m.CrushLocation))
	for _, k := range slices.Sorted(maps.Keys(m.CrushLocation)) {
		location = append(location, jsonCrushBucket{k, m.CrushLocation[k]})
	}
	j.CrushLocation = location
	return j
}

// printsAsVersion10 reports whether the map is printed as 20.2 does.
func (m *MonMap) printsAsVersion10() bool { return m.Version == 0 || m.Version >= MonMapVersion10 }

// crushLocationText returns the location as {type=name,type=name}.
func (m *MonInfo) crushLocationText() string {
	pairs := make([]string, 0, len(m.CrushLocation))
	for _, k := range slices.Sorted(maps.Keys(m.CrushLocation)) {
		pairs = append(pairs, k+"="+m.CrushLocation[k])
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// sockaddrText returns an address without its type and nonce.
func sockaddrText(a denc.EntityAddr) string {
	if a.IsBlank() {
		return "(unrecognized address family 0)" // as Ceph prints a sockaddr without one
	}
	return a.AddrPort().String()
}

// jsonTime returns t as utime_t::gmtime in src/include/utime.h prints it.
func jsonTime(t denc.UTime) string { return strings.Replace(t.String(), "+0000", "Z", 1) }

// joinSet returns a set as Ceph prints it, with commas and without brackets.
func joinSet[T uint32 | string](s []T) string {
	text := make([]string, 0, len(s))
	for _, e := range sortedSet(slices.Clone(s)) {
		text = append(text, fmt.Sprint(e))
	}
	return strings.Join(text, ",")
}
