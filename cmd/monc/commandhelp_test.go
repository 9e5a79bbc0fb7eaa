package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// reefMons are embedded monitors with the table of commands that real ones of Reef sent, and how often it was asked for.
func reefMons(t *testing.T) (mons onMons, asked *int) {
	t.Helper()
	mons, asked = startMons(t, 1), new(int)
	text := recordedText(t, "reef")
	mons.HandleCommand("get_command_descriptions", func(montest.Command) montest.Result {
		*asked++
		return montest.Result{Output: text}
	})
	return mons, asked
}

func TestCommandHelp(t *testing.T) {
	tests := []struct{ name, words string }{
		{"one", "osd pool create"},
		{"one-with-arguments", "osd pool create foo 8"},
		{"several", "osd pool"},
		{"cut-short", "osd blo"},
		{"deprecated", "osd blacklist"},
		{"same-words", "osd crush set"},
		{"choices", "osd pool set"},
		{"mentioned", "snapshot"},
	}
	table := recordedTable(t, "reef")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, width := range []int{80, 50} {
				text, err := commandHelp(table, strings.Fields(tt.words), width)
				require.NoError(t, err)
				if width == 80 {
					golden(t, "commandhelp/"+tt.name+".txt", text)
				}
				for line := range strings.Lines(text) {
					require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), max(width, 64), line)
				}
			}
		})
	}
	t.Run("misspelt", func(t *testing.T) {
		_, err := commandHelp(table, strings.Fields("osd pool crate"), 80)
		require.ErrorIs(t, err, errInvalidCommand)
		require.EqualError(t, err, `the monitors have no command "osd pool crate"`)
		f, ok := errors.AsType[*failure](err)
		require.True(t, ok)
		require.Contains(t, f.more[1], "osd pool create")
		require.Equal(t, "monc help command osd pool create", f.try)
	})
	t.Run("every command", func(t *testing.T) {
		for _, release := range []string{"pacific", "reef", "tentacle"} {
			table := recordedTable(t, release)
			all, err := commandHelp(table, []string{""}, 80)
			require.NoError(t, err)
			for c := range table.Commands() {
				one, err := commandHelp(table, c.Words, 80)
				require.NoError(t, err)
				require.Contains(t, one, c.Prefix()+"\n")
				for _, arg := range c.Args {
					require.Contains(t, strings.ReplaceAll(one, "-", "_"), strings.ReplaceAll(arg.Name, "-", "_"))
				}
			}
			require.Greater(t, strings.Count(all, "\n"), 1000)
		}
	})
	golden(t, "commandhelp/groups.txt", commandGroups(table, 80))
}

func TestHelpAsksTheCluster(t *testing.T) {
	mons, _ := reefMons(t)
	one := mons.monc(t, "help", "command", "osd", "pool", "create")
	require.Equal(t, outcome{0, readGolden(t, "commandhelp/one.txt"), ""}, one)
	require.Equal(t, one, mons.monc(t, "command", "--help", "osd", "pool", "create"))
	require.Equal(t, one, mons.monc(t, "command", "osd", "pool", "create", "-h"))
	all := mons.monc(t, "help", "command")
	require.Zero(t, all.code)
	require.Contains(t, all.stdout, findCommand("command").helpText())
	require.Contains(t, all.stdout, readGolden(t, "commandhelp/groups.txt"))
	wrong := mons.monc(t, "help", "command", "osd", "pool", "crate")
	require.Equal(t, exitInvalidCommand, wrong.code)
	require.Contains(t, wrong.stderr, "monc: the monitors have no command \"osd pool crate\"\n  the nearest commands:\n    osd pool create <pool>")
	narrow := world{vars: map[string]string{"COLUMNS": "50"}}.run(t, "-c", mons.conf, "help", "command", "osd", "pool", "create")
	require.Greater(t, strings.Count(narrow.stdout, "\n"), strings.Count(one.stdout, "\n"))
	require.Equal(t, outcome{exitUsage, "", "monc: help: unexpected argument \"osdmap\"\n  try: monc help watch\n"}, mons.monc(t, "help", "watch", "osdmap"))
}

// TestNothingIsSentThatDoesNotFit: the cluster hears nothing of a command whose words are wrong.
func TestNothingIsSentThatDoesNotFit(t *testing.T) {
	mons, asked := reefMons(t)
	mons.HandleCommand("osd pool create", func(montest.Command) montest.Result { return montest.Fail(denc.EIO, "it was sent") })
	for _, words := range []string{"osd pool create", "osd pool create p --size x", "osd pool create p --siz 3", "osd pool crate p"} {
		got := mons.monc(t, append([]string{"command"}, strings.Fields(words)...)...)
		require.Equal(t, exitInvalidCommand, got.code, words)
		require.Contains(t, got.stderr, "osd pool create <pool> [<pg_num:int[0-]>]", words)
		require.Contains(t, got.stderr, "try: monc", words)
	}
	require.Equal(t, 4, *asked)
}

