package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// machine is what the numbers depend on.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory_bytes"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Ceph   string `json:"ceph"` // the monitors, librados, ceph and python3-rados
}

// measuring is a run of the benchmarks of some sections.
type measuring struct {
	Date     string   `json:"date"`
	Commit   string   `json:"commit"`   // empty if what ran was not what is committed
	Load     string   `json:"load"`     // of the machine before
	Sections []string `json:"sections"` // empty before anything was measured
}

// head is what stands above the tables, in machine.json.
type head struct {
	Machine machine     `json:"machine"`
	Runs    []measuring `json:"runs"` // together they have every section once
}

// theMachine returns a head with one run, which begins now.
func theMachine(release string) (*head, error) {
	h := &head{Machine: machine{Cores: runtime.NumCPU(), Go: strings.TrimPrefix(runtime.Version(), "go")}}
	r, err := realceph.ParseRelease(release)
	if err != nil {
		return nil, err
	}
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	stamp, err := os.ReadFile(filepath.Join(tree, ".stamp"))
	if err != nil {
		return nil, err
	}
	h.Machine.Ceph = cephVersion(string(stamp))
	cpuinfo, err1 := os.ReadFile("/proc/cpuinfo")
	meminfo, err2 := os.ReadFile("/proc/meminfo")
	kernel, err3 := os.ReadFile("/proc/sys/kernel/osrelease")
	load, err4 := os.ReadFile("/proc/loadavg")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	h.Machine.CPU = field(string(cpuinfo), "model name")
	if h.Machine.CPU == "" {
		h.Machine.CPU = runtime.GOARCH
	}
	if kb, err := strconv.ParseInt(strings.TrimSuffix(field(string(meminfo), "MemTotal"), " kB"), 10, 64); err == nil {
		h.Machine.Memory = kb << 10
	}
	h.Machine.Kernel = strings.TrimSpace(string(kernel))
	h.Runs = []measuring{{Date: time.Now().UTC().Format("2006-01-02 15:04 UTC"), Commit: commit(), Load: strings.Join(strings.Fields(string(load))[:3], " ")}}
	return h, nil
}

// field returns the value of the first "name : value" in a file of /proc.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}

// cephVersion returns "18.2.7 reef" from what a tree's stamp says.
func cephVersion(stamp string) string {
	for line := range strings.Lines(stamp) {
		if f := strings.Fields(line); len(f) > 4 && f[0] == "ceph" && f[1] == "version" {
			return f[2] + " " + f[4]
		}
	}
	return ""
}

// commit returns what is checked out, empty if files differ from it. Those that bench/report writes do not count.
func commit() string {
	status, err := exec.Command("git", "status", "--porcelain", "--", ":/", ":!/bench/results.jsonl", ":!/bench/machine.json",
		":!/bench/RESULTS.md", ":!/bench/*.svg").Output()
	if err != nil || len(bytes.TrimSpace(status)) > 0 {
		return ""
	}
	out, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func readHead(path string) (*head, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	h := new(head)
	if err := d.Decode(h); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// merge returns the head of the old runs without the sections of the new one, and the new one with them. The numbers of one
// report are of one machine.
func (h *head) merge(with *head, measured []string) (*head, error) {
	if len(with.Runs) != 1 {
		return nil, fmt.Errorf("the machine's file has %d runs, want the one that has just been", len(with.Runs))
	}
	merged := &head{Machine: with.Machine}
	var kept []string
	if h != nil {
		for _, r := range h.Runs {
			r.Sections = slices.DeleteFunc(slices.Clone(r.Sections), func(s string) bool { return slices.Contains(measured, s) })
			if len(r.Sections) > 0 {
				merged.Runs = append(merged.Runs, r)
				kept = append(kept, r.Sections...)
			}
		}
		if len(kept) > 0 && h.Machine != with.Machine {
			return nil, fmt.Errorf("%q were measured on another machine, or with other versions (%v; now %v): measure them, too, or remove their results", kept, h.Machine, with.Machine)
		}
	}
	r := with.Runs[0]
	r.Sections = measured
	merged.Runs = append(merged.Runs, r)
	return merged, nil
}

// write writes the lines above the tables.
func (h *head) write(b *strings.Builder) {
	m := h.Machine
	fmt.Fprintf(b, "%s, %d processors, %s of memory, Linux %s. Go %s. Ceph %s: the monitors, librados, python3-rados and\n`ceph` alike, on the same machine.\n\n",
		m.CPU, m.Cores, quantity(float64(m.Memory), "B"), m.Kernel, m.Go, m.Ceph)
	for _, r := range h.Runs {
		of := r.Commit
		if of == "" {
			of = "uncommitted files"
		}
		fmt.Fprintf(b, "- %s, %s, load before %s: %s\n", r.Date, of, r.Load, strings.Join(r.Sections, ", "))
	}
}
