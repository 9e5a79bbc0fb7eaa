package integration

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed librados.py
var libradosScript []byte

// librados is a process of the release's own Python that runs commands through the release's own librados.
type librados struct {
	to      *json.Encoder
	answers chan []byte // lines; closed at the end
	stuck   bool        // a command was not answered
}

// answer is what a command came to.
type answer struct {
	ret    int
	output []byte
	status string
}

func startLibrados(t *testing.T, e env) *librados {
	t.Helper()
	script := filepath.Join(t.TempDir(), "librados.py")
	require.NoError(t, os.WriteFile(script, libradosScript, 0o600))
	// The end of its input ends the process, unless a command hangs.
	ctx, kill := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd, err := e.Release.Command(ctx, "python3", script, e.ConfPath)
	require.NoError(t, err)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, stdout := io.Pipe()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	l := &librados{to: json.NewEncoder(in), answers: make(chan []byte, 1)}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the kernel kills the process when the thread that started it ends
		defer runtime.UnlockOSThread()
		err := cmd.Run()
		stdout.Close()
		ended <- err
	}()
	go func() {
		defer close(l.answers)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			l.answers <- bytes.Clone(lines.Bytes())
		}
	}()
	t.Cleanup(func() {
		in.Close()
		if t.Failed() {
			kill()
		}
		err := <-ended
		kill()
		for range l.answers { //nolint:revive // until it is closed
		}
		if !t.Failed() {
			require.NoError(t, err, stderr.String())
		}
	})
	require.Equal(t, e.FSID, l.read(t).status)
	return l
}

func (l *librados) run(t *testing.T, to, cmd string) answer {
	t.Helper()
	require.False(t, l.stuck, "librados has not answered an earlier command")
	require.NoError(t, l.to.Encode(map[string]string{"to": to, "cmd": cmd}))
	return l.read(t)
}

func (l *librados) read(t *testing.T) answer {
	t.Helper()
	var m struct {
		Ret  int    `json:"ret"`
		Out  string `json:"out"`
		Outs string `json:"outs"`
	}
	select {
	case line, ok := <-l.answers:
		require.True(t, ok, "librados ended")
		require.NoError(t, json.Unmarshal(line, &m))
	case <-deadline(t).Done():
		l.stuck = true
		require.Fail(t, "librados does not answer")
	}
	output, err := hex.DecodeString(m.Out)
	require.NoError(t, err)
	return answer{m.Ret, output, m.Outs}
}
