package realceph

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// startTimeout bounds a test's start of a cluster, which takes below a second on an idle machine.
const startTimeout = 90 * time.Second

// Require ends the test unless the release is installed. Where real monitors are a must (in CI, which sets
// CI, or with LIBMONCLIENT_REAL=require) the test fails; elsewhere it is skipped. Both say what to run.
func Require(tb testing.TB, rel Release) {
	tb.Helper()
	_, err := rel.Tree()
	switch {
	case err == nil:
	case !errors.Is(err, ErrNotInstalled), os.Getenv("CI") != "", os.Getenv("LIBMONCLIENT_REAL") == "require":
		tb.Fatal(err)
	default:
		tb.Skip(err)
	}
}

// StartT starts a cluster of the test's own and stops it when the test ends. A daemon that has crashed fails
// the test; when the test fails, the ends of the daemons' logs are printed.
func StartT(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	Require(tb, o.Release)
	ctx, cancel := context.WithTimeout(tb.Context(), startTimeout)
	defer cancel()
	c, err := Start(ctx, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		c.verify(tb)
		if err := c.Stop(); err != nil {
			tb.Errorf("stop the cluster: %v", err)
		}
	})
	return c
}

// verify reports crashes, and the logs of a failed test.
func (c *Cluster) verify(tb testing.TB) {
	tb.Helper()
	if crashed := c.Crashed(); len(crashed) > 0 {
		tb.Errorf("crashed: %s", strings.Join(crashed, ", "))
	}
	if tb.Failed() {
		tb.Logf("ceph %s in %s:\n%s", c.Release, c.Dir, c.Logs(40))
	}
}

// shared holds the clusters of Shared.
var shared struct {
	sync.Mutex
	clusters map[string]*sharedCluster // by options
}

type sharedCluster struct {
	once sync.Once
	c    *Cluster
	err  error
}

// Shared returns a cluster with these options that all tests of the process share. It is started by the first
// who asks and stopped by [Main]. Tests may add to it under names of their own; they must not stop, kill or
// freeze its daemons nor change what others read.
func Shared(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	Require(tb, o.Release)
	o, err := o.normalize()
	if err != nil {
		tb.Fatal(err)
	}
	key := fmt.Sprintf("%+v", o) // maps print sorted
	shared.Lock()
	if shared.clusters == nil {
		shared.clusters = make(map[string]*sharedCluster)
	}
	s := shared.clusters[key]
	if s == nil {
		s = new(sharedCluster)
		shared.clusters[key] = s
	}
	shared.Unlock()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		s.c, s.err = Start(ctx, o)
	})
	if s.err != nil {
		tb.Fatal(s.err)
	}
	tb.Cleanup(func() { s.c.verify(tb) })
	return s.c
}

// Runner runs a package's tests; [testing.M] is one.
type Runner interface{ Run() int }

// Main returns m with the shared clusters stopped after the tests, and before goleak looks:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(realceph.Main(m)) }
func Main(m Runner) Runner { return stopsShared{m} }

// MainWithNetwork is Main for a package whose clusters have a network of their own. Where this user may not make one, the
// tests run in a user namespace, in which he may.
func MainWithNetwork(m Runner) Runner { return mayNetwork{Main(m)} }

type mayNetwork struct{ m Runner }

func (n mayNetwork) Run() int {
	if !supported || mayMakeNetworks() {
		return n.m.Run()
	}
	if os.Getenv(withinEnv) == "" {
		return inUserNamespace()
	}
	if err := loopbackUp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return n.m.Run()
}

type stopsShared struct{ m Runner }

func (s stopsShared) Run() int {
	code := s.m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "realceph: stop the shared clusters:", err)
		code = max(code, 1)
	}
	return code
}

func stopShared() error {
	shared.Lock()
	defer shared.Unlock()
	var errs []error
	for _, s := range shared.clusters {
		if s.c != nil {
			errs = append(errs, s.c.Stop())
		}
	}
	shared.clusters = nil
	return errors.Join(errs...)
}
