package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// testTools has Ceph's own tools read what the library writes, and the other way round.
func testTools(t *testing.T, e env) {
	for name, m := range writtenMonMaps(t) {
		for _, version := range []uint8{cephmap.MonMapVersion9, cephmap.MonMapVersion10} {
			t.Run(fmt.Sprintf("monmap %s, version %d", name, version), func(t *testing.T) {
				requirePrints(t, e.Release, m, version)
			})
		}
	}
	t.Run("keyring of ours", func(t *testing.T) { testKeyringOfOurs(t, e.Release) })
	t.Run("keyring of theirs", func(t *testing.T) { testKeyringOfTheirs(t, e.Release) })
}

// writtenMonMaps returns monmaps of several shapes.
func writtenMonMaps(t *testing.T) map[string]*cephmap.MonMap {
	t.Helper()
	addrs := func(s string) denc.EntityAddrVec {
		v, err := denc.ParseEntityAddrVec(s, denc.AddrAny)
		require.NoError(t, err)
		return v
	}
	bootstrap, err := cephmap.NewBootstrapMonMap(addrs("10.0.0.1"), addrs("[v2:10.0.0.2:3300,v1:10.0.0.2:6789]"), addrs("v2:[fd00::3]:3300"))
	require.NoError(t, err)
	bootstrap.FSID = uuid.New()

	full := cephmap.NewMonMap(uuid.New(), cephmap.ReleaseReef)
	full.Epoch, full.Created, full.LastChanged = 17, denc.UTime{Sec: 1_700_000_000, Nsec: 5000}, denc.UTime{Sec: 1_700_000_100}
	for i, a := range []string{"[v2:10.0.0.1:3300,v1:10.0.0.1:6789]", "v2:10.0.0.2:3300", "[v2:[fd00::3]:3300,v1:[fd00::3]:6789]"} {
		mon := cephmap.MonInfo{Name: string(rune('a' + i)), Addrs: addrs(a), Priority: uint16(i), Weight: uint16(10 * i)}
		if i > 0 {
			mon.CrushLocation = map[string]string{"datacenter": fmt.Sprint("dc", i)}
		}
		require.NoError(t, full.Add(mon))
	}
	full.ElectionStrategy = cephmap.ElectionConnectivity
	full.DisallowedLeaders, full.RemovedRanks = []string{"c"}, []uint32{4}
	full.StretchModeEnabled, full.TiebreakerMon, full.StretchMarkedDownMons = true, "c", []string{"b"}
	full.AuthEpoch, full.AuthServiceCipher, full.AuthPreferredCipher = 3, cephmap.CipherAES256K, cephmap.CipherAES
	full.AuthAllowedCiphers = []cephmap.Cipher{cephmap.CipherAES, cephmap.CipherAES256K}

	return map[string]*cephmap.MonMap{
		"empty":     cephmap.NewMonMap(uuid.New(), cephmap.ReleasePacific),
		"bootstrap": bootstrap,
		"full":      full,
	}
}

// requirePrints has monmaptool print a monmap, and reads in what it prints every fact that the release knows.
func requirePrints(t *testing.T, rel realceph.Release, m *cephmap.MonMap, version uint8) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "monmap")
	require.NoError(t, os.WriteFile(path, m.AppendVersion(nil, version), 0o600))
	res := rel.Tool(deadline(t), "monmaptool", "--print", path)
	require.NoError(t, res.Err)
	_, printed, ok := strings.Cut(string(res.Stdout), "\n") // after the name of the file
	require.True(t, ok)

	// Tentacle prints a map of any version as one of version 10, the others as one of version 9.
	read, err := cephmap.DecodeMonMap(m.AppendVersion(nil, version))
	require.NoError(t, err)
	read.Version = cephmap.MonMapVersion9
	if rel == realceph.Tentacle {
		read.Version = cephmap.MonMapVersion10
	}
	require.Equal(t, withoutLaterReleases(read.Text()), withoutLaterReleases(printed))
}

// withoutLaterReleases takes the name of the release away, which older tools do not know of newer ones.
func withoutLaterReleases(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "min_mon_release ") {
			lines[i], _, _ = strings.Cut(line, " (")
		}
	}
	return strings.Join(lines, "\n")
}

func testKeyringOfOurs(t *testing.T, rel realceph.Release) {
	var ring cephx.Keyring
	types := []cephx.KeyType{cephx.AES}
	if rel == realceph.Tentacle {
		types = append(types, cephx.AES256KRB5)
	}
	for _, typ := range types {
		key, err := cephx.GenerateKey(typ, time.Unix(1_700_000_000, 0), nil)
		require.NoError(t, err)
		ring.Set(cephx.Entry{
			Name: denc.EntityName{Type: denc.EntityClient, ID: "of-" + typ.String()}, Key: key,
			Caps: map[string]string{"mon": "allow r", "osd": `allow rwx pool "a b", allow class-read object_prefix rbd_children`},
		})
	}
	var text bytes.Buffer
	_, err := ring.WriteTo(&text)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "keyring")
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))

	res := rel.Tool(deadline(t), "ceph-authtool", "-l", path)
	require.NoError(t, res.Err)
	listed, err := cephx.ParseKeyring("list", res.Stdout)
	require.NoError(t, err)
	require.Len(t, listed.Entries, len(types))
	for _, want := range ring.Entries {
		got, ok := listed.Entry(want.Name)
		require.True(t, ok)
		require.True(t, want.Key.Equal(got.Key))
		require.Equal(t, want.Caps, got.Caps)
		res := rel.Tool(deadline(t), "ceph-authtool", "-p", "-n", want.Name.String(), path)
		require.NoError(t, res.Err)
		require.Equal(t, want.Key.Reveal(), strings.TrimSpace(string(res.Stdout)))
	}
}

func testKeyringOfTheirs(t *testing.T, rel realceph.Release) {
	for _, kt := range keyTypes(rel) {
		path := filepath.Join(t.TempDir(), "keyring")
		args := []string{"-C", path, "--gen-key", "-n", "client.x", "--cap", "mon", "allow r", "--cap", "osd", `allow rw pool="a"`}
		if rel == realceph.Tentacle {
			args = append(args, "--key-type", string(kt))
		}
		require.NoError(t, rel.Tool(deadline(t), "ceph-authtool", args...).Err)
		ring, err := cephx.LoadKeyring(path)
		require.NoError(t, err)
		entry, ok := ring.Entry(denc.EntityName{Type: denc.EntityClient, ID: "x"})
		require.True(t, ok)
		require.Equal(t, string(kt), entry.Key.Type().String())
		require.Equal(t, map[string]string{"mon": "allow r", "osd": `allow rw pool="a"`}, entry.Caps)

		res := rel.Tool(deadline(t), "ceph-authtool", "-p", "-n", "client.x", path)
		require.NoError(t, res.Err)
		require.Equal(t, strings.TrimSpace(string(res.Stdout)), entry.Key.Reveal())
		require.WithinDuration(t, time.Now(), entry.Key.Created(), time.Hour)
	}
}
