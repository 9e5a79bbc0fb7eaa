package cephmap

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func mustDecodeMgrMap(t testing.TB, b []byte) *MgrMap {
	t.Helper()
	m, err := DecodeMgrMap(b)
	require.NoError(t, err)
	return m
}

func TestMgrMapFields(t *testing.T) {
	m := mustDecodeMgrMap(t, readFile(t, "testdata/tentacle/mgrmap-dump.bin"))
	require.Equal(t, MgrMapVersion14, m.Version)
	require.Equal(t, "x", m.ActiveName)
	require.True(t, m.Available)
	require.NotZero(t, m.ActiveGID)
	require.Len(t, m.ActiveAddrs, 2)
	require.True(t, m.ActiveFeatures.Has(denc.FeatureMsgAddr2))
	require.Equal(t, 2026, m.ActiveChange.Time().Year())
	require.Len(t, m.Standbys, 1)
	for gid, s := range m.Standbys {
		require.Equal(t, gid, s.GID)
		require.Equal(t, "y", s.Name)
		require.Equal(t, m.ActiveFeatures, s.Features)
		require.Equal(t, m.AvailableModules, s.AvailableModules)
	}
	require.Contains(t, m.AlwaysOnModules[uint32(ReleaseTentacle)], "balancer")
	require.Equal(t, MgrModuleOption{
		Name: "log_level", Type: OptionString, Level: OptionAdvanced, Flags: 1,
		EnumAllowed: []string{"", "critical", "debug", "error", "info", "warning"},
	}, m.AvailableModules[0].Options["log_level"])

	m = mustDecodeMgrMap(t, readFile(t, "testdata/tentacle/mgrmap-down.bin"))
	require.Equal(t, MgrMapDown, m.Flags)
	require.False(t, m.Available)
	require.Zero(t, m.ActiveGID)
	require.Empty(t, m.ActiveAddrs)
	require.Equal(t, []string{"crash", "devicehealth"}, m.ForceDisabledModules)
}

// fullMgrMap has a value in every field.
func fullMgrMap(t testing.TB) *MgrMap {
	t.Helper()
	option := MgrModuleOption{
		Name: "o", Type: OptionSeconds, Level: OptionDev, Flags: 7, DefaultValue: "5", Min: "1", Max: "9", EnumAllowed: []string{"5", "6"},
		Description: "d", LongDesc: "dd", Tags: []string{"t"}, SeeAlso: []string{"p", "q"},
	}
	modules := []MgrModule{
		{Name: "m", CanRun: true, Options: map[string]MgrModuleOption{"o": option, "p": {Name: "p"}}},
		{Name: "a", Error: "no"},
	}
	v := addrs(t, "[v2:10.0.0.1:6800/5,v1:10.0.0.1:6801/5]")
	return &MgrMap{
		Version: MgrMapVersion14, Epoch: 7, Flags: 1, ActiveGID: 4, ActiveName: "x", ActiveAddrs: v,
		ActiveChange: denc.UTime{Sec: 1_700_000_000, Nsec: 1000}, ActiveFeatures: 1 << 63, Available: true,
		Standbys: map[uint64]MgrStandby{9: {GID: 9, Name: "z", AvailableModules: modules, Features: 3}, 8: {GID: 8, Name: "y"}},
		Modules:  []string{"iostat", "nfs"}, AvailableModules: modules, Services: map[string]string{"dashboard": "http://10.0.0.1/"},
		AlwaysOnModules: map[uint32][]string{18: {"a"}, 99: {"b", "c"}}, ForceDisabledModules: []string{"a"},
		LastFailureOSDEpoch: 5, ActiveClients: []MgrClient{{"volumes", v[:1]}, {"volumes", v}},
	}
}

func TestMgrMapOfEveryFieldComesBack(t *testing.T) {
	m := fullMgrMap(t)
	wire := m.AppendTo(nil)
	require.Equal(t, m, mustDecodeMgrMap(t, wire))
	requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeMgrMap(b); return err })

	text, err := m.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(text), `"reef":["a"],"unknown":["b","c"]`)
	require.Contains(t, string(text), `"type":"secs","level":"dev","flags":7`)
}

