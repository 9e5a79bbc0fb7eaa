package montest

import (
	"fmt"
	"maps"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// TrimOSDMaps has the monitors forget the OSDMaps before an epoch, which must be one that they have, as they do with old ones
// (OSDMonitor::get_trim_to in src/mon/OSDMonitor.cc).
func (c *Cluster) TrimOSDMaps(oldest uint32) error {
	st := &c.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m := &st.osdmaps
	if oldest < m.first || oldest > m.newest() {
		return fmt.Errorf("montest: there are osdmaps %d to %d, and not %d", m.first, m.newest(), oldest)
	}
	if _, ok := m.at(oldest); !ok { // its incremental is kept, and needs the map before it to be made
		return fmt.Errorf("montest: osdmap %d cannot be encoded", oldest)
	}
	m.history = m.history[oldest-m.first:]
	m.first = oldest
	maps.DeleteFunc(m.encoded, func(e osdEncoding, _ osdEpoch) bool { return e.epoch < oldest })
	return nil
}

// TamperOSDMaps has f change what is sent to subscribers of the OSDMap from now on: maps may be broken, or missing. The slices of
// the message are its own, but not the maps in them. nil ends it.
func (c *Cluster) TamperOSDMaps(f func(m *monmsg.MOSDMap)) {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.osdmaps.tamper = f
}
