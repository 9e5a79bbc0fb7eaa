package montest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// osdCommands are about the OSDMap (src/mon/OSDMonitor.cc).
var osdCommands = []ownCommand{
	{signature: "osd dump name=epoch,type=CephInt,range=0,req=false", help: "show the OSDMap", module: "osd", perm: "r", run: cmdOSDDump},
	{signature: "osd stat", help: "summarize the OSDMap", module: "osd", perm: "r", run: cmdOSDStat},
	{signature: "osd tree name=epoch,type=CephInt,range=0,req=false name=states,type=CephChoices,strings=up|down|in|out|destroyed,n=N,req=false",
		help: "show the OSDs by their place in CRUSH", module: "osd", perm: "r", run: cmdOSDTree},
	{signature: "osd ls name=epoch,type=CephInt,range=0,req=false", help: "list the OSDs' ids", module: "osd", perm: "r", run: cmdOSDLs},
	{signature: "osd getmap name=epoch,type=CephInt,range=0,req=false", help: "get the encoded OSDMap", module: "osd", perm: "r", run: cmdOSDGetMap},
	{signature: "osd getmaxosd", help: "show how many OSD ids there may be", module: "osd", perm: "r", run: cmdOSDGetMax},
	{signature: "osd metadata name=id,type=CephOsdName,req=false", help: "show what is known of the OSDs' hosts", module: "osd", perm: "r", run: cmdOSDMetadata},
	{signature: "osd versions", help: "count the OSDs by version", module: "osd", perm: "r", run: cmdNoVersions},
	{signature: "osd set name=key,type=CephChoices,strings=" + osdSettable + "|pglog_hardlimit name=yes_i_really_mean_it,type=CephBool,req=false",
		help: "set a flag", module: "osd", perm: "rw", run: cmdOSDSet},
	{signature: "osd unset name=key,type=CephChoices,strings=" + osdSettable, help: "clear a flag", module: "osd", perm: "rw", run: cmdOSDUnset},
}

// osdSettable are the flags that can be set and cleared.
const osdSettable = "pause|noup|nodown|noout|noin|nobackfill|norebalance|norecover|noscrub|nodeep-scrub|notieragent|nosnaptrim|noautoscale"

// osdMapAt returns the OSDMap of the epoch that a command asks for.
func (c *commandContext) osdMapAt() (*osdMap, *Result) {
	epoch := c.integer("epoch", 0)
	if epoch == 0 {
		return c.osdmaps.current, nil
	}
	if i := epoch - int64(c.osdmaps.first); i >= 0 && i < int64(len(c.osdmaps.history)) {
		return c.osdmaps.history[i], nil
	}
	r := Fail(denc.ENOENT, "there is no map for epoch %d", epoch)
	return nil, &r
}

func cmdOSDDump(c *commandContext) Result {
	m, bad := c.osdMapAt()
	if bad != nil {
		return *bad
	}
	if c.JSON() {
		return c.jsonLine(m.dumpJSON(c.release()))
	}
	return Result{Output: m.dumpText()}
}

func cmdOSDStat(c *commandContext) Result {
	return c.either(c.osdmaps.current.statJSON(), c.osdmaps.current.statText(now()))
}

func cmdOSDTree(c *commandContext) Result {
	m, bad := c.osdMapAt()
	if bad != nil {
		return *bad
	}
	for _, s := range c.list("states") {
		if !slices.Contains([]string{"up", "down", "in", "out", "destroyed"}, s) {
			return Fail(denc.EINVAL, "unrecognized state '%s'", s)
		}
	}
	if c.JSON() {
		return c.jsonLine(m.treeJSON())
	}
	return Result{Output: m.treeText()}
}

func cmdOSDLs(c *commandContext) Result {
	m, bad := c.osdMapAt()
	if bad != nil {
		return *bad
	}
	var ids []int
	var b []byte
	for _, o := range m.OSDs {
		ids = append(ids, int(o.ID))
		b = fmt.Appendf(b, "%d\n", o.ID)
	}
	if !c.JSON() {
		return Result{Output: b}
	}
	var w jsonWriter
	w.ints("", ids)
	return c.jsonLine(w.b)
}

func cmdOSDGetMap(c *commandContext) Result {
	epoch := c.osdmaps.newest()
	if e := c.integer("epoch", 0); e != 0 {
		epoch = uint32(e)
		if _, ok := c.osdmaps.at(epoch); !ok || int64(epoch) != e {
			return Fail(denc.ENOENT, "there is no map for epoch %d", e)
		}
	}
	at, _ := c.osdmaps.at(epoch)
	return Result{Output: at.full}.withStatus("got osdmap epoch %d", epoch)
}

func cmdOSDGetMax(c *commandContext) Result {
	m := c.osdmaps.current
	return c.either(jsonObject(func(w *jsonWriter) {
		w.uint("epoch", uint64(m.Epoch))
		w.int("max_osd", int64(m.MaxOSD))
	}), fmt.Appendf(nil, "max_osd = %d in epoch %d\n", m.MaxOSD, m.Epoch))
}

func cmdOSDMetadata(c *commandContext) Result {
	if id := c.String("id"); id != "" {
		return Fail(denc.ENOENT, "osd.%s does not exist", strings.TrimPrefix(id, "osd."))
	}
	return c.pretty([]byte("[]"))
}

// cmdNoVersions counts the versions of daemons that tell none.
func cmdNoVersions(c *commandContext) Result { return c.pretty([]byte("{}")) }

// osdFlag returns the flag of a name, and what it is called when it is set.
func (c *commandContext) osdFlag() (bits uint32, called string) {
	key := c.String("key")
	if key == "pause" {
		return 1<<2 | 1<<3, "pauserd,pausewr"
	}
	if key == "noautoscale" && c.release() < cephmap.ReleaseReef || !slices.Contains(strings.Split(osdSettable+"|pglog_hardlimit", "|"), key) {
		return 0, ""
	}
	for _, f := range osdFlagNames {
		if f.name == key {
			return f.bit, f.name
		}
	}
	return 0, ""
}

func cmdOSDSet(c *commandContext) Result {
	bits, called := c.osdFlag()
	if bits == 0 {
		return Fail(denc.EINVAL, "unrecognized flag '%s'", c.String("key"))
	}
	c.changeOSDMap(func(m *osdMap) { m.Flags |= bits })
	return done("%s is set", called)
}

func cmdOSDUnset(c *commandContext) Result {
	bits, called := c.osdFlag()
	if bits == 0 || called == "pglog_hardlimit" {
		return Fail(denc.EINVAL, "unrecognized flag '%s'", c.String("key"))
	}
	c.changeOSDMap(func(m *osdMap) { m.Flags &^= bits })
	return done("%s is unset", called)
}

// changeOSDMap publishes a changed OSDMap.
func (c *commandContext) changeOSDMap(change func(m *osdMap)) {
	c.nextOSDMap(change)
	c.publish("osdmap")
}
