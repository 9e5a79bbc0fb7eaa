package cephmap

import (
	"cmp"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// AppendTo appends the encoding of m for a peer of Nautilus or later: in version 9 when m was decoded from version 9
// or older, else in version 10. A map decoded from version 9 or 10 comes out as the very bytes it was decoded from.
func (m *MonMap) AppendTo(b []byte) []byte {
	if m.Version != 0 && m.Version <= MonMapVersion9 {
		return m.AppendVersion(b, MonMapVersion9)
	}
	return m.AppendVersion(b, MonMapVersion10)
}

// AppendVersion appends the encoding of m in MonMapVersion9, if version is that or less, else in MonMapVersion10.
func (m *MonMap) AppendVersion(b []byte, version uint8) []byte {
	infoVersion := uint8(5)
	if version > MonMapVersion9 {
		version, infoVersion = MonMapVersion10, monInfoVersion
	} else {
		version = MonMapVersion9
	}
	b, mark := denc.AppendStart(b, version, monMapCompat)
	b = denc.AppendUUID(b, m.FSID)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUTime(b, m.LastChanged)
	b = denc.AppendUTime(b, m.Created)
	b = m.PersistentFeatures.appendTo(b)
	b = m.OptionalFeatures.appendTo(b)

	b = denc.AppendUint32(b, uint32(len(m.Mons)))
	byName := make([]*MonInfo, len(m.Mons))
	for i := range m.Mons {
		byName[i] = &m.Mons[i]
	}
	slices.SortFunc(byName, func(a, b *MonInfo) int { return cmp.Compare(a.Name, b.Name) })
	for _, mon := range byName {
		b = mon.appendTo(denc.AppendString(b, mon.Name), infoVersion)
	}
	b = denc.AppendUint32(b, uint32(len(m.Mons)))
	for i := range m.Mons {
		b = denc.AppendString(b, m.Mons[i].Name)
	}

	b = denc.AppendUint8(b, uint8(m.MinMonRelease))
	b = appendSet(b, m.RemovedRanks, denc.AppendUint32)
	b = denc.AppendUint8(b, uint8(m.strategy()))
	b = appendSet(b, m.DisallowedLeaders, denc.AppendString)
	b = denc.AppendBool(b, m.StretchModeEnabled)
	b = denc.AppendString(b, m.TiebreakerMon)
	b = appendSet(b, m.StretchMarkedDownMons, denc.AppendString)
	if version >= MonMapVersion10 {
		b = denc.AppendUint32(b, m.AuthEpoch)
		b = denc.AppendInt32(b, int32(m.AuthServiceCipher))
		b = denc.AppendUint32(b, uint32(len(m.AuthAllowedCiphers)))
		for _, c := range m.AuthAllowedCiphers {
			b = denc.AppendInt32(b, int32(c))
		}
		b = denc.AppendInt32(b, int32(m.AuthPreferredCipher))
	}
	return denc.AppendFinish(b, mark)
}

func appendSet[T uint32 | string](b []byte, s []T, appendOne func([]byte, T) []byte) []byte {
	s = sortedSet(slices.Clone(s))
	b = denc.AppendUint32(b, uint32(len(s)))
	for _, e := range s {
		b = appendOne(b, e)
	}
	return b
}

// strategy returns the election strategy, classic for a map that was made without one.
func (m *MonMap) strategy() ElectionStrategy {
	if m.ElectionStrategy == 0 {
		return ElectionClassic
	}
	return m.ElectionStrategy
}
