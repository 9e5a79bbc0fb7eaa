package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
)

// excluded are the commands that say they are read-only and need no argument but are not run, with the reason.
var excluded = map[string]string{
	"telemetry enable channel":      "changes the module's state",
	"telemetry enable channel all":  "changes the module's state",
	"telemetry disable channel":     "changes the module's state",
	"telemetry disable channel all": "changes the module's state",
	"device scrape-health-metrics":  "has all daemons read their disks",
	"telemetry preview":             "has the manager ask all daemons, which 18.2 sometimes does not come back from, librados or not",
	"telemetry preview-all":         "as telemetry preview",
}

// differing are the commands that monitors and managers do not answer alike, with the reason. Only a client with a
// session of its own with the manager, which this is not, has their real answer.
var differing = map[string]string{
	"rbd perf image stats":    "the manager looks at the capabilities of who asks, and it is the monitor that passes the command on",
	"rbd perf image counters": "as rbd perf image stats",
}

// varying are the fields that differ between two answers to one question, by name.
var varying = map[string]bool{
	"timestamp":        true, // report, rbd perf image
	"report_timestamp": true, // telemetry
}

// varyingText is what differs in a text that is not JSON.
var varyingText = regexp.MustCompile(`^report \d+$`) // the status of report: a checksum over it

// leastCompared is how many commands must have been compared, so that a test that finds few does not pass.
const leastCompared = 100

// flagMgr marks commands that the ceph command sends to the manager instead of the monitors, which would pass them on
// (MonCommand::FLAG_MGR in src/mon/MonCommand.h).
const flagMgr = 8

// description is what get_command_descriptions says of a command.
type description struct {
	Sig   []any  `json:"sig"` // the words of the prefix, then objects for the arguments
	Perm  string `json:"perm"`
	Flags int    `json:"flags"`
}

// readOnly returns the prefix of a command that only reads and needs no argument.
func (d description) readOnly() (prefix string, ok bool) {
	var words []string
	for _, part := range d.Sig {
		switch part := part.(type) {
		case string:
			words = append(words, part)
		case map[string]any:
			if req, has := part["req"]; part["type"] != "CephBool" && (!has || strings.EqualFold(fmt.Sprint(req), "true")) {
				return "", false
			}
		}
	}
	return strings.Join(words, " "), d.Perm == "r"
}

// testReadOnlyCommands runs every read-only command that needs no argument through the library, which sends all to the
// monitors, and through librados, which sends those of the manager to the manager: the answers are the same.
func testReadOnlyCommands(t *testing.T, e env) {
	c := e.connect(t)
	var descriptions map[string]description
	require.NoError(t, json.Unmarshal(output(t, c, monclient.Command{Prefix: "get_command_descriptions"}), &descriptions))
	commands := make(map[string]string) // by prefix: who answers
	for _, d := range descriptions {
		prefix, ok := d.readOnly()
		if !ok || excluded[prefix] != "" {
			continue
		}
		commands[prefix] = "mon"
		if d.Flags&flagMgr != 0 {
			commands[prefix] = "mgr"
		}
	}

	l := startLibrados(t, e)
	compared := 0
	for _, prefix := range slices.Sorted(maps.Keys(commands)) {
		for _, format := range []string{"json", ""} {
			object := map[string]string{"prefix": prefix}
			if format != "" {
				object["format"] = format
			}
			text, err := json.Marshal(object)
			require.NoError(t, err)
			t.Run(strings.TrimSpace(prefix+" "+format), func(t *testing.T) {
				eventually(t, func() string {
					theirs := l.run(t, commands[prefix], string(text))
					reply, err := c.Command(deadline(t), monclient.Raw(string(text)))
					require.NoError(t, err)
					ours := answerOf(reply)
					if same(theirs, ours) {
						return ""
					}
					if differing[prefix] != "" && theirs.ret == 0 && ours.ret == -13 {
						return ""
					}
					return difference(theirs, ours)
				})
			})
			compared++
		}
	}
	// What is wrong with a command is said in the monitors' own words.
	for _, text := range []string{
		"osd tree", "", "{}", `{"prefix":`, `{"prefix":"no such command"}`, `{"prefix":"osd find","id":99}`, `{"prefix":"osd find","id":"x"}`,
		`{"prefix":"config-key get","key":"nope"}`, `{"prefix":"osd pool create","pool":""}`, `{"prefix":"auth get","entity":"client.nope"}`,
		`{"prefix":"osd tree","epoch":99999}`, `{"prefix":"osd dump","format":"nope"}`, `{"prefix":"mds stat"}`, `{"prefix":"osd pool get","pool":"nope","var":"size"}`,
	} {
		t.Run("wrong "+text, func(t *testing.T) {
			theirs := l.run(t, "mon", text)
			reply, err := c.Command(deadline(t), monclient.Raw(text))
			require.NoError(t, err)
			require.Equal(t, theirs, answerOf(reply))
		})
	}
	require.GreaterOrEqual(t, len(commands), leastCompared)
	t.Logf("compared %d commands in %d forms with librados", len(commands), compared)
}

// answerOf returns a reply as librados would, for which everything is 0 that is no error.
func answerOf(r *monclient.Reply) answer {
	return answer{int(min(r.Retval, 0)), append([]byte{}, r.Output...), r.Status}
}

// difference shows two answers from where they differ.
func difference(theirs, ours answer) string {
	a, b := steady(theirs.output), steady(ours.output)
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	at = max(0, at-60)
	return fmt.Sprintf("librados: %d %q %.200q\nours:     %d %q %.200q", theirs.ret, theirs.status, a[min(at, len(a)):], ours.ret, ours.status, b[min(at, len(b)):])
}

// same compares two answers, but for what varies.
func same(a, b answer) bool {
	return a.ret == b.ret && steady([]byte(a.status)) == steady([]byte(b.status)) && steady(a.output) == steady(b.output)
}

// steady returns output without what varies: a value in JSON, perhaps with text after it, or text.
func steady(output []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(output))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return varyingText.ReplaceAllString(string(output), "~")
	}
	b, err := json.Marshal(drop(v))
	if err != nil {
		return string(output)
	}
	return string(b) + string(output[d.InputOffset():])
}

// drop removes the varying fields of a value and of all in it.
func drop(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if varying[k] {
				delete(v, k)
			} else {
				v[k] = drop(v[k])
			}
		}
	case []any:
		for i := range v {
			v[i] = drop(v[i])
		}
	}
	return v
}
