package montest

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// monMapCommands are about the monitors themselves (src/mon/MonmapMonitor.cc and Monitor.cc).
var monMapCommands = []ownCommand{
	{signature: "fsid", help: "show the id of the cluster", module: "mon", perm: "r", run: cmdFSID},
	{signature: "version", help: "show the version of the monitor", module: "mon", perm: "r", run: cmdVersion},
	{signature: "versions", help: "count the daemons by version", module: "mon", perm: "r", run: cmdVersions},
	{signature: "quorum_status", help: "show the quorum", module: "mon", perm: "r", run: cmdQuorumStatus},
	{signature: "mon_status", help: "show a monitor's own view; sent with tell only", module: "mon", perm: "r", run: cmdUnrecognized},
	{signature: "mon dump name=epoch,type=CephInt,range=0,req=false", help: "show the monmap", module: "mon", perm: "r", run: cmdMonDump},
	{signature: "mon stat", help: "summarize the monitors", module: "mon", perm: "r", run: cmdMonStat},
	{signature: "mon getmap name=epoch,type=CephInt,range=0,req=false", help: "get the encoded monmap", module: "mon", perm: "r", run: cmdMonGetMap},
	{signature: "mon metadata name=id,type=CephString,req=false", help: "show what is known of a monitor's host", module: "mon", perm: "r", run: cmdMonMetadata},
	{signature: "mon count-metadata name=property,type=CephString", help: "count the monitors by a field of their metadata", module: "mon", perm: "r", run: cmdMonCountMetadata},
	{signature: "mon versions", help: "count the monitors by version", module: "mon", perm: "r", run: cmdMonVersions},
	{signature: "mon feature ls name=with_value,type=CephChoices,strings=--with-value,req=false,until=17 name=with_value,type=CephBool,req=false,since=18", help: "list the features of the quorum", module: "mon", perm: "r", run: cmdMonFeatures},
	{signature: "features", help: "count daemons and clients by their features", module: "mon", perm: "r", run: cmdFeatures},
	{signature: "time-sync-status", help: "show how far the monitors' clocks are apart", module: "mon", perm: "r", run: cmdTimeSync},
	{signature: "node ls name=type,type=CephChoices,strings=all|osd|mon|mds|mgr,req=false", help: "list the hosts and their daemons", module: "mon", perm: "r", run: cmdNodeLs},
}

// nodeName is the host that all daemons run on.
const nodeName = "montest"

// versionNumber is the newest release of the series that was known when this was written.
func (st *state) versionNumber() string {
	switch st.opts.Release {
	case cephmap.ReleasePacific:
		return "16.2.15"
	case cephmap.ReleaseTentacle:
		return "20.2.4"
	}
	return "18.2.7"
}

// versionText is how monitors call their version, with montest in the place of the commit.
func (st *state) versionText() string {
	return fmt.Sprintf("ceph version %s (montest) %s (stable)", st.versionNumber(), st.opts.Release)
}

// quorumNames returns the names of the monitors in quorum.
func (st *state) quorumNames() []string {
	var names []string
	for _, rank := range st.quorum {
		names = append(names, st.monmap.Mons[rank].Name)
	}
	return names
}

// quorumAge is how long there has been a quorum: since the start, as nothing depends on more.
func (st *state) quorumAge() time.Duration { return time.Since(st.created) }

func (c *commandContext) leader() string {
	if names := c.quorumNames(); len(names) > 0 {
		return names[0]
	}
	return ""
}

func cmdFSID(c *commandContext) Result {
	id := c.monmap.FSID.String()
	return c.either(jsonObject(func(w *jsonWriter) { w.str("fsid", id) }), []byte(id+"\n"))
}

func cmdVersion(c *commandContext) Result {
	v := c.versionText()
	if c.JSON() {
		return c.jsonLine(jsonObject(func(w *jsonWriter) { w.str("version", v) }))
	}
	return text("%s\n", v)
}

// cmdUnrecognized answers what stands among the commands for the sake of old clients.
func cmdUnrecognized(*commandContext) Result { return Fail(denc.EINVAL, "unrecognized command") }

func cmdVersions(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		count := func(w *jsonWriter) { w.int(c.versionText(), int64(len(c.monmap.Mons))) }
		w.object("mon", func() { count(w) })
		if c.release() < cephmap.ReleaseReef {
			w.empties("{}", "mgr", "osd", "mds")
		}
		w.object("overall", func() { count(w) })
	})
}

func cmdMonVersions(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) { w.int(c.versionText(), int64(len(c.monmap.Mons))) })
}

// monMapJSON returns the monmap as JSON.
func (st *state) monMapJSON() []byte {
	b, err := json.Marshal(st.monmap)
	if err != nil {
		return []byte("{}")
	}
	return b
}

