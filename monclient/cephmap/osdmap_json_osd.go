package cephmap

import "github.com/libmonclient/libmonclient/denc"

// dumpOSDs writes osds and osd_xinfo (OSDMap::dump_osds in src/osd/OSDMap.cc).
func (m *OSDMap) dumpOSDs(w *jsonWriter) {
	m.dumpOSDList(w, "osds")
	w.list("osd_xinfo", func() {
		for id := range int32(len(m.OSDs)) {
			if o := m.OSD(id); o != nil {
				w.object("", func() {
					w.int("osd", int64(id))
					o.XInfo.dump(w)
				})
			}
		}
	})
}

// affinity returns the primary affinity of an OSD.
func (m *OSDMap) affinity(id int32) uint32 {
	if id < 0 || int(id) >= len(m.PrimaryAffinity) {
		return OSDWeightIn
	}
	return m.PrimaryAffinity[id]
}

func (o *OSD) dump(w *jsonWriter, affinity uint32) {
	w.str("uuid", o.UUID.String())
	w.uint("up", bit(o.Up()))
	w.uint("in", bit(o.In()))
	w.float("weight", fraction(o.Weight))
	w.float("primary_affinity", fraction(affinity))
	w.uint("last_clean_begin", uint64(o.Info.LastCleanBegin))
	w.uint("last_clean_end", uint64(o.Info.LastCleanEnd))
	w.uint("up_from", uint64(o.Info.UpFrom))
	w.uint("up_thru", uint64(o.Info.UpThru))
	w.uint("down_at", uint64(o.Info.DownAt))
	w.uint("lost_at", uint64(o.Info.LostAt))
	addrs := []struct {
		name string
		v    denc.EntityAddrVec
	}{
		{"public", o.ClientAddrs}, {"cluster", o.ClusterAddrs}, {"heartbeat_back", o.HBBackAddrs}, {"heartbeat_front", o.HBFrontAddrs},
	}
	for _, a := range addrs {
		w.object(a.name+"_addrs", func() { w.addrVec(a.v) })
	}
	for _, a := range addrs {
		w.str(a.name+"_addr", legacyAddrText(a.v.Legacy()))
	}
	w.strs("state", o.State.set())
}

func (x *OSDXInfo) dump(w *jsonWriter) {
	w.time("down_stamp", x.DownStamp)
	w.float("laggy_probability", float64(float32(x.LaggyProbability)/float32(0xffffffff)))
	w.uint("laggy_interval", uint64(x.LaggyInterval))
	w.uint("features", x.Features)
	w.uint("old_weight", uint64(x.OldWeight))
	w.time("last_purged_snaps_scrub", x.LastPurgedSnapsScrub)
	w.uint("dead_epoch", uint64(x.DeadEpoch))
}

// fraction returns a fixed-point number as Ceph prints it.
func fraction(n uint32) float64 { return float64(float32(n) / float32(OSDWeightIn)) }

func bit(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// osdStateNames are the names of the states from the lowest bit on (ceph_osd_state_name in src/common/ceph_strings.cc).
var osdStateNames = [...]string{
	"exists", "up", "autoout", "new", "full", "nearfull", "backfillfull", "destroyed", "noup", "nodown", "noin", "noout", "stop",
}

// set returns the names of the states in alphabetic order.
func (s OSDState) set() []string { return bitSet(uint64(s), osdStateName) }

func osdStateName(bit int) string {
	if bit < len(osdStateNames) {
		return osdStateNames[bit]
	}
	return "???"
}
