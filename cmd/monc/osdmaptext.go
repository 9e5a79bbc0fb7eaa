package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// osdmapCounts is how many OSDs and pools there are, by the names that ceph osd stat and ceph status have for it.
type osdmapCounts struct {
	OSDs  int      `json:"num_osds"`
	Up    int      `json:"num_up_osds"`
	In    int      `json:"num_in_osds"`
	Pools int      `json:"num_pools"`
	Flags []string `json:"flags"`
}

func countsOf(m *cephmap.OSDMap) *osdmapCounts {
	c := &osdmapCounts{Pools: len(m.Pools), Flags: m.Flags.Names()}
	for id := range int32(len(m.OSDs)) {
		o := m.OSD(id)
		if o == nil {
			continue
		}
		c.OSDs++
		if o.Up() {
			c.Up++
		}
		if o.In() {
			c.In++
		}
	}
	return c
}

// count returns a number of things, which have a plural with s.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (c *osdmapCounts) osds() string {
	return fmt.Sprintf("%s: %d up, %d in", count(c.OSDs, "OSD"), c.Up, c.In)
}

// osdmapText is the map for people: tables of what there are few of, and numbers of the rest.
func osdmapText(m *cephmap.OSDMap) string {
	var b strings.Builder
	line := func(name string, value any) { fmt.Fprintf(&b, "%s %s\n", name, oneLine(fmt.Sprint(value))) }
	ratio := func(r float32) string { return strconv.FormatFloat(float64(r), 'g', -1, 32) }
	line("epoch", m.Epoch)
	line("fsid", m.FSID)
	line("created", m.Created)
	line("modified", m.Modified)
	line("flags", m.Flags)
	line("full_ratio", ratio(m.FullRatio))
	line("backfillfull_ratio", ratio(m.BackfillFullRatio))
	line("nearfull_ratio", ratio(m.NearFullRatio))
	line("require_min_compat_client", m.RequireMinCompatClient)
	line("require_osd_release", m.RequireOSDRelease)
	line("crush_version", m.CRUSHVersion)
	if m.Stretch.Enabled {
		line("stretch_mode", fmt.Sprintf("%d buckets, degraded %d, recovering %d", m.Stretch.BucketCount, m.Stretch.Degraded, m.Stretch.Recovering))
	}
	counts := countsOf(m)
	names, _ := m.CRUSHNames() // what cannot be read has no names, only ids
	fmt.Fprintf(&b, "\n%s\n", count(counts.Pools, "pool"))
	writePools(&b, m, names)
	fmt.Fprintf(&b, "\n%s\n", counts.osds())
	writeOSDs(&b, m, names)
	writeProfiles(&b, m)
	if n := len(m.Blocklist) + len(m.RangeBlocklist); n > 0 {
		fmt.Fprintf(&b, "\n%d blocklisted\n", n)
		table(&b, func(row func(...any)) {
			row("ADDRESS", "UNTIL")
			for _, list := range [][]cephmap.Entry[denc.EntityAddr, denc.UTime]{m.Blocklist, m.RangeBlocklist} {
				for _, e := range list {
					row(e.Key, e.Value)
				}
			}
		})
	}
	writePlacement(&b, m)
	return b.String()
}

// table writes rows whose columns are as wide as what is in them. What is empty is a dash.
func table(b *strings.Builder, rows func(row func(cells ...any))) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	rows(func(cells ...any) {
		for i, cell := range cells {
			text := oneLine(fmt.Sprint(cell))
			if text == "" {
				text = "-"
			}
			if i > 0 {
				text = "\t" + text
			}
			fmt.Fprint(w, text)
		}
		fmt.Fprintln(w)
	})
	w.Flush() //nolint:errcheck // into memory
}

func writePools(b *strings.Builder, m *cephmap.OSDMap, names cephmap.CRUSHNames) {
	if len(m.Pools) == 0 {
		return
	}
	table(b, func(row func(...any)) {
		row("POOL", "ID", "TYPE", "SIZE", "MIN_SIZE", "PG_NUM", "AUTOSCALE", "CRUSH_RULE", "APPLICATIONS", "FLAGS")
		for _, e := range m.Pools {
			p := e.Value
			name, _ := m.PoolName(e.Key)
			rule, ok := names.Rules.Get(int32(p.CRUSHRule))
			if !ok {
				rule = fmt.Sprint(p.CRUSHRule)
			}
			apps := make([]string, len(p.Applications))
			for i := range p.Applications {
				apps[i] = p.Applications[i].Key
			}
			row(name, e.Key, p.Type, p.Size, p.MinSize, p.PGNum, p.Autoscale, rule, strings.Join(apps, ","), p.Flags)
		}
	})
}

func writeOSDs(b *strings.Builder, m *cephmap.OSDMap, names cephmap.CRUSHNames) {
	if len(m.OSDs) == 0 {
		return
	}
	table(b, func(row func(...any)) {
		row("OSD", "CLASS", "UP", "IN", "WEIGHT", "AFFINITY", "UP_FROM", "DOWN_AT", "STATE", "ADDRESS")
		for id := range int32(len(m.OSDs)) {
			o := m.OSD(id)
			if o == nil {
				continue
			}
			up, in := "down", "out"
			if o.Up() {
				up = "up"
			}
			if o.In() {
				in = "in"
			}
			class, _ := names.ItemClass(id)
			state := o.State &^ (cephmap.OSDExists | cephmap.OSDUp)
			row(fmt.Sprintf("osd.%d", id), class, up, in, number(o.WeightFraction()), number(m.Affinity(id)),
				o.Info.UpFrom, o.Info.DownAt, strings.Join(state.Names(), ","), o.ClientAddrs)
		}
	})
}

// number is as short as it can be told apart by people.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func writeProfiles(b *strings.Builder, m *cephmap.OSDMap) {
	if len(m.ErasureCodeProfiles) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", count(len(m.ErasureCodeProfiles), "erasure code profile"))
	table(b, func(row func(...any)) {
		for _, e := range m.ErasureCodeProfiles {
			pairs := make([]string, len(e.Value))
			for i, s := range e.Value {
				pairs[i] = s.Key + "=" + s.Value
			}
			row(e.Key, strings.Join(pairs, " "))
		}
	})
}

// writePlacement says how many placement groups are elsewhere than CRUSH says. -f json has which.
func writePlacement(b *strings.Builder, m *cephmap.OSDMap) {
	blank := "\n"
	for _, of := range []struct {
		name string
		n    int
	}{
		{"pg_temp", m.PGTemp.Len()}, {"primary_temp", m.PrimaryTemp.Len()}, {"pg_upmap", m.PGUpmap.Len()},
		{"pg_upmap_items", m.PGUpmapItems.Len()}, {"pg_upmap_primaries", m.PGUpmapPrimaries.Len()},
	} {
		if of.n > 0 {
			fmt.Fprintf(b, "%s%s: %s\n", blank, of.name, count(of.n, "placement group"))
			blank = ""
		}
	}
}
