package monclient

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// WatchOSDMap follows the map of the OSDs, which is whole at every epoch, though monitors mostly send what has changed: Next
// applies it. Who reads slowly gets the newest of what has come, and WatchEvent.Missed says how many epochs it has passed over;
// with WatchOptions.All every epoch comes. None is lost, because what there was no room for is asked for when there is, and what
// is missing, or cannot be read, at once: only what the monitors themselves have trimmed, or never had right, is skipped, which
// Missed says as well.
//
// With Start 0 and no Base it begins with the newest map, otherwise with the epoch Start, or, where the monitors have trimmed
// that, with the oldest map that they have. A key that does not allow the command "osd getmap" gets the newest map in place of
// that history.
func (c *Client) WatchOSDMap(o WatchOptions) (*Watch[*cephmap.OSDMap], error) {
	return watch(c, "osdmap", o, osdmapReader(c.core, o))
}

// osdmapFeed returns the feed of a watch and where it begins.
func (o WatchOptions) osdmapFeed(s *Subscription) error {
	f := &osdmapFeed{s: s}
	s.feed, s.next = f, o.Start
	switch {
	case o.Base != nil:
		f.based, s.next = true, uint64(o.Base.Epoch)+1
		if o.Start != 0 && o.Start != s.next {
			return fmt.Errorf("monclient: watch osdmap: WatchOptions.Start is %d and the Base of epoch %d: %w", o.Start, o.Base.Epoch, cephconf.ErrInvalidValue)
		}
	case o.Start == 0:
		f.whole = true
	case o.Start == 1:
		f.based = true // its change has a whole map in it
	}
	return nil
}

// osdmapReader returns the reader of the osdmap.
func osdmapReader(c *core, o WatchOptions) reader[*cephmap.OSDMap] {
	r := &osdmapReading{core: c, counts: o.Start > 0, last: max(o.Start, 1) - 1}
	switch {
	case o.Base != nil:
		r.have, r.foreign, r.counts, r.last = o.Base, true, true, uint64(o.Base.Epoch)
	case o.Start == 1:
		r.have = new(cephmap.OSDMap)
	}
	return r.read
}

// osdmapReading is the map of one watch. It is owned by who fetches the events.
type osdmapReading struct {
	core *core
	have *cephmap.OSDMap
	// foreign says that have is the caller's, and that nothing has shown yet that it is what the monitors have.
	foreign bool
	// doubted has a change that has made a map with another checksum than it should: the whole map of that epoch shows whether
	// checksums are of any use here. Those of monitors that know more than we do are of none.
	doubted *cephmap.OSDMapIncremental
	useless bool
	// last is the epoch before the one that the user is to get next, if counts.
	last   uint64
	counts bool
}

// checkEvery is of how many epochs one has its checksum compared, which takes encoding the map. Those of the changes themselves
// are always compared.
const checkEvery = 64

// read makes the map of the next epoch.
func (r *osdmapReading) read(m MapEvent) ([]WatchEvent[*cephmap.OSDMap], error) {
	if m.err != nil {
		return nil, &MapError{m.What, m.Epoch, m.err}
	}
	next, err := r.next(&m)
	if err != nil {
		m.feed.fault(&m, err)
		if !m.Full {
			return nil, nil // a whole one will come
		}
	}
	r.have = next
	if m.base {
		return nil, nil // without it the first whole map will come
	}
	e := WatchEvent[*cephmap.OSDMap]{Epoch: m.Epoch, Value: next, Raw: m.Data, Full: m.Full, Synced: m.Synced}
	if r.counts && m.Epoch > r.last {
		e.Missed = int(m.Epoch - r.last - 1) //nolint:gosec // epochs have 32 bits
	}
	r.last, r.counts = m.Epoch, true
	if err != nil {
		return nil, &MapError{m.What, m.Epoch, err}
	}
	return []WatchEvent[*cephmap.OSDMap]{e}, nil
}

// next returns the map that an event brings, or makes of the one before.
func (r *osdmapReading) next(m *MapEvent) (*cephmap.OSDMap, error) {
	if m.Full {
		next, err := m.osdmap(&r.core.stats)
		if err == nil && r.doubted != nil {
			r.useless = r.doubted.Epoch == next.Epoch && r.doubted.FullCRC != next.Checksum()
			r.doubted = nil
		}
		r.foreign = r.foreign && err != nil
		return next, err
	}
	change, err := m.osdmapChange()
	if err != nil {
		return nil, err
	}
	if r.foreign {
		next, err := r.apply(change, true)
		r.foreign = err != nil
		return next, err
	}
	// Those who watch together share what the first one of them makes.
	v := m.value
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.made != nil {
		return v.made, nil
	}
	next, err := r.apply(change, m.Epoch%checkEvery == 0)
	if err == nil {
		v.made = next
	}
	return next, err
}

// apply applies a change, and compares the checksum of what it makes if check says so.
func (r *osdmapReading) apply(change *cephmap.OSDMapIncremental, check bool) (*cephmap.OSDMap, error) {
	if r.have == nil {
		return nil, fmt.Errorf("%w: the map before it is missing", denc.ErrMalformed)
	}
	next, err := r.have.Apply(change)
	if err != nil {
		return nil, err
	}
	r.core.stats.osdmaps.applied.Add(1)
	if !check || r.useless || change.FullCRC == 0 {
		return next, nil
	}
	if sum := next.Checksum(); sum != change.FullCRC {
		r.doubted = change
		return nil, fmt.Errorf("%w: of the map that it makes: 0x%08x for 0x%08x", cephmap.ErrChecksum, sum, change.FullCRC)
	}
	return next, nil
}
