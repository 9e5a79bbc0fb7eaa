package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// recordedText is what a monitor of the release sent.
func recordedText(tb testing.TB, release string) []byte {
	tb.Helper()
	packed, err := os.ReadFile(filepath.Join("..", "..", "monclient", "cmdtable", "testdata", release+".json.gz"))
	require.NoError(tb, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(tb, err)
	b, err := io.ReadAll(r)
	require.NoError(tb, err)
	return b
}

func recordedTable(tb testing.TB, release string) *cmdtable.Table {
	tb.Helper()
	table, err := cmdtable.Parse(recordedText(tb, release))
	require.NoError(tb, err)
	return table
}

func TestMatch(t *testing.T) {
	cmd, args, err := match(recordedTable(t, "reef"), strings.Fields("osd tree 7 up,in"))
	require.NoError(t, err)
	require.Equal(t, "osd tree", cmd.Prefix())
	require.Len(t, args, 2)
}

func TestMismatch(t *testing.T) {
	tests := []struct{ name, words, want string }{
		{"missing argument", "osd pool create", `osd pool create: missing <pool>`},
		{"the second one", "config set osd debug_osd", "config set: missing <value>"},
		{"missing list", "osd out", "osd out: missing <ids>..."},
		{"missing number", "osd reweight 1", "osd reweight: missing <weight:float[0.0-1.0]>"},
		{"choice", "osd tree upp", `osd tree: states: "upp" is none of up, down, in, out, destroyed`},
		{"choice of many", "osd set nooutt", `osd set: key: "nooutt" is none of full, pause, noup, nodown, noout, noin, nobackfill, norebalance, norecover, noscrub, nodeep-scrub, notieragent, nosnaptrim, pglog_hardlimit, noautoscale; did you mean noout?`},
		{"no integer", "osd pool set-quota", "osd pool set-quota: missing <pool>"},
		{"word for an integer", "osd dump now", `osd dump: epoch: "now" is no integer`},
		{"octal by accident", "osd dump 010", `osd dump: epoch: "010" is no integer`},
		{"too small", "osd dump -1", "osd dump: epoch: -1 is less than 0"},
		{"too large", "osd reweight 1 1.5", "osd reweight: weight: 1.5 is more than 1.0"},
		{"not a number", "osd reweight 1 NaN", `osd reweight: weight: "NaN" is no number`},
		{"no OSD", "osd reweight mon.a 1", `osd reweight: id: "mon.a" is no OSD: write 3 or osd.3`},
		{"no placement group", "pg map 12", `pg map: pgid: "12" is no placement group: write POOL.PG, such as 1.2f`},
		{"no address", "mon add d example.com", `mon add: addr: "example.com" is no address: write IP or IP:PORT, [IPv6]:PORT`},
		{"no uuid", "osd new 1234", `osd new: uuid: "1234" is no UUID`},
		{"characters", "osd crush rule rm a/b", `osd crush rule rm: name: "a/b" has '/', which is not allowed: [A-Za-z0-9-_.]`},
		{"surplus", "mon stat now", `mon stat: unexpected argument "now"`},
		{"unknown name", "osd pool create p --sizee 3", `osd pool create: unexpected argument "--sizee"; did you mean --size?`},
		{"name without value", "osd pool create p --size", "osd pool create: --size needs a value: an integer, 0 or more"},
		{"boolean", "osd pool create p --bulk=maybe", `osd pool create: bulk: "maybe" is neither true nor false`},
		{"unknown command", "osd tre", `the monitors have no command "osd tre"`},
		{"one daemon", "tell mon.a version", `"tell" goes to one daemon; monc command is for the quorum of monitors`},
		{"obsolete", "osd crush create-or-movee", `the monitors have no command "osd crush create-or-movee"`},
	}
	table := recordedTable(t, "reef")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := match(table, strings.Fields(tt.words))
			require.ErrorIs(t, err, errInvalidCommand)
			require.Equal(t, tt.want, err.Error())
			var f *failure
			require.ErrorAs(t, err, &f)
			require.Equal(t, 22, f.code)
			require.True(t, f.try != "" || len(f.more) > 0)
		})
	}
}
