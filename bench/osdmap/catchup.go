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
	"runtime"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

//go:embed librados/catchup.c
var libradosSource []byte

const (
	startTimeout = 90 * time.Second // for the cluster
	buildTimeout = time.Minute      // for the C program
	stepTimeout  = time.Minute      // for anything else, which takes a few seconds
)

// sample is what it took one side to catch up.
type sample struct {
	Elapsed int64 `json:"elapsed_ns"`
	CPU     int64 `json:"cpu_ns"`
}

// round is what it took both.
type round struct{ ours, librados sample }

// catchUp starts a cluster and both sides, and has them catch up, in turns.
func catchUp(ctx context.Context, s settings, stderr io.Writer) (rounds []round, err error) {
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, err := realceph.Start(startCtx, realceph.Options{Release: s.release, Conf: map[string]string{
		"clog_to_monitors":       "false", // it takes the monitor more time than the commands
		"paxos_propose_interval": "0.01",
		"paxos_min_wait":         "0.01",
	}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	other, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	defer other.Close()
	change := changes{client: other}
	if err := change.do(ctx, "osd setmaxosd", map[string]any{"newmax": s.room}); err != nil {
		return nil, err
	}
	ours, err := newOurs(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ours.close()) }()
	theirs, err := newLibrados(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, theirs.close()) }()

	for n := range s.rounds + 1 { // the first is not measured
		fmt.Fprintf(stderr, "round %d of %d: %d epochs\n", n, s.rounds, s.epochs)
		if err := change.epochs(ctx, s.epochs); err != nil {
			return nil, err
		}
		var r round
		sides := []func() (err error){
			func() (err error) { r.ours, err = ours.catchUp(ctx); return err },
			func() (err error) { r.librados, err = theirs.catchUp(ctx); return err },
		}
		if n%2 == 1 {
			slices.Reverse(sides)
		}
		for _, f := range sides {
			if err := f(); err != nil {
				return nil, err
			}
		}
		have, err := ours.epoch(ctx)
		if err != nil {
			return nil, err
		}
		if have < change.newest {
			return nil, fmt.Errorf("our side has epoch %d, and there is %d", have, change.newest)
		}
		if n > 0 {
			rounds = append(rounds, r)
		}
	}
	if crashed := c.Crashed(); len(crashed) > 0 {
		return nil, fmt.Errorf("crashed: %q\n%s", crashed, c.Logs(40))
	}
	return rounds, nil
}

// connect connects a client of ours.
func connect(ctx context.Context, c *realceph.Cluster) (*monclient.Client, error) {
	conf := cephconf.New(cephconf.System{})
	if err := conf.ReadFile(c.ConfPath); err != nil {
		return nil, err
	}
	if err := conf.Set("ms_mon_client_mode", "secure"); err != nil {
		return nil, err
	}
	cfg, err := monclient.FromConf(ctx, conf)
	if err != nil {
		return nil, err
	}
	return monclient.Connect(ctx, cfg)
}

// changes makes epochs.
type changes struct {
	client *monclient.Client
	n      int
	newest uint64
}

func (c *changes) do(ctx context.Context, prefix string, args map[string]any) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	reply, err := c.client.Command(ctx, monclient.Command{Prefix: prefix, Args: args})
	if err != nil {
		return err
	}
	return reply.Err()
}

// epochs makes n of them, one after the other: addresses come onto the blocklist, and go again in the next burst.
func (c *changes) epochs(ctx context.Context, n int) error {
	before, _, err := c.client.Version(ctx, "osdmap")
	if err != nil {
		return err
	}
	for k := range n {
		op := "add"
		if c.n%2 == 1 {
			op = "rm"
		}
		addr := fmt.Sprintf("10.0.%d.%d:0/1", k>>8, k&255)
		if err := c.do(ctx, "osd blocklist", map[string]any{"blocklistop": op, "addr": addr}); err != nil {
			return err
		}
	}
	c.n++
	if c.newest, _, err = c.client.Version(ctx, "osdmap"); err == nil && c.newest < before+uint64(n) {
		err = fmt.Errorf("%d changes have made %d epochs", n, c.newest-before)
	}
	return err
}

