package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrongCommandLines(t *testing.T) {
	tests := []struct {
		name string
		args string
		msg  string
		try  string // empty: none
	}{
		{"nothing", "", "no command given", "monc help, or monc status"},
		{"only options", "-f json", "no command given", "monc help, or monc status"},
		{"misspelt command", "stats", `unknown command "stats"`, "monc status, or monc help, or monc command stats … if it is the monitors' command"},
		{"the monitors' command", "osd tree", `unknown command "osd"`, "monc help, or monc command osd … if it is the monitors' command"},
		{"misspelt option before the command", "--formt json status", "unknown option --formt", "--format, or monc help"},
		{"misspelt option after it", "status --keyrin x", "unknown option --keyrin", "--keyring, or monc help status"},
		{"misspelt option of ceph.conf", "status --mon-hosts=x", "unknown option --mon-hosts", "--mon-host, or monc help status"},
		{"unknown short option", "status -x", "unknown option -x", "monc help status"},
		{"another command's option", "status --count 3", "--count goes with monc watch", "monc help watch"},
		{"its option before the command", "--count 3 watch osdmap", "--count goes with monc watch", "monc help watch"},
		{"option without value", "status --format", "--format needs a value: --format FORMAT", "monc help"},
		{"flag with a value", "status --verbose=yes", "--verbose takes no value", "monc help"},
		{"format", "-f yml status", `--format: "yml" is none of plain, json, json-pretty, xml, xml-pretty, yaml`, ""},
		{"time", "--connect-timeout soon status", `--connect-timeout: "soon" is no time: write seconds, or 500ms, 10s, 2m`, ""},
		{"negative time", "--timeout -1 status", `--timeout: "-1" is no time: write seconds, or 500ms, 10s, 2m`, ""},
		{"endless time", "--timeout 1e300 status", `--timeout: "1e300" is no time: write seconds, or 500ms, 10s, 2m`, ""},
		{"count", "watch --count 0 osdmap", `--count: "0" is no number from 1 on`, ""},
		{"epoch", "watch --from x osdmap", `--from: "x" is no number from 0 on`, ""},
		{"value of an option of ceph.conf", "--fsid 12 status", `fsid (command line --fsid): invalid value "12": not a UUID`, "monc help"},
		{"surplus argument", "status now", `status: unexpected argument "now"`, "monc help status"},
		{"surplus argument behind --", "get-version osdmap -- monmap", `get-version: unexpected argument "monmap"`, "monc help get-version"},
		{"command without words", "command", "command: missing ARG...", "monc command osd tree, or monc help command"},
		{"watch without maps", "watch", "watch: missing WHAT...", "monc watch osdmap"},
		{"watch an unknown map", "watch osdmp", `watch: "osdmp" is none of monmap, osdmap, mgrmap, fsmap, fsmap.user, servicemap, config, log-debug, log-info, log-sec, log-warn, log-error, kv:PREFIX; did you mean osdmap?`, "monc watch osdmap"},
		{"watch in xml", "watch osdmap -f xml", "watch: --format xml: it knows plain, json, json-pretty", ""},
		{"get-version of an unknown map", "get-version mgrmap", `get-version: "mgrmap" is none of osdmap, monmap, fsmap, mdsmap`, "monc get-version osdmap"},
		{"binary map with format", "monmap -f json --out x", "monmap: --out writes the binary map, it does not go with --format", "monc monmap -f json > FILE"},
		{"unknown shell", "completion tcsh", `completion: "tcsh" is none of bash, zsh, fish`, "monc completion bash"},
		{"help of nothing", "help wach", `unknown command "wach"`, "monc watch, or monc help, or monc command wach … if it is the monitors' command"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := "monc: " + tt.msg + "\n"
			if tt.try != "" {
				want += "  try: " + tt.try + "\n"
			}
			got := world{}.run(t, strings.Fields(tt.args)...)
			require.Equal(t, outcome{exitUsage, "", want}, got)
		})
	}
}

func TestBinaryMapIsNotWrittenToATerminal(t *testing.T) {
	got := world{terminal: true}.run(t, "monmap", "--out", "-")
	require.Equal(t, exitUsage, got.code)
	require.Equal(t, "monc: monmap: not writing the binary map to a terminal\n  try: monc monmap --out FILE\n", got.stderr)
}

func TestHelp(t *testing.T) {
	overall := world{}.run(t, "help")
	require.Zero(t, overall.code)
	golden(t, "help/monc.txt", overall.stdout)
	for _, spelling := range []string{"--help", "-h", "-f json --help"} {
		require.Equal(t, overall, world{}.run(t, strings.Fields(spelling)...), spelling)
	}
	for _, name := range commandNames() {
		t.Run(name, func(t *testing.T) {
			got := world{}.run(t, "help", name)
			require.Zero(t, got.code)
			require.Empty(t, got.stderr)
			golden(t, "help/"+name+".txt", got.stdout)
			require.Equal(t, got, world{}.run(t, name, "--help"))
			require.Equal(t, got, world{}.run(t, "-h", name))
			for line := range strings.Lines(got.stdout) {
				require.LessOrEqual(t, len([]rune(line)), 100, line)
			}
		})
	}
}

