package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// startTestmon runs "monc testmon" and returns the path of its ceph.conf. The test's end interrupts it.
func startTestmon(t *testing.T, args ...string) (conf string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan outcome, 1)
	go func() {
		done <- world{stdout: w}.runContext(ctx, append([]string{"testmon", "-f", "json"}, args...)...)
	}()
	line, err := bufio.NewReader(r).ReadBytes('\n')
	require.NoError(t, err)
	var info struct {
		Conf string
		Mons []struct{ Name, Addr string }
	}
	require.NoError(t, json.Unmarshal(line, &info))
	require.NotEmpty(t, info.Mons)
	t.Cleanup(func() {
		cancel()
		got := <-done
		require.Zero(t, got.code, got.stderr)
	})
	return info.Conf
}

func TestTestmon(t *testing.T) {
	for _, args := range []string{
		"--mons 3", "--release pacific", "--release tentacle", "--release tentacle --keys aes", "--auth none", "--modes crc", "--modes secure,crc", "--ipv6",
	} {
		t.Run(args, func(t *testing.T) {
			conf := startTestmon(t, strings.Fields(args)...)
			got := world{}.run(t, "-c", conf, "status")
			require.Zero(t, got.code, got.stderr)
			require.Contains(t, got.stdout, "quorum a")
			got = world{}.run(t, "-c", conf, "command", "config", "set", "client", "debug_ms", "1")
			require.Zero(t, got.code, got.stderr)
			got = world{}.run(t, "-c", conf, "-f", "json", "watch", "config", "--count", "1")
			require.Zero(t, got.code, got.stderr)
			require.Contains(t, got.stdout, "debug_ms")
		})
	}
}

func TestTestmonMisbehavesOnCommand(t *testing.T) {
	conf := startTestmon(t, "--mons", "3")
	tell := func(command string) outcome { return world{}.run(t, "-c", conf, "command", command) }
	require.Zero(t, tell(`{"prefix": "testmon kill", "mon": "b"}`).code)
	require.Contains(t, world{}.run(t, "-c", conf, "status").stdout, "out of quorum: b")
	require.Zero(t, tell(`{"prefix": "testmon start", "mon": "b"}`).code)
	require.Contains(t, world{}.run(t, "-c", conf, "status").stdout, "quorum a,b,c")
	require.Equal(t, int(denc.ENOENT), tell(`{"prefix": "testmon kill", "mon": "x"}`).code)
	require.Equal(t, int(denc.EINVAL), tell(`{"prefix": "testmon lose-quorum"}`).code)
	require.Zero(t, tell(`{"prefix": "testmon lose-quorum", "seconds": 0.2}`).code)
	require.Zero(t, world{}.run(t, "-c", conf, "status").code, "it comes back by itself")
}

func TestTestmonOptions(t *testing.T) {
	for args, want := range map[string]string{
		"--mons 0":          `--mons: "0" is no number from 1 on`,
		"--mons 99":         "Options.Mons is 99, want 1 to 26",
		"--release quincy":  `--release: "quincy" is none of pacific, reef, tentacle`,
		"--keys des":        `--keys: "des" is none of aes, aes256k`,
		"--keys aes256k":    "aes256k",
		"--auth ldap":       `--auth: "ldap" is none of cephx, none`,
		"--modes cleartext": `--modes: "cleartext" is none of secure, crc`,
	} {
		got := world{}.run(t, append([]string{"testmon"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, got.code, args)
		require.Contains(t, got.stderr, want, args)
	}
}

func TestTestmonWritesToADirectoryOfMine(t *testing.T) {
	dir := t.TempDir() + "/new"
	conf := startTestmon(t, "--dir", dir)
	require.Equal(t, dir+"/ceph.conf", conf)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}
