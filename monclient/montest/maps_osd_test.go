package montest

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

var mapReleases = []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle}

// eachRelease runs a test for each release whose maps are made.
func eachRelease(t *testing.T, test func(t *testing.T, release cephmap.Release)) {
	for _, release := range mapReleases {
		t.Run(release.String(), func(t *testing.T) { test(t, release) })
	}
}

func golden(t *testing.T, release cephmap.Release, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/maps", release.String(), name))
	require.NoError(t, err)
	return b
}

// goldenText returns what a monitor answered: the ceph tool writes an empty line before JSON.
func goldenText(t *testing.T, release cephmap.Release, name string) string {
	t.Helper()
	return strings.TrimPrefix(string(golden(t, release, name)), "\n")
}

// goldenHistory returns the epochs from 5 to the last, in which the CRUSH map has two OSDs in one host.
func goldenHistory(t *testing.T, release cephmap.Release) []*osdMap {
	t.Helper()
	var history []*osdMap
	for e := 5; ; e++ {
		b, err := os.ReadFile(filepath.Join("testdata/maps", release.String(), fmt.Sprintf("osdmap-e%d.bin", e)))
		if err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
			require.Greater(t, len(history), 10)
			return history
		}
		m := decodeOSDMap(t, release, b)
		for i := range m.OSDs {
			m.OSDs[i].Host, m.OSDs[i].HostWeight = "vm", 13
		}
		history = append(history, m)
	}
}

func TestOSDMapsAreThoseOfRealMonitors(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		history := goldenHistory(t, release)
		var compared int
		for i, m := range history {
			full := golden(t, release, fmt.Sprintf("osdmap-e%d.bin", m.Epoch))
			require.Equal(t, full, m.encode(release), "epoch %d", m.Epoch)
			inc, err := os.ReadFile(filepath.Join("testdata/maps", release.String(), fmt.Sprintf("osdmap-inc-e%d.bin", m.Epoch)))
			if err != nil { // not all are there
				require.ErrorIs(t, err, os.ErrNotExist)
				continue
			}
			prev := history[i-1]
			require.Equal(t, full, withHosts(applyIncremental(t, prev, inc), m).encode(release), "epoch %d", m.Epoch)
			again := prev.clone()
			again.RequireMinCompatClient = 0 // set to what it is already
			made := [][]byte{m.encodeIncremental(prev, release), m.appendIncremental(again, release, nil)}
			if like := likeReal(m, prev); like != nil {
				// The checksums are then those of another map.
				made = [][]byte{withoutChecksums(like.appendIncremental(prev, release, nil))}
				inc = withoutChecksums(inc)
			}
			require.Contains(t, made, inc, "epoch %d", m.Epoch)
			require.Equal(t, full, withHosts(applyIncremental(t, prev, m.encodeIncremental(prev, release)), m).encode(release))
			compared++
		}
		require.Greater(t, compared, 10)
	})
}

// TestOSDMapsForOlderClients: monitors encode maps anew for clients that would not understand theirs.
func TestOSDMapsForOlderClients(t *testing.T) {
	for _, tt := range []struct{ release, client cephmap.Release }{
		{cephmap.ReleaseReef, cephmap.ReleasePacific},
		{cephmap.ReleaseTentacle, cephmap.ReleasePacific},
		{cephmap.ReleaseTentacle, cephmap.ReleaseReef},
	} {
		t.Run(tt.release.String()+" for "+tt.client.String(), func(t *testing.T) {
			load := func(name string) *osdMap {
				m := decodeOSDMap(t, tt.release, golden(t, tt.release, "for-all/"+name))
				for i := range m.OSDs {
					m.OSDs[i].Host, m.OSDs[i].HostWeight = "vm", 13
				}
				return m
			}
			form := osdMapForm(tt.release, denc.FeaturesAll&^newerFeatures(tt.client))
			require.Equal(t, tt.client, form)
			want := func(name string) []byte { return golden(t, tt.release, "for-"+tt.client.String()+"/"+name) }
			require.Equal(t, want("full-e7.bin"), load("full-e7.bin").encode(form))
			require.Equal(t, want("inc-e7.bin"), load("full-e7.bin").encodeIncremental(load("full-e6.bin"), form))

			first, wantFirst := load("full-e1.bin").encodeIncremental(nil, form), want("inc-e1.bin")
			for _, b := range [][]byte{first, wantFirst} {
				clear(b[32:40]) // as in TestFirstOSDMapIsThatOfANewCluster
				clear(b[len(b)-8 : len(b)-4])
			}
			require.Equal(t, wantFirst, first)

			history := osdMapHistory(tt.release)
			crush := len(history[2].crush())
			require.Len(t, history[2].newCRUSH(history[1], form), crush)
		})
	}
}

