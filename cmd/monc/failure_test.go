package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

const testKey = "AQBdSRJjAAAAABAA8Uv8lVKJ0rYQ2nLYbQzP8w=="

// peer listens on loopback and treats every connection with f, until the test ends. It returns the address.
func peer(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() { f(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends Accept
		mu.Lock()
		for _, c := range conns {
			_ = c.Close() // ends f
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// says returns a peer that begins with a text.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text) // the client may have left
		_, _ = io.Copy(io.Discard, c)
	}
}

func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// refused returns an address where nobody listens.
func refused(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func TestNoSession(t *testing.T) {
	down, mute := refused(t), peer(t, silent)
	web := peer(t, says("HTTP/1.1 400 Bad Request\r\n\r\n"))
	legacy := peer(t, says("ceph v027"+strings.Repeat("\x00", 272)))
	tests := []struct {
		name, hosts string
		limit       string
		contains    []string
		try         string
	}{
		{"connection refused", "v2:" + down, "200ms", []string{"monc: v2:" + down + "/0: dial: ", "connection refused", "gave up after 200 ms"}, "see whether ceph-mon runs there"},
		{"silence", "v2:" + mute, "200ms", []string{"monc: no answer from " + mute + " within 200 ms"}, "check address, port and firewall"},
		{"HTTP server", "v2:" + web, "5s", []string{"monc: v2:" + web + "/0: banner: ", "no Ceph messenger"}, "something else answers there"},
		{"messenger v1 at the port", "v2:" + legacy, "5s", []string{"monc: v2:" + legacy + "/0: banner: ", "only messenger v1"}, "messenger v2, 3300"},
		{"only v1 addresses", "v1:" + legacy, "5s", []string{"monc: ", "no monitor with a v2 address"}, "messenger v2, 3300"},
		{"several monitors", "v2:" + down + ",v2:" + web, "300ms", []string{"monc: no session with any monitor within 300 ms\n", "\n  v2:" + down + "/0: dial: ", "\n  v2:" + web + "/0: banner: "}, "something else answers there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := world{}.run(t, "-m", tt.hosts, "--key", testKey, "--connect-timeout", tt.limit, "status")
			require.Equal(t, exitFailure, got.code, got.stderr)
			require.Empty(t, got.stdout)
			for _, c := range tt.contains {
				require.Contains(t, got.stderr, c)
			}
			require.Regexp(t, `\n  try: .*`+tt.try, got.stderr)
			require.NotContains(t, got.stderr, testKey)
			require.NotContains(t, got.stderr, "noname")
		})
	}
}

func TestConnectTimeoutComesFromConfigurationToo(t *testing.T) {
	mute := peer(t, silent)
	conf := writeFile(t, "ceph.conf", "[global]\nmon host = v2:"+mute+"\nkey = "+testKey+"\nclient mount timeout = 1\n")
	began := time.Now()
	got := world{}.run(t, "-c", conf, "status")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.stderr, "within 1.0 s")
	require.Less(t, time.Since(began), 5*time.Second)

	for args, want := range map[string]time.Duration{"": 30 * time.Second, "--client-mount-timeout 7": 7 * time.Second} {
		c := cephconf.New(cephconf.System{LookupEnv: func(string) (string, bool) { return "", false }})
		_, err := c.ParseArgv(strings.Fields(args))
		require.NoError(t, err)
		require.Equal(t, want, new(app).connectLimit(c), args)
		never := time.Duration(0)
		require.Equal(t, noLimit, (&app{options: options{connectTimeout: &never}}).connectLimit(c))
	}
}

func TestNothingToBeginWith(t *testing.T) {
	keyring := func(content string) string { return writeFile(t, "keyring", content) }
	other := keyring("[client.other]\n\tkey = " + testKey + "\n")
	short := keyring("[client.admin]\n\tkey = AQBdSRJjAAAA\n")
	strange := keyring("[client.admin]\n\tkey = CQBdSRJjAAAAABAA8Uv8lVKJ0rYQ2nLYbQzP8w==\n")
	open := keyring("[client.admin\n")
	badConf := writeFile(t, "ceph.conf", "[global]\nmon host = 10.0.0.1\nnonsense\n")
	none := filepath.Join(t.TempDir(), "none")
	const host = "-m 127.0.0.1:1 "
	tests := []struct {
		name, args string
		code       int
		contains   []string
		try        string
	}{
		{"no keyring", host + "-k " + none + ",/also/none", 1, []string{"no key for client.admin: keyring (command line --keyring)", "\n  " + none + ": no such file or directory\n", "\n  /also/none: no such file"}, "-k KEYRING"},
		{"entity not in the keyring", host + "-k " + other, 13, []string{other, "client.admin"}, "-k with a keyring that has client.admin"},
		{"truncated key", host + "-k " + short, 1, []string{short + ":2", "[client.admin]", "truncated"}, "ceph auth get client.admin -o KEYRING"},
		{"key of an unknown type", host + "-k " + strange, 1, []string{strange + ":2", "[client.admin]", "unknown key type 9"}, "ceph auth get client.admin"},
		{"damaged keyring", host + "-k " + open, 1, []string{open + ":1"}, "correct that line"},
		{"no such configuration", "-c " + none, 1, []string{"no configuration file (command line --conf): " + none + ": no such file"}, "correct the path"},
		{"a directory as configuration", "-c /", 1, []string{"no configuration file (command line --conf): /: "}, "correct the path"},
		{"several configurations", "-c " + none + ",/also/none", 1, []string{"no configuration file (command line --conf)\n  " + none, "\n  /also/none"}, "correct the path"},
		{"bad line of a configuration", "-c " + badConf, 1, []string{badConf + ":3"}, "correct that line"},
		{"a name that cannot be one", "-m bad..name --key " + testKey, 1, []string{"bad..name"}, "correct the value where it is set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := world{}.run(t, append(strings.Fields(tt.args), "--connect-timeout", "5", "status")...)
			require.Equal(t, tt.code, got.code, got.stderr)
			require.Empty(t, got.stdout)
			require.True(t, strings.HasPrefix(got.stderr, "monc: "), got.stderr)
			for _, c := range tt.contains {
				require.Contains(t, got.stderr, c)
			}
			require.Contains(t, got.stderr, "\n  try: ")
			require.Contains(t, got.stderr, tt.try)
			require.NotContains(t, got.stderr, "8Uv8lVKJ")
		})
	}
}

