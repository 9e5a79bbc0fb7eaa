package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestServiceMapFields(t *testing.T) {
	for name, wire := range golden(t, "*/servicemap-dump.bin") {
		m, err := DecodeServiceMap(wire)
		require.NoError(t, err, name)
		h, err := DecodeServiceMapHeader(wire)
		require.NoError(t, err)
		require.Equal(t, ServiceMapHeader{Epoch: m.Epoch, Modified: m.Modified}, h)
		d := m.Services["greeter"].Daemons["greeter.1"]
		require.NotZero(t, d.GID)
		require.Equal(t, denc.AddrAny, d.Addr.Type)
		require.NotZero(t, d.Addr.Nonce)
		require.Positive(t, d.StartEpoch)
		require.Equal(t, 2026, d.StartStamp.Time().Year())
		require.Equal(t, "<\"hello\" & ü>", d.Metadata["text"])
		empty, ok := d.Metadata["empty"]
		require.True(t, ok)
		require.Empty(t, empty)
		require.Equal(t, ServiceDaemon{}, m.Services["mds"].Daemons["a"], "of which nothing is said")
	}
}

func TestServiceMapOfEveryFieldComesBack(t *testing.T) {
	m := &ServiceMap{
		Epoch: 9, Modified: denc.UTime{Sec: 1_700_000_000},
		Services: map[string]Service{
			"rgw": {Summary: "fine", Daemons: map[string]ServiceDaemon{
				"b": {GID: 1 << 63, Addr: addr(t, "10.0.0.1:0/77"), StartEpoch: 3, StartStamp: denc.UTime{Sec: 5, Nsec: 6}, Metadata: map[string]string{"k": "v"}},
				"a": {TaskStatus: map[string]string{"scrub": "idle"}},
			}},
			"": {},
		},
	}
	wire := m.AppendTo(nil)
	again, err := DecodeServiceMap(wire)
	require.NoError(t, err)
	require.Equal(t, m, again)
	requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodeServiceMap(b); return err })
	text, err := m.MarshalJSON()
	require.NoError(t, err)
	want := `{"epoch":9,"modified":"2023-11-14T22:13:20.000000+0000","services":{"":{"daemons":{"summary":""}},` +
		`"rgw":{"daemons":{"summary":"fine",` +
		`"a":{"start_epoch":0,"start_stamp":"0.000000","gid":0,"addr":"(unrecognized address family 0)/0","metadata":{},"task_status":{"scrub":"idle"}},` +
		`"b":{"start_epoch":3,"start_stamp":"5.000000","gid":9223372036854775808,"addr":"10.0.0.1:0/77","metadata":{"k":"v"},"task_status":{}}}}}}`
	require.Equal(t, want, string(text))
}

// Mimic and Nautilus have no task status.
func TestServiceMapWithDaemonsOfVersion1(t *testing.T) {
	b, mark := denc.AppendStart(nil, 1, 1)
	b = denc.AppendUTime(denc.AppendUint32(b, 2), denc.UTime{})
	b = denc.AppendString(denc.AppendUint32(b, 1), "rgw")
	b, service := denc.AppendStart(b, 1, 1)
	b = denc.AppendString(denc.AppendUint32(b, 1), "a")
	b, daemon := denc.AppendStart(b, 1, 1)
	b = denc.AppendUint64(b, 4)
	b = denc.EntityAddr{}.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUTime(denc.AppendUint32(b, 1), denc.UTime{})
	b = putStringMap(b, map[string]string{"k": "v"})
	b = denc.AppendFinish(b, daemon)
	b = denc.AppendString(b, "")
	b = denc.AppendFinish(b, service)
	b = denc.AppendFinish(b, mark)
	m, err := DecodeServiceMap(b)
	require.NoError(t, err)
	require.Equal(t, map[string]Service{"rgw": {Daemons: map[string]ServiceDaemon{
		"a": {GID: 4, StartEpoch: 1, Metadata: map[string]string{"k": "v"}},
	}}}, m.Services)
}

func TestServiceMapNamesTheField(t *testing.T) {
	_, err := DecodeServiceMap(unhex(t, "0101 14000000 07000000 0000000000000000 ffffffff 00000000"))
	require.ErrorIs(t, err, denc.ErrShort)
	require.ErrorContains(t, err, "cephmap: ")
	require.ErrorContains(t, err, "servicemap.services")
}
