package cephmap

import (
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a real monitor sent, in testdata/RELEASE/live, reads to its last byte; monmaps encode to the same bytes and
// print as ceph mon dump does. internal/cmd/capture writes these files.
func TestMapsFromLiveMonitors(t *testing.T) {
	for name, wire := range golden(t, "*/live/*.bin") {
		t.Run(name, func(t *testing.T) {
			kind, _, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".bin"), "-e")
			switch kind {
			case "monmap", "monmap-ipv6":
				m := mustDecode(t, wire)
				require.Equal(t, wire, m.AppendTo(nil))
				require.Equal(t, wire, m.AppendVersion(nil, m.Version))
				requireEveryPrefixFails(t, wire, decodeMonMapErr)
				requireDumpAgrees(t, name, m)
			case "legacy-monmap":
				require.EqualValues(t, 5, mustDecode(t, wire).Version)
			case "osdmap":
				require.NoError(t, VerifyOSDMap(wire))
				h, err := DecodeOSDMapHeader(wire)
				require.NoError(t, err)
				require.Positive(t, h.Epoch)
			case "osdmap-inc":
				require.NoError(t, VerifyOSDMapIncremental(wire))
				_, err := DecodeOSDMapIncrementalHeader(wire)
				require.NoError(t, err)
			case "mgrmap":
				_, err := DecodeMgrMapHeader(wire)
				require.NoError(t, err)
			case "fsmap":
				_, err := DecodeFSMapHeader(wire)
				require.NoError(t, err)
			case "fsmap-user":
				_, err := DecodeFSMapUserHeader(wire)
				require.NoError(t, err)
			case "servicemap":
				_, err := DecodeServiceMapHeader(wire)
				require.NoError(t, err)
			default:
				require.Fail(t, "what map is this?", kind)
			}
		})
	}
}

// requireDumpAgrees compares a monmap with what ceph mon dump said of its epoch, where that was kept.
func requireDumpAgrees(t *testing.T, name string, m *MonMap) {
	t.Helper()
	if want, ok := companion(t, name, ".txt"); ok {
		require.Equal(t, strings.TrimSpace(want), strings.TrimSpace(m.Text()))
	}
	if want, ok := companion(t, name, ".json"); ok {
		want, _, _ = strings.Cut(strings.TrimSpace(want), `,"quorum":`) // mon dump adds it to the map
		got, err := json.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, want+"}", string(got))
	}
}
