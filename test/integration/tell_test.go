package integration

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// TestTell asks single monitors, beside librados.
func TestTell(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			t.Parallel()
			clusters <- struct{}{}
			t.Cleanup(func() { <-clusters })
			o := realceph.Options{Release: rel, Mons: 3, Conf: map[string]string{
				"mon_lease": "1", // a monitor alone knows that it is after twice that
			}}
			e := env{realceph.StartT(t, o), o}
			_, err := e.AddClient(deadline(t), "client.reader", "", map[string]string{"mon": "allow r"})
			require.NoError(t, err)
			e.awaitServing(t)
			for _, test := range []test{
				{"answers", testTellAnswers},
				{"refused", testTellRefused},
				{"ping", testPing},
				{"monc", testMoncTell},
				{"without quorum", testTellWithoutQuorum}, // which it does not get back
			} {
				t.Run(test.name, func(t *testing.T) { test.run(t, e) })
			}
		})
	}
}

// awaitServing waits until every monitor takes new clients, which may be a while after it has joined the quorum: one without
// a lease has no global_id to give (AuthMonitor::_assign_global_id in src/mon/AuthMonitor.cc), and those who ask one monitor
// alone, as librados does, soon give up.
func (e env) awaitServing(t *testing.T) {
	t.Helper()
	for _, m := range e.Mons() {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			_, err := monclient.Ping(deadline(t), e.config(t), m.Name)
			require.NoError(c, err)
		}, time.Minute, 50*time.Millisecond)
	}
}

//go:embed librados_tell.py
var libradosTellScript []byte

// question is something that librados asks one monitor.
type question struct {
	ID     int    `json:"id"`
	Do     string `json:"do"`
	Target any    `json:"target,omitempty"`
	Cmd    string `json:"cmd,omitempty"`
	Mon    string `json:"mon"`
}

// told is what a question has come to.
type told struct {
	ID     int    `json:"id"`
	Ret    int32  `json:"ret"`
	Output string `json:"out"`
	Status string `json:"outs"`
}

// libradosAsks has librados ask all questions at once. The function that it returns waits for the answers, which are in
// their order.
func libradosAsks(t *testing.T, e env, name string, questions ...question) (answers func() []told) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "librados_tell.py")
	require.NoError(t, os.WriteFile(script, libradosTellScript, 0o600))
	cmd, err := e.Release.Command(deadline(t), "python3", script, e.ConfPath, name)
	require.NoError(t, err)
	var in, stdout, stderr bytes.Buffer
	for i, q := range questions {
		q.ID = i
		require.NoError(t, json.NewEncoder(&in).Encode(q))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &stdout, &stderr
	var once sync.Once
	ended := make(chan error, 1)
	go func() { ended <- cmd.Run() }()
	wait := func() {
		once.Do(func() { require.NoError(t, <-ended, stderr.String()) })
	}
	t.Cleanup(wait)
	return func() []told {
		wait()
		list := make([]told, len(questions))
		for dec := json.NewDecoder(&stdout); dec.More(); {
			var a told
			require.NoError(t, dec.Decode(&a))
			list[a.ID] = a
		}
		return list
	}
}

// command returns the JSON of a command without arguments.
func command(prefix string) string { return fmt.Sprintf(`{"prefix":%q}`, prefix) }

