package integration

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

//go:embed librados_errno.py
var libradosErrnoScript []byte

// brief is the limit of what never ends, for librados and for us.
const brief = time.Second

// wrong is something that is wrong: as librados is told it, and as we are. What both come to has one errno.
type wrong struct {
	name   string
	theirs wrongly
	ours   func(*wrongSide) error
	errno  denc.Errno
	says   string     // what our error says of it
	own    denc.Errno // ours, where it is another one
}

// wrongly is what librados is asked to do.
type wrongly struct {
	ID   int            `json:"id"`
	Do   string         `json:"do"`
	Name string         `json:"name"`
	Conf map[string]any `json:"conf"`
	Args []any          `json:"args"`
}

// wrongSide is what our side has.
type wrongSide struct {
	env
	ctx     context.Context
	clients map[string]*monclient.Client
}

// conf reads the cluster's configuration, with more options.
func (w *wrongSide) conf(name string, options map[string]any) (*cephconf.Config, error) {
	conf := cephconf.New(cephconf.System{})
	if _, err := conf.Load([]string{"--conf", w.ConfPath, "--name", name}); err != nil {
		return nil, err
	}
	for option, value := range options {
		if err := conf.Set(option, value.(string)); err != nil {
			return nil, err
		}
	}
	return conf, nil
}

// config returns what the configuration comes to.
func (w *wrongSide) config(name string, options map[string]any) (cfg monclient.Config, err error) {
	conf, err := w.conf(name, options)
	if err != nil {
		return cfg, err
	}
	return monclient.FromConf(w.ctx, conf)
}

// connects is a client that is not to come about.
func connects(name string, options map[string]any) func(*wrongSide) error {
	return func(w *wrongSide) error {
		cfg, err := w.config(name, options)
		if err != nil {
			return err
		}
		c, err := monclient.Connect(w.ctx, cfg)
		if err == nil {
			err = c.Close()
		}
		return err
	}
}

// commands returns what a command comes to.
func commands(name string, cmd monclient.Command) func(*wrongSide) error {
	return func(w *wrongSide) error {
		reply, err := w.clients[name].Command(w.ctx, cmd)
		if err != nil {
			return err
		}
		return reply.Err()
	}
}

// briefly ends what never ends.
func briefly(run func(*wrongSide) error) func(*wrongSide) error {
	return func(w *wrongSide) error {
		ctx, cancel := context.WithTimeout(w.ctx, brief)
		defer cancel()
		return run(&wrongSide{w.env, ctx, w.clients})
	}
}

// raw is a command in pieces.
func raw(target string, pieces ...string) monclient.Command {
	return monclient.Command{Target: target, JSON: append([]string{}, pieces...)}
}

// TestErrnos does what is wrong, by librados and by us: both say it with the same errno.
func TestErrnos(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			t.Parallel()
			clusters <- struct{}{}
			t.Cleanup(func() { <-clusters })
			o := realceph.Options{Release: rel, Mons: 2, Conf: map[string]string{"paxos_propose_interval": "0.05"}}
			testErrnos(t, env{realceph.StartT(t, o), o})
		})
	}
}

func testErrnos(t *testing.T, e env) {
	w := &wrongSide{e, deadline(t), make(map[string]*monclient.Client)}
	for name, caps := range map[string]map[string]string{
		"client.reader": {"mon": "allow r"},
		"client.single": {"mon": `allow command "version"`},
		"client.less":   {"osd": "allow r"},
	} {
		_, err := e.AddClient(deadline(t), name, "", caps)
		require.NoError(t, err)
	}
	broken := filepath.Join(t.TempDir(), "broken.conf")
	require.NoError(t, os.WriteFile(broken, []byte("[global\nfoo\n"), 0o600))
	list := wrongs(t, e, broken)
	for _, name := range []string{"client.admin", "client.reader", "client.single"} {
		w.clients[name] = connect(t, e.configAs(t, name))
	}

	answers := libradosErrs(t, e, broken, list)
	ours := make([]error, len(list))
	var all sync.WaitGroup
	for i, tt := range list {
		all.Go(func() { ours[i] = tt.ours(w) })
	}
	all.Wait()
	for i, a := range answers() {
		tt, err := list[i], ours[i]
		t.Run(tt.name, func(t *testing.T) {
			t.Logf("librados %v %q, we %v", denc.ErrnoOf(a.Ret), a.Says, err)
			require.Error(t, err)
			require.Equal(t, tt.errno, denc.ErrnoOf(a.Ret), "librados")
			if tt.own != 0 {
				tt.errno = tt.own
			}
			require.Equal(t, tt.errno, monclient.Errno(err))
			require.ErrorContains(t, err, tt.says)
			var refused *monclient.CommandError
			if errors.As(err, &refused) {
				require.Equal(t, a.Says, refused.Status)
			}
		})
	}
}