// TestManagersCommands: what the table says is the manager's goes there, and what is refused there stays refused.
func TestManagersCommands(t *testing.T) {
	mons := startMons(t, 1)
	mons.HandleMgrCommand("pool report name=pool,type=CephPoolname", func(cmd montest.Command) montest.Result {
		return montest.Result{Output: []byte("about " + cmd.String("pool") + cmd.Format), Status: "by the manager"}
	})
	mons.HandleMgrCommand("forbidden", func(montest.Command) montest.Result {
		return montest.Fail(denc.EACCES, "access denied: does your client key have mgr caps?")
	})
	require.Equal(t, outcome{0, "about data", "by the manager\n"}, mons.monc(t, "command", "pool", "report", "data"))
	require.Equal(t, outcome{0, "\nabout datajson", "by the manager\n"}, mons.monc(t, "command", "pool", "report", "data", "-f", "json"))
	require.Equal(t, outcome{13, "", "Error EACCES: access denied: does your client key have mgr caps?\n"}, mons.monc(t, "command", "forbidden"))
	require.Contains(t, mons.monc(t, "command", "pool", "report", "data", "-v").stderr, "sending command pool report to the manager\n")
	got := mons.monc(t, "command", "pool", "report")
	require.Equal(t, exitInvalidCommand, got.code)
	require.Equal(t, "monc: pool report: missing <pool>\n", got.stderr[:strings.IndexByte(got.stderr, '\n')+1])
}

// TestPolledCommands: what the table says is for polling is sent until it is refused, with a header now and then.
func TestPolledCommands(t *testing.T) {
	mons, _ := reefMons(t)
	var headers []any
	mons.HandleMgrCommand("iostat", func(cmd montest.Command) montest.Result {
		headers = append(headers, cmd.Args["print_header"])
		if len(headers) > 1 {
			return montest.Fail(denc.ENOENT, "no more")
		}
		return montest.Result{Output: fmt.Append(nil, cmd.Args["poll"], " ", cmd.Args["width"])}
	})
	require.Equal(t, outcome{2, "true 80\n", "Error ENOENT: no more\n"}, mons.monc(t, "command", "iostat"))
	require.Equal(t, []any{true, false}, headers)
}

func TestWrap(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""}, {"one two", 10, "one two"}, {"one two three", 7, "one two/ three"}, {"exactly ten", 11, "exactly ten"},
		{"longerthanwidth x", 5, "longerthanwidth/ x"}, {"a <b:one|two|three|four> c", 10, "a <b:one|/ two|three|/ four> c"},
		{"a  b\n\tc", 10, "a b c"},
	}
	for _, tt := range tests {
		require.Equal(t, strings.ReplaceAll(tt.want, "/", "\n"), wrap(tt.text, tt.width, " "), tt.text)
	}
}

// complete returns what monc offers for the last of some words.
func (m onMons) complete(t *testing.T, cache string, now time.Time, words ...string) string {
	t.Helper()
	w := world{vars: map[string]string{"XDG_CACHE_HOME": cache}, now: now}
	got := w.run(t, append([]string{completeVerb, "-c", m.conf}, words...)...)
	require.Zero(t, got.code)
	require.Empty(t, got.stderr)
	return got.stdout
}

func TestCompleteCommand(t *testing.T) {
	mons, asked := reefMons(t)
	cache, now := t.TempDir(), time.Now()
	tests := []struct{ words, want string }{
		{"command osd po", "pool\t\n"},
		{"command osd pool cr", "create\tcreate pool\n"},
		{"command osd pool create p --siz", "--size\tan integer, 0 or more\n"},
		{"command osd pool create p --autoscale-mode=o", "--autoscale-mode=off\tautoscale_mode\n--autoscale-mode=on\tautoscale_mode\n"},
		{"command osd pool create p --autoscale-mode = o", "--autoscale-mode=off\tautoscale_mode\n--autoscale-mode=on\tautoscale_mode\n"},
		{"-f json command osd tree up --verbose ou", "out\tstates\n"},
		{"help command osd pool cr", "create\tcreate pool\n"},
		{"help command osd pool create p --siz", ""},
		{"command nonsense ", ""}, {"status ", ""}, {"help osd", ""}, {"", ""},
		{"command --format", ""},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, mons.complete(t, cache, now, strings.Split(tt.words, " ")...), tt.words)
	}
	require.Equal(t, 1, *asked, "the table is kept")
	require.Empty(t, world{}.run(t, completeVerb).stdout)

	require.NotEmpty(t, mons.complete(t, cache, now.Add(2*tableAge), "command", "osd", "po"))
	require.Equal(t, 2, *asked, "and asked for again when it is old")

	for _, mon := range mons.Mons() {
		mon.Kill()
	}
	later := now.Add(4 * tableAge)
	require.NotEmpty(t, mons.complete(t, cache, later, "command", "osd", "po"), "the old one is better than none")
	require.NotEmpty(t, mons.complete(t, cache, later, "command", "osd", "po"))
	require.Empty(t, mons.complete(t, t.TempDir(), later, "command", "osd", "po"), "without one")
	require.Empty(t, mons.complete(t, "/dev/null", later, "command", "osd", "po"), "without a place for one")
}
