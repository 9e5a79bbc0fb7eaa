//go:build linux

package examples

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// quorum starts embedded monitors and returns the path of their ceph.conf.
func quorum(t *testing.T, mons int) (*montest.Cluster, string) {
	t.Helper()
	return cluster(t, montest.Options{Mons: mons})
}

// managedQuorum has managers as well, x and y.
func managedQuorum(t *testing.T, mons int) (*montest.Cluster, string) {
	t.Helper()
	return cluster(t, montest.Options{Mons: mons, Mgrs: 2})
}

func cluster(t *testing.T, o montest.Options) (*montest.Cluster, string) {
	t.Helper()
	o.TCP = true
	c := montest.Start(t, o)
	conf, err := c.WriteConf(t.TempDir())
	require.NoError(t, err)
	return c, conf
}

// watchers are the programs that follow maps.
var watchers = []string{"watch_callbacks", "watch_epoll", "watch_cpp"}

func TestHelp(t *testing.T) {
	p := Build(t, Sanitized)
	for _, name := range Names {
		for _, arg := range []string{"-h", "--help"} {
			r := p.Run(t, "/nonexistent", name, arg)
			require.Zero(t, r.Code, r)
			require.True(t, strings.HasPrefix(r.Stdout, "Usage: "+name+" "), r)
			require.Contains(t, r.Stdout, "-k ", "it tells of Ceph's options")
			require.Empty(t, r.Stderr)
		}
	}
}

func TestBadUsage(t *testing.T) {
	p := Build(t, Sanitized)
	_, conf := quorum(t, 1)
	for _, test := range []struct{ args, want string }{
		{"status x", "-h helps"},
		{"command", "-h helps"},
		{"command -t 0 status", "-t: 0 is no number"},
		{"command -t soon status", "-t: soon is no number"},
		{"command -x status", "invalid option"},
		{"command -i /nonexistent status", "/nonexistent: No such file"},
		{"at_most_once", "-h helps"},
		{"at_most_once a b", "-h helps"},
		{"command_async", "-h helps"},
		{"command_async -r 0 status", "-h helps"},
		{"watch_callbacks nosuchmap", "nosuchmap: "},
		{"watch_epoll nosuchmap", "nosuchmap: "},
		{"watch_cpp nosuchmap", "nosuchmap"},
		{"tell", "-h helps"},
		{"tell mon.a", "-h helps"},
		{"tell -t 0 mon.a version", "-t: 0 is no number"},
		{"tell who version", `"who"`},
		{"tell mon.q version", "no such monitor: mon.q"},
		{"watch_values nosuchmap", "nosuchmap: "},
		{"watch_values -x", "invalid option"},
		{"osdmap -x", "invalid option"},
		{"osdmap -p nosuchpool", `has no pool "nosuchpool"`},
		{"osdmap 4711", "has no osd.4711"},
		{"osdmap first", "first is no id"},
		{"osdmap -d /nonexistent", "/nonexistent: No such file"},
		{"osdmap -d /dev/null", "/dev/null: data"},
		{"cluster x", "-h helps"},
		{"cluster -b here", `"here" is no IP address`},
		{"cluster -u here", `"here" is no IP address`},
		{"command_cpp", "-h helps"},
		{"ask_cpp -p", "-h helps"},
		{"ask_cpp osd tre", `no command "osd tre"`},
		{"dlopen x", "-h helps"},
		{"dlopen --library /nonexistent.so", "/nonexistent.so: cannot open"},
		{"dlopen --library libc.so.6", "undefined symbol: monclient_"},
		{"status --client-mount-timeout never", "client_mount_timeout"},
		{"status -k", "lacks a value"},
		{"command_cpp -c /nonexistent status", "/nonexistent"},
		{"status -c /nonexistent", "/nonexistent"},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := strings.Fields(test.args)
			if args[0] == "dlopen" && args[1] != "--library" {
				args = slices.Insert(args, 1, "--library", p.Library)
			}
			r := p.Run(t, conf, args[0], args[1:]...)
			require.Equal(t, 1, r.Code, r)
			require.Contains(t, r.Stderr, test.want)
		})
	}
}

