package montest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// adminCommands are those of the admin socket, which tell brings to one monitor.
var adminCommands = []ownCommand{
	{signature: "version", help: "show the version", perm: "rwx", run: tellVersion},
	{signature: "git_version", help: "show the commit of the version", perm: "rwx", run: tellGitVersion},
	{signature: "mon_status", help: "show the monitor's own view", perm: "rwx", run: tellMonStatus},
	{signature: "config show", help: "show the configuration that counts", perm: "rwx", run: tellConfigShow},
	{signature: "config diff", help: "show what is not as by default", perm: "rwx", run: tellConfigDiff},
	{signature: "config get name=var,type=CephString", help: "show an option", perm: "rwx", run: tellConfigGet},
	{signature: "config set name=var,type=CephString name=val,type=CephString,n=N", help: "set an option of this monitor", perm: "rwx", run: tellConfigSet},
	{signature: "config unset name=var,type=CephString", help: "undo config set", perm: "rwx", run: tellConfigUnset},
	{signature: "injectargs name=injected_args,type=CephString,n=N", help: "set options of this monitor, as --name=value", perm: "rwx", run: tellInjectArgs},
	{signature: "perf dump name=logger,type=CephString,req=false name=counter,type=CephString,req=false", help: "show counters", perm: "rwx", run: tellPerfDump},
	{signature: "sessions", help: "list the clients", perm: "rwx", run: tellSessions},
	{signature: "ops", help: "show the operations under way", perm: "rwx", run: tellOps},
	{signature: "dump_historic_ops", help: "show operations of the past", perm: "rwx", run: tellHistoricOps},
	{signature: "log flush", help: "write out the log", perm: "rwx", run: tellNothing},
	{signature: "log reopen", help: "open the log file anew", perm: "rwx", run: tellNothing},
	{signature: "smart name=devid,type=CephString,req=false", help: "show the health of the devices", perm: "rwx", run: tellNothing},
	{signature: "add_bootstrap_peer_hint name=addr,type=CephIPAddr", help: "name a peer to a monitor that has no quorum", perm: "rwx", run: tellBootstrapHint},
}

func tellVersion(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		w.str("version", c.versionNumber())
		w.str("release", c.release().String())
		w.str("release_type", "stable")
	})
}

func tellGitVersion(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) { w.str("git_version", "montest") })
}

func tellNothing(c *commandContext) Result { return c.pretty([]byte("{}")) }

func tellBootstrapHint(c *commandContext) Result {
	return text("mon already active; ignoring bootstrap hint\n")
}

func tellMonStatus(c *commandContext) Result { return c.prettyObject(c.dumpMonStatus) }

// requiredFeatures are those that monitors of a release require of each other.
var requiredFeatures = map[cephmap.Release]uint64{
	cephmap.ReleasePacific: 2449958747317026820, cephmap.ReleaseReef: 2449958758054445060, cephmap.ReleaseTentacle: 2451647607914708996,
}

// dumpMonStatus writes the view of one monitor (Monitor::get_mon_status in src/mon/Monitor.cc).
func (c *commandContext) dumpMonStatus(w *jsonWriter) {
	rank := c.rankOf(c.Mon)
	in := c.inQuorum(rank)
	state := "peon"
	switch {
	case !in && len(c.quorum) == 0:
		state = "electing"
	case !in:
		state = "probing"
	case c.quorum[0] == rank:
		state = "leader"
	}
	features := releaseFeatures[c.release()]
	quorumFeatures := c.monmap.PersistentFeatures
	quorum := c.quorum
	if !in {
		features, quorumFeatures, quorum = 0, 0, nil
	}
	w.str("name", c.Mon)
	w.int("rank", int64(rank))
	w.str("state", state)
	w.uint("election_epoch", uint64(c.electionRound))
	if c.release() >= cephmap.ReleaseReef {
		w.int("uptime", c.quorumAge().Milliseconds())
	}
	w.ints("quorum", quorum)
	if in {
		w.int("quorum_age", int64(c.quorumAge().Seconds()))
	}
	w.object("features", func() {
		w.str("required_con", strconv.FormatUint(requiredFeatures[c.release()], 10))
		w.strs("required_mon", c.monmap.PersistentFeatures.Names())
		w.str("quorum_con", strconv.FormatUint(uint64(features), 10))
		w.strs("quorum_mon", quorumFeatures.Names())
	})
	w.list("outside_quorum", func() {
		if !in && rank >= 0 {
			w.str("", c.Mon)
		}
	})
	w.empties("[]", "extra_probe_peers", "sync_provider")
	w.raw("monmap", c.monMapJSON())
	w.object("feature_map", func() { c.featureMap(w) })
	w.bool("stretch_mode", c.monmap.StretchModeEnabled)
}

