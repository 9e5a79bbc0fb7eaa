package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// dfCommand is the table's entry.
func dfCommand() *command {
	return &command{
		name: "df", args: "[POOL...]", summary: "show how much space the cluster and its pools have",
		details: `Of the cluster there are the size, what is used and what is available, on all
OSDs together; of the pools, or of those that are named, the objects, what they
take without replicas (stored) and with them (used), and how much more a pool
can take (available). Stores that do not count what a pool uses leave it out.

The numbers are the manager's; a cluster without one has none. -f json has bytes,
and what else is counted: reads, writes, objects that are degraded.`,
		maxWords: unlimited, readsFormat: true,
		examples: []example{
			{"monc df", ""},
			{"monc df rbd -f json", "for programs"},
		},
		run: (*app).runDF,
	}
}

// usage is what df tells.
type usage struct {
	Total     uint64      `json:"total_bytes"`
	Used      uint64      `json:"used_bytes"`
	Available uint64      `json:"available_bytes"`
	Objects   uint64      `json:"objects"`
	Pools     []poolUsage `json:"pools"`
}

type poolUsage struct {
	monclient.Pool
	Stored    int64             `json:"stored_bytes"`
	Used      int64             `json:"used_bytes"`
	Available uint64            `json:"available_bytes"`
	Objects   int64             `json:"objects"`
	Stats     *cephmap.PoolStat `json:"stats"` // null: there are none yet
}

func (a *app) runDF(ctx context.Context, words []string) error {
	if err := a.checkFormat(); err != nil {
		return err
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		stop := a.patience("the statistics; monitors without a quorum do not answer, nor clients that may not read \"pg\"")
		u, err := usageOf(ctx, client, words)
		stop()
		if err != nil {
			return a.explainCall("df", err, "monc command osd pool ls has the pools")
		}
		if !strings.HasPrefix(a.format, "json") {
			return a.print(u.text())
		}
		b, err := a.marshal(u)
		if err != nil {
			return err
		}
		return a.print(string(b))
	})
}

// usageOf asks the monitors; no names are those of all pools.
func usageOf(ctx context.Context, client *monclient.Client, names []string) (usage, error) {
	stats, err := client.PoolStats(ctx, names...)
	if err != nil {
		return usage{}, err
	}
	pools, err := client.Pools(ctx)
	if err != nil {
		return usage{}, err
	}
	total, err := client.ClusterStats(ctx)
	if err != nil {
		return usage{}, err
	}
	wanted := make(map[string]bool)
	for _, name := range names {
		wanted[name] = true
	}
	u := usage{Total: total.KB << 10, Used: total.KBUsed << 10, Available: total.KBAvail << 10, Objects: total.Objects, Pools: []poolUsage{}}
	for _, pool := range pools {
		if len(names) > 0 && !wanted[pool.Name] {
			continue
		}
		p := poolUsage{Pool: pool}
		if stat, ok := stats[pool.Name]; ok {
			p.Stats, p.Stored, p.Used, p.Objects = &stat, stat.Sum.Bytes, stat.Used(), stat.Sum.Objects
			capacity, err := client.PoolCapacity(ctx, pool.ID)
			if err != nil {
				return usage{}, err
			}
			p.Available = capacity.KBAvail << 10
		}
		u.Pools = append(u.Pools, p)
	}
	return u, nil
}

// text is a table for people.
func (u *usage) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s used", bytesText(u.Total), bytesText(u.Used))
	if u.Total > 0 {
		fmt.Fprintf(&b, " (%.1f %%)", 100*float64(u.Used)/float64(u.Total))
	}
	fmt.Fprintf(&b, ", %s available, %d objects\n", bytesText(u.Available), u.Objects)
	if len(u.Pools) == 0 {
		return b.String()
	}
	b.WriteByte('\n')
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "POOL\tID\tOBJECTS\tSTORED\tUSED\tAVAILABLE")
	for _, p := range u.Pools {
		if p.Stats == nil {
			fmt.Fprintf(w, "%s\t%d\t-\t-\t-\t-\n", p.Name, p.ID)
			continue
		}
		used := "-"
		if p.Used > 0 || p.Stored <= 0 {
			used = bytesText(uint64(max(p.Used, 0)))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", p.Name, p.ID, p.Objects, bytesText(uint64(max(p.Stored, 0))), used, bytesText(p.Available))
	}
	w.Flush() //nolint:errcheck // into memory
	return b.String()
}

// bytesText prints a size as ceph df does.
func bytesText(n uint64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), -1
	for v >= 1024 && unit < 5 {
		v, unit = v/1024, unit+1
	}
	digits := 1
	if v >= 99.95 {
		digits = 0
	}
	return fmt.Sprintf("%.*f %ciB", digits, v, "KMGTPE"[unit])
}
