package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// monc is the program under test, built once.
var monc struct {
	once sync.Once
	path string
	err  error
}

// buildMonc returns the path of monc. TestMain removes it.
func buildMonc() (string, error) {
	monc.once.Do(func() {
		dir, err := os.MkdirTemp("", "monc")
		if err != nil {
			monc.err = err
			return
		}
		monc.path = filepath.Join(dir, "monc")
		cmd := exec.Command("go", "build", "-o", monc.path, "github.com/libmonclient/libmonclient/cmd/monc")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			monc.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	return monc.path, monc.err
}

func removeMonc() error {
	if monc.path == "" {
		return nil
	}
	return os.RemoveAll(filepath.Dir(monc.path))
}

// result is what a program printed and how it ended.
type result struct {
	stdout, stderr string
	code           int
}

// String prints the result in a failure.
func (r result) String() string { return fmt.Sprintf("%d %.2000q %.500q", r.code, r.stdout, r.stderr) }

// runMonc runs monc on the cluster.
func (e env) runMonc(t *testing.T, args ...string) result {
	t.Helper()
	return runMoncAs(t, append([]string{"-c", e.ConfPath}, args...)...)
}

// runMoncAs runs monc with just these arguments.
func runMoncAs(t *testing.T, args ...string) result {
	t.Helper()
	program, err := buildMonc()
	require.NoError(t, err)
	cmd := exec.CommandContext(deadline(t), program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// runCeph runs the release's ceph command.
func (e env) runCeph(ctx context.Context, args ...string) result {
	res := e.Ceph(ctx, args...)
	return result{string(res.Stdout), string(res.Stderr), res.Code}
}

// testMonc compares monc with the ceph command: what they print, to the byte, and how they end.
func testMonc(t *testing.T, e env) {
	for _, args := range [][]string{
		{"osd", "dump", "-f", "json"},
		{"mon", "dump", "-f", "json"},
		{"auth", "ls", "-f", "json"},
		{"config", "dump", "-f", "json"},
		{"osd", "tree"},
		{"osd", "tree", "-f", "json-pretty"},
		{"mon", "stat"},
		{"fsid"},
		{"osd", "pool", "ls", "detail"},
		{"fs", "ls", "-f", "json"},
		{"pg", "stat", "-f", "json"},
		{"auth", "get", "client.admin"},
		{"config-key", "get", "integration/nope"},
		{"osd", "find", "99"},
		{"mon", "metadata", "-f", "json"},
	} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			eventually(t, func() string {
				theirs := e.runCeph(deadline(t), args...)
				ours := e.runMonc(t, append([]string{"command"}, args...)...)
				if ours.stdout == theirs.stdout && ours.code == theirs.code {
					return ""
				}
				return fmt.Sprintf("ceph: %s\nmonc: %s", theirs, ours)
			})
		})
	}

	t.Run("status", func(t *testing.T) {
		type status struct {
			FSID          string   `json:"fsid"`
			ElectionEpoch int      `json:"election_epoch"`
			Quorum        []int    `json:"quorum"`
			QuorumNames   []string `json:"quorum_names"`
			MonMap        struct {
				Epoch int `json:"epoch"`
			} `json:"monmap"`
			OSDMap struct {
				Epoch int `json:"epoch"`
				Up    int `json:"num_up_osds"`
			} `json:"osdmap"`
			FSMap struct {
				Epoch int `json:"epoch"`
			} `json:"fsmap"`
		}
		eventually(t, func() string {
			theirs, ours := e.runCeph(deadline(t), "status", "-f", "json"), e.runMonc(t, "status", "-f", "json")
			require.Zero(t, theirs.code, theirs.stderr)
			require.Zero(t, ours.code, ours.stderr)
			var a, b status
			require.NoError(t, json.Unmarshal([]byte(theirs.stdout), &a))
			require.NoError(t, json.Unmarshal([]byte(ours.stdout), &b))
			require.Equal(t, e.FSID, b.FSID)
			require.Len(t, b.Quorum, len(e.Mons()))
			require.Positive(t, b.OSDMap.Epoch)
			if fmt.Sprint(a) != fmt.Sprint(b) {
				return fmt.Sprintf("ceph: %+v\nmonc: %+v", a, b)
			}
			return ""
		})
	})

	// What the ceph tool refuses by itself: its words about it are others.
	for _, args := range [][]string{
		{"osd", "pool", "create"},
		{"osd", "reweight", "0", "1.5"},
		{"osd", "set", "nooutt"},
		{"osd", "tre"},
		{"osd", "blocklist", "add", "nowhere"},
	} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			theirs, ours := e.runCeph(deadline(t), args...), e.runMonc(t, append([]string{"command"}, args...)...)
			require.Equal(t, 22, theirs.code)
			require.Equal(t, theirs.code, ours.code)
			require.Empty(t, ours.stdout)
			require.Contains(t, ours.stderr, "try: monc")
		})
	}

	t.Run("manager's command without capabilities for it", func(t *testing.T) {
		ring := filepath.Join(t.TempDir(), "keyring")
		made := e.runMonc(t, "command", "auth", "get-or-create", "client.nomgr", "mon", "allow *", "--out", ring)
		require.Zero(t, made.code, made.stderr)
		args := []string{"pg", "stat", "-n", "client.nomgr", "--keyring", ring}
		theirs, ours := e.runCeph(deadline(t), args...), e.runMonc(t, append([]string{"command"}, args...)...)
		require.Equal(t, 13, theirs.code)
		require.Equal(t, theirs.code, ours.code)
		require.Equal(t, theirs.stdout, ours.stdout)
		require.Contains(t, ours.stderr, "Error EACCES: access denied")
		require.True(t, strings.HasSuffix(theirs.stderr, ours.stderr), "ceph: %s\nmonc: %s", theirs, ours) // librados logs more
	})

	t.Run("help and completion", func(t *testing.T) {
		list := e.runMonc(t, "help", "command", "osd", "pool")
		require.Zero(t, list.code, list.stderr)
		require.Contains(t, list.stdout, "\nosd pool create <pool> ")
		require.NotContains(t, list.stdout, "osd pool delete", "deprecated")
		one := e.runMonc(t, "command", "osd", "pool", "create", "--help")
		require.Zero(t, one.code, one.stderr)
		require.Contains(t, one.stdout, "\nArguments:\n  pool                         the name of a pool\n")
		words := runMoncAs(t, "complete-command", "-c", e.ConfPath, "command", "osd", "pool", "cr")
		require.Equal(t, result{"create\tcreate pool\n", "", 0}, words)
	})

	t.Run("input", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "input")
		require.NoError(t, os.WriteFile(file, []byte("from\x00monc\n"), 0o600))
		set := e.runMonc(t, "command", "config-key", "set", "integration/monc", "--in", file)
		require.Zero(t, set.code, set.stderr)
		require.Equal(t, "from\x00monc\n", e.runMonc(t, "command", `{"prefix":"config-key get","key":"integration/monc"}`).stdout)
	})

	t.Run("wrong key", func(t *testing.T) {
		key, err := e.NewKey(deadline(t), "")
		require.NoError(t, err)
		ring := filepath.Join(t.TempDir(), "keyring")
		require.NoError(t, os.WriteFile(ring, []byte("[client.admin]\n\tkey = "+key+"\n"), 0o600))
		res := e.runMonc(t, "-k", ring, "status")
		require.Equal(t, 13, res.code)
		named := slices.ContainsFunc(e.Mons(), func(mon realceph.Mon) bool { return strings.Contains(res.stderr, mon.V2.String()) })
		require.True(t, named, "the monitor that was asked: %s", res.stderr)
		require.Contains(t, res.stderr, "authentication rejected")
		require.NotContains(t, res.stderr, key)
	})
}
