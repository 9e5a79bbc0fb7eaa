package montest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// judge is a ceph command of one release, pointed at embedded monitors.
type judge struct {
	release realceph.Release
	cluster *montest.Cluster
	conf    string
}

// patience is how long one ceph command may take on a machine that is busy.
const patience = 60 * time.Second

func (j judge) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd, err := j.release.Command(ctx, "ceph", append([]string{"--conf", j.conf, "--connect-timeout", "30"}, args...)...)
	require.NoError(t, err)
	return cmd
}

// ceph runs a command that must succeed and returns what it prints.
func (j judge) ceph(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	var err error
	for range maxCrashes {
		stdout.Reset()
		stderr.Reset()
		cmd := j.command(ctx, t, args...)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err = cmd.Run(); args[0] != "ping" || !crashed(cmd.ProcessState) {
			break
		}
	}
	require.NoError(t, err, "ceph %s\n%s%s\ntranscript:\n%v", strings.Join(args, " "), &stdout, &stderr, j.cluster.Transcript())
	return stdout.String()
}

// maxCrashes is how often "ceph ping" may crash in a row: librados does so now and then while it ends a connection whose ping
// was answered, of real monitors too.
const maxCrashes = 5

// crashed reports whether a process, or the one that a shell has run for us, was ended by SIGSEGV.
func crashed(p *os.ProcessState) bool {
	status, ok := p.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == syscall.SIGSEGV || p.ExitCode() == 128+int(syscall.SIGSEGV))
}

// releases pairs what judges with what it judges: monitors that say they are of the same release.
var releases = map[realceph.Release]cephmap.Release{
	realceph.Pacific: cephmap.ReleasePacific, realceph.Reef: cephmap.ReleaseReef, realceph.Tentacle: cephmap.ReleaseTentacle,
}

// variants are the clusters that a release's clients have to get along with.
func variants(release cephmap.Release) map[string]montest.Options {
	v := map[string]montest.Options{
		"secure": {Mons: 3, Modes: []cephx.Mode{cephx.ModeSecure}},
		"crc":    {Mons: 1, Modes: []cephx.Mode{cephx.ModeCRC}},
		"none":   {Mons: 1, NoAuth: true},
	}
	if release == cephmap.ReleaseTentacle {
		v["secure with aes keys"] = montest.Options{Mons: 3, KeyType: cephx.AES}
	}
	return v
}

func TestCephCommand(t *testing.T) {
	for release, as := range releases {
		for name, o := range variants(as) {
			t.Run(fmt.Sprintf("%s/%s", release, name), func(t *testing.T) {
				realceph.Require(t, release)
				o.TCP, o.Release, o.Transcript = true, as, true
				j := judge{release: release, cluster: montest.Start(t, o)}
				var err error
				j.conf, err = j.cluster.WriteConf(t.TempDir())
				require.NoError(t, err)
				j.everything(t)
			})
		}
	}
}

// everything is what people do with the ceph command.
func (j judge) everything(t *testing.T) {
	monmap := j.cluster.MonMap()
	fsid := monmap.FSID.String()
	status := j.ceph(t, "-s")
	require.Contains(t, status, fsid)
	require.Contains(t, status, fmt.Sprintf("mon: %d daemons", len(monmap.Mons)))
	require.Equal(t, fsid, strings.TrimSpace(j.ceph(t, "fsid")))

	j.ceph(t, "config", "set", "client", "debug_ms", "1/5")
	require.Equal(t, "1/5", strings.TrimSpace(j.ceph(t, "config", "get", "client.admin", "debug_ms")))

	var osdmap struct {
		Epoch int    `json:"epoch"`
		FSID  string `json:"fsid"`
		Flags string `json:"flags"`
	}
	dump := func() {
		require.NoError(t, json.Unmarshal([]byte(j.ceph(t, "osd", "dump", "-f", "json")), &osdmap))
		require.Equal(t, fsid, osdmap.FSID)
	}
	dump()
	before := osdmap.Epoch
	j.ceph(t, "osd", "set", "noout")
	dump()
	require.Equal(t, before+1, osdmap.Epoch)
	require.Contains(t, osdmap.Flags, "noout")

	require.Contains(t, j.ceph(t, "tell", "mon.a", "version"), j.release.Version())
	require.Contains(t, j.ceph(t, "ping", "mon.a"), `"rank"`)
	j.watch(t)
}

// watch has "ceph -w" show an entry of the cluster log.
func (j judge) watch(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := j.command(ctx, t, "-w")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}()
	var waiting sync.WaitGroup
	defer waiting.Wait()
	waiting.Go(func() { j.logWhenFollowed(ctx) })
	defer cancel()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "[WRN] something happened") {
			return
		}
	}
	t.Fatalf("ceph -w never showed the entry; transcript:\n%v", j.cluster.Transcript())
}

// logWhenFollowed writes to the cluster log as soon as somebody follows it: from another process, so there is nothing
// to wait on.
func (j judge) logWhenFollowed(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !j.subscribed() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	j.cluster.Log(monmsg.LogWarn, "something happened")
}

// subscribed reports whether somebody follows the log.
func (j judge) subscribed() bool {
	for _, f := range j.cluster.Transcript() {
		if f.Tag == "MMonSubscribe" && strings.Contains(f.Text, "log-") {
			return true
		}
	}
	return false
}
