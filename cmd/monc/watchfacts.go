package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// facts are what a line says of a map: what has changed since the last one, or, of the first, what there is.
type facts []string

func (f *facts) add(format string, args ...any) {
	*f = append(*f, oneLine(fmt.Sprintf(format, args...)))
}

// changes adds what has come and what has gone.
func (f *facts) changes(of string, before, now []string) {
	var list []string
	for _, s := range now {
		if !slices.Contains(before, s) {
			list = append(list, "+"+s)
		}
	}
	for _, s := range before {
		if !slices.Contains(now, s) {
			list = append(list, "-"+s)
		}
	}
	if len(list) > 0 {
		f.add("%s %s", of, strings.Join(list, " "))
	}
}

func (f *facts) String() string { return strings.Join(*f, "; ") }

// mgrFacts tells who is the active manager, who waits, and which modules are enabled.
func mgrFacts(before, now *cephmap.MgrMap) string {
	var f facts
	active := func(m *cephmap.MgrMap) string {
		switch {
		case m.ActiveName == "":
			return "none"
		case !m.Available:
			return m.ActiveName + " (not available yet)"
		}
		return m.ActiveName
	}
	standbys := func(m *cephmap.MgrMap) (names []string) {
		for _, s := range m.Standbys {
			names = append(names, s.Name)
		}
		slices.Sort(names)
		return names
	}
	if before == nil {
		f.add("active mgr %s", active(now))
		if names := standbys(now); len(names) > 0 {
			f.add("standbys %s", strings.Join(names, " "))
		}
		return f.String()
	}
	if was, is := active(before), active(now); was != is {
		f.add("active mgr %s -> %s", was, is)
	} else if before.ActiveGID != now.ActiveGID {
		f.add("active mgr %s started again", is)
	}
	f.changes("standbys", standbys(before), standbys(now))
	f.changes("modules", before.Modules, now.Modules)
	return f.String()
}

// fsFacts tells which file systems there are, and who serves them.
func fsFacts(before, now *cephmap.FSMap) string {
	var f facts
	names := func(m *cephmap.FSMap) (names []string) {
		for i := range m.Filesystems {
			names = append(names, m.Filesystems[i].MDSMap.FSName)
		}
		return names
	}
	if before == nil {
		f.add("%d file systems", len(now.Filesystems))
		before = new(cephmap.FSMap)
	}
	f.changes("file systems", names(before), names(now))
	for i := range now.Filesystems {
		fs := &now.Filesystems[i].MDSMap
		var was []string
		if old := before.Filesystem(fs.FSName); old != nil {
			was = servers(old.MDSMap.Info)
		}
		f.changes(fs.FSName, was, servers(fs.Info))
	}
	f.changes("standbys", servers(before.Standbys), servers(now.Standbys))
	return f.String()
}

// servers names metadata servers with their rank and state.
func servers(info map[uint64]cephmap.MDSInfo) (list []string) {
	for _, mds := range info {
		s := "mds." + mds.Name
		if mds.Rank >= 0 {
			s += fmt.Sprintf(" rank %d", mds.Rank)
		}
		list = append(list, s+" "+mds.State.String())
	}
	slices.Sort(list)
	return list
}

// serviceFacts tells which daemons there are.
func serviceFacts(before, now *cephmap.ServiceMap) string {
	var f facts
	daemons := func(m *cephmap.ServiceMap) (names []string) {
		for _, service := range slices.Sorted(maps.Keys(m.Services)) {
			for _, daemon := range slices.Sorted(maps.Keys(m.Services[service].Daemons)) {
				names = append(names, service+"."+daemon)
			}
		}
		return names
	}
	f.add("modified %s", now.Modified)
	if before == nil {
		before = new(cephmap.ServiceMap)
	}
	f.changes("daemons", daemons(before), daemons(now))
	return f.String()
}

// osdmapChange is a change with the sentence about it.
type osdmapChange struct{ cephmap.OSDMapChange }

// MarshalJSON adds the sentence as the member text.
func (c osdmapChange) MarshalJSON() ([]byte, error) {
	change, err := c.OSDMapChange.MarshalJSON()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(c.String())
	if err != nil {
		return nil, err
	}
	return slices.Concat(change[:len(change)-1], []byte(`,"text":`), text, []byte("}")), nil
}

// describeOSDMap tells how many OSDs and pools there are of the first map, and of those after it what has changed, a line
// each. Of a history it also tells when.
func (l *eventLine) describeOSDMap(before, now *cephmap.OSDMap, history bool) {
	l.OSDMap, l.Modified = countsOf(now), now.Modified.String()
	when := "modified " + l.Modified + "; "
	if before == nil {
		l.facts = oneLine(fmt.Sprintf("%s%s; %s", when, l.OSDMap.osds(), count(l.OSDMap.Pools, "pool")))
		if len(l.OSDMap.Flags) > 0 {
			l.facts += "; flags " + strings.Join(l.OSDMap.Flags, ",")
		}
		return
	}
	if !history {
		when = ""
	}
	l.Changes = []osdmapChange{}
	for _, c := range cephmap.DiffOSDMaps(before, now) {
		l.Changes = append(l.Changes, osdmapChange{c})
		l.more = append(l.more, oneLine(when+c.String()))
	}
	if len(l.more) == 0 {
		l.more = []string{when + "nothing changed"}
	}
	l.facts, l.more = l.more[0], l.more[1:]
}
