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
		{[]string{"monc", ""}, strings.Join(commandNames(), " ")},
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

// program makes the test program monc, in a directory of its own, and returns that.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(dir, "monc")))
	return dir
}

// TestShellsCompleteCommands has shells complete the cluster's own commands: bash, and fish where it is installed.
func TestShellsCompleteCommands(t *testing.T) {
	mons, _ := reefMons(t)
	dir := program(t)
	tests := []struct{ line, bash, fish string }{ // words with blanks between them
		{"monc -c CONF command osd po", "pool", "pool"},
		{"monc -c CONF command osd pool c", "cancel-force-backfill cancel-force-recovery create", "cancel-force-backfill cancel-force-recovery create"},
		{"monc -c CONF command osd pool create p --au", "--autoscale-mode", "--autoscale-mode"},
		{"monc -c CONF command osd pool create p --autoscale-mode = o", "off on", ""},
		{"monc -c CONF command osd pool create p --autoscale-mode = ", "off on warn", ""},
		{"monc -c CONF command osd set noo", "noout", "noout"},
		{"monc -c CONF command --i", "--id --in", "--id --in --in-file"},
		{"monc -c CONF help command osd pool cr", "create", ""},
		{"monc -c CONF help comm", "command", "command"},
		{"monc -c /nonexistent command osd po", "", ""},
	}
	environ := append(os.Environ(), asProgram+"=1", "PATH="+dir+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+t.TempDir(), "HOME="+t.TempDir(), "CEPH_ARGS=", "CEPH_CONF=")
	fish, noFish := exec.LookPath("fish")
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			line := strings.Replace(tt.line, "CONF", mons.conf, 1)
			script := bashCompletion() + `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _monc; IFS=' '; printf %s "${COMPREPLY[*]}"`
			cmd := exec.CommandContext(t.Context(), "bash", append([]string{"-c", script, "bash"}, strings.Split(line, " ")...)...)
			cmd.Env = environ
			out, err := cmd.CombinedOutput()
			require.NoError(t, err)
			require.Equal(t, tt.bash, string(out))
			if noFish != nil || tt.fish == "" {
				return
			}
			cmd = exec.CommandContext(t.Context(), fish, "--no-config", "-c", fishCompletion()+"complete -C "+quoted(line))
			cmd.Env = environ
			out, err = cmd.CombinedOutput()
			require.NoError(t, err)
			var words []string
			for l := range strings.Lines(string(out)) {
				word, _, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
				words = append(words, word)
			}
			require.Equal(t, tt.fish, strings.Join(words, " "))
		})
	}
}