// newerFeatures are the features that clients of a release lack.
func newerFeatures(client cephmap.Release) denc.Features {
	const squid, tentacle = denc.FeatureServerSquid &^ denc.FeatureServerJewel, denc.FeatureServerTentacle &^ denc.FeatureServerJewel
	if client < cephmap.ReleaseReef {
		return squid | tentacle | (denc.FeatureServerReef|denc.FeatureServerQuincy)&^denc.FeatureServerNautilus
	}
	return squid | tentacle
}

func TestOSDMapForm(t *testing.T) {
	for _, release := range mapReleases {
		require.Equal(t, release, osdMapForm(release, denc.FeaturesAll))
		require.Equal(t, cephmap.ReleasePacific, osdMapForm(release, 0))
	}
	require.Equal(t, cephmap.ReleaseReef, osdMapForm(cephmap.ReleaseTentacle, denc.FeaturesAll&^newerFeatures(cephmap.ReleaseReef)))
	require.Equal(t, cephmap.ReleasePacific, osdMapForm(cephmap.ReleasePacific, denc.FeaturesAll&^newerFeatures(cephmap.ReleaseReef)))
}

// likeReal returns m with the LastChange that a monitor gives a pool in the incremental that ends its creation: the
// old one, for whoever applies it sets the new one anyway. It returns nil when no pool's creation ends.
func likeReal(m, prev *osdMap) (like *osdMap) {
	for i := range m.Pools {
		p := &m.Pools[i]
		if old := prev.pool(p.ID); old != nil && old.Flags&osdPoolCreating != 0 && p.Flags&osdPoolCreating == 0 {
			if like == nil {
				like = m.clone()
			}
			like.Pools[i].LastChange = old.LastChange
		}
	}
	return like
}

func withoutChecksums(inc []byte) []byte { return inc[:len(inc)-8] }

// withHosts puts the OSDs of m, which was decoded, into the hosts that they have in another map.
func withHosts(m, like *osdMap) *osdMap {
	for i := range m.OSDs {
		if o := like.osd(m.OSDs[i].ID); o != nil {
			m.OSDs[i].Host, m.OSDs[i].HostWeight = o.Host, o.HostWeight
		}
	}
	return m
}

func TestFirstOSDMapIsThatOfANewCluster(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		want := golden(t, release, "empty-osdmap.bin")
		h, err := cephmap.DecodeOSDMapHeader(want)
		require.NoError(t, err)
		m := newOSDMap(h.FSID, release, h.Created)
		require.Equal(t, want, m.encode(release))
		inc, wantInc := m.encodeIncremental(nil, release), golden(t, release, "empty-osdmap-inc.bin")
		require.NoError(t, cephmap.VerifyOSDMapIncremental(inc))
		for _, b := range [][]byte{inc, wantInc} {
			clear(b[32:40])               // modified: a moment after that of the map in it
			clear(b[len(b)-8 : len(b)-4]) // hence the checksum
		}
		require.Equal(t, wantInc, inc)
		require.Equal(t, goldenText(t, release, "empty-osd-dump.json"), string(m.dumpJSON(release)))
		require.Equal(t, goldenText(t, release, "empty-osd-dump.txt"), string(m.dumpText()))
		require.Equal(t, goldenText(t, release, "empty-osd-stat.json"), string(m.statJSON()))
		require.Equal(t, goldenText(t, release, "empty-osd-stat.txt"), string(m.statText(h.Created)))
		require.Equal(t, goldenText(t, release, "empty-osd-tree.json"), string(m.treeJSON()))
		require.Equal(t, goldenText(t, release, "empty-osd-tree.txt"), string(m.treeText()))
		require.Equal(t, "[]\n", string(m.lspoolsJSON()))
		require.Empty(t, m.lspoolsText())
	})
}

