//go:build linux

package examples

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every example under memcheck, from its beginning to its end: no access that is not its own. Leaks are AddressSanitizer's to
// find, in the other tests: memcheck's search for them does not understand what Go tells it of its heap.
func TestValgrind(t *testing.T) {
	require.NoError(t, run(`. build/host.sh && need valgrind valgrind libc6-dbg && build/lib.sh valgrind`, ""))
	p := Build(t, Installed)
	library := filepath.Join(module(), "lib", "valgrind")
	p.env = []string{"LD_LIBRARY_PATH=" + library}
	wrapped := t.TempDir()
	valgrind := "#!/bin/sh\nexec valgrind --tool=memcheck --quiet --error-exitcode=97 --num-callers=30 --max-threads=2000 --leak-check=no " +
		"--suppressions='" + filepath.Join(module(), "build", "lib", "valgrind.supp") + "' " +
		"--suppressions='" + filepath.Join(module(), "test", "examples", "testdata", "signals.supp") + "' --log-file='" + wrapped + "/log' '"
	for _, name := range Names {
		require.NoError(t, os.WriteFile(filepath.Join(wrapped, name), []byte(valgrind+filepath.Join(p.Dir, name)+"' \"$@\"\n"), 0o700))
	}
	p.Dir = wrapped
	for _, tt := range []struct {
		name  string
		args  []string
		await string // then it is interrupted
	}{
		{"status", nil, ""},
		{"command", []string{"osd", "tree", "-f", "json"}, ""},
		{"at_most_once", []string{"under memcheck"}, ""},
		{"command_async", []string{"-r", "50", "fsid"}, ""},
		{"command_cpp", []string{"fsid"}, ""},
		{"dlopen", []string{"--library", filepath.Join(library, "libmonclient.so.0")}, ""},
		{"watch_callbacks", []string{"osdmap"}, "osdmap e1"},
		{"watch_epoll", []string{"osdmap"}, "osdmap e1"},
		{"watch_cpp", []string{"osdmap"}, "osdmap e1"},
		{"watch_values", []string{"osdmap", "log-info"}, "osdmap 1: "},
		{"osdmap", []string{"-j"}, ""},
		{"tell", []string{"mon.*", "version"}, ""},
		{"cluster", []string{"-p", "books", "-b", "10.0.0.5:0/77"}, ""},
		{"ask_cpp", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, conf := quorum(t, 1)
			q := p.Start(t, conf, tt.name, tt.args...)
			if tt.await != "" {
				q.AwaitText(tt.await)
				q.Signal(syscall.SIGINT)
			} else {
				require.NoError(t, q.Stdin.Close())
			}
			r := q.Wait()
			said, err := os.ReadFile(filepath.Join(wrapped, "log"))
			require.NoError(t, err)
			want := 0
			if tt.await != "" {
				want = 130
			}
			require.Equal(t, want, r.Code, "%v\nvalgrind says: %s", r, said) // 97: it complains
		})
	}
}
