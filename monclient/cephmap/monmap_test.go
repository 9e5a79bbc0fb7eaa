package cephmap

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func decodeMonMapErr(b []byte) error {
	_, err := DecodeMonMap(b)
	return err
}

func mustDecode(t testing.TB, b []byte) *MonMap {
	t.Helper()
	m, err := DecodeMonMap(b)
	require.NoError(t, err)
	return m
}

func TestMonMapsOfEveryReleaseEncodeToTheSameBytes(t *testing.T) {
	for name, wire := range golden(t, "*/monmap-*.bin") {
		t.Run(name, func(t *testing.T) {
			m := mustDecode(t, wire)
			require.Equal(t, testFSID, m.FSID)
			require.Equal(t, wire, m.AppendTo(nil))
			require.Equal(t, wire, m.Clone().AppendVersion(nil, m.Version))
			require.NoError(t, m.Check())
			want := MonMapVersion9
			if strings.HasPrefix(name, "tentacle/") {
				want = MonMapVersion10
			}
			require.Equal(t, want, m.Version)
			requireEveryPrefixFails(t, wire, decodeMonMapErr)
		})
	}
}

func TestMonMapFields(t *testing.T) {
	m := mustDecode(t, readFile(t, "testdata/tentacle/monmap-dump-e5.bin"))
	require.Equal(t, &MonMap{
		Version:            10,
		FSID:               testFSID,
		Epoch:              5,
		LastChanged:        m.LastChanged,
		Created:            m.Created,
		PersistentFeatures: 0x180000fff,
		Mons: []MonInfo{
			{
				Name: "a", Addrs: addrs(t, "[v2:127.0.0.1:24350/0,v1:127.0.0.1:24351/0]"), Weight: 10,
				CrushLocation: map[string]string{"datacenter": "dc1", "rack": "r1"}, TimeAdded: m.Mons[0].TimeAdded,
			},
			{Name: "b", Addrs: addrs(t, "[v2:127.0.0.1:24352/0,v1:127.0.0.1:24353/0]"), TimeAdded: m.Mons[1].TimeAdded},
			{Name: "c", Addrs: addrs(t, "[v2:127.0.0.1:24354/0,v1:127.0.0.1:24355/0]"), TimeAdded: m.Mons[2].TimeAdded},
		},
		MinMonRelease:       ReleaseTentacle,
		ElectionStrategy:    ElectionConnectivity,
		DisallowedLeaders:   []string{"c"},
		AuthServiceCipher:   CipherAES256K,
		AuthAllowedCiphers:  []Cipher{CipherAES256K},
		AuthPreferredCipher: CipherAES256K,
	}, m)
	require.Equal(t, "2026-11-23T07:31:13.480970+0000", m.LastChanged.String())
	require.Equal(t, "2026-11-23T07:30:59.759374+0000", m.Mons[0].TimeAdded.String())
}

// cut makes an encoding of an older version out of a real one of version 9: without the last drop bytes.
func cut(wire []byte, version uint8, drop int) []byte {
	b := slices.Clone(wire[:len(wire)-drop])
	b[0] = version
	binary.LittleEndian.PutUint32(b[2:], uint32(len(b)-6))
	return b
}

func TestMonMapsOfOlderVersionsHaveDefaults(t *testing.T) {
	wire := readFile(t, "testdata/reef/monmap-dump-e1.bin") // with empty sets and strings
	v9 := mustDecode(t, wire)
	require.Equal(t, []Cipher{CipherAES, CipherAES256K}, v9.AuthAllowedCiphers)
	require.Equal(t, CipherAES, v9.AuthServiceCipher)
	require.Equal(t, CipherAES, v9.AuthPreferredCipher)
	const (
		stretch  = 1 + 4 + 4
		election = 4 + 1 + 4
	)
	for version, drop := range map[uint8]int{8: stretch, 7: stretch + election, 6: stretch + election + 1} {
		old := mustDecode(t, cut(wire, version, drop))
		require.Equal(t, version, old.Version)
		require.Equal(t, ReleaseReef, old.MinMonRelease, "version %d", version)
		require.Equal(t, ElectionClassic, old.ElectionStrategy)
		require.Equal(t, wire, old.AppendTo(nil), "it is written as version 9")
	}
}

// Monitors give version 5 to peers that do not claim the features of Nautilus: one address per monitor, no ranks.
func TestMonMapVersion5OfEveryRelease(t *testing.T) {
	for name, wire := range golden(t, "*/legacy-monmap.bin") {
		t.Run(name, func(t *testing.T) {
			m := mustDecode(t, wire)
			require.EqualValues(t, 5, m.Version)
			require.Equal(t, testFSID, m.FSID)
			require.Equal(t, []string{"a", "b", "c"}, m.Ranks())
			for _, mon := range m.Mons {
				require.Len(t, mon.Addrs, 1)
				require.Equal(t, denc.AddrLegacy, mon.Addrs[0].Type)
			}
			require.Contains(t, name, m.MinMonRelease.String()+"/", "inferred from the features")
			requireEveryPrefixFails(t, wire, decodeMonMapErr)
		})
	}
}

