package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// realOSDMap returns the file of an encoded map of a busy cluster, the larger one of two, and what its own osd dump says of it.
func realOSDMap(t *testing.T, release string) (path string, dump []byte) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../../monclient/cephmap/testdata", release, "osd/osdmap-e*.bin"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	path = slices.MaxFunc(paths, func(a, b string) int { return cmp.Compare(len(readFile(t, a)), len(readFile(t, b))) })
	return path, readFile(t, strings.TrimSuffix(path, ".bin")+".json")
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// withoutReadBalance returns what ceph osd dump -f json prints without what is not in the map.
func withoutReadBalance(t *testing.T, text []byte) string {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	for _, pool := range m["pools"].([]any) {
		delete(pool.(map[string]any), "read_balance")
	}
	b, err := json.Marshal(m)
	require.NoError(t, err)
	return string(b)
}

func TestOSDMapOfAFile(t *testing.T) {
	path, dump := realOSDMap(t, "reef")
	binary := readFile(t, path)

	got := world{}.run(t, "osdmap", "--file", path)
	require.Zero(t, got.code, got.stderr)
	golden(t, "osdmap/reef.txt", got.stdout)
	require.Equal(t, got, world{stdin: string(binary)}.run(t, "osdmap", "--file", "-"))

	got = world{}.run(t, "osdmap", "--file", path, "-f", "json")
	require.Zero(t, got.code, got.stderr)
	require.JSONEq(t, withoutReadBalance(t, dump), got.stdout)

	copied := filepath.Join(t.TempDir(), "osdmap")
	require.Equal(t, outcome{}, world{}.run(t, "osdmap", "--file", path, "--out", copied))
	require.Equal(t, binary, readFile(t, copied))
}

func TestWrongOSDMapFiles(t *testing.T) {
	dir := t.TempDir()
	missing, junk := filepath.Join(dir, "none"), writeFile(t, "junk", "{}")
	require.Equal(t, outcome{exitFailure, "", "monc: --file: open " + missing + ": no such file or directory\n  try: the name of a file that you may read, or - for standard input\n"},
		world{}.run(t, "osdmap", "--file", missing))
	got := world{}.run(t, "osdmap", "--file", junk)
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.stderr, "monc: --file: "+junk+" holds no osdmap: ")
	require.Contains(t, got.stderr, "\n  try: a file that monc osdmap --out")

	path, _ := realOSDMap(t, "tentacle")
	b := readFile(t, path)
	b[len(b)/2] ^= 1
	got = world{stdin: string(b)}.run(t, "osdmap", "--file", "-")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.stderr, "monc: --file: - holds no osdmap: ")
}

func TestWrongOSDMapCommandLines(t *testing.T) {
	for args, want := range map[string]string{
		"osdmap now":                "osdmap: unexpected argument \"now\"\n  try: monc help osdmap\n",
		"osdmap -f xml":             "osdmap: --format xml: it knows plain, json, json-pretty\n",
		"osdmap -f json --out x":    "osdmap: --out writes the binary map, it does not go with --format\n  try: monc osdmap -f json > FILE\n",
		"osdmap --epoch 0":          "--epoch: \"0\" is no number from 1 on\n",
		"osdmap --epoch 3 --file x": "osdmap: a file has one epoch, --epoch does not go with --file\n  try: monc osdmap --file FILE\n",
		"watch --epoch 3 osdmap":    "--epoch goes with monc osdmap\n  try: monc help osdmap\n",
		"osdmap --from 3":           "--from goes with monc watch\n  try: monc help watch\n",
	} {
		require.Equal(t, outcome{exitUsage, "", "monc: " + want}, world{}.run(t, strings.Fields(args)...), args)
	}
	got := world{terminal: true}.run(t, "osdmap", "--out", "-")
	require.Equal(t, outcome{exitUsage, "", "monc: osdmap: not writing the binary map to a terminal\n  try: monc osdmap --out FILE\n"}, got)
}

func TestOSDMap(t *testing.T) {
	mons := startMons(t, 3)
	require.Zero(t, mons.monc(t, "command", "osd", "pool", "create", "rbd").code)
	require.Zero(t, mons.monc(t, "command", "osd", "set", "noout").code)
	newest := mons.newestOSDMap(t)

	got := mons.monc(t, "osdmap", "-f", "json")
	require.Zero(t, got.code, got.stderr)
	dump := mons.monc(t, "command", "osd", "dump", "-f", "json")
	require.Zero(t, dump.code, dump.stderr)
	require.JSONEq(t, dump.stdout, got.stdout)

	got = mons.monc(t, "osdmap")
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.stdout, "\nflags noout")
	require.Regexp(t, `(?m)^1 pool\nPOOL +ID .*\nrbd +1 +replicated `, got.stdout)

	file := filepath.Join(t.TempDir(), "osdmap")
	require.Equal(t, outcome{}, mons.monc(t, "osdmap", "--out", file))
	require.Equal(t, got, world{}.run(t, "osdmap", "--file", file))

	// An older one, as it was.
	for _, epoch := range []uint64{newest, newest - 1, 1} {
		n := fmt.Sprint(epoch)
		got := mons.monc(t, "osdmap", "--epoch", n, "-f", "json")
		require.Zero(t, got.code, got.stderr)
		dump := mons.monc(t, "command", "osd", "dump", n, "-f", "json")
		require.Zero(t, dump.code, dump.stderr)
		require.JSONEq(t, dump.stdout, got.stdout)
	}
	got = mons.monc(t, "osdmap", "--epoch", "4000")
	require.Equal(t, outcome{2, "", "monc: osdmap: there is no epoch 4000 yet, the newest is " + fmt.Sprint(newest) + "\n  try: monc get-version osdmap, which says what there is\n"}, got)
}

