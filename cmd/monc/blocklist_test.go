package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBlocklist(t *testing.T) {
	mons := startMons(t, 1)
	require.Equal(t, outcome{0, "", ""}, mons.monc(t, "blocklist", "ls"))
	require.Equal(t, outcome{0, "", ""}, mons.monc(t, "blocklist", "add", "10.0.0.9:0/77", "10m"))
	require.Equal(t, outcome{0, "", ""}, mons.monc(t, "blocklist", "add", "10.0.0.10"))
	got := mons.monc(t, "blocklist", "ls")
	require.Regexp(t, `^10\.0\.0\.10:0/0 \d{4}-\S+\n10\.0\.0\.9:0/77 \d{4}-\S+\n$`, got.stdout)
	got = mons.monc(t, "blocklist", "ls", "-f", "json")
	var list []struct{ Addr, Until string }
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &list))
	require.Len(t, list, 2)
	require.Equal(t, outcome{0, "", ""}, mons.monc(t, "blocklist", "rm", "10.0.0.9:0/77"))
	require.NotContains(t, mons.monc(t, "blocklist", "ls").stdout, "/77")

	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"blocklist", "clear"}, exitUsage, `"clear" is none of ls, add, rm`},
		{[]string{"blocklist", "ls", "x"}, exitUsage, `unexpected argument "x"`},
		{[]string{"blocklist", "add"}, exitUsage, "missing ADDR"},
		{[]string{"blocklist", "rm"}, exitUsage, "missing ADDR"},
		{[]string{"blocklist", "rm", "10.0.0.9", "1h"}, exitUsage, `unexpected argument "1h"`},
		{[]string{"blocklist", "add", "10.0.0.9", "soon"}, exitUsage, `TIME: "soon" is no time`},
		{[]string{"blocklist", "add", "10.0.0.9", "0"}, exitUsage, "TIME: 0 would be over at once"},
		{[]string{"blocklist", "add", "host.example"}, 22, `add "host.example" to the blocklist`},
		{[]string{"blocklist", "rm", "cidr:10.0.0.0"}, 22, "a network has a prefix of 0 to 32 bits"},
		{[]string{"blocklist", "ls", "-f", "xml"}, exitUsage, "--format xml"},
	} {
		got := mons.monc(t, tt.args...)
		require.Equal(t, tt.code, got.code, "%v: %s", tt.args, got.stderr)
		require.Contains(t, got.stderr, tt.says)
		require.Contains(t, got.stderr, "monc: ")

	}
}
