package cephmap

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func contains(text []byte, part string) bool { return bytes.Contains(text, []byte(part)) }

func decodeMDSMap(b []byte) (printable, error) { return DecodeMDSMap(b) }

func mustDecodeFSMap(t testing.TB, b []byte) *FSMap {
	t.Helper()
	m, err := DecodeFSMap(b)
	require.NoError(t, err)
	return m
}

func TestFSMapFields(t *testing.T) {
	for name, wire := range golden(t, "*/fsmap-dump.bin") {
		m := mustDecodeFSMap(t, wire)
		require.Equal(t, strings.HasPrefix(name, "tentacle/"), !m.Created.IsZero())
		require.EqualValues(t, 1, m.DefaultFSCID)
		require.EqualValues(t, 3, m.NextFilesystemID)
		require.True(t, m.EnableMultiple)
		require.Equal(t, "base v0.20", m.DefaultCompat.Incompat[1])
		require.Nil(t, m.Filesystem("three"))
		one, two := m.Filesystem("one"), m.Filesystem("two")
		require.EqualValues(t, 1, one.ID)
		require.EqualValues(t, 2, two.ID)
		require.True(t, one.Mirrored)
		require.Equal(t, []MirrorPeer{{"0f0f0f0f-1234-4321-8888-0123456789ab", "client.remote", "site", "other"}}, one.MirrorPeers)
		require.False(t, two.Mirrored)
		require.True(t, one.MDSMap.RequiredClientFeatures.Has(14))
		require.False(t, one.MDSMap.RequiredClientFeatures.Has(13))
		require.False(t, one.MDSMap.RequiredClientFeatures.Has(-1))
		require.Equal(t, []int32{0}, one.MDSMap.In)
		require.EqualValues(t, 3, one.MDSMap.StandbyCountWanted)
		require.EqualValues(t, 1, one.MDSMap.MaxMDS)
		require.Equal(t, MDSMapNotJoinable|MDSMapAllowSnaps|MDSMapAllowMultiMDSSnaps, two.MDSMap.Flags)

		active := one.MDSMap.Info[one.MDSMap.Up[0]]
		require.Equal(t, MDSActive, active.State)
		require.Zero(t, active.Rank)
		require.Len(t, active.Addrs, 2)
		require.True(t, active.LaggySince.IsZero())
		require.Len(t, one.MDSMap.Info, 2)
		require.Len(t, m.Standbys, 1)
		require.Len(t, m.Roles, 3)
		for gid, info := range m.Standbys {
			require.Equal(t, MDSStandby, info.State)
			require.EqualValues(t, -1, info.Rank)
			require.EqualValues(t, -1, m.Roles[gid])
			require.Equal(t, m.Epoch, m.StandbyEpochs[gid])
		}
		require.EqualValues(t, 1, m.Roles[active.GID])
	}
}

// fullFSMap has a value in every field.
func fullFSMap() *FSMap {
	compat := CompatSet{
		Compat: FeatureNames{1: "one"}, ROCompat: FeatureNames{63: "last"}, Incompat: FeatureNames{2: "two", 10: "ten", 9: "nine"},
	}
	addrs := denc.EntityAddrVec{{Type: denc.AddrMsgr2, Nonce: 7}}
	stamp := denc.UTime{Sec: 1_700_000_000, Nsec: 5000}
	info := func(gid uint64, state MDSState) MDSInfo {
		return MDSInfo{
			GID: gid, Name: "m", Rank: 1, Incarnation: 5, State: state, StateSeq: 6, Addrs: addrs, LaggySince: stamp,
			ExportTargets: []int32{-1, 3}, Features: 1 << 60, JoinFSCID: 2, Flags: MDSInfoFrozen, Compat: compat,
		}
	}
	one := MDSMap{
		Version: MDSMapVersion19, Epoch: 8, FSName: "one", Enabled: true, Flags: MDSMapAllowSnaps | MDSMapBalanceAutomate, Created: stamp,
		Modified: stamp, Info: map[uint64]MDSInfo{5: info(5, MDSActive), 30: info(30, MDSStopping)}, MaxMDS: 12, OldMaxMDS: 2,
		In: []int32{0, 2, 10}, Up: map[int32]uint64{10: 30, 2: 5}, Failed: []int32{0}, Damaged: []int32{4}, Stopped: []int32{5, 6},
		StandbyCountWanted: -1, LastFailure: 3, LastFailureOSDEpoch: 4, QuiesceDBLeader: 5, QuiesceDBMembers: []uint64{30, 5},
		Balancer: "b", BalanceRankMask: "0xf", DataPools: []int64{4, 3}, MetadataPool: 2, CASPool: -1, Root: 1, TableServer: 2,
		SessionTimeout: 60, SessionAutoclose: 300, MaxFileSize: 1 << 40, MaxXattrSize: 1 << 16, InlineDataEnabled: true,
		EverAllowedFeatures: 2, ExplicitlyAllowed: 1, Compat: compat, RequiredClientFeatures: FeatureBits{1<<5 | 1<<20 | 1<<23, 1},
	}
	return &FSMap{
		Version: FSMapVersion8, Epoch: 9, Created: stamp, NextFilesystemID: 4, DefaultFSCID: -1, DefaultCompat: compat, EnableMultiple: true,
		Filesystems: []Filesystem{
			{ID: 1, MDSMap: one, Mirrored: true, MirrorPeers: []MirrorPeer{{"a", "b", "c", "d"}, {"e", "", "", ""}}},
			{ID: 3, MDSMap: MDSMap{Version: MDSMapVersion19}},
		},
		Roles: map[uint64]int32{5: 1, 30: 1, 7: -1}, Standbys: map[uint64]MDSInfo{7: info(7, MDSStandby)}, StandbyEpochs: map[uint64]uint32{7: 9},
		EverEnabledMultiple: true,
	}
}

