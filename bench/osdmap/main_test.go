package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/bench/result"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTinyRun has everything done once, so that neither side rots.
func TestTinyRun(t *testing.T) {
	realceph.Require(t, realceph.Reef)
	path := filepath.Join(t.TempDir(), "results")
	args := strings.Fields("-rounds 2 -osds 30 -pools 3 -upmaps 20 -epochs 45 -room 10 -results " + path)
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), args, &stdout, &stderr))
	require.Contains(t, stdout.String(), "Ceph reef; a map of 30 OSDs, 3 pools and 20 upmaps")
	require.Contains(t, stderr.String(), "round 2 of 2: 45 epochs\n")
	all, err := result.Read(path)
	require.NoError(t, err)
	ids := make(map[string]result.Measurement)
	for _, m := range all {
		require.Len(t, m.Ours, 2, m.ID())
		ids[m.ID()] = m
	}
	require.Len(t, ids, len(all), "no name twice")
	for _, id := range []string{
		"osdmap | decode, createsimple |  | bandwidth | go", "osdmap | apply, createsimple |  | allocs | go",
		"osdmap | encode, createsimple |  | wall | go", "osdmap | JSON, createsimple |  | allocated | go",
		"osdmap | diff, createsimple |  | wall | go",
	} {
		require.Contains(t, ids, id)
	}
	for _, quantity := range []string{"elapsed", "cpu"} {
		m := ids["osdmap | catch up 45 epochs | secure | "+quantity+" | go"]
		require.Equal(t, "librados", m.Other)
		require.Len(t, m.Theirs, 2)
	}
	require.Equal(t, "decode", ids["osdmap | apply, createsimple |  | cpu | go"].Other)
}

// What osdmaptool makes is enlarged to a map that it can read again, on each release.
func TestLargeMap(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			l, err := newLarge(t.Context(), settings{release: rel, osds: 50, pools: 7, upmaps: 40})
			require.NoError(t, err)
			require.Len(t, l.m.OSDs, 50)
			require.Len(t, l.m.Pools, 7)
			require.Equal(t, 40, l.m.PGUpmapItems.Len())
			require.Equal(t, l.wire, l.m.AppendTo(nil))

			path := filepath.Join(t.TempDir(), "osdmap")
			require.NoError(t, os.WriteFile(path, l.wire, 0o600))
			res := rel.Tool(t.Context(), "osdmaptool", path, "--dump", "json")
			require.NoError(t, res.Err)
			var dump struct {
				Pools []struct {
					Name string `json:"pool_name"`
				} `json:"pools"`
				OSDs  []json.RawMessage `json:"osds"`
				Items []json.RawMessage `json:"pg_upmap_items"`
			}
			require.NoError(t, json.Unmarshal(res.Stdout[bytes.IndexByte(res.Stdout, '{'):], &dump))
			require.Len(t, dump.OSDs, 50)
			require.Len(t, dump.Items, 40)
			require.Len(t, dump.Pools, 7)
			require.Equal(t, "pool-7", dump.Pools[6].Name)
		})
	}
}

func TestTypicalIncremental(t *testing.T) {
	m := &cephmap.OSDMap{Epoch: 1, PoolMax: -1, OSDs: make([]*cephmap.OSD, 40)}
	l, err := enlarge(m, 2, 30)
	require.NoError(t, err)
	i, err := cephmap.DecodeOSDMapIncremental(l.inc)
	require.NoError(t, err)
	next, err := l.m.Apply(i)
	require.NoError(t, err)
	kinds := make(map[cephmap.OSDMapChangeKind]int)
	for _, c := range cephmap.DiffOSDMaps(l.m, next) {
		kinds[c.Kind] += max(1, c.Changed)
	}
	require.Equal(t, map[cephmap.OSDMapChangeKind]int{cephmap.OSDWentDown: 10, cephmap.OSDDetailsChanged: 10, cephmap.PGUpmapItemsChanged: 10}, kinds)
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-release tentacle -rounds 3 -osds 31 -pools 4 -upmaps 50 -epochs 6 -room 7 -results R"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, settings{release: realceph.Tentacle, rounds: 3, osds: 31, pools: 4, upmaps: 50, epochs: 6, room: 7, results: "R"}, s)
	s, err = parse(nil, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, settings{release: realceph.Reef, rounds: 9, osds: 10_000, pools: 1000, upmaps: 100_000, epochs: 100, room: 1000}, s)
}

func TestBadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-no-such-flag":  "flag provided but not defined",
		"-release mimic": `no release called "mimic"`,
		"-rounds 0":      "-rounds: 0 is not from 1 to 1000",
		"-osds 29":       "-osds: 29 is not from 30",
		"-pools 0":       "-pools: 0 is not",
		"-upmaps 9":      "-upmaps: 9 is not",
		"-epochs 401":    "-epochs: 401 is not from 1 to 400",
		"-room 10001":    "-room: 10001 is not",
		"more":           `unexpected argument "more"`,
	} {
		var stderr bytes.Buffer
		require.Equal(t, 2, exitStatus(run(t.Context(), strings.Fields(args), &bytes.Buffer{}, &stderr)), args)
		require.Contains(t, stderr.String(), want)
	}
}

func TestMissing(t *testing.T) {
	t.Setenv("LIBMONCLIENT_CEPH_DIR", t.TempDir())
	err := run(t.Context(), nil, &bytes.Buffer{}, &bytes.Buffer{})
	require.ErrorContains(t, err, "run build/install-ceph.sh reef")
	require.Equal(t, 3, exitStatus(err))
	require.Equal(t, 1, exitStatus(errors.New("another")))
	require.Equal(t, 0, exitStatus(nil))
}

func TestParseSample(t *testing.T) {
	s, err := parseSample([]byte(`{"elapsed_ns":12,"cpu_ns":3}` + "\n"))
	require.NoError(t, err)
	require.Equal(t, sample{12, 3}, s)
	_, err = parseSample([]byte("what?\n"))
	require.ErrorContains(t, err, "librados's side: invalid character")
}

func TestMeasurements(t *testing.T) {
	decode, apply := cost{name: "decode"}, cost{name: "apply"}
	decode.note(10, 10_000, spent{wall: 5e7, cpu: 2e7, allocs: 30, allocated: 640})
	apply.note(100, 0, spent{wall: 5e6, cpu: 1e6, allocs: 200, allocated: 0})
	require.Equal(t, cost{name: "decode", wall: []float64{5e6}, cpu: []float64{2e6}, allocs: []float64{3}, allocated: []float64{64}, bandwidth: []float64{5e6}}, decode)
	s := settings{epochs: 9}
	all := append(measurements([]cost{decode, apply}), s.catchUpMeasurements([]round{
		{sample{1e6, 3e5}, sample{2e6, 3e5}}, {sample{3e6, 3e5}, sample{2e6, 1e5}}, {sample{1e6, 1e5}, sample{4e6, 2e5}},
	})...)
	for _, m := range all {
		require.NoError(t, m.Check())
	}
	var b bytes.Buffer
	require.NoError(t, writeTable(&b, "title", all))
	require.Equal(t, `title
                  work   quantity      ours             theirs  ratio      (range)
  decode, createsimple       wall  5.000 ms                                       
  decode, createsimple        cpu  2.000 ms                                       
  decode, createsimple  bandwidth    5 MB/s                                       
  decode, createsimple     allocs         3                                       
  decode, createsimple  allocated    0.1 kB                                       
   apply, createsimple       wall  0.050 ms                                       
   apply, createsimple        cpu  0.010 ms    2.000 ms decode  0.005  0.005–0.005
   apply, createsimple     allocs         2                                       
   apply, createsimple  allocated    0.0 kB                                       
     catch up 9 epochs    elapsed  1.000 ms  2.000 ms librados  0.500  0.250–1.500
     catch up 9 epochs        cpu  0.300 ms  0.200 ms librados  1.000  0.500–3.000
`, b.String())
}
