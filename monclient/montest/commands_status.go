package montest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// statusCommands are about the cluster as a whole (src/mon/Monitor.cc and HealthMonitor.cc). Without a manager, monitors
// know nothing of placement groups and space; here, too, they count none.
var statusCommands = []ownCommand{
	{signature: "status", help: "show how the cluster is", module: "mon", perm: "r", run: cmdStatus},
	{signature: "health name=detail,type=CephChoices,strings=detail,req=false", help: "show what is wrong with the cluster", module: "mon", perm: "r", run: cmdHealth},
	{signature: "df name=detail,type=CephChoices,strings=detail,req=false", help: "show how much space there is", module: "mon", perm: "r", run: cmdDF},
	{signature: "pg stat", help: "summarize the placement groups", module: "pg", perm: "r", run: cmdPGStat},
	{signature: "report name=tags,type=CephString,n=N,req=false", help: "show all that is known of the cluster", module: "mon", perm: "r", run: cmdReport},
}

// healthCheck is something that is wrong.
type healthCheck struct {
	code, summary string
	count         int
	detail        []string
}

// health returns what is wrong, by code. Monitors that are down are reported at once, without the grace that real ones
// give a new cluster.
func (st *state) health() []healthCheck {
	var checks []healthCheck
	if down := len(st.monmap.Mons) - len(st.quorum); down > 0 && len(st.quorum) > 0 {
		check := healthCheck{code: "MON_DOWN", count: down}
		check.summary = fmt.Sprintf("%d/%d mons down, quorum %s", down, len(st.monmap.Mons), strings.Join(st.quorumNames(), ","))
		for rank, m := range st.monmap.Mons {
			if !st.inQuorum(rank) {
				check.detail = append(check.detail, fmt.Sprintf("mon.%s (rank %d) addr %s is down (out of quorum)", m.Name, rank, m.Addrs))
			}
		}
		checks = append(checks, check)
	}
	if flags := osdFlagList(st.osdmaps.current.Flags &^ osdFlagsHidden); len(flags) > 0 {
		names := strings.Join(flags, ",")
		checks = append(checks, healthCheck{code: "OSDMAP_FLAGS", summary: names + " flag(s) set", count: len(names)})
	}
	if st.opts.Release >= cephmap.ReleaseTentacle && !st.opts.NoAuth {
		check := healthCheck{code: "AUTH_INSECURE_CLIENT_KEY_TYPE"}
		for _, e := range st.auth.all() {
			if e.name.Type == denc.EntityClient && e.key.Type() == cephx.AES {
				check.detail = append(check.detail, fmt.Sprintf("entity %s using insecure key type: aes", e.name))
			}
		}
		if check.count = len(check.detail); check.count > 0 {
			check.summary = fmt.Sprintf("%d auth client entities with insecure key types", check.count)
			checks = append(checks, check)
		}
	}
	slices.SortFunc(checks, func(a, b healthCheck) int { return cmp.Compare(a.code, b.code) })
	return checks
}

// healthStatus returns the status that checks amount to: all that exist here are warnings.
func healthStatus(checks []healthCheck) string {
	if len(checks) > 0 {
		return "HEALTH_WARN"
	}
	return "HEALTH_OK"
}

// dumpHealth writes health_check_map_t::dump (src/mon/health_check.h) and its frame.
func (st *state) dumpHealth(w *jsonWriter, key string, detail bool) {
	checks := st.health()
	w.object(key, func() {
		w.str("status", healthStatus(checks))
		w.object("checks", func() {
			for _, check := range checks {
				w.object(check.code, func() {
					w.str("severity", "HEALTH_WARN")
					w.object("summary", func() {
						w.str("message", check.summary)
						w.int("count", int64(check.count))
					})
					if detail {
						w.list("detail", func() {
							for _, d := range check.detail {
								w.object("", func() { w.str("message", d) })
							}
						})
					}
					w.bool("muted", false)
				})
			}
		})
		w.empties("[]", "mutes")
	})
}