func cmdQuorumStatus(c *commandContext) Result {
	b := jsonObject(func(w *jsonWriter) {
		w.uint("election_epoch", uint64(c.electionRound))
		w.ints("quorum", c.quorum)
		w.strs("quorum_names", c.quorumNames())
		w.str("quorum_leader_name", c.leader())
		w.int("quorum_age", int64(c.quorumAge().Seconds()))
		w.object("features", func() {
			w.str("quorum_con", strconv.FormatUint(uint64(releaseFeatures[c.release()]), 10))
			w.strs("quorum_mon", c.monmap.PersistentFeatures.Names())
		})
		w.raw("monmap", c.monMapJSON())
	})
	return c.jsonLine(b)
}

// epochGiven returns the failure of a command that asks for an epoch of which nothing is kept. Epoch 0 is the newest.
func (c *commandContext) epochGiven(newest uint32) *Result {
	if epoch := c.integer("epoch", 0); epoch != 0 && epoch != int64(newest) {
		r := Fail(denc.ENOENT, "there is no map for epoch %d", epoch)
		return &r
	}
	return nil
}

func cmdMonDump(c *commandContext) Result {
	if r := c.epochGiven(c.monmap.Epoch); r != nil {
		return *r
	}
	r := text("%s", c.monmap.Text())
	if c.JSON() {
		b := slices.Concat([]byte(strings.TrimSuffix(string(c.monMapJSON()), "}")), []byte(`,"quorum":`),
			jsonList(func(w *jsonWriter) {
				for _, rank := range c.quorum {
					w.int("", int64(rank))
				}
			}), []byte("}"))
		r = c.jsonLine(b)
	}
	return r.withStatus("dumped monmap epoch %d", c.monmap.Epoch)
}

func cmdMonGetMap(c *commandContext) Result {
	if r := c.epochGiven(c.monmap.Epoch); r != nil {
		return *r
	}
	return Result{Output: c.monmap.AppendTo(nil)}.withStatus("got monmap epoch %d", c.monmap.Epoch)
}

func cmdMonStat(c *commandContext) Result {
	if c.JSON() {
		return c.jsonLine(jsonObject(func(w *jsonWriter) {
			w.uint("epoch", uint64(c.monmap.Epoch))
			w.str("min_mon_release_name", c.monmap.MinMonRelease.String())
			w.int("num_mons", int64(len(c.monmap.Mons)))
			w.str("leader", c.leader())
			w.list("quorum", func() {
				for _, rank := range c.quorum {
					w.object("", func() {
						w.int("rank", int64(rank))
						w.str("name", c.monmap.Mons[rank].Name)
					})
				}
			})
		}))
	}
	var mons, ranks, removed []string
	for _, m := range c.monmap.Mons {
		mons = append(mons, m.Name+"="+m.Addrs.String())
	}
	slices.Sort(mons)
	for _, rank := range c.quorum {
		ranks = append(ranks, strconv.Itoa(rank))
	}
	for _, rank := range c.monmap.RemovedRanks {
		removed = append(removed, strconv.Itoa(int(rank)))
	}
	b := fmt.Appendf(nil, "e%d: %d mons at {%s} removed_ranks: {%s}", c.monmap.Epoch, len(mons), strings.Join(mons, ","), strings.Join(removed, ","))
	if c.release() >= cephmap.ReleaseReef {
		b = fmt.Appendf(b, " disallowed_leaders: {%s}", strings.Join(c.monmap.DisallowedLeaders, ","))
	}
	b = fmt.Appendf(b, ", election epoch %d", c.electionRound)
	if len(c.quorum) > 0 {
		b = fmt.Appendf(b, ", leader %d %s, quorum %s %s", c.quorum[0], c.leader(), strings.Join(ranks, ","), strings.Join(c.quorumNames(), ","))
	}
	return Result{Output: append(b, '\n')}
}

// machine is the name of the processor as uname has it.
func machine() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return runtime.GOARCH
}

