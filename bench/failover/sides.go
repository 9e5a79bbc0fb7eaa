package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

//go:embed librados/failover.c
var libradosSource []byte

// clientPackage is our side.
const clientPackage = "github.com/libmonclient/libmonclient/bench/failover/client"

const (
	buildTimeout  = 5 * time.Minute  // for both programs; go may have to compile everything
	answerTimeout = 3 * time.Minute  // for what takes librados 40 s at most
	exitTimeout   = 10 * time.Second // for a program whose input has ended
)

// The names of the sides.
const (
	librados = "librados"
	bare     = "ours"
	standby  = "ours, standby"
	hedged   = "ours, standby, hedged"
)

// sideSpec is a side as it is to be started.
type sideSpec struct {
	name     string
	options  []string
	standbys int
}

// sideSpecs are all sides; the first is what the others are compared with.
var sideSpecs = []sideSpec{
	{name: librados},
	{name: bare},
	{name: standby, standbys: 1, options: []string{"monclient_standby_sessions=1"}},
	{name: hedged, standbys: 1, options: []string{"monclient_standby_sessions=1", "monclient_hedge_delay=0.1"}},
}

// programs are those of both sides.
type programs struct {
	dir     string
	release realceph.Release
}

// buildPrograms builds them in a directory of their own.
func buildPrograms(ctx context.Context, release realceph.Release) (p *programs, err error) {
	tree, err := release.Tree()
	if err != nil {
		return nil, err
	}
	p = &programs{release: release}
	if p.dir, err = os.MkdirTemp("", "libmonclient-failover-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	return p, errors.Join(p.buildOurs(ctx), p.buildLibrados(ctx, tree))
}

func (p *programs) close() error { return os.RemoveAll(p.dir) }

func (p *programs) ours() string     { return filepath.Join(p.dir, "client") }
func (p *programs) librados() string { return filepath.Join(p.dir, "librados") }

func (p *programs) buildOurs(ctx context.Context) error {
	cmd, err := tool(ctx, "go", "Go", "build", "-buildvcs=false", "-trimpath", "-o", p.ours(), clientPackage)
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	return output(cmd, "go build")
}

// buildLibrados compiles the C program. The host's linker cannot find what librados needs in turn, nor has the host's C
// library all symbols of the tree's; the tree's loader will.
func (p *programs) buildLibrados(ctx context.Context, tree string) error {
	libs, err := filepath.Glob(filepath.Join(tree, "usr/lib/*-linux-*/librados.so.2"))
	if err != nil || len(libs) != 1 {
		return fmt.Errorf("%s holds %d librados.so.2, want 1; remove it and run %s", tree, len(libs), p.release.InstallCommand())
	}
	source := filepath.Join(p.dir, "failover.c")
	if err := os.WriteFile(source, libradosSource, 0o600); err != nil {
		return err
	}
	cmd, err := tool(ctx, "cc", "gcc and libc6-dev", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
		"-I"+filepath.Join(tree, "usr/include"), "-o", p.librados(), source, libs[0], "-Wl,--allow-shlib-undefined")
	if err != nil {
		return err
	}
	return output(cmd, "cc")
}

// errMissing says that a tool of the host is not installed.
var errMissing = errors.New("is not installed")

// tool returns a command of the host's, which the packages have.
func tool(ctx context.Context, name, packages string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s %w: install %s", name, errMissing, packages)
	}
	return exec.CommandContext(ctx, path, args...), nil
}

// output runs a command whose output matters only when it fails.
func output(cmd *exec.Cmd, name string) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// answer is what a side's program prints; doc.go has its lines.
type answer struct {
	Version   string         `json:"version"`
	Mon       string         `json:"mon"`
	NS        int64          `json:"ns"`
	At        int64          `json:"at_ns"`
	Reads     int64          `json:"reads"`
	Errors    int64          `json:"errors"`
	Error     string         `json:"error"`
	Latencies []int64        `json:"latencies_ns"`
	Dials     []int64        `json:"dials_ns"`
	Events    map[string]int `json:"events"`
	Told      []string       `json:"told"`
}

// side is a running program.
type side struct {
	sideSpec
	version string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers chan answer // closed when the program has ended
	stderr  *strings.Builder
	err     error // of the program's end; read it after answers is closed
}

// start starts a side's program for a cluster. The release's programs are killed when the thread that started them ends:
// the caller must keep it.
func (p *programs) start(ctx context.Context, spec sideSpec, c *realceph.Cluster) (*side, error) {
	s := &side{sideSpec: spec, answers: make(chan answer, 1), stderr: new(strings.Builder)}
	if spec.name == librados {
		var err error
		if s.cmd, err = p.release.Command(ctx, p.librados(), spec.options...); err != nil {
			return nil, err
		}
	} else {
		s.cmd = p.client(ctx, spec.options...)
	}
	s.cmd.Env = append(s.cmd.Env, "CEPH_CONF="+c.ConfPath)
	s.cmd.Stderr = s.stderr
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", spec.name, err)
	}
	go s.readLoop(stdout)
	hello, err := s.await(ctx)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.version = hello.Version
	return s, nil
}

// client returns our side's program, with no option of the host's environment.
func (p *programs) client(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.ours(), args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CEPH_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	return cmd
}

func (s *side) readLoop(stdout io.Reader) {
	defer close(s.answers)
	var err error
	for d := json.NewDecoder(bufio.NewReader(stdout)); ; {
		var a answer
		if err = d.Decode(&a); err != nil {
			break
		}
		s.answers <- a
	}
	if errors.Is(err, io.EOF) {
		err = nil
	} else {
		_, _ = io.Copy(io.Discard, stdout) // until it ends, of which Wait tells
	}
	s.err = errors.Join(err, s.cmd.Wait())
}

// tell sends a line whose answer is awaited later.
func (s *side) tell(line string) error {
	if _, err := io.WriteString(s.stdin, line+"\n"); err != nil {
		return fmt.Errorf("%s: %s: %w", s.name, line, err)
	}
	return nil
}

func (s *side) await(ctx context.Context) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	select {
	case a, ok := <-s.answers:
		if !ok {
			return a, s.ended()
		}
		return a, nil
	case <-ctx.Done():
		return answer{}, fmt.Errorf("%s does not answer: %w", s.name, ctx.Err())
	}
}

// ask sends a line and waits for the answer.
func (s *side) ask(ctx context.Context, line string) (answer, error) {
	if err := s.tell(line); err != nil {
		return answer{}, err
	}
	a, err := s.await(ctx)
	if err != nil {
		return a, fmt.Errorf("%s: %w", line, err)
	}
	return a, nil
}

// ended says that the program has ended, which it has, and why.
func (s *side) ended() error {
	err := s.err
	if err == nil {
		err = io.EOF
	}
	return fmt.Errorf("%s has ended: %w\n%s", s.name, err, s.stderr)
}

// close ends the program, and kills it if it does not.
func (s *side) close() error {
	_ = s.stdin.Close() // it may have ended
	timeout := time.AfterFunc(exitTimeout, func() { _ = s.cmd.Process.Kill() })
	defer timeout.Stop()
	for range s.answers { // until it has ended
	}
	if s.err != nil {
		return fmt.Errorf("%s: %w\n%s", s.name, s.err, s.stderr)
	}
	return nil
}
