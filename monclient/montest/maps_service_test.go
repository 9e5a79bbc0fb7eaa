package montest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

func TestServiceMapIsThatOfARealCluster(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		for _, name := range []string{"empty-servicemap.bin", "servicemap.bin"} {
			want := golden(t, release, name)
			h, err := cephmap.DecodeServiceMapHeader(want)
			require.NoError(t, err)
			m := newServiceMap(h.Modified)
			m.Epoch = h.Epoch
			if h.Epoch > 1 {
				m.Services = map[string]map[string]serviceDaemon{"mgr": {"x": {}}, "mon": {"a": {}}, "osd": {"0": {}}}
			}
			require.Equal(t, want, m.encode())
			if name == "servicemap.bin" {
				require.Equal(t, goldenText(t, release, "service-dump.json"), string(m.dumpJSON()))
			}
		}
	})
}

func TestServiceMapDaemon(t *testing.T) {
	m := newServiceMap(denc.UTime{Sec: 1790000000})
	m.Epoch = 5
	m.Services = map[string]map[string]serviceDaemon{"rgw": {"a.b": {
		GID: 4123, Addr: testAddr("192.0.2.7:0/99"), StartEpoch: 5, StartStamp: denc.UTime{Sec: 1790000001},
		Metadata: map[string]string{"arch": "x86_64"}, TaskStatus: map[string]string{"idle": "yes"},
	}}}
	h, err := cephmap.DecodeServiceMapHeader(m.encode())
	require.NoError(t, err)
	require.Equal(t, cephmap.ServiceMapHeader{Epoch: 5, Modified: m.Modified}, h)
	//nolint:testifylint // the order of the keys counts, as in all that monitors print
	require.Equal(t, `{"epoch":5,"modified":"2026-09-21T14:13:20.000000+0000","services":{"rgw":{"daemons":{"summary":"","a.b":{"start_epoch":5,`+
		`"start_stamp":"2026-09-21T14:13:21.000000+0000","gid":4123,"addr":"192.0.2.7:0/99","metadata":{"arch":"x86_64"},"task_status":{"idle":"yes"}}}}}}`,
		string(m.dumpJSON()))
}