// metadata returns what a monitor tells of itself.
func (c *commandContext) metadata(m *cephmap.MonInfo) map[string]string {
	all := map[string]string{
		"addrs": m.Addrs.String(), "arch": machine(), "ceph_release": c.release().String(), "ceph_version": c.versionText(),
		"ceph_version_short": c.versionNumber(), "compression_algorithms": "none", "device_ids": "", "device_paths": "", "devices": "",
		"hostname": nodeName, "os": "Linux",
	}
	if c.release() >= cephmap.ReleaseReef {
		all["ceph_version_when_created"] = c.versionText()
		all["created_at"] = c.created.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	return all
}

func cmdMonMetadata(c *commandContext) Result {
	if id := c.String("id"); id != "" {
		m, ok := c.monmap.Mon(id)
		if !ok {
			return Fail(denc.ENOENT, "requested mon not found")
		}
		var w jsonWriter
		w.strMap("", c.metadata(m))
		return c.pretty(w.b)
	}
	return c.pretty(jsonList(func(w *jsonWriter) {
		for i := range c.monmap.Mons {
			m := &c.monmap.Mons[i]
			w.object("", func() {
				w.str("name", m.Name)
				all := c.metadata(m)
				for _, k := range sortedKeys(all) {
					w.str(k, all[k])
				}
			})
		}
	}))
}

func cmdMonCountMetadata(c *commandContext) Result {
	property := c.String("property")
	count := make(map[string]int64)
	for i := range c.monmap.Mons {
		v, ok := c.metadata(&c.monmap.Mons[i])[property]
		if !ok {
			v = "unknown"
		}
		count[v]++
	}
	return c.prettyObject(func(w *jsonWriter) {
		for _, k := range sortedKeys(count) {
			w.int(k, count[k])
		}
	})
}

func cmdMonFeatures(c *commandContext) Result {
	supported, persistent := cephmap.PersistentMonFeatures(c.release()), c.monmap.PersistentFeatures
	required := persistent | c.monmap.OptionalFeatures
	if c.JSON() {
		return c.jsonLine(jsonObject(func(w *jsonWriter) {
			w.object("all", func() {
				w.strs("supported", supported.Names())
				w.strs("persistent", supported.Names())
			})
			w.object("monmap", func() {
				w.strs("persistent", persistent.Names())
				w.strs("optional", c.monmap.OptionalFeatures.Names())
				w.strs("required", required.Names())
			})
		}))
	}
	list := cephmap.MonFeatures.String
	if c.flag("with_value") {
		list = featuresWithValues
	}
	return text("all features\n\tsupported: %s\n\tpersistent: %s\non current monmap (epoch %d)\n\tpersistent: %s\n\trequired: %s\n",
		list(supported), list(supported), c.monmap.Epoch, list(persistent), list(required))
}

// featuresWithValues prints features with the values of their bits.
func featuresWithValues(f cephmap.MonFeatures) string {
	var all []string
	for rest := f; rest != 0; rest &= rest - 1 {
		bit := rest & -rest
		all = append(all, fmt.Sprintf("%s(%d)", bit.Names()[0], uint64(bit)))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// featureRelease returns the release that Ceph takes a peer for by its features (ceph_release_from_features in
// src/common/ceph_strings.cc), which has no names for all.
func featureRelease(f denc.Features) string {
	for _, r := range []struct {
		f    denc.Features
		name string
	}{
		{denc.FeatureServerSquid, "squid"}, {denc.FeatureServerReef, "reef"}, {denc.FeatureServerQuincy, "quincy"},
	} {
		if f.Has(r.f) {
			return r.name
		}
	}
	return "luminous"
}

// featureMap writes how many monitors and clients have which features, as the monitor sees it that is asked.
func (c *commandContext) featureMap(w *jsonWriter) {
	list := func(key string, count map[denc.Features]int64) {
		w.list(key, func() {
			for _, f := range sortedKeys(count) {
				w.object("", func() {
					w.str("features", fmt.Sprintf("0x%x", uint64(f)))
					w.str("release", featureRelease(f))
					w.int("num", count[f])
				})
			}
		})
	}
	list("mon", map[denc.Features]int64{releaseFeatures[c.release()]: int64(len(c.quorum))})
	clients := make(map[denc.Features]int64)
	for s := range c.sessions {
		clients[s.conn.Info().Features]++
	}
	if len(clients) > 0 {
		list("client", clients)
	}
}

func cmdFeatures(c *commandContext) Result { return c.prettyObject(c.featureMap) }

func cmdTimeSync(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		if len(c.quorum) > 1 {
			w.object("time_skew_status", func() {
				for _, name := range c.quorumNames() {
					w.object(name, func() {
						w.zeros("skew", "latency")
						w.str("health", "HEALTH_OK")
					})
				}
			})
		}
		w.object("timechecks", func() {
			w.uint("epoch", uint64(c.electionRound))
			w.zeros("round")
			w.str("round_status", "finished")
		})
	})
}

func cmdNodeLs(c *commandContext) Result {
	host := func(w *jsonWriter, kind string) {
		if kind == "mon" && len(c.monmap.Mons) > 0 {
			w.list(nodeName, func() {
				for _, m := range c.monmap.Mons {
					w.str("", m.Name)
				}
			})
		}
	}
	kinds := []string{"mon", "osd", "mgr"}
	switch kind := c.String("type"); kind {
	case "", "all":
		return c.prettyObject(func(w *jsonWriter) {
			for _, kind := range kinds {
				w.object(kind, func() { host(w, kind) })
			}
		})
	default:
		return c.prettyObject(func(w *jsonWriter) { host(w, kind) })
	}
}