var (
	readBalance   = regexp.MustCompile(`,"read_balance":\{[^}]*\}| read_balance_score [0-9.]+`)
	blocklistJSON = regexp.MustCompile(`"blocklist":\{[^}]*\}`)
	sinceText     = regexp.MustCompile(`since [^)]*`)
)

// requireDump compares two answers to osd dump. Monitors print the read balance of pools, and the blocklist in the
// order of a hash.
func requireDump(t *testing.T, want, got string) {
	t.Helper()
	want = readBalance.ReplaceAllString(want, "")
	if strings.HasPrefix(want, "{") {
		want, got = strings.TrimSpace(want), strings.TrimSpace(got)
		require.JSONEq(t, want, got)
		want, got = blocklistJSON.ReplaceAllString(want, ""), blocklistJSON.ReplaceAllString(got, "")
		require.Equal(t, want, got)
		return
	}
	lines := func(s string) (rest, blocklist []string) {
		for l := range strings.Lines(s) {
			switch {
			case strings.HasPrefix(l, "blocklist "):
				blocklist = append(blocklist, l)
			case l != "\n": // which the ceph tool leaves out, too
				rest = append(rest, l)
			}
		}
		slices.Sort(blocklist)
		return rest, blocklist
	}
	wantRest, wantBlocklist := lines(want)
	gotRest, gotBlocklist := lines(got)
	require.Equal(t, wantRest, gotRest)
	require.Equal(t, wantBlocklist, gotBlocklist)
}

func TestOSDMapAnswersAreThoseOfRealMonitors(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		history := goldenHistory(t, release)
		m := history[len(history)-1]
		requireDump(t, goldenText(t, release, "osd-dump.json"), string(m.dumpJSON(release)))
		requireDump(t, goldenText(t, release, "osd-dump.txt"), string(m.dumpText()))
		requireDump(t, `{"pools":`+goldenText(t, release, "pools-detail.json")+`}`, `{"pools":`+string(m.poolsJSON(release))+`}`)
		require.Equal(t, goldenText(t, release, "osd-stat.json"), string(m.statJSON()))
		require.Equal(t, sinceText.ReplaceAllString(goldenText(t, release, "osd-stat.txt"), ""),
			sinceText.ReplaceAllString(string(m.statText(m.Modified)), ""))
		require.Equal(t, goldenText(t, release, "osd-tree.json"), string(m.treeJSON()))
		require.Equal(t, goldenText(t, release, "osd-tree.txt"), string(m.treeText()))
		require.Equal(t, goldenText(t, release, "lspools.json"), string(m.lspoolsJSON()))
		require.Equal(t, goldenText(t, release, "lspools.txt"), string(m.lspoolsText()))
	})
}

func testAddr(s string) denc.EntityAddr {
	a, err := denc.ParseEntityAddr(s, denc.AddrAny)
	if err != nil {
		panic(err)
	}
	return a
}

func testOSD(id int32, host string) osd {
	addr := func(port uint16) denc.EntityAddrVec {
		ap := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(10 + id)}), port)
		return denc.EntityAddrVec{
			{Type: denc.AddrMsgr2, IP: ap.Addr(), Port: port, Nonce: uint32(id)}, {Type: denc.AddrLegacy, IP: ap.Addr(), Port: port + 1, Nonce: uint32(id)},
		}
	}
	return osd{
		ID: id, UUID: uuid.UUID{15: byte(id + 1)}, State: osdExists | osdUp, Weight: osdIn, Host: host, HostWeight: osdIn / 2,
		Public: addr(6800), Cluster: addr(6802), HeartbeatBack: addr(6804), HeartbeatFront: addr(6806),
	}
}

