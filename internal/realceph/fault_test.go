//go:build linux

package realceph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// silence is how long a black hole must have said nothing. It only ends the wait.
const silence = 500 * time.Millisecond

func TestBlackHole(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
		defer cancel()
		c := StartT(t, Options{Release: rel, Mons: 3, V1: true, Network: true, Mgr: true})
		mon := c.Mons()[1]
		require.EqualValues(t, 3300, mon.V2.Port())
		require.NotEqual(t, mon.V2.Addr(), c.Mons()[2].V2.Addr())

		conn, err := new(net.Dialer).DialContext(ctx, "tcp", mon.V2.String())
		require.NoError(t, err)
		defer conn.Close()
		banner := make([]byte, len("ceph v2\n"))
		_, err = conn.Read(banner)
		require.NoError(t, err)
		require.Equal(t, "ceph v2\n", string(banner))
		drain(t, conn)

		require.NoError(t, c.BlackHole(mon.Name))
		_, err = conn.Write([]byte("no banner of messenger v2"))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(silence)))
		_, err = conn.Read(banner)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "an established connection is neither answered nor reset")
		dialCtx, cancelDial := context.WithTimeout(ctx, silence)
		defer cancelDial()
		_, err = new(net.Dialer).DialContext(dialCtx, "tcp", mon.V2.String())
		require.True(t, errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded), "%v", err)
		other, err := new(net.Dialer).DialContext(ctx, "tcp", c.Mons()[2].V2.String())
		require.NoError(t, err, "the others are there")
		require.NoError(t, other.Close())
		for _, m := range c.Mons() {
			s, err := c.MonStatus(ctx, m.Name)
			require.NoError(t, err)
			require.Len(t, s.Quorum, 3, "the monitors reach each other")
		}
		require.NoError(t, c.Ceph(ctx, "--mon-host", mon.Addrs(), "mon", "dump").Err, "nor are the tools cut off")

		require.NoError(t, c.Heal(mon.Name))
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(startTimeout)))
		_, err = conn.Read(banner)
		require.Error(t, err)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "what was sent has come, and the monitor hung up")
		again, err := new(net.Dialer).DialContext(ctx, "tcp", mon.V2.String())
		require.NoError(t, err)
		require.NoError(t, again.Close())
		require.ErrorContains(t, c.BlackHole("x"), `no mon "x"`)

		device := c.links[mon.Name].device
		require.True(t, linkExists(device))
		require.NoError(t, c.Stop())
		require.Eventually(t, func() bool { return !linkExists(device) }, startTimeout, pollInterval, "the links go")
		require.Error(t, c.Ceph(ctx, "status").Err)
	})
}

// drain reads what a monitor says by itself after its banner.
func drain(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(silence)))
	buf := make([]byte, 1024)
	for {
		if _, err := conn.Read(buf); err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			return
		}
	}
}

func linkExists(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

func TestNoBlackHoleWithoutANetwork(t *testing.T) {
	Require(t, Reef)
	c := Shared(t, Options{Release: Reef})
	require.ErrorContains(t, c.BlackHole("a"), "Options.Network is not set")
	require.ErrorContains(t, c.Heal("a"), "Options.Network is not set")
}

func TestMonitorMoves(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
		defer cancel()
		c := StartT(t, Options{Release: rel, Mons: 3, V1: true, Network: rel != Reef, Conf: map[string]string{"mon_lease": "1"}})
		old := c.Mons()[2]
		require.NoError(t, c.RemoveMon(ctx, "c"))
		require.NoError(t, c.WaitQuorum(ctx, 2))
		require.Len(t, c.Mons(), 2)
		require.ErrorContains(t, c.KillMon("c"), `no mon "c"`)
		require.ErrorContains(t, c.AddMon(ctx, "b"), "there is a mon.b")

		require.NoError(t, c.AddMon(ctx, "c"))
		require.NoError(t, c.WaitQuorum(ctx, 3))
		moved := c.Mons()[2]
		require.Equal(t, "c", moved.Name)
		require.NotEqual(t, old.Addrs(), moved.Addrs())
		dump := c.Ceph(ctx, "--mon-host", moved.Addrs(), "mon", "dump")
		require.NoError(t, dump.Err)
		addrs := strings.NewReplacer(",v1", "/0,v1", "]", "/0]").Replace(moved.Addrs())
		require.Contains(t, string(dump.Stdout), fmt.Sprintf("%d: %s mon.c", moved.Rank, addrs))
		require.NoError(t, c.StopMon("c"))
		require.NoError(t, c.StartMon("c"))
		require.NoError(t, c.WaitQuorum(ctx, 3), "it is one like the others")
	})
}

func TestChangeKey(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		t.Parallel()
		c := StartT(t, Options{Release: rel})
		before, err := os.ReadFile(c.KeyringPath)
		require.NoError(t, err)
		old := c.Dir + "/old"
		require.NoError(t, os.WriteFile(old, before, 0o600))
		key, err := c.ChangeKey(t.Context(), "client.admin", "")
		require.NoError(t, err)
		after, err := os.ReadFile(c.KeyringPath)
		require.NoError(t, err)
		require.NotEqual(t, before, after)
		require.Contains(t, string(after), key)
		require.NoError(t, c.Ceph(t.Context(), "osd", "set", "noout").Err, "the caps are the same")
		require.NotZero(t, c.Ceph(t.Context(), "--keyring", old, "fsid").Code, "the old key is refused")
		if rel == Tentacle {
			_, err = c.ChangeKey(t.Context(), "client.nobody", "")
			require.ErrorContains(t, err, "ENOENT")
		}
	})
}

func TestLogTimes(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		t.Parallel()
		c := StartT(t, Options{Release: rel, Mons: 3, ClusterLog: true, Conf: map[string]string{"paxos_propose_interval": "0.05"}})
		empty, err := c.LogTimes("survivor")
		require.NoError(t, err)
		require.Empty(t, empty)
		for _, text := range []string{"survivor 1", "another", "survivor 2", "survivor 1"} {
			require.NoError(t, c.Ceph(t.Context(), "log", text).Err)
		}
		want := map[string]int{"survivor 1": 2, "survivor 2": 1}
		require.EventuallyWithT(t, func(t *assert.CollectT) {
			got, err := c.LogTimes("survivor")
			require.NoError(t, err)
			require.Equal(t, want, got)
		}, startTimeout, pollInterval)
		last := c.Ceph(t.Context(), "log", "last", "100", "info", "cluster")
		require.NoError(t, last.Err)
		require.Equal(t, 2, strings.Count(string(last.Stdout), "survivor 1"), "the cluster's own memory of it agrees")
	})
}

// TestKilledOwnerLeavesNoNetwork is TestKilledOwnerLeavesNothing for the links.
func TestKilledOwnerLeavesNoNetwork(t *testing.T) {
	Require(t, Pacific)
	exe, err := os.Executable()
	require.NoError(t, err)
	helper := exec.CommandContext(t.Context(), exe)
	helper.Env = append(os.Environ(), ownerEnv+"="+string(Pacific), ownerNetworkEnv+"=1")
	helper.Stderr = os.Stderr
	stdin, err := helper.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := helper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, helper.Start())
	var dir, device string
	_, err = fmt.Fscan(stdout, &dir, &device)
	require.NoError(t, err)
	require.True(t, linkExists(device))
	require.NoError(t, helper.Process.Kill())
	require.Error(t, helper.Wait())
	require.Eventually(t, func() bool { return len(usersOf(dir)) == 0 && !linkExists(device) }, startTimeout, pollInterval)
}
