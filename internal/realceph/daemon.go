package realceph

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// spawner starts processes from one thread that lives as long as the cluster: the kernel sends a child its
// parent-death signal when the thread that forked it ends, and Go ends threads when it likes. The thread may be in a network
// namespace of its own, and its children with it.
type spawner struct {
	requests chan func()
	quit     chan struct{} // closed by stop
	done     chan struct{}
}

func newSpawner(network bool) (*spawner, error) {
	s := &spawner{requests: make(chan func()), quit: make(chan struct{}), done: make(chan struct{})}
	entered := make(chan error)
	onThread(func() {
		defer close(s.done)
		if network {
			// The thread is of no use to others, and never unlocked: it ends with its goroutine.
			err := enterNetwork()
			if entered <- err; err != nil {
				return
			}
		} else {
			defer runtime.UnlockOSThread()
			entered <- nil
		}
		s.spawnLoop()
	})
	return s, <-entered
}

// onThread runs f on a thread that nothing else runs on until f unlocks it. It is never the process's first one, which would
// outlive f, and by whose namespaces others know the process.
func onThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if !onMainThread() {
			f()
			return
		}
		locked := make(chan struct{})
		onThread(func() { close(locked); f() })
		<-locked
		runtime.UnlockOSThread()
	}()
}

func (s *spawner) spawnLoop() {
	for {
		select {
		case f := <-s.requests:
			f()
		case <-s.quit:
			return
		}
	}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	res := make(chan error)
	select {
	case s.requests <- func() { res <- cmd.Start() }:
		return <-res
	case <-s.quit:
		return errStopped
	}
}

func (s *spawner) stop() {
	close(s.quit)
	<-s.done
}

var errStopped = errors.New("realceph: the cluster is stopped")

// daemon is one run of a Ceph daemon.
type daemon struct {
	name   string // "mon.a"
	cmd    *exec.Cmd
	asked  bool          // whether we ended it; guarded by Cluster.mu
	frozen bool          // guarded by Cluster.mu
	exited chan struct{} // closed by waitLoop
	err    error         // how it ended; read it after exited is closed
}

// startDaemon starts a daemon of the cluster in the foreground. c.mu is held.
func (c *Cluster) startDaemon(name, program, id string) error {
	if old := c.daemons[name]; old != nil && old.running() {
		return fmt.Errorf("realceph: %s runs already", name)
	}
	out, err := os.OpenFile(filepath.Join(c.Dir, name+".out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	defer out.Close()
	// Not CommandContext: a daemon outlives the context of Start.
	argv := append(c.tree.argv(program), "-f", "--conf", c.ConfPath, "-i", id)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(cleanEnviron(), c.tree.environ()...)
	cmd.Dir = c.Dir
	cmd.Stdout, cmd.Stderr = out, out
	setDeathSignal(cmd)
	setProcessGroup(cmd)
	if err := c.spawner.start(cmd); err != nil {
		return fmt.Errorf("realceph: start %s: %w", name, err)
	}
	d := &daemon{name: name, cmd: cmd, exited: make(chan struct{})}
	go d.waitLoop()
	c.daemons[name] = d
	return nil
}

func (d *daemon) waitLoop() {
	d.err = d.cmd.Wait()
	close(d.exited)
}

func (d *daemon) running() bool {
	select {
	case <-d.exited:
		return false
	default:
		return true
	}
}

// gracePeriod is how long a daemon may take to follow SIGTERM.
const gracePeriod = 10 * time.Second

// kill ends the daemon with SIGKILL and waits for it.
func (d *daemon) kill() error {
	if err := d.sendKill(); err != nil {
		return err
	}
	<-d.exited
	return nil
}

func (d *daemon) sendKill() error {
	if err := d.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("realceph: kill %s: %w", d.name, err)
	}
	return nil
}

// terminate ends the daemon with SIGTERM and waits for it.
func (d *daemon) terminate() error {
	if err := d.signal(sigTerm); err != nil {
		return err
	}
	select {
	case <-d.exited:
		return nil
	case <-time.After(gracePeriod):
		return errors.Join(fmt.Errorf("realceph: %s did not end %v after SIGTERM", d.name, gracePeriod), d.kill())
	}
}

// Crashed names the daemons that have ended without being asked to, and how.
func (c *Cluster) Crashed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for name, d := range c.daemons {
		if !d.asked && !d.running() {
			names = append(names, fmt.Sprintf("%s (%v)", name, d.err))
		}
	}
	slices.Sort(names)
	return names
}

func (d *daemon) signal(sig syscall.Signal) error {
	if err := d.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("realceph: %v to %s: %w", sig, d.name, err)
	}
	return nil
}

// tail returns the last lines of the daemon's output and log.
func (c *Cluster) tail(name string, lines int) string {
	var text string
	for _, suffix := range []string{".log", ".out"} {
		b, err := os.ReadFile(filepath.Join(c.Dir, name+suffix))
		if err == nil && len(b) > 0 {
			text += fmt.Sprintf("--- end of %s%s\n%s\n", name, suffix, lastLines(b, lines))
		}
	}
	return text
}
