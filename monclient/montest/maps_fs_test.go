package montest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

func TestFSMapIsThatOfANewCluster(t *testing.T) {
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		want := golden(t, release, "empty-fsmap.bin")
		var at denc.UTime
		if release >= cephmap.ReleaseTentacle { // they end with the time
			at = denc.NewReader(want[len(want)-8:]).UTime("btime")
		}
		m := newFSMap(at)
		require.Equal(t, want, m.encode(release))
		require.Equal(t, golden(t, release, "empty-fsmap-user.bin"), m.encodeUser())
		require.Equal(t, goldenText(t, release, "empty-fs-dump.json"), string(m.dumpJSON(release)))
		require.Equal(t, goldenText(t, release, "empty-fs-dump.txt"), string(m.dumpText(release)))
	})
}

func TestFSMapEpochs(t *testing.T) {
	m := newFSMap(denc.UTime{Sec: 1790000000})
	m.Epoch = 77
	eachRelease(t, func(t *testing.T, release cephmap.Release) {
		h, err := cephmap.DecodeFSMapHeader(m.encode(release))
		require.NoError(t, err)
		require.Equal(t, uint32(77), h.Epoch)
	})
	h, err := cephmap.DecodeFSMapUserHeader(m.encodeUser())
	require.NoError(t, err)
	require.Equal(t, uint32(77), h.Epoch)
}