// monName is what the monitor is called as an entity.
func (c *commandContext) monName() denc.EntityName {
	return denc.EntityName{Type: denc.EntityMon, ID: c.Mon}
}

// option returns the value of an option that counts for the monitor.
func (c *commandContext) option(name string) (string, bool) {
	if v, ok := c.config.effective(c.monName())[name]; ok {
		return v, true
	}
	if name == "fsid" {
		return c.monmap.FSID.String(), true
	}
	v, ok := configDefaults[name]
	return v, ok
}

func tellConfigShow(c *commandContext) Result {
	names := append(sortedKeys(configDefaults), "fsid")
	names = append(names, sortedKeys(c.config.effective(c.monName()))...)
	slices.Sort(names)
	return c.prettyObject(func(w *jsonWriter) {
		w.str("name", c.monName().String())
		w.str("cluster", "ceph")
		for _, name := range slices.Compact(names) {
			v, _ := c.option(name)
			w.str(name, v)
		}
	})
}

func tellConfigDiff(c *commandContext) Result {
	set := c.config.effective(c.monName())
	return c.prettyObject(func(w *jsonWriter) {
		w.object("diff", func() {
			for _, name := range sortedKeys(set) {
				w.object(name, func() {
					w.str("default", configDefaults[name])
					w.str("mon", set[name])
					w.str("final", set[name])
				})
			}
		})
	})
}

func tellConfigGet(c *commandContext) Result {
	name := c.String("var")
	v, ok := c.option(name)
	if !ok {
		return Fail(denc.ENOENT, "error getting '%s': (2) No such file or directory", name)
	}
	return c.prettyObject(func(w *jsonWriter) { w.str(name, v) })
}

// setOption sets an option for this monitor alone. Here, it goes into the configuration database. It returns 0 or what
// is wrong.
func (c *commandContext) setOption(name, value string) denc.Errno {
	if _, known := c.option(name); !known {
		return denc.ENOENT
	}
	value, complaint := configValue(name, value)
	if complaint != "" {
		return denc.EINVAL
	}
	c.config.set(c.monName().String(), name, value)
	c.publish("config")
	return 0
}

func tellConfigSet(c *commandContext) Result {
	name, value := c.String("var"), c.String("val")
	switch c.setOption(name, value) {
	case 0:
		return c.prettyObject(func(w *jsonWriter) { w.str("success", "") })
	case denc.ENOENT:
		return Fail(denc.ENOENT, "error setting '%s' to '%s': (2) No such file or directory", name, value)
	default:
		return Fail(denc.EINVAL, "error setting '%s' to '%s': (22) Invalid argument", name, value)
	}
}

func tellConfigUnset(c *commandContext) Result {
	c.config.remove(c.monName().String(), c.String("var"))
	c.publish("config")
	return tellNothing(c)
}

