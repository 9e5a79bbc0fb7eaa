package montest

import (
	"strings"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// osdMapMessageMax is how many maps one MOSDMap carries (osd_map_message_max).
const osdMapMessageMax = 40

// osdMaps is the history of the OSDMap.
type osdMaps struct {
	release cephmap.Release
	current *osdMap
	first   uint32    // the oldest epoch that is kept
	history []*osdMap // from first on
	encoded map[osdEncoding]osdEpoch
	tamper  func(*monmsg.MOSDMap) // nil: nothing is changed
}

// osdEncoding names the encodings of one epoch: clients that lack features get the form of an older release.
type osdEncoding struct {
	epoch uint32
	form  cephmap.Release
}

// osdEpoch is one epoch: the map in full, and what led to it.
type osdEpoch struct{ full, inc []byte }

// at returns the maps of an epoch in the form of the monitors' release.
func (m *osdMaps) at(epoch uint32) (osdEpoch, bool) { return m.inForm(epoch, m.release) }

// inForm returns the maps of an epoch in the form that a client reads.
func (m *osdMaps) inForm(epoch uint32, form cephmap.Release) (osdEpoch, bool) {
	if epoch < m.first || uint64(epoch) >= uint64(m.first)+uint64(len(m.history)) {
		return osdEpoch{}, false
	}
	key := osdEncoding{epoch, form}
	e, ok := m.encoded[key]
	if !ok {
		var before *osdMap
		if epoch > m.first {
			before = m.history[epoch-m.first-1]
		}
		now := m.history[epoch-m.first]
		e = osdEpoch{full: now.encode(form), inc: now.encodeIncremental(before, form)}
		m.encoded[key] = e
	}
	return e, true
}

// newest returns the newest epoch.
func (m *osdMaps) newest() uint32 { return m.first + uint32(len(m.history)) - 1 }

// add makes next the current map.
func (m *osdMaps) add(next *osdMap) {
	if m.first == 0 {
		m.first, m.encoded = next.Epoch, make(map[osdEncoding]osdEpoch)
	}
	m.history = append(m.history, next)
	m.current = next
}

// message returns an MOSDMap without maps.
func (m *osdMaps) message(fsid uuid.UUID) *monmsg.MOSDMap {
	return &monmsg.MOSDMap{FSID: fsid, TrimLowerBound: m.first, Newest: m.newest()}
}

// send sends a client maps.
func (m *osdMaps) send(s *session, maps *monmsg.MOSDMap) {
	if m.tamper != nil {
		m.tamper(maps)
	}
	s.send(maps, 0)
}

// subscribable reports whether monitors know a subscription's name (Monitor::handle_subscribe in src/mon/Monitor.cc).
func subscribable(what string) bool {
	switch what {
	case "monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap", "config":
		return true
	}
	return isLog(what) || strings.HasPrefix(what, kvPrefix)
}

const (
	kvPrefix  = "kv:"
	logPrefix = "log-"
)

func isLog(what string) bool { return strings.HasPrefix(what, logPrefix) }

// publish sends what has changed to everybody who waits for it and whose monitor hears of it. The caller holds mu, as for
// all of the following.
func (st *state) publish(what string) {
	for s := range st.sessions {
		if !st.members[s.mon] {
			continue
		}
		if what == kvPrefix || what == logPrefix {
			for name := range s.subs {
				if strings.HasPrefix(name, what) {
					st.publishTo(s, name)
				}
			}
			continue
		}
		st.publishTo(s, what)
	}
}

// publishTo sends a client what it waits for, if there is anything new for it.
func (st *state) publishTo(s *session, what string) {
	sub := s.subs[what]
	if sub == nil {
		return
	}
	whole := func(epoch uint32, m monmsg.Message) {
		if sub.start <= uint64(epoch) {
			s.send(m, 0)
			s.got(what, uint64(epoch))
		}
	}
	switch {
	case what == "monmap":
		whole(st.monmap.Epoch, &monmsg.MMonMap{Map: st.encodedMonMap(s.mon)})
	case what == "osdmap":
		st.publishOSDMaps(s, sub)
	case what == "mgrmap":
		whole(st.mgrmap.Epoch, &monmsg.MMgrMap{Map: st.mgrmap.encode(st.opts.Release)})
	case what == "fsmap":
		whole(st.fsmap.Epoch, &monmsg.MFSMap{Epoch: st.fsmap.Epoch, Map: st.fsmap.encode(st.opts.Release)})
	case what == "fsmap.user":
		whole(st.fsmap.Epoch, &monmsg.MFSMapUser{Epoch: st.fsmap.Epoch, Map: st.fsmap.encodeUser()})
	case what == "servicemap":
		whole(st.service.Epoch, &monmsg.MServiceMap{Map: st.service.encode()})
	case what == "config":
		st.publishConfig(s, sub)
	case isLog(what):
		st.publishLog(s, what, sub)
	default:
		st.publishKV(s, what, sub)
	}
}

// publishOSDMaps sends the newest map in full for start 0, else the incrementals from there on, in batches, or full maps
// where they have been trimmed (OSDMonitor::check_osdmap_sub in src/mon/OSDMonitor.cc). What the session has got in this second
// way it does not get so again.
func (st *state) publishOSDMaps(s *session, sub *subscription) {
	newest, form := st.osdmaps.newest(), s.osdMapForm()
	if sub.start == 0 {
		m := st.osdmaps.message(st.monmap.FSID)
		at, _ := st.osdmaps.inForm(newest, form)
		m.Full = []monmsg.EpochMap{{Epoch: newest, Map: at.full}}
		st.osdmaps.send(s, m)
		s.got("osdmap", uint64(newest))
		return
	}
	sub.start = max(sub.start, s.osdEpoch+1)
	for s.subs["osdmap"] == sub && sub.start <= uint64(newest) {
		m := st.osdmaps.message(st.monmap.FSID)
		e := uint32(sub.start)
		if e < st.osdmaps.first {
			e = st.osdmaps.first
			at, _ := st.osdmaps.inForm(e, form)
			m.Full = []monmsg.EpochMap{{Epoch: e, Map: at.full}}
			e++
		}
		for ; e <= newest && len(m.Full)+len(m.Incrementals) < osdMapMessageMax; e++ {
			at, _ := st.osdmaps.inForm(e, form)
			m.Incrementals = append(m.Incrementals, monmsg.EpochMap{Epoch: e, Map: at.inc})
		}
		st.osdmaps.send(s, m)
		s.osdEpoch = uint64(e - 1)
		s.got("osdmap", uint64(e-1))
	}
}

// version answers a version query; monitors do not answer others (Monitor::handle_get_version).
func (st *state) version(what string) (newest, oldest uint64, ok bool) {
	switch what {
	case "monmap":
		return uint64(st.monmap.Epoch), 1, true
	case "osdmap":
		return uint64(st.osdmaps.newest()), uint64(st.osdmaps.first), true
	case "fsmap", "mdsmap":
		return uint64(st.fsmap.Epoch), 1, true
	}
	return 0, 0, false
}

// encodedMonMap returns the monmap as a monitor hands it out.
func (st *state) encodedMonMap(m *Mon) []byte {
	m.mu.Lock()
	fsid := m.faults.fsid
	m.mu.Unlock()
	if fsid == uuid.Nil {
		return st.monmap.AppendTo(nil)
	}
	foreign := st.monmap.Clone()
	foreign.FSID = fsid
	return foreign.AppendTo(nil)
}
