package monclient

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestParseCommand(t *testing.T) { bubble(t, parseCommands) }

func parseCommands(t *testing.T) {
	client := startMons(t, 1, montest.Options{Mons: 1}).connect()
	for _, test := range []struct {
		words []string
		want  string
	}{
		{[]string{"osd", "tree"}, `{"prefix":"osd tree"}`},
		{[]string{"osd", "pool", "create", "data", "8"}, `{"prefix":"osd pool create","pool":"data","pg_num":8}`},
		{[]string{"osd", "pool", "create", "--pool=data", "8"}, `{"prefix":"osd pool create","pool":"data","pg_num":8}`},
		{[]string{"config", "set", "client", "debug_ms", "1"}, `{"prefix":"config set","who":"client","name":"debug_ms","value":"1"}`},
	} {
		cmd, err := client.ParseCommand(t.Context(), test.words)
		require.NoError(t, err, "%q", test.words)
		text, err := cmd.Text()
		require.NoError(t, err)
		require.JSONEq(t, test.want, text, "%q", test.words)
	}

	_, err := client.ParseCommand(t.Context(), []string{"osd", "tre"})
	var unknown *cmdtable.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.ErrorContains(t, err, `"osd tree"`)
	require.ErrorIs(t, err, denc.EINVAL)
	_, err = client.ParseCommand(t.Context(), []string{"osd", "pool", "create"})
	var usage *cmdtable.UsageError
	require.ErrorAs(t, err, &usage)
	require.ErrorIs(t, err, denc.EINVAL)
	_, err = client.ParseCommand(t.Context(), nil)
	require.ErrorIs(t, err, denc.EINVAL)
}

func TestCommandText(t *testing.T) {
	text, err := Command{JSON: []string{`{"prefix":`, `"status"}`}}.Text()
	require.NoError(t, err)
	require.JSONEq(t, `{"prefix":"status"}`, text)
	_, err = Command{Prefix: "x", Args: map[string]any{"c": make(chan int)}}.Text()
	require.ErrorContains(t, err, "arguments")
}
