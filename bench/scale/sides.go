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
	"slices"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

//go:embed librados/scale.c
var libradosSource []byte

// What is built of ours.
const (
	clientPackage = "github.com/libmonclient/libmonclient/bench/scale/client"
	moncPackage   = "github.com/libmonclient/libmonclient/cmd/monc"
)

const (
	buildTimeout  = 5 * time.Minute  // for the programs; go may have to compile everything
	answerTimeout = 2 * time.Minute  // for one line, which takes seconds
	exitTimeout   = 20 * time.Second // for a program whose input has ended
)

// The sides, as results name them.
const (
	ours     = "go"
	librados = "librados"
)

// programs are those of both sides.
type programs struct {
	dir     string
	release realceph.Release
}

// buildPrograms builds in a directory of their own what the sections need.
func buildPrograms(ctx context.Context, s settings) (p *programs, err error) {
	tree, err := s.release.Tree()
	if err != nil {
		return nil, err
	}
	p = &programs{release: s.release}
	if p.dir, err = os.MkdirTemp("", "libmonclient-scale-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if slices.Contains(s.sections, sectionProcess) {
		if err := p.buildOurs(ctx, p.program(monc), moncPackage, "-ldflags=-s -w"); err != nil {
			return nil, err
		}
	}
	if slices.Contains(s.sections, sectionScale) || slices.Contains(s.sections, sectionSubscription) {
		if err := p.buildOurs(ctx, p.program(ours), clientPackage); err != nil {
			return nil, err
		}
	}
	if slices.Contains(s.sections, sectionScale) {
		if err := p.buildLibrados(ctx, tree); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *programs) close() error { return os.RemoveAll(p.dir) }

func (p *programs) program(name string) string { return filepath.Join(p.dir, name) }

func (p *programs) buildOurs(ctx context.Context, to, pkg string, flags ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-trimpath", "-o", to}, flags...)
	cmd, err := tool(ctx, "go", "Go", append(args, pkg)...)
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
	source := filepath.Join(p.dir, "scale.c")
	if err := os.WriteFile(source, libradosSource, 0o600); err != nil {
		return err
	}
	cmd, err := tool(ctx, "cc", "gcc and libc6-dev", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
		"-I"+filepath.Join(tree, "usr/include"), "-o", p.program(librados), source, libs[0], "-Wl,--allow-shlib-undefined")
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
	Version    string   `json:"version"`
	NS         int64    `json:"ns"`
	CPU        int64    `json:"cpu_ns"`
	Clients    int      `json:"clients"`
	Goroutines int      `json:"goroutines"`
	Heap       int64    `json:"heap_bytes"`
	Stacks     int64    `json:"stack_bytes"`
	Changes    []change `json:"changes"`
	Seen       [][]seen `json:"seen"` // by each client that watches
}

// change is one change of the osdmap: when it was acknowledged, and when the map was there, as Unix has it.
type change struct {
	Epoch uint64  `json:"epoch"`
	Ack   int64   `json:"ack_ns"`
	At    []int64 `json:"at_ns"`   // at each client that watches
	Read  []int64 `json:"read_ns"` // when the last of it had been read from the connection
}

// seen is when an epoch was there.
type seen struct {
	Epoch uint64 `json:"epoch"`
	At    int64  `json:"at_ns"`
}

// side is a running program.
type side struct {
	name    string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers chan answer // closed when the program has ended
	stderr  *strings.Builder
	err     error // of the program's end; read it after answers is closed
}

// start starts a side's program in a mode. The release's programs are killed when the thread that started them ends: the caller
// must keep it.
func (b *bench) start(ctx context.Context, name, mode string) (*side, error) {
	s := &side{name: name, answers: make(chan answer, 1), stderr: new(strings.Builder)}
	option := "ms_mon_client_mode=" + mode
	if name == librados {
		var err error
		if s.cmd, err = b.cluster.Release.Command(ctx, b.program(librados), option); err != nil {
			return nil, err
		}
	} else {
		s.cmd = exec.CommandContext(ctx, b.program(ours), option)
		s.cmd.Env = withoutCeph(os.Environ())
	}
	s.cmd.Env = append(s.cmd.Env, "CEPH_CONF="+b.cluster.ConfPath)
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
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go s.readLoop(stdout)
	if _, err := s.await(ctx); err != nil { // the version
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// withoutCeph leaves out the options of the host's environment.
func withoutCeph(environ []string) []string {
	return slices.DeleteFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, "CEPH_") })
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
func (s *side) ask(ctx context.Context, format string, args ...any) (answer, error) {
	line := fmt.Sprintf(format, args...)
	if _, err := io.WriteString(s.stdin, line+"\n"); err != nil {
		return answer{}, fmt.Errorf("%s: %s: %w", s.name, line, err)
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
		return s.ended()
	}
	return nil
}
