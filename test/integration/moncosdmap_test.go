package integration

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
)

// testMoncOSDMap compares the map that monc prints with what ceph osd dump does, and reads what monc says of changes.
func testMoncOSDMap(t *testing.T, e env) {
	t.Run("as osd dump prints it", func(t *testing.T) {
		eventually(t, func() string {
			theirs := osdDump(t, string(e.ceph(t, "osd", "dump", "-f", "json")))
			ours := e.runMonc(t, "osdmap", "-f", "json")
			require.Zero(t, ours.code, ours.stderr)
			if theirs == osdDump(t, ours.stdout) {
				return ""
			}
			return fmt.Sprintf("ceph: %s\nmonc: %s", theirs, ours)
		})
	})

	t.Run("by other keys", func(t *testing.T) { testMoncOSDMapByOtherKeys(t, e) })

	client := e.connect(t)
	first := newestOSDMap(t, client)
	t.Run("while it changes", func(t *testing.T) { testMoncWatchOSDMap(t, e) })
	for _, words := range []string{
		"osd pool create watched 1", "osd pool rename watched seen", "osd pool application enable seen rbd", "osd out 0", "osd in 0",
		"osd blocklist add 10.0.0.9:0/123 3600", "osd blocklist rm 10.0.0.9:0/123",
		"osd erasure-code-profile set watched k=3 m=2", "osd erasure-code-profile rm watched",
		"config set mon mon_allow_pool_delete true", "osd pool delete seen seen --yes-i-really-really-mean-it",
	} {
		e.runMoncOnceThere(t, append([]string{"command"}, strings.Fields(words)...)...)
	}
	last := newestOSDMap(t, client)

	t.Run("what has happened", func(t *testing.T) {
		lines := e.runMonc(t, "watch", "osdmap", "--from", fmt.Sprint(first), "--count", fmt.Sprint(last-first+1), "-f", "json", "--timeout", "60")
		require.Zero(t, lines.code, lines.stderr)
		next, sentences := first, []string(nil)
		for line := range strings.Lines(lines.stdout) {
			var event struct {
				Epoch   uint64
				Changes []struct{ Text string }
			}
			require.NoError(t, json.Unmarshal([]byte(line), &event))
			require.Equal(t, next, event.Epoch)
			next++
			for _, c := range event.Changes {
				sentences = append(sentences, c.Text)
			}
		}
		require.Equal(t, last+1, next)
		said := strings.Join(sentences, "\n") + "\n"
		for _, sentence := range []string{
			`noout set`, `noout unset`, `pool \d+ "watched" created: replicated, size \d+, 1 placement group`, `pool \d+ "seen" renamed, was "watched"`,
			`pool \d+ "seen" application rbd enabled`, `osd\.0 out`, `osd\.0 in`, `10\.0\.0\.9:0/123 blocklisted until 20\S+`,
			`10\.0\.0\.9:0/123 no longer blocklisted`, `erasure code profile "watched" created: .*k=3 m=2 .*`, `erasure code profile "watched" deleted`,
			`pool \d+ "seen" deleted`,
		} {
			at := regexp.MustCompile(`(?m)^` + sentence + `$`).FindStringIndex(said) // behind those before it
			require.NotNil(t, at, "%s in %s", sentence, said)
			said = said[at[1]:]
		}
	})

	t.Run("as it was", func(t *testing.T) {
		for epoch := first; epoch <= last; epoch += max(1, (last-first)/4) {
			theirs := output(t, client, monclient.Command{Prefix: "osd dump", Args: map[string]any{"epoch": epoch, "format": "json"}})
			require.Equal(t, osdDump(t, string(theirs)), osdDump(t, e.runMoncOnceThere(t, "osdmap", "--epoch", fmt.Sprint(epoch), "-f", "json").stdout))
		}
		file := filepath.Join(t.TempDir(), "osdmap")
		require.Equal(t, result{}, e.runMoncOnceThere(t, "osdmap", "--epoch", fmt.Sprint(last), "--out", file))
		binary, err := os.ReadFile(file)
		require.NoError(t, err)
		theirs := output(t, client, monclient.Command{Prefix: "osd getmap", Args: map[string]any{"epoch": last}})
		require.True(t, bytes.Equal(theirs, binary))
		require.Equal(t, e.runMoncOnceThere(t, "osdmap", "--epoch", fmt.Sprint(last)), runMoncAs(t, "osdmap", "--file", file))
		later := e.runMonc(t, "osdmap", "--epoch", fmt.Sprint(last+100_000))
		require.Equal(t, 2, later.code)
		require.Contains(t, later.stderr, "monc: osdmap: there is no epoch ")
	})
}

