package realceph

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStopped(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	require.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	require.False(t, stopped(pid))
	require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
	require.Eventually(t, func() bool { return stopped(pid) }, stopTime, stopPoll)
	require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))
	require.Eventually(t, func() bool { return !stopped(pid) }, stopTime, stopPoll)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.True(t, stopped(pid), "what is gone does not run")
}
