package cmdtable

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadOnly(t *testing.T) {
	tests := []struct {
		prefix string
		perms  []string // of its commands
		want   bool
	}{
		{"r", []string{"r"}, true}, {"rr", []string{"rr"}, true}, {"none", []string{""}, false}, {"w", []string{"w"}, false},
		{"rw", []string{"rw"}, false}, {"rx", []string{"rx"}, false}, {"x", []string{"x"}, false}, {"rwx", []string{"rwx"}, false},
		{"star", []string{"*"}, false}, {"r star", []string{"r*"}, false}, {"capital", []string{"R"}, false},
		{"all read", []string{"r", "r"}, true}, {"one writes", []string{"r", "rw"}, false}, {"the first writes", []string{"w", "r", "r"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.prefix, func(t *testing.T) {
			var commands []string
			for i, perm := range tt.perms {
				commands = append(commands, fmt.Sprintf(`"cmd%d": {"sig": ["%s", {"name": "a%d", "type": "CephInt"}], "perm": "%s"}`, i, strings.ReplaceAll(tt.prefix, " ", `", "`), i, perm))
			}
			table, err := Parse([]byte("{" + strings.Join(commands, ",") + "}"))
			require.NoError(t, err)
			require.Equal(t, tt.want, table.ReadOnly(tt.prefix))
			for _, other := range []string{"", tt.prefix + " ", " " + tt.prefix, tt.prefix[1:], tt.prefix + " a0", strings.ToUpper(tt.prefix)} {
				require.False(t, table.ReadOnly(other), other)
			}
		})
	}
	t.Run("perm left out", func(t *testing.T) {
		table, err := Parse([]byte(`{"cmd000": {"sig": ["status"]}}`))
		require.NoError(t, err)
		require.False(t, table.ReadOnly("status"))
	})
	t.Run("obsolete commands count", func(t *testing.T) {
		table, err := Parse([]byte(`{"cmd000": {"sig": ["a"], "perm": "r"}, "cmd001": {"sig": ["a"], "perm": "rw", "flags": 2}}`))
		require.NoError(t, err)
		require.False(t, table.ReadOnly("a"))
	})
	var none *Table
	require.False(t, none.ReadOnly("status"))
	require.False(t, new(Table).ReadOnly("status"))
}

func TestReadOnlyOfReleases(t *testing.T) {
	reads := []string{
		"status", "health", "df", "versions", "osd tree", "osd dump", "osd ls", "osd find", "osd pool ls", "osd pool get", "mon dump", "mon stat",
		"mgr dump", "fs dump", "fs ls", "config get", "config dump", "config-key get", "osd crush dump", "log last",
		"osd blocklist ls", "mds metadata", "quorum_status", "mon_status", "version", "report",
	}
	changes := []string{
		"log", "osd set", "osd out", "osd pool create", "osd pool delete", "osd reweight", "osd blocklist", "osd crush set", "config set", "config rm",
		"config-key set", "mon add", "mon rm", "fs new", "auth add", "auth get-or-create", "auth get-or-create-key", "auth get", "auth ls", "auth export",
		"auth print-key", "health mute", "mgr fail", "mds fail", "pg repair", "balancer on", "orch apply", "tell",
		// What a module of the manager does, whether it changes something or not.
		"alerts send", "balancer execute", "device scrape-health-metrics", "fs clone cancel", "telemetry enable channel", "pg dump", "osd df", "balancer status",
		// What is in no table.
		"", "osd", "osd  tree", "osd tree ", "no such command", "get_command_descriptions",
	}
	for _, release := range releases {
		table := recordedTable(t, release)
		for _, prefix := range reads {
			require.True(t, table.ReadOnly(prefix), "%s: %s", release, prefix)
		}
		for _, prefix := range changes {
			require.False(t, table.ReadOnly(prefix), "%s: %s", release, prefix)
		}
		for c := range table.Commands() {
			if strings.ContainsAny(c.Perm, "wx") {
				require.False(t, table.ReadOnly(c.Prefix()), "%s: %s", release, c)
			}
		}
	}
}
