package cmdtable

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var releases = []string{"pacific", "reef", "tentacle"}

// recorded returns the table of commands that a monitor of the release sent.
func recorded(tb testing.TB, release string) []byte {
	tb.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", release+".json.gz"))
	require.NoError(tb, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(tb, err)
	b, err := io.ReadAll(r)
	require.NoError(tb, err)
	return b
}

func recordedTable(tb testing.TB, release string) *Table {
	tb.Helper()
	table, err := Parse(recorded(tb, release))
	require.NoError(tb, err)
	return table
}

func TestRecordedTables(t *testing.T) {
	// How many commands there are that are not obsolete, how many of them the manager answers, and how many prefixes only read.
	want := map[string][3]int{"pacific": {570, 286, 101}, "reef": {619, 322, 100}, "tentacle": {686, 365, 108}}
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			table := recordedTable(t, release)
			got := [3]int{table.Len()}
			for _, reads := range table.readOnly {
				if reads {
					got[2]++
				}
			}
			n := 0
			for c := range table.Commands() {
				n++
				line := c.String()
				require.NotContains(t, line, "<>", line)
				require.NotContains(t, line, "\n", line)
				require.NotEmpty(t, c.Module, line)
				require.Contains(t, []string{"r", "w", "rw", "rx", "rwx"}, c.Perm, line)
				require.Empty(t, c.Avail, line)
				require.False(t, c.Flags.Has(FlagObsolete), line)
				if c.Flags.Has(FlagMgr) {
					got[1]++
				}
				if c.required() > 0 {
					continue
				}
				// A command that needs no argument is found by its words.
				found, args, err := table.Match(c.Words)
				require.NoError(t, err, line)
				require.Equal(t, c.Words, found.Words)
				require.Empty(t, args, line)
			}
			require.Equal(t, table.Len(), n)
			require.Equal(t, want[release], got)
		})
	}
}

func TestFields(t *testing.T) {
	table, err := Parse([]byte(`{
		"cmd001": {"sig": ["osd", "tree", {"name": "epoch", "type": "CephInt", "n": 1, "req": "false", "range": "0|9"},
			{"name": "states", "type": "CephChoices", "strings": "up|down", "n": "N", "req": false, "positional": false}],
			"help": "print the tree", "module": "osd", "perm": "r", "avail": "cli,rest", "flags": 40, "of the future": [{}]},
		"cmd000": {"sig": ["log", {"name": "text", "type": "CephString", "goodchars": "[a-z]"}], "module": 1, "perm": ["r"], "avail": {}},
		"cmd002": {"sig": ["gone"], "flags": 2}}`))
	require.NoError(t, err)
	require.Equal(t, []*Command{
		{Words: []string{"log"}, Args: []*Arg{{Name: "text", Type: "CephString", Required: true, Positional: true, Goodchars: "[a-z]"}}},
		{Words: []string{"osd", "tree"}, Args: []*Arg{
			{Name: "epoch", Type: "CephInt", Positional: true, Range: []string{"0", "9"}},
			{Name: "states", Type: "CephChoices", List: true, Choices: []string{"up", "down"}},
		}, Help: "print the tree", Module: "osd", Perm: "r", Avail: "cli,rest", Flags: FlagMgr | FlagHidden},
	}, slices.Collect(table.Commands()))
	require.Equal(t, 2, table.Len())
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
		for s := range table.Commands() {
			if s.Prefix() == tt.words {
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
			_, err := Parse([]byte(tt.table))
			require.ErrorContains(t, err, tt.err)
		})
	}
}

// TestTruncatedTables: no strict prefix of a table is one.
func TestTruncatedTables(t *testing.T) {
	table := []byte(`{"cmd000": {"sig": ["osd", {"name": "id", "type": "CephInt", "req": "false", "n": "N"}], "flags": 8}}`)
	_, err := Parse(table)
	require.NoError(t, err)
	for n := range table {
		_, err := Parse(table[:n])
		require.Error(t, err)
	}
}

// TestTooLargeTables: what a table would take many times its own size for is refused first.
func TestTooLargeTables(t *testing.T) {
	tests := []struct{ name, table string }{
		{"bytes", `{"cmd000": {"sig": ["a"], "help": "` + strings.Repeat("x", maxSize) + `"}}`},
		{"words", `{"cmd000": {"sig": ["a"` + strings.Repeat(`,"a"`, maxCommas+1) + `]}}`},
		{"no JSON", strings.Repeat(",", maxCommas+1)},
		{"nested", `{"cmd000": {"sig": ["a"], "perm": ` + strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting) + `}}`},
		{"choices", `{"cmd000": {"sig": ["a", {"name": "b", "type": "CephChoices", "strings": "` + strings.Repeat("|", maxChoices) + `"}]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.table))
			require.ErrorIs(t, err, ErrTooLarge)
		})
	}
	t.Run("what is in texts does not count", func(t *testing.T) {
		help := strings.Repeat(`,[{\\\"`, maxCommas+1)
		table, err := Parse([]byte(`{"cmd000": {"sig": ["a"], "help": "` + help + `"}}`))
		require.NoError(t, err)
		require.Equal(t, 1, table.Len())
	})
}

// TestLargestTable: the table of the most commands that is taken allocates no more than this, all in all.
func TestLargestTable(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("{")
	for i := range maxCommas {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(strconv.Quote(strconv.Itoa(i)) + `:{"sig":["` + strconv.Itoa(i%10) + `"]}`)
	}
	b.WriteString("}")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	table, err := Parse(b.Bytes())
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Equal(t, maxCommas, table.Len())
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes for %d", allocated, b.Len())
	require.Less(t, allocated, uint64(48<<20))
}

func FuzzParse(f *testing.F) {
	for _, release := range releases {
		b := recorded(f, release)
		f.Add(append(b[:bytes.Index(b[2000:], []byte(`"cmd`))+1999], '}'))
	}
	f.Add([]byte(`{"cmd000": {"sig": ["osd", {"name": "id", "type": "CephInt", "req": "false", "n": "N", "range": "0|9"}], "flags": 8, "perm": "r"}}`))
	f.Add([]byte(`{"cmd000": {"sig": ["a", {"name": "b", "type": "CephChoices", "strings": "x|y"}], "module": "mon", "perm": "rx", "avail": "cli"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := Parse(b)
		if err != nil {
			return
		}
		n := 0
		for c := range table.Commands() {
			n++
			_ = c.String()
			_, _, _ = table.Match(c.Words)
			require.True(t, c.Perm != "" || !table.ReadOnly(c.Prefix()))
		}
		require.Equal(t, table.Len(), n)
	})
}
