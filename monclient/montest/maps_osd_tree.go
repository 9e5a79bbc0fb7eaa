package montest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// treeNode is a line of "osd tree": a bucket of CRUSH, or an OSD.
type treeNode struct {
	bucket *crushBucket
	osd    *osd
	depth  int
	below  []int32 // what is in the bucket, last first
}

// treeNodes returns the CRUSH tree in the order of its printing, and the OSDs that are not in it
// (CrushTreeDumper::Dumper in src/crush/CrushTreeDumper.h).
func (m *osdMap) treeNodes() (nodes []treeNode, stray []*osd) {
	tree := m.crushTree()
	hosts := tree[1:]
	slices.SortFunc(hosts, func(a, b crushBucket) int { return cmp.Compare(a.Name, b.Name) })
	root := treeNode{bucket: &tree[0]}
	for _, h := range slices.Backward(hosts) {
		root.below = append(root.below, h.ID)
	}
	nodes = append(nodes, root)
	for i := range hosts {
		h := &hosts[i]
		below := slices.Clone(h.Items) // in order, as OSDs are
		slices.Reverse(below)
		nodes = append(nodes, treeNode{bucket: h, depth: 1, below: below})
		for _, id := range h.Items {
			nodes = append(nodes, treeNode{osd: m.osd(id), depth: 2})
		}
	}
	for i := range m.OSDs {
		if o := &m.OSDs[i]; o.Host == "" && o.State&osdExists != 0 {
			stray = append(stray, o)
		}
	}
	return nodes, stray
}

func (o *osd) status() string {
	if o.up() {
		return "up"
	}
	return "down"
}

// treeJSON returns what "osd tree -f json" answers (OSDTreeFormattingDumper in src/osd/OSDMap.cc).
func (m *osdMap) treeJSON() []byte {
	nodes, stray := m.treeNodes()
	var w jsonWriter
	w.object("", func() {
		w.list("nodes", func() {
			for i := range nodes {
				nodes[i].dump(&w)
			}
		})
		w.list("stray", func() {
			for _, o := range stray {
				w.object("", func() {
					w.int("id", int64(o.ID))
					w.str("name", o.name())
					w.str("type", crushTypes[crushTypeOSD])
					w.int("type_id", crushTypeOSD)
					w.float("crush_weight", 0)
					w.zeros("depth")
					o.dumpStatus(&w)
				})
			}
		})
	})
	return append(w.b, '\n')
}

func (n *treeNode) dump(w *jsonWriter) {
	w.object("", func() {
		if o := n.osd; o != nil {
			w.int("id", int64(o.ID))
			w.str("device_class", crushClass)
			w.str("name", o.name())
			w.str("type", crushTypes[crushTypeOSD])
			w.int("type_id", crushTypeOSD)
			w.float("crush_weight", crushWeight(o.HostWeight))
			w.int("depth", int64(n.depth))
			w.empties("{}", "pool_weights")
			o.dumpStatus(w)
			return
		}
		w.int("id", int64(n.bucket.ID))
		w.str("name", n.bucket.Name)
		w.str("type", crushTypes[n.bucket.Type])
		w.int("type_id", int64(n.bucket.Type))
		if n.depth > 0 {
			w.empties("{}", "pool_weights")
		}
		w.list("children", func() {
			for _, id := range n.below {
				w.int("", int64(id))
			}
		})
	})
}

func (o *osd) dumpStatus(w *jsonWriter) {
	w.int("exists", 1)
	w.str("status", o.status())
	w.float("reweight", crushWeight(o.Weight))
	w.float("primary_affinity", 1)
}

// treeText returns what "osd tree" answers (OSDTreePlainDumper in src/osd/OSDMap.cc, TextTable in src/common/TextTable.cc).
func (m *osdMap) treeText() []byte {
	nodes, stray := m.treeNodes()
	rows := [][]string{{"ID", "CLASS", "WEIGHT", "TYPE NAME", "STATUS", "REWEIGHT", "PRI-AFF"}}
	row := func(o *osd, class, weight string, depth int) {
		rows = append(rows, []string{
			fmt.Sprint(o.ID), class, weight, strings.Repeat("    ", depth) + o.name(),
			o.status(), weightText(o.Weight), weightText(osdIn),
		})
	}
	for _, n := range nodes {
		if n.osd != nil {
			row(n.osd, crushClass, weightText(n.osd.HostWeight), n.depth)
			continue
		}
		rows = append(rows, []string{
			fmt.Sprint(n.bucket.ID), "", weightText(n.bucket.weight()),
			strings.Repeat("    ", n.depth) + crushTypes[n.bucket.Type] + " " + n.bucket.Name, "", "", "",
		})
	}
	for _, o := range stray {
		row(o, "", weightText(0), 0)
	}

	const name = 3 // the column that is aligned to the left
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b []byte
	for n, r := range rows {
		for i, cell := range r {
			if i > 0 {
				b = append(b, "  "...)
			}
			width := widths[i]
			if i == name || n == 0 { // and headings are
				width = -width
			}
			b = fmt.Appendf(b, "%*s", width, cell)
		}
		b = append(b, '\n')
	}
	return b
}

// weightText prints a weight with five digits behind the point (operator<< of weightf_t in src/include/types.h).
func weightText(w uint32) string {
	if w == 0 {
		return "0"
	}
	return fmt.Sprintf("%.5f", crushWeight(w))
}
