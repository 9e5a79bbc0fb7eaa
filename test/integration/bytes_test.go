package integration

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/capture"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// testBytes provokes every message that a monitor sends to a client: all of them decode with nothing left over and
// encode to the same bytes again, and so do the maps in them.
func testBytes(t *testing.T, e env) {
	messages, err := capture.Take(deadline(t), e.Cluster)
	require.NoError(t, err)
	seen := make(map[uint16]int)
	for _, m := range messages {
		seen[m.Type]++
		decoded, err := m.Decode()
		require.NoError(t, err, m.Why)
		version, compat := decoded.MsgVersion()
		require.Equal(t, []uint16{m.Version, m.Compat}, []uint16{version, compat}, "%s: %s", monmsg.TypeName(m.Type), m.Why)
		require.Equal(t, string(m.Front), string(decoded.AppendFront(nil, denc.FeaturesAll)), "%s: %s", monmsg.TypeName(m.Type), m.Why)
		require.Empty(t, m.Middle)
		if d, ok := decoded.(monmsg.DataMessage); ok {
			require.Equal(t, string(m.Data), string(d.Data()))
		} else {
			require.Empty(t, m.Data)
		}
	}
	for _, typ := range capture.Types {
		require.Positive(t, seen[typ], "no %s came", monmsg.TypeName(typ))
	}
	t.Logf("%d messages of %d types", len(messages), len(seen))

	maps, err := capture.Maps(messages)
	require.NoError(t, err)
	for _, m := range maps {
		kind, _, _ := strings.Cut(m.Name, "-e")
		switch kind {
		case "monmap":
			var monmap *cephmap.MonMap
			monmap, err = cephmap.DecodeMonMap(m.Bytes)
			require.NoError(t, err, m.Why)
			require.Equal(t, string(m.Bytes), string(monmap.AppendTo(nil)))
		case "legacy-monmap":
			_, err = cephmap.DecodeMonMap(m.Bytes)
		case "osdmap":
			err = cephmap.VerifyOSDMap(m.Bytes)
		case "osdmap-inc":
			err = cephmap.VerifyOSDMapIncremental(m.Bytes)
		case "mgrmap":
			_, err = cephmap.DecodeMgrMapHeader(m.Bytes)
		case "fsmap":
			_, err = cephmap.DecodeFSMapHeader(m.Bytes)
		case "fsmap-user":
			_, err = cephmap.DecodeFSMapUserHeader(m.Bytes)
		case "servicemap":
			_, err = cephmap.DecodeServiceMapHeader(m.Bytes)
		default:
			require.Fail(t, "what map is this?", m.Name)
		}
		require.NoError(t, err, "%s: %s", m.Name, m.Why)
	}
}