// ours is our client, in this process, which does nothing else while it is measured.
type ours struct{ client *monclient.Client }

func newOurs(ctx context.Context, c *realceph.Cluster) (*ours, error) {
	client, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	o := &ours{client}
	if _, err := o.epoch(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return o, nil
}

// epoch returns the epoch of the newest map, which the client then has.
func (o *ours) epoch(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	m, err := o.client.OSDMap(ctx)
	if err != nil {
		return 0, err
	}
	return uint64(m.Epoch), nil
}

func (o *ours) catchUp(ctx context.Context) (sample, error) {
	used, err := cpuTime()
	if err != nil {
		return sample{}, err
	}
	begin := time.Now()
	if _, err := o.epoch(ctx); err != nil {
		return sample{}, err
	}
	elapsed := time.Since(begin)
	after, err := cpuTime()
	return sample{int64(elapsed), int64(after - used)}, err
}

func (o *ours) close() error { return o.client.Close() }

// libradosSide is librados's client, a process of its own.
type libradosSide struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	dir   string
	ended chan struct{} // the thread that has started the process may end
}

// newLibrados compiles the C program and starts it. The host's linker cannot find what librados needs in turn, nor has the
// host's C library all symbols of the tree's; the tree's loader will.
func newLibrados(ctx context.Context, c *realceph.Cluster) (l *libradosSide, err error) {
	tree, err := c.Release.Tree()
	if err != nil {
		return nil, err
	}
	libs, err := filepath.Glob(filepath.Join(tree, "usr/lib/*-linux-*/librados.so.2"))
	if err != nil || len(libs) != 1 {
		return nil, fmt.Errorf("%s holds %d librados.so.2, want 1; remove it and run %s", tree, len(libs), c.Release.InstallCommand())
	}
	l = &libradosSide{ended: make(chan struct{})}
	if l.dir, err = os.MkdirTemp("", "libmonclient-osdmap-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(l.dir))
		}
	}()
	source, program := filepath.Join(l.dir, "catchup.c"), filepath.Join(l.dir, "catchup")
	if err := os.WriteFile(source, libradosSource, 0o600); err != nil {
		return nil, err
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		return nil, fmt.Errorf("cc %w: install gcc and libc6-dev", errMissing)
	}
	buildCtx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	out, err := exec.CommandContext(buildCtx, cc, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
		"-I"+filepath.Join(tree, "usr/include"), "-o", program, source, libs[0], "-Wl,--allow-shlib-undefined").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("cc: %w\n%s", err, out)
	}
	if l.cmd, err = c.Release.Command(ctx, program); err != nil {
		return nil, err
	}
	l.cmd.Env = append(l.cmd.Env, "CEPH_CONF="+c.ConfPath)
	l.cmd.Stderr = os.Stderr
	if l.in, err = l.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	pipe, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l.out = bufio.NewReader(pipe)
	if err := l.start(); err != nil {
		return nil, err
	}
	if _, err := l.read(); err != nil {
		return nil, errors.Join(err, l.end())
	}
	return l, nil
}

// start starts the process on a thread that stays, because programs of the tree are killed when it ends.
func (l *libradosSide) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- l.cmd.Start()
		<-l.ended
	}()
	err := <-started
	if err != nil {
		close(l.ended)
	}
	return err
}

func (l *libradosSide) catchUp(context.Context) (sample, error) {
	if _, err := io.WriteString(l.in, "\n"); err != nil {
		return sample{}, err
	}
	return l.read()
}

func (l *libradosSide) read() (s sample, err error) {
	line, err := l.out.ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("librados's side: %w", err)
	}
	return parseSample(line)
}

// parseSample reads a line of librados's side.
func parseSample(line []byte) (s sample, err error) {
	if err := json.Unmarshal(line, &s); err != nil {
		return s, fmt.Errorf("librados's side: %w", err)
	}
	return s, nil
}

// end ends the process.
func (l *libradosSide) end() error {
	defer close(l.ended)
	return errors.Join(l.in.Close(), l.cmd.Wait())
}

func (l *libradosSide) close() error { return errors.Join(l.end(), os.RemoveAll(l.dir)) }
