package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var releases = []string{"pacific", "reef", "tentacle"}

// recorded returns the table of commands that a monitor of the release sent.
func recorded(tb testing.TB, release string) []byte {
	tb.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", "commands", release+".json.gz"))
	require.NoError(tb, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(tb, err)
	b, err := io.ReadAll(r)
	require.NoError(tb, err)
	return b
}

func recordedTable(tb testing.TB, release string) *commandTable {
	tb.Helper()
	table, err := parseTable(recorded(tb, release))
	require.NoError(tb, err)
	return table
}

func TestRecordedTables(t *testing.T) {
	// How many commands there are that are not obsolete.
	want := map[string]int{"pacific": 570, "reef": 619, "tentacle": 686}
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			table := recordedTable(t, release)
			require.Len(t, table.signatures, want[release])
			for _, s := range table.signatures {
				line := s.String()
				require.NotContains(t, line, "<>", line)
				require.NotContains(t, line, "\n", line)
				if s.countRequired() > 0 {
					continue
				}
				// A command that needs no argument is found by its words.
				prefix, args, err := table.match(s.prefix)
				require.NoError(t, err, line)
				require.Equal(t, strings.Join(s.prefix, " "), prefix)
				require.Empty(t, args, line)
			}
		})
	}
}

func TestUsageLines(t *testing.T) {
	tests := []struct{ words, want string }{
		{"osd tree", "osd tree [<epoch:int[0-]>] [<states:up|down|in|out|destroyed>...]"},
		{"osd reweight", "osd reweight <id:id|osd.id> <weight:float[0.0-1.0]>"},
		{"pg map", "pg map <pgid:pool.hex>"},
		{"osd pool delete", "osd pool delete <pool> [<pool2>] [--yes-i-really-really-mean-it] [--yes-i-really-really-mean-it-not-faking]"},
		{"mon add", "mon add <name> <addr:addr> [<location>...]"},
	}
	table := recordedTable(t, "reef")
	for _, tt := range tests {
		found := ""
		for _, s := range table.signatures {
			if strings.Join(s.prefix, " ") == tt.words {
				found = s.String()
			}
		}
		require.Equal(t, tt.want, found)
	}
}

func TestBadTables(t *testing.T) {
	tests := []struct{ name, table, err string }{
		{"no JSON", "osd tree", "invalid character"},
		{"no object", "[]", "cannot unmarshal array"},
		{"no words", `{"cmd000": {"sig": []}}`, "cmd000: no words"},
		{"a word after an argument", `{"cmd000": {"sig": ["a", {"name": "b", "type": "CephInt"}, "c"]}}`, `cmd000: sig[2]: the word "c" comes after an argument`},
		{"an argument without a name", `{"cmd000": {"sig": ["a", {"type": "CephInt"}]}}`, "cmd000: sig[1]: an argument without name or type"},
		{"a range of words", `{"cmd000": {"sig": ["a", {"name": "b", "type": "CephInt", "range": "x|y"}]}}`, `cmd000: sig[1]: b: range "x|y"`},
		{"a number for a word", `{"cmd000": {"sig": ["a", 3]}}`, "cmd000: sig[1]: json: cannot unmarshal number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseTable([]byte(tt.table))
			require.ErrorContains(t, err, tt.err)
		})
	}
}

