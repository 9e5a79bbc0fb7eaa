package integration

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
)

// testVersions compares version queries with what commands print of the maps.
func testVersions(t *testing.T, e env) {
	c := e.connect(t)
	for what, dump := range map[string]string{"monmap": "mon dump", "osdmap": "osd dump", "fsmap": "fs dump", "mdsmap": "fs dump"} {
		t.Run(what, func(t *testing.T) {
			before := epoch(t, output(t, c, monclient.Command{Prefix: dump, Format: "json"}))
			newest, oldest, err := c.Version(deadline(t), what)
			require.NoError(t, err)
			require.GreaterOrEqual(t, newest, before)
			require.LessOrEqual(t, oldest, newest)
			after := epoch(t, output(t, c, monclient.Command{Prefix: dump, Format: "json"}))
			require.LessOrEqual(t, newest, after)
		})
	}
	_, _, err := c.Version(deadline(t), "mgrmap")
	require.ErrorIs(t, err, monclient.ErrUnknownMap)
}

func testCommands(t *testing.T, e env) {
	c := e.connect(t)

	t.Run("raw and in parts", func(t *testing.T) {
		raw := output(t, c, monclient.Raw(`{"prefix":"mon dump","format":"json"}`))
		require.Equal(t, raw, output(t, c, monclient.Command{Prefix: "mon dump", Format: "json"}))
		require.Equal(t, raw, output(t, c, monclient.Command{JSON: []string{`{"prefix":"mon du`, `mp","format":"json"}`}}))
		require.Equal(t, raw, output(t, c, monclient.Command{Prefix: "mon dump", Args: map[string]any{"epoch": 1}, Format: "json"}))
	})

	t.Run("what the monmap says", func(t *testing.T) {
		var dump, ours map[string]any
		require.NoError(t, json.Unmarshal(output(t, c, monclient.Command{Prefix: "mon dump", Format: "json"}), &dump))
		text, err := json.Marshal(c.MonMap())
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &ours))
		delete(dump, "quorum")
		require.Equal(t, dump, ours)
	})

	// What is wrong with a command is said by the monitors, and passed on as it is.
	refused := []struct {
		name   string
		cmd    monclient.Command
		retval int32
		status string
	}{
		{"unknown", monclient.Command{Prefix: "no such command"}, -22, "command not known"},
		{"not JSON", monclient.Raw("osd tree"), -22, "unparseable JSON osd tree"},
		{"nothing", monclient.Command{JSON: []string{}}, -22, "no command specified"},
		{"no prefix", monclient.Raw(`{"format":"json"}`), -22, "command prefix not found"},
		{"no such key", monclient.Command{Prefix: "config-key get", Args: map[string]any{"key": "nope"}}, -2, ""},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := c.Command(deadline(t), tt.cmd)
			require.NoError(t, err)
			require.Equal(t, tt.retval, reply.Retval)
			require.Contains(t, reply.Status, tt.status)
			require.ErrorIs(t, reply.Err(), denc.Errno(-tt.retval))
			require.ErrorContains(t, reply.Err(), reply.Status)
			require.Equal(t, denc.Errno(-tt.retval), monclient.Errno(reply.Err()))
		})
	}
}

// testLargeCommands sends 9 MiB with a command and gets them back, in both modes.
func testLargeCommands(t *testing.T, e env) {
	value := make([]byte, 9<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(value)
	for _, modes := range []string{"secure", "crc"} {
		t.Run(modes, func(t *testing.T) {
			cfg := e.config(t)
			cfg.Modes = cephx.ParseModes(modes)
			c := connect(t, cfg)
			key := map[string]any{"key": "integration/large-" + modes}
			value[0]++
			output(t, c, monclient.Command{Prefix: "config-key set", Args: key, Input: value})
			got := output(t, c, monclient.Command{Prefix: "config-key get", Args: key})
			require.Len(t, got, len(value))
			require.Equal(t, value, got)

			if modes == "secure" { // the monitors' own client agrees
				file := filepath.Join(t.TempDir(), "large")
				e.ceph(t, "config-key", "get", "integration/large-"+modes, "-o", file)
				theirs, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Equal(t, value, theirs)
			}
			output(t, c, monclient.Command{Prefix: "config-key rm", Args: key})
		})
	}

}