// Where the cluster is can be said in a file, in the environment, and in arguments.
func TestConfiguration(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 1)
	keyring := filepath.Join(filepath.Dir(conf), "keyring")
	if text, err := os.ReadFile(conf); err == nil {
		if m := regexp.MustCompile(`keyring = (\S+)`).FindSubmatch(text); m != nil {
			keyring = string(m[1])
		}
	}
	fsid := c.MonMap().FSID.String()
	for _, name := range []string{"status", "command_cpp"} {
		var command []string
		if name == "command_cpp" {
			command = []string{"status"}
		}
		for _, args := range [][]string{{"-c", conf}, {"-m", c.MonHost(), "-k", keyring, "-n", "client.admin"}} {
			r := p.Run(t, "", name, append(args, command...)...)
			require.Zero(t, r.Code, r)
			require.Contains(t, r.Stdout, fsid)
		}
		r := p.Run(t, "", name, command...)
		require.Equal(t, 1, r.Code, r)
		require.Contains(t, r.Stderr, "/etc/ceph/ceph.conf", "it says where it has looked")
	}
}

func TestStatus(t *testing.T) {
	for _, v := range []Variant{Installed, Sanitized} {
		p := Build(t, v)
		c, conf := quorum(t, 3)
		c.HandleCommand("status", func(cmd montest.Command) montest.Result {
			require.Equal(t, "plain", cmd.Format)
			return montest.Result{Output: []byte("all is well\n"), Status: "for people"}
		})
		r := p.Run(t, conf, "status")
		require.Equal(t, Result{Stdout: "all is well\n", Stderr: "for people\n"}, r)
	}
}

func TestCommand(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	arrived := make(chan montest.Command, 8)
	c.HandleCommand("echo", func(cmd montest.Command) montest.Result {
		arrived <- cmd
		return montest.Result{Output: cmd.Input}
	})
	input := filepath.Join(t.TempDir(), "input")
	binary := strings.Repeat("from\x00a file\n", 10000)
	require.NoError(t, os.WriteFile(input, []byte(binary), 0o600))

	r := p.Run(t, conf, "command", "echo", `text=a "b" \ ü`, "equation=a=b", "n:=[1, true]", "empty=", "-i", input)
	require.Equal(t, Result{Stdout: binary}, r)
	require.Equal(t, map[string]any{
		"prefix": "echo", "text": `a "b" \ ü`, "equation": "a=b", "n": []any{1.0, true}, "empty": "",
	}, withoutJSONNumbers(receive(t, arrived).Args))

	r = p.Run(t, conf, "command", `{"prefix": "echo", "n": 1}`, "-f", "json")
	require.Zero(t, r.Code, r)
	require.Empty(t, receive(t, arrived).Format, "JSON is sent as it is")

	q := p.Start(t, conf, "command", "-i", "-", "echo", "-f", "json")
	_, err := q.Stdin.Write([]byte(`{"a": 1}`))
	require.NoError(t, err)
	require.NoError(t, q.Stdin.Close())
	require.Equal(t, Result{Stdout: "\n" + `{"a": 1}`}, q.Wait())
	require.Equal(t, "json", receive(t, arrived).Format)

	c.HandleCommand("refuse", func(montest.Command) montest.Result { return montest.Fail(2, "no %s here", "such thing") })
	for _, name := range []string{"command", "command_cpp"} {
		r = p.Run(t, conf, name, "refuse")
		require.Equal(t, 2, r.Code, r)
		require.Contains(t, r.Stderr, "no such thing here")
	}

	r = p.Run(t, conf, "command_cpp", "-v", `{"prefix": "echo"}`, "refuse", "mon stat", "echo")
	require.Equal(t, 2, r.Code, r)
	require.Contains(t, r.Stdout, "quorum", "the answer after the refusal")
	require.Contains(t, r.Stderr, "with mon.")
}

