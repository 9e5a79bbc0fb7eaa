package cephmap

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// ErrNotNext says that an incremental does not belong to the map that it was to be applied to.
var ErrNotNext = errors.New("cephmap: incremental of another map")

// maxOSDs is how many OSDs an incremental may give a map, which has to say no more of them than that. Monitors allow
// mon_max_osd, 10,000 by default.
const maxOSDs = 1 << 17

// Apply returns the map that i makes of m, which stays as it is; they share what i does not change. It fails with
// ErrNotNext when i is not for the epoch after that of m, or for another cluster. Of a full map in i, m may be the
// empty one.
//
// Encoded, the map is the very one that the monitors have, and its checksum i.FullCRC, provided that they sent i to a
// client with all features of the cluster.
func (m *OSDMap) Apply(i *OSDMapIncremental) (*OSDMap, error) {
	if i.Epoch != m.Epoch+1 {
		return nil, fmt.Errorf("%w: of epoch %d, the map has %d", ErrNotNext, i.Epoch, m.Epoch)
	}
	if i.FSID != m.FSID && i.Epoch != 1 {
		return nil, fmt.Errorf("%w: of the cluster %s, the map is that of %s", ErrNotNext, i.FSID, m.FSID)
	}
	if len(i.FullMap) > 0 {
		n, err := DecodeOSDMap(i.FullMap)
		if err != nil {
			return nil, err
		}
		if n.Epoch != i.Epoch || n.FSID != i.FSID {
			return nil, fmt.Errorf("%w: it has the map of epoch %d of %s, and is of %d of %s", ErrNotNext, n.Epoch, n.FSID, i.Epoch, i.FSID)
		}
		return n, nil
	}
	n := *m
	n.Epoch, n.FSID, n.Modified = i.Epoch, i.FSID, i.Modified
	n.ClientVersion = 9
	if i.ClientVersion == 0 || i.ClientVersion >= 9 {
		n.ClientVersion = osdMapClientVersion
	}
	if i.NewFlags >= 0 {
		n.Flags = OSDMapFlags(i.NewFlags)
	}
	if err := n.applyOSDs(i); err != nil {
		return nil, err
	}
	n.applyPools(i)
	n.applySnaps(i)
	n.applyPlacement(i)
	n.applyRest(i)
	return &n, nil
}

// applyPools also changes erasure code profiles.
func (m *OSDMap) applyPools(i *OSDMapIncremental) {
	if i.NewPoolMax != -1 {
		m.PoolMax = int32(i.NewPoolMax)
	}
	changed := slices.Clone(i.NewPools)
	for k := range changed {
		p := *changed[k].Value
		p.LastChange = i.Epoch
		changed[k].Value = &p
	}
	m.Pools = merge(m.Pools, changed, i.OldPools, cmp.Compare[int64])
	m.PoolNames = merge(m.PoolNames, i.NewPoolNames, i.OldPools, cmp.Compare[int64])
	kept := merge(m.ErasureCodeProfiles, nil, slices.Sorted(slices.Values(i.OldErasureCodeProfiles)), cmp.Compare[string])
	m.ErasureCodeProfiles = merge(kept, i.NewErasureCodeProfiles, nil, cmp.Compare[string])
}

// applySnaps keeps the queue of what is removed and not yet purged.
func (m *OSDMap) applySnaps(i *OSDMapIncremental) {
	m.NewRemovedSnaps, m.NewPurgedSnaps = i.NewRemovedSnaps, i.NewPurgedSnaps
	queues := func(changes []Entry[int64, []SnapInterval], f func(queue, change []SnapInterval) []SnapInterval) {
		changed := make([]Entry[int64, []SnapInterval], len(changes))
		var empty []int64
		for k, c := range changes {
			queue, _ := lookup(m.RemovedSnapsQueue, c.Key, cmp.Compare[int64])
			changed[k] = Entry[int64, []SnapInterval]{c.Key, f(queue, c.Value)}
			if len(changed[k].Value) == 0 {
				empty = append(empty, c.Key)
			}
		}
		m.RemovedSnapsQueue = merge(m.RemovedSnapsQueue, changed, empty, cmp.Compare[int64])
	}
	queues(i.NewRemovedSnaps, unionOfSnaps)
	queues(i.NewPurgedSnaps, subtractSnaps)
}

