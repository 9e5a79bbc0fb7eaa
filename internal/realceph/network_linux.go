package realceph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// side is where a command runs.
type side bool

const (
	outside side = false
	inside  side = true
)

// run has iproute2's ip run some lines.
func (n *network) run(where side, lines string) error {
	cmd := exec.Command("ip", "-batch", "-")
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(lines), &out, &out
	start := cmd.Start
	if where == inside {
		start = func() error { return n.spawner.start(cmd) }
	}
	err := start()
	if err == nil {
		err = cmd.Wait()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("realceph: %w; Options.Network needs it: install the package iproute2", err)
	} else if err != nil {
		return fmt.Errorf("realceph: ip: %w: %s\nof:\n%s", err, bytes.TrimSpace(out.Bytes()), lines)
	}
	return nil
}

// enterNetwork puts the thread into a network namespace of its own, for good. The caller has locked it.
func enterNetwork() error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("realceph: a network namespace, which Options.Network needs: %w; be root, or have MainWithNetwork run the tests "+
			"and the kernel allow user namespaces", err)
	}
	return nil
}

// onMainThread reports whether the caller runs on the process's first thread.
func onMainThread() bool { return syscall.Gettid() == os.Getpid() }

// mayMakeNetworks tries it on a thread that ends.
func mayMakeNetworks() bool {
	result := make(chan bool)
	onThread(func() { result <- enterNetwork() == nil })
	return <-result
}

// withinEnv is set for a process that runs in a user namespace of ours.
const withinEnv = "REALCEPH_USER_NAMESPACE"

// Capabilities of capability(7), which the package syscall does not name.
const (
	capNetAdmin = 12
	capSysAdmin = 21
)

// inUserNamespace runs this program once more, in a user namespace and a network namespace in which this user may make others,
// and returns its exit status.
func inUserNamespace() int {
	runtime.LockOSThread() // the child is killed when its parent's thread ends
	defer runtime.UnlockOSThread()
	exe, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "realceph:", err)
		return 1
	}
	cmd := exec.CommandContext(context.Background(), exe, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), withinEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		// The user stays who he is, so his files stay his.
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{capNetAdmin, capSysAdmin},
		Pdeathsig:   syscall.SIGKILL,
	}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "realceph: neither may this user make network namespaces, nor a user namespace to make them in:", err)
		return 1
	}
	return 0
}

// loopbackUp gives a new network namespace its loopback.
func loopbackUp() error {
	out, err := exec.CommandContext(context.Background(), "ip", "link", "set", "lo", "up").CombinedOutput()
	if err != nil {
		return fmt.Errorf("realceph: ip link set lo up: %w: %s", err, out)
	}
	return nil
}