// testTellAnswers compares what monitors answer, and what there is none for, with what librados gets.
func testTellAnswers(t *testing.T, e env) {
	tests := []struct {
		target any // librados'
		ours   string
		prefix string
	}{
		{"a", "mon.a", "version"},
		{"c", "mon.c", "version"},
		{0, "mon.0", "version"},
		{"2", "mon.2", "version"},
		{"b", "mon.b", "get_command_descriptions"},
		{"b", "mon.b", "config show"},
		{"b", "mon.b", "no such command"},
		{"x", "mon.x", "version"},
		{"-1", "mon.-1", "version"},
		{3, "mon.3", "version"},
		{"mon.a", "mon.mon.a", "version"},
		{"99999999999", "mon.99999999999", "version"},
	}
	var questions []question
	for _, tt := range tests {
		questions = append(questions, question{Do: "tell", Target: tt.target, Cmd: command(tt.prefix)})
	}
	answers := libradosAsks(t, e, "client.admin", questions...)
	c := e.connect(t)
	for i, want := range answers() {
		tt := tests[i]
		reply, err := c.Command(deadline(t), monclient.Command{Target: tt.ours, Prefix: tt.prefix})
		if err != nil {
			require.Equal(t, denc.ErrnoOf(want.Ret), monclient.Errno(err), tt.ours)
			require.ErrorIs(t, err, monclient.ErrUnknownMon)
			continue
		}
		require.Equal(t, want, told{i, reply.Retval, string(reply.Output), reply.Status}, tt.ours)
		require.Equal(t, "mon."+reply.Mon, reply.From)
	}

	// Whatever the session is with, it is the monitor itself that answers.
	replies, err := c.TellEach(deadline(t), monclient.Command{Prefix: "mon_status"})
	require.NoError(t, err)
	require.Len(t, replies, 3)
	for i, r := range replies {
		require.NoError(t, r.Err)
		var status struct {
			Name string `json:"name"`
			Rank int    `json:"rank"`
		}
		require.NoError(t, json.Unmarshal(r.Reply.Output, &status))
		require.Equal(t, i, status.Rank)
		require.Equal(t, r.Mon, status.Name)
	}
}

// configAs returns what the cluster's ceph.conf resolves to for another entity.
func (e env) configAs(t *testing.T, name string) monclient.Config {
	t.Helper()
	conf := cephconf.New(cephconf.System{})
	_, err := conf.Load([]string{"--conf", e.ConfPath, "--name", name})
	require.NoError(t, err)
	cfg, err := monclient.FromConf(deadline(t), conf)
	require.NoError(t, err)
	return cfg
}

// testTellRefused has monitors refuse who may not tell them anything, and a key that is not the one any more.
func testTellRefused(t *testing.T, e env) {
	answers := libradosAsks(t, e, "client.reader", question{Do: "tell", Target: "b", Cmd: command("version")})
	reader := connect(t, e.configAs(t, "client.reader"))
	reply, err := reader.Command(deadline(t), monclient.Command{Target: "mon.b", Prefix: "version"})
	require.NoError(t, err)
	require.Equal(t, told{0, reply.Retval, string(reply.Output), reply.Status}, answers()[0])
	require.ErrorIs(t, reply.Err(), denc.EACCES)

	cfg := e.config(t)
	c := connect(t, monclient.Config{MonMap: cfg.MonMap, Key: cfg.Key}) // without the keyring, which has the right one
	wrong, err := cephx.GenerateKey(cephx.AES, time.Now(), nil)
	require.NoError(t, err)
	require.NoError(t, c.SetCredential(wrong))
	_, err = c.Command(deadline(t), monclient.Command{Target: "mon.b", Prefix: "version"})
	require.Equal(t, denc.EACCES, monclient.Errno(err), err)
	require.ErrorIs(t, err, monclient.ErrNotSent)
}

// requirePong checks that a monitor has answered for itself.
func requirePong(t *testing.T, reply *monclient.PingReply, name string) {
	t.Helper()
	var pong struct {
		Health map[string]any `json:"health"`
		Status struct {
			Name string `json:"name"`
		} `json:"mon_status"`
	}
	require.NoError(t, json.Unmarshal(reply.JSON, &pong))
	require.Equal(t, name, pong.Status.Name)
	require.NotEmpty(t, pong.Health)
	require.Positive(t, reply.RoundTrip)
}

