package cephmap

import (
	"fmt"
	"strings"
)

// Text returns what ceph mon dump and monmaptool --print write of the map (MonMap::print in src/mon/MonMap.cc), as
// 20.2 does for a map of version 10, else as 16.2 and 18.2 do. Times are in UTC.
func (m *MonMap) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %d\n", m.Epoch)
	fmt.Fprintf(&b, "fsid %s\n", m.FSID)
	fmt.Fprintf(&b, "last_changed %s\n", m.LastChanged)
	fmt.Fprintf(&b, "created %s\n", m.Created)
	fmt.Fprintf(&b, "min_mon_release %d (%s)\n", uint8(m.MinMonRelease), m.MinMonRelease)
	fmt.Fprintf(&b, "election_strategy: %d\n", uint8(m.strategy()))
	if m.StretchModeEnabled {
		fmt.Fprintf(&b, "stretch_mode_enabled %d\n", 1)
		fmt.Fprintf(&b, "tiebreaker_mon %s\n", m.TiebreakerMon)
	}
	if len(m.DisallowedLeaders) > 0 {
		fmt.Fprintf(&b, "disallowed_leaders %s\n", joinSet(m.DisallowedLeaders))
	}
	for rank := range m.Mons {
		mon := &m.Mons[rank]
		fmt.Fprintf(&b, "%d: %s mon.%s", rank, mon.Addrs, mon.Name)
		if len(mon.CrushLocation) > 0 {
			fmt.Fprintf(&b, "; crush_location %s", mon.crushLocationText())
		}
		b.WriteByte('\n')
	}
	if m.printsAsVersion10() {
		allowed := make([]string, len(m.AuthAllowedCiphers))
		for i, c := range m.AuthAllowedCiphers {
			allowed[i] = c.String()
		}
		fmt.Fprintf(&b, "auth_epoch %d\n", m.AuthEpoch)
		fmt.Fprintf(&b, "auth_service_cipher %s\n", m.AuthServiceCipher)
		fmt.Fprintf(&b, "auth_allowed_ciphers %s\n", strings.Join(allowed, ", "))
		fmt.Fprintf(&b, "auth_preferred_cipher %s\n", m.AuthPreferredCipher)
	}
	return b.String()
}