func TestMgrMapIsWrittenInTheVersionsOfTheReleases(t *testing.T) {
	for version, want := range map[uint8]uint8{0: 14, 3: 12, 11: 12, 12: 12, 13: 13, 14: 14, 20: 14} {
		m := fullMgrMap(t)
		m.Version = version
		again := mustDecodeMgrMap(t, m.AppendTo(nil))
		require.Equal(t, want, again.Version)
		require.Equal(t, want >= 13, again.Flags != 0)
		require.Equal(t, want >= 14, again.ForceDisabledModules != nil)
		text, err := again.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, want >= 13, contains(text, `"flags":1,"active_gid"`))
		require.Equal(t, want >= 14, contains(text, `force_disabled_modules`))
	}
}

// oldMgrMap is a map as releases before Nautilus wrote it, in version 1 to 5.
func oldMgrMap(version uint8) []byte {
	b, mark := denc.AppendStart(nil, version, 1)
	b = denc.AppendUint32(b, 3)
	b = denc.EntityAddr{Type: denc.AddrLegacy, IP: netip.AddrFrom4([4]byte{10, 0, 0, 1}), Port: 6800}.AppendTo(b, 0)
	b = denc.AppendUint64(b, 4)
	b = denc.AppendBool(b, true)
	b = denc.AppendString(b, "x")
	b = denc.AppendUint32(b, 1)
	b = denc.AppendUint64(b, 5)
	b, standby := denc.AppendStart(b, 2, 1)
	b = denc.AppendString(denc.AppendUint64(b, 5), "y")
	b = denc.AppendString(denc.AppendUint32(b, 1), "status")
	b = denc.AppendFinish(b, standby)
	if version >= 2 {
		b = appendSet(b, []string{"status"}, denc.AppendString)
		b = appendSet(b, []string{"balancer", "status"}, denc.AppendString)
	}
	if version >= 3 {
		b = putStringMap(b, map[string]string{"dashboard": "uri"})
	}
	if version >= 4 {
		b = putList(b, []MgrModule{{Name: "balancer"}}, appendMgrModule)
	}
	return denc.AppendFinish(b, mark)
}

func TestMgrMapsOfOlderVersions(t *testing.T) {
	for version := uint8(1); version <= 5; version++ {
		wire := oldMgrMap(version)
		m := mustDecodeMgrMap(t, wire)
		require.Equal(t, version, m.Version)
		require.Equal(t, "x", m.ActiveName)
		require.Len(t, m.ActiveAddrs, 1)
		require.Equal(t, map[uint64]MgrStandby{5: {GID: 5, Name: "y", AvailableModules: []MgrModule{{Name: "status", CanRun: true}}}}, m.Standbys)
		var want []MgrModule
		switch {
		case version >= 4:
			want = []MgrModule{{Name: "balancer"}}
		case version >= 2:
			want = []MgrModule{{Name: "balancer", CanRun: true}, {Name: "status", CanRun: true}}
		}
		require.Equal(t, want, m.AvailableModules)
		requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeMgrMap(b); return err })
	}
}

func TestMgrMapOfANewerMonitor(t *testing.T) {
	wire := fullMgrMap(t).AppendTo(nil)
	newer := append(slices.Clone(wire), "news"...)
	newer[0] = 15
	binary.LittleEndian.PutUint32(newer[2:], uint32(len(newer)-6))
	m := mustDecodeMgrMap(t, newer)
	require.EqualValues(t, 15, m.Version)
	require.Equal(t, wire, m.AppendTo(nil), "written as we know it")
	newer[1] = 15
	_, err := DecodeMgrMap(newer)
	require.ErrorIs(t, err, denc.ErrCompat)
}

func TestMgrMapWithOtherNamesThanClientsIsRefused(t *testing.T) {
	m := &MgrMap{Version: 12, ActiveClients: []MgrClient{{Name: "a"}}}
	wire := m.AppendTo(nil)
	one := wire[:len(wire)-len("\x01\x00\x00\x00\x01\x00\x00\x00a")]
	wire = denc.AppendUint32(slices.Clone(one), 0)
	binary.LittleEndian.PutUint32(wire[2:], uint32(len(wire)-6))
	_, err := DecodeMgrMap(wire)
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "mgrmap.clients_names")
	require.ErrorContains(t, err, "0 names for 1 clients")
}

func TestNamesOfOptions(t *testing.T) {
	require.Equal(t, "uint", OptionUint.String())
	require.Equal(t, "millisecs", OptionMilliseconds.String())
	require.Equal(t, "unknown", OptionType(77).String())
	require.Equal(t, "basic", OptionBasic.String())
	require.Equal(t, "unknown", OptionLevel(3).String())
}