func cmdHealth(c *commandContext) Result {
	detail := c.String("detail") == "detail"
	if c.JSON() {
		var w jsonWriter
		c.dumpHealth(&w, "", detail)
		if c.release() < cephmap.ReleaseReef {
			return c.json(w.b)
		}
		return c.jsonLine(w.b)
	}
	checks := c.health()
	line := healthStatus(checks)
	for i, check := range checks {
		if i > 0 {
			line += ";"
		}
		line += " " + check.summary
	}
	b := []byte(line + "\n")
	if detail {
		for _, check := range checks {
			b = fmt.Appendf(b, "[WRN] %s: %s\n", check.code, check.summary)
			for _, d := range check.detail {
				b = fmt.Appendf(b, "    %s\n", d)
			}
		}
	}
	return Result{Output: b}
}

func cmdStatus(c *commandContext) Result {
	if c.JSON() {
		return c.jsonLine(jsonObject(c.dumpStatus))
	}
	return Result{Output: c.statusText()}
}

func (c *commandContext) dumpStatus(w *jsonWriter) {
	w.str("fsid", c.monmap.FSID.String())
	c.dumpHealth(w, "health", false)
	w.uint("election_epoch", uint64(c.electionRound))
	w.ints("quorum", c.quorum)
	w.strs("quorum_names", c.quorumNames())
	w.int("quorum_age", int64(c.quorumAge().Seconds()))
	w.object("monmap", func() {
		w.uint("epoch", uint64(c.monmap.Epoch))
		w.str("min_mon_release_name", c.monmap.MinMonRelease.String())
		w.int("num_mons", int64(len(c.monmap.Mons)))
	})
	w.raw("osdmap", c.osdmaps.current.statJSON())
	w.object("pgmap", func() {
		w.empties("[]", "pgs_by_state")
		w.zeros("num_pgs", "num_pools", "num_objects", "data_bytes", "bytes_used", "bytes_avail", "bytes_total")
	})
	w.object("fsmap", func() {
		w.uint("epoch", uint64(c.fsmap.Epoch))
		if c.release() >= cephmap.ReleaseTentacle {
			w.str("btime", c.fsmap.createdText())
		}
		w.empties("[]", "by_rank")
		w.zeros("up:standby")
	})
	w.object("mgrmap", func() {
		w.bool("available", c.mgrmap.Available)
		w.zeros("num_standbys")
		w.strs("modules", c.mgrmap.Modules)
		w.strMap("services", c.mgrmap.Services)
	})
	w.object("servicemap", func() {
		w.uint("epoch", uint64(c.service.Epoch))
		w.time("modified", c.service.Modified)
		w.empties("{}", "services")
	})
	w.empties("{}", "progress_events")
}

// statusText prints the status for people (Monitor::get_cluster_status in src/mon/Monitor.cc).
func (c *commandContext) statusText() []byte {
	checks := c.health()
	b := fmt.Appendf(nil, "  cluster:\n    id:     %s\n    health: %s\n", c.monmap.FSID, healthStatus(checks))
	for _, check := range checks {
		b = fmt.Appendf(b, "            %s\n", check.summary)
	}
	names := c.quorumNames()
	b = fmt.Appendf(b, " \n  services:\n    mon: %d daemons, quorum %s (age %s)", len(c.monmap.Mons), strings.Join(names, ","), spanText(c.quorumAge()))
	if c.release() >= cephmap.ReleaseTentacle {
		b = fmt.Appendf(b, " [leader: %s]", c.leader())
	}
	var out []string
	for _, m := range c.monmap.Mons {
		if !slices.Contains(names, m.Name) {
			out = append(out, m.Name)
		}
	}
	if len(out) > 0 {
		b = fmt.Appendf(b, ", out of quorum: %s", strings.Join(out, ", "))
	}
	mgr := "no daemons active"
	if c.mgrmap.Available {
		mgr = c.mgrmap.ActiveName + "(active, since " + spanText(now().Time().Sub(c.mgrmap.ActiveChange.Time())) + ")"
	}
	osds := string(c.osdmaps.current.statText(now()))
	osds = strings.Replace(osds, fmt.Sprintf("; epoch: e%d", c.osdmaps.current.Epoch), "", 1)
	osds = strings.Replace(osds, "\nflags", "\n         flags", 1)
	b = fmt.Appendf(b, "\n    mgr: %s\n    osd: %s \n", mgr, osds)
	b = append(b, "  data:\n    pools:   0 pools, 0 pgs\n    objects: 0 objects, 0 B\n"...)
	return append(b, "    usage:   0 B used, 0 B / 0 B avail\n    pgs:     \n \n"...)
}

