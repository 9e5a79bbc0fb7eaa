// Command client is this repository's side of bench/scale, whose documentation has what it understands on its standard
// input. Arguments are options, NAME=VALUE; the cluster is that of the environment's CEPH_CONF.
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
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("not understood")

// answer is a line of the standard output.
type answer struct {
	Version    string   `json:"version,omitempty"`
	NS         int64    `json:"ns,omitempty"`
	CPU        int64    `json:"cpu_ns,omitempty"`
	Clients    int      `json:"clients,omitempty"` // that there are now
	Goroutines int      `json:"goroutines,omitempty"`
	Heap       uint64   `json:"heap_bytes,omitempty"`  // of objects that are in use, or not collected yet
	Stacks     uint64   `json:"stack_bytes,omitempty"` // of goroutines
	Changes    []change `json:"changes,omitempty"`
	Seen       [][]seen `json:"seen,omitempty"` // by each client that watches
}

// side is what a line may refer to.
type side struct {
	options  []string
	shared   *monclient.Config
	clients  []*monclient.Client
	reads    []*atomic.Int64 // of those that connectAt has added, in the same order
	watchers []*watcher
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
		a, err := s.obey(ctx, strings.Fields(lines.Text()))
		if err == nil {
			err = out.Encode(a)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return lines.Err()
}

// numbers reads n positive numbers.
func numbers(words []string, n int) ([]int, error) {
	if len(words) != n {
		return nil, errUsage
	}
	all := make([]int, n)
	for i, word := range words {
		v, err := strconv.Atoi(word)
		if err != nil || v < 1 {
			return nil, errUsage
		}
		all[i] = v
	}
	return all, nil
}

// obey does what a line says.
func (s *side) obey(ctx context.Context, words []string) (answer, error) {
	if len(words) == 0 {
		return answer{}, errUsage
	}
	switch word, rest := words[0], words[1:]; {
	case (word == "connect" || word == "share") && s.reads == nil:
		n, err := numbers(rest, 2)
		if err != nil {
			return answer{}, err
		}
		return s.connect(ctx, n[0], n[1], word == "share")
	case word == "runtime" && len(rest) == 0:
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return answer{Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc, Stacks: m.StackInuse, Clients: len(s.clients)}, nil
	case word == "profile" && len(rest) == 1:
		return answer{}, writeProfiles(rest[0])
	case word == "at" && len(rest) > 0 && len(s.clients) == 0:
		return answer{}, s.connectAt(ctx, rest)
	case word == "watch" && len(rest) == 0 && len(s.reads) > 1 && s.watchers == nil:
		return answer{}, s.watchAll(ctx)
	case word == "change" && s.watchers != nil:
		n, err := numbers(rest, 1)
		if err != nil {
			return answer{}, err
		}
		changes, err := s.change(ctx, n[0])
		return answer{Changes: changes}, err
	case word == "seen" && len(rest) == 1 && s.watchers != nil:
		epoch, err := strconv.ParseUint(rest[0], 10, 64)
		if err != nil {
			return answer{}, errUsage
		}
		var a answer
		for _, w := range s.watchers {
			a.Seen = append(a.Seen, w.until(epoch))
		}
		return a, nil
	case word == "close" && len(rest) == 0:
		s.close()
		return answer{}, nil
	}
	return answer{}, errUsage
}

// writeProfiles writes what is on the heap, and what the goroutines are, each to a file.
func writeProfiles(prefix string) error {
	runtime.GC() // the profile has what was in use at the last collection
	var errs []error
	for _, name := range []string{"heap", "goroutine"} {
		f, err := os.Create(prefix + "-" + name + ".prof")
		if err != nil {
			return err
		}
		errs = append(errs, pprof.Lookup(name).WriteTo(f, 0), f.Close())
	}
	return errors.Join(errs...)
}

// closeParallel is how many clients are closed at once.
const closeParallel = 64

func (s *side) close() {
	for _, w := range s.watchers {
		w.close()
	}
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(closeParallel, len(s.clients)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(s.clients)); i = next.Add(1) - 1 {
				s.clients[i].Close()
			}
		})
	}
	wg.Wait()
	*s = side{options: s.options}
}

// configure reads the configuration, with the options on top.
func (s *side) configure(ctx context.Context, more ...string) (monclient.Config, error) {
	conf := cephconf.New(cephconf.System{})
	if _, err := conf.Load(nil); err != nil {
		return monclient.Config{}, err
	}
	for _, o := range slices.Concat(s.options, more) {
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

// connectAt adds a client with each of some monitors.
func (s *side) connectAt(ctx context.Context, addrs []string) error {
	for _, addr := range addrs {
		cfg, err := s.configure(ctx, "mon_host="+addr)
		if err != nil {
			return err
		}
		read := new(atomic.Int64)
		cfg.Dial = dialNoting(read)
		c, err := monclient.Connect(ctx, cfg)
		if err != nil {
			return err
		}
		s.clients, s.reads = append(s.clients, c), append(s.reads, read)
	}
	return nil
}

// connect adds n clients, so many at a time. Each reads the configuration, as librados's do, unless they share what the first
// one has read, as a program of so many would have it.
func (s *side) connect(ctx context.Context, n, parallel int, share bool) (answer, error) {
	if share && s.shared == nil {
		cfg, err := s.configure(ctx)
		if err != nil {
			return answer{}, err
		}
		s.shared = &cfg
	}
	clients := make([]*monclient.Client, n)
	errs := make([]error, parallel)
	var next atomic.Int64
	connectOne := func() (*monclient.Client, error) {
		if share {
			return monclient.Connect(ctx, *s.shared)
		}
		cfg, err := s.configure(ctx)
		if err != nil {
			return nil, err
		}
		return monclient.Connect(ctx, cfg)
	}
	before, err := cpuTime()
	if err != nil {
		return answer{}, err
	}
	begin := time.Now()
	var wg sync.WaitGroup
	for caller := range parallel {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && errs[caller] == nil; i = next.Add(1) - 1 {
				clients[i], errs[caller] = connectOne()
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begin)
	after, err := cpuTime()
	for _, c := range clients {
		if c != nil {
			s.clients = append(s.clients, c)
		}
	}
	if err := errors.Join(errors.Join(errs...), err); err != nil {
		return answer{}, fmt.Errorf("after %d clients: %w", len(s.clients), err)
	}
	return answer{NS: int64(elapsed), CPU: int64(after - before), Clients: len(s.clients)}, nil
}