// newestOSDMap returns the newest epoch.
func (m onMons) newestOSDMap(t *testing.T) uint64 {
	t.Helper()
	got := m.monc(t, "get-version", "osdmap", "-f", "json")
	var version struct{ Newest uint64 }
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &version))
	require.Positive(t, version.Newest)
	return version.Newest
}

// TestOSDMapText has what a small cluster does not have.
func TestOSDMapText(t *testing.T) {
	until := denc.UTime{Sec: 1_900_000_000}
	addr, err := denc.ParseEntityAddr("10.0.0.9:0/5", denc.AddrLegacy)
	require.NoError(t, err)
	m := &cephmap.OSDMap{
		Epoch: 7, Flags: cephmap.OSDMapNoOut, FullRatio: 0.95, Stretch: cephmap.OSDMapStretch{Enabled: true, BucketCount: 2, Degraded: 1},
		Pools:     []cephmap.Entry[int64, *cephmap.Pool]{{Key: 5, Value: &cephmap.Pool{Type: cephmap.PoolReplicated, Size: 3, CRUSHRule: 4, Applications: []cephmap.Entry[string, cephmap.StringMap]{{Key: "rbd"}, {Key: "x"}}}}},
		PoolNames: []cephmap.Entry[int64, string]{{Key: 5, Value: "a\x1b[31mb"}},
		OSDs:      []*cephmap.OSD{{State: cephmap.OSDExists | cephmap.OSDUp, Weight: cephmap.OSDWeightIn}, nil, {State: cephmap.OSDExists | cephmap.OSDDestroyed | cephmap.OSDNoIn}},
		Blocklist: []cephmap.Entry[denc.EntityAddr, denc.UTime]{{Key: addr, Value: until}},
		PGTemp:    cephmap.NewPGMap(cephmap.Entry[cephmap.PG, []int32]{Key: cephmap.PG{Pool: 5, Seed: 1}}),
	}
	golden(t, "osdmap/made-up.txt", osdmapText(m))
	require.Equal(t, "0 OSDs: 0 up, 0 in", countsOf(new(cephmap.OSDMap)).osds())
}

// TestWatchOSDMap: what has changed is told in sentences, and in JSON lines.
func TestWatchOSDMap(t *testing.T) {
	mons := startMons(t, 3)
	for _, words := range []string{"osd pool create rbd", "osd set noout", "osd pool rename rbd images"} {
		require.Zero(t, mons.monc(t, append([]string{"command"}, strings.Fields(words)...)...).code, words)
	}
	newest := mons.newestOSDMap(t)

	got := mons.monc(t, "watch", "osdmap", "--from", fmt.Sprint(newest-3), "--count", "4")
	require.Zero(t, got.code, got.stderr)
	const begin, when = `^2024-02-29T12:00:00.123Z osdmap `, ` modified \S+; `
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	require.Len(t, lines, 4, got.stdout)
	require.Regexp(t, begin+fmt.Sprint(newest-3)+`.* bytes `+when+`0 OSDs: 0 up, 0 in; 0 pools; flags sortbitwise`, lines[0])
	require.Regexp(t, begin+fmt.Sprint(newest-2)+` incremental \d+ bytes `+when+`pool 1 "rbd" created: replicated, size 3, 32 placement groups$`, lines[1])
	require.Regexp(t, begin+fmt.Sprint(newest-1)+` incremental \d+ bytes `+when+`noout set$`, lines[2])
	require.Regexp(t, begin+fmt.Sprint(newest)+` incremental \d+ bytes `+when+`pool 1 "images" renamed, was "rbd"$`, lines[3])

	got = mons.monc(t, "watch", "osdmap", "--from", fmt.Sprint(newest-3), "--count", "4", "-f", "json")
	require.Zero(t, got.code, got.stderr)
	var synced []bool
	var changes []string
	for line := range strings.Lines(got.stdout) {
		var e struct {
			What, Modified string
			Synced         bool
			OSDMap         struct {
				Pools int      `json:"num_pools"`
				Flags []string `json:"flags"`
			} `json:"osdmap"`
			Changes json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, "osdmap", e.What)
		require.NotEmpty(t, e.Modified)
		require.NotEmpty(t, e.OSDMap.Flags)
		synced = append(synced, e.Synced)
		changes = append(changes, string(e.Changes))
	}
	require.Equal(t, []bool{false, false, false, true}, synced)
	require.Equal(t, []string{
		"",
		`[{"kind":"pool_created","pool":1,"pool_name":"rbd","new":{"type":"replicated","size":3,"min_size":2,"pg_num":32,"crush_rule":0,"erasure_code_profile":""},"text":"pool 1 \"rbd\" created: replicated, size 3, 32 placement groups"}]`,
		`[{"kind":"flag_set","name":"noout","text":"noout set"}]`,
		`[{"kind":"pool_renamed","pool":1,"pool_name":"images","old":"rbd","new":"images","text":"pool 1 \"images\" renamed, was \"rbd\""}]`,
	}, changes)
}