func cmdDF(c *commandContext) Result {
	if c.JSON() {
		return c.jsonLine(jsonObject(func(w *jsonWriter) {
			w.object("stats", func() {
				w.zeros("total_bytes", "total_avail_bytes", "total_used_bytes", "total_used_raw_bytes", "total_used_raw_ratio",
					"num_osds", "num_per_pool_osds", "num_per_pool_omap_osds")
			})
			w.empties("{}", "stats_by_class")
			w.empties("[]", "pools")
		}))
	}
	pools := []string{"POOL", "ID", "PGS", "STORED", "OBJECTS", "USED", "%USED", "MAX AVAIL"}
	if c.String("detail") == "detail" {
		pools = []string{"POOL", "ID", "PGS", "STORED", "(DATA)", "(OMAP)", "OBJECTS", "USED", "(DATA)", "(OMAP)", "%USED",
			"MAX AVAIL", "QUOTA OBJECTS", "QUOTA BYTES", "DIRTY", "USED COMPR", "UNDER COMPR"}
	}
	b := []byte("--- RAW STORAGE ---\n")
	b = append(b, textTable([]string{"CLASS", ">SIZE", ">AVAIL", ">USED", ">RAW USED", ">%RAW USED"},
		[][]string{{"TOTAL", "0 B", "0 B", "0 B", "0 B", "0"}})...)
	b = append(b, " \n--- POOLS ---\n"...)
	return Result{Output: append(b, textTable(pools, nil)...)}
}

// cmdPGStat answers for the manager, of which the command is.
func cmdPGStat(c *commandContext) Result {
	return c.either(jsonObject(func(w *jsonWriter) {
		w.bool("pg_ready", true)
		w.object("pg_summary", func() {
			w.empties("[]", "num_pg_by_state")
			w.zeros("num_pgs", "num_bytes", "total_bytes", "total_avail_bytes", "total_used_bytes", "total_used_raw_bytes")
		})
	}), []byte("0 pgs: ; 0 B data, 0 B used, 0 B / 0 B avail\n"))
}

func cmdReport(c *commandContext) Result {
	b := jsonObject(func(w *jsonWriter) {
		w.str("cluster_fingerprint", c.monmap.FSID.String())
		w.str("version", c.versionNumber())
		w.str("commit", "montest")
		w.time("timestamp", now())
		w.str("tag", strings.Join(c.list("tags"), " "))
		c.dumpHealth(w, "health", true)
		w.int("monmap_first_committed", 1)
		w.uint("monmap_last_committed", uint64(c.monmap.Epoch))
		w.raw("monmap", c.monMapJSON())
		w.ints("quorum", c.quorum)
		w.raw("osdmap", c.osdmaps.current.dumpJSON(c.release()))
		w.empties("[]", "osd_metadata")
		w.uint("osdmap_first_committed", uint64(c.osdmaps.first))
		w.uint("osdmap_last_committed", uint64(c.osdmaps.newest()))
		w.raw("fsmap", c.fsmap.dumpJSON(c.release()))
		w.raw("mgrmap", c.mgrmap.dumpJSON(c.release()))
	})
	r := c.pretty(b)
	return r.withStatus("report %d", denc.CRC32C(denc.CRCSeed, r.Output))
}

// pingReply is the answer to a ping: the health and the monitor's own view (Monitor::handle_ping in src/mon/Monitor.cc).
func (st *state) pingReply(m *Mon) string {
	c := &commandContext{state: st, Command: Command{Mon: m.name}}
	b := jsonObject(func(w *jsonWriter) {
		st.dumpHealth(w, "health", false)
		w.object("mon_status", func() { c.dumpMonStatus(w) })
	})
	return string(prettyJSON(b))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