func TestFSMapOfEveryFieldComesBack(t *testing.T) {
	m := fullFSMap()
	wire := m.AppendTo(nil)
	require.Equal(t, m, mustDecodeFSMap(t, wire))
	requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeFSMap(b); return err })
	one := m.Filesystems[0].MDSMap.AppendTo(nil)
	again, err := DecodeMDSMap(one)
	require.NoError(t, err)
	require.Equal(t, &m.Filesystems[0].MDSMap, again)
	requireEveryPrefixFails(t, one, func(b []byte) error { _, err := DecodeMDSMap(b); return err })

	text, err := m.MarshalJSON()
	require.NoError(t, err)
	for _, part := range []string{
		`"epoch":9,"btime":"2023-11-14T22:13:20:000005+0000","default_fscid":-1,`,
		`"incompat":{"feature_2":"two","feature_9":"nine","feature_10":"ten"}`,
		`"up":{"mds_2":5,"mds_10":30},"failed":[0],"damaged":[4],"stopped":[5,6]`,
		`"join_fscid":2,"laggy_since":"2023-11-14T22:13:20.000005+0000","export_targets":[-1,3]`,
		`"state":"up:stopping"`, `"standby_count_wanted":0,"qdb_leader":5,"qdb_cluster":[30,5]`,
		`"flags":258,"flags_state":{"joinable":true,"allow_snaps":true,`, `"balance_automate":true}`,
		`"required_client_features":{"feature_5":"jewel","feature_20":"has_owner_uidgid","feature_23":"blockdiff"}`,
		`"mirror_info":{"peers":{"a":{"remote":{"client_name":"b","cluster_name":"c","fs_name":"d"}},"e":`,
	} {
		require.Contains(t, string(text), part)
	}
	alone, err := m.Filesystems[0].MDSMap.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(text), `{"mdsmap":`+string(alone)+`,"id":1,`)
}

func TestFSMapIsWrittenInTheVersionsOfTheReleases(t *testing.T) {
	for version, want := range map[uint8]uint8{0: 8, 6: 7, 7: 7, 8: 8, 11: 8} {
		m := fullFSMap()
		m.Version = version
		again := mustDecodeFSMap(t, m.AppendTo(nil))
		require.Equal(t, want, again.Version)
		text, err := again.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, want == 8, contains(text, `"btime"`))
	}
	for version, want := range map[uint16]uint16{0: 19, 12: 16, 16: 16, 17: 18, 18: 18, 19: 19, 300: 19} {
		m := fullFSMap().Filesystems[0].MDSMap
		m.Version = version
		wire := m.AppendTo(nil)
		again, err := DecodeMDSMap(wire)
		require.NoError(t, err)
		require.Equal(t, want, again.Version)
		requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeMDSMap(b); return err })
		text, err := again.MarshalJSON()
		require.NoError(t, err)
		for _, part := range []string{`"flags_state"`, `"max_xattr_size"`, `"bal_rank_mask"`, `"has_owner_uidgid"`} {
			require.Equal(t, want >= 18, contains(text, part), part)
		}
		for _, part := range []string{`"qdb_leader"`, `"blockdiff"`} {
			require.Equal(t, want >= 19, contains(text, part), part)
		}
	}
}

func TestFSMapOfANewerMonitor(t *testing.T) {
	wire := fullFSMap().AppendTo(nil)
	newer := append(slices.Clone(wire), "news"...)
	newer[0] = 9
	binary.LittleEndian.PutUint32(newer[2:], uint32(len(newer)-6))
	m := mustDecodeFSMap(t, newer)
	require.EqualValues(t, 9, m.Version)
	require.Equal(t, wire, m.AppendTo(nil), "written as we know it")
	newer[1] = 9
	_, err := DecodeFSMap(newer)
	require.ErrorIs(t, err, denc.ErrCompat)
}

