package words

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// judge has the release's own ceph_argparse read command lines, a JSON array a line, and prints what it makes of each: the
// command as the ceph tool would send it, or null where it refuses. Its first argument is the directory of that module,
// the second the table of commands.
//
// Of the table it is given only the commands that could be meant, which takes a small part of the time: those that have the
// first two words, or no other ones.
const judge = `
import copy, io, json, sys
sys.path.insert(0, sys.argv[1])
import ceph_argparse
table = ceph_argparse.parse_json_funcsigs(open(sys.argv[2]).read(), 'cli')
sys.stderr = io.StringIO()
fixed = {k: [str(d.instance) for d in c['sig'] if d.t is ceph_argparse.CephPrefix] for k, c in table.items()}

def common(words, mine):
    n = 0
    for word, own in zip(words, mine):
        if word != own and not (n + 1 == len(words) and own.startswith(word)):
            break
        n += 1
    return n

for line in sys.stdin:
    words = json.loads(line)
    same = {k: common(words, mine) for k, mine in fixed.items()}
    least = min(2, max(same.values()))
    some = {k: c for k, c in table.items() if same[k] >= least or same[k] == len(fixed[k])}
    try:
        made = ceph_argparse.validate_command(some, words)
        if made.get('target') == ('mon-mgr', ''):
            del made['target']  # for the ceph tool itself: who is asked
        made.pop('poll', None)  # so is this: how often
    except Exception:
        made = None
    print(json.dumps(made or None))
`

// TestCommandWords compares what this module and the ceph tool of each release make of command lines: of every command
// in the release's table, in many ways, right and wrong.
func TestCommandWords(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			t.Parallel()
			realceph.Require(t, rel)
			text := recordedTable(t, rel)
			table, err := cmdtable.Parse(text)
			require.NoError(t, err)
			var lines [][]string
			for _, line := range typed {
				lines = append(lines, strings.Fields(line))
			}
			for c := range table.Commands() {
				for _, words := range linesOf(c) {
					if taken(words) {
						lines = append(lines, words)
					}
				}
			}
			theirs := judged(t, rel, text, lines)
			refused, more := 0, 0
			for i, words := range lines {
				ours := "null"
				cmd, args, err := table.Match(words)
				if err == nil {
					args["prefix"] = cmd.Prefix()
					b, err := json.Marshal(args)
					require.NoError(t, err)
					ours = canonical(t, b)
				}
				if theirs[i] == "null" {
					refused++
				}
				named := slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") })
				if named && theirs[i] == "null" && ours != "null" {
					more++ // the ceph tool takes names of arguments for values when it looks for the command that is meant
					continue
				}
				if ours != theirs[i] {
					t.Errorf("%q\n  ceph: %s\n  monc: %s %v", words, theirs[i], ours, err)
				}
			}
			t.Logf("%d command lines, of which ceph refuses %d, and we take %d of those", len(lines), refused, more)
			require.Less(t, more, len(lines)/100)
		})
	}
}

// typed are command lines of all releases that people type, rightly and wrongly.
var typed = []string{
	"status", "statu", "osd", "osd tree", "osd tree up in", "osd tree 7 up,in", "osd dump 4", "osd dump now", "osd pool create foo 8",
	"osd pool create foo 8 8 replicated --size 2", "osd pool create --size=2 foo", "osd pool create foo --bogus 1", "osd pool create",
	"osd pool delete p p --yes-i-really-really-mean-it", "osd pool rm p", "osd pool set p size 3", "osd pool set p siz 3",
	"osd pool get noautoscale", "osd pool get noautoscale size", "osd out 1 osd.2 3", "osd out", "osd reweight osd.3 .25", "osd reweight 3 1.5",
	"osd set noout", "osd set nooutt", "osd crush set", "osd crush set 3", "osd crush set osd.0 1.0 root=default host=h", "osd crush set 0 x",
	"osd blocklist add 10.0.0.1:0/123", "osd blocklist add 10.0.0.1:0/123 60", "osd blocklist ls", "osd blocklist add nowhere",
	"log a,b c", "log last", "log last 5", "log last 5 info cluster", "log last word", "config set osd debug_osd 5/5", "config set osd",
	"config-key set a b", "auth get-or-create client.x mon allow osd allow", "auth get-or-create", "mgr module enable m --force",
	"pg 1.2f query", "pg map 1.2f", "pg map 12", "health detail", "health details", "mon add d 10.0.0.1", "orch apply iscsi p",
	"osd test-reweight-by-utilization --no-increasing FALSE", "injectargs --debug-mon 5", "injectargs", "fs new a b c --force", "fs new a b",
	"device light on dev --force", "osd new 5f5d0a55-1f8a-4a76-a8b0-9d62b8a4f8ab 3", "osd new 5f5d 3", "nonsense", "osd nonsense now",
}

// oneOf is how many lines there are for one that is tried: all of them take minutes.
const oneOf = 80

// taken picks some lines, always the same.
func taken(words []string) bool {
	h := fnv.New32a()
	for _, w := range words {
		_, _ = io.WriteString(h, w+"\x00")
	}
	return h.Sum32()%oneOf == 0
}

// recordedTable returns the table of commands that a monitor of the release has sent.
func recordedTable(t *testing.T, rel realceph.Release) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "monclient", "cmdtable", "testdata", string(rel)+".json.gz"))
	require.NoError(t, err)
	defer f.Close()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}