// TestExamples: what the help tells people to type is accepted, up to the point where a monitor is needed.
func TestExamples(t *testing.T) {
	for _, c := range commands {
		require.NotEmpty(t, c.examples, c.name)
		for _, e := range c.examples {
			t.Run(e.line, func(t *testing.T) {
				line, _, _ := strings.Cut(e.line, " && ")
				line, _, _ = strings.Cut(line, " > ")
				line = strings.TrimSuffix(strings.TrimPrefix(line, "source <("), ")")
				var o options
				words := strings.Fields(line)
				require.Equal(t, "monc", words[0])
				rest, err := parseGlobal(&o, words[1:])
				require.NoError(t, err)
				i := 0
				for rest[i] != c.name {
					i++
				}
				words, err = c.parse(&o, rest[i+1:])
				require.NoError(t, err)
				require.NoError(t, c.checkWords(words))
			})
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range []string{"version", "--version", "--version status"} {
		got := world{}.run(t, strings.Fields(args)...)
		require.Zero(t, got.code)
		require.Regexp(t, `^monc \S+( [0-9a-f]+)?, for Ceph 16\.2 to 20\.2\n$`, got.stdout)
	}
}

func TestOptionsWhereverTheyStand(t *testing.T) {
	tests := []struct {
		name, args string
		conf       string // what is left for cephconf and as words
		check      func(t *testing.T, o options)
	}{
		{"before and after", "-f json status -v", "status", func(t *testing.T, o options) {
			require.Equal(t, "json", o.format)
			require.True(t, o.verbose)
		}},
		{"glued", "-fjson -mhost -n=client.x status", "--mon-host host --name client.x status", func(t *testing.T, o options) {
			require.Equal(t, "json", o.format)
		}},
		{"underscores", "--connect_timeout=1.5 status", "status", func(t *testing.T, o options) {
			require.Equal(t, "1.5s", o.connectTimeout.String())
		}},
		{"minutes", "--timeout 2m status", "status", func(t *testing.T, o options) { require.Equal(t, "2m0s", o.timeout.String()) }},
		{"no limit", "--timeout 0 status", "status", func(t *testing.T, o options) { require.Equal(t, "0s", o.timeout.String()) }},
		{"values that look like options", "--keyring -v --log-file -f status --no-ms-crc-data -f xml", "--keyring -v --log-file -f status --no-ms-crc-data", func(t *testing.T, o options) {
			require.False(t, o.verbose)
			require.Equal(t, "xml", o.format)
		}},
		{"user", "--user x --cluster c status", "--id x --cluster c status", nil},
		{"behind --", "status -- -f json", "status -- -f json", func(t *testing.T, o options) { require.Empty(t, o.format) }},
		{"negative numbers are words", "command osd reweight -1", "command osd reweight -1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o options
			rest, err := parseGlobal(&o, strings.Fields(tt.args))
			require.NoError(t, err)
			require.Equal(t, tt.conf, strings.Join(rest, " "))
			if tt.check != nil {
				tt.check(t, o)
			}
		})
	}
}

func TestOptionsFromCephArgs(t *testing.T) {
	w := world{vars: map[string]string{"CEPH_ARGS": "--keyring /k --format json --connect-timeout=5 --timeout"}}
	a := &app{env: w.env(io.Discard, io.Discard)}
	require.NoError(t, a.fromEnvironment())
	require.Equal(t, "json", a.format)
	require.Equal(t, "5s", a.connectTimeout.String())
	require.Nil(t, a.timeout)

	got := world{vars: map[string]string{"CEPH_ARGS": "-f yml"}}.run(t, "status")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.stderr, `monc: CEPH_ARGS: --format: "yml" is none of`)
}

func TestClosedOutputEndsQuietly(t *testing.T) {
	r, w := io.Pipe()
	require.NoError(t, r.Close())
	require.Equal(t, outcome{}, world{stdout: w}.run(t, "help"))
}

func TestMissingInputFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crush.bin")
	got := world{}.run(t, "command", "osd", "setcrushmap", "--in", path)
	require.Equal(t, outcome{exitFailure, "", fmt.Sprintf(
		"monc: --in: open %s: no such file or directory\n  try: the name of a file that you may read, or - for standard input\n", path)}, got)
}

func TestReadInput(t *testing.T) {
	a := &app{env: world{stdin: "from stdin"}.env(io.Discard, io.Discard)}
	b, err := a.readInput()
	require.NoError(t, err)
	require.Nil(t, b)
	a.in = "-"
	b, err = a.readInput()
	require.NoError(t, err)
	require.Equal(t, "from stdin", string(b))
	a.in = writeFile(t, "in", "from a file")
	b, err = a.readInput()
	require.NoError(t, err)
	require.Equal(t, "from a file", string(b))
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := world{}.runContext(ctx, "-m", "127.0.0.1:1", "--key", "AQBdSRJjAAAAABAA8Uv8lVKJ0rYQ2nLYbQzP8w==", "status")
	require.Equal(t, outcome{exitInterrupted, "", "monc: interrupted\n"}, got)
}
