package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("run --release pacific --mons 3 --auth none --modes crc --ipv6 --v1 --osds 1 --conf a=1 --conf b=x=y -- cmd --flag"), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, settings{
		options: realceph.Options{
			Release: realceph.Pacific, Mons: 3, Auth: realceph.AuthNone, ServiceModes: "crc", IPv6: true, V1: true, OSDs: 1,
			Conf: map[string]string{"a": "1", "b": "x=y"},
		},
		command: []string{"cmd", "--flag"},
	}, s)
}

func TestBadUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--no-such-flag": "flag provided but not defined",
		"--conf a":       "want NAME=VALUE",
		"--mons x":       "invalid value",
	} {
		var stderr bytes.Buffer
		code, err := run(strings.Fields(args), &bytes.Buffer{}, &stderr)
		require.NoError(t, err)
		require.Equal(t, 2, code)
		require.Contains(t, stderr.String(), want)
	}
	code, err := run([]string{"--release", "mimic"}, &bytes.Buffer{}, &bytes.Buffer{})
	require.ErrorContains(t, err, `no release called "mimic"`)
	require.Equal(t, 1, code)
}

func TestRunsACommandOnACluster(t *testing.T) {
	realceph.Require(t, realceph.Reef)
	out := t.TempDir() + "/out"
	script := `echo "$CEPH_RELEASE" >"$0" && "$REALCEPH_CEPH" fsid >>"$0" && grep fsid "$CEPH_CONF" >>"$0" && test -s "$CEPH_KEYRING" && dirname "$CEPH_CONF" >>"$0"; exit 7`
	code, err := run([]string{"run", "--release", "reef", "--", "sh", "-c", script, out}, &bytes.Buffer{}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, 7, code, "the command's own status")
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	require.Len(t, lines, 4)
	require.Equal(t, "reef", lines[0])
	require.Equal(t, "fsid = "+lines[1], lines[2])
	require.NoDirExists(t, lines[3])
}

func TestUnknownCommand(t *testing.T) {
	realceph.Require(t, realceph.Reef)
	code, err := run([]string{"--release", "reef", "--", "no-such-command"}, &bytes.Buffer{}, &bytes.Buffer{})
	require.Equal(t, 127, code)
	require.ErrorContains(t, err, "no-such-command")
}

func TestKilledCommand(t *testing.T) {
	realceph.Require(t, realceph.Reef)
	code, err := run([]string{"--release", "reef", "--", "sh", "-c", "kill -TERM $$"}, &bytes.Buffer{}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, 143, code)
}
