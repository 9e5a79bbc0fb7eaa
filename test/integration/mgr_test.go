package integration

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
)

//go:embed librados_mgr.py
var libradosMgrScript []byte

// mgrScript is a process that runs commands for managers through the release's own librados.
type mgrScript struct {
	to   *json.Encoder
	from *bufio.Scanner
}

func startMgrScript(t *testing.T, e env) *mgrScript {
	t.Helper()
	script := filepath.Join(t.TempDir(), "librados_mgr.py")
	require.NoError(t, os.WriteFile(script, libradosMgrScript, 0o600))
	// The end of its input ends the process.
	cmd, err := e.Release.Command(context.WithoutCancel(t.Context()), "python3", script, e.ConfPath)
	require.NoError(t, err)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, stdout := io.Pipe()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the kernel kills the process when the thread that started it ends
		defer runtime.UnlockOSThread()
		err := cmd.Run()
		stdout.Close()
		ended <- err
	}()
	t.Cleanup(func() {
		in.Close()
		if err := <-ended; !t.Failed() {
			require.NoError(t, err, stderr.String())
		}
	})
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	return &mgrScript{json.NewEncoder(in), lines}
}

// mgrRequest is a command for a manager.
type mgrRequest struct {
	As     string `json:"as"`
	Target string `json:"target,omitempty"`
	Cmd    string `json:"cmd"`
}

func (s *mgrScript) send(t *testing.T, r mgrRequest) {
	t.Helper()
	require.NoError(t, s.to.Encode(r))
}

func (s *mgrScript) answer(t *testing.T) answer {
	t.Helper()
	require.True(t, s.from.Scan(), "librados ended: %v", s.from.Err())
	var m struct {
		Ret  int    `json:"ret"`
		Out  string `json:"out"`
		Outs string `json:"outs"`
	}
	require.NoError(t, json.Unmarshal(s.from.Bytes(), &m))
	out, err := hex.DecodeString(m.Out)
	require.NoError(t, err)
	return answer{m.Ret, out, m.Outs}
}

// connectAs connects as another entity.
func (e env) connectAs(t *testing.T, name, keyring string) *monclient.Client {
	t.Helper()
	cfg := e.config(t)
	var err error
	cfg.Name, err = denc.ParseEntityName(name)
	require.NoError(t, err)
	cfg.Key, cfg.KeySource = loadKey(t, keyring, cfg.Name), nil
	return connect(t, cfg)
}

