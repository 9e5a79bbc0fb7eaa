package compat

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

//go:embed testdata/bad_input.py
var badInput string

// unchecked are the types of arguments that Pacific's module does not look at. Where it does, it has texts of its own.
var unchecked = []string{
	"a file in bytes", "options of another type", "connect: a text for a time",
	"mon_command: a text for a time", "mon_command: a fraction for a time", "mon_command: None for a time",
}

// texts of a TypeError in an outcome.
var typeErrorText = regexp.MustCompile(`("raises": "TypeError".*"text": ").*"`)

// testModule compares what the two modules make of good input and bad: values, exceptions, errnos, texts.
func (e env) testModule(t *testing.T) {
	script := e.write(t, "bad_input.py", badInput)
	outcomes := func(by side, module string) (names []string, all map[string]string) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := by.python(ctx, t, "-B", script, module, e.ConfPath, e.KeyringPath, by.home)
		cmd.Env = append(cmd.Env, "COMPAT_ARGS=--mon-client-ping-timeout 7")
		r := by.run(t, cmd, "")
		all = make(map[string]string)
		lines := bufio.NewScanner(strings.NewReader(r.Stdout))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if !bytes.HasPrefix(lines.Bytes(), []byte(`["`)) {
				continue // librados says things, too
			}
			var line []json.RawMessage
			require.NoError(t, json.Unmarshal(lines.Bytes(), &line), "%s", lines.Text())
			require.Len(t, line, 2)
			var name string
			require.NoError(t, json.Unmarshal(line[0], &name))
			names = append(names, name)
			outcome := string(line[1])
			if e.Release == realceph.Pacific {
				outcome = typeErrorText.ReplaceAllString(outcome, `$1"`)
			}
			all[name] = outcome
		}
		require.Zero(t, r.Code, r)
		return names, all
	}
	names, want := outcomes(e.librados, "rados")
	ownNames, got := outcomes(e.ours, "monclient.compat.rados")
	require.Equal(t, names, ownNames)
	for _, name := range names {
		if want[name] != got[name] && (e.Release != realceph.Pacific || !slices.Contains(unchecked, name)) {
			t.Errorf("%s:\nlibrados  %s\nmonclient %s", name, want[name], got[name])
		}
	}
}