// wrongAnswer is what librados has returned.
type wrongAnswer struct {
	ID   int    `json:"id"`
	Ret  int32  `json:"ret"`
	Says string `json:"says"`
}

// libradosErrs has librados do all at once. The function that it returns waits for what it has come to.
func libradosErrs(t *testing.T, e env, broken string, list []wrong) (answers func() []wrongAnswer) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "librados_errno.py")
	require.NoError(t, os.WriteFile(script, libradosErrnoScript, 0o600))
	cmd, err := e.Release.Command(deadline(t), "python3", script, e.ConfPath, broken)
	require.NoError(t, err)
	var in, stdout, stderr bytes.Buffer
	for i, tt := range list {
		tt.theirs.ID = i
		if tt.theirs.Name == "" && tt.theirs.Do != "connect" {
			tt.theirs.Name = "client.admin"
		}
		require.NoError(t, json.NewEncoder(&in).Encode(tt.theirs))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &stdout, &stderr
	wait := startThread(cmd)
	return func() []wrongAnswer {
		require.NoError(t, wait(), "%s", &stderr)
		all := make([]wrongAnswer, len(list))
		seen := 0
		for line := range bytes.Lines(stdout.Bytes()) {
			if !bytes.HasPrefix(line, []byte(`{"id"`)) {
				continue // librados says things, too
			}
			var a wrongAnswer
			require.NoError(t, json.Unmarshal(line, &a))
			all[a.ID] = a
			seen++
		}
		require.Equal(t, len(list), seen, "%s", &stderr)
		return all
	}
}