// withoutJSONNumbers turns numbers of whatever type into float64.
func withoutJSONNumbers(m map[string]any) map[string]any {
	for k, v := range m {
		if s, ok := v.([]any); ok {
			for i := range s {
				if n, ok := s[i].(fmt.Stringer); ok {
					var f float64
					_, _ = fmt.Sscan(n.String(), &f)
					s[i] = f
				}
			}
			m[k] = s
		}
	}
	return m
}

func TestCommandTimesOut(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 1)
	mute(t, c, "status")
	r := p.Run(t, conf, "command", "-t", "0.1", "status")
	require.Equal(t, 1, r.Code, r)
	require.NotEmpty(t, r.Stderr)
	for _, call := range [][]string{{"status"}, {"command", "status"}, {"command_cpp", "status"}} {
		t.Run(call[0], func(t *testing.T) {
			t.Parallel()
			r := p.Run(t, conf, call[0], append(call[1:], "--rados-mon-op-timeout", "1")...)
			require.Equal(t, 1, r.Code, r)
			require.Contains(t, r.Stderr, "timed out")
		})
	}
}

func TestCommandAsync(t *testing.T) {
	p := Build(t, Sanitized)
	_, conf := quorum(t, 3)
	r := p.Run(t, conf, "command_async", "mon stat", `{"prefix": "osd tree", "format": "json"}`)
	require.Zero(t, r.Code, r)
	require.Contains(t, r.Stdout, "quorum")
	require.Contains(t, r.Stdout, `{"nodes":`)
	require.Equal(t, "2 answered, 0 refused, 0 without an answer\n", r.Stderr)

	r = p.Run(t, conf, "command_async", "-q", "-r", "200", "mon stat", "nonsense")
	require.Equal(t, 1, r.Code, r)
	require.Empty(t, r.Stdout)
	require.Equal(t, "200 answered, 200 refused, 0 without an answer\n", r.Stderr)

	t.Run("time is up", func(t *testing.T) {
		c, conf := quorum(t, 3)
		mute(t, c, "mon stat")
		r := p.Run(t, conf, "command_async", "-t", "0.2", "-r", "100", "mon stat")
		require.Equal(t, 1, r.Code, r)
		require.Contains(t, r.Stderr, "\n0 answered, 0 refused, 100 without an answer\n")
		require.Equal(t, 100, strings.Count(r.Stderr, `{"prefix": "mon stat"}: `))
	})
	t.Run("interrupted", func(t *testing.T) {
		c, conf := quorum(t, 1)
		arrived := mute(t, c, "mon stat")
		q := p.Start(t, conf, "command_async", "-r", "100", "mon stat")
		receive(t, arrived)
		q.Signal(syscall.SIGINT)
		r := q.Wait()
		require.Equal(t, 130, r.Code, r)
		require.Contains(t, r.Stderr, "0 answered, 0 refused, 100 without an answer\n")
	})
}

func TestAtMostOnce(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	written := func(text string) (n int) {
		for _, e := range c.LogEntries() {
			if e.Channel == "cluster" && e.Message == text {
				n++
			}
		}
		return n
	}
	const text = `a "line" \ of ü`
	require.Equal(t, Result{}, p.Run(t, conf, "at_most_once", text))
	require.Equal(t, 1, written(text))

	t.Run("refused", func(t *testing.T) {
		c, conf := quorum(t, 1)
		c.HandleCommand("log", func(montest.Command) montest.Result { return montest.Fail(13, "access denied") })
		r := p.Run(t, conf, "at_most_once", "text")
		require.Equal(t, Result{Stderr: "Error permission denied: access denied\n", Code: 13}, r)
	})
	t.Run("session lost", func(t *testing.T) {
		c, conf := quorum(t, 3)
		arrived := mute(t, c, "log")
		q := p.Start(t, conf, "at_most_once", "text")
		receive(t, arrived)
		for _, m := range c.Mons() {
			m.DropClients()
		}
		r := q.Wait()
		require.Equal(t, 75, r.Code, r)
		require.Contains(t, r.Stderr, "session lost: mon.")
		require.Contains(t, r.Stderr, "it may have been written")
	})
	t.Run("time is up", func(t *testing.T) {
		c, conf := quorum(t, 1)
		mute(t, c, "log")
		r := p.Run(t, conf, "at_most_once", "text", "--rados-mon-op-timeout", "1")
		require.Equal(t, 75, r.Code, r)
		require.Contains(t, r.Stderr, "timed out")
	})
}

