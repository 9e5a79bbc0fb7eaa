package montest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// blocklistCommands are about clients whose I/O the OSDs refuse (src/mon/OSDMonitor.cc).
var blocklistCommands = []ownCommand{
	{signature: "osd blocklist name=range,type=CephString,goodchars=[range],req=false name=blocklistop,type=CephChoices,strings=add|rm name=addr,type=CephEntityAddr name=expire,type=CephFloat,range=0.0,req=false",
		help: "add an address to the blocklist, for expire seconds, or remove it", module: "osd", perm: "rw", run: cmdBlocklist},
	{signature: "osd blocklist ls", help: "show the blocklist", module: "osd", perm: "r", run: cmdBlocklistLs},
	{signature: "osd blocklist clear", help: "empty the blocklist", module: "osd", perm: "rw", run: cmdBlocklistClear},
	{signature: "osd blacklist name=blacklistop,type=CephChoices,strings=add|rm name=addr,type=CephEntityAddr name=expire,type=CephFloat,range=0.0,req=false",
		help: "as osd blocklist", module: "osd", perm: "rw", run: cmdBlocklist},
	{signature: "osd blacklist ls", help: "as osd blocklist ls", module: "osd", perm: "r", run: cmdBlocklistLs},
	{signature: "osd blacklist clear", help: "as osd blocklist clear", module: "osd", perm: "rw", run: cmdBlocklistClear},
}

// blocklistTime is for how long addresses are blocklisted unless it is said (mon_osd_blocklist_default_expire), and
// maxBlocklistTime the longest that makes sense here.
const (
	blocklistTime    = time.Hour
	maxBlocklistTime = 100 * 365 * 24 * time.Hour
)

func cmdBlocklist(c *commandContext) Result {
	if c.String("range") != "" {
		return Fail(denc.EOPNOTSUPP, "montest has no ranges in its blocklist")
	}
	given := c.String("addr")
	addr, err := denc.ParseEntityAddr(given, denc.AddrAny)
	if err != nil || addr.IsBlank() {
		return Fail(denc.EINVAL, "unable to parse address %s", given)
	}
	addr.Type = denc.AddrAny // both messengers are meant
	switch c.String("blocklistop") + c.String("blacklistop") {
	case "add":
		expire := blocklistTime
		if n, ok := c.Args["expire"].(json.Number); ok {
			seconds, _ := n.Float64()
			if seconds > 0 && seconds < maxBlocklistTime.Seconds() {
				expire = time.Duration(seconds * float64(time.Second))
			}
		}
		until := denc.FromTime(now().Time().Add(expire))
		c.changeOSDMap(func(m *osdMap) { m.Blocklist[addr] = until })
		return done("blocklisting %s until %s (%v sec)", legacyAddrText(addr), timeText(until), expire.Seconds())
	case "rm":
		if _, ok := c.osdmaps.current.Blocklist[addr]; !ok {
			return done("%s isn't blocklisted", legacyAddrText(addr))
		}
		c.changeOSDMap(func(m *osdMap) { delete(m.Blocklist, addr) })
		return done("un-blocklisting %s", legacyAddrText(addr))
	}
	return Result{}
}

func cmdBlocklistLs(c *commandContext) Result {
	m := c.osdmaps.current
	r := Result{}
	if c.JSON() {
		// The second list is that of ranges. Both together are no JSON, as with real monitors.
		lists := []Result{c.json(jsonList(func(w *jsonWriter) {
			for _, a := range m.blocklisted() {
				w.object("", func() {
					w.str("addr", legacyAddrText(a))
					w.time("until", m.Blocklist[a])
				})
			}
		})), c.json([]byte("[]"))}
		for _, l := range lists {
			r.Output = append(r.Output, l.Output...)
		}
	} else {
		for _, a := range m.blocklisted() {
			r.Output = fmt.Appendf(r.Output, "%s %s\n", legacyAddrText(a), timeText(m.Blocklist[a]))
		}
	}
	return r.withStatus("listed %d entries", len(m.Blocklist))
}

func cmdBlocklistClear(c *commandContext) Result {
	c.changeOSDMap(func(m *osdMap) { clear(m.Blocklist) })
	return done(" removed all blocklist entries")
}
