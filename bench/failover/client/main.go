// Command client is this repository's side of bench/failover, whose documentation has what it understands on its
// standard input. Arguments are options, NAME=VALUE; the cluster is that of the environment's CEPH_CONF. A mere "busy" as
// the only argument makes it keep one processor busy until its standard input ends.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

func main() {
	var err error
	if len(os.Args) == 2 && os.Args[1] == "busy" {
		busy(os.Stdin)
	} else {
		err = run(context.Background(), os.Args[1:], os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

// busy keeps one processor busy until r ends.
func busy(r io.Reader) {
	var done atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, r) // however it ends
		done.Store(true)
	}()
	for !done.Load() { // what it is for
	}
}

var errUsage = errors.New("not understood")

// answer is a line of the standard output.
type answer struct {
	Version   string         `json:"version,omitempty"`
	Mon       string         `json:"mon,omitempty"` // of the session
	Standbys  []string       `json:"standbys,omitempty"`
	NS        int64          `json:"ns,omitempty"`
	At        int64          `json:"at_ns,omitempty"` // when that ended, as Unix has it
	Reads     int64          `json:"reads,omitempty"`
	Errors    int64          `json:"errors,omitempty"`
	Error     string         `json:"error,omitempty"` // the last one
	Latencies []int64        `json:"latencies_ns,omitempty"`
	Dials     []int64        `json:"dials_ns,omitempty"` // when, since the stampede began
	Events    map[string]int `json:"events,omitempty"`   // how many of each kind
	Told      []string       `json:"told,omitempty"`     // events in words
}

// side is what a line may refer to.
type side struct {
	options []string
	client  *monclient.Client
	loop    *loop
	herd    *herd
	flap    *flap
}

func run(ctx context.Context, options []string, stdin io.Reader, stdout io.Writer) error {
	s := &side{options: options}
	defer s.close()
	out := json.NewEncoder(stdout)
	if err := out.Encode(answer{Version: runtime.Version()}); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		a, err := s.obey(ctx, lines.Text())
		if err == nil {
			err = out.Encode(a)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return lines.Err()
}

// obey does what a line says.
func (s *side) obey(ctx context.Context, line string) (answer, error) {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "connect":
		return s.connect(ctx)
	case word == "read" && s.client != nil:
		return readUntilSuccess(ctx, s.client), nil
	case word == "loop" && s.client != nil && s.loop == nil:
		s.loop = startLoop(ctx, s.client)
		return answer{}, nil
	case word == "mark" && s.loop != nil:
		a := s.loop.end()
		s.loop = nil
		return a, nil
	case word == "herd" && s.herd == nil:
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 {
			return answer{}, errUsage
		}
		s.herd, err = newHerd(ctx, s.options, n)
		return answer{}, err
	case word == "watch" && s.herd != nil:
		s.herd.watch()
		return answer{}, nil
	case word == "stampede" && s.herd != nil:
		return s.herd.stampede(ctx), nil
	case word == "flap" && s.flap == nil:
		var err error
		s.flap, err = startFlap(ctx, s.options)
		return answer{}, err
	case word == "flapped" && s.flap != nil:
		a := s.flap.end()
		s.flap = nil
		return a, nil
	case word == "close":
		s.close()
		return answer{}, nil
	}
	return answer{}, errUsage
}

func (s *side) close() {
	if s.flap != nil {
		s.flap.end()
	}
	if s.client != nil {
		s.client.Close()
	}
	if s.herd != nil {
		s.herd.close()
	}
	if s.loop != nil {
		s.loop.end() // its client is closed
	}
	*s = side{options: s.options}
}

// configure reads the configuration, with the options on top.
func configure(ctx context.Context, options []string) (monclient.Config, error) {
	conf := cephconf.New(cephconf.System{})
	if _, err := conf.Load(nil); err != nil {
		return monclient.Config{}, err
	}
	for _, o := range options {
		name, value, ok := strings.Cut(o, "=")
		if !ok {
			return monclient.Config{}, fmt.Errorf("%q is not NAME=VALUE", o)
		}
		if err := conf.Set(name, value); err != nil {
			return monclient.Config{}, err
		}
	}
	return monclient.FromConf(ctx, conf)
}

// Standbys come after the session, one after the other.
const (
	standbyTimeout = 20 * time.Second
	standbyPoll    = 5 * time.Millisecond
)

// open connects, has a first command answered, as librados's side does, and waits for the standbys.
func open(ctx context.Context, cfg monclient.Config) (*monclient.Client, error) {
	c, err := monclient.Connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(read(ctx, c), waitStandbys(ctx, c, cfg.StandbySessions)); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func waitStandbys(ctx context.Context, c *monclient.Client, n int) error {
	ctx, cancel := context.WithTimeout(ctx, standbyTimeout)
	defer cancel()
	for len(c.Standbys()) < n {
		if ctx.Err() != nil {
			return fmt.Errorf("%d standbys, want %d: %w", len(c.Standbys()), n, ctx.Err())
		}
		pause(ctx, standbyPoll)
	}
	return nil
}

func (s *side) connect(ctx context.Context) (answer, error) {
	s.close()
	cfg, err := configure(ctx, s.options)
	if err != nil {
		return answer{}, err
	}
	if s.client, err = open(ctx, cfg); err != nil {
		return answer{}, err
	}
	session, _ := s.client.Session()
	a := answer{Mon: session.Mon}
	for _, one := range s.client.Standbys() {
		a.Standbys = append(a.Standbys, one.Mon)
	}
	return a, nil
}