// Version 6 does not say whether several file systems were ever possible, and file systems of version 1 have no mirrors.
func TestFSMapOfVersion6(t *testing.T) {
	b, mark := denc.AppendStart(nil, 6, 6)
	b = denc.AppendInt32(denc.AppendUint64(denc.AppendUint32(b, 1), 2), -1)
	b = appendCompatSet(b, CompatSet{})
	b = denc.AppendBool(b, true)
	b = denc.AppendUint32(b, 1)
	b, fs := denc.AppendStart(b, 1, 1)
	b = denc.AppendBlob(denc.AppendInt32(b, 1), new(MDSMap).AppendTo(nil))
	b = denc.AppendFinish(b, fs)
	b = append(b, make([]byte, 3*4)...)
	b = denc.AppendFinish(b, mark)
	m := mustDecodeFSMap(t, b)
	require.True(t, m.EverEnabledMultiple)
	require.Len(t, m.Filesystems, 1)
	b[0], b[1] = 5, 5
	_, err := DecodeFSMap(b)
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "fsmap.struct_v")
}

func TestMDSMapOfVersion10HasDefaults(t *testing.T) {
	m := fullFSMap().Filesystems[0].MDSMap
	m.Version = MDSMapVersion16
	wire := m.AppendTo(nil)
	at := bytes.Index(wire, []byte{16, 0, 1 << 1, 0, 0}) // the version, and the mask of what follows
	require.Positive(t, at)
	tail := 4 + len(m.Balancer) + 4 + 4 + 1 + 4 + 8*len(m.RequiredClientFeatures)
	old := slices.Clone(wire[:len(wire)-tail])
	old[at] = 10
	binary.LittleEndian.PutUint32(old[2:], uint32(len(old)-6))
	got, err := DecodeMDSMap(old)
	require.NoError(t, err)
	require.Equal(t, "-1", got.BalanceRankMask)
	require.EqualValues(t, -1, got.StandbyCountWanted)
	require.EqualValues(t, 1<<16, got.MaxXattrSize)
	require.Equal(t, m.Damaged, got.Damaged)

	old[at] = 9
	_, err = DecodeMDSMap(old)
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "mdsmap.ev")
	wire[0] = 4
	_, err = DecodeMDSMap(wire)
	require.ErrorContains(t, err, "mdsmap.struct_v")
}

func TestFSMapThatContradictsItselfIsRefused(t *testing.T) {
	encoded := func(change func(*FSMap)) []byte {
		m := fullFSMap()
		change(m)
		return m.AppendTo(nil)
	}
	badBits := fullFSMap().AppendTo(nil)
	at := bytes.Index(badBits, []byte{16, 0, 0, 0, 1 << 5, 0, 0x90}) // the length of the required features
	require.Positive(t, at)
	badBits[at] = 15
	tests := []struct {
		name, want string
		wire       []byte
	}{
		{"two of one id", "two of id 1", encoded(func(m *FSMap) { m.Filesystems[1].ID = 1 })},
		{"a key that is not the gid", "calls itself 8", encoded(func(m *FSMap) { m.Standbys[7] = MDSInfo{GID: 8} })},
		{"feature 0", "feature 0 is not", encoded(func(m *FSMap) { m.DefaultCompat.Compat = FeatureNames{0: "zero"} })},
		{"feature 64", "feature 64 is not", encoded(func(m *FSMap) { m.DefaultCompat.Incompat = FeatureNames{64: "more"} })},
		{"a server in a file system", "filesystem.mdsmap", encoded(func(m *FSMap) { m.Filesystems[0].MDSMap.Info[5] = MDSInfo{} })},
		{"odd words", "15 bytes are no number of words", badBits},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeFSMap(tt.wire)
			require.ErrorIs(t, err, denc.ErrMalformed)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// Monitors give version 7 to peers that do not claim the features of Nautilus: one address, neither flags nor features.
func TestMDSInfoOfVersion7(t *testing.T) {
	b, mark := denc.AppendStart(nil, 7, 4)
	b = denc.AppendString(denc.AppendUint64(b, 5), "a")
	b = denc.AppendInt32(denc.AppendInt32(denc.AppendInt32(b, 0), 2), int32(MDSActive))
	b = denc.AppendUint64(b, 3)
	b = addr(t, "v1:10.0.0.1:6800/4").AppendTo(b, 0)
	b = denc.AppendUTime(b, denc.UTime{})
	b = denc.AppendString(denc.AppendInt32(b, -1), "")
	b = denc.AppendUint32(b, 0)
	b = denc.AppendInt32(denc.AppendUint64(b, 9), 1)
	b = denc.AppendBool(b, true)
	b = denc.AppendFinish(b, mark)
	var m MDSInfo
	r := denc.NewReader(b)
	m.decodeFrom(r)
	require.NoError(t, r.Done())
	require.Equal(t, MDSInfo{
		GID: 5, Name: "a", Incarnation: 2, State: MDSActive, StateSeq: 3, Addrs: addrs(t, "v1:10.0.0.1:6800/4"), Features: 9, JoinFSCID: 1,
	}, m)
	b[0], b[1] = 3, 3
	r = denc.NewReader(b)
	m.decodeFrom(r)
	require.ErrorContains(t, r.Err(), "mds_info_t.struct_v")
}

func TestNamesOfMDSStates(t *testing.T) {
	require.Equal(t, "up:standby-replay", MDSStandbyReplay.String())
	require.Equal(t, "down:damaged", MDSDamaged.String())
	require.Equal(t, "???", MDSState(77).String())
}
