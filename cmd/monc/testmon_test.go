package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
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

// steered is "monc testmon --control" as a program has it.
type steered struct {
	t      *testing.T
	stdin  *io.PipeWriter
	stdout *bufio.Reader
	conf   string
	done   chan outcome
}

func steerTestmon(t *testing.T, ctx context.Context, args ...string) *steered {
	t.Helper()
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	s := &steered{t: t, stdin: stdin, stdout: bufio.NewReader(stdout), done: make(chan outcome, 1)}
	go func() {
		var stderr bytes.Buffer
		e := world{}.env(out, &stderr)
		e.stdin = in
		code := run(ctx, e, append([]string{"testmon", "--control"}, args...))
		out.Close()
		s.done <- outcome{code: code, stderr: stderr.String()}
	}()
	t.Cleanup(func() { stdin.Close(); stdout.Close() })
	line, err := s.stdout.ReadBytes('\n')
	require.NoError(t, err)
	var info struct{ Conf string }
	require.NoError(t, json.Unmarshal(line, &info))
	s.conf = info.Conf
	return s
}

// ask sends a request and returns the answer.
func (s *steered) ask(request string) string {
	s.t.Helper()
	_, err := s.stdin.Write([]byte(request + "\n"))
	require.NoError(s.t, err)
	line, err := s.stdout.ReadString('\n')
	require.NoError(s.t, err)
	return strings.TrimSuffix(line, "\n")
}

func TestTestmonControl(t *testing.T) {
	s := steerTestmon(t, t.Context(), "--mons", "3")
	const ok = `{"ok":true}`
	status := func(args ...string) outcome {
		return world{}.run(t, append([]string{"-c", s.conf, "status"}, args...)...)
	}

	require.Equal(t, ok, s.ask(`{"do":"kill","mon":"b"}`))
	require.Contains(t, status().stdout, "out of quorum: b")
	require.Equal(t, ok, s.ask(`{"do": "start", "mon": "b"}`))
	require.Contains(t, status().stdout, "quorum a,b,c")
	require.Equal(t, `{"id":7,"ok":true}`, s.ask(`{"do":"start","id":7,"mon":"b"}`))
	require.Equal(t, ok, s.ask(`{"do":"start"}`), "who runs already goes on")

	// What no command could do: when all are away, the monitors are told all the same.
	for _, away := range []struct{ away, back string }{{"kill", "start"}, {"freeze", "thaw"}, {"refuse", "heal"}, {"silence", "heal"},
		{"black-hole", "fill-hole"}, {"black-hole", "heal"}, {"leave-quorum", "join-quorum"}} {
		require.Equal(t, ok, s.ask(`{"do":"`+away.away+`"}`))
		require.Equal(t, 1, status("--connect-timeout", "0.2").code, away.away)
		require.Equal(t, ok, s.ask(`{"do":"`+away.back+`"}`))
		require.Zero(t, status().code, away.back)
	}

	for _, request := range []string{
		`{"do":"drop-clients"}`, `{"do":"drop-keepalives","mon":"a"}`, `{"do":"delay","seconds":0.01}`, `{"do":"slow-read","bytes":1000000}`,
		`{"do":"reset-after","bytes":100000}`, `{"do":"corrupt-byte","bytes":100000}`, `{"do":"pretend-fsid","fsid":"00000000-0000-0000-0000-000000000001"}`,
		`{"do":"send-corrupt-monmap"}`, `{"do":"send-old-monmap"}`, "\n" + `{"do":"heal"}`,
		`{"do":"black-hole","mon":"a"}`, `{"do":"fill-hole"}`, `{"do":"lose-quorum","seconds":3600}`, `{"do":"lose-quorum"}`, `{"do":"regain-quorum"}`,
	} {
		require.Equal(t, ok, s.ask(request), request)
	}
	require.Equal(t, ok, s.ask(`{"do":"advance","map":"fsmap","epochs":9}`))
	require.Equal(t, "10 1\n", world{}.run(t, "-c", s.conf, "get-version", "fsmap").stdout)
	require.Equal(t, ok, s.ask(`{"do":"lose-quorum","seconds":0.1}`))
	require.Zero(t, status().code, "it comes back by itself")

	require.NoError(t, s.stdin.Close())
	require.Zero(t, (<-s.done).code)
	require.NoDirExists(t, filepath.Dir(s.conf))
}

func TestTestmonControlChangesTheMonMap(t *testing.T) {
	s := steerTestmon(t, t.Context(), "--mons", "2")
	const ok = `{"ok":true}`
	refused := func(request, want string) {
		t.Helper()
		var got faultAnswer
		require.NoError(t, json.Unmarshal([]byte(s.ask(request)), &got))
		require.Contains(t, got.Error, want)
		require.Equal(t, "mon", got.Field)
		require.Empty(t, got.Addr)
	}
	names := func() string {
		t.Helper()
		got := world{}.run(t, "-c", s.conf, "command", "quorum_status", "-f", "json")
		require.Zero(t, got.code, got.stderr)
		var status struct {
			Names []string `json:"quorum_names"`
		}
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &status))
		return strings.Join(status.Names, " ")
	}

	require.Equal(t, ok, s.ask(`{"do":"remove-mon","mon":"b"}`))
	require.Equal(t, "a", names())
	require.Equal(t, ok, s.ask(`{"do":"start"}`), "those that there are")
	require.Equal(t, "a", names())
	refused(`{"do":"start","mon":"b"}`, "there is no mon.b; there are a")
	refused(`{"do":"remove-mon","mon":"b"}`, "there is no mon.b; there are a")
	refused(`{"do":"remove-mon","mon":"a"}`, "mon.a is the last one")

	for _, name := range []string{"b", "z"} {
		var got faultAnswer
		require.NoError(t, json.Unmarshal([]byte(s.ask(`{"do":"add-mon","mon":"`+name+`"}`)), &got))
		require.Empty(t, got.Error)
		require.True(t, got.OK)
		require.Regexp(t, `^v2:127\.0\.0\.1:[1-9]\d*/0$`, got.Addr)
	}
	require.Equal(t, "a b z", names())
	refused(`{"do":"add-mon","mon":"z"}`, "there is a mon.z already")
	for _, name := range []string{"", "aa", "A", "0", "ä"} {
		refused(`{"do":"add-mon","mon":"`+name+`"}`, "want a letter from a to z")
	}
}

