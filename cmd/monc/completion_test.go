package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompletionScripts(t *testing.T) {
	for _, shell := range shells {
		got := world{}.run(t, "completion", shell)
		require.Zero(t, got.code)
		golden(t, "completion/monc."+shell, got.stdout)
		for _, c := range commands {
			require.Contains(t, got.stdout, c.name)
		}
	}
}

func TestBashAcceptsTheScript(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "bash", "-n")
	cmd.Stdin = strings.NewReader(bashCompletion())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, out)
}

// TestBashCompletes has bash complete command lines, of which the last word is the one that the cursor is in.
func TestBashCompletes(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a b.keyring"), nil, 0o600))
	tests := []struct {
		line []string
		want string
	}{
		{[]string{"monc", ""}, "status command versions watch monmap get-version testmon version completion help"},
		{[]string{"monc", "st"}, "status"},
		{[]string{"monc", "-f", "json", "ver"}, "versions version"},
		{[]string{"monc", "-f", "js"}, "json json-pretty"},
		{[]string{"monc", "status", "--format", "x"}, "xml xml-pretty"},
		{[]string{"monc", "--con"}, "--conf --connect-timeout"},
		{[]string{"monc", "watch", "--c"}, "--conf --cluster --connect-timeout --count"},
		{[]string{"monc", "-n", "client.x", "watch", "fs"}, "fsmap fsmap.user"},
		{[]string{"monc", "-m", "status", "get-version", ""}, "osdmap monmap fsmap mdsmap"},
		{[]string{"monc", "completion", ""}, "bash zsh fish"},
		{[]string{"monc", "help", "wa"}, "watch"},
		{[]string{"monc", "command", "--i"}, "--id --in"},
		{[]string{"monc", "--mon-host", ""}, ""},
		{[]string{"monc", "-k", filepath.Join(dir, "a")}, filepath.Join(dir, "a b.keyring")},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.line, " "), func(t *testing.T) {
			script := bashCompletion() + `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _monc; IFS=' '; printf %s "${COMPREPLY[*]}"`
			out, err := exec.CommandContext(t.Context(), "bash", append([]string{"-c", script, "bash"}, tt.line...)...).Output()
			require.NoError(t, err)
			require.Equal(t, tt.want, string(out))
		})
	}
}