// wrongs are what is done: beside them, TestTell has single monitors, TestPools pools, addresses and the blocklist, TestMgr
// managers, and "readonly" of TestReleases commands.
func wrongs(t *testing.T, e env, broken string) []wrong {
	t.Helper()
	const admin, reader, single = "client.admin", "client.reader", "client.single"
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	key := loadKey(t, e.KeyringPath, denc.EntityName{Type: denc.EntityClient, ID: "admin"}).Reveal()
	secret, err := base64.StdEncoding.DecodeString(key)
	require.NoError(t, err)
	secret[len(secret)-1]++
	other := base64.StdEncoding.EncodeToString(secret)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
	type options = map[string]any
	limited := options{"rados_mon_op_timeout": fmt.Sprint(brief.Seconds())}

	connecting := func(name, entity string, errno denc.Errno, says string, o options) wrong {
		return wrong{name, wrongly{Do: "connect", Name: entity, Conf: o}, connects(entity, o), errno, says, 0}
	}
	differing := func(tt wrong, own denc.Errno) wrong { tt.own = own; return tt }
	// What is no key, librados of Tentacle takes for no key at all, and looks no further. We say what is wrong with it.
	badKey, badKeyring := denc.EINVAL, denc.EIO
	if e.Release == realceph.Tentacle {
		badKey, badKeyring = denc.ENOENT, denc.ENOENT
	}
	list := []wrong{
		// Who one is.
		connecting("a wrong key", admin, denc.EACCES, "rejected", options{"keyring": file("other", "[client.admin]\nkey = "+other+"\n")}),
		connecting("a wrong key as an option", admin, denc.EACCES, "rejected", options{"key": other}),
		connecting("an unknown entity", "client.nobody", denc.EACCES, "rejected", options{"keyring": file("nobody", "[client.nobody]\nkey = "+key+"\n")}),
		connecting("no capabilities for monitors", "client.less", denc.EACCES, "rejected", nil),
		connecting("another's keyring", "client.nobody", denc.EACCES, "client.nobody", options{"keyring": e.KeyringPath}),
		connecting("no keyring", admin, denc.ENOENT, "/nonexistent/keyring", options{"keyring": "/nonexistent/keyring", "auth_client_required": "cephx"}),
		connecting("no key", admin, denc.EACCES, "rejected", options{"keyring": "/nonexistent/keyring", "auth_client_required": "none"}),
		connecting("no entity", "client", denc.EINVAL, "client", nil),
		connecting("no name", "", denc.EINVAL, "name", nil),
		differing(connecting("a key that is none", admin, badKey, "key", options{"key": "nonsense"}), denc.EINVAL),
		differing(connecting("a keyring that is none", admin, badKeyring, "bad.keyring:1",
			options{"keyring": file("bad.keyring", "[client.admin\nfoo\n")}), denc.EIO),
		differing(connecting("a keyring with a key that is none", admin, badKeyring, "badkey.keyring:2",
			options{"keyring": file("badkey.keyring", "[client.admin]\nkey = nonsense\n")}), denc.EINVAL),
		// Where the monitors are.
		differing(connecting("a monmap that is none", admin, denc.EINVAL, "bad.monmap", options{"monmap": file("bad.monmap", "nonsense")}), denc.EPROTO),
		connecting("no monitors", admin, denc.ENOENT, "mon_host", options{"mon_host": "", "mon_dns_srv_name": ""}),
		connecting("monitors that make no sense", admin, denc.EINVAL, "mon_host", options{"mon_host": "::no such host::"}),
		connecting("no such host", admin, denc.EINVAL, "no-such-host.invalid", options{"mon_host": "no-such-host.invalid"}),
		connecting("no such monmap", admin, denc.ENOENT, "/nonexistent/monmap", options{"monmap": "/nonexistent/monmap"}),
		connecting("monitors that do not answer", admin, denc.ETIMEDOUT, silent.Addr().String(),
			options{"mon_host": "v2:" + silent.Addr().String(), "client_mount_timeout": "1"}),
		// Options.
		connecting("an unknown option", admin, denc.ENOENT, "nosuch", options{"nosuch": "1"}),
		connecting("a time that is none", admin, denc.EINVAL, "client_mount_timeout", options{"client_mount_timeout": "soon"}),
		{"no such configuration", wrongly{Do: "conf_read_file", Args: []any{"/nonexistent/ceph.conf"}}, func(*wrongSide) error {
			return cephconf.New(cephconf.System{}).ReadFile("/nonexistent/ceph.conf")
		}, denc.ENOENT, "/nonexistent/ceph.conf", 0},
		{"a broken configuration", wrongly{Do: "broken_file"}, func(*wrongSide) error {
			return cephconf.New(cephconf.System{}).ReadFile(broken)
		}, denc.EINVAL, broken, 0},
		{"an option to read that is not there", wrongly{Do: "conf_get", Args: []any{"nosuch"}}, func(w *wrongSide) error {
			conf, err := w.conf(admin, nil)
			if err != nil {
				return nil
			}
			_, err = conf.Get("nosuch")
			return err
		}, denc.ENOENT, "nosuch", 0},
	}

	// NULL for a level ends librados' process.
	for _, level := range []string{"nosuch", "", "info "} {
		for _, do := range []string{"log", "log2"} {
			list = append(list, wrong{fmt.Sprintf("%s at level %q", do, level), wrongly{Do: do, Args: []any{level}}, func(*wrongSide) error {
				_, err := monclient.ParseLogLevel(level)
				return err
			}, denc.EINVAL, fmt.Sprintf("%q", level), 0})
		}
	}

	for _, mon := range []struct {
		name  any
		errno denc.Errno
	}{{"nosuch", denc.ENOENT}, {"mon.a", denc.ENOENT}, {"", denc.EINVAL}, {nil, denc.EINVAL}} {
		name, _ := mon.name.(string)
		says := "empty"
		if name != "" {
			says = "mon." + name
		}
		list = append(list,
			wrong{fmt.Sprintf("ping %#v", mon.name), wrongly{Do: "ping", Args: []any{mon.name}}, func(w *wrongSide) error {
				_, err := w.clients[admin].Ping(w.ctx, name)
				return err
			}, mon.errno, says, 0},
			wrong{fmt.Sprintf("ping %#v without a client", mon.name), wrongly{Do: "ping_unconnected", Args: []any{mon.name}}, func(w *wrongSide) error {
				cfg, err := w.config(admin, nil)
				if err == nil {
					_, err = monclient.Ping(w.ctx, cfg, name)
				}
				return err
			}, mon.errno, says, 0})
	}

	pieces := func(parts ...any) []any { return []any{append([]any{}, parts...)} }
	for _, c := range []struct {
		name, as string
		do       string
		target   string // of librados
		ours     monclient.Command
		errno    denc.Errno
		says     string
	}{
		{"no command", admin, "command", "", raw(""), denc.EINVAL, "no command specified"},
		{"an empty command", admin, "command", "", raw("", ""), denc.EINVAL, "command"},
		{"no JSON", admin, "command", "", raw("", "osd tree"), denc.EINVAL, "osd tree"},
		{"no prefix", admin, "command", "", raw("", "{}"), denc.EINVAL, "prefix"},
		{"no such command", admin, "command", "", raw("", `{"prefix":"nosuch"}`), denc.EINVAL, "not known"},
		{"an argument that is missing", admin, "command", "", raw("", `{"prefix":"osd pool get"}`), denc.ENOENT, "pool"},
		{"a key that is not there", admin, "command", "", raw("", `{"prefix":"config-key get","key":"nosuch"}`), denc.ENOENT, ""},
		{"a command that writes, by who may read", reader, "command", "", raw("", `{"prefix":"osd set","key":"noout"}`), denc.EACCES, "access denied"},
		{"a command of keys, by who may read", reader, "command", "", raw("", `{"prefix":"auth ls"}`), denc.EACCES, "access denied"},
		{"another command than the one allowed", single, "command", "", raw("", `{"prefix":"mon dump"}`), denc.EACCES, "access denied"},
		{"a monitor of no such name", admin, "tell", "nosuch", raw("mon.nosuch", `{"prefix":"version"}`), denc.ENOENT, "mon.nosuch"},
		{"a monitor of no such rank", admin, "tell", "2", raw("mon.2", `{"prefix":"version"}`), denc.ENOENT, "mon.2"},
		{"what a monitor alone does not know", admin, "tell", "a", raw("mon.a", `{"prefix":"nosuch"}`), denc.EINVAL, ""},
		{"tell a monitor, by who may read", reader, "tell", "a", raw("mon.a", `{"prefix":"version"}`), denc.EACCES, "caps"},
		{"the manager, of which there is none", admin, "mgr", "", raw("mgr", `{"prefix":"pg stat"}`), denc.ETIMEDOUT, "no active manager"},
		{"a manager of a name, where there is none", admin, "tell_mgr", "x", raw("mgr.x", `{"prefix":"version"}`), denc.ETIMEDOUT, "no active manager"},
	} {
		args := []any{[]string{}}
		if len(c.ours.JSON) > 0 {
			args = pieces(c.ours.JSON[0])
		}
		if c.do == "tell" || c.do == "tell_mgr" {
			args = append(args, c.target)
		}
		tt := wrong{c.name, wrongly{Do: c.do, Name: c.as, Args: args}, commands(c.as, c.ours), c.errno, c.says, 0}
		if c.errno == denc.ETIMEDOUT {
			tt.theirs.Conf, tt.ours = limited, briefly(tt.ours)
		}
		list = append(list, tt)
	}

	list = append(list,
		// Monitors do not answer who may not know.
		wrong{"statistics, by who may not read", wrongly{Do: "stat", Name: single, Conf: limited}, briefly(func(w *wrongSide) error {
			_, err := w.clients[single].ClusterStats(w.ctx)
			return err
		}), denc.ETIMEDOUT, "statistics", 0},
		wrong{"a pool that is not there", wrongly{Do: "pool", Args: []any{"nosuch"}}, func(w *wrongSide) error {
			_, err := w.clients[admin].PoolID(w.ctx, "nosuch")
			return err
		}, denc.ENOENT, "nosuch", 0},
		wrong{"a pool without a name", wrongly{Do: "create_pool", Args: []any{""}}, func(w *wrongSide) error {
			_, err := w.clients[admin].CreatePool(w.ctx, "", monclient.PoolOptions{})
			return err
		}, denc.EINVAL, "name", 0},
		wrong{"a new pool, by who may read", wrongly{Do: "create_pool", Name: reader, Args: []any{"x"}}, func(w *wrongSide) error {
			_, err := w.clients[reader].CreatePool(w.ctx, "x", monclient.PoolOptions{})
			return err
		}, denc.EPERM, `"mon" does not allow "w" on "osd"`, 0},
		wrong{"an address that is none", wrongly{Do: "blocklist", Args: []any{"nosuch"}}, func(w *wrongSide) error {
			return w.clients[admin].BlocklistAdd(w.ctx, "nosuch", time.Minute)
		}, denc.EINVAL, "nosuch", 0},
	)
	return list
}
