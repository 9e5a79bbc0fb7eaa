package cmdtable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"osd", "osd", 0}, {"osd", "ods", 1}, {"tre", "tree", 1}, {"status", "stats", 1},
		{"kitten", "sitting", 3}, {strings.Repeat("a", 1000), strings.Repeat("b", 1000), maxCompared},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, distance(tt.a, tt.b), "%s %s", tt.a, tt.b)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"osdmap", "monmap", "fsmap", "mdsmap", "osdmap"}
	require.Equal(t, []string{"osdmap"}, Nearest("osdmpa", known, 3))
	require.Equal(t, []string{"fsmap"}, Nearest("fsmap", known, 1))
	require.Len(t, Nearest("dsmap", known, 3), 2)
	require.Empty(t, Nearest("osdmap", known, 0))
	require.Empty(t, Nearest("xyzzy", known, 3))
	require.EqualError(t, NoneOf("osdmpa", known), `"osdmpa" is none of osdmap, monmap, fsmap, mdsmap, osdmap`)
	require.EqualError(t, NoneOf("e", strings.Fields("a b c d f g h")), `"e" is none of a, b, c, d, f, g, h; did you mean a?`)
}