// judged returns what the release's ceph_argparse makes of lines.
func judged(t *testing.T, rel realceph.Release, table []byte, lines [][]string) []string {
	t.Helper()
	tree, err := rel.Tree()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "table.json")
	require.NoError(t, os.WriteFile(file, table, 0o600))
	var input bytes.Buffer
	for _, words := range lines {
		b, err := json.Marshal(words)
		require.NoError(t, err)
		input.Write(append(b, '\n'))
	}
	cmd, err := rel.Command(t.Context(), "python3", "-c", judge, filepath.Join(tree, "usr/lib/python3/dist-packages"), file)
	require.NoError(t, err)
	cmd.Stdin, cmd.Stderr = &input, os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var verdicts []string
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		verdicts = append(verdicts, canonical(t, s.Bytes()))
	}
	require.Len(t, verdicts, len(lines))
	return verdicts
}

// canonical writes JSON in one way only. Numbers stay as they are: monitors tell 1 from 1.0.
func canonical(t *testing.T, b []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), string(b))
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// linesOf returns command lines about a command: as few arguments as it needs and as many as it takes, by name and by
// place, one too few and one too many, and values that are wrong.
//
// Names of optional arguments stand in front: the ceph tool knows no name any more once its place has been passed.
func linesOf(c *cmdtable.Command) [][]string {
	line := func(words ...string) []string { return slices.Concat(c.Words, words) }
	var needed, all, named, equals, optional []string
	for _, a := range c.Args {
		values := wordsFor(a)
		first, second := values[0], values[1%len(values)]
		name := "--" + strings.ReplaceAll(a.Name, "_", "-")
		if a.Required {
			needed = append(needed, first)
		} else {
			optional = append(optional, name+"="+first)
		}
		if a.Positional {
			all = append(all, first)
		}
		if a.List && a.Positional {
			all = append(all, second)
		}
		equals = append(equals, "--"+a.Name+"="+second)
		if a.Type == "CephBool" || (a.Type == "CephChoices" && a.Choices[0] == name) {
			named = append(named, name)
		} else {
			named = append(named, name, first)
		}
	}
	lines := [][]string{line(needed...), line(all...), line(named...), line(equals...), line(append(optional, needed...)...),
		line(append(slices.Clone(all), "surplus")...), line(append([]string{"--surplus"}, needed...)...)}
	if n := len(c.Words); n > 1 { // its last word is not whole, and misspelt
		cut := line(needed...)
		cut[n-1] = cut[n-1][:len(cut[n-1])-1]
		more := line(needed...)
		more[n-1] += "x"
		lines = append(lines, cut, more)
	}
	for i, a := range c.Args {
		for _, value := range append(wordsFor(a), wrongFor(a)...) {
			if !a.Required && value != "" { // which the ceph tool takes for no value
				lines = append(lines, line(append([]string{"--" + a.Name + "=" + value}, needed...)...))
			} else if a.Required && slices.IndexFunc(c.Args[:i], func(a *cmdtable.Arg) bool { return !a.Required }) < 0 {
				words := slices.Clone(needed)
				words[i] = value
				lines = append(lines, line(words...), line(words[:i]...), line(append(words[:i:i], "--"+a.Name, value)...))
			}
		}
	}
	return lines
}

// wordsFor returns words that an argument may be.
func wordsFor(a *cmdtable.Arg) []string {
	switch a.Type {
	case "CephInt":
		return []string{"8", "0x10", "+7", "0b11", "0o17", "1_000", "00"}
	case "CephFloat":
		return []string{"1", "0.5", ".25", "1e-3", "1."}
	case "CephBool":
		return []string{"true", "0", "FALSE", "1"}
	case "CephChoices":
		return []string{a.Choices[0], a.Choices[len(a.Choices)-1]}
	case "CephOsdName":
		return []string{"3", "osd.12", "*"}
	case "CephName":
		return []string{"osd.1", "client.x.y", "mon", "mds.*", "*"}
	case "CephPgid":
		return []string{"1.2f", "0.0"}
	case "CephUUID":
		return []string{"5f5d0a55-1f8a-4a76-a8b0-9d62b8a4f8ab", "{5f5d0a551f8a4a76a8b09d62b8a4f8ab}"}
	case "CephIPAddr", "CephEntityAddr":
		return []string{"10.0.0.1:6789", "10.0.0.1", "::1", "[::1]:6789"}
	case "CephString":
		if a.Goodchars != "" {
			return []string{"a_b", "X9"}
		}
	}
	return []string{"word", "a b,c=d", "word/[x]:1"}
}

// wrongFor returns words that an argument is not.
func wrongFor(a *cmdtable.Arg) []string {
	wrong := []string{"", "a/b $"}
	switch a.Type {
	case "CephInt":
		return append(wrong, "-1", "010", "1.5", "99999", "0x", "_1")
	case "CephFloat":
		return append(wrong, "-0.1", "1.01", "0x1p4", "1,5")
	case "CephBool":
		return append(wrong, "yes")
	case "CephOsdName":
		return append(wrong, "osd.", "osd.x", "mon.1", "-1")
	case "CephName":
		return append(wrong, "osd", "osd.x", "pool.a")
	case "CephPgid":
		return append(wrong, "1", "x.1", "1.g", "-1.0")
	case "CephUUID":
		return append(wrong, "5f5d0a55", "5f5d0a55-1f8a-4a76-a8b0-9d62b8a4f8ag")
	case "CephIPAddr", "CephEntityAddr":
		return append(wrong, "10.0.0", "host", "10.0.0.1:99999", "[::1")
	}
	return wrong
}