// TestLinesOfOSDMaps: each map after the one before it.
func TestLinesOfOSDMaps(t *testing.T) {
	named := func(epoch uint32, flags cephmap.OSDMapFlags, name string) *cephmap.OSDMap {
		return &cephmap.OSDMap{
			Epoch: epoch, Flags: flags, PoolMax: 1,
			Pools:     []cephmap.Entry[int64, *cephmap.Pool]{{Key: 1, Value: new(cephmap.Pool)}},
			PoolNames: []cephmap.Entry[int64, string]{{Key: 1, Value: name}},
		}
	}
	var stdout bytes.Buffer
	a := &app{env: world{}.env(&stdout, nil)}
	var d describer
	for _, e := range []monclient.WatchEvent[any]{
		{Epoch: 7, Value: named(7, 0, "a"), Raw: []byte{1, 2}, Full: true, Synced: true},
		{Epoch: 10, Value: named(10, cephmap.OSDMapNoOut, "b\nc"), Raw: []byte{1}, Missed: 2, Synced: true},
		{Epoch: 11, Value: named(11, cephmap.OSDMapNoOut, "b\nc"), Raw: []byte{1}, Synced: true},
	} {
		for _, a.format = range []string{"", "json"} {
			before := d
			line := before.describe(happening{what: "osdmap", event: e})
			line.Time = "T"
			require.NoError(t, a.printEvent(line))
		}
		d.describe(happening{what: "osdmap", event: e})
	}
	require.Equal(t, `T osdmap 7 full 2 bytes  modified 0.000000; 0 OSDs: 0 up, 0 in; 1 pool
{"time":"T","what":"osdmap","epoch":7,"full":true,"synced":true,"size":2,"osdmap":{"num_osds":0,"num_up_osds":0,"num_in_osds":0,"num_pools":1,"flags":[]},"modified":"0.000000"}
T osdmap 10 incremental 1 bytes  noout set  (2 events before it were missed)
T osdmap 10 incremental 1 bytes  pool 1 "b\nc" renamed, was "a"
{"time":"T","what":"osdmap","epoch":10,"full":false,"synced":true,"size":1,"missed":2,"osdmap":{"num_osds":0,"num_up_osds":0,"num_in_osds":0,"num_pools":1,"flags":["noout"]},"changes":[{"kind":"flag_set","name":"noout","text":"noout set"},{"kind":"pool_renamed","pool":1,"pool_name":"b\nc","old":"a","new":"b\nc","text":"pool 1 \"b\\nc\" renamed, was \"a\""}],"modified":"0.000000"}
T osdmap 11 incremental 1 bytes  nothing changed
{"time":"T","what":"osdmap","epoch":11,"full":false,"synced":true,"size":1,"osdmap":{"num_osds":0,"num_up_osds":0,"num_in_osds":0,"num_pools":1,"flags":["noout"]},"changes":[],"modified":"0.000000"}
`, stdout.String())
}

// TestOSDMapThatDoesNotCome: what is said, and the exit codes.
func TestOSDMapThatDoesNotCome(t *testing.T) {
	mons := startMons(t, 1)
	require.NoError(t, mons.Advance("osdmap", 9))
	require.NoError(t, mons.TrimOSDMaps(5))
	require.Equal(t, outcome{2, "", "monc: osdmap: the monitors have epoch 4 no more, the oldest is 5\n  try: monc get-version osdmap, which says what there is\n"},
		mons.monc(t, "osdmap", "--epoch", "4"))
	require.Zero(t, mons.monc(t, "osdmap", "--epoch", "5").code)

	_, err := mons.RotateKey("client.admin")
	require.NoError(t, err)
	got := mons.monc(t, "osdmap")
	require.Equal(t, exitDenied, got.code)
	require.Contains(t, got.stderr, "compare the key")
}