// applyPlacement changes where placement groups are.
func (m *OSDMap) applyPlacement(i *OSDMapIncremental) {
	var ended []PG
	for _, e := range i.NewPGTemp {
		if len(e.Value) == 0 {
			ended = append(ended, e.Key)
		}
	}
	m.PGTemp = m.PGTemp.merge(i.NewPGTemp, ended)
	ended = nil
	for _, e := range i.NewPrimaryTemp {
		if e.Value == -1 {
			ended = append(ended, e.Key)
		}
	}
	m.PrimaryTemp = m.PrimaryTemp.merge(i.NewPrimaryTemp, ended)
	m.PGUpmap = m.PGUpmap.merge(i.NewPGUpmap, i.OldPGUpmap)
	m.PGUpmapItems = m.PGUpmapItems.merge(i.NewPGUpmapItems, i.OldPGUpmapItems)
	m.PGUpmapPrimaries = m.PGUpmapPrimaries.merge(i.NewPGUpmapPrimaries, i.OldPGUpmapPrimaries)
}

// applyRest changes what concerns the cluster as a whole.
func (m *OSDMap) applyRest(i *OSDMapIncremental) {
	if !i.NewLastUpChange.IsZero() {
		m.LastUpChange = i.NewLastUpChange
	}
	if !i.NewLastInChange.IsZero() {
		m.LastInChange = i.NewLastInChange
	}
	m.Blocklist = applyBlocklist(m.Blocklist, i.NewBlocklist, i.OldBlocklist)
	m.RangeBlocklist = applyBlocklist(m.RangeBlocklist, i.NewRangeBlocklist, i.OldRangeBlocklist)
	m.CRUSHNodeFlags = merge(m.CRUSHNodeFlags, i.NewCRUSHNodeFlags, withoutFlags(i.NewCRUSHNodeFlags), cmp.Compare[int32])
	m.DeviceClassFlags = merge(m.DeviceClassFlags, i.NewDeviceClassFlags, withoutFlags(i.NewDeviceClassFlags), cmp.Compare[int32])

	m.ClusterSnapshot, m.ClusterSnapshotEpoch = i.ClusterSnapshot, 0
	if i.ClusterSnapshot != "" {
		m.ClusterSnapshotEpoch = i.Epoch
	}
	for ratio, changed := range map[*float32]float32{
		&m.NearFullRatio:     i.NewNearFullRatio,
		&m.FullRatio:         i.NewFullRatio,
		&m.BackfillFullRatio: i.NewBackfillFullRatio,
	} {
		if changed >= 0 {
			*ratio = changed
		}
	}
	if r := i.NewRequireMinCompatClient; r != ReleaseUnchanged && r > 0 {
		m.RequireMinCompatClient = r
	}
	if r := i.NewRequireOSDRelease; r != ReleaseUnchanged {
		m.requireOSDRelease(r)
	}
	if len(i.CRUSH) > 0 {
		m.applyCRUSH(i.CRUSH)
	}
	if i.Stretch != nil {
		m.Stretch = *i.Stretch
	}
	switch i.Crimson {
	case CrimsonAllow:
		m.AllowCrimson = true
	case CrimsonForbid:
		m.AllowCrimson = false
	}
}

// applyBlocklist adds what is new and then removes what is old. An address that is listed already stays until when it was to
// stay, whatever an incremental says (OSDMap::apply_incremental in src/osd/OSDMap.cc).
func applyBlocklist(list, added []Entry[denc.EntityAddr, denc.UTime], removed []denc.EntityAddr) []Entry[denc.EntityAddr, denc.UTime] {
	var unlisted []Entry[denc.EntityAddr, denc.UTime]
	for _, e := range added {
		if _, ok := lookup(list, e.Key, addrCodec.compare); !ok {
			unlisted = append(unlisted, e)
		}
	}
	return merge(list, unlisted, sortedAddrs(removed), addrCodec.compare)
}

// requireOSDRelease also changes the flags that follow from the release.
func (m *OSDMap) requireOSDRelease(r Release) {
	m.RequireOSDRelease = r
	if r >= releaseLuminous {
		m.Flags &^= OSDMapRequireJewel | OSDMapRequireKraken | OSDMapRequireLuminous
		m.Flags |= OSDMapRecoveryDeletes
	}
	if r >= ReleaseNautilus {
		m.Flags |= OSDMapPGLogHardLimit
	}
}

// applyCRUSH replaces the CRUSH map, and drops the flags of device classes that are no more.
func (m *OSDMap) applyCRUSH(crush []byte) {
	m.CRUSH = crush
	m.CRUSHVersion++
	o, err := outlineCRUSH(crush)
	if err != nil {
		return
	}
	m.CRUSH = o.withoutMSRDefaults(crush)
	var gone []int32
	for _, e := range m.DeviceClassFlags {
		if _, ok := o.names.Classes.Get(e.Key); !ok {
			gone = append(gone, e.Key)
		}
	}
	m.DeviceClassFlags = merge(m.DeviceClassFlags, nil, gone, cmp.Compare[int32])
}
