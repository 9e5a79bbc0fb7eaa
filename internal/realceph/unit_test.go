//go:build linux

package realceph

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNormalize(t *testing.T) {
	tests := []struct {
		name, err string
		in        Options
		want      Options
	}{
		{name: "defaults", in: Options{Release: Reef}, want: Options{Release: Reef, Mons: 1, Auth: CephX, KeyType: AES}},
		{name: "Tentacle has its own key type", in: Options{Release: Tentacle}, want: Options{Release: Tentacle, Mons: 1, Auth: CephX, KeyType: AES256K}},
		{name: "OSDs need a mgr", in: Options{Release: Reef, OSDs: 2}, want: Options{Release: Reef, Mons: 1, Auth: CephX, KeyType: AES, Mgr: true, OSDs: 2}},
		{name: "release", in: Options{Release: "mimic"}, err: `no release called "mimic"`},
		{name: "too many mons", in: Options{Release: Reef, Mons: 6}, err: "6 mons; 1 to 5 are possible"},
		{name: "negative mons", in: Options{Release: Reef, Mons: -1}, err: "-1 mons"},
		{name: "too many OSDs", in: Options{Release: Reef, OSDs: 10}, err: "10 OSDs"},
		{name: "auth", in: Options{Release: Reef, Auth: "gss"}, err: `unknown authentication "gss"`},
		{name: "key type", in: Options{Release: Reef, KeyType: "des"}, err: `unknown key type "des"`},
		{name: "key type of another release", in: Options{Release: Reef, KeyType: AES256K}, err: "reef has no keys of type aes256k"},
		{name: "option name", in: Options{Release: Reef, Conf: map[string]string{"[mon]": ""}}, err: `option "[mon]"`},
		{name: "option value", in: Options{Release: Reef, Conf: map[string]string{"a": "1\nb = 2"}}, err: `option "a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.in.normalize()
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestReservedPortsAreExclusive(t *testing.T) {
	base, ip := t.TempDir(), netip.MustParseAddr("127.0.0.1")
	a, err := reservePorts(base, ip, 5)
	require.NoError(t, err)
	require.IsIncreasing(t, a.all)

	other, err := os.OpenFile(a.file.Name(), os.O_RDWR, 0)
	require.NoError(t, err)
	defer other.Close()
	require.Error(t, lockByte(other, int64(a.all[0])), "another open file in the same process is refused, too")
	a.release()
	require.NoError(t, lockByte(other, int64(a.all[0])))
}

func TestBusyPortIsNotBindable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	require.False(t, bindable(addr.Addr(), addr.Port()))
}

// outcome records how a test that calls Require would end.
type outcome struct {
	testing.TB
	failed, skipped string
}

func (o *outcome) Helper()           {}
func (o *outcome) Fatal(args ...any) { o.failed = args[0].(error).Error(); runtime.Goexit() }
func (o *outcome) Skip(args ...any)  { o.skipped = args[0].(error).Error(); runtime.Goexit() }

func TestRequire(t *testing.T) {
	outdated := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(outdated, "reef"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(outdated, "reef", ".stamp"), []byte("libmonclient ceph tree 0\n"), 0o600))
	const how = "run build/install-ceph.sh reef"
	tests := []struct {
		name, dir, ci, real string
		fails               bool
	}{
		{name: "at home", dir: t.TempDir()},
		{name: "in CI", dir: t.TempDir(), ci: "true", fails: true},
		{name: "on demand", dir: t.TempDir(), real: "require", fails: true},
		{name: "outdated tree", dir: outdated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("LIBMONCLIENT_CEPH_DIR", tt.dir)
			t.Setenv("CI", tt.ci)
			t.Setenv("LIBMONCLIENT_REAL", tt.real)
			var o outcome
			done := make(chan struct{})
			go func() {
				defer close(done)
				Require(&o, Reef)
			}()
			<-done
			if tt.fails {
				require.Contains(t, o.failed, how)
				require.Empty(t, o.skipped)
			} else {
				require.Contains(t, o.skipped, how)
				require.Empty(t, o.failed)
			}
		})
	}
}

func TestTreeIsFoundLikeTheInstallerFindsIt(t *testing.T) {
	t.Setenv("LIBMONCLIENT_CEPH_DIR", "")
	t.Setenv("XDG_CACHE_HOME", "/var/x")
	dir, err := root()
	require.NoError(t, err)
	require.Equal(t, "/var/x/libmonclient/ceph", dir)
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "/home/h")
	dir, err = root()
	require.NoError(t, err)
	require.Equal(t, "/home/h/.cache/libmonclient/ceph", dir)
	_, err = Release("nautilus").Tree()
	require.ErrorContains(t, err, `no release called "nautilus"`)
}

func TestAdminSocketReplies(t *testing.T) {
	frame := func(n uint32, text string) []byte { return append(binary.BigEndian.AppendUint32(nil, n), text...) }
	tests := []struct {
		name, want, err string
		reply           []byte
	}{
		{name: "answer", reply: frame(2, "{}"), want: "{}"},
		{name: "no answer", err: "EOF"},
		{name: "short head", reply: []byte{0, 0}, err: "unexpected EOF"},
		{name: "short body", reply: frame(3, "{}"), err: "unexpected EOF"},
		{name: "absurd length", reply: frame(1<<31, "{}"), err: "reply of 2147483648 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			l, err := net.Listen("unix", path)
			require.NoError(t, err)
			defer l.Close()
			request := make(chan string, 1)
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				buf := make([]byte, 256)
				n, _ := conn.Read(buf)
				request <- string(buf[:n])
				_, _ = conn.Write(tt.reply)
			}()
			got, err := admin(t.Context(), path, map[string]any{"prefix": "mon_status"})
			sent, ended := strings.CutSuffix(<-request, "\x00")
			require.True(t, ended, "a zero byte ends the request")
			require.JSONEq(t, `{"prefix":"mon_status"}`, sent)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
}

func TestAdminSocketEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path) // nobody accepts
	require.NoError(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = admin(ctx, path, map[string]any{"prefix": "mon_status"})
	require.Error(t, err)
}

func TestShellQuote(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+shellQuote(`a 'b' "$c"`)).Output()
	require.NoError(t, err)
	require.Equal(t, `a 'b' "$c"`, string(out))
}

func TestMonAddrs(t *testing.T) {
	m := Mon{Name: "a", V2: netip.MustParseAddrPort("[::1]:15000")}
	require.Equal(t, "[v2:[::1]:15000]", m.Addrs())
	m.V1 = netip.MustParseAddrPort("[::1]:15001")
	require.Equal(t, "[v2:[::1]:15000,v1:[::1]:15001]", m.Addrs())
}

func TestLastLines(t *testing.T) {
	require.Equal(t, "b\nc", lastLines([]byte("a\nb\nc\n"), 2))
	require.Equal(t, "a", lastLines([]byte("a"), 2))
	require.Empty(t, lastLines(nil, 2))
}
