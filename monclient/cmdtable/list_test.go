package cmdtable

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func prefixes(list []*Command) []string {
	var names []string
	for _, c := range list {
		names = append(names, c.Prefix())
	}
	return names
}

func TestFind(t *testing.T) {
	table := recordedTable(t, "reef")
	tests := []struct {
		words string
		want  []string
	}{
		{"osd pool create", []string{"osd pool create"}},
		{"osd pool mk", []string{"osd pool mksnap"}},
		{"osd pool c", []string{"osd pool cancel-force-backfill", "osd pool cancel-force-recovery", "osd pool create"}},
		{"mon_status", nil}, // hidden or without help, whatever the release says
		{"osd pool create foo", nil},
		{"osd pool x", nil},
		{"pool", nil},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, prefixes(table.Find(strings.Fields(tt.words))), tt.words)
	}
	all := table.Find(nil)
	require.Len(t, table.Find([]string{""}), len(all))
	require.True(t, slices.IsSortedFunc(all, func(a, b *Command) int { return strings.Compare(a.String(), b.String()) }))
	require.Less(t, len(all), table.Len())
	for _, c := range all {
		require.Zero(t, c.Flags&(FlagObsolete|FlagDeprecated|FlagHidden), c)
		require.NotEmpty(t, c.Help)
	}
	var none *Table
	require.Empty(t, none.Find(nil))
}

func TestNamed(t *testing.T) {
	table := recordedTable(t, "reef")
	require.Equal(t, []string{"osd crush set", "osd crush set"}, prefixes(table.Named(strings.Fields("osd crush set"))))
	require.Len(t, table.Named([]string{"osd", "blacklist"}), 1, "deprecated")
	require.Empty(t, table.Named([]string{"osd", "crush", "se"}))
	require.Empty(t, table.Named(nil))
}

func TestMentioning(t *testing.T) {
	table := recordedTable(t, "reef")
	require.Contains(t, prefixes(table.Mentioning([]string{"SNAPSHOT", "pool"})), "osd pool mksnap")
	require.Empty(t, table.Mentioning([]string{"snapshot", "xyzzy"}))
	require.Empty(t, table.Mentioning(nil))
}

func TestComplete(t *testing.T) {
	tests := []struct{ words, last, want string }{
		{"osd po", "", ""},
		{"osd", "po", "pool"},
		{"osd pool", "c", "cancel-force-backfill cancel-force-recovery create"},
		{"osd pool", "set-", "set-quota"},
		{"osd pool create p 8", "r", "replicated"},
		{"osd pool create p 8", "", "erasure off on replicated warn"},
		{"osd pool create p", "", "erasure off on replicated warn"}, // the numbers may be left out
		{"osd pool create p 8", "--s", "--size"},
		{"osd pool create p --size 2", "--s", ""},
		{"osd pool create p --size", "", ""},
		{"osd pool create p", "--autoscale-mode=o", "--autoscale-mode=off --autoscale-mode=on"},
		{"osd pool create p --autoscale-mode", "w", "warn"},
		{"osd pool create p", "--bulk=", "--bulk=false --bulk=true"},
		{"osd pool delete p p", "--yes-i-really-really", "--yes-i-really-really-mean-it --yes-i-really-really-mean-it-not-faking"},
		{"osd tree 7 up", "d", "destroyed down"},
		{"osd tree", "u", "up"},
		{"osd set", "noo", "noout"},
		{"osd set noout", "", ""},
		{"osd set", "--y", "--yes-i-really-mean-it"},
		{"osd reweight", "", ""},
		{"osd reweight x", "", ""},
		{"osd blocklist", "", "add clear ls rm"},
		{"osd blocklist", "l", "ls"},
		{"", "sta", "status"},
		{"osd", "blackl", ""}, // deprecated
		{"no such", "", ""},
		{"fs", "set-", "set-default"},
	}
	table := recordedTable(t, "reef")
	for _, tt := range tests {
		var got []string
		for _, c := range table.Complete(strings.Fields(tt.words), tt.last) {
			require.NotContains(t, c.Help, "\n")
			got = append(got, c.Word)
		}
		require.Equal(t, tt.want, strings.Join(got, " "), "%s [%s]", tt.words, tt.last)
	}
	require.Equal(t, []Candidate{{"create", "create pool"}}, table.Complete([]string{"osd", "pool"}, "cr"))
	require.Equal(t, []Candidate{{"--size", "an integer, 0 or more"}}, table.Complete([]string{"osd", "pool", "create", "p"}, "--size"))
	var none *Table
	require.Empty(t, none.Complete(nil, ""))
}

