package cephmap

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMonMapJSONIsThatOfTheRelease(t *testing.T) {
	seen := 0
	for name, wire := range golden(t, "*/monmap-*.bin") {
		text, ok := companion(t, name, ".json")
		if !ok {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			want, _, _ := strings.Cut(strings.TrimSpace(text), `,"quorum":`) // mon dump adds it to the map
			got, err := json.Marshal(mustDecode(t, wire))
			require.NoError(t, err)
			require.Equal(t, strings.TrimSuffix(want, "}"), strings.TrimSuffix(string(got), "}"))
			require.True(t, json.Valid(got))
		})
	}
	require.GreaterOrEqual(t, seen, 9)
}

func TestMonMapTextIsThatOfTheRelease(t *testing.T) {
	for name, wire := range golden(t, "*/monmap-*.bin") {
		t.Run(name, func(t *testing.T) {
			want, ok := companion(t, name, ".txt")
			require.True(t, ok)
			require.Equal(t, want, mustDecode(t, wire).Text())
		})
	}
}

func TestMonMapJSONOfNothing(t *testing.T) {
	got, err := json.Marshal(new(MonMap))
	require.NoError(t, err)
	require.Contains(t, string(got), `"modified":"0.000000"`)
	require.Contains(t, string(got), `"mons":[]`)
}

func TestMonMapJSONKeepsMarkup(t *testing.T) {
	m := &MonMap{Version: 9, Mons: []MonInfo{{Name: "a", Addrs: denc.EntityAddrVec{}, CrushLocation: map[string]string{"x": "<&>"}}}}
	got, err := m.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(got), `"crush_location":"{x=<&>}"`)
}
