package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// onMons runs monc on embedded monitors.
type onMons struct {
	*montest.Cluster
	conf string
}

func startMons(t *testing.T, n int) onMons {
	t.Helper()
	c := montest.Start(t, montest.Options{Mons: n, Mgrs: 2, TCP: true})
	conf, err := c.WriteConf(t.TempDir())
	require.NoError(t, err)
	return onMons{c, conf}
}

func (m onMons) monc(t *testing.T, args ...string) outcome {
	t.Helper()
	return world{}.run(t, append([]string{"-c", m.conf}, args...)...)
}

func TestTell(t *testing.T) {
	mons := startMons(t, 3)
	mons.HandleCommand("who name=greeting,type=CephString,req=false", func(cmd montest.Command) montest.Result {
		return montest.Result{Output: []byte(cmd.String("greeting") + "I am " + cmd.Mon + cmd.Format + "\n"), Status: "said"}
	})
	tests := []struct {
		name string
		args string
		want outcome
	}{
		{"by name", "tell mon.b who", outcome{0, "I am b\n", "said\n"}},
		{"by rank", "tell mon.2 who hello,", outcome{0, "hello,I am c\n", "said\n"}},
		{"each", "tell mon.* who", outcome{0, "mon.a: I am a\nmon.b: I am b\nmon.c: I am c\n", "mon.a: said\nmon.b: said\nmon.c: said\n"}},
		{"format", "tell mon.a who -f json", outcome{0, "\nI am ajson\n", "said\n"}},
		{"JSON", `tell mon.a {"prefix":"who"}`, outcome{0, "I am a\n", "said\n"}},
		{"unknown monitor", "tell mon.x who", outcome{2, "", "monc: no such monitor: mon.x: monmap 1 has a, b, c\n  try: monc monmap lists the monitors\n"}},
		{"no target", "tell", outcome{2, "", "monc: tell: missing TARGET\n  try: monc tell mon.a version, or monc help tell\n"}},
		{"no command", "tell mon.a", outcome{2, "", "monc: tell: missing ARG...\n  try: monc tell mon.a version, or monc help tell\n"}},
		{"wrong target", "tell osd.0 version", outcome{2, "", "monc: tell: \"osd.0\" is no target: mon.NAME, mon.RANK, mon.*, mgr, mgr.NAME or mgr.*\n  try: monc tell mon.a version, or monc help tell\n"}},
		{"refused", `tell mon.b {"prefix":"nope"}`, outcome{22, "", "Error EINVAL: unknown command prefix nope\n"}},
		{"refused by each", `tell mon.* {"prefix":"nope"}`, outcome{22, "", "mon.a: Error EINVAL: unknown command prefix nope\nmon.b: Error EINVAL: unknown command prefix nope\nmon.c: Error EINVAL: unknown command prefix nope\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, mons.monc(t, strings.Fields(tt.args)...))
		})
	}
	t.Run("wrong words", func(t *testing.T) {
		got := mons.monc(t, "tell", "mon.a", "whoo")
		require.Equal(t, exitInvalidCommand, got.code)
		require.Contains(t, got.stderr, "try: monc tell mon.a who")
		require.NotContains(t, got.stderr, "monc command")
	})
	t.Run("dead monitor", func(t *testing.T) {
		mons.Mon("b").Kill()
		got := mons.monc(t, "tell", "mon.b", "who")
		require.Equal(t, 6, got.code)
		require.Contains(t, got.stderr, "monc: monitor unavailable: mon.b: ")
		require.Contains(t, got.stderr, "try: monc ping mon.b")
		got = mons.monc(t, "tell", "mon.*", "who")
		require.Equal(t, 6, got.code)
		require.Equal(t, "mon.a: I am a\nmon.c: I am c\n", got.stdout)
	})
}

func TestPing(t *testing.T) {
	mons := startMons(t, 3)
	got := mons.monc(t, "ping", "mon.b")
	require.Zero(t, got.code, got.stderr)
	var pong map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &pong))
	require.Contains(t, pong, "mon_status")

	for args, code := range map[string]int{"ping a": exitUsage, "ping mon.": exitUsage, "ping": exitUsage, "ping mon.a mon.b": exitUsage, "ping mon.a -f xml": exitUsage, "ping mon.x": 2} {
		got := mons.monc(t, strings.Fields(args)...)
		require.Equal(t, code, got.code, "%s: %s", args, got.stderr)
		require.Empty(t, got.stdout)
	}

	mons.Mon("c").Kill()
	got = mons.monc(t, "ping", "mon.*")
	require.Equal(t, 111, got.code) // ECONNREFUSED
	for _, name := range []string{"mon.a\n{", "mon.b\n{", "mon.c\nError connecting to monitor: "} {
		require.Contains(t, got.stdout, name)
	}
	require.Contains(t, got.stderr, "connection refused")

	got = mons.monc(t, "ping", "mon.*", "-f", "json")
	require.Equal(t, 111, got.code)
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	require.Len(t, lines, 3)
	var line struct {
		Mon   string
		Reply map[string]any
		Alive *bool
		Error string
	}
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &line))
	require.Equal(t, "a", line.Mon)
	require.Contains(t, line.Reply, "mon_status")
	require.NoError(t, json.Unmarshal([]byte(lines[2]), &line))
	require.NotNil(t, line.Alive)
	require.False(t, *line.Alive)
	require.NotEmpty(t, line.Error)
}

func TestPingWithAWrongKey(t *testing.T) {
	mons := startMons(t, 1)
	_, err := mons.RotateKey("client.admin")
	require.NoError(t, err)
	got := mons.monc(t, "ping", "mon.*")
	require.Equal(t, exitDenied, got.code)
	require.Contains(t, got.stderr, "is alive")
	require.Contains(t, got.stderr, "compare the key")
}

func TestTellManager(t *testing.T) {
	mons := startMons(t, 1)
	for _, target := range []string{"mgr", "mgr.*", "mgr.x"} {
		got := mons.monc(t, "tell", target, "version")
		require.Zero(t, got.code, got.stderr)
		require.Contains(t, got.stdout, "version")
	}
	require.Equal(t, 6, mons.monc(t, "tell", "mgr.y", "version").code, "it is a standby")
}