// TestTruncatedTables: no strict prefix of a table is one.
func TestTruncatedTables(t *testing.T) {
	table := []byte(`{"cmd000": {"sig": ["osd", {"name": "id", "type": "CephInt", "req": "false", "n": "N"}], "flags": 8}}`)
	_, err := parseTable(table)
	require.NoError(t, err)
	for n := range table {
		_, err := parseTable(table[:n])
		require.Error(t, err)
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		name, release, words string
		prefix, args         string // args as JSON
	}{
		{"no arguments", "reef", "osd dump", "osd dump", `{}`},
		{"optional argument", "reef", "osd dump 4", "osd dump", `{"epoch":4}`},
		{"optional argument passed over", "reef", "osd tree up in", "osd tree", `{"states":["up","in"]}`},
		{"list with commas", "reef", "osd tree 7 up,in", "osd tree", `{"epoch":7,"states":["up","in"]}`},
		{"by name", "reef", "osd pool create p --size=2 --pg-num 32 --bulk", "osd pool create", `{"pool":"p","size":2,"pg_num":32,"bulk":true}`},
		{"names before words", "reef", "osd pool create --size 2 p 32", "osd pool create", `{"pool":"p","size":2,"pg_num":32}`},
		{"underscores in names", "reef", "osd pool create p --pg_num 32", "osd pool create", `{"pool":"p","pg_num":32}`},
		{"a required argument by name", "reef", "osd pool create --pool p 32", "osd pool create", `{"pool":"p","pg_num":32}`},
		{"boolean as a word", "reef", "osd pool create p --bulk=false", "osd pool create", `{"pool":"p","bulk":false}`},
		{"confirmation", "reef", "osd pool delete p p --yes-i-really-really-mean-it", "osd pool delete", `{"pool":"p","pool2":"p","yes_i_really_really_mean_it":true}`},
		{"hexadecimal", "reef", "osd dump 0x1f", "osd dump", `{"epoch":31}`},
		{"float that is whole", "reef", "osd reweight osd.3 1", "osd reweight", `{"id":3,"weight":1.0}`},
		{"float", "reef", "osd reweight 3 .25", "osd reweight", `{"id":3,"weight":0.25}`},
		{"list of OSDs", "reef", "osd out 1 osd.2 3", "osd out", `{"ids":["1","osd.2","3"]}`},
		{"list of text keeps commas", "reef", "log a,b c", "log", `{"logtext":["a,b","c"]}`},
		{"longest prefix", "reef", "log last 5", "log last", `{"num":5}`},
		{"shorter prefix when the longest does not fit", "reef", "log last word", "log", `{"logtext":["last","word"]}`},
		{"subcommand and argument of the same name", "reef", "osd pool get noautoscale size", "osd pool get", `{"pool":"noautoscale","var":"size"}`},
		{"two commands with one prefix, without", "reef", "osd crush set", "osd crush set", `{}`},
		{"two commands with one prefix, with", "reef", "osd crush set osd.0 1.0 root=default host=h", "osd crush set", `{"id":0,"weight":1.0,"args":["root=default","host=h"]}`},
		{"placement group", "reef", "pg map 1.2f", "pg map", `{"pgid":"1.2f"}`},
		{"entity and caps", "reef", "auth get-or-create client.x mon", "auth get-or-create", `{"entity":"client.x","caps":["mon"]}`},
		{"address", "reef", "osd blocklist add 10.0.0.1:0/123", "osd blocklist", `{"blocklistop":"add","addr":"10.0.0.1:0/123"}`},
		{"address with brackets", "reef", "mon add d [v2:10.0.0.1:3300,v1:10.0.0.1:6789]", "", ""},
		{"manager's command", "reef", "balancer mode upmap", "balancer mode", `{"mode":"upmap"}`},
		{"uuid", "reef", "osd new 5f5d0a55-1f8a-4a76-a8b0-9d62b8a4f8ab 3", "osd new", `{"uuid":"5f5d0a55-1f8a-4a76-a8b0-9d62b8a4f8ab","id":3}`},
		{"words with spaces and signs", "reef", "config set osd debug_osd 5/5", "config set", `{"who":"osd","name":"debug_osd","value":"5/5"}`},
		{"Pacific's confirmation", "pacific", "osd pool rm p p --yes-i-really-really-mean-it", "osd pool rm", `{"pool":"p","pool2":"p","yes_i_really_really_mean_it":true}`},
		{"Tentacle", "tentacle", "mon set election_strategy connectivity", "mon set election_strategy", `{"strategy":"connectivity"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prefix, args, err := recordedTable(t, tt.release).match(strings.Fields(tt.words))
			if tt.prefix == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.prefix, prefix)
			b, err := json.Marshal(args)
			require.NoError(t, err)
			require.JSONEq(t, tt.args, string(b))
			// Monitors tell 1 and 1.0 apart; JSONEq does not.
			require.Equal(t, strings.Count(tt.args, "1.0"), strings.Count(string(b), "1.0"), string(b))
		})
	}
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
		{"name without value", "osd pool create p --size", "osd pool create: --size needs a value"},
		{"boolean", "osd pool create p --bulk=maybe", `osd pool create: bulk: "maybe" is neither true nor false`},
		{"unknown command", "osd tre", `the monitors have no command "osd tre"`},
		{"one daemon", "tell mon.a version", `"tell" goes to one daemon; monc talks to the quorum of monitors`},
		{"obsolete", "osd crush create-or-movee", `the monitors have no command "osd crush create-or-movee"`},
	}
	table := recordedTable(t, "reef")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := table.match(strings.Fields(tt.words))
			require.ErrorIs(t, err, errInvalidCommand)
			require.Equal(t, tt.want, err.Error())
			var f *failure
			require.ErrorAs(t, err, &f)
			require.Equal(t, 22, f.code)
			require.True(t, f.try != "" || len(f.more) > 0)
		})
	}
}

func TestNearestCommands(t *testing.T) {
	tests := []struct{ words, first string }{
		{"osd tre", "osd tree"}, {"stauts", "status"}, {"osd pool crate", "osd pool create"}, {"ost tree", "osd tree"},
		{"mon dmup", "mon dump"},
	}
	table := recordedTable(t, "tentacle")
	for _, tt := range tests {
		near := table.similar(strings.Fields(tt.words))
		require.NotEmpty(t, near, tt.words)
		require.LessOrEqual(t, len(near), maxSuggested)
		require.Equal(t, tt.first, strings.Join(near[0].prefix, " "), tt.words)
	}
	require.Empty(t, table.similar([]string{"xyzzyxyzzy"}))
}

func TestAddresses(t *testing.T) {
	good := []string{"10.0.0.1", "10.0.0.1:6789", "v2:10.0.0.1:3300", "::1", "[::1]", "[::1]:6789", "v1:[fd00::1]:6789"}
	nonces := []string{"10.0.0.1:0/42", "10.0.0.1/42", "[::1]:0/42", "[::1/42]"}
	bad := []string{"", "host", "10.0.0", "10.0.0.1:99999", "10.0.0.1:x", "[::1", "10.0.0.1/", "10.0.0.1/x", "10.0.0.1/-1"}
	for _, a := range good {
		require.NoError(t, checkAddress(a, false), a)
		require.NoError(t, checkAddress(a, true), a)
	}
	for _, a := range nonces {
		require.Error(t, checkAddress(a, false), a)
		require.NoError(t, checkAddress(a, true), a)
	}
	for _, a := range bad {
		require.Error(t, checkAddress(a, true), a)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"*", "mon", "mgr", "osd.3", "osd.*", "client.admin", "mds.a.b"} {
		require.NoError(t, checkName(name), name)
	}
	for _, name := range []string{"", "osd", "osd.x", "pool.a", "admin"} {
		require.Error(t, checkName(name), name)
	}
}

func FuzzParseTable(f *testing.F) {
	for _, release := range releases {
		f.Add(recorded(f, release)[:2000])
	}
	f.Add([]byte(`{"cmd000": {"sig": ["osd", {"name": "id", "type": "CephInt", "req": "false", "n": "N", "range": "0|9"}], "flags": 8}}`))
	f.Add([]byte(`{"cmd000": {"sig": ["a", {"name": "b", "type": "CephChoices", "strings": "x|y"}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := parseTable(b)
		if err != nil {
			return
		}
		for _, s := range table.signatures {
			_ = s.String()
			_, _, _ = table.match(s.prefix)
		}
	})
}

func FuzzMatch(f *testing.F) {
	for _, words := range []string{"osd tree up", "osd pool create p --size 2", "osd reweight 1 0.5", "mon add a [::1]:3300", "pg map 1.2", "--", "osd blocklist add 1.2.3.4:0/5"} {
		f.Add(words)
	}
	table := recordedTable(f, "tentacle")
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Fields(text)
		if len(words) == 0 {
			return
		}
		_, args, err := table.match(words)
		if err != nil {
			require.ErrorIs(t, err, errInvalidCommand)
			return
		}
		_, err = json.Marshal(args)
		require.NoError(t, err)
	})
}
