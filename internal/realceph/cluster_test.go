//go:build linux

package realceph

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// each runs f for every release.
func each(t *testing.T, f func(t *testing.T, rel Release)) {
	for _, rel := range Releases() {
		t.Run(string(rel), func(t *testing.T) {
			Require(t, rel)
			f(t, rel)
		})
	}
}

// cephStatus is a part of "ceph status".
type cephStatus struct {
	FSID        string   `json:"fsid"`
	QuorumNames []string `json:"quorum_names"`
	Health      struct {
		Status string `json:"status"`
	} `json:"health"`
}

func statusOf(t *testing.T, c *Cluster) cephStatus {
	t.Helper()
	res := c.Ceph(t.Context(), "status", "--format", "json")
	require.NoError(t, res.Err)
	require.Zero(t, res.Code)
	var s cephStatus
	require.NoError(t, json.Unmarshal(res.Stdout, &s))
	return s
}

func TestStart(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		for _, mons := range []int{1, 3} {
			begin := time.Now()
			c := StartT(t, Options{Release: rel, Mons: mons})
			t.Logf("%d mons after %v", mons, time.Since(begin).Round(time.Millisecond))

			for _, m := range c.Mons() {
				s, err := c.MonStatus(t.Context(), m.Name)
				require.NoError(t, err)
				require.Equal(t, c.FSID, s.MonMap.FSID)
				require.Equal(t, m.Name, s.Name)
				require.Equal(t, m.Rank, s.Rank)
				require.Len(t, s.Quorum, mons)
			}
			s := statusOf(t, c)
			require.Equal(t, c.FSID, s.FSID)
			require.Equal(t, []string{"a", "b", "c"}[:mons], s.QuorumNames)
			require.Equal(t, "HEALTH_OK", s.Health.Status)

			version := c.Ceph(t.Context(), "tell", "mon.a", "version")
			require.NoError(t, version.Err)
			require.Contains(t, string(version.Stdout), `"`+rel.Version()+".")
		}
	})
}

func TestCephReportsFailure(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		res := Shared(t, Options{Release: rel}).Ceph(t.Context(), "osd", "no-such-command")
		require.Equal(t, 22, res.Code)
		require.ErrorContains(t, res.Err, "ceph: exit status 22")
		require.Contains(t, string(res.Stderr), "EINVAL")
	})
}

func TestOptionsReachTheMonitors(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		check   func(t *testing.T, c *Cluster)
	}{
		{"auth none", Options{Auth: AuthNone}, func(t *testing.T, c *Cluster) {
			res := c.Ceph(t.Context(), "--name", "client.nobody", "mon", "dump")
			require.NoError(t, res.Err)
		}},
		{"IPv6", Options{IPv6: true, Mons: 3}, func(t *testing.T, c *Cluster) {
			require.Contains(t, c.MonHost(), "[v2:[::1]:")
		}},
		{"v1", Options{V1: true}, func(t *testing.T, c *Cluster) {
			res := c.Ceph(t.Context(), "--mon-host", "v1:"+c.Mons()[0].V1.String(), "mon", "dump")
			require.NoError(t, res.Err)
		}},
		{"crc only", Options{ServiceModes: "crc"}, func(t *testing.T, c *Cluster) {
			require.NoError(t, c.Ceph(t.Context(), "--ms-mon-client-mode", "crc", "mon", "dump").Err)
			require.Error(t, c.Ceph(t.Context(), "--ms-mon-client-mode", "secure", "--connect-timeout", "1", "mon", "dump").Err)
		}},
		{"conf", Options{Conf: map[string]string{"mon_lease": "3"}}, func(t *testing.T, c *Cluster) {
			out, err := c.Admin(t.Context(), "mon.a", map[string]any{"prefix": "config get", "var": "mon_lease"})
			require.NoError(t, err)
			require.Contains(t, string(out), `"3`)
		}},
	}
	each(t, func(t *testing.T, rel Release) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				o := tt.options
				o.Release = rel
				c := StartT(t, o)
				require.Equal(t, c.FSID, statusOf(t, c).FSID)
				tt.check(t, c)
			})
		}
	})
}