func TestTestmonControlRefuses(t *testing.T) {
	s := steerTestmon(t, t.Context(), "--mons", "2")
	for request, want := range map[string]struct{ error, field string }{
		`kill a`:                                           {"the request is no JSON object", ""},
		`["kill"]`:                                         {"the request is no JSON object", ""},
		`null`:                                             {"the request is no JSON object", ""},
		`{"do":"kill"} {"do":"kill"}`:                      {"the request is no JSON object", ""},
		`{}`:                                               {"do: is missing", "do"},
		`{"do":7}`:                                         {"do: is a number, want a string", "do"},
		`{"do":"explode"}`:                                 {`do: "explode" is none of add-mon, advance, black-hole`, "do"},
		`{"do":"kil"}`:                                     {"did you mean kill?", "do"},
		`{"do":"kill","mon":"x"}`:                          {"mon: there is no mon.x; there are a, b", "mon"},
		`{"do":"kill","mon":1}`:                            {"mon: is a number, want a string", "mon"},
		`{"do":"kill","mon":null}`:                         {"mon: is null; leave it out", "mon"},
		`{"do":"kill","monitor":"a"}`:                      {"monitor: there is no such field", "monitor"},
		`{"do":"kill","seconds":1}`:                        {"seconds: kill takes none", "seconds"},
		`{"do":"delay"}`:                                   {"seconds: is missing; delay wants it", "seconds"},
		`{"do":"delay","seconds":-1}`:                      {"seconds: is -1, want 0 to 86400", "seconds"},
		`{"do":"delay","seconds":"1"}`:                     {"seconds: is a string, want a number", "seconds"},
		`{"do":"slow-read","bytes":0}`:                     {"bytes: is 0, want 1 or more", "bytes"},
		`{"do":"slow-read","bytes":1.5}`:                   {"want a whole number", "bytes"},
		`{"do":"pretend-fsid","fsid":"f"}`:                 {`fsid: "f" is no UUID`, "fsid"},
		`{"do":"lose-quorum","seconds":0}`:                 {"seconds: is 0, want a number up to 3600", "seconds"},
		`{"do":"lose-quorum","mon":"a"}`:                   {"mon: lose-quorum takes none", "mon"},
		`{"do":"regain-quorum","map":"x"}`:                 {"map: regain-quorum takes none", "map"},
		`{"do":"remove-mon"}`:                              {"mon: is missing; remove-mon wants it", "mon"},
		`{"do":"add-mon","mon":"c","seconds":1}`:           {"seconds: add-mon takes none", "seconds"},
		`{"do":"advance"}`:                                 {"map: is missing; advance wants it", "map"},
		`{"do":"advance","map":"pgmap"}`:                   {`map: "pgmap" is none of monmap,`, "map"},
		`{"do":"advance","map":"osdmap","epochs":0}`:       {"epochs: is 0, want 1 to 10000", "epochs"},
		`{"do":"advance","map":"osdmap","epochs":1000000}`: {"epochs: is 1000000, want 1 to 10000", "epochs"},
	} {
		var got faultAnswer
		require.NoError(t, json.Unmarshal([]byte(s.ask(request)), &got), request)
		require.False(t, got.OK, request)
		require.Contains(t, got.Error, want.error, request)
		require.Equal(t, want.field, got.Field, request)
	}
	require.JSONEq(t, `{"id":"x","error":"do: is missing","field":"do"}`, s.ask(`{"id":"x"}`))
	require.Equal(t, `{"ok":true}`, s.ask(`{"do":"heal"}`), "after all that")

	// A line without an end is not collected for ever.
	go func() { _, _ = s.stdin.Write(bytes.Repeat([]byte("x"), 2*maxRequest)) }()
	got := <-s.done
	require.Equal(t, exitFailure, got.code)
	require.Equal(t, "monc: standard input: bufio.Scanner: token too long\n", got.stderr)
}

func TestTestmonControlIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := steerTestmon(t, ctx)
	cancel()
	require.Zero(t, (<-s.done).code)
}

// FuzzFaultRequest has nothing panic, and every mistake say something.
func FuzzFaultRequest(f *testing.F) {
	for _, seed := range []string{`{"do":"kill","mon":"a"}`, `{"do":"delay","seconds":1e9}`, `{"do":"advance","map":"osdmap","epochs":2}`, `{"DO":"kill"}`, `{"do":"slow-read","bytes":-1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, given, err := parseRequest(line)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, r.Do)
		require.NotEmpty(t, given)
	})
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