// osdMapSteps change a map in every way that there is, one epoch each.
var osdMapSteps = []struct {
	name   string
	change func(m *osdMap)
	whole  bool // the incremental carries a full map
}{
	{name: "nothing", change: func(*osdMap) {}},
	{name: "OSDs", change: func(m *osdMap) {
		m.OSDs = append(m.OSDs, testOSD(2, "host-b"), testOSD(0, "host-a"), testOSD(1, "host-a"), testOSD(4, "host-c"))
	}},
	{name: "new OSD", change: func(m *osdMap) {
		m.OSDs = append(m.OSDs, osd{ID: 5, UUID: uuid.UUID{1}, State: osdExists | osdNew})
	}},
	{name: "pools", change: func(m *osdMap) {
		m.Pools = append(m.Pools,
			osdPool{ID: 1, Name: ".mgr", Created: m.Modified, Flags: osdPoolHashPSPool, Size: 3, MinSize: 2, PGNum: 1, PGNumMin: 1, PGNumMax: 32, Applications: []string{"mgr"}},
			osdPool{ID: 7, Name: "data", Created: m.Modified, Flags: osdPoolHashPSPool | osdPoolCreating, Size: 2, MinSize: 1, PGNum: 32, Autoscale: 2})
	}},
	{name: "application, rename", change: func(m *osdMap) {
		p := m.poolByName("data")
		p.Name, p.Flags, p.Applications = "images", osdPoolHashPSPool, []string{"rbd", "rgw"}
	}},
	{name: "rename only", change: func(m *osdMap) { m.poolByName("images").Name = "pictures" }},
	{name: "blocklist", change: func(m *osdMap) {
		m.Blocklist[testAddr("10.0.0.1:0/99")] = denc.UTime{Sec: 1800000000}
		m.Blocklist[testAddr("[2001:db8::1]:6800/5")] = denc.UTime{Sec: 1800000001, Nsec: 5000}
	}},
	{name: "off the blocklist", change: func(m *osdMap) { delete(m.Blocklist, testAddr("10.0.0.1:0/99")) }},
	{name: "longer on the blocklist", change: func(m *osdMap) { m.Blocklist[testAddr("[2001:db8::1]:6800/5")] = denc.UTime{Sec: 1800000009} }},
	{name: "OSD down", change: func(m *osdMap) { m.osd(1).State &^= osdUp }},
	{name: "OSD out", change: func(m *osdMap) { m.osd(1).Weight = 0; m.osd(2).Weight = osdIn / 4 }},
	{name: "OSD back, elsewhere", change: func(m *osdMap) {
		o := m.osd(1)
		o.State, o.Weight, o.Public = o.State|osdUp, osdIn, testOSD(9, "").Public
	}},
	{name: "OSD details", change: func(m *osdMap) {
		o := m.osd(2)
		o.UpThru, o.LastCleanBegin, o.LastCleanEnd, o.LostAt, o.More.Features = 3, 1, 2, 4, 1<<60
	}},
	{name: "OSD destroyed", whole: true, change: func(m *osdMap) {
		m.OSDs = slices.DeleteFunc(m.OSDs, func(o osd) bool { return o.ID == 0 })
	}},
	{name: "OSD moved while up", whole: true, change: func(m *osdMap) { m.osd(4).Public = testOSD(8, "").Public }},
	{name: "weight in CRUSH", change: func(m *osdMap) { m.osd(2).HostWeight = 3 * osdIn }},
	{name: "max_osd", change: func(m *osdMap) { m.MaxOSD = 9 }},
	{name: "pool deleted", change: func(m *osdMap) { m.Pools = m.Pools[1:] }},
	{name: "EC profiles", change: func(m *osdMap) {
		delete(m.ECProfiles, "default")
		m.ECProfiles["k4"] = map[string]string{"k": "4", "m": "2"}
	}},
	{name: "ratios, releases", change: func(m *osdMap) {
		m.FullRatio, m.NearFullRatio, m.BackfillFullRatio, m.RequireMinCompatClient = 0.97, 0.5, 0.75, 16
	}},
	// All that every release knows and that its decoder does not take away.
	{name: "all flags", change: func(m *osdMap) { m.Flags = (1<<23 - 1) &^ (1<<0 | 1<<1 | 1<<16 | 1<<17 | 1<<18) }},
	{name: "by hand, without next's help", whole: true, change: nil},
}