// testMoncOSDMapByOtherKeys: monitors send no map to those whose key does not allow it, and say nothing about it.
func testMoncOSDMapByOtherKeys(t *testing.T, e env) {
	for _, tt := range []struct {
		caps string
		code int
	}{
		{"profile rbd", 0}, // as clients have it
		{"allow command version", 110},
	} {
		t.Run(tt.caps, func(t *testing.T) {
			ring := filepath.Join(t.TempDir(), "keyring")
			name := "client.osdmap" + fmt.Sprint(tt.code)
			made := e.runMonc(t, "command", "auth", "get-or-create", name, "mon", tt.caps, "--out", ring)
			require.Zero(t, made.code, made.stderr)
			for _, args := range [][]string{{"osdmap"}, {"osdmap", "--epoch", "2"}} {
				if tt.code != 0 {
					args = append(args, "--timeout", "0.3")
				}
				eventually(t, func() string { // the key reaches the other monitors later
					res := e.runMonc(t, append(args, "-n", name, "--keyring", ring)...)
					if res.code != tt.code || tt.code != 0 && !strings.Contains(res.stderr, "monc: osdmap: no answer within 300 ms\n") {
						return res.String()
					}
					return ""
				})
			}
		})
	}
}

// runMoncOnceThere runs monc until it is not refused, because what it asks for may not have reached the monitor that it asks.
func (e env) runMoncOnceThere(t *testing.T, args ...string) (res result) {
	t.Helper()
	eventually(t, func() string {
		if res = e.runMonc(t, args...); res.code != 0 {
			return res.String()
		}
		return ""
	})
	return res
}

// testMoncWatchOSDMap waits for the sentences about changes as they are made.
func testMoncWatchOSDMap(t *testing.T, e env) {
	program, err := buildMonc()
	require.NoError(t, err)
	cmd := exec.CommandContext(deadline(t), program, "-c", e.ConfPath, "watch", "osdmap")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(pipe)
	require.True(t, lines.Scan(), "%v", lines.Err())
	require.Regexp(t, `^20\S+ osdmap \d+ full \d+ bytes  modified 20\S+; 1 OSD: \d up, \d in; \d+ pools?; flags \S*sortbitwise`, lines.Text())
	for _, verb := range []string{"set", "unset"} {
		res := e.runMonc(t, "command", "osd", verb, "noout")
		require.Zero(t, res.code, res.stderr)
		for !strings.HasSuffix(lines.Text(), " bytes  noout "+verb) {
			require.True(t, lines.Scan(), "%v", lines.Err())
			require.Regexp(t, `^20\S+ osdmap \d+ (full|incremental) \d+ bytes  \S`, lines.Text())
		}
	}
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	for lines.Scan() { // what else there was
	}
	require.Error(t, cmd.Wait())
	require.Equal(t, result{"", "monc: interrupted\n", 130}, result{"", stderr.String(), cmd.ProcessState.ExitCode()})
}

func newestOSDMap(t *testing.T, c *monclient.Client) uint64 {
	t.Helper()
	newest, _, err := c.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	return newest
}

// osdDump returns JSON of an osdmap with its members in one order, without read_balance, which takes working out where CRUSH
// places data.
func osdDump(t *testing.T, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // with all their digits
	var m map[string]any
	require.NoError(t, d.Decode(&m))
	for _, pool := range m["pools"].([]any) {
		delete(pool.(map[string]any), "read_balance")
	}
	b, err := json.Marshal(m)
	require.NoError(t, err)
	return string(b)
}