func TestWarningsOfTheConfiguration(t *testing.T) {
	conf := writeFile(t, "ceph.conf", "[global]\nmon host = v1:127.0.0.1:6789\nkey = "+testKey+"\nclient mount timeout = soon\n")
	got := world{}.run(t, "-c", conf, "status")
	require.Contains(t, got.stderr, "monc: warning: client_mount_timeout ("+conf+":4 [global]): invalid value")
}

func TestUnknownHost(t *testing.T) {
	err := explain(fmt.Errorf("mon_host: %w", &net.DNSError{Err: "no such host", Name: "mon.example"}), testConf(t))
	var f *failure
	require.ErrorAs(t, err, &f)
	require.Equal(t, exitFailure, f.code)
	require.Equal(t, "mon_host: lookup mon.example: no such host", f.text)
	require.Equal(t, "check the spelling of the host, or use its IP address", f.try)
}

func testConf(t *testing.T) *cephconf.Config {
	t.Helper()
	return cephconf.New(cephconf.System{LookupEnv: func(string) (string, bool) { return "", false }})
}

func attempt(t *testing.T, mon, step string, err error) monclient.Attempt {
	t.Helper()
	addr, err2 := denc.ParseEntityAddr("v2:10.0.0.1:3300", denc.AddrMsgr2)
	require.NoError(t, err2)
	return monclient.Attempt{Mon: mon, Addr: addr, Step: step, Elapsed: 3 * time.Millisecond, Err: err}
}

// TestWhatConnectErrorsComeTo covers those that take a monitor to provoke.
func TestWhatConnectErrorsComeTo(t *testing.T) {
	denied := &cephx.AuthError{Method: cephx.MethodCephx, Result: -13}
	foreign := fmt.Errorf("%w: fsid a, want b", monclient.ErrForeignCluster)
	tests := []struct {
		name     string
		err      error
		code     int
		contains string
		try      string
	}{
		{"wrong key", &monclient.ConnectError{Err: denied, Attempts: []monclient.Attempt{attempt(t, "b", "authentication", denied)}}, 13,
			"mon.b v2:10.0.0.1:3300/0: authentication: authentication rejected: EACCES", "compare the key with what ceph auth get client.admin prints"},
		{"foreign cluster", &monclient.ConnectError{Err: foreign, Attempts: []monclient.Attempt{attempt(t, "a", "monmap", foreign)}}, 1,
			"mon.a v2:10.0.0.1:3300/0: monmap: foreign cluster: fsid a, want b", "correct fsid and mon_host"},
		{"hangs up", &monclient.ConnectError{Err: monclient.ErrTimeout, Attempts: []monclient.Attempt{attempt(t, "a", "authentication", io.ErrUnexpectedEOF)}}, 1,
			"gave up after 30s", "ceph daemon mon.NAME mon_status"},
		{"no route", &monclient.ConnectError{Err: monclient.ErrTimeout, Attempts: []monclient.Attempt{attempt(t, "a", "dial", syscall.EHOSTUNREACH)}}, 1,
			"mon.a v2:10.0.0.1:3300/0: dial: no route to host", "check the address and the route"},
		{"no advice of its own", &monclient.ConnectError{Err: monclient.ErrTimeout, Attempts: []monclient.Attempt{attempt(t, "a", "hello", errors.New("odd"))}}, 1,
			"mon.a v2:10.0.0.1:3300/0: hello: odd", "check address, port and firewall"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := new(app).explainConnect(fmt.Errorf("monclient: connect: %w", tt.err), testConf(t), 30*time.Second)
			var f *failure
			require.ErrorAs(t, err, &f)
			require.ErrorIs(t, err, tt.err)
			require.Equal(t, tt.code, f.code)
			require.Contains(t, f.text, tt.contains)
			require.Contains(t, f.try, tt.try)
		})
	}
}