// osdMapHistory returns the maps of osdMapSteps and what they were made of, from epoch 1 on.
func osdMapHistory(release cephmap.Release) []*osdMap {
	at := denc.UTime{Sec: 1790000000, Nsec: 123456000}
	history := []*osdMap{newOSDMap(uuid.MustParse("5c1bfa36-6f7f-4c3c-8a43-0e3f5f5f0001"), release, at)}
	for _, step := range osdMapSteps {
		prev := history[len(history)-1]
		at.Sec++
		if step.change == nil {
			m := prev.clone()
			m.Epoch, m.Modified = m.Epoch+1, at
			m.Pools[0].PGNum = 64
			history = append(history, m)
			continue
		}
		history = append(history, prev.next(at, step.change))
	}
	return history
}

func TestIncrementalsLeadToTheNextMap(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		history := osdMapHistory(release)
		require.Equal(t, history[0], decodeOSDMapOf(t, history[0], release))
		for i, step := range osdMapSteps {
			t.Run(step.name, func(t *testing.T) {
				prev, m := history[i], history[i+1]
				full, inc := m.encode(release), m.encodeIncremental(prev, release)
				require.NoError(t, cephmap.VerifyOSDMap(full))
				require.NoError(t, cephmap.VerifyOSDMapIncremental(inc))
				h, err := cephmap.DecodeOSDMapHeader(full)
				require.NoError(t, err)
				require.Equal(t, cephmap.OSDMapHeader{FSID: m.FSID, Epoch: m.Epoch, Created: m.Created, Modified: m.Modified}, h)
				ih, err := cephmap.DecodeOSDMapIncrementalHeader(inc)
				require.NoError(t, err)
				require.Equal(t, cephmap.OSDMapIncrementalHeader{FSID: m.FSID, Epoch: m.Epoch, Modified: m.Modified}, ih)
				require.Equal(t, full[len(full)-4:], inc[len(inc)-4:], "full_crc")

				require.Equal(t, step.whole, bytes.Contains(inc, full))
				got := withHosts(applyIncremental(t, withAllOSDs(prev), inc), m)
				require.Equal(t, full, got.encode(release))
			})
		}
	})
}

// withAllOSDs fills the gaps between the OSDs, as decoded maps have them filled.
func withAllOSDs(m *osdMap) *osdMap {
	m = m.clone()
	for id := range m.MaxOSD {
		if m.osd(id) == nil {
			m.OSDs = slices.Insert(m.OSDs, int(id), osd{ID: id})
		}
	}
	return m
}

func decodeOSDMapOf(t *testing.T, m *osdMap, release cephmap.Release) *osdMap {
	got := decodeOSDMap(t, release, m.encode(release))
	got.OSDs = m.OSDs
	return got
}

func TestNextChangesNothingOfItsPredecessor(t *testing.T) {
	m := osdMapHistory(cephmap.ReleaseReef)[7]
	was := m.encode(cephmap.ReleaseReef)
	m.next(m.Modified, func(n *osdMap) {
		n.Pools[0].Applications[0] = "x"
		n.OSDs[0].State = 0
		n.ECProfiles["default"]["k"] = "9"
		maps.DeleteFunc(n.Blocklist, func(denc.EntityAddr, denc.UTime) bool { return true })
	})
	require.Equal(t, was, m.encode(cephmap.ReleaseReef))
}

