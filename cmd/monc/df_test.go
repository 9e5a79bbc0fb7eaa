package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestDF(t *testing.T) {
	mons := startMons(t, 1)
	require.Equal(t, outcome{0, "0 B, 0 B used, 0 B available, 0 objects\n", ""}, mons.monc(t, "df"))

	for _, pool := range []string{"rbd", "images"} {
		require.Zero(t, mons.monc(t, "command", "osd", "pool", "create", pool).code)
	}
	mons.SetUsage(montest.Usage{KB: 3 << 20, KBUsed: 1 << 20, KBAvail: 2 << 20, Objects: 100, ObjectSize: 4 << 20})
	require.Equal(t, outcome{0, `3.0 GiB, 1.0 GiB used (33.3 %), 2.0 GiB available, 200 objects

POOL    ID  OBJECTS  STORED   USED     AVAILABLE
rbd     1   100      400 MiB  1.2 GiB  683 MiB
images  2   100      400 MiB  1.2 GiB  683 MiB
`, ""}, mons.monc(t, "df"))

	got := mons.monc(t, "df", "images", "-f", "json")
	require.Zero(t, got.code, got.stderr)
	var u usage
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &u))
	require.Len(t, u.Pools, 1)
	require.Equal(t, "images", u.Pools[0].Name)
	require.EqualValues(t, 2, u.Pools[0].ID)
	require.EqualValues(t, 100, u.Pools[0].Stats.Sum.Objects)
	require.EqualValues(t, 2<<30, u.Available)

	got = mons.monc(t, "df", "nope")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.stderr, `"nope"`)
	require.Contains(t, got.stderr, "try: monc command osd pool ls")
	require.Equal(t, exitUsage, mons.monc(t, "df", "-f", "xml").code)
}

func TestBytesText(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 100 << 10: "100 KiB", 1 << 20: "1.0 MiB", 5 << 40: "5.0 TiB", 1 << 63: "8.0 EiB",
	} {
		require.Equal(t, want, bytesText(n))
	}
}