// testPing pings with a client and without one.
func testPing(t *testing.T, e env) {
	names := []string{"a", "b", "c", "x", "", "mon.a", "-1"}
	questions := make([]question, len(names))
	for i, name := range names {
		questions[i] = question{Do: "ping", Mon: name}
		if i < 3 { // it would crash now and then, while it ends the connection
			questions[i] = question{Do: "tell", Target: name, Cmd: command("version")}
		}
	}
	answers := libradosAsks(t, e, "client.admin", questions...)
	c, cfg := e.connect(t), e.config(t)
	for i, want := range answers() {
		name := names[i]
		for _, ping := range []func() (*monclient.PingReply, error){
			func() (*monclient.PingReply, error) { return c.Ping(deadline(t), name) },
			func() (*monclient.PingReply, error) { return monclient.Ping(deadline(t), cfg, name) },
		} {
			reply, err := ping()
			require.Equal(t, denc.ErrnoOf(want.Ret), monclient.Errno(err), "%q: %v", name, err)
			if err == nil {
				requirePong(t, reply, name)
			}
		}
	}

	// Capabilities are not asked for. A key is: without the right one all that a monitor says is that it is there.
	_, err := monclient.Ping(deadline(t), e.configAs(t, "client.reader"), "a")
	require.NoError(t, err)
	wrong, none := cfg, cfg
	wrong.KeySource, none.KeySource = nil, nil
	wrong.Key, err = cephx.GenerateKey(cephx.AES, time.Now(), nil)
	require.NoError(t, err)
	none.Key, none.Methods = cephx.Key{}, []cephx.Method{cephx.MethodNone}
	for _, cfg := range []monclient.Config{wrong, none} {
		_, err = monclient.Ping(deadline(t), cfg, "a")
		require.Equal(t, denc.EACCES, monclient.Errno(err), err)
		var failed *monclient.PingError
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.Alive)
		require.Positive(t, failed.RoundTrip)
	}
}

// testMoncTell compares monc with the ceph tool.
func testMoncTell(t *testing.T, e env) {
	for _, args := range []string{
		"tell mon.a version", "tell mon.* version", "tell mon.* version -f json", "tell mon.b config get mon_lease", "tell mon.x version",
	} {
		want := e.Ceph(deadline(t), strings.Fields(args)...)
		got := e.runMonc(t, strings.Fields(args)...)
		require.Equal(t, string(want.Stdout), got.stdout, args)
		require.Equal(t, want.Code, got.code, args)
	}
	got := e.runMonc(t, "ping", "mon.*")
	require.Zero(t, got.code, got)
	for _, name := range []string{"a", "b", "c"} {
		require.Contains(t, got.stdout, "mon."+name+"\n{")
	}
	require.Equal(t, int(denc.ENOENT), e.runMonc(t, "ping", "mon.x").code)
}

// testTellWithoutQuorum asks dead monitors, and one that is left alone.
func testTellWithoutQuorum(t *testing.T, e env) {
	c, cfg := e.connect(t), e.config(t)
	version := monclient.Command{Target: "mon.a", Prefix: "version"}
	require.NoError(t, e.KillMon("c"))
	answers := libradosAsks(t, e, "client.admin", question{Do: "tell", Target: "c", Cmd: command("version")})
	dead := version
	dead.Target = "mon.c"
	_, err := c.Command(deadline(t), dead)
	require.Equal(t, denc.ENXIO, monclient.Errno(err), err)
	require.ErrorIs(t, err, monclient.ErrNotSent)
	_, err = c.Ping(deadline(t), "c")
	require.Equal(t, denc.ECONNREFUSED, monclient.Errno(err), err) // at once; librados waits, and then times out
	require.Equal(t, -int32(denc.ENXIO), answers()[0].Ret)

	require.NoError(t, e.KillMon("b"))
	eventually(t, func() string {
		status, err := e.MonStatus(deadline(t), "a")
		if err != nil || len(status.Quorum) > 0 {
			return fmt.Sprint(status, err)
		}
		return ""
	})
	reply, err := c.Command(deadline(t), version)
	require.NoError(t, err)
	require.NoError(t, reply.Err())
	pong, err := c.Ping(deadline(t), "a")
	require.NoError(t, err)
	requirePong(t, pong, "a")

	// It has no ids for new clients, and says only that it is there: unless some were left over.
	pong, err = monclient.Ping(deadline(t), cfg, "a")
	if err == nil {
		requirePong(t, pong, "a")
		return
	}
	var failed *monclient.PingError
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.Alive, err)
	require.ErrorIs(t, err, monclient.ErrNoQuorum)
	require.Equal(t, denc.ETIMEDOUT, monclient.Errno(err))
}