// TestOSDMapToolReadsOSDMaps lets each release's osdmaptool print the maps of all releases, in the form for its clients.
func TestOSDMapToolReadsOSDMaps(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		tool := realceph.Release(release.String())
		realceph.Require(t, tool)
		run := func(args ...string) string {
			t.Helper()
			res := tool.Tool(t.Context(), "osdmaptool", args...)
			require.NoError(t, res.Err)
			return string(res.Stdout)
		}
		for _, of := range mapReleases {
			history := osdMapHistory(of)
			for _, i := range []int{0, 8, 12, len(history) - 1} {
				m := history[i]
				file := filepath.Join(t.TempDir(), "osdmap")
				require.NoError(t, os.WriteFile(file, m.encode(min(of, release)), 0o600))
				if of > release {
					m.RequireOSDRelease = cephmap.ReleaseUnknown // to the tool
				}
				requireDump(t, run("--print", file), string(m.dumpText()))
				requireDump(t, run("--dump", "json", file), string(m.dumpJSON(release)))
				require.Equal(t, run("--tree=plain", file), string(m.treeText()))
				require.Equal(t, run("--tree=json", file), string(m.treeJSON()))
			}
		}
	})
}

func TestCRUSHToolReadsTheCRUSHMap(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		tool := realceph.Release(release.String())
		realceph.Require(t, tool)
		file := filepath.Join(t.TempDir(), "crush")
		m := osdMapHistory(release)[2]
		require.NoError(t, os.WriteFile(file, m.crush(), 0o600))
		res := tool.Tool(t.Context(), "crushtool", "-i", file, "--test", "--show-mappings", "--rule", "0", "--num-rep", "3", "--min-x", "0", "--max-x", "1")
		require.NoError(t, res.Err)
		require.Equal(t, 2, strings.Count(string(res.Stdout)+string(res.Stderr), "CRUSH rule 0 x"), "%s", res.Stdout)
		require.Regexp(t, `x 0 \[\d,\d,\d\]`, string(res.Stdout)+string(res.Stderr))
	})
}

func TestManyHosts(t *testing.T) {
	m := newOSDMap(uuid.New(), cephmap.ReleaseReef, denc.UTime{Sec: 1790000000})
	m = m.next(m.Modified, func(m *osdMap) {
		for id := range int32(9) {
			m.OSDs = append(m.OSDs, testOSD(id, fmt.Sprintf("host-%d", id)))
		}
	})
	require.NoError(t, cephmap.VerifyOSDMap(m.encode(cephmap.ReleaseReef)))
	require.Len(t, m.crushTree(), 10)
	require.Equal(t, 9*osdIn/2, m.crushTree()[0].weight())
	require.Equal(t, 1+1+9+9, bytes.Count(m.treeText(), []byte("\n")))
}

func TestSpanText(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 1679170 * time.Microsecond: "1.67917s", 2 * time.Second: "2s", 119 * time.Second: "119s",
		2 * time.Minute: "2m", 119 * time.Minute: "119m", 2 * time.Hour: "2h", 47 * time.Hour: "47h", 2 * day: "2d", 13 * day: "13d",
		14 * day: "2w", 83 * day: "11w", 84 * day: "2M", 719 * day: "23M", 720 * day: "1y", 800 * day: "2y",
	} {
		require.Equal(t, want, spanText(d), "%v", d)
	}
}

func TestTimeText(t *testing.T) {
	require.Equal(t, "0.000000", timeText(denc.UTime{}))
	require.Equal(t, "12.000345", timeText(denc.UTime{Sec: 12, Nsec: 345678}))
	require.Equal(t, "2026-11-23T09:00:31.055695+0000", timeText(denc.UTime{Sec: 1795424431, Nsec: 55695999}))
}

func TestJSONStrings(t *testing.T) {
	require.Equal(t, `"a\"b\\c\u000aé/<"`, string(appendJSONString(nil, "a\"b\\c\né/<")))
}
