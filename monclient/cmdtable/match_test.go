package cmdtable

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
		{"the command that takes more", "reef", "orch apply mds fs1", "orch apply mds", `{"fs_name":"fs1"}`},
		{"a boolean and its value", "reef", "osd test-reweight-by-utilization --no-increasing FALSE", "osd test-reweight-by-utilization", `{"no_increasing":false}`},
		{"a confirmation that is text", "pacific", "mgr module enable m --force", "mgr module enable", `{"module":"m","force":"--force"}`},
		{"options of a daemon", "reef", "injectargs --debug-mon 5", "injectargs", `{"injected_args":["--debug-mon","5"]}`},
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
			cmd, args, err := recordedTable(t, tt.release).Match(strings.Fields(tt.words))
			if tt.prefix == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.prefix, cmd.Prefix())
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
		{"a list of another command", "log last word", `log last: channel: "word" is none of *, cluster, audit, cephadm`},
		{"an argument of another command", "osd crush set 3", "osd crush set: missing <weight:float[0.0-]>"},
		{"by place and by name", "osd pool create p --pool q", "osd pool create: pool is given twice: as p, and as --pool"},
		{"surplus", "mon stat now", `mon stat: unexpected argument "now"`},
		{"unknown name", "osd pool create p --sizee 3", `osd pool create: unexpected argument "--sizee"; did you mean --size?`},
		{"name without value", "osd pool create p --size", "osd pool create: --size needs a value: an integer, 0 or more"},
		{"boolean", "osd pool create p --bulk=maybe", `osd pool create: bulk: "maybe" is neither true nor false`},
		{"unknown command", "osd tre", `the monitors have no command "osd tre"`},
		{"cut short", "orch daemon add os", `the monitors have no command "orch daemon add os"`},
		{"obsolete", "osd crush create-or-movee", `the monitors have no command "osd crush create-or-movee"`},
	}
	table := recordedTable(t, "reef")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			words := strings.Fields(tt.words)
			cmd, args, err := table.Match(words)
			require.EqualError(t, err, tt.want)
			require.Nil(t, cmd)
			require.Nil(t, args)
			if unknown, ok := errors.AsType[*UnknownError](err); ok {
				require.Equal(t, words, unknown.Words)
				return
			}
			usage, ok := errors.AsType[*UsageError](err)
			require.True(t, ok)
			require.Equal(t, words[:len(usage.Command.Words)], usage.Command.Words)
			require.Equal(t, tt.want, usage.Command.Prefix()+": "+errors.Unwrap(err).Error())
		})
	}
}

func TestSimilar(t *testing.T) {
	tests := []struct{ words, first string }{
		{"osd tre", "osd tree"}, {"stauts", "status"}, {"osd pool crate", "osd pool create"}, {"ost tree", "osd tree"},
		{"mon dmup", "mon dump"},
	}
	table := recordedTable(t, "tentacle")
	for _, tt := range tests {
		near := table.Similar(strings.Fields(tt.words))
		require.NotEmpty(t, near, tt.words)
		require.LessOrEqual(t, len(near), maxSimilar)
		require.Equal(t, tt.first, near[0].Prefix(), tt.words)
	}
	require.Empty(t, table.Similar([]string{"xyzzyxyzzy"}))
	require.Empty(t, table.Similar(nil))

	_, _, err := table.Match(strings.Fields("osd tre"))
	unknown, ok := errors.AsType[*UnknownError](err)
	require.True(t, ok)
	require.Equal(t, table.Similar(strings.Fields("osd tre")), unknown.Near)
}

func TestMatchNothing(t *testing.T) {
	var none *Table
	for _, table := range []*Table{none, {}} {
		for _, words := range [][]string{nil, {}, {""}, {"osd", "tree"}} {
			_, _, err := table.Match(words)
			unknown, ok := errors.AsType[*UnknownError](err)
			require.True(t, ok)
			require.Empty(t, unknown.Near)
		}
		require.Zero(t, table.Len())
		for range table.Commands() {
			require.Fail(t, "a command of an empty table")
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, words := range []string{"osd tree up", "osd pool create p --size 2", "osd reweight 1 0.5", "mon add a [::1]:3300", "pg map 1.2", "--", "osd blocklist add 1.2.3.4:0/5", "osd new 5f5d0a55-1f8a-4a76-a8b0-9d62b8a4f8ab 3"} {
		f.Add(words)
	}
	table := recordedTable(f, "tentacle")
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Fields(text)
		cmd, args, err := table.Match(words)
		if err != nil {
			require.NotEmpty(t, err.Error())
			_, unknown := errors.AsType[*UnknownError](err)
			_, usage := errors.AsType[*UsageError](err)
			require.NotEqual(t, unknown, usage, "%T", err)
			return
		}
		require.Equal(t, cmd.Words, words[:len(cmd.Words)])
		_, err = json.Marshal(args)
		require.NoError(t, err)
	})
}