func TestAddClient(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		types := map[KeyType]string{"": "AQ", AES: "AQ"} // how a key of the type begins
		o := Options{Release: rel}
		if rel == Tentacle {
			o.KeyType = AES // accepts both
			types[AES256K] = "Ag"
		}
		c := Shared(t, o)
		for kt, prefix := range types {
			name := "client.reader" + string(kt)
			path, err := c.AddClient(t.Context(), name, kt, map[string]string{"mon": "allow r"})
			require.NoError(t, err)
			keyring, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Contains(t, string(keyring), "key = "+prefix)

			require.NoError(t, c.Ceph(t.Context(), "--name", name, "mon", "dump").Err)
			require.NoError(t, c.Ceph(t.Context(), "--name", name, "--keyring", path, "mon", "dump").Err)
			require.Equal(t, 13, c.Ceph(t.Context(), "--name", name, "osd", "set", "noout").Code, "allow r may not set flags")
		}
	})
}

func TestMgrAndOSD(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		begin := time.Now()
		c := StartT(t, Options{Release: rel, OSDs: 1})
		t.Logf("ready after %v", time.Since(begin).Round(time.Millisecond))
		require.NotEqual(t, "HEALTH_ERR", statusOf(t, c).Health.Status)
		for _, command := range []string{"osd df", "pg stat", "pg dump", "balancer status"} {
			require.NoError(t, c.Ceph(t.Context(), strings.Fields(command)...).Err, command)
		}
		require.NoError(t, c.Ceph(t.Context(), "osd", "pool", "create", "p").Err)
		require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "object"), []byte("data"), 0o600))
		require.NoError(t, c.Tool(t.Context(), "rados", "-p", "p", "put", "o", "object").Err)

		require.Len(t, usersOf(c.Dir), 3)
		require.NoError(t, c.Stop())
		require.Empty(t, usersOf(c.Dir))
	})
}

func TestMonitorsComeAndGo(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		t.Parallel() // it waits more than it works
		ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
		defer cancel()
		c := StartT(t, Options{Release: rel, Mons: 3, Conf: map[string]string{"mon_lease": "1"}})
		wait := func(what string, n int) {
			t.Helper()
			begin := time.Now()
			require.NoError(t, c.WaitQuorum(ctx, n), what)
			t.Logf("%s: quorum of %d after %v", what, n, time.Since(begin).Round(time.Millisecond))
		}

		require.NoError(t, c.KillMon("a"))
		require.ErrorContains(t, c.KillMon("a"), "mon.a does not run")
		wait("the leader is killed", 2)
		require.NoError(t, c.StartMon("a"))
		require.ErrorContains(t, c.StartMon("a"), "mon.a runs already")
		wait("it is back", 3)

		require.NoError(t, c.Freeze("c"))
		wait("a peon is frozen", 2)
		require.NoError(t, c.Thaw("c"))
		wait("it is thawed", 3)

		require.NoError(t, c.StopMon("b"))
		wait("a peon is stopped", 2)

		require.ErrorContains(t, c.StopMon("d"), `no mon "d"`)
		require.NoError(t, c.KillMon("c"))
		require.ErrorContains(t, c.WaitQuorum(ctx, 2), "no quorum of 2")
	})
}

func TestStopLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		c := StartT(t, Options{Release: rel, Mons: 2})
		require.Len(t, usersOf(c.Dir), 2)
		require.NoError(t, c.Stop())
		require.Empty(t, usersOf(c.Dir))
		require.NoDirExists(t, c.Dir)
		require.NoError(t, c.Stop(), "a second Stop is harmless")
		require.ErrorContains(t, c.StartMon("a"), "stopped")
	})
}