func TestWhatLostAnswersComeTo(t *testing.T) {
	ten := 10 * time.Second
	a := &app{options: options{timeout: &ten}}
	var f *failure

	err := a.explainLost("command osd dump", fmt.Errorf("monclient: command osd dump: %w", monclient.ErrTimeout))
	require.ErrorAs(t, err, &f)
	require.Equal(t, 110, f.code)
	require.Equal(t, "command osd dump: no answer within 10s", f.text)
	require.Contains(t, f.try, "quorum")

	lost := &monclient.ConnectError{Err: monclient.ErrTimeout, Attempts: []monclient.Attempt{attempt(t, "c", "dial", syscall.ECONNREFUSED)}}
	require.ErrorAs(t, a.explainLost("command osd dump", lost), &f)
	require.Equal(t, 110, f.code)
	require.Equal(t, "command osd dump: no answer within 10s, the session was lost", f.text)
	require.Len(t, f.more, 1)
	require.Contains(t, f.more[0], "mon.c v2:10.0.0.1:3300/0: dial: connection refused")

	require.ErrorAs(t, a.explainLost("get-version osdmap", monclient.ErrClosed), &f)
	require.Equal(t, exitFailure, f.code)

	require.Equal(t, context.Canceled, a.explainLost("x", context.Canceled))
}

func TestMadeUpNamesAreNotShown(t *testing.T) {
	var v denc.EntityAddrVec
	addr, err := denc.ParseEntityAddr("v2:10.0.0.1:3300", denc.AddrMsgr2)
	require.NoError(t, err)
	m, err := cephmap.NewBootstrapMonMap(append(v, addr))
	require.NoError(t, err)
	h := &huntLog{monmap: m}
	require.Equal(t, "10.0.0.1:3300", h.nameOf("noname-a"))
	require.Equal(t, "mon.noname-b", h.nameOf("noname-b"))
	require.Equal(t, "mon.c", h.nameOf("c"))
	require.Equal(t, "v2:10.0.0.1:3300/0: dial: odd (after 3ms)", describeAttempt(h, attempt(t, "noname-a", "dial", errors.New("odd"))))
}

func TestProgress(t *testing.T) {
	var b strings.Builder
	h := &huntLog{show: &b}
	hunting := monclient.SessionEvent{Kind: monclient.SessionHunting, Mons: []string{"c", "a", "b"}}
	failed := monclient.SessionEvent{Kind: monclient.SessionAttempt, Mon: "a", Attempt: attempt(t, "a", "dial", syscall.ECONNREFUSED)}
	connected := monclient.SessionEvent{Kind: monclient.SessionConnected, Mon: "b", Elapsed: 9 * time.Millisecond}
	for _, e := range []monclient.SessionEvent{
		hunting, connected,
		{Kind: monclient.SessionLost, Mon: "b", Elapsed: 3 * time.Second, Err: io.EOF},
		hunting, failed, hunting, failed, hunting, connected,
	} {
		h.event(e)
	}
	h.note("done")
	require.Equal(t, `hunting mon.a, mon.b, mon.c … mon.b in 9 ms
lost mon.b after 3.0 s: EOF
hunting mon.a, mon.b, mon.c …
  mon.a v2:10.0.0.1:3300/0: dial: connection refused (after 3ms)
… mon.b in 9 ms
done
`, b.String())
}

func TestProgressOnTerminalsOnly(t *testing.T) {
	down := refused(t)
	args := []string{"-m", "v2:" + down, "--key", testKey, "--connect-timeout", "100ms", "status"}
	require.NotContains(t, world{}.run(t, args...).stderr, "hunting")
	require.Regexp(t, `^hunting `+down+` …\n  v2:`, world{terminal: true}.run(t, args...).stderr)
	require.Contains(t, world{}.run(t, append(args, "-v")...).stderr, "hunting")
}

func TestRoundTime(t *testing.T) {
	tests := map[time.Duration]string{
		300 * time.Microsecond: "0.3 ms", 9 * time.Millisecond: "9 ms", 250 * time.Millisecond: "250 ms", 2500 * time.Millisecond: "2.5 s", 90 * time.Second: "1m30s",
	}
	for d, want := range tests {
		require.Equal(t, want, roundTime(d))
	}
}