func tellInjectArgs(c *commandContext) Result {
	var bad []string
	words := strings.Fields(strings.Join(c.list("injected_args"), " "))
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !given && len(words) > 0 && !strings.HasPrefix(words[0], "--") {
			value, words = words[0], words[1:]
		}
		if !strings.HasPrefix(word, "--") || c.setOption(strings.ReplaceAll(name, "-", "_"), value) != 0 {
			bad = append(bad, word)
		}
	}
	if len(bad) > 0 {
		return Fail(denc.EINVAL, " failed to parse arguments: %s\n", strings.Join(bad, ","))
	}
	return tellNothing(c)
}

// tellPerfDump shows the few counters that there are, in the groups of a monitor.
func tellPerfDump(c *commandContext) Result {
	groups := []struct {
		name     string
		counters map[string]uint64
	}{
		{"cluster", map[string]uint64{
			"num_mon": uint64(len(c.monmap.Mons)), "num_mon_quorum": uint64(len(c.quorum)),
			"osd_epoch": uint64(c.osdmaps.newest()), "num_pool": uint64(len(c.osdmaps.current.Pools)),
		}},
		{"mon", map[string]uint64{"num_sessions": uint64(len(c.sessions)), "num_elections": uint64(c.electionRound / 2)}},
	}
	logger, counter := c.String("logger"), c.String("counter")
	return c.prettyObject(func(w *jsonWriter) {
		for _, g := range groups {
			if logger != "" && logger != g.name {
				continue
			}
			w.object(g.name, func() {
				for _, k := range sortedKeys(g.counters) {
					if counter == "" || counter == k {
						w.uint(k, g.counters[k])
					}
				}
			})
		}
	})
}

func tellSessions(c *commandContext) Result {
	var here []*session
	for s := range c.sessions {
		if s.mon.name == c.Mon {
			here = append(here, s)
		}
	}
	slices.SortFunc(here, func(a, b *session) int { return cmp.Compare(a.conn.Info().PeerGID, b.conn.Info().PeerGID) })
	return c.pretty(jsonList(func(w *jsonWriter) {
		for _, s := range here {
			c.dumpSession(w, s)
		}
	}))
}

// dumpSession writes MonSession::dump (src/mon/Session.h).
func (c *commandContext) dumpSession(w *jsonWriter, s *session) {
	info := s.conn.Info()
	caps := "allow *"
	if e, ok := c.auth.lookup(s.auth.name); ok && !c.opts.NoAuth {
		caps = e.caps["mon"]
	}
	w.object("", func() {
		w.str("name", fmt.Sprintf("%s.%d", s.auth.name.Type, info.PeerGID))
		w.str("entity_name", s.auth.name.String())
		w.addrVec("addrs", info.PeerAddrs)
		w.object("socket_addr", func() {
			a := legacyAddr(info.PeerAddrs)
			w.str("type", a.Type.String())
			w.str("addr", addrWithoutNonce(a))
			w.uint("nonce", uint64(a.Nonce))
		})
		w.str("con_type", s.auth.name.Type.String())
		w.uint("con_features", uint64(info.Features))
		w.str("con_features_hex", fmt.Sprintf("%x", uint64(info.Features)))
		w.str("con_features_release", featureRelease(info.Features))
		w.bool("open", true)
		w.object("caps", func() { w.str("text", caps) })
		w.bool("authenticated", true)
		w.int("global_id", info.PeerGID)
		w.str("global_id_status", "new_ok")
		w.zeros("osd_epoch")
		w.str("remote_host", "")
	})
}

// tellOps shows no operations: each is answered before the next is looked at.
func tellOps(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		w.empties("[]", "ops")
		w.zeros("num_ops")
	})
}

func tellHistoricOps(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		w.zeros("size", "duration")
		w.empties("[]", "ops")
	})
}

func tellHelp(c *commandContext, table map[string]ownCommand) Result {
	return c.prettyObject(func(w *jsonWriter) {
		for _, prefix := range sortedKeys(table) {
			w.str(prefix, table[prefix].help)
		}
	})
}