// TestCompleteIsAccepted: a word that is offered at the end of a command without arguments is one that leads on.
func TestCompleteIsAccepted(t *testing.T) {
	for _, release := range releases {
		table := recordedTable(t, release)
		for c := range table.Commands() {
			if !c.listed() {
				continue
			}
			for n := range c.Words {
				found := slices.ContainsFunc(table.Complete(c.Words[:n], c.Words[n]), func(w Candidate) bool { return w.Word == c.Words[n] })
				require.True(t, found, "%s: %s at %d", release, c, n)
			}
			for _, next := range table.Complete(c.Words, "") {
				words := append(slices.Clone(c.Words), next.Word)
				_, _, err := table.Match(words)
				if _, wrong := errors.AsType[*UnknownError](err); wrong && len(table.Find(words)) == 0 {
					require.Fail(t, "unknown", words)
				}
			}
		}
	}
}

func FuzzComplete(f *testing.F) {
	for _, text := range []string{"osd pool cr", "osd pool create p --autoscale-mode=o", "osd tree 7 up,in d", "osd set --", "log --x = ", "orch apply mds --"} {
		f.Add(text)
	}
	table := recordedTable(f, "tentacle")
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Split(text, " ")
		words, last := words[:len(words)-1], words[len(words)-1]
		list := table.Complete(words, last)
		for i, c := range list {
			require.True(t, strings.HasPrefix(c.Word, last))
			require.True(t, i == 0 || list[i-1].Word < c.Word)
		}
		for _, c := range table.Find(append(words, last)) {
			require.Contains(t, c.Prefix(), last)
		}
		table.Mentioning(words)
	})
}

func TestExpects(t *testing.T) {
	tests := []struct {
		arg  Arg
		want string
	}{
		{Arg{Type: "CephInt"}, "an integer"}, {Arg{Type: "CephInt", Range: []string{"0", "9"}}, "an integer from 0 to 9"},
		{Arg{Type: "CephFloat", Range: []string{"0.0"}}, "a number, 0.0 or more"}, {Arg{Type: "CephBool"}, "true or false"},
		{Arg{Type: "CephChoices", Choices: []string{"a", "b"}, List: true}, "one or more: one of a, b"}, {Arg{Type: "CephChoices", Choices: []string{"--force"}}, "--force"},
		{Arg{Type: "CephString"}, "text"}, {Arg{Type: "CephString", Goodchars: "[a-z]"}, "text of the characters a-z"},
		{Arg{Type: "CephString", Goodchars: "x+"}, "text"}, {Arg{Type: "CephOfTheFuture"}, "text"},
		{Arg{Type: "CephPoolname"}, "the name of a pool"}, {Arg{Type: "CephObjectname"}, "the name of an object"},
		{Arg{Type: "CephOsdName"}, "an OSD, such as 3 or osd.3"}, {Arg{Type: "CephName"}, "a daemon, such as osd.3 or mon.a"},
		{Arg{Type: "CephPgid"}, "a placement group, such as 1.2f"}, {Arg{Type: "CephUUID"}, "a UUID"},
		{Arg{Type: "CephIPAddr"}, "an address: IP or IP:PORT, [IPv6]:PORT"}, {Arg{Type: "CephEntityAddr"}, "an address: IP, IP:PORT or IP:PORT/NONCE"},
		{Arg{Type: "CephFilepath"}, "the path of a file"}, {Arg{Type: "CephSocketpath"}, "the path of an admin socket"},
		{Arg{Type: "CephFragment"}, "a fragment of a directory, such as 0x4/3"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, tt.arg.Expects())
	}
	fragment := &Arg{Type: "CephFragment"}
	for word, good := range map[string]bool{"0x4/3": true, "0x0/0": true, "4/3": false, "0x4": false, "0xg/1": false, "0x4/x": false, "": false} {
		_, err := fragment.parse(word)
		require.Equal(t, good, err == nil, word)
	}
}