// The same with addresses in the form from before Nautilus, and ranks that are not the order of the names.
func TestMonMapVersion5WithLegacyAddresses(t *testing.T) {
	legacy := func(b []byte, s string) []byte { return addr(t, s).AppendTo(b, 0) }
	b, mark := denc.AppendStart(nil, 5, 3)
	b = denc.AppendUUID(b, testFSID)
	b = denc.AppendUint32(b, 9)
	addrByName := [][2]string{{"a", "v1:10.0.0.2:6789"}, {"b", "v1:10.0.0.1:6789"}}
	b = denc.AppendUint32(b, 2)
	for _, m := range addrByName {
		b = legacy(denc.AppendString(b, m[0]), m[1])
	}
	b = denc.AppendUTime(b, denc.UTime{Sec: 2})
	b = denc.AppendUTime(b, denc.UTime{Sec: 1})
	b = MonFeatures(0xff).appendTo(b)
	b = MonFeatures(0).appendTo(b)
	b = denc.AppendUint32(b, 2)
	for _, m := range addrByName {
		b = denc.AppendString(b, m[0])
		var info int
		b, info = denc.AppendStart(b, 2, 1)
		b = legacy(denc.AppendString(b, m[0]), m[1])
		b = denc.AppendUint16(b, 7)
		b = denc.AppendFinish(b, info)
	}
	b = denc.AppendFinish(b, mark)

	m := mustDecode(t, b)
	require.EqualValues(t, 9, m.Epoch)
	require.Equal(t, ReleasePacific, m.MinMonRelease)
	require.Equal(t, []string{"b", "a"}, m.Ranks(), "by address")
	require.Equal(t, addrs(t, "v1:10.0.0.1:6789/0"), m.Mons[0].Addrs)
	require.EqualValues(t, 7, m.Mons[0].Priority)
	requireEveryPrefixFails(t, b, decodeMonMapErr)

	b[0], b[1] = 4, 3
	err := decodeMonMapErr(b)
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "struct_v")
}

func TestMonMapOfANewerMonitor(t *testing.T) {
	wire := readFile(t, "testdata/tentacle/monmap-dump-e5.bin")
	newer := cut(append(slices.Clone(wire), "news"...), 12, 0)
	m := mustDecode(t, newer)
	require.EqualValues(t, 12, m.Version)
	require.Equal(t, wire, m.AppendTo(nil), "written as we know it")
	newer[1] = 11
	require.ErrorIs(t, decodeMonMapErr(newer), denc.ErrCompat)
}

func TestMonMapFollowedByBytesIsRefused(t *testing.T) {
	wire := readFile(t, "testdata/tentacle/monmap-dump-e5.bin")
	require.ErrorIs(t, decodeMonMapErr(append(slices.Clone(wire), 0)), denc.ErrTrailing)
}

func TestMonMapThatContradictsItselfIsRefused(t *testing.T) {
	base := mustDecode(t, readFile(t, "testdata/reef/monmap-dump-e5.bin"))
	encoded := func(change func(*MonMap)) []byte {
		m := base.Clone()
		change(m)
		return m.AppendTo(nil)
	}
	// swap replaces the n-th occurrence of old; the names of monitors stand in the map, in mon_info_t and in ranks.
	swap := func(b []byte, n int, old, with string) []byte {
		parts := strings.Split(string(b), old)
		return []byte(strings.Join(parts[:n], old) + with + strings.Join(parts[n:], old))
	}
	const nameA, nameB = "\x01\x00\x00\x00a", "\x01\x00\x00\x00b"
	wire := base.AppendTo(nil)
	tests := []struct {
		name, want string
		wire       []byte
	}{
		{"two of one address", "same address", encoded(func(m *MonMap) { m.Mons[1].Addrs = m.Mons[0].Addrs })},
		{"no name", "no name", encoded(func(m *MonMap) { m.Mons[1].Name = "" })},
		{"two of one name", "has a rank already", encoded(func(m *MonMap) { m.Mons[1].Name = "a" })},
		{"a key that is not the name", "calls itself", swap(wire, 1, nameA, nameB)},
		{"a rank twice", "rank 1 is \"a\"", swap(wire, 3, nameB, nameA)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := decodeMonMapErr(tt.wire)
			require.ErrorIs(t, err, denc.ErrMalformed)
			require.ErrorContains(t, err, tt.want)
		})
	}
	short := encoded(func(m *MonMap) {})
	at := strings.Index(string(short), "\x03\x00\x00\x00"+nameA+nameB)
	require.Positive(t, at)
	short[at] = 2
	require.ErrorContains(t, decodeMonMapErr(short), "2 ranks for 3 monitors")
}

func TestEmptyMonMap(t *testing.T) {
	for _, version := range []uint8{9, 10} {
		wire := new(MonMap).AppendVersion(nil, version)
		m := mustDecode(t, wire)
		require.Empty(t, m.Mons)
		require.Equal(t, wire[:2], m.AppendTo(nil)[:2])
	}
}

func TestMonMapAbsurdCountsAllocateNoMoreThanArrived(t *testing.T) {
	wire := readFile(t, "testdata/tentacle/monmap-dump-e5.bin")
	var before, after runtime.MemStats
	for off := range len(wire) - 3 {
		b := slices.Clone(wire)
		copy(b[off:], "\xff\xff\xff\xff")
		runtime.ReadMemStats(&before)
		_, _ = DecodeMonMap(b)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32*len(b)+8192), "at %d", off)
	}
}