// The watchers tell of standby sessions.
func TestWatchWithStandbys(t *testing.T) {
	p := Build(t, Sanitized)
	for _, name := range watchers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, conf := quorum(t, 2)
			q := p.Start(t, conf, name, "--monclient-standby-sessions", "1", "osdmap")
			m := standsBy.FindStringSubmatch(q.AwaitText(" stands by"))
			require.NotNil(t, m)
			standby := m[1]
			require.NotEqual(t, standby, mon(q.AwaitText("session: with mon.")))
			c.Mon(standby).DropClients()
			q.AwaitText("mon." + standby + " stands by no more")
			q.Signal(syscall.SIGINT)
			require.Equal(t, 130, q.Wait().Code)
		})
	}
}

var standsBy = regexp.MustCompile(`session: mon\.([ab]) at \S+ stands by`)

// receive waits for something that must come.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.Fail(t, "nothing came")
		panic("unreachable")
	}
}

// mute leaves commands of a prefix without an answer until the test ends, and tells of the first one.
func mute(t *testing.T, c *montest.Cluster, prefix string) (arrived <-chan struct{}) {
	first := make(chan struct{}, 1)
	c.HandleCommand(prefix, func(montest.Command) montest.Result {
		select {
		case first <- struct{}{}:
		default:
		}
		<-t.Context().Done()
		return montest.Fail(5, "the test is over")
	})
	return first
}

// define finds what a header defines.
var define = regexp.MustCompile(`(?m)^#\s*define\b`)

var connectedTo = regexp.MustCompile(`(?:with|moved to) mon\.([abc]) at`)

