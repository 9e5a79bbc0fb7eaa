package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// testLog writes into the cluster log, and has Ceph's own tools find it there.
func testLog(t *testing.T, e env) {
	c := e.connect(t)
	seen := e.watchLog(t)
	require.NoError(t, c.Log(monclient.LogInfo, "", "integration one"))
	require.NoError(t, c.Log(monclient.LogWarn, "cluster", "integration two, \"quoted\""))
	require.NoError(t, c.Log(monclient.LogError, "integration", "integration three"))
	require.NoError(t, c.FlushLog(deadline(t)))

	type entry struct {
		Name, Rank, Channel, Priority, Message string
		Seq                                    uint64
		Addrs                                  struct {
			Vec []struct {
				Type, Addr string
				Nonce      uint32
			} `json:"addrvec"`
		}
	}
	session, ok := c.Session()
	require.True(t, ok)
	for _, want := range []entry{
		{Channel: "cluster", Priority: "[INF]", Message: "integration one", Seq: 1},
		{Channel: "cluster", Priority: "[WRN]", Message: "integration two, \"quoted\"", Seq: 2},
		{Channel: "integration", Priority: "[ERR]", Message: "integration three", Seq: 3},
	} {
		var entries []entry
		require.NoError(t, json.Unmarshal(e.ceph(t, "log", "last", "100", "debug", "*", "--format", "json"), &entries))
		n := 0
		for _, got := range entries {
			if got.Message != want.Message {
				continue
			}
			n++
			require.Equal(t, "client.admin", got.Name)
			require.Equal(t, fmt.Sprintf("client.%d", c.GlobalID()), got.Rank)
			require.Equal(t, want.Channel, got.Channel)
			require.Equal(t, want.Priority, got.Priority)
			require.Equal(t, want.Seq, got.Seq)
			require.Len(t, got.Addrs.Vec, 1)
			a := got.Addrs.Vec[0]
			require.Equal(t, session.Local.String(), fmt.Sprintf("%s/%d", a.Addr, a.Nonce))
		}
		require.Equal(t, 1, n, want.Message)
	}

	// What we read of it is what the tool prints.
	for _, channel := range []string{"cluster", "audit", "*"} {
		eventually(t, func() string {
			ours, err := c.LastLog(deadline(t), 30, monclient.LogInfo, channel)
			require.NoError(t, err)
			var text strings.Builder
			for _, entry := range ours {
				fmt.Fprintln(&text, entry)
			}
			if theirs := string(e.ceph(t, "log", "last", "30", "info", channel)); theirs != text.String() && strings.TrimSpace(theirs) != strings.TrimSpace(text.String()) {
				return fmt.Sprintf("%s: ceph: %s\nours: %s", channel, theirs, text.String())
			}
			return ""
		})
	}

	// monc writes as well.
	require.Zero(t, e.runMonc(t, "log", "write", "--level", "sec", "integration four").code)
	require.Contains(t, e.runMonc(t, "log", "--count", "5").stdout, "[SEC] integration four\n")
	require.Equal(t, 2, e.runMonc(t, "log", "write", "--channel", "../x", "text").code)

	eventually(t, func() string {
		for _, line := range []string{"client.admin [INF] integration one", "client.admin [WRN] integration two, \"quoted\"", "client.admin [SEC] integration four"} {
			if n := seen.count(line); n != 1 {
				return fmt.Sprintf("ceph -w has %d times %q: %q", n, line, seen.all())
			}
		}
		return ""
	})

	// Monitors say nothing to those who may not write.
	keyring, err := e.AddClient(deadline(t), "client.mute", "", map[string]string{"mon": "allow r"})
	require.NoError(t, err)
	conf := cephconf.New(cephconf.System{})
	_, err = conf.ParseArgv([]string{"-c", e.ConfPath, "-n", "client.mute", "-k", keyring})
	require.NoError(t, err)
	require.NoError(t, conf.ReadFile(e.ConfPath))
	cfg, err := monclient.FromConf(deadline(t), conf)
	require.NoError(t, err)
	cfg.LogFlushTimeout = -1
	mute := connect(t, cfg)
	require.NoError(t, mute.Log(monclient.LogInfo, "", "integration five"))
	ctx, cancel := context.WithTimeout(deadline(t), time.Second)
	defer cancel()
	err = mute.FlushLog(ctx)
	require.Equal(t, denc.ETIMEDOUT, monclient.Errno(err))
	require.ErrorContains(t, err, "write access")
	require.NotContains(t, string(e.ceph(t, "log", "last", "100", "debug")), "integration five")
}