func TestStartThatIsCancelledLeavesNothing(t *testing.T) {
	Require(t, Reef)
	// A place of its own, because other packages' tests start and stop clusters meanwhile; short, for the sockets in it.
	tmp, err := os.MkdirTemp("/tmp", "rc") //nolint:usetesting // t.TempDir is too long
	require.NoError(t, err)
	defer func() { require.NoError(t, os.RemoveAll(tmp)) }()
	t.Setenv("TMPDIR", tmp)
	base, err := baseDir()
	require.NoError(t, err)
	require.Contains(t, base, tmp)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Start(ctx, Options{Release: Reef})
	require.ErrorIs(t, err, context.Canceled)
	left, err := filepath.Glob(base + "/c*")
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestStartReportsWhyAMonitorEnds(t *testing.T) {
	Require(t, Reef)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, err = Start(t.Context(), Options{Release: Reef, Conf: map[string]string{"public_bind_addr": "v2:" + l.Addr().String()}})
	require.ErrorIs(t, err, errPortTaken)
	require.ErrorContains(t, err, "mon.a does not run")
	require.ErrorContains(t, err, "Address already in use")
}

func TestCrashFailsTheTest(t *testing.T) {
	Require(t, Reef)
	c, err := Start(t.Context(), Options{Release: Reef, Mons: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop()) })
	require.NoError(t, c.KillMon("b"))
	require.Empty(t, c.Crashed(), "it was asked for")
	require.NoError(t, c.daemons["mon.a"].signal(syscall.SIGABRT))
	<-c.daemons["mon.a"].exited
	require.Len(t, c.Crashed(), 1)
	require.Contains(t, c.Crashed()[0], "mon.a (signal: aborted")
}

func TestConcurrentClustersShareNoPort(t *testing.T) {
	Require(t, Reef)
	results := make(chan *Cluster, 3)
	for range cap(results) {
		go func() {
			c, err := Start(t.Context(), Options{Release: Reef, V1: true})
			if err != nil {
				t.Error(err)
			}
			results <- c
		}()
	}
	seen := make(map[uint16]bool)
	for range cap(results) {
		c := <-results
		if c == nil {
			continue
		}
		t.Cleanup(func() { require.NoError(t, c.Stop()) })
		for _, port := range []uint16{c.Mons()[0].V2.Port(), c.Mons()[0].V1.Port()} {
			require.False(t, seen[port])
			seen[port] = true
		}
	}
}

func TestKilledOwnerLeavesNothing(t *testing.T) {
	Require(t, Pacific)
	exe, err := os.Executable()
	require.NoError(t, err)
	helper := exec.CommandContext(t.Context(), exe)
	helper.Env = append(os.Environ(), ownerEnv+"="+string(Pacific))
	helper.Stderr = os.Stderr
	stdin, err := helper.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := helper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, helper.Start())
	dir, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	dir = strings.TrimSpace(dir)
	require.Len(t, usersOf(dir), 3)

	// A living owner's cluster is left alone.
	StartT(t, Options{Release: Pacific})
	require.Len(t, usersOf(dir), 3)

	require.NoError(t, helper.Process.Kill())
	require.Error(t, helper.Wait())
	require.Eventually(t, func() bool { return len(usersOf(dir)) == 0 }, 5*time.Second, pollInterval, "the kernel ends the monitors")
	require.DirExists(t, dir)
	StartT(t, Options{Release: Pacific})
	require.NoDirExists(t, dir, "the next start removes what is left")
}

func TestSharedIsOnePerOptions(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		c := Shared(t, Options{Release: rel})
		require.Same(t, c, Shared(t, Options{Release: rel, Mons: 1, Auth: CephX}))
		require.NotSame(t, c, Shared(t, Options{Release: rel, Auth: AuthNone}))
	})
}

func TestWrapperScript(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		c := Shared(t, Options{Release: rel})
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `"$REALCEPH_CEPH" fsid && "$REALCEPH_BIN/monmaptool" --version`)
		cmd.Env = append(os.Environ(), c.Env()...)
		out, err := cmd.Output()
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(out), c.FSID+"\n"), string(out))
		require.Contains(t, string(out), string(rel))
	})
}

func TestToolWithoutCluster(t *testing.T) {
	each(t, func(t *testing.T, rel Release) {
		res := rel.Tool(t.Context(), "monmaptool", "--create", "--add", "a", "127.0.0.1:6789", filepath.Join(t.TempDir(), "monmap"))
		require.NoError(t, res.Err)
		res = rel.Tool(t.Context(), "monmaptool", "--print", "/no/such/file")
		require.NotZero(t, res.Code)
		require.ErrorContains(t, res.Err, "/no/such/file")
	})
}