// mon returns the monitor that a watcher said it was with last, "" if there is none.
func mon(stdout string) string {
	all := connectedTo.FindAllStringSubmatch(stdout, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// A watcher prints each epoch once, over the death of its monitor, and ends with Ctrl-C.
func TestWatch(t *testing.T) {
	for _, v := range []Variant{Sanitized, Installed} {
		for _, name := range watchers {
			t.Run(string(v)+"/"+name, func(t *testing.T) {
				t.Parallel()
				p := Build(t, v)
				c, conf := quorum(t, 3)
				c.SetConfig("client", "debug_ms", "1")
				q := p.Start(t, conf, name, "osdmap", "monmap", "config")
				for _, text := range []string{"osdmap e1: full", "monmap e1: full", "debug_ms"} {
					if name == "watch_cpp" && text == "debug_ms" {
						text = "config e"
					}
					q.AwaitText(text)
				}
				require.NoError(t, c.Advance("osdmap", 2))
				q.AwaitText("osdmap e3: incremental")

				victim := mon(q.AwaitText("session: with mon."))
				c.Mon(victim).Kill()
				q.AwaitText("session: lost mon." + victim)
				q.AwaitText("session: moved to mon.")
				require.NoError(t, c.Advance("osdmap", 1))
				stdout := q.AwaitText("osdmap e4: incremental")
				for epoch := 2; epoch <= 4; epoch++ {
					require.Equal(t, 1, strings.Count(stdout, fmt.Sprintf("osdmap e%d:", epoch)), stdout)
				}
				q.Signal(syscall.SIGINT)
				r := q.Wait()
				require.Equal(t, 130, r.Code, r)
				require.Empty(t, r.Stderr)
			})
		}
	}
}

func TestWatchEndsWithSIGTERM(t *testing.T) {
	p := Build(t, Sanitized)
	_, conf := quorum(t, 1)
	for _, name := range watchers {
		q := p.Start(t, conf, name)
		for _, text := range []string{"monmap e", "osdmap e", "mgrmap e"} {
			q.AwaitText(text)
		}
		q.Signal(syscall.SIGTERM)
		r := q.Wait()
		require.Equal(t, 143, r.Code, r)
	}
}

// The loop of watch_epoll has commands come in and answers go out between events, until the input ends, and after.
func TestEpollSendsWhatIsTyped(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	q := p.Start(t, conf, "watch_epoll", "osdmap")
	_, err := q.Stdin.Write([]byte("early\n"))
	require.NoError(t, err)
	q.AwaitText("osdmap e1")
	_, err = q.Stdin.Write([]byte("mon stat\nnonsense\n" + `{"prefix": "osd tree", "format": "json"}` + "\n"))
	require.NoError(t, err)
	q.AwaitText("quorum")
	q.AwaitText(`{"nodes":`)
	q.AwaitError("command not known")
	require.NoError(t, q.Stdin.Close())
	require.NoError(t, c.Advance("osdmap", 1))
	q.AwaitText("osdmap e2")
	q.Signal(syscall.SIGINT)
	require.Equal(t, 130, q.Wait().Code)
}

func TestDlopen(t *testing.T) {
	for _, v := range []Variant{Installed, Sanitized} {
		p := Build(t, v)
		_, conf := quorum(t, 1)
		r := p.Run(t, conf, "dlopen") // by its soname
		require.Zero(t, r.Code, r)
		require.Regexp(t, `^libmonclient \d+\.\d+\.\d+: .*queue.*\nHEALTH_`, r.Stdout)
		require.Equal(t, r, p.Run(t, conf, "dlopen", "--library", p.Library))
	}
}

// calls are one of each example that would succeed if there were monitors.
var calls = [][]string{
	{"status"}, {"command", "status"}, {"at_most_once", "text"}, {"command_async", "status"}, {"command_cpp", "status"}, {"dlopen"},
	{"watch_callbacks"}, {"watch_epoll"}, {"watch_cpp"}, {"watch_values"}, {"osdmap"}, {"tell", "mon.a", "version"}, {"cluster"}, {"ask_cpp"},
}

func TestNobodyListens(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	for _, m := range c.Mons() {
		m.Kill()
	}
	for _, call := range calls {
		t.Run(call[0], func(t *testing.T) {
			t.Parallel()
			r := p.Run(t, conf, call[0], append(call[1:], "--client-mount-timeout", "1")...)
			require.Equal(t, 1, r.Code, r)
			for _, m := range c.Mons() {
				require.Contains(t, r.Stderr, fmt.Sprint(m.Addr().Port), "the text names every monitor")
			}
			require.Contains(t, r.Stderr, "refused")
		})
	}
}

func TestWrongKey(t *testing.T) {
	p := Build(t, Sanitized)
	c, conf := quorum(t, 3)
	wrong, err := c.AddEntity("client.other", map[string]string{"mon": "allow r"})
	require.NoError(t, err)
	keyring := filepath.Join(t.TempDir(), "keyring")
	secret := wrong.Reveal()
	require.NoError(t, os.WriteFile(keyring, []byte("[client.admin]\n\tkey = "+secret+"\n"), 0o600))
	for _, call := range calls {
		r := p.Run(t, conf, call[0], append(call[1:], "-k", keyring)...)
		require.Equal(t, 1, r.Code, r)
		require.Contains(t, r.Stderr, "authentication rejected")
		require.NotContains(t, r.Stderr+r.Stdout, secret)
	}
}

// While nothing answers, Ctrl-C ends every program at once.
func TestInterruptedWhileConnecting(t *testing.T) {
	p := Build(t, Sanitized)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	accepted := make(chan net.Conn, 64)
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	keyring := filepath.Join(t.TempDir(), "keyring")
	require.NoError(t, os.WriteFile(keyring, []byte("[client.admin]\n\tkey = AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==\n"), 0o600))
	for _, call := range calls {
		q := p.Start(t, "", call[0], append(call[1:], "-m", "v2:"+silent.Addr().String(), "-k", keyring, "-c", "/dev/null")...)
		c := receive(t, accepted)
		q.Signal(syscall.SIGINT)
		r := q.Wait()
		require.Contains(t, []int{130, -int(syscall.SIGINT)}, r.Code, r) // a shell says 130 of both
		require.NoError(t, c.Close())
	}
	require.NoError(t, silent.Close())
	for c := range accepted {
		require.NoError(t, c.Close())
	}
}
