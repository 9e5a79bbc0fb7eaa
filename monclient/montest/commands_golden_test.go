package montest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// harness runs commands on a cluster's state, without a connection.
type harness struct {
	t      *testing.T
	c      *Cluster
	client string
}

func newHarness(t *testing.T, o Options) *harness {
	return &harness{t: t, c: Start(t, o), client: "client.admin"}
}

// do runs a command given as JSON, with an input.
func (h *harness) do(command, input string) Result { return h.run(false, command, input) }

// tell runs a command of one monitor.
func (h *harness) tell(command string) Result { return h.run(true, command, "") }

func (h *harness) run(tell bool, command, input string) Result {
	h.t.Helper()
	cmd, bad := parseCommand([]string{command})
	require.Nil(h.t, bad)
	table := monCommands
	if tell {
		table = tellCommands
	}
	row, ok := table[cmd.Prefix]
	if !ok {
		return Fail(denc.EINVAL, "command not known")
	}
	client, err := denc.ParseEntityName(h.client)
	require.NoError(h.t, err)
	cmd.Client, cmd.Mon, cmd.Tell, cmd.Input = client, "a", tell, []byte(input)
	st := &h.c.state
	st.mu.Lock()
	defer st.mu.Unlock()
	return row.run(&commandContext{state: st, Command: cmd})
}

// masks hide what is different in every cluster.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "FSID"},
	{regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+(Z|[+-]\d{4})`), "TIME"},
	{regexp.MustCompile(`192\.0\.2\.1:\d+`), "ADDR"},
	{regexp.MustCompile(`\bA[gQ][A-Za-z0-9+/]{36,60}=+`), "KEY"},
	{regexp.MustCompile(`("quorum_age": ?)\d+`), "${1}N"},
	{regexp.MustCompile(`("election_epoch": ?|election epoch )\d+`), "${1}N"},
	{regexp.MustCompile(`("timechecks": \{\s+"epoch": )\d+`), "${1}N"},
	{regexp.MustCompile(`age [0-9.e-]+[smhd]`), "age N"},
	{regexp.MustCompile(`ceph version (\S+) \(\w+\)`), "ceph version $1 (COMMIT)"},
}

func mask(text string) string {
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.with)
	}
	return text
}

// answer is one recorded command and its answer.
type answer struct {
	line    int
	command string
	want    string
}

func readAnswers(t *testing.T, path string) []answer {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var all []answer
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for line := 1; s.Scan(); line++ {
		text := s.Text()
		switch {
		case strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "> "):
			all = append(all, answer{line: line, command: text[2:]})
		default:
			require.NotEmpty(t, all)
			all[len(all)-1].want += text + "\n"
		}
	}
	require.NoError(t, s.Err())
	return all
}

// TestCommandsAreAsRecorded has the answers of real monitors judge those of the embedded ones.
func TestCommandsAreAsRecorded(t *testing.T) {
	for _, release := range []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle} {
		t.Run(release.String(), func(t *testing.T) {
			h := newHarness(t, Options{Release: release})
			h.c.state.mgrmap.Modules = nil // mgr_initial_modules was empty
			h.c.state.monmap.Mons[0].TimeAdded = now()
			answers := readAnswers(t, filepath.Join("testdata", "commands", release.String()+".txt"))
			require.Greater(t, len(answers), 150)
			for _, a := range answers {
				var args map[string]any
				require.NoError(t, json.Unmarshal([]byte(a.command), &args))
				input, _ := args["<"].(string)
				input = strings.ReplaceAll(input, "KEY", anyKey(t))
				delete(args, "<")
				command, err := json.Marshal(args)
				require.NoError(t, err)
				if got := recordOf(t, h.do(string(command), input)); got != a.want {
					t.Errorf("line %d: %s\nwant %sgot  %s", a.line, a.command, a.want, got)
				}
			}
		})
	}
}

// recordOf returns a result as it stands in a recording.
func recordOf(t *testing.T, r Result) string {
	status, err := json.Marshal(mask(r.Status))
	require.NoError(t, err)
	b := fmt.Appendf(nil, "= %d %s\n", r.Retval, status)
	if out := mask(string(r.Output)); out != "" {
		for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
			b = fmt.Appendf(b, "| %s\n", line)
		}
	}
	return string(b)
}

func anyKey(t *testing.T) string {
	key, err := cephx.GenerateKey(cephx.AES, time.Now(), nil)
	require.NoError(t, err)
	return key.Reveal()
}