// testMgr has the manager do what librados has it do, through everything that happens to managers. It comes last: the manager
// is started anew several times.
func testMgr(t *testing.T, e env) {
	const admin, reader, none = "client.admin", "client.mgrreader", "client.nomgr"
	clients := map[string]*monclient.Client{admin: e.connect(t)}
	for name, caps := range map[string]map[string]string{reader: {"mon": "allow r", "mgr": "allow r"}, none: {"mon": "allow r"}} {
		ring, err := e.AddClient(deadline(t), name, "", caps)
		require.NoError(t, err)
		clients[name] = e.connectAs(t, name, ring)
	}
	c := clients[admin]
	librados := startMgrScript(t, e)

	for _, tt := range []struct {
		mgrRequest
		retval int
		same   bool // the output does not change by itself
	}{
		{mgrRequest{admin, "", `{"prefix":"get_command_descriptions"}`}, 0, true},
		{mgrRequest{admin, "", `{"prefix":"pg stat","format":"json"}`}, 0, false},
		{mgrRequest{admin, "", `{"prefix":"balancer mode","mode":"none"}`}, 0, true},
		{mgrRequest{admin, "", `{"prefix":"version"}`}, -22, true},
		{mgrRequest{admin, "", `{"prefix":"no such command"}`}, -22, true},
		{mgrRequest{admin, "", `{"no":"prefix"}`}, -22, true},
		{mgrRequest{admin, "", `{`}, -22, true},
		{mgrRequest{admin, "", ``}, -22, true},
		{mgrRequest{reader, "", `{"prefix":"pg stat","format":"json"}`}, 0, false},
		{mgrRequest{reader, "", `{"prefix":"balancer mode","mode":"none"}`}, -13, true},
		{mgrRequest{none, "", `{"prefix":"pg stat"}`}, -13, true},
		{mgrRequest{admin, "x", `{"prefix":"version"}`}, 0, true},
		{mgrRequest{admin, "x", `{"prefix":"config get","var":"mgr_tick_period"}`}, 0, true},
		{mgrRequest{admin, "x", `{"prefix":"pg stat"}`}, -22, true},
		{mgrRequest{reader, "x", `{"prefix":"version"}`}, -13, true},
		{mgrRequest{none, "x", `{"prefix":"version"}`}, -13, true},
	} {
		librados.send(t, tt.mgrRequest)
		theirs := librados.answer(t)
		targets := []string{"mgr"}
		if tt.Target != "" {
			targets = []string{"mgr." + tt.Target, "mgr.*"}
		}
		for _, target := range targets {
			cmd := monclient.Raw(tt.Cmd)
			cmd.Target = target
			ours, err := clients[tt.As].Command(deadline(t), cmd)
			require.NoError(t, err, tt)
			require.EqualValues(t, tt.retval, ours.Retval, "%v: %s", tt, ours.Status)
			require.EqualValues(t, theirs.ret, ours.Retval, "%v: %s", tt, ours.Status)
			require.Equal(t, theirs.status, ours.Status, tt)
			if tt.same {
				require.Equal(t, string(theirs.output), string(ours.Output), tt)
			}
			require.Equal(t, "mgr.x", ours.From)
			if tt.retval == -13 {
				require.ErrorIs(t, ours.Err(), denc.EACCES)
				require.ErrorContains(t, ours.Err(), "access denied: does your client key have mgr caps?")
			}
		}
	}
	info, there := c.Mgr()
	require.True(t, there)
	require.Equal(t, "x", info.Name)
	require.NotZero(t, info.Addr.Nonce)

	// A name that is not there: we say so at once, librados when the managers have changed places, with the same errno.
	_, err := c.Command(deadline(t), monclient.Command{Target: "mgr.nosuch", Prefix: "version"})
	require.Equal(t, denc.ENXIO, monclient.Errno(err))
	require.ErrorIs(t, err, monclient.ErrNotSent)
	librados.send(t, mgrRequest{admin, "nosuch", `{"prefix":"version"}`})

	early := e.connect(t) // it has tickets that are about to become useless
	if e.Release == realceph.Tentacle {
		output(t, c, monclient.Command{Prefix: "auth wipe-rotating-service-keys"})
		require.NotEmpty(t, output(t, early, monclient.Command{Target: "mgr", Prefix: "pg stat"}))
		require.NotEmpty(t, output(t, c, monclient.Command{Target: "mgr", Prefix: "pg stat"}), "the session goes on")
	}

	// Commands in flight when the manager is taken for dead are answered by the next one.
	const load = 8
	answers := make(chan error, 2*load)
	stop := make(chan struct{})
	for range load {
		go func() {
			for {
				reply, err := c.Command(deadlineOf(t), monclient.Command{Target: "mgr", Prefix: "pg dump", Format: "json"})
				if err == nil && reply.Retval != 0 && reply.Retval != -int32(denc.EAGAIN) {
					err = fmt.Errorf("%d %s", reply.Retval, reply.Status)
				}
				select {
				case <-stop:
					answers <- err
					return
				default:
				}
				if err != nil {
					answers <- err
					return
				}
			}
		}()
	}
	require.NoError(t, e.FailMgr(deadline(t)))
	require.Equal(t, -6, librados.answer(t).ret)
	require.NotEmpty(t, output(t, c, monclient.Command{Target: "mgr", Prefix: "pg stat"}))
	close(stop)
	for range load {
		require.NoError(t, <-answers)
	}

	// A manager that says nothing is given up while somebody waits for it.
	require.NoError(t, e.FreezeMgr())
	_, err = c.Command(deadline(t), monclient.Command{Target: "mgr", Prefix: "pg stat", Resend: monclient.ResendNever})
	require.ErrorIs(t, err, monclient.ErrKeepalive)
	require.ErrorIs(t, err, monclient.ErrOutcomeUnknown)
	require.NoError(t, e.ThawMgr())
	require.NotEmpty(t, output(t, c, monclient.Command{Target: "mgr", Prefix: "pg stat"}))

	// While there is none, commands wait.
	require.NoError(t, e.KillMgr())
	brief, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = c.Command(brief, monclient.Command{Target: "mgr", Prefix: "pg stat"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, denc.ETIMEDOUT, monclient.Errno(err))
	require.ErrorContains(t, err, "mgr.x")
	require.NoError(t, e.StartMgr())
	require.NotEmpty(t, output(t, c, monclient.Command{Target: "mgr", Prefix: "pg stat"}))
}

// deadlineOf is deadline for other goroutines than the test's.
func deadlineOf(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	context.AfterFunc(t.Context(), cancel)
	return ctx
}

// TestMgr is testMgr on each release, and a command on clusters that let clients in otherwise.
func TestMgr(t *testing.T) {
	conf := map[string]string{"paxos_propose_interval": "0.1"}
	start := func(t *testing.T, o realceph.Options) env {
		realceph.Require(t, o.Release)
		t.Parallel()
		clusters <- struct{}{}
		t.Cleanup(func() { <-clusters })
		return env{realceph.StartT(t, o), o}
	}
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			testMgr(t, start(t, realceph.Options{Release: rel, Mgr: true, Conf: conf}))
		})
	}
	for name, o := range map[string]realceph.Options{
		"none": {Release: realceph.Reef, Auth: realceph.AuthNone},
		"aes":  {Release: realceph.Tentacle, KeyType: realceph.AES},
	} {
		t.Run(name, func(t *testing.T) {
			o.Mgr, o.Conf = true, conf
			c := start(t, o).connect(t)
			require.NotEmpty(t, output(t, c, monclient.Command{Target: "mgr", Prefix: "pg stat"}))
			require.NotEmpty(t, output(t, c, monclient.Command{Target: "mgr.x", Prefix: "version"}))
		})
	}
}