// printed are the lines of a program that goes on.
type printed struct {
	mu    sync.Mutex
	lines []string
}

// count returns how many lines end in a text.
func (p *printed) count(end string) (n int) {
	for _, line := range p.all() {
		if strings.HasSuffix(line, end) {
			n++
		}
	}
	return n
}

func (p *printed) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// watchLog starts ceph -w and returns when it follows the log.
func (e env) watchLog(t *testing.T) *printed {
	t.Helper()
	ctx, kill := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd, err := e.Release.Command(ctx, "ceph", "-c", e.ConfPath, "-w")
	require.NoError(t, err)
	out, stdout := io.Pipe()
	cmd.Stdout = stdout
	p := new(printed)
	var wait sync.WaitGroup
	wait.Go(func() {
		runtime.LockOSThread() // the kernel kills the process when the thread that started it ends
		defer runtime.UnlockOSThread()
		_ = cmd.Run() // until it is killed
		stdout.Close()
	})
	wait.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, lines.Text())
			p.mu.Unlock()
		}
	})
	t.Cleanup(func() { kill(); wait.Wait() })
	// The status comes first, and the subscription after it.
	mark := 0
	eventually(t, func() string {
		mark++
		text := fmt.Sprintf("the %d. mark for ceph -w", mark)
		e.ceph(t, "log", text)
		if p.count(text) == 0 {
			return fmt.Sprint("nothing but ", p.all())
		}
		return ""
	})
	return p
}

// deafConn is a connection that a client does not hear anything of any more once it is told to.
type deafConn struct {
	net.Conn
	deaf   <-chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (c *deafConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	select {
	case <-c.deaf:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (c *deafConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// testLogMonitorKilled kills the monitor that two clients have sent entries to: those of the one are in the log, and it does not
// know; those of the other are not.
func testLogMonitorKilled(t *testing.T, e env) {
	const entries = 120 // more than monitors would know again; Pacific shows no more than the newest 50 of a channel
	deaf := make(chan struct{})
	var deafens atomic.Bool
	deafens.Store(true)
	cfg := e.config(t)
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil || !deafens.Load() {
			return nc, err
		}
		return &deafConn{Conn: nc, deaf: deaf, closed: make(chan struct{})}, nil
	}
	written := connect(t, cfg)
	deafens.Store(false)
	session, ok := written.Session()
	require.True(t, ok)
	victim := session.Mon
	lost := e.connectTo(t, func(mon string) bool { return mon == victim })
	watch, err := e.connectTo(t, func(mon string) bool { return mon != victim }).WatchLog(monclient.LogOptions{})
	require.NoError(t, err)
	defer watch.Close()

	ends := make(chan error, 2)
	write := func(c *monclient.Client, name string) {
		for i := range entries {
			require.NoError(t, c.Log(monclient.LogInfo, name, fmt.Sprint(name, " ", i)))
		}
		_, err := c.StartFlushLog(patience, func(err error) { ends <- err })
		require.NoError(t, err)
	}
	seen := make(map[string]int)
	read := func(name string, to int) {
		for seen[name] < to {
			entry, err := watch.Next(deadline(t))
			require.NoError(t, err)
			require.Zero(t, entry.Missed)
			if who := entry.Value.Channel; who == "written" || who == "lost" {
				require.Equal(t, fmt.Sprint(who, " ", seen[who]), entry.Value.Text)
				seen[who]++
			}
		}
	}
	close(deaf)
	write(written, "written")
	read("written", entries)
	require.NoError(t, e.Freeze(victim))
	write(lost, "lost")
	require.NoError(t, e.KillMon(victim))
	require.NoError(t, <-ends)
	require.NoError(t, <-ends)
	read("lost", entries)
	for name, c := range map[string]*monclient.Client{"written": written, "lost": lost} {
		require.NoError(t, c.Log(monclient.LogInfo, name, fmt.Sprint(name, " ", entries)))
		require.NoError(t, c.FlushLog(deadline(t)))
		read(name, entries+1) // and nothing twice before it
	}
	require.NoError(t, e.StartMon(victim))
	require.NoError(t, e.WaitQuorum(deadline(t), 3))
}

// connectTo connects to a monitor of one's choice.
func (e env) connectTo(t *testing.T, wanted func(mon string) bool) *monclient.Client {
	t.Helper()
	for {
		c, err := monclient.Connect(deadline(t), e.config(t))
		require.NoError(t, err)
		if session, ok := c.Session(); ok && wanted(session.Mon) {
			t.Cleanup(func() { require.NoError(t, c.Close()) })
			return c
		}
		require.NoError(t, errors.Join(c.Close(), t.Context().Err()))
	}
}
