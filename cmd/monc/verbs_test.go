package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// TestVerbsAboutMaps runs what prints maps, with monitors.
func TestVerbsAboutMaps(t *testing.T) {
	mons := startMons(t, 3)
	require.NoError(t, mons.Advance("osdmap", 41))

	got := mons.monc(t, "get-version", "osdmap")
	require.Equal(t, outcome{0, "42 1\n", ""}, got)
	require.Equal(t, outcome{0, `{"what":"osdmap","newest":42,"oldest":1}` + "\n", ""}, mons.monc(t, "get-version", "osdmap", "-f", "json"))

	got = mons.monc(t, "monmap")
	require.Zero(t, got.code, got.stderr)
	for _, name := range []string{"a", "b", "c"} {
		require.Contains(t, got.stdout, "mon."+name+"\n")
	}
	file := filepath.Join(t.TempDir(), "monmap")
	require.Equal(t, outcome{0, "", ""}, mons.monc(t, "monmap", "--out", file))
	binary, err := os.ReadFile(file)
	require.NoError(t, err)
	m, err := cephmap.DecodeMonMap(binary)
	require.NoError(t, err)
	require.Len(t, m.Mons, 3)
	require.Equal(t, got.stdout, mons.monc(t, "-M", file, "monmap").stdout, "the file leads to the monitors")

	got = mons.monc(t, "watch", "osdmap", "--from", "40", "--count", "3", "--timeout", "20", "-f", "json")
	require.Zero(t, got.code, got.stderr)
	var epochs []uint64
	for line := range strings.Lines(got.stdout) {
		var event struct {
			What  string
			Epoch uint64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &event))
		require.Equal(t, "osdmap", event.What)
		epochs = append(epochs, event.Epoch)
	}
	require.Equal(t, []uint64{40, 41, 42}, epochs)
}

// TestVerbsThatAreCommands: what they ask, and that its answer is printed.
func TestVerbsThatAreCommands(t *testing.T) {
	mons := startMons(t, 1)
	for verb, signature := range map[string]string{"status": "status", "versions": "versions"} {
		mons.HandleCommand(signature, func(cmd montest.Command) montest.Result {
			return montest.Result{Output: []byte("this is " + signature + cmd.Format + "\n")}
		})
		require.Equal(t, outcome{0, "this is " + signature + "\n", ""}, mons.monc(t, verb))
		require.Equal(t, outcome{0, "\nthis is " + signature + "json\n", ""}, mons.monc(t, verb, "-f", "json"))
	}
}
